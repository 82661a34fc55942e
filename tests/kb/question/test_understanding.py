"""kb.question.understanding: a typed question becomes a query by all steps together."""

from datetime import date

import pytest

from kb.knowledge_base import KnowledgeBase
from kb.models import DocumentSummary, Filters, Question, Status
from kb.question.departments import Departments
from kb.question.lay_words import EverydayWords
from kb.question.time_words import Edition, Version
from kb.question.understanding import Understanding, editions_of, is_short_for, of_year

TODAY = date(2026, 5, 1)


@pytest.fixture
def understanding(kb: KnowledgeBase) -> Understanding:
    return kb.understanding


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        pytest.param("政物公开工作要点有哪些内容", "政务公开工作要点有哪些内容", id="typo"),
        pytest.param("红头文件清理谁牵头", "规范性文件清理谁牵头", id="lay_word"),
        pytest.param("教育局负责什么", "区教体局负责什么", id="department"),
    ],
)
def test_query_uses_words_of_the_documents(understanding: Understanding, typed: str, query: str):
    assert understanding.read(Question(text=typed), TODAY).text == query


def test_query_lists_its_corrections(understanding: Understanding):
    assert understanding.read(Question(text="政物公开由谁牵头"), TODAY).corrections == (("政物", "政务"),)


class _Documents:
    """Documents that say 医保 in nine chunks and 基本医疗保险 in one."""

    def vocabulary(self) -> dict[str, int]:
        return {"医保": 9, "工钱": 1}

    def chunks_with(self, substring: str) -> int:
        return {"基本医疗保险": 1, "工资": 4}.get(substring, 0)

    def units(self) -> tuple[str, ...]:
        return ()

    def summaries(self) -> list[DocumentSummary]:
        return []


def test_word_usual_in_the_documents_is_left_to_them():
    words = EverydayWords({"医保": "基本医疗保险", "工钱": "工资"}, dict)
    understanding = Understanding(_Documents(), words, Departments(()))
    assert understanding.read(Question(text="医保怎么交，工钱谁发"), TODAY).text == "医保怎么交,工资谁发"


def test_query_has_pinyin_replaced(understanding: Understanding):
    assert understanding.read(Question(text="zhengwu gongkai 由谁负责"), TODAY).text == "政务公开 由谁负责"


def test_period_of_documents_becomes_filter(understanding: Understanding):
    filters = understanding.read(Question(text="近三年的政策文件有哪些"), TODAY).filters
    assert filters.date_from == date(2023, 5, 1)


def test_filter_chosen_in_form_wins_over_time_words(understanding: Understanding):
    chosen = Filters(date_from=date(2019, 1, 1))
    assert understanding.read(Question(text="去年的工作要点", filters=chosen), TODAY).filters == chosen


def law(name: str, year: int, status: Status = Status.IN_FORCE) -> DocumentSummary:
    return DocumentSummary(
        id=f"{name}{year}",
        title=name,
        source="",
        path="",
        sha256="",
        fingerprint="",
        number=None,
        status=status,
        dated=date(year, 1, 1),
        chunks=1,
    )


LAWS = [
    law("中华人民共和国保守国家秘密法", 2024),
    law("中华人民共和国保守国家秘密法", 2010, Status.AMENDED),
    law("中华人民共和国保守国家秘密法实施条例", 2010),
    law("信访条例", 2005, Status.REPEALED),
]


@pytest.mark.parametrize(
    ("named", "ids"),
    [
        pytest.param(
            Edition(title="保密法", words="", year=2010), ("中华人民共和国保守国家秘密法2010",), id="year"
        ),
        pytest.param(
            Edition(title="保密法", words="", version=Version.OLD),
            ("中华人民共和国保守国家秘密法2010",),
            id="old",
        ),
        pytest.param(
            Edition(title="保密法", words="", version=Version.CURRENT), (), id="current_is_no_filter"
        ),
        pytest.param(Edition(title="信访条例", words="", year=2005), ("信访条例2005",), id="whole_title"),
        pytest.param(Edition(title="物业管理条例", words="", year=2003), (), id="unknown_is_no_filter"),
    ],
)
def test_editions_found_by_short_name_and_year_or_age(named: Edition, ids: tuple[str, ...]):
    assert editions_of(named, LAWS) == ids


def test_of_year_needs_whole_title_in_question():
    assert of_year(2005, "2005年信访条例规定谁批准延长", LAWS) == ("信访条例2005",)
    assert of_year(2005, "2005年的低保标准", LAWS) == ()


@pytest.mark.parametrize(("short", "fits"), [("保密法", True), ("密保法", False), ("保密条例", False)])
def test_short_name_fits_title_by_characters_in_order(short: str, fits: bool):
    assert is_short_for(short, "中华人民共和国保守国家秘密法") is fits


def test_question_after_an_article_by_number_is_not_joined_to_it(kb: KnowledgeBase):
    question = Question(text="吃低保的条件是什么", history=("公开条例第十六条", "那第十七条呢"))
    query = kb.understanding.read(question, date(2024, 5, 1))
    assert query.joined is None
    question = Question(text="吃低保的条件是什么", history=("社会救助由谁管？",))
    assert kb.understanding.read(question, date(2024, 5, 1)).joined is not None


_ABOUT = (
    "最低生活保障",
    "医疗救助",
    "居住证",
    "生育保险",
    "行政复议",
    "年休假",
    "就业救助",
    "失业保险",
    "残疾人",
)


class _Headed(_Documents):
    """Documents with a chapter about each of `_ABOUT`."""

    def vocabulary(self) -> dict[str, int]:
        return {}

    def heads_a_part(self, name: str) -> bool:
        return name in _ABOUT


@pytest.fixture(scope="module")
def by_headings() -> Understanding:
    return Understanding(_Headed(), EverydayWords({"低保": "最低生活保障"}, dict), Departments(()))


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ("失业保险金最长领多久？", "低保"),
        ("失业保险金最长领多久？", "医疗救助"),
        ("工伤保险费由谁缴？", "医疗救助"),
        ("物业费怎么收？", "居住证"),
        ("小区维修资金怎么用？", "低保"),
        ("信访多久答复？", "年休假"),
        ("申请公开信息要带什么材料？", "年休假"),
        ("行政许可多久办结？", "生育保险"),
        ("低保怎么申请？", "失业保险"),
        ("失业金怎么领？", "行政复议"),
        ("春节放几天假？", "低保"),
        ("居住证怎么补领？", "低保"),
    ],
)
def test_bare_matter_of_the_documents_is_a_new_topic(by_headings: Understanding, before: str, name: str):
    query = by_headings.read(Question(text=name, history=(before,)), TODAY)
    assert (query.text, query.follows, query.joined) == (
        by_headings.to_official(name, {"低保": "最低生活保障"}),
        False,
        None,
    )


@pytest.mark.parametrize(
    ("before", "name", "joined"),
    [
        ("申请教育救助找谁？", "就业救助", "申请就业救助找谁？"),
        ("春节放几天假？", "劳动节", "劳动节放几天假？"),
        ("居住证怎么补领？", "工本费", "居住证补领 工本费"),
    ],
)
def test_bare_name_with_its_like_before_or_without_a_part_of_its_own_may_go_on(
    by_headings: Understanding, before: str, name: str, joined: str
):
    assert by_headings.read(Question(text=name, history=(before,)), TODAY).joined == joined


def test_matter_with_那_keeps_the_question_and_gives_up_the_subject(by_headings: Understanding):
    query = by_headings.read(Question(text="那低保呢", history=("失业保险金怎么申请？",)), TODAY)
    assert query.text == "最低生活保障怎么申请？"
    persons = by_headings.read(Question(text="残疾人呢", history=("失业保险金怎么申请？",)), TODAY)
    assert persons.text == "残疾人 失业保险金怎么申请？"
