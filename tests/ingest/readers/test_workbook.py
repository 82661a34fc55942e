"""Spreadsheets and CSV: every visible cell under its heads, in tables separated by empty rows."""

import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from word_files import libreoffice, needs_libreoffice

from ingest.readers.read import read
from ingest.readers.workbook import read_csv, read_workbook
from kb.errors import DocumentError


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def ledger() -> Workbook:
    book = Workbook()
    sheet = book.active
    sheet.title = "任务台账"
    for row in (
        ("2023年政务公开工作任务台账",),
        ("序号", "任务", "责任单位", "完成时限", "完成率"),
        (1, "编制主动公开目录", "区政府办", date(2023, 6, 30), 0.5),
        (2, "做好政策解读", "各街道", date(2023, 12, 31), 0.125),
        (),
        ("名词解释",),
        ("名词", "含义"),
        ("主动公开", "不经申请而公开"),
        ("注：以区政府办公布的为准。",),
    ):
        sheet.append(row)
    for row in sheet["D3:D4"]:
        row[0].number_format = 'yyyy"年"m"月"d"日"'
    for row in sheet["E3:E4"]:
        row[0].number_format = "0.0%"
    return book


LEDGER = [
    "## 任务台账",
    "2023年政务公开工作任务台账",
    "序号：1；任务：编制主动公开目录；责任单位：区政府办；完成时限：2023年6月30日；完成率：50.0%",
    "序号：2；任务：做好政策解读；责任单位：各街道；完成时限：2023年12月31日；完成率：12.5%",
    "名词解释",
    "名词：主动公开；含义：不经申请而公开",
    "注：以区政府办公布的为准。",
]


def test_sheet_read_with_captions_and_remarks():
    raw = read_workbook(saved(ledger()))
    assert raw.text.splitlines() == LEDGER
    assert [table.caption for table in raw.tables] == ["2023年政务公开工作任务台账", "名词解释"]


@needs_libreoffice
def test_sheet_saved_by_libreoffice_reads_the_same(tmp_path: Path):
    content = libreoffice(saved(ledger()), ".xlsx", tmp_path, "ods")
    second_folder = tmp_path / "again"
    second_folder.mkdir()
    assert read_workbook(libreoffice(content, ".ods", second_folder, "xlsx")).text.splitlines() == LEDGER


def test_merged_cell_counts_for_every_row_and_column():
    book = Workbook()
    sheet = book.active
    for row in (
        ("街道", "补贴（元）", None),
        (None, "首年", "次年"),
        ("甘棠街道", 500, 300),
        (None, 600, 400),
    ):
        sheet.append(row)
    for cell_range in ("A1:A2", "B1:C1", "A3:A4"):
        sheet.merge_cells(cell_range)
    assert read_workbook(saved(book)).text.splitlines() == [
        "街道：甘棠街道；补贴（元）-首年：500；补贴（元）-次年：300",
        "街道：甘棠街道；补贴（元）-首年：600；补贴（元）-次年：400",
    ]


def test_hidden_sheets_are_left_out_and_named():
    book = ledger()
    book.create_sheet("内部测算").append(("单位", "金额"))
    book["内部测算"].sheet_state = "hidden"
    raw = read_workbook(saved(book))
    assert "金额" not in raw.text
    assert raw.remarks == ("隐藏的工作表没有读入：内部测算",)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_read_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str):
    rows = (
        ("单位", "职责", "电话"),
        ("区医保局", '"医保参保,\n缴费"', "8122001"),
        ("区民政局", "低保", "8122002"),
    )
    path = tmp_path / "通讯录.csv"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    assert read(path).text.splitlines() == [
        "单位：区医保局；职责：医保参保, 缴费；电话：8122001",
        "单位：区民政局；职责：低保；电话：8122002",
    ]


def test_workbook_with_csv_suffix_read_as_workbook(tmp_path: Path):
    path = tmp_path / "台账.csv"
    path.write_bytes(saved(ledger()))
    assert read(path).text.splitlines() == LEDGER


def test_damaged_workbook_refused():
    with pytest.raises(DocumentError, match="这份表格已损坏"):
        read_workbook(saved(ledger())[:2000])


def test_csv_with_unclosed_quote_refused():
    with pytest.raises(DocumentError, match="不是完整的 CSV 表格"):
        read_csv(('单位,电话\n"区医保局,' + "8" * 200_000).encode())
