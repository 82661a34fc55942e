"""Checks WCAG 2.2 AA as far as axe-core can."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def assert_accessible(page: Page) -> None:
    """Assert that axe-core finds no violation on `page`, best practices included."""
    page.wait_for_timeout(250)  # axe measures colours; wait until animations have ended
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
