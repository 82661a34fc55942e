"""WCAG 2.2 AA as far as a program can see it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def assert_accessible(page: Page) -> None:
    """No violation of any of axe-core's rules, best practices included."""
    page.wait_for_timeout(250)  # colours are measured once what moves has come to rest
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
