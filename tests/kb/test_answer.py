"""Questions on three real documents: the right words, the exact place, honest refusals."""

import pytest

from kb.answers import Answer, AnswerKind, Ending
from kb.errors import QuestionError
from kb.knowledge_base import KnowledgeBase
from kb.models import Filters, Question


def ask(kb: KnowledgeBase, text: str, *history: str) -> Answer:
    return kb.answerer.answer(Question(text=text, history=history))


@pytest.mark.parametrize(
    ("question", "words", "section"),
    [
        pytest.param("街道要安排几名政策解答员?", ["各街道至少安排1-2名政策解答员"], "（六）", id="number"),
        pytest.param(
            "规范性文件清理什么时候完成、谁牵头?",
            ["2023年10月底前", "牵头单位:区司法局"],
            "（八）",
            id="when_and_who",
        ),
        pytest.param("IPv6 支持度要达到多少?", ["二、三级链接支持度达99%以上"], "（十二）", id="share"),
        pytest.param("申请信息公开多少天答复?", ["20个工作日内予以答复"], "第三十三条", id="deadline_in_law"),
        pytest.param("ＩＰｖ６支持度要達到多少？", ["99%以上"], "（十二）", id="traditional_full_width"),
        pytest.param("财政资金直达基层由谁负责?", ["责任单位:区财政局"], "（三）", id="units_of_the_measure"),
        pytest.param("业主大会会议要多少业主参加?", ["过半数的业主参加"], "第十二条", id="law_share"),
    ],
)  # fmt: skip
def test_right_words_from_the_right_place(kb: KnowledgeBase, question: str, words: list[str], section: str):
    answer = ask(kb, question)
    assert answer.kind is AnswerKind.EXTRACT, answer
    for expected in words:
        assert expected in answer.text, answer.text
    label = section.replace("（", "(").replace("）", ")")
    assert label in answer.citations[0].section.replace("（", "(").replace("）", ")")


@pytest.mark.parametrize(
    "question", ["街道要安排几名政策解答员?", "物业服务企业有哪些义务?", "不予公开的政府信息有哪些?"]
)
def test_every_quote_stands_where_the_citation_says(kb: KnowledgeBase, question: str):
    answer = ask(kb, question)
    assert answer.citations
    for citation in answer.citations:
        document = kb.documents.get(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
        assert citation.url.endswith(f"?start={citation.start}&end={citation.end}")
    quoted = "\n".join(citation.quote for citation in answer.citations)
    assert all(line in quoted for line in answer.text.splitlines())


@pytest.mark.parametrize("question", ["怎么办离婚登记?", "今天天气怎么样？", "How do I cook rice?", "？？"])
def test_refuses_what_the_documents_do_not_hold(kb: KnowledgeBase, question: str):
    answer = ask(kb, question)
    assert answer.kind is AnswerKind.REFUSED
    assert answer.citations == ()
    assert answer.confidence < 0.5
    assert answer.candidates


def test_follow_up(kb: KnowledgeBase):
    answer = ask(kb, "谁牵头？", "规范性文件清理什么时候完成？")
    assert "区司法局" in answer.text
    assert answer.rewritten == "规范性文件清理 谁牵头？"


def test_nothing_passes_the_filter(kb: KnowledgeBase):
    filters = Filters(document_ids=("unknown",))
    answer = kb.answerer.answer(Question(text="街道要安排几名政策解答员?", filters=filters))
    assert (answer.ending, answer.kind) == (Ending.NO_HITS, AnswerKind.REFUSED)


@pytest.mark.parametrize(("text", "sentence"), [("  ", "请输入"), ("政" * 501, "501 个字")])
def test_questions_that_cannot_be_asked(kb: KnowledgeBase, text: str, sentence: str):
    with pytest.raises(QuestionError) as caught:
        ask(kb, text)
    assert sentence in caught.value.citizen
