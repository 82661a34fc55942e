"""What a question asks for, and which words of a passage are quoted for it."""

import pytest
from factories import make_hit

from kb.compose import Facet, compose, facets_of


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("规范性文件清理谁牵头？", {Facet.UNITS}, id="lead_unit"),
        pytest.param("这项工作归哪个局管？", {Facet.UNITS}, id="which_bureau"),
        pytest.param("申请信息公开多少天答复？", {Facet.TIME, Facet.NUMBER}, id="how_many_days"),
        pytest.param("什么时候完成？", {Facet.TIME}, id="when"),
        pytest.param("政策解读范围包括哪些？", {Facet.LIST}, id="which"),
        pytest.param("什么是国家秘密？", set(), id="definition"),
    ],
)
def test_facets(question: str, expected: set[Facet]):
    assert facets_of(question) == expected


def quoted(question: str, weights: dict[str, float], *texts: str, **fields: object) -> list[str]:
    hits = [make_hit(text, score=1 - 0.1 * rank, **fields) for rank, text in enumerate(texts)]
    return [quote.span.of(quote.hit.chunk.text) for quote in compose(question, weights, hits)]


MEASURE = (
    "健全规章动态更新机制。2023年10月底前,各部门完成规范性文件清理工作。做到底数清晰。"
    "〔牵头单位:区司法局;责任单位:各街道〕"
)
WEIGHTS = {"规范性文件": 4.0, "清理": 4.0}


def test_only_the_sentence_that_answers():
    assert quoted("规范性文件清理什么时候完成？", WEIGHTS, MEASURE) == [
        "2023年10月底前,各部门完成规范性文件清理工作。"
    ]


def test_units_of_the_measure_when_asked_who():
    bracket = MEASURE.index("〔")
    quotes = quoted(
        "规范性文件清理谁牵头？",
        WEIGHTS,
        MEASURE,
        units_span={"start": bracket, "end": len(MEASURE)},
        lead_units=("区司法局",),
    )
    assert quotes == [
        "2023年10月底前,各部门完成规范性文件清理工作。",
        "〔牵头单位:区司法局;责任单位:各街道〕",
    ]


def test_whole_paragraph_of_a_law_keeps_its_exception():
    law = "第八条 业主应当交纳物业服务费用。但是,未交付的房屋由建设单位交纳。\n\n第二款另有规定。"
    quotes = quoted("物业服务费用谁交？", {"物业服务费用": 4.0}, law, heading_path=("第八条",))
    assert quotes == ["第八条 业主应当交纳物业服务费用。但是,未交付的房屋由建设单位交纳。"]


def test_list_is_quoted_whole():
    law = "第六条 业主享有下列权利：\n（一）接受服务；\n（二）提议召开业主大会会议；\n（三）监督物业服务。"
    quotes = quoted("业主有哪些权利？", {"业主": 2.0, "权利": 3.0}, law, heading_path=("第六条",))
    assert quotes == [law]


def test_number_is_preferred_when_asked_how_many():
    passage = "加强政策解答员队伍建设。各街道至少安排1-2名政策解答员。政策解答员加强业务学习。"
    assert quoted("政策解答员要几名？", {"政策": 2.0, "解答": 4.0}, passage) == [
        "各街道至少安排1-2名政策解答员。"
    ]


def test_heading_alone_is_no_answer():
    passage = "(四)做好重点民生领域信息公开。做好就业、教育、医疗、养老等领域的信息公开工作。"
    weights = {"民生": 3.0, "领域": 3.0, "信息": 2.0}
    quotes = quoted(
        "重点民生领域包括哪些？", weights, passage, heading_path=("(四)做好重点民生领域信息公开",)
    )
    assert "就业、教育、医疗、养老" in "".join(quotes)


def test_nothing_in_common_quotes_nothing():
    assert quoted("护照过期怎么办？", {"护照": 5.0}, MEASURE) == []
