"""ingest.readers.layout.open_tables: tables without ruling lines, by the places of their words."""

import pytest

from ingest.readers.layout.page import Glyph, PrintedColumn, PrintedTable
from ingest.readers.layout.regions import laid_out

SIZE = 10.0
STEPS = (0.0, 60.0, 150.0, 220.0)  # x of the columns


def row(top: float, *cells: str, steps: tuple[float, ...] = STEPS) -> list[Glyph]:
    return [
        Glyph(char, left + SIZE * place, top, left + SIZE * (place + 1), top + SIZE, SIZE)
        for left, cell in zip(steps, cells, strict=False)
        for place, char in enumerate(cell)
    ]


def lines_of(*rows: tuple[str, ...], steps: tuple[float, ...] = STEPS) -> list[str]:
    """What is read of rows below each other: the cells of tables with | between them, and other lines."""
    glyphs = [glyph for place, cells in enumerate(rows) for glyph in row(16.0 * place, *cells, steps=steps)]
    read: list[str] = []
    for block in laid_out(glyphs, ()):
        if isinstance(block, PrintedColumn):
            read += [line.text for line in block.lines]
        else:
            assert isinstance(block, PrintedTable) and not block.ruled
            read += ["|".join(cell.text for cell in cells) for cells in block.table.rows]
    return read


def test_rows_below_labels_are_a_table() -> None:
    assert lines_of(
        ("补贴标准如下",),
        ("项目", "对象", "金额（元）"),
        ("高龄津贴", "八十周岁以上", "50"),
        ("护理补贴", "失能老人", "120"),
        ("本表自发布之日起执行",),
    ) == [
        "补贴标准如下",
        "项目|对象|金额（元）",
        "高龄津贴|八十周岁以上|50",
        "护理补贴|失能老人|120",
        "本表自发布之日起执行",
    ]


def test_words_below_a_later_column_alone_continue_the_row_above() -> None:
    assert lines_of(
        ("项目", "对象", "金额"),
        ("高龄津贴", "本区户籍", "50"),
        ("", "八十周岁"),
        ("护理补贴", "失能老人", "120"),
    )[1:] == ["高龄津贴|本区户籍八十周岁|50", "护理补贴|失能老人|120"]


def test_columns_that_stand_close_are_told_by_their_labels() -> None:
    steps = (0.0, 43.0, 86.0)  # a gap of three tenths of a character
    assert lines_of(
        ("项目类别", "发放对象", "补贴标准"),
        ("高龄津贴", "高龄老人", "50"),
        ("护理补贴", "失能老人", "120"),
        steps=steps,
    ) == ["项目类别|发放对象|补贴标准", "高龄津贴|高龄老人|50", "护理补贴|失能老人|120"]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            (("张三", "李四", "王五"), ("赵六", "钱七", "孙八"), ("周九", "吴十", "郑一")), id="names"
        ),
        pytest.param((("区民政局", "区财政局"), ("2024年5月1日",)), id="signatures"),
        pytest.param(
            (("第一章", "总则", "1"), ("第二章", "职责", "2"), ("第三章", "附则", "9")), id="contents"
        ),
    ],
)
def test_words_side_by_side_without_a_head_are_no_table(rows: tuple[tuple[str, ...], ...]) -> None:
    assert all("|" not in line for line in lines_of(*rows))


def test_letter_spaced_line_is_read_without_spaces() -> None:
    glyphs = [
        Glyph(char, 13.0 * i, 0.0, 13.0 * i + SIZE, SIZE, SIZE) for i, char in enumerate("浔民发〔2024〕1号")
    ]
    (column,) = laid_out(glyphs, ())
    assert isinstance(column, PrintedColumn)
    assert column.lines[0].text == "浔民发〔2024〕1号"
