"""试问 in a browser: a question with its reasons, the right passage picked, what was saved evaluated."""

from collections.abc import Callable

import pytest
from accessible import assert_accessible
from citizen import ANSWERERS, scrolls_sideways
from playwright.sync_api import Page, expect

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
PHONE = (390, 844)


def open_trial(page: Page) -> None:
    """Open the page 试问; on a phone it stands behind 更多."""
    tab = page.get_by_role("tab", name="试问", exact=True)
    if not tab.is_visible():
        page.get_by_role("button", name="更多").click()
    tab.click()


def try_question(page: Page, text: str) -> None:
    """Type a question, press Enter and wait for the answer."""
    field = page.locator("#trial-question textarea, #trial-question input")
    field.fill(text)
    field.press("Enter")
    expect(page.locator("#trial-why dl")).to_contain_text("查的是")


def test_editor_sees_why_picks_the_right_passage_and_evaluates(open_console: Open):
    page = open_console(Role.EDITOR)
    open_trial(page)
    try_question(page, "红头文件清理谁牵头")
    expect(page.locator("#trial-answer")).to_contain_text("已按“规范性文件清理谁牵头”为您查找")
    why = page.locator("#trial-why dl")
    expect(why).to_contain_text("“红头文件” → “规范性文件”")
    expect(why).to_contain_text("达到门槛 0.50")
    first = page.locator("#trial-passages .hit").first
    expect(first.locator(".badge")).to_have_text("用来回答")
    expect(first.locator(".signals")).to_contain_text("阅读模型认为能回答")
    assert_accessible(page)
    first.focus()
    page.keyboard.press("p")
    panel = page.locator("#panel-pair")
    expect(panel.locator(".hit")).to_contain_text("规范性文件")
    expect(panel.get_by_label("群众问的")).to_have_value("红头文件清理谁牵头")
    assert_accessible(page)
    panel.get_by_role("button", name="存为评测题").click()
    expect(panel).to_be_hidden()
    page.get_by_role("tab", name="评测题").click()
    row = page.get_by_role("button", name="红头文件清理谁牵头")
    expect(row).to_be_visible()
    page.get_by_role("button", name="开始评测").click()
    report = page.locator("#trial-report table").first
    expect(report).to_contain_text("1/1（100%）")
    assert_accessible(page)
    row.click()
    page.get_by_role("button", name="删除这道题").click()
    page.get_by_role("button", name="确认删除这道题").click()
    expect(page.get_by_text("还没有评测题。")).to_be_visible()


def test_answerer_tries_a_question_on_a_phone_and_saves_nothing(open_console: Open):
    page = open_console(Role.ANSWERER, PHONE)
    open_trial(page)
    try_question(page, ANSWERERS)
    expect(page.locator("#trial-passages .hit").first).to_be_visible()
    expect(page.get_by_role("button", name="这段才是答案")).to_have_count(0)
    expect(page.get_by_role("button", name="另找一段").filter(visible=True)).to_have_count(0)
    assert_accessible(page)
    assert not scrolls_sideways(page)
