"""ingest.anatomy.statements: repeals and amendments of other documents; expected values read by hand."""

from datetime import date

import pytest

from ingest.anatomy.statements import find_statements
from kb.models import Status

BEGINS, ISSUED = date(2023, 7, 1), date(2023, 6, 1)


def said(text: str, title: str = "浔阳区公共租赁住房管理办法") -> list[tuple[str, str | None, str | None]]:
    """Effect, title and number of every statement."""
    return [(s.effect.value, s.title, s.number) for s in find_statements(text, title, BEGINS, ISSUED)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "原《浔阳区公租房管理办法》（浔府办发〔2018〕3号）同时废止。",
            [("已废止", "浔阳区公租房管理办法", "浔府办发〔2018〕3号")],
            id="tail_behind_a_number",
        ),
        pytest.param(
            "本法自2020年1月1日起施行，《中外合资经营企业法》、《外资企业法》和《中外合作经营企业法》同时废止。",
            [
                ("已废止", "中外合作经营企业法", None),
                ("已废止", "中外合资经营企业法", None),
                ("已废止", "外资企业法", None),
            ],
            id="several_share_a_tail",
        ),
        pytest.param(
            "现决定废止《甲办法》（浔府发〔2011〕1号）。",
            [("已废止", "甲办法", "浔府发〔2011〕1号")],
            id="verb_before",
        ),
        pytest.param(
            "浔府办发〔2015〕3号文件同时废止。", [("已废止", None, "浔府办发〔2015〕3号")], id="number_alone"
        ),
        pytest.param(
            "《关于印发〈甲办法〉的通知》自2024年1月1日起停止执行。",
            [("已废止", "关于印发〈甲办法〉的通知", None)],
            id="stops_on_a_day",
        ),
        pytest.param(
            "根据《立法法》，现废止《甲办法》。", [("已废止", "甲办法", None)], id="not_what_it_rests_on"
        ),
        pytest.param("依照《立法法》失效的文件不再公布。", [], id="by_a_law"),
        pytest.param("本办法已由《乙办法》废止。", [], id="by_another_document"),
        pytest.param("本办法已由国务院令第752号废止。", [], id="by_a_decree"),
        pytest.param(
            "原省建设厅2003年1月5日颁布的《甲办法》（建字〔2003〕1号）以及原省规划局2005年6月1日颁发的《乙办法》同时废止。",
            [("已废止", "乙办法", None), ("已废止", "甲办法", "建字〔2003〕1号")],
            id="organs_and_days_between",
        ),
        pytest.param("《甲办法》第三条同时废止。", [], id="one_article_only"),
        pytest.param("《甲办法》中有关收费的规定同时废止。", [], id="a_part_only"),
        pytest.param("待新办法出台后，《甲办法》应当废止。", [], id="should_be"),
        pytest.param("《甲办法》被废止后，依照《乙办法》执行。", [], id="after_its_repeal"),
        pytest.param("本办法与《甲办法》不一致的，以本办法为准。", [], id="precedence_is_no_repeal"),
        pytest.param("许可证失效的，依照《乙办法》办理。", [], id="a_licence"),
        pytest.param("此前有关规定同时废止。", [], id="nothing_is_named"),
    ],
)
def test_repeal_statements_found(text: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    assert sorted(said(text), key=str) == expected


def test_repeal_list_excludes_the_laws_it_is_based_on() -> None:
    text = """浔阳区人民政府关于废止部分行政规范性文件的决定
各街道：
根据《规章制定程序条例》（国务院令第322号），经清理，区政府决定废止下列规范性文件：
1.《浔阳区养犬管理办法》（浔府发〔2010〕5号）
2.关于印发浔阳区垃圾管理办法的通知（浔府办发〔2012〕8号）
本决定自公布之日起施行。
"""
    assert said(text, "浔阳区人民政府关于废止部分行政规范性文件的决定") == [
        ("已废止", "浔阳区养犬管理办法", "浔府发〔2010〕5号"),
        ("已废止", None, "浔府办发〔2012〕8号"),
    ]


def test_only_the_annex_of_repealed_documents_counts() -> None:
    text = """附件1
继续有效的规范性文件目录
1.《甲办法》（浔府发〔2011〕1号）
附件2
宣布失效的规范性文件目录（共1件）
1.《乙办法》（浔府发〔2011〕2号）
附件3
拟修改的规范性文件目录
1.《丙办法》（浔府发〔2011〕3号）
附件4
拟废止的规范性文件目录
1.《丁办法》（浔府发〔2011〕4号）
"""
    title = "浔阳区人民政府关于公布规范性文件清理结果的通知"
    assert said(text, title) == [("已废止", "乙办法", "浔府发〔2011〕2号")]


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        (
            "国务院关于修改《物业管理条例》的决定",
            "国务院决定对《物业管理条例》作如下修改：",
            [("已修改", "物业管理条例", None)],
        ),
        (
            "关于修改部分规章的决定",
            "决定对《甲办法》《乙办法》的部分条款予以修改。",
            [("已修改", "甲办法", None), ("已修改", "乙办法", None)],
        ),
        ("关于做好清理工作的通知", "对《甲办法》拟作如下修改：", []),
        ("关于工伤待遇的答复", "不应适用《甲条例》进行调整。", []),
    ],
)
def test_amendment_statements_found(title: str, text: str, expected: list[tuple[str, str, None]]) -> None:
    assert said(text, title) == expected


@pytest.mark.parametrize("title", ["《甲办法》政策解读", "甲办法（征求意见稿）", "甲办法起草说明"])
def test_interpretations_and_drafts_repeal_nothing(title: str) -> None:
    assert said("《乙办法》（浔府发〔2011〕2号）同时废止。", title) == []


def test_statement_has_span_date_of_named_document_and_start() -> None:
    text = "第二条 本办法自2023年7月1日起施行。\n1995年10月28日国务院发布的《信访条例》同时废止。"
    (statement,) = find_statements(text, "信访条例", BEGINS, ISSUED)
    assert statement.span.of(text) == "1995年10月28日国务院发布的《信访条例》同时废止。"
    assert (statement.effect, statement.dated, statement.since) == (
        Status.REPEALED,
        date(1995, 10, 28),
        BEGINS,
    )


def test_stated_repeal_day_wins_over_effective_date() -> None:
    (statement,) = find_statements("《甲办法》自2024年1月1日起废止。", "关于甲的通知", BEGINS, ISSUED)
    assert statement.since == date(2024, 1, 1)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("一、废止《甲办法》", ["甲办法"]),
        ("本通知自印发之日起执行，《甲办法》（浔府办字〔2018〕3号）\n同时废止。", ["甲办法"]),
        (
            "原《甲办法》（浔府发〔2010〕1号）、\n《乙细则》（浔府发〔2011〕2号）同时废止。",
            ["甲办法", "乙细则"],
        ),
        ("原《甲办法》（浔府发〔2010〕1号）和《乙细则》同时作废。", ["甲办法", "乙细则"]),
        ("原《甲办法》（浔府发〔2010〕1号、浔府发〔2012〕5号）同时废止。", ["甲办法"]),
        ("《甲办法》已不适应当前工作需要，现予以废止。", ["甲办法"]),
        ("经研究，决定对《甲办法》等2件规范性文件予以废止。", ["甲办法"]),
        ("根据《甲办法》，《乙细则》同时废止。", ["乙细则"]),
        ("《甲办法》及其实施细则同时废止。", ["甲办法"]),
        ("原《甲办法》（1992年）同时废止。", ["甲办法"]),
        ("原《甲办法》停止使用。", ["甲办法"]),
        ("《甲办法》同时予以废止，《乙细则》继续有效。", ["甲办法"]),
        ("任何单位不得自行废止《甲办法》。", []),
        ("《甲办法》废止后，按本办法执行。", []),
        ("此前发布的《甲办法》与本办法不一致的，以本办法为准。", []),
    ],
)
def test_repeal_found_in_other_wordings(text: str, titles: list[str]) -> None:
    statements = find_statements(text, "浔阳区公共租赁住房管理办法", BEGINS, ISSUED)
    assert [(statement.effect, statement.title) for statement in statements] == [
        (Status.REPEALED, t) for t in titles
    ]


def test_law_that_is_being_revised_is_not_amended() -> None:
    text = "目前，国务院有关部门正在对《残疾人就业条例》进行修改。"
    assert not find_statements(text, "关于残疾人就业的答复", None, None)
