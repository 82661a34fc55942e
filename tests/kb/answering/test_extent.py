"""How much of a passage is quoted."""

from factories import make_hit

from kb.answering.extent import extent
from kb.language.facets import Facet

PASSAGE = (
    "近日,省融资担保公司介绍了有关情况。抗疫担保贷首期给予5000万元担保额度,专项扶持企业融资需求,"
    "单户最高担保金额为1000万元。对客户免收担保费。公司将继续做好服务。"
)
WEIGHTS = {"抗疫": 5.0, "担保": 3.0, "额度": 4.0}


def said(facets: set[Facet], text: str = PASSAGE, weights: dict[str, float] | None = None) -> tuple[str, str]:
    hit = make_hit(text)
    part = extent(weights or WEIGHTS, frozenset(facets), hit)
    assert part is not None
    base = hit.chunk.span.start
    return (
        text[part.core.start - base : part.core.end - base],
        text[part.span.start - base : part.span.end - base],
    )


def test_question_how_much_is_answered_by_the_clause_with_the_number():
    core, source = said({Facet.NUMBER})
    assert core.startswith("抗疫担保贷首期给予5000万元担保额度")
    assert core in source and source.endswith("单户最高担保金额为1000万元。")


def test_open_question_is_answered_in_whole_sentences():
    core, source = said({Facet.LIST})
    assert core == source and core.startswith("抗疫担保贷首期") and "近日" not in core


def test_passage_without_any_word_of_the_question_is_not_quoted():
    assert extent({"离婚": 5.0}, frozenset(), make_hit(PASSAGE)) is None
