"""The question page, as a citizen meets it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from kb.models import MAX_QUESTION_CHARS

pytestmark = pytest.mark.browser

PHONE = (360, 640)
ANSWERERS = "街道要安排几名政策解答员？"
XSS = '"><img src=x onerror=window.hacked=1><script>window.hacked=1</script>'

Open = Callable[..., Page]


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter, then wait until the answer is complete."""
    turns = page.locator(".turn").count()
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)
    expect(page.locator("#send")).to_be_enabled()


def scrolls_sideways(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


def test_answer_leads_to_the_highlighted_words(open_page: Open):
    page = open_page("/")
    page.get_by_role("button", name=ANSWERERS).click()
    card = page.locator(".reply a.card").first
    expect(card).to_contain_text("2023年浔阳区政务公开工作要点")
    expect(card).to_contain_text("(六)丰富政策解读形式")
    expect(card).to_contain_text("现行有效")
    expect(page.locator(".reply .words")).to_contain_text("1-2名政策解答员")
    with page.expect_popup() as popup:
        card.click()
    viewer = popup.value
    marks = viewer.locator("mark")
    expect(marks.first).to_be_in_viewport()
    assert "1-2名政策解答员" in "".join(marks.all_text_contents())
    expect(viewer.locator("h1")).to_have_text("2023年浔阳区政务公开工作要点")


def test_refusal_is_said_and_names_near_documents(open_page: Open):
    page = open_page("/")
    ask(page, "怎么办离婚登记？")
    expect(page.locator(".reply.refused .words")).to_contain_text("没有找到")
    assert page.locator(".reply .card.candidate").count() >= 1
    assert page.locator(".reply .card:not(.candidate)").count() == 0


def test_follow_up_is_understood(open_page: Open):
    page = open_page("/")
    ask(page, "规范性文件清理什么时候完成？")
    ask(page, "谁牵头？")
    expect(page.locator(".turn").last).to_contain_text("区司法局")


def test_question_is_shown_as_typed_and_never_run(open_page: Open):
    page = open_page("/")
    ask(page, XSS)
    expect(page.locator(".said")).to_have_text(XSS)
    assert page.locator("#conversation img, #conversation script").count() == 0
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("size", [PHONE, (320, 568), (1366, 768)], ids=["phone", "smallest", "desktop"])
def test_fits_the_screen(open_page: Open, size: tuple[int, int]):
    page = open_page("/", size)
    expect(page.locator("#question")).to_be_in_viewport()
    assert not scrolls_sideways(page)
    for question in (ANSWERERS, "怎么办离婚登记？", "长" * 400):
        ask(page, question)
        assert not scrolls_sideways(page)
        expect(page.locator(".turn").last.locator(".said")).to_be_in_viewport()
    expect(page.locator("#question")).to_be_in_viewport()
    href = page.locator("a.card").first.get_attribute("href")
    page.goto(href or "")
    assert not scrolls_sideways(page)


def test_touch_targets_are_large_enough_for_a_finger(open_page: Open):
    page = open_page("/", PHONE)
    for button in page.locator("button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.text_content()


def test_length_is_counted_near_the_limit_and_stopped_beyond(open_page: Open):
    page = open_page("/")
    counter = page.locator("#counter")
    page.locator("#question").fill("问" * 100)
    expect(counter).to_be_empty()
    page.locator("#question").fill("问" * (MAX_QUESTION_CHARS - 10))
    expect(counter).to_contain_text("10")
    page.locator("#question").fill("问" * (MAX_QUESTION_CHARS + 1))
    expect(counter).to_contain_text("太长")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)


def test_empty_question_is_not_sent(open_page: Open):
    page = open_page("/")
    page.locator("#question").fill("  ")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)


def test_shift_enter_begins_a_line(open_page: Open):
    page = open_page("/")
    page.locator("#question").focus()
    page.keyboard.type("一")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("二")
    expect(page.locator("#question")).to_have_value("一\n二")


def test_lost_network_is_said_and_retried(open_page: Open):
    page = open_page("/")
    page.context.set_offline(True)
    ask(page, ANSWERERS)
    expect(page.locator(".failed .words")).to_contain_text("网络")
    page.context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".reply .words")).to_contain_text("1-2名政策解答员")
    expect(page.locator(".turn")).to_have_count(1)


@pytest.mark.parametrize(
    ("status", "kind", "body", "words"),
    [
        pytest.param(503, "application/json", '{"error": "正在维护。"}', "正在维护", id="our sentence"),
        pytest.param(502, "text/html", "<h1>Bad Gateway</h1>", "稍后再试", id="a proxy's page"),
        pytest.param(
            200,
            "text/event-stream",
            'event: error\ndata: {"error": "出错了。"}\n\n',
            "出错了",
            id="error in the stream",
        ),
        pytest.param(
            200,
            "text/event-stream",
            'event: token\ndata: {"text": "半"}\n\n',
            "没有传完",
            id="stream breaks off",
        ),
    ],
)
def test_failures_are_said_in_chinese(open_page: Open, status: int, kind: str, body: str, words: str):
    page = open_page("/")

    def fulfil(route: Route) -> None:
        route.fulfill(status=status, headers={"Content-Type": kind}, body=body)

    page.route("**/api/ask", fulfil)
    ask(page, ANSWERERS)
    expect(page.locator(".failed")).to_contain_text(words)
    expect(page.get_by_role("button", name="重试")).to_be_visible()


def test_works_by_keyboard_alone(open_page: Open):
    page = open_page("/")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#examples') !== null"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.locator(".reply .words")).to_contain_text("1-2名政策解答员")
    expect(page.locator("#question")).to_be_focused()


def test_screen_readers_are_told(open_page: Open):
    page = open_page("/")
    expect(page.get_by_role("textbox", name="请输入您的问题")).to_be_visible()
    expect(page.locator("#conversation")).to_have_attribute("aria-live", "polite")
    assert re.fullmatch("zh.*", page.locator("html").get_attribute("lang") or "")
