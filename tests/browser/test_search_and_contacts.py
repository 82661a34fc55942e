"""检索 and 通讯录 in a browser: search with the keyboard only, and the list of contacts."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from accessible import assert_accessible
from citizen import XSS_CONTACT, ask, scrolls_sideways
from playwright.sync_api import Download, Page, expect

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


def copied(page: Page) -> str:
    """The text in the clipboard."""
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def with_clipboard(page: Page) -> Page:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def test_search_works_with_keyboard_only(open_console: Open):
    page = with_clipboard(open_console(Role.ANSWERER))
    expect(page.get_by_role("textbox", name="检索", exact=True)).to_be_focused()
    page.keyboard.insert_text("红头文件清理谁牵头")  # as an input method does, without key presses
    hit = page.locator(".hit", has_text="2023年10月底前").first
    expect(hit).to_be_visible()
    expect(page.locator("#desk-results [role=status]")).to_contain_text("规范性文件清理谁牵头")
    expect(hit.locator(".place")).to_contain_text("2023年浔阳区政务公开工作要点 > 二、")
    expect(hit.locator(".status")).to_have_text("现行有效")
    expect(hit.locator("mark", has_text="规范性文件").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    first = page.locator(".hit").first
    expect(first).to_be_focused()
    page.keyboard.press("c")
    expect(first.get_by_text("已复制")).to_be_visible()
    words, _, source = copied(page).partition("\n出处：")
    assert words == first.locator(".passage").inner_text()
    assert source.startswith("《2023年浔阳区政务公开工作要点》")
    with page.expect_popup() as popup:
        page.keyboard.press("o")
    expect(popup.value.locator("#cited")).to_be_in_viewport()
    page.bring_to_front()
    first.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name="检索", exact=True)).to_be_focused()
    page.keyboard.press("Backspace")  # all of the text was selected
    expect(page.locator("#desk-results")).to_contain_text("边打字边出结果")


def test_filters_narrow_results(open_console: Open):
    page = open_console(Role.ANSWERER)
    page.get_by_role("textbox", name="检索", exact=True).fill("信访条例")
    results = page.locator("#desk-results .hit")
    expect(results.first).to_be_visible()

    def choose(label: str, option: str) -> None:
        page.get_by_label(label).filter(visible=True).first.click()
        page.get_by_role("option", name=option, exact=True).click()
        expect(page.get_by_role("option")).to_have_count(0)  # the list is closed

    choose("时效性", "已废止")
    expect(results.first.locator(".status")).to_have_text("已废止")
    assert set(results.locator(".status").all_inner_texts()) == {"已废止"}
    choose("时效性", "不限")
    choose("年份从", "2022")
    choose("年份到", "2022")
    expect(results.first.locator(".facts")).to_contain_text("2022-")
    assert all("2022-" in text for text in results.locator(".facts").all_inner_texts())
    choose("年份从", "不限")
    choose("年份到", "不限")
    page.get_by_role("textbox", name="检索", exact=True).fill("规范性文件清理")
    choose("单位（牵头、责任或发文）", "区司法局")
    expect(results.first.locator(".facts")).to_contain_text("区司法局")
    page.get_by_label("问答", exact=True).check()
    expect(page.locator("#desk-results")).to_contain_text("没有找到符合条件的内容")


def test_passage_becomes_draft_and_can_be_reported(open_console: Open):
    page = open_console(Role.EDITOR)
    page.get_by_role("textbox", name="检索", exact=True).fill("街道安排几名政策解答员")
    hit = page.locator(".hit", has_text="1-2名政策解答员").first
    expect(hit).to_be_visible()
    hit.focus()
    page.keyboard.press("n")
    question = page.locator("#found-draft textarea").first
    expect(question).to_be_focused()
    expect(question).to_have_value("街道安排几名政策解答员")
    question.fill("街道有几位政策解答员？")
    page.get_by_role("button", name="保存为问答草稿").click()
    link = page.get_by_role("link", name="faq-").filter(visible=True)
    expect(link).to_be_visible()
    with page.expect_popup() as popup:
        link.click()
    entry = popup.value
    expect(entry.get_by_text("草稿　第 1 版")).to_be_visible()
    expect(entry.get_by_label("引文").filter(visible=True)).to_have_value(re.compile("1-2名政策解答员"))
    document = entry.get_by_label("出处文件").filter(visible=True)
    expect(document).to_have_value(re.compile("政务公开工作要点"))
    hit.focus()
    page.keyboard.press("w")
    wrong = page.get_by_label("哪里有误")
    expect(wrong).to_be_focused()
    wrong.fill("今年已增加到 3 名，来电人13812345678")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已放进“群众提问”")).to_be_visible()
    page.get_by_role("tab", name="群众提问").click()
    page.get_by_label("查找").filter(visible=True).fill("街道安排几名政策解答员")
    page.keyboard.press("Enter")
    page.locator("#queue-list .hit").first.click()
    detail = page.locator("#queue-detail")
    expect(detail).to_contain_text("今年已增加到 3 名，来电人〔电话号码〕")
    with page.expect_popup() as popup:
        detail.get_by_role("link", name="看报错的地方").click()
    expect(popup.value.locator("#cited")).to_contain_text("政策解答员")


@pytest.fixture
def keep_contacts(open_console: Open, base_url: str, tmp_path: Path) -> Iterator[None]:
    """Restores the list of contacts afterwards."""
    page = open_console(Role.ADMIN)
    before = tmp_path / "before.xlsx"
    before.write_bytes(page.request.get(f"{base_url}/api/staff/contacts/export.xlsx").body())
    yield
    put = page.request.put(f"{base_url}/api/staff/contacts?name=a.xlsx", data=before.read_bytes())
    assert put.ok, put.text()


def test_contacts_import_names_faults_then_succeeds(
    open_console: Open, open_page: Open, keep_contacts: None, tmp_path: Path
):
    page = open_console(Role.ADMIN)
    page.get_by_role("tab", name="通讯录").click()
    listing = page.locator("table.list").filter(visible=True)
    expect(listing).to_contain_text(XSS_CONTACT.name)
    page.get_by_role("button", name="更换名单").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载模板（Excel）").click()
    assert download.value.suggested_filename == "政策解答员名单模板.xlsx"
    book = workbook(download.value)
    assert [cell.value for cell in book.active[1]] == ["部门", "姓名", "电话", "办公时间"]
    book.active.append(["区司法局", "王芳", "0792-8551234", "工作日 8:30–17:30"])
    book.active.append(["区司法局", "", "暂无"])
    file = tmp_path / "名单.xlsx"
    book.save(file)
    choose_file(page, file)
    page.get_by_role("button", name="导入", exact=True).filter(visible=True).click()
    expect(page.get_by_text("名单.xlsx 第 4 行：姓名没有填")).to_be_visible()
    expect(page.get_by_text("名单.xlsx 第 4 行：电话里没有数字")).to_be_visible()
    expect(listing).to_contain_text(XSS_CONTACT.name)  # nothing was imported

    book.active.delete_rows(4)
    book.active.append(["甘棠灯塔办", "李强", "0792-8554321"])
    book.save(file)
    choose_file(page, file)
    page.get_by_role("button", name="导入", exact=True).filter(visible=True).click()
    expect(page.get_by_text("已导入 2 人")).to_be_visible()
    expect(page.get_by_text("请核对是否与文件里的写法一致：甘棠灯塔办")).to_be_visible()
    expect(listing).to_contain_text("王芳")
    refusal = ask(open_page("/chat"), "规范性文件清理要花多少钱？")
    expect(refusal).to_contain_text("0792-8551234")
    expect(refusal).to_contain_text("工作日 8:30–17:30")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").filter(visible=True).click()
    rows = list(workbook(download.value).active.iter_rows(values_only=True))
    assert rows[1:] == [
        ("区司法局", "王芳", "0792-8551234", "工作日 8:30–17:30"),
        ("甘棠灯塔办", "李强", "0792-8554321", None),
    ]


def workbook(download: Download) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(download.path().read_bytes()))


def choose_file(page: Page, file: Path) -> None:
    """Choose a file in the visible part."""
    panel = page.get_by_role("tabpanel").filter(visible=True).last
    panel.locator("input[type=file]").set_input_files(file)


def test_answerer_sees_contacts_without_import(open_console: Open, base_url: str):
    page = open_console(Role.ANSWERER)
    page.get_by_role("tab", name="通讯录").click()
    listing = page.locator("table.list").filter(visible=True)
    expect(listing).to_contain_text("区司法局")
    page.get_by_label("查找").filter(visible=True).fill("没有这个人")
    expect(listing).to_contain_text("共 0 人")
    expect(page.get_by_role("button", name="导入", exact=True).filter(visible=True)).to_have_count(0)
    assert page.evaluate("window.hacked") is None


def test_administrator_maps_a_law_to_a_department_whose_contact_answers_then_offer(
    open_console: Open, open_page: Open
):
    page = open_console(Role.ADMIN)
    page.get_by_role("tab", name="通讯录").click()
    page.get_by_role("tab", name="部门对照").click()
    page.get_by_role("button", name="加一条对照").click()
    panel = page.locator("#panel-narrow-map-row")
    panel.get_by_label("对照的内容").fill("工伤")
    panel.get_by_label("由哪个部门解答").click()
    page.get_by_role("option", name=XSS_CONTACT.department, exact=True).click()
    panel.get_by_role("button", name="预览").click()
    expect(panel).to_contain_text("《工伤保险条例》")
    assert_accessible(page)
    panel.get_by_role("button", name="保存对照").click()
    expect(panel).to_be_hidden()
    row = page.get_by_role("button", name="工伤", exact=True)
    expect(row).to_be_visible()
    assert not scrolls_sideways(page)
    called = ask(open_page(), "停工留薪期一般多长").locator("a.card.phone")
    expect(called).to_contain_text(XSS_CONTACT.phone)
    row.click()
    panel.get_by_role("button", name="删除对照").click()
    page.get_by_role("button", name="确认删除对照").click()
    expect(page.get_by_text("还没有对照。")).to_be_visible()
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("tab", ["检索", "通讯录"])
def test_tabs_are_accessible_and_fit_screen(open_console: Open, tab: str):
    page = open_console(Role.ADMIN)
    page.get_by_role("tab", name=tab).click()
    if tab == "检索":
        page.get_by_role("textbox", name="检索", exact=True).fill("政策解答员")
        expect(page.locator(".hit").first).to_be_visible()
    else:
        page.get_by_role("button", name="更换名单").click()
        expect(page.get_by_role("button", name="导入", exact=True).filter(visible=True)).to_be_visible()
    assert_accessible(page)
    assert not scrolls_sideways(page)
