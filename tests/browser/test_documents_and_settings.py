"""Documents and settings in a browser: an uploaded file that becomes an answer, the column's switch."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from citizen import scrolls_sideways
from playwright.sync_api import Locator, Page, expect

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
NOTICE = "系统维护，5月20日恢复，请拨打 0792-8123456。"
FERRY = """关于调整渡口摆渡收费的通知
浔交〔2023〕7号

一、收费标准
（一）行人摆渡每次收费一元，自行车每次收费两元。（责任单位：区交通运输局）
二、施行时间
本通知自2023年5月1日起施行。
浔阳区交通运输局
2023年4月10日
"""


def part(page: Page, tab: str, inner: str) -> Locator:
    """Open the tab `tab` and its part `inner`; return the part's panel."""
    page.get_by_role("tab", name=tab, exact=True).click()
    page.get_by_role("tab", name=inner, exact=True).click()
    return page.get_by_role("tabpanel").filter(visible=True).last


def asked(page: Page, base_url: str, question: str) -> dict:
    return page.request.post(f"{base_url}/api/ask", data={"question": question}).json()


def test_file_is_uploaded_published_repealed_and_removed(open_console: Open, base_url: str, tmp_path: Path):
    file = tmp_path / "渡口收费.txt"
    file.write_text(FERRY, encoding="utf-8")
    bad_file = tmp_path / "坏.pdf"
    bad_file.write_bytes(b"%PDF-1.7 nothing")
    page = open_console(Role.REVIEWER)
    question = "行人摆渡每次收费多少？"
    part(page, "文件", "上传文件")
    page.locator("input[type=file]").filter(visible=False).last.set_input_files([file, bad_file])
    page.get_by_role("button", name="上传并查看识别结果").click()
    expect(page.get_by_text("渡口收费.txt：已识别")).to_be_visible()
    expect(page.get_by_text("坏.pdf：")).to_be_visible()
    preview = page.locator("table.list:visible").first
    expect(preview).to_contain_text("浔交〔2023〕7号")
    expect(preview).to_contain_text("2023-04-10")
    assert "一元" not in asked(page, base_url, question)["text"]
    assert not scrolls_sideways(page)
    approver = open_console(Role.ADMIN)
    part(approver, "文件", "上传文件")
    expect(approver.locator("table.list:visible").first).to_contain_text("浔交〔2023〕7号")
    approver.get_by_label("已做保密审查").filter(visible=True).check()
    approver.get_by_role("button", name="上线", exact=True).click()
    expect(approver.get_by_text("已上线（")).to_be_visible()
    assert "一元" in asked(page, base_url, question)["text"]

    part(page, "文件", "文件清单")
    page.get_by_label("题名、文号或文件名").fill("摆渡")
    page.get_by_role("button", name="查询").click()
    expect(page.locator("table.list:visible").first).to_contain_text("共 1 份")
    page.get_by_role("button", name="关于调整渡口摆渡收费的通知").click()
    page.get_by_role("button", name="修改信息").click()
    expect(page.get_by_label("发文字号")).to_have_value("浔交〔2023〕7号")
    page.get_by_label("时效性").last.click()
    page.get_by_role("option", name="已废止").click()
    page.get_by_role("button", name="保存修改").click()
    expect(page.get_by_text("已保存：时效性。")).to_be_visible()
    assert asked(page, base_url, question)["ending"] == "only_outdated"
    answer_by_title = asked(page, base_url, f"关于调整渡口摆渡收费的通知里，{question}")
    assert answer_by_title["text"].startswith("注意：《关于调整渡口摆渡收费的通知》已废止")
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="移除", exact=True).click()
    page.get_by_role("dialog", name="移除？").get_by_role("button", name="取消").click()
    expect(page.get_by_role("button", name="移除", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="确认移除").click()
    expect(page.get_by_text("已移除，以后导入也不会再出现")).to_be_visible()
    assert "一元" not in asked(page, base_url, question)["text"]


def test_column_switched_off_shows_notice_until_on(open_console: Open, open_page: Open, base_url: str):
    page = open_console(Role.ADMIN)
    question = "街道要安排几名政策解答员？"
    part(page, "设置", "开关与公告")
    expect(page.get_by_text("目前是“正常回答”")).to_be_visible()
    try:
        page.get_by_label("关闭回答").check()
        page.get_by_label("公告").fill(NOTICE)
        page.get_by_role("button", name="保存", exact=True).filter(visible=True).click()
        expect(page.get_by_text("已保存，立即生效。目前是“关闭回答”（admin")).to_be_visible()
        assert asked(page, base_url, question)["text"] == NOTICE
        citizen = open_page("/chat", java_script_enabled=False)
        citizen.get_by_label("问题", exact=True).fill(question)
        citizen.get_by_role("button", name="提问").click()
        expect(citizen.locator(".answer .words")).to_have_text(NOTICE)
    finally:
        page.get_by_label("正常回答").check()
        page.get_by_role("button", name="保存", exact=True).filter(visible=True).click()
        expect(page.get_by_text("目前是“正常回答”（admin")).to_be_visible()
    assert "政策解答员" in asked(page, base_url, question)["citations"][0]["quote"]


def test_settings_are_shown_and_invalid_sentence_is_refused(open_console: Open):
    page = open_console(Role.ADMIN)
    part(page, "设置", "证据门槛")
    expect(page.get_by_text("0.50 ← 现在")).to_be_visible()
    expect(page.get_by_text("不是群众的真实提问")).to_be_visible()
    for name in ("开关与公告", "固定用语", "证据门槛", "排除文件", "日常说法"):
        expect(page.get_by_role("tab", name=name, exact=True).filter(visible=True)).to_have_count(1)
    part(page, "设置", "固定用语")
    page.get_by_role("row").filter(has_text="文件没有日期时").click()
    words = page.get_by_role("textbox", name=re.compile("^用语"))
    expect(words).to_have_value("日期不详")
    words.fill("{title}没有日期")
    page.get_by_role("button", name="保存", exact=True).filter(visible=True).click()
    expect(page.get_by_text("不认识占位符 {title}")).to_be_visible()
    assert not scrolls_sideways(page)
    part(page, "设置", "排除文件")
    expect(page.get_by_text("已排除 0 份")).to_be_visible()
