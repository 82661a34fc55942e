"""Spreadsheets and CSV: every visible cell under its heads, in tables separated by empty rows."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from word_files import libreoffice, needs_libreoffice

from ingest.anatomy.document import build_document
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
    return with_part(content, "xl/styles.xml", old, new)


def with_part(content: bytes, changed: str, old: str, new: str) -> bytes:
    """A workbook whose part `changed` has `new` for `old`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as written:
        for name in archive.namelist():
            part = archive.read(name)
            if name == changed:
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


def sheet_of(*rows: tuple[object, ...]) -> Workbook:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def test_characters_that_the_file_escapes_are_read_as_excel_shows_them() -> None:
    book = sheet_of(("项目", "说明"), ("公式_x003D_", "一行_x000D_\n两行"), ("原样", "_x005F_x003D_"))
    assert read_workbook(saved(book)).text.splitlines() == [
        "项目：公式=；说明：一行 两行",
        "项目：原样；说明：_x003D_",
    ]


def test_columns_without_width_and_rows_without_height_are_hidden() -> None:
    sheet = "xl/worksheets/sheet1.xml"
    content = saved(sheet_of(("姓名", "电话", "金额（元）"), ("王一", "139", 500), ("李二", "138", 600)))
    narrow = '<cols><col min="2" max="2" width="0" customWidth="1"/></cols><sheetData>'
    content = with_part(content, sheet, "<sheetData>", narrow)
    raw = read_workbook(with_part(content, sheet, '<row r="3"', '<row r="3" ht="0" customHeight="1"'))
    assert raw.text.splitlines() == ["姓名：王一；金额（元）：500"]
    assert raw.remarks == ("工作表“Sheet”里隐藏的第 3 行和B 列没有读入",)


def test_errors_that_a_cell_shows_are_left_out_with_a_remark() -> None:
    book = sheet_of(("项目", "标准（元）"), ("低保", "#REF!"), ("特困", 800))
    raw = read_workbook(saved(book))
    assert raw.text.splitlines() == ["项目：低保", "项目：特困；标准（元）：800"]
    assert raw.remarks == ("工作表“Sheet”里 B2 格显示为错误，没有读入；请改正后再导入",)


def test_sums_of_other_sheets_are_computed() -> None:
    book = sheet_of(("街道", "人数"), ("甘棠街道", 12), ("白水街道", 8))
    book.active.title = "发放表"
    summary = book.create_sheet("汇总")
    for row in (("项目", "人数"), ("全区", "=SUM(发放表!B2:B3)"), ("每街道", "=B2/2")):
        summary.append(row)
    assert read_workbook(saved(book)).text.splitlines()[-2:] == [
        "项目：全区；人数：20",
        "项目：每街道；人数：10",
    ]


def test_heads_of_groups_that_are_not_merged_count_for_all_their_columns() -> None:
    rows = (
        ("地区", "城镇", None, "农村", None),
        (None, "低保", "特困", "低保", "特困"),
        ("东片区", 780, 1014, 650, 845),
        ("西片区", 760, 988, 630, 819),
    )
    assert read_workbook(saved(sheet_of(*rows))).text.splitlines() == [
        "地区：东片区；城镇-低保：780；城镇-特困：1014；农村-低保：650；农村-特困：845",
        "地区：西片区；城镇-低保：760；城镇-特困：988；农村-低保：630；农村-特困：819",
    ]


def test_first_row_with_a_gap_above_words_is_the_only_head() -> None:
    rows = (("姓名", "职务", None), ("王一", "局长", "兼"), ("李二", "科长", "专职"))
    assert read_workbook(saved(sheet_of(*rows))).text.splitlines() == [
        "姓名：王一；职务：局长；兼",
        "姓名：李二；职务：科长；专职",
    ]


def test_rows_below_a_table_are_no_data_of_its_columns() -> None:
    book = sheet_of(
        ("类别", "项目", "标准（元）"),
        ("停车", "小型车", 5),
        ("停车", "大型车", 10),
        ("填表说明：1.以上标准含税。", None, None),
        ("制表人：张三", "审核人：李四", "2024年3月1日"),
    )
    book.active.merge_cells("A4:C4")
    assert read_workbook(saved(book)).text.splitlines()[-2:] == [
        "填表说明：1.以上标准含税。",
        "制表人：张三；审核人：李四；2024年3月1日",
    ]


def test_title_above_the_only_table_is_the_title_of_the_workbook() -> None:
    book = sheet_of(
        ("溪口区2024年养老保险缴费标准表", None), ("单位：元/人·年", None), ("档次", "标准"), ("一档", 200)
    )
    book.active.title = "标准"
    raw = read_workbook(saved(book))
    document = build_document(raw, source="a.xlsx", path="a.xlsx", sha256="", document_id="a")
    assert document.title == "溪口区2024年养老保险缴费标准表"
    assert document.addressee is None


def test_row_of_a_table_is_no_title() -> None:
    raw = read_workbook(saved(sheet_of(("窗口", "事项"), ("1号", "社保"), ("2号", "医保"))))
    document = build_document(raw, source="a3f.xlsx", path="a3f.xlsx", sha256="", document_id="a")
    assert document.title == "a3f"


@pytest.mark.parametrize("value", ["8:30—17:30", "9:00", "0792-8551234"])
def test_first_row_with_a_time_or_a_telephone_number_is_no_head(value: str) -> None:
    rows = (("综合窗口", value), ("夜间窗口", value))
    assert read_workbook(saved(sheet_of(*rows))).text.splitlines() == [
        f"综合窗口；{value}",
        f"夜间窗口；{value}",
    ]
