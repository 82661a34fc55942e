"""Functions around an answer: copy, feedback, left questions, large print, scripts, lost connections."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from citizen import ANSWER, ANSWERERS, REFUSED, ask, finished, open_widget
from cutting_proxy import cutting_proxy
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PHONE = (360, 640)
SAVED_AS = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")

Open = Callable[..., Page]


def stored(home: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    """The rows of `query` in the running program's database."""
    with sqlite3.connect(f"file:{home / 'kb.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute(query, values).fetchall()


def run_kb(home: Path, *arguments: str) -> str:
    """Run `python -m kb` while the program runs; return its output."""
    result = subprocess.run(
        [sys.executable, "-m", "kb", *arguments], env={"KB_HOME": str(home)}, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("cuts", [1, 2])
def test_cut_connection_is_resumed(open_page: Open, base_url: str, home: Path, cuts: int):
    """The citizen sees one whole answer, and the question is recorded once."""
    question = f"街道要安排几名政策解答员？第{cuts}次"
    with cutting_proxy(urlsplit(base_url).port or 0, cuts) as proxy:
        page = open_page(f"{proxy.url}/chat")
        turn = ask(page, question)
        expect(turn.locator(".words")).to_contain_text(ANSWER)
        expect(turn.locator("a.card:not(.phone)")).to_have_count(1)
        assert proxy.streams == cuts + 1
    assert len(stored(home, "SELECT id FROM asked WHERE question = ?", question)) == 1


def test_lost_connection_shows_retry_button(open_page: Open, base_url: str):
    with cutting_proxy(urlsplit(base_url).port or 0, 3) as proxy:
        page = open_page(f"{proxy.url}/chat")
        turn = ask(page, ANSWERERS)
        expect(turn.locator(".reply.failed")).to_contain_text("没有传完")
        turn.get_by_role("button", name="重试").click()
        finished(page)
        expect(turn.locator(".words")).to_contain_text(ANSWER)


def test_copied_answer_includes_source(open_page: Open, base_url: str):
    page = open_page("/chat", permissions=["clipboard-read", "clipboard-write"])
    turn = ask(page, ANSWERERS)
    turn.get_by_role("button", name="复制").click()
    expect(turn.locator(".told")).to_have_text("已复制")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert ANSWER in copied
    assert "来源：《2023年浔阳区政务公开工作要点》" in copied
    assert f"{base_url}/doc/" in copied


def test_feedback_with_reason_is_stored_masked(open_page: Open, home: Path):
    page = open_page()
    question = "申请信息公开多少天答复？"
    turn = ask(page, question)
    turn.get_by_role("button", name="没帮助").click()
    turn.get_by_label("看不懂").check()
    turn.get_by_label("补充说明").fill("我的电话是13812345678，请回电。")
    turn.get_by_role("button", name="提交").click()
    expect(turn.locator(".more")).to_contain_text("谢谢")
    rows = stored(
        home,
        "SELECT helpful, reason, comment FROM feedback JOIN asked ON asked.id = feedback.answer_id"
        " WHERE asked.question = ?",
        question,
    )
    assert len(rows) == 1
    helpful, reason, comment = rows[0]
    assert (helpful, reason) == (0, "看不懂")
    assert "13812345678" not in str(comment)
    page.reload()
    expect(page.get_by_role("button", name="没帮助")).to_have_attribute("aria-pressed", "true")


def test_left_question_shows_reply_by_code(open_page: Open, home: Path):
    page = open_page("/chat", PHONE)
    turn = ask(page, REFUSED)
    turn.get_by_role("button", name="留言给政策解答员").click()
    turn.get_by_label("您的问题").fill("离婚登记到哪里办？")
    turn.get_by_label("联系方式").fill("13912345678")
    turn.get_by_role("button", name="提交").click()
    receipt = turn.locator(".receipt")
    expect(receipt).to_be_focused()
    expect(receipt).to_contain_text("前答复")
    code = receipt.locator(".code").inner_text()
    assert SAVED_AS.fullmatch(code)
    assert code in run_kb(home, "questions", "list")

    page.get_by_role("button", name="查询留言的答复").click()
    form = page.locator(".follow")
    form.get_by_label("查询码").fill(code.lower())
    form.get_by_role("button", name="查询", exact=True).click()
    expect(form).to_contain_text("还没有答复")
    reply = "请带身份证、户口簿和结婚证到区民政局婚姻登记处办理。"
    run_kb(home, "questions", "reply", code, reply, "--department", "区民政局", "--name", "王解答")
    form.get_by_role("button", name="查询", exact=True).click()
    expect(form).to_contain_text(reply)
    expect(form).to_contain_text("区民政局")
    expect(form).not_to_contain_text("13912345678")

    second_page = open_page(f"/chat?code={code}")
    expect(second_page.locator(".follow")).to_contain_text(reply)


def test_unknown_code_shows_sentence(open_page: Open):
    page = open_page("/chat?code=K7M3-0000")
    expect(page.locator(".follow .trouble")).to_contain_text("没有")


def test_typing_offers_approved_questions_and_headings(open_page: Open):
    page = open_page()
    page.locator("#question").press_sequentially("甘棠湖公园晚上")
    suggestions = page.locator(".typed")
    expect(suggestions.get_by_role("button").first).to_contain_text("甘棠湖公园晚上几点关门")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    finished(page)
    expect(page.locator(".turn")).to_contain_text("每晚十点关门")
    page.locator("#question").press_sequentially("基本养老保险")
    heading = suggestions.get_by_role("link").first
    expect(heading).to_contain_text("社会保险法")
    with page.expect_popup() as popup:
        heading.click()
    expect(popup.value.locator("h1")).to_contain_text("社会保险法")
    page.locator("#question").press("Escape")
    expect(suggestions).to_be_hidden()


def test_starter_questions_of_topics_are_answered(open_page: Open):
    page = open_page()
    for topic in ("就学", "就医", "就业", "创业", "养老", "纳税"):
        page.get_by_role("button", name="新对话").click()
        page.locator(".chip", has_text=topic).click()
        page.locator(".examples .offer").first.click()
        finished(page)
        expect(page.locator(".reply.answered")).to_have_count(1)
        expect(page.locator(".reply.refused")).to_have_count(0)


def test_large_print_is_larger_and_survives_reload(open_page: Open):
    page = open_page("/", PHONE)
    open_widget(page)
    ask(page, ANSWERERS)
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    before = page.locator(".words").evaluate(size)
    page.get_by_role("button", name="大字").click()
    assert page.locator(".words").evaluate(size) >= before * 1.3
    page.reload()
    open_widget(page)
    assert page.locator(".words").evaluate(size) >= before * 1.3
    assert "large=1" in (page.locator("a.card").first.get_attribute("href") or "")


def test_switch_to_traditional_and_back_restores_answer(open_page: Open):
    page = open_page("/")
    open_widget(page)
    ask(page, ANSWERERS)
    simplified = page.locator(".words").inner_text()
    page.get_by_role("button", name="繁體").click()
    expect(page.locator(".words")).to_contain_text("政策解答員")
    expect(page.locator("a.card").first).to_contain_text("工作要點")
    expect(page.get_by_role("button", name="提問")).to_be_visible()
    turn = ask(page, "規範性文件清理誰牽頭？")
    expect(turn).to_contain_text("區司法局")
    with page.expect_popup() as popup:
        turn.locator("a.card").first.click()
    expect(popup.value.locator("h1")).to_contain_text("浔陽區政務公開工作要點".replace("浔", "潯"))
    page.get_by_role("button", name="简体").click()
    finished(page)
    assert page.locator(".words").first.inner_text() == simplified
    expect(page.locator(".words").last).to_contain_text("区司法局")


def test_page_switches_convert_conversation_too(open_page: Open):
    page = open_page("/chat", PHONE)
    ask(page, ANSWERERS)
    page.get_by_role("link", name="繁體").click()
    expect(page.locator(".words")).to_contain_text("政策解答員")
    expect(page.locator(".reply")).not_to_contain_text("按這個問題查找")
    page.get_by_role("link", name="大字版").click()
    expect(page.locator(".all.large")).to_be_visible()
    expect(page.locator(".words")).to_contain_text("政策解答員")


def test_answer_is_read_aloud_sentence_by_sentence(open_page: Open):
    """Headless Chromium has no voice: record the utterances passed to speechSynthesis."""
    page = open_page("about:blank")
    page.add_init_script(
        "window.spoken = [];"
        "speechSynthesis.speak = (utterance) => spoken.push([utterance.lang, utterance.text])"
    )
    page.goto("/chat")
    turn = ask(page, "市、县级人民政府确定社会救助标准要看什么？")
    turn.get_by_role("button", name="朗读").click()
    spoken = page.evaluate("spoken")
    assert {language for language, _ in spoken} == {"zh-CN"}
    words = turn.locator(".words").inner_text()
    assert "".join(text for _, text in spoken) == words.replace("\n", "")
    expect(turn.get_by_role("button", name="停止朗读")).to_be_visible()
