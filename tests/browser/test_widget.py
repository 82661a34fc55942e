"""The widget on a portal's page: embedded with one line of HTML, neither disturbs the other."""

from collections.abc import Callable

import pytest
from citizen import ANSWER, ANSWERERS, ask, finished, open_widget
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PHONE = (360, 640)
SCREENS = pytest.mark.parametrize("size", [PHONE, (1366, 768)], ids=["phone", "desktop"])

Open = Callable[..., Page]


@SCREENS
def test_widget_works_on_hostile_page(open_page: Open, portal_url: str, size: tuple[int, int]):
    """A page with quirks mode, !important resets, a cover above everything, broken JSON, swallowed keys."""
    page = open_page(f"{portal_url}/hostile.html", size)
    assert page.evaluate("document.compatMode") == "BackCompat"
    launch = page.locator("button.launch")
    box = launch.bounding_box()
    assert box is not None
    assert box["height"] >= 44 and box["y"] + box["height"] <= size[1]
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    on_top = page.evaluate("([x, y]) => document.elementFromPoint(x, y).localName", middle)
    assert on_top == "policy-qa-widget"
    page.mouse.click(*middle)
    page.locator("#question").focus()
    page.keyboard.type("街道要安排几名 policy 解答员？")
    expect(page.locator("#question")).to_have_value("街道要安排几名 policy 解答员？")
    turn = ask(page, ANSWERERS)
    expect(turn.locator(".words")).to_contain_text(ANSWER)
    names = ["fontSize", "color", "letterSpacing", "textTransform", "direction", "visibility", "userSelect"]
    style = turn.locator(".words").evaluate(
        "(node, names) => names.map(name => getComputedStyle(node)[name])", names
    )
    assert style == ["16px", "rgb(28, 36, 48)", "normal", "none", "ltr", "visible", "text"]
    expect(ask(page, "谁负责？").locator(".reply")).to_be_visible()  # the history must arrive as an array


@SCREENS
def test_widget_leaves_portal_page_unchanged(open_page: Open, portal_url: str, size: tuple[int, int]):
    page = open_page("about:blank", size)
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver((list) => shifts.push(...list.getEntries()))"
        ".observe({type: 'layout-shift', buffered: true}); window.names = Object.keys(window)"
    )
    page.goto(f"{portal_url}/plain.html")
    page.locator("button.launch").wait_for()
    body = page.locator("body").inner_html()
    open_widget(page)
    page.locator(".chip").first.wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("shifts.map((shift) => shift.value)") == []
    ask(page, ANSWERERS)
    page.get_by_role("button", name="关闭").click()
    expect(page.locator(".panel")).to_be_hidden()
    assert page.evaluate("shifts.filter((shift) => !shift.hadRecentInput).map((shift) => shift.value)") == []
    assert page.locator("body").inner_html() == body
    assert page.evaluate("Object.keys(window).filter((name) => !names.includes(name))") == ["names"]


def test_widget_calls_own_host_only_and_stores_nothing_lasting(
    open_page: Open, portal_url: str, base_url: str
):
    page = open_page("about:blank")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{portal_url}/plain.html")
    page.locator("button.launch").wait_for()
    assert [url for url in requests if url.startswith(base_url)] == [f"{base_url}/widget.js"]
    assert page.evaluate("sessionStorage.length") == 0
    open_widget(page)
    ask(page, ANSWERERS)
    assert {url for url in requests if not url.startswith((base_url, portal_url))} == set()
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0


def test_conversation_is_kept_within_tab(open_page: Open, portal_url: str):
    page = open_page(f"{portal_url}/plain.html")
    open_widget(page)
    ask(page, "规范性文件清理什么时候完成？")
    page.goto(f"{portal_url}/elsewhere.html")
    expect(page.locator(".panel")).to_be_visible()  # on a desktop it stays open
    expect(page.locator(".said")).to_contain_text("规范性文件清理什么时候完成？")
    expect(ask(page, "谁牵头？")).to_contain_text("区司法局")
    second_tab = page.context.new_page()
    second_tab.goto(f"{portal_url}/plain.html")
    open_widget(second_tab)
    expect(second_tab.locator(".turn")).to_have_count(0)
    page.get_by_role("button", name="新对话").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.reload()
    expect(page.locator(".turn")).to_have_count(0)


def test_panel_fills_phone_and_closes(open_page: Open, portal_url: str):
    page = open_page(f"{portal_url}/plain.html", PHONE)
    open_widget(page)
    page.wait_for_timeout(300)  # the panel rises for 0.16 s
    assert page.locator(".panel").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    top_element = page.evaluate("document.elementFromPoint(20, 20).localName")
    assert top_element == "policy-qa-widget"
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator("button.launch")).to_be_focused()
    page.goto(f"{portal_url}/elsewhere.html")
    expect(page.locator(".panel")).to_be_hidden()


def test_position_and_title_are_set_by_portal(open_page: Open, portal_url: str):
    page = open_page(f"{portal_url}/plain.html")
    box = page.locator("button.launch").bounding_box()
    assert box is not None
    assert box["x"] < 100
    open_widget(page)
    expect(page.get_by_role("dialog", name="有问必答")).to_be_visible()


def test_portal_links_and_forms_ask(open_page: Open, portal_url: str):
    page = open_page(f"{portal_url}/plain.html")
    page.get_by_role("button", name="问：政策解答员").click()
    finished(page)
    expect(page.locator(".words")).to_contain_text(ANSWER)
    page.get_by_label("问政策").fill("规范性文件清理谁牵头？")
    page.get_by_label("问政策").press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").last).to_contain_text("区司法局")
    assert page.url == f"{portal_url}/plain.html"


def test_widget_works_with_keyboard_only(open_page: Open, portal_url: str):
    page = open_page(f"{portal_url}/plain.html")
    page.locator("button.launch").wait_for()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.localName") == "policy-qa-widget":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(ANSWERERS)
    page.keyboard.press("Enter")
    finished(page)
    card = page.locator("a.card").first
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if card.evaluate("node => node === node.getRootNode().activeElement"):
            break
    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    expect(popup.value.locator("#cited")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator("button.launch")).to_be_focused()


def test_widget_on_unlisted_site_gets_no_answers(open_page: Open, base_url: str, portal_url: str):
    page = open_page(f"{portal_url.replace('127.0.0.1', 'localhost')}/plain.html")
    open_widget(page)
    page.locator("#question").fill(ANSWERERS)
    page.keyboard.press("Enter")
    expect(page.locator(".reply.failed")).to_be_visible()
    expect(page.locator(".reply.failed")).not_to_contain_text(ANSWER)
