"""kb.language.facets: what a question asks for, and the form of its answer."""

import pytest

from kb.language.facets import EVIDENT, Facet, facets_of


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("规范性文件清理谁牵头？", {Facet.UNITS}, id="lead_unit"),
        pytest.param("这项工作归哪个局管？", {Facet.UNITS}, id="which_bureau"),
        pytest.param("申请信息公开多少天答复？", {Facet.TIME, Facet.NUMBER}, id="how_many_days"),
        pytest.param("什么时候完成？", {Facet.TIME}, id="when"),
        pytest.param("政策解读范围包括哪些？", {Facet.LIST}, id="which"),
        pytest.param("低保怎么申请？", {Facet.LIST}, id="how"),
        pytest.param("咨询电话是多少？", {Facet.CONTACT, Facet.NUMBER}, id="phone"),
        pytest.param("什么是国家秘密？", {Facet.DEFINITION}, id="definition"),
    ],
)
def test_facets_of_question_read_from_its_question_words(question: str, expected: set[Facet]):
    assert facets_of(question) == expected


@pytest.mark.parametrize(
    ("facet", "words"),
    [
        (Facet.CONTACT, "长沙：0731-88666312"),
        (Facet.CONTACT, "拨打12345热线"),
        (Facet.TIME, "自收到之日起20个工作日内"),
        (Facet.NUMBER, "经三分之二以上业主同意"),
        (Facet.LIST, "领导信箱、热线电话、网上留言"),
    ],
)
def test_evident_pattern_matches_words_of_an_answer(facet: Facet, words: str):
    assert EVIDENT[facet].search(words)
