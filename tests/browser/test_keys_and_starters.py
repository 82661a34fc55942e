"""接口密钥 and 首页提问 in a browser: a key is made, used and stopped; topics are tried, saved, restored."""

import re
from collections.abc import Callable

import httpx
import pytest
from accessible import assert_accessible
from citizen import scrolls_sideways
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
PHONE = (390, 844)


def open_part(page: Page, name: str, is_phone: bool = False) -> None:
    """Open a part of 设置, which stands behind 更多 on a phone."""
    if is_phone:
        page.get_by_role("button", name="更多").click()
    page.get_by_role("tab", name="设置", exact=True).click()
    page.get_by_role("tab", name=name).click()


def searched(base_url: str, secret: str) -> int:
    return httpx.get(
        f"{base_url}/api/search", params={"q": "工伤"}, headers={"Authorization": f"Bearer {secret}"}
    ).status_code


def test_administrator_makes_a_key_that_works_until_it_is_stopped(open_console: Open, base_url: str):
    page = open_console()
    open_part(page, "接口密钥")
    page.get_by_role("button", name="发一个密钥").click()
    panel = page.locator("#panel-narrow-new-key")
    expect(panel.get_by_label("每分钟次数")).to_have_value("60")
    expect(panel.get_by_label("有效天数")).to_be_enabled()
    panel.get_by_label("哪个程序用").fill("热线系统<b>")
    assert_accessible(page)
    panel.get_by_role("button", name="发出密钥").click()
    expect(page.get_by_text("请至少选一种用途")).to_be_visible()
    panel.get_by_label("检索", exact=True).check()
    panel.get_by_role("button", name="发出密钥").click()
    shown = panel.locator("code.secret")
    expect(shown).to_have_text(re.compile(r"^pqa_[\w-]{40,}$"))
    expect(panel.get_by_role("button", name="发出密钥")).to_be_hidden()
    assert_accessible(page)
    secret = shown.inner_text()
    assert searched(base_url, secret) == 200
    panel.get_by_role("button", name="关闭").click()
    expect(page.locator("code.secret")).to_have_count(0)
    assert secret not in page.content()  # a closed panel is only hidden
    row = page.get_by_role("button", name="热线系统<b>")
    row.click()
    one = page.locator("#panel-narrow-key")
    expect(one).to_contain_text(f"{secret[:8]}…")
    assert secret not in page.content()
    one.get_by_role("button", name="停用密钥").click()
    page.get_by_role("button", name="确认停用密钥").click()
    expect(page.get_by_text("“热线系统<b>”的密钥已停用")).to_be_visible()
    expect(page.locator("tr", has=row)).to_contain_text("已停用")
    assert searched(base_url, secret) == 401


def test_keys_on_a_phone_are_cards_within_the_screen(open_console: Open):
    page = open_console(size=PHONE)
    open_part(page, "接口密钥", is_phone=True)
    page.get_by_role("button", name="发一个密钥").click()
    expect(page.locator("#panel-narrow-new-key").get_by_label("每分钟次数")).to_have_value("60")
    assert_accessible(page)
    assert not scrolls_sideways(page)
    first = page.get_by_role("tab", name="群众提问", exact=True)
    page.locator("#panel-narrow-new-key").get_by_role("button", name="关闭").click()
    first.click()  # the pages used most stay below, whichever page was opened
    expect(first).to_have_attribute("aria-selected", "true")


def test_administrator_tries_topics_saves_them_and_restores_the_shipped_ones(open_console: Open):
    page = open_console()
    open_part(page, "首页提问")
    box = page.get_by_label("主题和问题")
    expect(box).to_have_value(re.compile(r"^\[[^\]]+\]\n"))
    expect(box).to_be_editable()
    shipped = box.input_value()
    box.fill(f"{shipped}\n[养鱼]\n金鱼一天喂几次？")
    page.get_by_role("button", name="试一试新写的").click()
    expect(page.get_by_text("没有答案，不会显示")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="保存", exact=True).filter(visible=True).click()
    expect(page.get_by_text("已保存。目前是本单位改过的")).to_be_visible()
    page.get_by_role("button", name="恢复随软件的").click()
    page.get_by_role("button", name="确认恢复随软件的").click()
    expect(page.get_by_text("已恢复。目前是随软件的")).to_be_visible()
    expect(box).to_have_value(shipped)
