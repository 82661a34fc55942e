"""kb.answering.work_plan: deadlines as plans print them, and rows from chunks."""

from datetime import date

import pytest
from factories import make_chunk

from kb.answering.work_plan import deadline, due_date, is_collective, measures, unassigned
from kb.models import Span


@pytest.mark.parametrize(
    ("words", "bracket", "expected"),
    [
        ("相关名单和工作联系方式将于8月底前向社会公布。", "", "8月底前"),
        ("2023年10月底前,各部门完成系统清理工作。", "", "2023年10月底前"),
        ("2023年9月30日前完成。", "", "2023年9月30日前"),
        ("力争在年底前建成投用。", "", "年底前"),
        ("2024年年底前实现全覆盖。", "", "2024年年底前"),
        ("第三季度前完成验收。", "", "第三季度前"),
        ("年内至少听取一次汇报。", "", "年内"),
        ("加强督促检查，长期坚持。", "", "长期坚持"),
        ("加强督促检查。", "（责任单位：区政府办；完成时限：每季度末）", "每季度末"),
        ("加强督促检查。", "（牵头单位：区政府办；时间节点：6月底前，持续推进）", "6月底前，持续推进"),
        ("对近三年内出台的文件进行清理。", "", ""),
        ("在本单位职责范围内帮助解决问题。", "", ""),
        ("持续推进反垄断执法信息公开工作。", "", ""),
        ("会前征求意见，事前公开。", "", ""),
    ],
)
def test_deadline_is_read_as_printed(words: str, bracket: str, expected: str) -> None:
    assert deadline(words, bracket) == expected


@pytest.mark.parametrize(
    ("printed", "year", "expected"),
    [
        ("8月底前", 2023, date(2023, 8, 31)),
        ("2023年10月底前", None, date(2023, 10, 31)),
        ("2023年9月30日前", 2022, date(2023, 9, 30)),
        ("年底前", 2023, date(2023, 12, 31)),
        ("年内", 2023, date(2023, 12, 31)),
        ("十二月底前", 2023, date(2023, 12, 31)),
        ("二季度末前", 2024, date(2024, 6, 30)),
        ("上半年前", 2024, date(2024, 6, 30)),
        ("9月中旬前", 2024, date(2024, 9, 20)),
        ("2月底前", 2024, date(2024, 2, 29)),
        ("年底前", None, None),
        ("长期坚持", 2023, None),
        ("每年", 2023, None),
    ],
)
def test_due_date_is_last_day_of_deadline(printed: str, year: int | None, expected: date | None) -> None:
    assert due_date(printed, year) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("区政府各部门", True),
        ("各乡镇（街道）", True),
        ("区直有关单位", True),
        ("区人社局", False),
        ("区政府办", False),
    ],
)
def test_collective_unit_names_are_recognised(unit: str, expected: bool) -> None:
    assert is_collective(unit) is expected


def test_long_measure_in_two_chunks_is_one_row() -> None:
    first, second = "（一）清理文件。全面清理本部门文件。", "清理结果12月底前公开。（责任单位：区司法局）"
    bracket = Span(start=len(first) + second.index("（责"), end=len(first) + len(second))
    shared = {"responsible_units": ("区司法局",), "units_span": bracket, "heading_path": ("（一）清理文件",)}
    (row,) = measures([make_chunk(first, **shared), make_chunk(second, start=len(first), **shared)])
    assert row.words == "全面清理本部门文件。清理结果12月底前公开。"
    assert (row.task, row.deadline) == (("（一）清理文件",), "12月底前")
    assert (row.span.start, row.span.end) == (0, len(first) + len(second))


def test_measure_without_units_is_not_listed() -> None:
    assert measures([make_chunk("强化组织领导，完善工作机制。")]) == []


def test_item_without_units_is_an_unassigned_row() -> None:
    text = "（一）清理文件。12月底前公开。（责任单位：区司法局）"
    named = make_chunk(
        text,
        heading_path=("一、重点任务", "（一）清理文件"),
        responsible_units=("区司法局",),
        units_span=Span(start=text.index("（责"), end=len(text)),
    )
    bare = make_chunk(
        "（二）强化组织领导。年内听取汇报。", start=40, heading_path=("二、保障", "（二）强化组织领导")
    )
    heading = make_chunk("二、保障", start=35, heading_path=("二、保障",))
    preamble = make_chunk("现将要点印发给你们。", start=60)
    rows = measures([named, bare, heading, preamble])
    (row,) = unassigned([named, bare, heading, preamble], rows)
    assert (row.words, row.units, row.deadline) == ("年内听取汇报。", (), "年内")
    assert unassigned([bare], []) == []
