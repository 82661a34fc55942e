"""ingest.structure.outline: numbered parts and how they nest."""

from pathlib import Path

import pytest

from ingest.structure.numbering import begins_item
from ingest.structure.outline import read_outline

CORPUS = Path(__file__).parents[3] / "corpus"


def outline(text: str) -> list[tuple[int, str]]:
    return [(section.level, section.label) for section in read_outline(text)]


def test_outline_of_work_plan() -> None:
    text = (CORPUS / "2023年浔阳区政务公开工作要点.txt").read_text(encoding="utf-8")
    sections = read_outline(text)
    assert [s.label for s in sections if s.level == 1] == [
        "一、紧扣工作重点,加强主动公开",
        "二、紧扣政策落地见效强化解读回应",
        "三、夯实工作基础,推动规范公开",
        "四、强化监督保障,推动工作落实",
    ]
    items = [s for s in sections if s.level == 2]
    assert len(items) == 16
    assert (items[4].number, items[4].heading, items[4].parent) == ("(五)", "提高政策解读实效", 5)
    assert items[15].span.of(text).startswith("(十六)狠抓工作落实。")
    assert items[15].span.of(text).endswith("接受社会监督。")  # the signature is not part of the item


# Number of articles: from the last article of each law, read by hand.
@pytest.mark.parametrize(
    ("name", "chapters", "articles"),
    [
        ("义务教育法(2018-12-29).md", 8, 63),
        ("优化营商环境条例(2019-10-22).md", 7, 72),
        ("保守国家秘密法(2010-04-29).md", 6, 53),
        ("保守国家秘密法(2024-02-27).md", 6, 65),
        ("信访工作条例(2022-02-25).md", 6, 50),
        ("信访条例(2005-01-10).md", 7, 51),
        ("就业促进法(2015-04-24).md", 9, 69),
        ("政府信息公开条例(2019-04-03).md", 6, 56),
        ("无障碍环境建设条例(2012-06-28).md", 6, 35),
        ("无障碍环境建设法(2023-06-28).md", 8, 72),
        ("物业管理条例(2018-03-19).md", 7, 67),
        ("社会保险法(2018-12-29).md", 12, 98),
        ("社会救助暂行办法(2019-03-02).md", 13, 70),
        ("行政许可法(2019-04-23).md", 8, 83),
        ("重大行政决策程序暂行条例(2019-04-20).md", 6, 44),
    ],
)
def test_chapters_and_articles_of_laws_counted(name: str, chapters: int, articles: int) -> None:
    sections = read_outline((CORPUS / name).read_text(encoding="utf-8"))
    assert sum(s.number.endswith("章") for s in sections) == chapters
    assert sum(s.number.endswith("条") for s in sections) == articles
    assert all(s.number.endswith(("章", "节", "条")) for s in sections)
    assert all(s.heading == "" for s in sections if s.number.endswith("条"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "第一章　总　则\n第一条　为了规范管理。\n第二节 监督\n第二条　适用本法。",
            [(1, "第一章 总则"), (2, "第一条"), (2, "第二节 监督"), (3, "第二条")],
            id="chapter_section_article",
        ),
        pytest.param(
            "第 一 条 为了规范。\n第　二　条 适用。",
            [(1, "第一条"), (1, "第二条")],
            id="spaces_in_the_number",
        ),
        pytest.param(
            "第十条 甲。\n第十条之一 乙。\n第十一条 丙。",
            [(1, "第十条"), (1, "第十条之一"), (1, "第十一条")],
            id="条之一",
        ),
        pytest.param(
            "第一条 甲。\n第二条【适用范围】乙。",
            [(1, "第一条"), (1, "第二条 适用范围")],
            id="article_with_title",
        ),
        pytest.param(
            "第一条为了甲。\n第二条适用乙。", [(1, "第一条"), (1, "第二条")], id="no_space_after_the_number"
        ),
        pytest.param(
            "第一条 甲：\n（一）身份证；\n（二）户口簿。\n第二条 乙。",
            [(1, "第一条"), (1, "第二条")],
            id="entries_of_an_article",
        ),
        pytest.param(
            "第五条 依照本法\n第三条规定的程序办理。", [(1, "第五条")], id="reference_at_line_start"
        ),
        pytest.param("第五条 依照\n第三条、第四条办理。", [(1, "第五条")], id="references_at_line_start"),
        pytest.param(
            "第三条 甲。\n第四条 所得为外币的，折合计算。\n第五条 乙。",
            [(1, "第三条"), (1, "第四条"), (1, "第五条")],
            id="article_that_begins_like_a_reference",
        ),
        pytest.param(
            "一、总体要求\n（一）指导思想。以服务群众为中心，做好公开。\n1.加强领导。各部门要落实责任。\n（1）明确专人。每月报送一次。\n二、保障措施\n各地要抓好落实。",
            [
                (1, "一、总体要求"),
                (2, "（一）指导思想"),
                (3, "1.加强领导"),
                (4, "（1）明确专人"),
                (1, "二、保障措施"),
            ],
            id="four_levels",
        ),
        pytest.param(
            "（一）甲方面要求。做好一。\n(二)乙方面要求。做好二。",
            [(1, "（一）甲方面要求"), (1, "(二)乙方面要求")],
            id="mixed_widths",
        ),
        pytest.param(
            "# 某区规定\n## 第一章 总则\n第一条 甲。\n## 附录说明\n乙。",
            [(1, "第一章 总则"), (2, "第一条"), (1, "附录说明")],
            id="markdown",
        ),
        pytest.param(
            "第十五条 甲。\n第十六条 本规定自公布之日起施行。\n附录：\n女职工禁忌范围\n一、范围：\n乙。",
            [(1, "第十五条"), (1, "第十六条"), (1, "附录"), (2, "一、范围")],
            id="appendix",
        ),
        pytest.param(
            "目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。",
            [(1, "第一章 总则"), (2, "第一条"), (1, "第二章 附则"), (2, "第二条")],
            id="contents_list",
        ),
        pytest.param(
            "一、现将第三条修改为：\n“第三条 实行公开。\n第四条 各级政府负责。”\n二、自公布之日起施行。",
            [(1, "一、现将第三条修改为"), (1, "二、")],
            id="quoted_articles",
        ),
        pytest.param(
            "通知如下：　　一、撤销全市卡口。　　二、恢复通行。",
            [(1, "一、"), (1, "二、")],
            id="one_line_text",
        ),
        pytest.param(
            "一、申请材料：\n1.身份证\n2.户口簿\n二、办理地点\n区政务大厅。",
            [(1, "一、申请材料"), (1, "二、办理地点")],
            id="short_list_is_no_part",
        ),
        pytest.param(
            "第一条 甲。\n附件1：申请表\n一、填表说明\n请用黑色笔。",
            [(1, "第一条"), (1, "附件1申请表"), (2, "一、填表说明")],
            id="annex",
        ),
        pytest.param(
            "现就有关问题通知如下：\n—、社会保险费统一征收。\n二、各部门职责如下。",
            [(1, "—、"), (1, "二、")],
            id="a_dash_for_a_one",
        ),
    ],
)
def test_outline_of_numbered_text(text: str, expected: list[tuple[int, str]]) -> None:
    assert outline(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2023.全年完成。", id="year"),
        pytest.param("1.5万户居民受益。", id="decimal"),
        pytest.param("2023年9月4日", id="date"),
        pytest.param("12:30开始办理。", id="time"),
        pytest.param("一、二等奖各三名。", id="ordinals"),
        pytest.param("3、4月份集中办理。", id="months"),
        pytest.param("全面完成改造工作,二、三级链接支持度达99%以上。", id="amid_a_sentence"),
        pytest.param("（一）至（三）项除外。", id="range_of_entries"),
        pytest.param("依照《审理劳动争议案件的解释\n（三）》第八条办理。", id="title_over_two_lines"),
        pytest.param("依照 第三条 办理，一、二、三类企业均可。", id="article_amid_a_line"),
        pytest.param("", id="empty"),
    ],
)
def test_number_that_opens_no_part(text: str) -> None:
    assert outline(text) == []


def test_section_span_ends_with_its_last_child() -> None:
    text = "前言。\n一、总则\n（一）甲事项要求。办理一。\n（二）乙事项要求。办理二。\n\n二、附则\n施行。\n"
    first, inner, second, last = read_outline(text)
    assert first.span.of(text) == "一、总则\n（一）甲事项要求。办理一。\n（二）乙事项要求。办理二。"
    assert (inner.parent, second.parent, last.parent) == (0, 0, None)
    assert last.span.of(text) == "二、附则\n施行。"


@pytest.mark.parametrize("line", ["第三条 甲", "一、甲", "（一）甲", "1.甲", "附件1：表", "## 甲"])
def test_begins_item_true_for_numbered_line(line: str) -> None:
    assert begins_item(line)


@pytest.mark.parametrize("line", ["第三条规定的甲", "甲一、乙", "2023年", "1.5万元"])
def test_begins_item_false_for_other_line(line: str) -> None:
    assert not begins_item(line)


def test_unnumbered_headings_nest_by_depth_among_numbered_ones():
    text = (
        "# 实施方案\n## 一、总体要求\n### 指导思想\n坚持以人民为中心。\n### 基本原则\n以公开为常态。\n"
        "## 二、主要任务\n做好解读。\n## 附则\n本方案自印发之日起施行。\n"
    )
    assert outline(text) == [
        (1, "一、总体要求"),
        (2, "指导思想"),
        (2, "基本原则"),
        (1, "二、主要任务"),
        (1, "附则"),
    ]


def test_headings_above_articles_of_judicial_interpretation_enclose_them():
    text = (
        "最高人民法院关于审理证券纠纷案件的若干规定\n一、一般规定\n第一条　本规定适用于下列案件：\n"
        "（一）发行纠纷；\n（二）交易纠纷。\n第二条　案件由下列法院管辖。\n"
        "二、虚假陈述的认定\n第三条　下列行为是虚假陈述。\n"
    )
    assert outline(text) == [
        (1, "一、一般规定"),
        (2, "第一条"),
        (2, "第二条"),
        (1, "二、虚假陈述的认定"),
        (2, "第三条"),
    ]


def test_list_at_end_of_article_is_no_heading_above_the_next():
    text = "第一条　补贴分为下列两类\n一、创业补贴\n二、租房补贴\n第二条　补贴按月发放。\n"
    assert outline(text) == [(1, "第一条"), (1, "第二条")]


@pytest.mark.parametrize(
    "article",
    [
        pytest.param("第二条 第二审人民法院应当通知检察机关。", id="第二审"),
        pytest.param("第二条 第三方机构可以参与评估。", id="第三方"),
        pytest.param("第二条 项目申请书由企业自主编制。", id="项目"),
        pytest.param("第二条项目单位应当如实报送信息。", id="项目_without_space"),
        pytest.param("第二条 与本案有关的证据由法院调取。", id="与本案"),
    ],
)
def test_article_that_begins_like_a_reference_is_an_article(article: str):
    text = f"第一条 为了规范管理，制定本办法。\n{article}\n第三条 本办法自印发之日起施行。\n"
    assert [section.number for section in read_outline(text)] == ["第一条", "第二条", "第三条"]


@pytest.mark.parametrize(
    "reference",
    [
        "第七条第二款规定的情形，依法处理。",
        "第七条 第二款规定的情形，依法处理。",
        "第七条至第九条另有规定的除外。",
    ],
)
def test_line_that_refers_to_an_article_opens_none(reference: str):
    text = f"第一条 为了规范管理，制定本办法。有\n{reference}\n第二条 本办法自印发之日起施行。\n"
    assert [section.number for section in read_outline(text)] == ["第一条", "第二条"]
