"""The question page in a browser."""

import json
import re
from collections.abc import Callable

import pytest
from citizen import ANSWER, ANSWERERS, REFUSED, XSS, XSS_FAQ, XSS_TITLE, ask, finished, scrolls_sideways
from playwright.sync_api import Page, Route, expect

from kb.models import MAX_QUESTION_CHARS

pytestmark = pytest.mark.browser

PHONE = (360, 640)

Open = Callable[..., Page]


def test_answer_card_opens_highlighted_words(open_page: Open):
    page = open_page()
    turn = ask(page, ANSWERERS)
    card = turn.locator("a.card").first
    expect(card).to_contain_text("2023年浔阳区政务公开工作要点")
    expect(card).to_contain_text("(六)丰富政策解读形式")
    expect(card).to_contain_text("现行有效")
    expect(turn.locator(".words")).to_contain_text(ANSWER)
    with page.expect_popup() as popup:
        card.click()
    viewer = popup.value
    marks = viewer.locator("mark")
    expect(viewer.locator("#cited")).to_be_in_viewport()
    assert ANSWER in "".join(marks.all_text_contents())
    expect(viewer.locator("h1")).to_have_text("2023年浔阳区政务公开工作要点")


def test_refusal_shows_near_documents_and_contact(open_page: Open):
    turn = ask(open_page(), REFUSED)
    expect(turn.locator(".reply.refused .words")).to_contain_text("目前收录的文件里没有查到")
    assert turn.locator("a.card.candidate").count() >= 1
    assert turn.locator("a.card.phone").count() >= 1
    assert turn.locator("a.card:not(.candidate, .phone)").count() == 0
    expect(turn.get_by_role("button", name="留言给政策解答员")).to_be_visible()


def test_refusal_keeps_its_contact_and_button_after_a_reload(open_page: Open):
    page = open_page()
    called = ask(page, REFUSED).locator("a.card.phone").all_text_contents()
    page.reload()
    turn = page.locator(".turn")
    expect(turn.get_by_role("button", name="留言给政策解答员")).to_be_visible()
    assert turn.locator("a.card.phone").all_text_contents() == called


@pytest.mark.parametrize("size", [PHONE, (1366, 768)], ids=["phone", "desktop"])
def test_wish_for_a_person_offers_call_message_and_list(open_page: Open, size: tuple[int, int]):
    page = open_page("/chat", size)
    ask(page, ANSWERERS)
    turn = ask(page, "转人工")
    expect(turn.locator("a.card.phone")).to_have_attribute("href", "tel:12345")
    expect(turn.get_by_role("link", name="查看政策解答员名单")).to_have_attribute(
        "href", re.compile("#contacts$")
    )
    assert turn.get_by_role("button", name="有用").count() == 0
    turn.get_by_role("button", name="留言给政策解答员").click()
    expect(turn.get_by_label("您的问题")).to_have_value(ANSWERERS)
    assert not scrolls_sideways(page)


def test_quoted_answer_has_no_ai_label(open_page: Open):
    turn = ask(open_page(), ANSWERERS)
    expect(turn).not_to_contain_text("人工智能")


SOURCE = {
    "document": "要点",
    "document_id": "plan",
    "number": None,
    "section": "（六）",
    "page": None,
    "url": "/doc/plan?start=0&end=5",
    "start": 0,
    "end": 5,
}


def answer_with(page: Page, start: dict[str, object], *words: str) -> None:
    """Answer /api/ask with the stream of a generated answer, as no language model is set up here."""
    understood = {"question": "问", "rewritten": "问", "id": None, "notice": None}
    sources = {"citations": [SOURCE, SOURCE], "candidates": [], "contacts": [], "suggestions": []}
    events = [("answer-start", {**understood, **start}), *(("token", {"text": text}) for text in words)]
    events += [("citations", sources), ("done", {})]
    body = ": still at work\n\n" + "".join(
        f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events
    )
    page.route("**/api/ask", lambda route: route.fulfill(content_type="text/event-stream", body=body))


@pytest.mark.parametrize("size", [PHONE, (1366, 768)], ids=["phone", "desktop"])
def test_generated_answer_has_label_and_source_links(open_page: Open, size: tuple[int, int]):
    page = open_page("/chat", size)
    answer_with(page, {"kind": "generated"}, "第一句。[1]", "\n第二句。[2]")
    turn = ask(page, "问")
    expect(turn).to_contain_text("内容由人工智能生成，以政策原文为准")
    expect(turn.locator(".words")).to_have_text("第一句。[1]\n第二句。[2]")
    second = turn.get_by_role("link", name="出处 2", exact=True)
    second.click()
    card = turn.locator("a.card").nth(1)
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()
    expect(card).to_contain_text("[2] 要点")


def test_quoted_fallback_shows_notice(open_page: Open):
    page = open_page()
    answer_with(page, {"kind": "extract", "notice": "智能生成暂时不可用，以下是文件原文。"}, "第[1]条原文")
    turn = ask(page, "问")
    expect(turn).to_contain_text("智能生成暂时不可用，以下是文件原文。")
    expect(turn).not_to_contain_text("人工智能生成，")
    assert turn.locator(".words a").count() == 0


def test_follow_up_question_uses_history(open_page: Open):
    page = open_page()
    ask(page, "规范性文件清理什么时候完成？")
    turn = ask(page, "谁牵头？")
    expect(turn).to_contain_text("区司法局")
    expect(turn.locator(".understood")).to_have_text("接着上一问：规范性文件清理")


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        pytest.param(XSS, XSS, id="question"),
        pytest.param("白鹿洞路夜间停车怎么收费？", XSS_TITLE, id="document"),
        pytest.param("甘棠湖公园晚上几点关门？", XSS_FAQ.answer, id="approved answer and its contact"),
    ],
)
def test_html_in_texts_is_shown_and_never_run(open_page: Open, question: str, shown: str):
    page = open_page()
    turn = ask(page, question)
    expect(turn).to_contain_text(shown)
    unhelpful = turn.get_by_role("button", name="没帮助")
    unhelpful.click()
    turn.get_by_label("看不懂").check()
    turn.get_by_role("button", name="提交").click()
    expect(turn.locator(".more")).to_contain_text("谢谢")
    assert turn.locator("img, script").count() == 0
    card = turn.locator("a.card:not(.phone)").first
    if card.count():
        page.goto(card.get_attribute("href") or "")
        assert page.locator("article img, article script").count() == 0
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("size", [PHONE, (320, 568), (1366, 768)], ids=["phone", "smallest", "desktop"])
def test_question_page_fits_screen(open_page: Open, size: tuple[int, int]):
    page = open_page("/chat", size)
    expect(page.locator("#question")).to_be_in_viewport()
    assert not scrolls_sideways(page)
    for question in (ANSWERERS, REFUSED, "长" * 400):
        turn = ask(page, question)
        assert not scrolls_sideways(page)
        expect(turn.locator(".said")).to_be_in_viewport()
        assert page.locator(".scroller").evaluate("node => node.scrollWidth <= node.clientWidth")
    expect(page.locator("#question")).to_be_in_viewport()
    page.goto(page.locator("a.card").first.get_attribute("href") or "")
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("large", ["", "?large=1"], ids=["standard", "large print"])
def test_touch_targets_are_at_least_44_pixels_high(open_page: Open, large: str):
    page = open_page(f"/chat{large}", PHONE)
    ask(page, REFUSED)
    for button in page.locator("policy-qa-widget button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.text_content()


def test_counter_appears_near_limit_and_blocks_beyond(open_page: Open):
    page = open_page()
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
    page = open_page()
    page.locator("#question").fill("  ")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)


def test_shift_enter_inserts_line_break(open_page: Open):
    page = open_page()
    page.locator("#question").focus()
    page.keyboard.type("一")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("二")
    expect(page.locator("#question")).to_have_value("一\n二")


def test_offline_question_is_resent_when_online(open_page: Open):
    page = open_page()
    page.context.set_offline(True)
    turn = ask(page, ANSWERERS)
    expect(turn.locator(".reply.failed")).to_contain_text("网络")
    page.context.set_offline(False)
    expect(turn.locator(".words")).to_contain_text(ANSWER)
    expect(page.locator(".turn")).to_have_count(1)


def test_question_is_resent_when_the_server_is_back_without_a_word_from_the_browser(open_page: Open):
    page = open_page()
    page.route("**/api/**", lambda route: route.abort())
    turn = ask(page, ANSWERERS)
    expect(turn.locator(".reply.failed")).to_contain_text("网络")
    page.unroute("**/api/**")  # no "online" event comes
    expect(turn.locator(".words")).to_contain_text(ANSWER)
    expect(page.locator(".turn")).to_have_count(1)


def test_code_of_a_left_question_stays_when_the_answer_is_then_called_unhelpful(open_page: Open):
    page = open_page()
    turn = ask(page, REFUSED)
    turn.get_by_role("button", name="留言给政策解答员").click()
    turn.get_by_role("button", name="提交").click()
    code = turn.locator(".receipt .code")
    expect(code).to_be_visible()
    told = code.text_content()
    turn.get_by_role("button", name="没帮助").click()
    expect(turn.locator("fieldset")).to_be_visible()
    expect(code).to_have_text(told or "")
    page.reload()
    expect(page.locator(".receipt .code")).to_have_text(told or "")


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        pytest.param(503, {}, '{"error": "正在维护。"}', "正在维护", id="our sentence"),
        pytest.param(429, {"Retry-After": "30"}, '{"error": "问得太快了。"}', "太快了", id="too fast"),
        pytest.param(502, {}, "<h1>Bad Gateway</h1>", "稍后再试", id="a proxy's page"),
        pytest.param(
            200,
            {"Content-Type": "text/event-stream"},
            'event: error\ndata: {"error": "出错了。"}\n\n',
            "出错了",
            id="error in the stream",
        ),
        pytest.param(
            200,
            {"Content-Type": "text/event-stream"},
            'event: token\ndata: {"text": "半"}\n\n',
            "没有传完",
            id="stream breaks off",
        ),
    ],
)
def test_failure_shows_chinese_sentence_and_retry(
    open_page: Open, status: int, headers: dict[str, str], body: str, words: str
):
    page = open_page()

    def fulfil(route: Route) -> None:
        route.fulfill(status=status, headers=headers, body=body)

    page.route("**/api/ask", fulfil)
    turn = ask(page, ANSWERERS)
    expect(turn.locator(".reply.failed")).to_contain_text(words)
    expect(turn.locator(".words")).to_have_text("")
    retry = turn.get_by_role("button", name=re.compile("重试"))
    if status == 429:
        expect(retry).to_be_disabled()
        expect(retry).to_contain_text("秒后")
        return
    page.unroute("**/api/ask")
    retry.click()
    expect(turn.locator(".words")).to_contain_text(ANSWER)


def test_running_question_can_be_stopped(open_page: Open):
    page = open_page()
    page.route("**/api/ask", lambda route: None)  # an answer that never comes
    page.locator("#question").fill(ANSWERERS)
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_contain_text("正在查阅")
    page.get_by_role("button", name="停止").click()
    expect(page.locator(".reply.stopped")).to_contain_text("已停止")
    page.unroute("**/api/ask")
    page.get_by_role("button", name="重新提问").click()
    expect(page.locator(".words")).to_contain_text(ANSWER)
    finished(page)
    expect(page.locator(".turn")).to_have_count(1)


def test_question_page_works_with_keyboard(open_page: Open):
    page = open_page()
    page.locator(".chip").first.wait_for()
    for _ in range(30):
        page.keyboard.press("Tab")
        focused = page.evaluate_handle("document.querySelector('policy-qa-widget').shadowRoot.activeElement")
        if focused.evaluate("node => node && node.matches('.examples .offer')"):
            break
    assert focused.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    question = focused.evaluate("node => node.textContent")
    page.keyboard.press("Enter")
    finished(page)
    expect(page.locator(".said")).to_contain_text(question)
    expect(page.locator("#question")).to_be_focused()


def test_finished_answer_is_announced_once(open_page: Open):
    page = open_page()
    expect(page.get_by_role("textbox", name="请输入您的问题")).to_be_visible()
    ask(page, ANSWERERS)
    status = page.locator(".panel > [role=status]")
    expect(status).to_contain_text(ANSWER)
    expect(status).to_contain_text("出处 1 个")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


def test_question_on_home_page_is_answered_there(open_page: Open):
    page = open_page("/")
    page.get_by_label("请输入您的问题").first.fill(ANSWERERS)
    page.keyboard.press("Enter")
    expect(page.locator(".turn .words")).to_contain_text(ANSWER)


def test_question_sent_before_widget_loads_is_answered_on_chat(open_page: Open):
    page = open_page("/")
    page.evaluate("document.querySelector('form.ask').removeAttribute('data-policy-ask')")
    page.get_by_label("请输入您的问题").first.fill(ANSWERERS)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/chat$"))
    expect(page.locator(".turn .words")).to_contain_text(ANSWER)


def test_question_page_works_without_javascript(open_page: Open):
    page = open_page("/chat", java_script_enabled=False)
    page.get_by_role("textbox").fill(ANSWERERS)
    page.get_by_role("button", name="提问").click()
    expect(page.locator("main")).to_contain_text(ANSWER)
    page.get_by_role("link", name=re.compile("2023年浔阳区政务公开工作要点")).first.click()
    expect(page.locator("#cited")).to_contain_text(ANSWER)
