"""FAQ entries in a browser: from a spreadsheet to a citizen's answer, until the source is repealed."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from citizen import scrolls_sideways
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from staffing import PASSWORD, make_staff

from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
QUOTE = "（二）遗失的，凭身份证到社区补领，不收工本费。"
TITLE = "关于发放长者游园卡的通知"
CARDS = f"""{TITLE}
浔园〔2023〕9号

一、发放办法
（一）年满六十周岁的市民可以领取长者游园卡。（责任单位：区城管局）
{QUOTE}（责任单位：区城管局）
二、施行时间
本通知自2023年5月1日起施行。
浔阳区城市管理局
2023年4月10日
"""
QUESTION = "长者游园卡丢了怎么补？"
ANSWER = "带身份证到社区补领，不收费。"
SERVICES = (
    "高龄津贴",
    "残疾人证",
    "居住证",
    "营业执照",
    "社保卡",
    "不动产证",
    "护照",
    "低保",
    "驾驶证",
    "准生证",
)
ASPECTS = ("怎么办理？", "在哪里办理？", "需要什么材料？")


@pytest.fixture
def cards(open_console: Open, open_page: Open, tmp_path: Path) -> Iterator[str]:
    """The id of a document published over the staff API; removed afterwards."""
    page = open_console(Role.ADMIN)
    writer = open_page("/privacy")
    form = {"name": make_staff(Role.EDITOR).name, "password": PASSWORD}
    assert writer.request.post("/login", form=form).ok
    staged = writer.request.post(
        "/api/staff/documents/staged?name=游园卡.txt",
        data=CARDS.encode(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert staged.ok, staged.text()
    address = f"/api/staff/documents/staged/{staged.json()['id']}"
    published = page.request.post(f"{address}?secrecy_checked=true")
    assert published.ok, published.text()
    document_id = published.json()["id"]
    yield document_id
    version = page.request.get(f"/api/staff/documents/{document_id}").json()["version"]
    assert page.request.delete(f"/api/staff/documents/{document_id}?version={version}").ok


def filled_template(page: Page, file: Path) -> None:
    """Write the filled template to `file`: thirty entries, the first with its source."""
    book = load_workbook(BytesIO(page.request.get("/api/staff/faq/template.xlsx").body()))
    sheet = book.worksheets[0]
    column = {cell.value: cell.column for cell in sheet[1]}
    pairs = [(f"{service}{aspect}", "请到街道办事大厅。") for service in SERVICES for aspect in ASPECTS]
    for row, (question, answer) in enumerate([(QUESTION, ANSWER), *pairs[:29]], start=2):
        sheet.cell(row, column["问题"], question)
        sheet.cell(row, column["答案"], answer)
    sheet.cell(2, column["出处文件"], TITLE)
    sheet.cell(2, column["引文"], QUOTE)
    book.save(file)


def approve_whole_page(page: Page, entries: int) -> None:
    """Pick all `entries` of the page and approve them."""
    page.get_by_role("button", name="选中本页全部").click()
    picked = page.get_by_role("button", name=re.compile("^移除 "))
    expect(picked).to_have_count(entries)  # the server picks them
    page.get_by_label("选中的每一条都已做保密审查").check()
    page.get_by_role("button", name="通过选中的").click()
    expect(page.get_by_text(f"已通过 {entries} 条。")).to_be_visible()


def test_imported_entries_answer_until_source_is_repealed(
    open_console: Open, open_page: Open, base_url: str, cards: str, tmp_path: Path
):
    editor = open_console(Role.EDITOR)
    file = tmp_path / "常见问答.xlsx"
    filled_template(editor, file)
    editor.get_by_role("tab", name="常见问答").click()
    editor.get_by_role("tab", name="导入与导出").click()
    editor.locator("input[type=file]").last.set_input_files(file)
    editor.get_by_label("导入后直接提交审核").check()
    editor.get_by_role("button", name="导入", exact=True).click()
    expect(editor.get_by_text("已导入 30 条，状态为“待审核”。")).to_be_visible()

    citizen = open_page("/chat", (360, 640))
    assert asked(citizen, QUESTION)["kind"] != "faq"

    reviewer = open_console(Role.REVIEWER)
    reviewer.get_by_role("tab", name="常见问答").click()
    reviewer.get_by_label("状态", exact=True).filter(visible=True).first.click()
    reviewer.get_by_role("option", name="待审核").click()
    expect(reviewer.get_by_text("共 30 条")).to_be_visible()
    reviewer.get_by_text("成批处理本页的问答").click()
    approve_whole_page(reviewer, 20)
    approve_whole_page(reviewer, 10)
    assert not scrolls_sideways(reviewer)

    citizen.locator("#question").fill("请问游园卡（长者）丢了怎么补")
    citizen.keyboard.press("Enter")
    expect(citizen.get_by_text(ANSWER, exact=True)).to_be_visible()
    reworded = asked(citizen, "长者游园卡遗失了怎么补办呢")
    assert (reworded["kind"], reworded["text"]) == ("faq", ANSWER)
    assert reworded["citations"][0]["quote"] == QUOTE

    detail = reviewer.request.get(f"/api/staff/documents/{cards}").json()
    repealed = reviewer.request.patch(
        f"/api/staff/documents/{cards}",
        data={"version": detail["version"], "correction": {"status": "已废止"}},
    )
    assert repealed.ok, repealed.text()
    assert asked(citizen, QUESTION)["kind"] != "faq"
    editor.get_by_role("tab", name="清单与编辑").click()
    editor.get_by_label("只看需复核").check()
    expect(editor.get_by_text(QUESTION).filter(visible=True).first).to_be_visible()


def asked(page: Page, question: str) -> dict:
    return page.request.post("/api/ask", data={"question": question}).json()
