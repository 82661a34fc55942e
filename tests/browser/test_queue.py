"""群众提问 in a browser: from a refusal to the reply seen with the code, and to an FAQ draft."""

import re
from collections.abc import Callable

import pytest
from accessible import assert_accessible
from citizen import XSS, ask, scrolls_sideways
from playwright.sync_api import Locator, Page, expect
from staffing import make_staff

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
PHONE = "13812345678"
REPLY = "请业主到属地社区居委会登记，由街道统一安排查看。"


def leave(page: Page, question: str) -> str:
    """Ask as a citizen, be refused, leave the question; return its code."""
    turn = ask(page, question)
    turn.get_by_role("button", name="留言给政策解答员").click()
    turn.get_by_label("联系方式").fill(PHONE)
    turn.get_by_role("button", name="提交").click()
    code = turn.locator(".receipt .code")
    expect(code).to_be_visible()
    return code.inner_text()


def open_group(page: Page, words: str) -> Locator:
    """Open the only group whose question has `words`; return its detail pane."""
    open_queue(page, words).click()
    detail = page.locator("#queue-detail")
    expect(detail.get_by_role("heading")).to_contain_text(words)
    return detail


def open_queue(page: Page, words: str) -> Locator:
    """Filter the queue by `words`; return its only group."""
    tab, field = page.get_by_role("tab", name="群众提问"), page.get_by_label("查找").filter(visible=True)
    for _ in range(60):
        tab.click()
        if field.count():
            break
        page.wait_for_timeout(500)  # a page that is still being made loses the click
    field.fill(words)
    field.press("Enter")
    group = page.locator("#queue-list .hit")
    expect(group).to_contain_text([words])
    expect(group).to_have_count(1)  # no other group
    page.wait_for_timeout(500)  # the list is filled when the tab opens, and again after Enter
    return group


def test_refused_question_is_claimed_replied_and_drafted(open_console: Open, open_page: Open):
    citizen = open_page("/chat")
    code = leave(citizen, f"我叫张三，手机{PHONE}，楼顶漏水归哪个社区登记？")
    page = open_console(Role.EDITOR)
    group = open_queue(page, "楼顶漏水")
    expect(group).to_contain_text("1 人留言等答复")
    expect(group).to_contain_text("工作日到期")
    expect(group).not_to_contain_text(PHONE)
    page.keyboard.press("ArrowDown")
    expect(group).to_be_focused()
    page.keyboard.press("Enter")
    detail = page.locator("#queue-detail")
    masked_question = "我叫张三，手机〔电话号码〕，楼顶漏水归哪个社区登记？"
    expect(detail.get_by_role("heading")).to_have_text(masked_question)
    expect(detail).to_contain_text(f"联系方式：{PHONE}")
    expect(group).to_have_attribute("aria-current", "true")
    expect(page.get_by_label("找依据")).to_have_value("楼顶漏水归哪个社区登记？")
    source = page.locator("#queue-sources .hit").first
    expect(source).to_be_visible()

    page.keyboard.press("ArrowRight")
    reply = page.locator("#queue-reply textarea")
    expect(reply).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="认领", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(detail).to_contain_text(f"处理中（{make_staff(Role.EDITOR).title}")
    expect(page.get_by_label("我认领的（1）")).to_be_visible()

    reply.fill(REPLY)
    source.get_by_role("button", name="放进答复").click()
    expect(reply).to_have_value(re.compile(f"{REPLY}\n.+\n出处：《.+》", re.DOTALL))
    reply.focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已答复，群众凭查询码就能看到。")).to_be_visible()
    expect(page.locator("#queue-list .hit")).to_have_count(0)
    expect(page.get_by_role("button", name="更正答复")).to_be_visible()

    citizen.goto(f"/chat?code={code}")
    expect(citizen.locator("body")).to_contain_text(REPLY)
    expect(citizen.locator("body")).to_contain_text(make_staff(Role.EDITOR).title)

    page.get_by_role("button", name="写成问答草稿").click()
    link = detail.get_by_role("link", name="faq-")
    expect(link).to_be_visible()
    expect(page.get_by_role("button", name="写成问答草稿")).to_be_hidden()
    with page.expect_popup() as popup:
        link.click()
    entry = popup.value
    answer = entry.get_by_label("答案", exact=True).filter(visible=True)
    expect(answer).to_have_value(re.compile(REPLY))
    expect(entry.get_by_text("草稿　第 1 版")).to_be_visible()


def test_second_claim_names_holder_and_keeps_typed_reply(open_console: Open, open_page: Open):
    leave(open_page("/chat"), "祠堂修缮能申请补助吗？")
    first, second = open_console(Role.REVIEWER), open_console(Role.ANSWERER)
    for page in (first, second):
        open_group(page, "祠堂修缮")
    second.locator("#queue-reply textarea").fill("草稿")
    first.get_by_role("button", name="认领", exact=True).click()
    expect(first.locator("#queue-detail")).to_contain_text("处理中")
    second.get_by_role("button", name="认领", exact=True).click()
    holder = make_staff(Role.REVIEWER).title
    expect(second.get_by_text(f"已由{holder}认领，没有改动")).to_be_visible()
    expect(second.locator("#queue-detail")).to_contain_text(f"处理中（{holder}")
    expect(second.get_by_role("button", name="认领", exact=True)).to_be_hidden()
    expect(second.get_by_role("button", name="答复群众（1 人）")).to_be_hidden()
    expect(second.locator("#queue-reply textarea")).to_have_value("草稿")
    first.get_by_role("button", name="取消认领", exact=True).click()
    expect(first.get_by_text("已取消认领，别人可以认领了。")).to_be_visible()


def test_group_without_left_question_is_dismissed_with_reason(open_console: Open, open_page: Open):
    ask(open_page("/chat"), "鸽子棚可以搭多高？")
    page = open_console(Role.ANSWERER)
    open_group(page, "鸽子棚")
    expect(page.get_by_role("button", name=re.compile("^答复群众"))).to_be_hidden()
    page.get_by_role("button", name="不用答复，搁置").click()
    page.get_by_role("button", name="搁置", exact=True).click()
    expect(page.get_by_text("请填写原因。")).to_be_visible()
    page.get_by_label("搁置的原因").fill(f"不归我区管，已电话{PHONE}告知")
    page.get_by_role("button", name="搁置", exact=True).click()
    expect(page.get_by_text("已搁置；再有群众为此留言时会回到待办。")).to_be_visible()
    page.locator("label", has_text="已办结").click()
    closed = page.locator("#queue-list .hit")
    expect(closed).to_have_count(1)
    expect(closed).to_contain_text("已搁置")
    expect(page.locator("#queue-detail")).to_contain_text("不归我区管，已电话〔电话号码〕告知")


def test_unsent_reply_is_kept_when_group_is_reopened(open_console: Open, open_page: Open):
    for question in ("带状疱疹疫苗打一针要多少钱？", "高铁票买好了能改签几次？"):
        ask(open_page("/chat"), question)
    page = open_console(Role.ANSWERER)
    open_group(page, "疱疹")
    page.locator("#queue-reply textarea").fill("还没写完")
    open_group(page, "高铁")
    expect(page.locator("#queue-reply textarea")).to_have_value("")
    open_group(page, "疱疹")
    expect(page.locator("#queue-reply textarea")).to_have_value("还没写完")


def test_code_in_left_question_never_runs(open_console: Open, base_url: str):
    """Gradio inserts its HTML into a JavaScript template, and interprets Handlebars."""
    page = open_console(Role.ADMIN)
    evil = f"渡船票{XSS}${{window.hacked=1}}{{{{constructor}}}}`多少钱？"
    assert page.request.post(f"{base_url}/api/questions", data={"text": evil}).ok
    detail = open_group(page, "渡船票")
    for place in (detail, page.locator("#queue-list")):
        expect(place).to_contain_text("${window.hacked=1}{{constructor}}`多少钱？")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0


def test_queue_fits_screen_and_is_accessible(open_console: Open, open_page: Open):
    leave(open_page("/chat"), "门口的树谁来修剪？")
    page = open_console(Role.ADMIN)
    open_group(page, "树谁来修剪")
    expect(page.locator("#queue-sources .hit").first).to_be_visible()
    assert_accessible(page)
    assert not scrolls_sideways(page)
    expect(page.get_by_role("button", name="答复群众（1 人）")).to_be_in_viewport()
