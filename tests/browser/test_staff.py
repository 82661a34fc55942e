"""Sign-in and accounts in a browser: tabs of each role, new accounts, sign-out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from staffing import PASSWORD, make_staff

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


FOR_ALL = ["检索", "群众提问", "试问", "通讯录", "统计"]
FOR_WRITERS = ["检索", "群众提问", "常见问答", "文件", "试问", "通讯录", "统计"]
TABS = {
    Role.ANSWERER: FOR_ALL,
    Role.EDITOR: FOR_WRITERS,
    Role.REVIEWER: FOR_WRITERS,
    Role.ADMIN: [*FOR_WRITERS, "设置", "账号", "审计"],
}


def test_wrong_password_shows_alert_then_right_one_signs_in(open_page: Open):
    page = open_page("/console/")
    expect(page).to_have_title("登录 - 政策问答知识库控制台")
    page.get_by_label("账号").fill("editor")
    page.get_by_label("密码").fill("wrong-password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("账号或密码不对")
    expect(page.get_by_label("密码")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    staff = make_staff(Role.EDITOR)
    expect(page.locator(".who")).to_have_text(f"{staff.title}（编辑） 全部单位")
    expect(page).to_have_url("/console/")


@pytest.mark.parametrize("role", Role)
def test_role_sees_its_tabs(open_console: Open, role: Role):
    page = open_console(role)
    expect(page.locator(".who")).to_contain_text(role.label)
    first_row = page.get_by_role("tablist").first.get_by_role("tab")
    expect(first_row.filter(visible=True)).to_have_text(TABS[role])


def test_sign_out_closes_console(open_console: Open):
    page = open_console(Role.REVIEWER)
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url("/login")
    page.go_back()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_new_account_is_in_audit_log_and_must_change_password(open_console: Open, open_page: Open):
    page = open_console(Role.ADMIN)
    page.get_by_role("tab", name="账号").click()
    page.get_by_role("button", name="新建账号").click()
    page.get_by_label("账号名").fill("wangfang")
    page.get_by_label("姓名").last.fill("王芳")
    page.get_by_role("button", name="建立账号").click()
    message = page.get_by_text("初始密码是")
    expect(message).to_be_visible()
    password = (message.text_content() or "").partition("初始密码是 ")[2][:14]
    expect(page.locator("table.list")).to_contain_text("王芳")
    expect(page.get_by_label("账号名")).to_have_count(0)  # the form is gone
    page.get_by_role("button", name="新建账号").click()
    expect(page.get_by_label("账号名")).to_have_value("")  # ready for the next account
    page.get_by_label("账号名").fill("wangfang")
    page.get_by_label("姓名").last.fill("王芳")
    page.get_by_role("button", name="建立账号").click()
    expect(page.get_by_text("已经有人使用")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("账号名")).to_have_count(0)
    page.get_by_role("tab", name="审计").click()
    page.get_by_label("什么事").fill("wangfang")
    page.keyboard.press("Enter")
    expect(page.locator("table.list:visible")).to_contain_text("新建账号")
    login_page = open_page("/login")
    login_page.get_by_label("账号").fill("wangfang")
    login_page.get_by_label("密码").fill(password)
    login_page.get_by_role("button", name="登录").click()
    expect(login_page.get_by_role("heading", name="修改密码")).to_be_visible()
