"""Tables as lines that make sense alone: heads, merged cells, groups, forms, and nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.tables import Cell, Table, is_layout, write_table


def cell(text: str, rows: int = 1, columns: int = 1, *, header: bool = False) -> Cell:
    return Cell(text=text, rows=rows, columns=columns, header=header)


def table(*rows: tuple[str | Cell, ...], header_rows: int | None = None) -> Table:
    table_rows = tuple(
        tuple(Cell(text=value) if isinstance(value, str) else value for value in row) for row in rows
    )
    return Table(rows=table_rows, header_rows=header_rows)


def lines(*rows: tuple[str | Cell, ...], header_rows: int | None = None) -> list[str]:
    return list(write_table(table(*rows, header_rows=header_rows)).lines)


def test_each_row_names_its_columns():
    assert lines(
        ("职业（工种）", "等级", "补贴标准"), ("电工", "高级", "2000元"), ("焊工", "中级", "1500元")
    ) == [
        "职业（工种）：电工；等级：高级；补贴标准：2000元",
        "职业（工种）：焊工；等级：中级；补贴标准：1500元",
    ]


def test_a_cell_merged_downwards_counts_for_every_row():
    assert lines(
        ("职业", "等级", "补贴标准"), (cell("电工", rows=2), "高级", "2000元"), ("中级", "1500元")
    ) == [
        "职业：电工；等级：高级；补贴标准：2000元",
        "职业：电工；等级：中级；补贴标准：1500元",
    ]


def test_heads_of_two_rows_are_joined():
    assert lines(
        (cell("收费项目", rows=2), cell("收费标准（元/月）", columns=2), cell("备注", rows=2)),
        ("普通住宅", "别墅"),
        ("物业服务费", "1.2", "3.5", "按建筑面积"),
    ) == [
        "收费项目：物业服务费；收费标准（元/月）-普通住宅：1.2；收费标准（元/月）-别墅：3.5；备注：按建筑面积"
    ]


def test_title_row_and_group_rows_recognised():
    written = write_table(
        table(
            (cell("2023年惠企政策清单", columns=3),),
            ("政策名称", "支持标准", "咨询电话"),
            (cell("一、就业创业", columns=3),),
            ("创业担保贷款", "最高30万元", "8122233"),
            ("一次性创业补贴", "5000元", "8122234"),
            (cell("二、人才引进", columns=3),),
            ("租房补贴", "每月1000元", "8122235"),
            (cell("备注：以当年公告为准。", columns=3),),
        )
    )
    assert written.title == "2023年惠企政策清单"
    assert written.lines == (
        "2023年惠企政策清单",
        "一、就业创业；政策名称：创业担保贷款；支持标准：最高30万元；咨询电话：8122233",
        "一、就业创业；政策名称：一次性创业补贴；支持标准：5000元；咨询电话：8122234",
        "二、人才引进；政策名称：租房补贴；支持标准：每月1000元；咨询电话：8122235",
        "备注：以当年公告为准。",
    )


def test_a_form_is_read_label_by_label():
    assert lines(
        ("事项名称", "新生儿出生登记", "办理时限", "即时办结"),
        ("办理地点", "派出所户籍窗口", "咨询电话", "8122110"),
    ) == ["事项名称：新生儿出生登记；办理时限：即时办结", "办理地点：派出所户籍窗口；咨询电话：8122110"]


def test_two_column_form_read_label_by_label():
    assert lines(
        ("事项名称", "新生儿出生登记"), ("申请条件", "父母一方为本区户籍。"), ("办理地点", "派出所")
    ) == [
        "事项名称：新生儿出生登记",
        "申请条件：父母一方为本区户籍。",
        "办理地点：派出所",
    ]


def test_two_column_list_with_head_is_no_form():
    assert lines(
        ("刑法条文", "罪名"), ("第一百二十条之一", "帮助恐怖活动罪"), ("第一百三十三条之二", "妨害安全驾驶罪")
    ) == [
        "刑法条文：第一百二十条之一；罪名：帮助恐怖活动罪",
        "刑法条文：第一百三十三条之二；罪名：妨害安全驾驶罪",
    ]


def test_row_of_numbers_is_no_head():
    assert lines(("1", "浔阳区", "12.5"), ("2", "濂溪区", "9.8")) == ["1；浔阳区；12.5", "2；濂溪区；9.8"]


def test_years_are_heads():
    assert lines(("指标", "2022", "2023"), ("新增就业（人）", "5200", "5600")) == [
        "指标：新增就业（人）；2022：5200；2023：5600"
    ]


def test_head_marked_by_file_is_head():
    heads = (cell("1", header=True), cell("2", header=True))
    assert lines(heads, ("甲", "乙")) == ["1：甲；2：乙"]
    assert lines(("档次", "缴费"), ("一", "200"), ("1", "2"), header_rows=2) == ["档次-一：1；缴费-200：2"]


def test_continued_table_keeps_its_heads():
    first = write_table(table(("单位", "任务"), ("区人社局", "稳就业")))
    rest = write_table(table(("区教体局", "扩学位"), ("区住建局", "保交楼")), first.heads)
    assert rest.lines == ("单位：区教体局；任务：扩学位", "单位：区住建局；任务：保交楼")


def test_part_ending_in_stop_gets_no_semicolon():
    assert lines(("条件", "材料"), ("年满60周岁。", "身份证")) == ["条件：年满60周岁。材料：身份证"]


def test_layout_tables_told_from_tables():
    letter = "某市高级人民法院：你院请示收悉。" + "经研究，同意你院审判委员会的意见。" * 12
    assert is_layout(table(("现将有关事项通知如下。",), ("特此通知。",)))
    assert is_layout(table(("1981年1月27日", "〔81〕法民字第2号")))
    assert is_layout(table(("1981年1月27日", "〔81〕法民字第2号"), (cell(letter, columns=2),)))
    assert not is_layout(table(("职业", "标准"), ("电工", "2000元")))


def test_spans_beyond_table_are_clipped():
    assert lines(("项目", "标准"), (cell("取暖费", rows=99_999, columns=999_999),)) == [
        "取暖费",
        "项目；标准",
    ]


def test_empty_column_is_still_named():
    assert lines(("事项", "备注"), ("落户", ""), ("迁出", "")) == ["事项：落户", "事项：迁出", "备注"]


WORDS = st.text(alphabet="浔阳区人社局补贴标准元。；1234", max_size=8)
CELLS = st.builds(Cell, text=WORDS, rows=st.integers(1, 3), columns=st.integers(1, 3), header=st.booleans())
TABLES = st.builds(
    Table,
    rows=st.lists(st.lists(CELLS, max_size=5).map(tuple), max_size=6).map(tuple),
    header_rows=st.none() | st.integers(0, 3),
)


@given(TABLES, st.lists(WORDS, max_size=5))
def test_no_cell_is_lost(any_table: Table, heads_before: list[str]):
    written_text = "\n".join(write_table(any_table, heads_before).lines)
    for row in any_table.rows:
        for table_cell in row:
            assert table_cell.text.strip().rstrip(":：") in written_text
