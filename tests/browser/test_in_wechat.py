"""The question page in the browser of 微信: one window, no clipboard, no printing; a phone with a notch."""

from collections.abc import Callable

import pytest
from citizen import ANSWER, ANSWERERS, ask, scrolls_sideways
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

IPHONE = (390, 844)
WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.50(0x18003231) NetType/WIFI Language/zh_CN"
)
MISSING = """
const without = { value: undefined };
for (const name of ["clipboard", "share"]) Object.defineProperty(Navigator.prototype, name, without);
for (const name of ["print", "speechSynthesis", "SpeechSynthesisUtterance"]) window[name] = undefined;
window.open = () => { throw new Error("微信里不能开新窗口"); };
"""
NOTCH = {"top": 47, "bottom": 34, "topMax": 47, "bottomMax": 34}


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """/chat as a phone with a notch shows it in 微信."""
    page = open_page("/chat", IPHONE, user_agent=WECHAT, is_mobile=True, has_touch=True)
    page.context.add_init_script(MISSING)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setSafeAreaInsetsOverride", {"insets": NOTCH})
    page.reload()
    return page


def padding(page: Page, selector: str, side: str) -> float:
    shown = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).padding{side}")
    return float(str(shown).removesuffix("px"))


def test_answer_its_source_and_the_way_back_stay_in_one_window(page: Page):
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    turn = ask(page, ANSWERERS)
    expect(turn.locator(".words")).to_contain_text(ANSWER)
    turn.get_by_role("button", name="复制").click()
    expect(turn.locator(".told")).to_have_text("已复制")
    turn.locator("a.card").first.click()
    expect(page.locator("#cited")).to_be_in_viewport()
    expect(page.get_by_role("button", name="打印")).to_be_hidden()
    expect(page.locator("#outside")).to_contain_text("在浏览器打开")
    assert len(page.context.pages) == 1
    page.go_back()
    expect(page.locator(".turn .words")).to_contain_text(ANSWER)
    assert not errors


def test_nothing_lies_under_the_notch_or_the_home_bar(page: Page):
    assert padding(page, "header.banner", "Top") == 47
    assert padding(page, "form.ask", "Bottom") >= 34
    box = page.locator("#send").bounding_box()
    assert box and box["y"] + box["height"] <= IPHONE[1] - 34
    assert not scrolls_sideways(page)
