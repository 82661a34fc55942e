"""kb.tables.grid: tables as data, read back from the lines that readers write."""

from pathlib import Path

import pytest
from factories import make_document
from made_tables import write_all

from ingest.readers.read import read
from ingest.structure.outline import read_outline
from kb.models import PolicyDocument
from kb.tables.grid import Table, tables_of


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_all(folder)
    return folder


def document_of(file: Path) -> PolicyDocument:
    raw = read(file)
    return make_document(raw.text, sections=read_outline(raw.text, raw.tables))


def table_of(file: Path) -> Table:
    (table,) = tables_of(document_of(file))
    return table


def heads(table: Table) -> list[str]:
    return [column.head for column in table.columns]


def test_heads_of_two_levels_and_units_are_kept(files: Path) -> None:
    table = table_of(files / "公租房租金.xlsx")
    assert table.caption == "溪口区公共租赁住房租金标准"
    assert heads(table) == [
        *("保障对象", "人均月收入"),
        *("租金（元/平方米·月）-城东小区", "租金（元/平方米·月）-城西小区"),
    ]
    assert [column.unit for column in table.columns] == ["", "", "元/平方米·月", "元/平方米·月"]


def test_every_cell_has_its_place_in_the_text(files: Path) -> None:
    for file in sorted(files.iterdir()):
        document = document_of(file)
        for table in tables_of(document):
            for row in table.rows:
                assert "\n" not in row.span.of(document.text)
                for cell in row.cells:
                    assert cell.span.of(document.text) == cell.text
                    assert row.span.start <= cell.span.start < cell.span.end <= row.span.end


def test_merged_name_counts_for_every_row(files: Path) -> None:
    table = table_of(files / "人才安居补助办法.docx")
    assert [table.name_of(row) for row in table.rows] == [
        *("高层次人才 e类", "高层次人才 f类"),
        *("青年人才 博士研究生", "青年人才 硕士研究生", "青年人才 高级技师"),
    ]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        pytest.param("困难群众救助标准.xlsx", ["项目", "对象"], id="as_many_as_tell_rows_apart"),
        pytest.param("职业技能培训补贴.xlsx", ["职业（工种）", "等级"], id="two_keys"),
        pytest.param("衔接资金分配表.xlsx", ["乡镇"], id="no_serial_number"),
        pytest.param("最低工资标准.xlsx", ["执行年度"], id="years_as_rows"),
        pytest.param("停车收费标准.csv", ["车型"], id="price_list"),
    ],
)
def test_first_columns_say_what_a_row_is_about(files: Path, name: str, columns: list[str]) -> None:
    table = table_of(files / name)
    assert [heads(table)[number] for number in table.names] == columns


def test_total_is_no_entry(files: Path) -> None:
    table = table_of(files / "衔接资金分配表.xlsx")
    assert [table.name_of(row) for row in table.entries] == ["柳溪镇", "石门镇", "白沙乡"]


def all_table(text: str) -> PolicyDocument:
    section = {
        "number": "",
        "heading": "表格",
        "level": 1,
        "span": {"start": 0, "end": len(text)},
        "table": True,
    }
    return make_document(text, sections=(section,))


def test_value_with_stops_and_colons_is_one_cell() -> None:
    text = "事项：落户；材料：户口簿；身份证。费用：免费\n事项：迁出；材料：说明：一份；费用：免费"
    document = all_table(text)
    (table,) = tables_of(document)
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["落户", "户口簿；身份证。", "免费"],
        ["迁出", "说明：一份", "免费"],
    ]


def test_form_is_no_table_to_look_up() -> None:
    text = "索引号：A01；主题：民政\n成文日期：2024年1月1日；发文机关：区民政局"
    document = all_table(text)
    assert tables_of(document) == ()
