"""Spreadsheets and CSV: every visible cell under its heads, in tables separated by empty rows."""

import io
import zipfile
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


def with_styles(content: bytes, old: str, new: str) -> bytes:
    """A workbook whose style sheet has `new` for `old`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as written:
        for name in archive.namelist():
            part = archive.read(name)
            if name == "xl/styles.xml":
                assert old in part.decode()
                part = part.decode().replace(old, new).encode()
            written.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("</fills>", "<fill/></fills>", id="empty_fill"),
        pytest.param("<border><left/>", '<border><left style="wavy"/>', id="unknown_border"),
    ],
)
def test_faulty_styles_do_not_keep_the_cells_from_being_read(old: str, new: str) -> None:
    raw = read_workbook(with_styles(saved(ledger()), old, new))
    assert raw.text.splitlines()[1] == LEDGER[1]
    assert raw.text.splitlines()[2].startswith("序号：1；任务：编制主动公开目录；责任单位：区政府办")


def test_style_sheet_cut_off_refused() -> None:
    with pytest.raises(DocumentError, match="已损坏"):
        read_workbook(with_styles(saved(ledger()), "</styleSheet>", ""))


def test_number_formats_outlive_faulty_styles() -> None:
    content = with_styles(saved(ledger()), "</fills>", "<fill/></fills>")
    assert read_workbook(content).text.splitlines() == LEDGER


def test_hidden_rows_and_columns_left_out_with_a_remark() -> None:
    book = ledger()
    book.active.column_dimensions["C"].hidden = True
    book.active.row_dimensions[4].hidden = True
    raw = read_workbook(saved(book))
    assert "各街道" not in raw.text and "区政府办；" not in raw.text
    assert raw.text.splitlines()[2] == (
        "序号：1；任务：编制主动公开目录；完成时限：2023年6月30日；完成率：50.0%"
    )
    assert raw.remarks == ("工作表“任务台账”里隐藏的第 4 行和C 列没有读入",)


def test_formulas_without_values_computed_or_remarked() -> None:
    book = Workbook()
    for row in (
        ("补贴", "每月（元）", "每年（元）", "受理单位"),
        ("高龄津贴", 50, "=B2*12", '=CONCATENATE("区","民政局")'),
        ("护理补贴", 80, "=VLOOKUP(A3,补贴表,2)", "区残联"),
    ):
        book.active.append(row)
    raw = read_workbook(saved(book))
    assert raw.text.splitlines() == [
        "补贴：高龄津贴；每月（元）：50；每年（元）：600；受理单位：区民政局",
        "补贴：护理补贴；每月（元）：80；受理单位：区残联",
    ]
    assert [remark for remark in raw.remarks if "C3" in remark and "公式没有算出结果" in remark]
