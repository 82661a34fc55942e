"""ingest.structure.units: leading and responsible units of measures."""

from pathlib import Path

import pytest

from ingest.structure.units import find_unit_brackets

WORK_PLAN = Path(__file__).parents[3] / "corpus" / "2023年浔阳区政务公开工作要点.txt"


@pytest.mark.parametrize(
    ("text", "lead", "responsible"),
    [
        pytest.param(
            "一件事一次办。\n牵头单位：区行政审批局\n责任单位：区市监局、各街道\n完成时限：12月底前\n",
            ("区行政审批局",),
            ("区市监局", "各街道"),
            id="lines_of_their_own",
        ),
        pytest.param(
            "审批时限压减30%。责任单位：区住建局、区自然资源局。",
            (),
            ("区住建局", "区自然资源局"),
            id="behind_the_stop",
        ),
        pytest.param(
            "政策直达快享（完成时限：6月底；责任单位：区财政局）。", (), ("区财政局",), id="deadline_first"
        ),
        pytest.param(
            "在安排专项资金时予以倾斜。（水利部、财政部负责）\n",
            (),
            ("水利部", "财政部"),
            id="said_behind_the_stop",
        ),
        pytest.param(
            "降低赛事安保成本（体育总局牵头，公安部、各省（区、市）人民政府按职责分工负责）。",
            ("体育总局",),
            ("公安部", "各省（区、市）人民政府"),
            id="said_before_the_stop",
        ),
        pytest.param(
            "给予倾斜支持。（国家发展改革委、财政部会同有关部门负责）建立“黑名单”制度。",
            (),
            ("国家发展改革委", "财政部"),
            id="with_other_departments",
        ),
    ],
)
def test_units_without_labels_or_brackets_read(
    text: str, lead: tuple[str, ...], responsible: tuple[str, ...]
) -> None:
    (unit_bracket,) = find_unit_brackets(text)
    assert (unit_bracket.lead, unit_bracket.responsible) == (lead, responsible)


@pytest.mark.parametrize(
    "text",
    ["各责任单位要加强调度。", "主办单位：区政府办\n承办单位：区数字中心\n", "（名单见附件，责任单位：略"],
)
def test_text_without_named_units_gives_nothing(text: str) -> None:
    assert find_unit_brackets(text) == ()


@pytest.mark.parametrize(
    ("bracket", "lead", "responsible"),
    [
        pytest.param(
            "(牵头单位:区发改委、区工信局;责任单位:各街道)",
            ("区发改委", "区工信局"),
            ("各街道",),
            id="half_width",
        ),
        pytest.param(
            "（牵头单位：区发改委；责任单位：区财政局，各街道）",
            ("区发改委",),
            ("区财政局", "各街道"),
            id="full_width",
        ),
        pytest.param(
            "〔牵头单位:区司法局;责任单位:区政府各部门〕",
            ("区司法局",),
            ("区政府各部门",),
            id="tortoise_shell",
        ),
        pytest.param("【责任单位：区数字中心】", (), ("区数字中心",), id="lenticular"),
        pytest.param("[责任部门：区教体局]", (), ("区教体局",), id="square_and_部门"),
        pytest.param("（责任单位:区人社局)", (), ("区人社局",), id="ends_of_different_width"),
        pytest.param(
            "(责任单位:各社区(村)、区民政局)", (), ("各社区(村)", "区民政局"), id="bracket_in_a_name"
        ),
        pytest.param(
            "(责任单位:各县(市、区)、市住建局)", (), ("各县(市、区)", "市住建局"), id="separator_in_a_name"
        ),
        pytest.param(
            "（主办：区文旅局；协办：区融媒体中心）", ("区文旅局",), ("区融媒体中心",), id="主办_协办"
        ),
        pytest.param("（牵头单位：区政府办；配合单位：各街道）", ("区政府办",), ("各街道",), id="配合单位"),
        pytest.param(
            "(责任单位:15个一级指标牵头单位)", (), ("15个一级指标牵头单位",), id="牵头单位_inside_a_name"
        ),
        pytest.param("(责任单位:区医保局;完成时限:12月底前)", (), ("区医保局",), id="other_label"),
        pytest.param("(责任单位:区医保局;责任人:张三)", (), ("区医保局",), id="people_are_no_units"),
        pytest.param("(牵头单位:区医保局、区医保局)", ("区医保局",), (), id="named_twice"),
    ],
)
def test_unit_names_read_from_bracket(
    bracket: str, lead: tuple[str, ...], responsible: tuple[str, ...]
) -> None:
    text = f"推进信息公开。{bracket}、做好解读。"
    (unit_bracket,) = find_unit_brackets(text)
    assert (unit_bracket.lead, unit_bracket.responsible) == (lead, responsible)
    assert unit_bracket.span.of(text) == bracket


@pytest.mark.parametrize(
    "text", ["向社区(村)延伸。", "(责任单位应当及时公开)", "由牵头单位:负责", "（单位：万元）"]
)
def test_other_bracket_or_label_gives_nothing(text: str) -> None:
    assert find_unit_brackets(text) == ()


def test_every_unit_bracket_of_work_plan_found() -> None:
    text = WORK_PLAN.read_text(encoding="utf-8")
    brackets = find_unit_brackets(text)
    assert len(brackets) == text.count("责任单位:")  # each bracket names 责任单位 once
    assert sum(bool(b.lead) for b in brackets) == text.count("(牵头单位:") + text.count("〔牵头单位:")
    assert all(b.span.of(text)[0] in "(〔" and b.span.of(text)[-1] in ")〕" for b in brackets)
