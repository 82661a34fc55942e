"""WCAG 2.2 AA as far as axe-core can check it: no violation on any page in any state."""

from collections.abc import Callable

import pytest
from accessible import assert_accessible
from citizen import ANSWERERS, REFUSED, ask, open_widget, scrolls_sideways
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
SCREENS = pytest.mark.parametrize("size", [(360, 640), (1366, 768)], ids=["phone", "desktop"])


@SCREENS
@pytest.mark.parametrize("path", ["/", "/?large=1", "/?script=hant", "/chat", "/privacy", "/doc/nothing"])
def test_pages_are_accessible(open_page: Open, path: str, size: tuple[int, int]):
    page = open_page(path, size)
    page.wait_for_load_state("networkidle")
    assert_accessible(page)
    assert not scrolls_sideways(page)


@SCREENS
def test_widget_is_accessible_in_every_state(open_page: Open, portal_url: str, size: tuple[int, int]):
    page = open_page(f"{portal_url}/plain.html", size)
    page.locator("button.launch").wait_for()
    assert_accessible(page)
    open_widget(page)
    page.locator(".chip").first.wait_for()
    assert_accessible(page)
    answered = ask(page, ANSWERERS)
    answered.get_by_role("button", name="没帮助").click()
    answered.locator("form").wait_for()
    refused = ask(page, REFUSED)
    refused.get_by_role("button", name="留言给政策解答员").click()
    refused.locator("form").wait_for()
    assert_accessible(page)
    refused.get_by_role("button", name="提交").click()
    refused.locator(".receipt").wait_for()
    page.get_by_role("button", name="查询留言的答复").click()
    page.locator(".follow .offer").click()
    expect(page.locator(".followed")).to_contain_text("还没有答复")
    page.locator("#question").press_sequentially("基本养老保险")
    page.locator(".typed a").first.wait_for()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="大字").click()
    page.get_by_role("button", name="繁體").click()
    expect(page.get_by_role("button", name="简体")).to_be_visible()
    assert_accessible(page)


@SCREENS
def test_viewer_is_accessible(open_page: Open, size: tuple[int, int]):
    page = open_page("/chat", size)
    href = ask(page, ANSWERERS).locator("a.card").first.get_attribute("href") or ""
    for address in (href, f"{href}&large=1", href.split("?")[0]):
        page.goto(address)
        assert_accessible(page)
        assert not scrolls_sideways(page)


def test_pages_reflow_at_400_percent_zoom(open_page: Open):
    """1280 pixels at 400 % are 320 (WCAG 1.4.10): nothing is cut off, and the question box is reachable."""
    for path in ("/", "/chat", "/privacy"):
        page = open_page(path, (320, 256))
        assert not scrolls_sideways(page)
    page = open_page("/chat", (320, 256))
    turn = ask(page, ANSWERERS)
    turn.locator("a.card").first.scroll_into_view_if_needed()
    expect(turn.locator("a.card").first).to_be_in_viewport()
    page.locator("#question").scroll_into_view_if_needed()
    expect(page.locator("#question")).to_be_in_viewport()


def test_reduced_motion_disables_animation(open_page: Open, portal_url: str):
    page = open_page(f"{portal_url}/plain.html", reduced_motion="reduce")
    open_widget(page)
    assert page.locator(".panel").evaluate("node => getComputedStyle(node).animationName") == "none"
