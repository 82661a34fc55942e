"""统计 in a browser: a reviewer sees the figures, exports the ledger, drafts the next FAQ entry."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from citizen import ANSWERERS, scrolls_sideways
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from kb.reports.ledger import COLUMNS
from kb.staff.permissions import Role

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
UNKNOWN = "本区的室外篮球场几点关灯？"
FORMULA = "=1+1 公共厕所的位置在哪里？"


def asked(page: Page, base_url: str, question: str) -> str:
    answer_id: str = page.request.post(f"{base_url}/api/ask", data={"question": question}).json()["id"]
    return answer_id


def test_reviewer_sees_figures_exports_ledger_and_drafts(
    open_console: Open, open_page: Open, base_url: str, tmp_path: Path
):
    citizen = open_page("/")
    answer_id = asked(citizen, base_url, ANSWERERS)
    feedback = {"answer_id": answer_id, "helpful": True}
    assert citizen.request.post(f"{base_url}/api/feedback", data=feedback).ok
    for question in (UNKNOWN, FORMULA):
        question_body = {"text": question, "answer_id": asked(citizen, base_url, question)}
        assert citizen.request.post(f"{base_url}/api/questions", data=question_body).ok

    page = open_console(Role.REVIEWER)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.get_by_role("tab", name="统计").click()
    expect(page.locator(".totals")).to_contain_text("转人工")
    expect(page.locator("svg.marks")).to_have_count(4)
    for title in ("提问（次）", "用时（秒）", "有用率（%）", "日期", "已回答", "转人工"):
        expect(page.locator("svg.marks").get_by_text(title).first).to_be_visible()
    expect(page.get_by_role("region", name="等着写的问答")).to_contain_text(UNKNOWN)
    assert not scrolls_sideways(page)
    violations = Axe().run(page)
    assert violations.violations_count == 0, violations.generate_report()
    assert hosts <= {base_url.removeprefix("http://")}

    with page.expect_download() as download:
        page.get_by_role("link", name="导出台账").click()
    file = tmp_path / download.value.suggested_filename
    assert file.name.startswith("政策问答台账_")
    download.value.save_as(file)
    rows = list(load_workbook(file).active.iter_rows())
    assert [cell.value for cell in rows[0]] == list(COLUMNS)
    questions = {row[1].value for row in rows}
    assert {ANSWERERS, UNKNOWN, FORMULA} <= questions
    assert all(cell.data_type != "f" for row in rows for cell in row)

    row = page.get_by_role("row").filter(has_text=UNKNOWN).last
    row.get_by_role("button", name="写成问答").click()
    expect(page.get_by_text(f"问题：{UNKNOWN}")).to_be_visible()
    page.get_by_label("答案").filter(visible=True).fill("每晚十点关灯。")
    page.get_by_role("button", name="存为问答草稿").click()
    expect(page.get_by_text("已存为草稿（编号")).to_be_visible()
    expect(page.get_by_role("region", name="等着写的问答")).not_to_contain_text(UNKNOWN)


def test_answerer_has_no_ledger_and_missing_date_is_refused(open_console: Open):
    page = open_console(Role.ANSWERER)
    page.get_by_role("tab", name="统计").click()
    expect(page.locator(".totals")).to_be_visible()
    expect(page.get_by_role("link", name="导出台账")).to_have_count(0)
    page.get_by_label("开始日期").fill("")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_text("开始日期应为日期，如 2024-05-01。")).to_be_visible()
