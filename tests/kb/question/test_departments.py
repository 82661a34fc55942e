"""kb.question.departments: everyday names of departments lead to the units that the documents name."""

import pytest
from factories import WORK_PLAN

from kb.question.departments import Departments, read_departments

UNITS = (
    "区人社局",
    "区住建局",
    "区农水局",
    "区卫健委",
    "区发改委",
    "区国资中心",
    "区城管局",
    "区工信局",
    "区市监局",
    "区政府办",
    "区教体局",
    "区数字中心",
    "区文新旅局",
    "区生态环境局",
    "区税务局",
    "区自然资源局",
    "区融媒体中心",
    "区行政审批局",
    "区退役军人事务局",
    "各街道",
)


@pytest.fixture(scope="module")
def departments() -> Departments:
    return read_departments()


def in_work_plan(name: str) -> bool:
    return name in WORK_PLAN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("question", "units"),
    [
        pytest.param("区教体局负责什么", ("区教体局",), id="as_written"),
        pytest.param("教育局和工商局管什么", ("区教体局", "区市监局"), id="two_old_names"),
        pytest.param("工商局和教育局管什么", ("区市监局", "区教体局"), id="in_the_order_of_the_question"),
        pytest.param("衛生局負責哪些信息公開", ("区卫健委",), id="traditional"),
        pytest.param("环保局", ("区生态环境局",), id="renamed"),
        pytest.param("农业局和水利局", ("区农水局",), id="merged"),
        pytest.param("市场监督管理局", ("区市监局",), id="full_name"),
        pytest.param("浔阳区教育体育局", ("区教体局",), id="with_the_district"),
        pytest.param("人力资源和社会保障局电话", ("区人社局",), id="long_name"),
        pytest.param("大数据中心牵头哪些工作", ("区数字中心",), id="data_office"),
        pytest.param("街道办事处要做什么", ("各街道",), id="streets"),
        pytest.param("九江市教育局电话", (), id="another_level"),
        pytest.param("省发改委的规定", (), id="province"),
        pytest.param("社区教育局限在哪里", ("区教体局",), id="社区_is_no_level"),
        pytest.param("公安局在哪里", (), id="not_in_the_documents"),
        pytest.param("义务教育怎么招生", (), id="a_subject_is_no_department"),
    ],
)
def test_units_named_in_any_form(departments: Departments, question: str, units: tuple[str, ...]):
    assert departments.units_named(question, UNITS) == units


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        pytest.param("教育局负责什么", "区教体局负责什么", id="everyday_name"),
        pytest.param("区教育局负责什么", "区教体局负责什么", id="level_is_not_doubled"),
        pytest.param("浔阳区卫生局", "浔阳区卫健委", id="with_the_district"),
        pytest.param("教育局和工商局", "区教体局和区市监局", id="two"),
        pytest.param("市教育局负责什么", "市教育局负责什么", id="another_level_stays"),
        pytest.param("教体局负责什么", "教体局负责什么", id="part_of_the_units_name_stays"),
        pytest.param("区政府办公室的职责", "区政府办公室的职责", id="words_of_the_documents_stay"),
        pytest.param("公安局的职责", "公安局的职责", id="unknown_stays"),
        pytest.param("ＩＰｖ６改造", "ＩＰｖ６改造", id="nothing_named_left_as_typed"),
    ],
)
def test_official_names_replace_everyday_names(departments: Departments, typed: str, query: str):
    assert departments.official_names(typed, UNITS, in_work_plan) == query


def test_units_named_depend_on_units_of_the_documents(departments: Departments):
    own_offices = ("区水利局", "区农业农村局")
    assert departments.units_named("水利局", own_offices) == ("区水利局",)
    assert departments.units_named("农业局", own_offices) == ("区农业农村局",)
    assert departments.units_named("农水局", own_offices) == ("区水利局", "区农业农村局")


def test_name_that_fits_several_units_is_not_replaced(departments: Departments):
    own_offices = ("区水利局", "区农业农村局")
    assert departments.official_names("农水局管什么", own_offices, lambda _name: False) == "农水局管什么"


def test_each_lead_unit_of_work_plan_is_found_by_its_name(departments: Departments):
    for unit in UNITS:
        assert departments.units_named(f"{unit}负责什么", UNITS) == (unit,)
