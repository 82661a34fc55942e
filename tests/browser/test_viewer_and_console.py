"""The document viewer and the console's search; no page requests anything from other hosts."""

from collections.abc import Callable

import pytest
from citizen import ask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from staffing import PASSWORD, make_staff

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


def citation_url(page: Page) -> str:
    """The viewer's URL of the source of an answer."""
    page.goto("/chat")
    href = ask(page, "IPv6 支持度要达到多少？").locator("a.card").first.get_attribute("href")
    assert href
    return href


def search(page: Page, query: str) -> None:
    """Search in the console on `page`, once it shows who is signed in."""
    expect(page.locator(".who")).to_be_visible()
    field = page.get_by_role("textbox", name="检索", exact=True)
    field.fill(query)
    field.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()


def test_outline_link_scrolls_to_section(open_page: Open):
    page = open_page("/chat", (360, 640))
    page.goto(citation_url(page).split("?")[0])
    page.locator("details.outline summary").click()
    link = page.locator("details.outline a", has_text="三、夯实工作基础")
    link.click()
    target = (link.get_attribute("href") or "")[1:]
    heading = page.locator(f"[id='{target}']")
    expect(heading).to_be_in_viewport()
    expect(heading).to_contain_text("三、夯实工作基础")


def test_viewer_opens_at_cited_place_with_focus(open_page: Open):
    page = open_page("/", (360, 640))
    page.goto(citation_url(page))
    expect(page.locator("#cited")).to_be_in_viewport()
    expect(page.locator("#cited")).to_be_focused()


def test_unknown_document_shows_page_with_link_home(open_page: Open):
    page = open_page("/doc/nothing")
    expect(page.locator("h1")).to_contain_text("没有找到")
    page.get_by_role("link", name="返回首页").click()
    expect(page.locator("h1")).to_have_text("您想了解什么政策？")


def test_console_search_opens_found_paragraph(open_console: Open):
    page = open_console(Role.ANSWERER)
    search(page, "规范性文件清理")
    hit = page.locator(".hit", has_text="2023年10月底前").first
    expect(hit).to_contain_text("2023年浔阳区政务公开工作要点 > 二、")
    expect(hit).to_contain_text("现行有效")
    expect(hit).to_contain_text("区司法局")
    with page.expect_popup() as popup:
        hit.get_by_role("link", name="打开原文").click()
    expect(popup.value.locator("mark").first).to_be_in_viewport()


def test_all_requests_go_to_own_server(browser: Browser, base_url: str):
    """Checks all requests; the content policy blocks nothing and no script fails."""
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} {message.location}")

    context.on("request", lambda request: requests.append(request.url))
    context.on("console", console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(citation_url(page))
    expect(page.locator("#cited")).to_be_in_viewport()
    page.goto("/console")
    page.get_by_label("账号").fill(make_staff(Role.ADMIN).name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    search(page, "规范性文件清理")
    page.wait_for_timeout(2_000)  # "networkidle" never comes: the console keeps a connection open
    context.close()
    assert any("/console" in url for url in requests)
    own_prefixes = (f"{base_url}/", "data:", "blob:")
    assert [url for url in requests if not url.startswith(own_prefixes)] == []
    assert complaints == []
