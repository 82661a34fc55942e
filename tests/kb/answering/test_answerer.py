"""Questions on three real documents: the right words, the exact place, honest refusals."""

import pytest

from kb.answers import Answer, AnswerKind, Contact, Ending
from kb.errors import QuestionError
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Filters, Question


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
def test_answer_quotes_right_words_from_right_section(
    kb: KnowledgeBase, question: str, words: list[str], section: str
):
    answer = ask(kb, question)
    assert answer.kind is AnswerKind.EXTRACT, answer
    for expected in words:
        assert expected in answer.text, answer.text
    label = section.replace("（", "(").replace("）", ")")
    assert label in answer.citations[0].section.replace("（", "(").replace("）", ")")


@pytest.mark.parametrize(
    "question", ["街道要安排几名政策解答员?", "物业服务企业有哪些义务?", "不予公开的政府信息有哪些?"]
)
def test_every_quote_equals_the_text_at_its_citation(kb: KnowledgeBase, question: str):
    answer = ask(kb, question)
    assert answer.citations
    for citation in answer.citations:
        document = kb.storage.documents.get(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote
        assert citation.url.endswith(f"?start={citation.start}&end={citation.end}")
    quoted = "\n".join(citation.quote for citation in answer.citations)
    assert all(line in quoted for line in answer.text.splitlines())


@pytest.mark.parametrize("question", ["怎么办离婚登记?", "今天天气怎么样？", "米饭怎么煮？"])
def test_question_beyond_the_documents_is_refused(kb: KnowledgeBase, question: str):
    answer = ask(kb, question)
    assert answer.kind is AnswerKind.REFUSED
    assert answer.citations == ()
    assert answer.confidence < 0.5
    assert answer.candidates


def test_follow_up_is_rewritten_with_subject_of_earlier_question(kb: KnowledgeBase):
    answer = ask(kb, "谁牵头？", "规范性文件清理什么时候完成？")
    assert "区司法局" in answer.text
    assert answer.rewritten == "规范性文件清理 谁牵头？"


@pytest.mark.hostile
def test_history_longer_than_any_question_is_cut(kb: KnowledgeBase):
    answer = ask(kb, "谁牵头？", "规范性文件清理" * 3_000)
    assert len(answer.rewritten) <= 2 * MAX_QUESTION_CHARS


def test_filter_that_nothing_passes_gives_no_hits(kb: KnowledgeBase):
    filters = Filters(document_ids=("unknown",))
    answer = kb.answerer.answer(Question(text="街道要安排几名政策解答员?", filters=filters))
    assert (answer.ending, answer.kind) == (Ending.NO_HITS, AnswerKind.REFUSED)


@pytest.mark.parametrize(("text", "sentence"), [("  ", "请输入"), ("政" * 501, "501 个字")])
def test_empty_or_too_long_question_is_rejected(kb: KnowledgeBase, text: str, sentence: str):
    with pytest.raises(QuestionError) as caught:
        ask(kb, text)
    assert sentence in caught.value.citizen


ENTRY = FaqEntry(
    id="F1",
    question="政务公开专区在哪里？",
    variants=("到哪里能找到政务公开专区",),
    answer="各办事大厅、便民服务中心都设有政务公开专区。",
)


@pytest.fixture
def kb_with_faq(kb: KnowledgeBase):
    kb.faq.matcher.replace([ENTRY])
    yield kb
    kb.faq.matcher.replace([])


def test_approved_entry_answers_its_question(kb_with_faq: KnowledgeBase):
    answer = ask(kb_with_faq, "政务公开专区在哪里")
    assert answer.kind is AnswerKind.FAQ
    assert answer.text == ENTRY.answer
    assert answer.suggestions == ()


def test_approved_entry_answers_before_anything_is_retrieved(
    kb_with_faq: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_arguments: object, **_named: object) -> None:
        raise AssertionError("retrieval was paid for")

    monkeypatch.setattr(kb_with_faq.retrieval.retriever, "retrieve", fail)
    answer, hits = kb_with_faq.answerer.answer_with_hits(Question(text=ENTRY.question))
    assert (answer.kind, hits.kept) == (AnswerKind.FAQ, ())


def test_approved_entry_does_not_answer_for_another_district(kb_with_faq: KnowledgeBase):
    assert ask(kb_with_faq, "濂溪区的政务公开专区在哪里").kind is not AnswerKind.FAQ


def test_refusal_lists_contact_of_named_department(kb: KnowledgeBase):
    kb.staff.contacts.replace([Contact(department="区数字中心", name="王芳", phone="0792-8551234")])
    answer = ask(kb, "区数字中心的政策解答员工资多少？")
    kb.staff.contacts.replace([])
    assert answer.kind is AnswerKind.REFUSED
    assert [contact.phone for contact in answer.contacts] == ["0792-8551234"]


def test_answer_lists_contact_of_its_first_department(kb_with_faq: KnowledgeBase):
    judge = Contact(department="区司法局", name="王芳", phone="0792-8551234")
    office = Contact(department="区数字中心", name="李强", phone="0792-8554321")
    kb_with_faq.staff.contacts.replace([office, judge])
    kb_with_faq.faq.matcher.replace([ENTRY.model_copy(update={"department": "区数字中心"})])
    quoted = ask(kb_with_faq, "规范性文件清理什么时候完成、谁牵头?")
    approved = ask(kb_with_faq, ENTRY.question)
    law = ask(kb_with_faq, "业主大会会议要多少业主参加?")
    kb_with_faq.staff.contacts.replace([])
    assert (quoted.departments[0], quoted.contacts) == ("区司法局", (judge,))
    assert (approved.faq_id, approved.departments, approved.contacts) == ("F1", ("区数字中心",), (office,))
    assert (law.departments, law.contacts) == ((), ())


def test_refusal_names_the_missing_point(kb: KnowledgeBase):
    answer = ask(kb, "政策解答员工资多少？")
    assert answer.ending is Ending.NOT_SAID
    assert "没有说明您问的金额" in answer.text


def test_question_for_more_gives_rest_of_the_passage(kb: KnowledgeBase):
    first = ask(kb, "街道要安排几名政策解答员？")
    rest = ask(kb, "还有吗？", "街道要安排几名政策解答员？")
    assert rest.kind is AnswerKind.EXTRACT
    assert rest.text != first.text and len(rest.text) > len(first.text)


def test_two_questions_in_one_are_both_answered(kb: KnowledgeBase):
    answer = ask(kb, "街道要安排几名政策解答员？信息公开申请多少天答复？")
    assert "1-2名政策解答员" in answer.text and "20个工作日" in answer.text


def test_question_about_issue_date_is_answered(kb: KnowledgeBase):
    assert "2023年9月4日" in ask(kb, "2023年浔阳区政务公开工作要点是哪一天印发的？").text


def test_new_subject_in_same_document_is_not_joined_to_earlier_question(kb: KnowledgeBase):
    answer = ask(kb, "规范性文件清理谁牵头？", "街道要安排几名政策解答员？")
    assert answer.rewritten == "规范性文件清理谁牵头？"
    assert "区司法局" in answer.text


def test_short_follow_up_is_joined_when_one_passage_holds_both_subjects(kb: KnowledgeBase):
    answer = ask(kb, "第三方意见要几天？", "政府信息公开申请多久答复？")
    assert answer.rewritten.startswith("政府信息公开申请答复")


def test_new_subject_in_another_document_is_not_joined_to_earlier_question(kb: KnowledgeBase):
    answer = ask(kb, "IPv6 支持度多少？", "物业服务企业有哪些义务？")
    assert answer.rewritten == "IPv6 支持度多少？"


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("公租房怎么申请呀", id="as_the_entry_says_it"),
        pytest.param("公共租赁住房怎么申请", id="as_documents_say_it"),
    ],
)
def test_approved_entry_answers_everyday_and_official_wording(kb: KnowledgeBase, question: str):
    entry = FaqEntry(
        id="F2",
        question="公租房怎么申请？",
        variants=("公共租赁住房怎么申请",),
        answer="向街道便民服务中心提出申请。",
    )
    kb.faq.matcher.replace([entry])
    try:
        answer = ask(kb, question)
    finally:
        kb.faq.matcher.replace([])
    assert (answer.kind, answer.faq_id) == (AnswerKind.FAQ, "F2")


@pytest.mark.parametrize(
    ("question", "verdict", "word"),
    [
        ("物业代收水费，能向业主收手续费吗？", "no", "不可以。"),
        ("住户装修房屋要事先告诉物业吗？", "yes", "需要。"),
        ("业主大会会议要多少业主参加?", None, None),
    ],
)
def test_question_for_yes_or_no_gets_its_plain_word(
    kb: KnowledgeBase, question: str, verdict: str | None, word: str | None
):
    answer = ask(kb, question)
    assert answer.verdict == verdict, answer.text
    assert word is None or answer.headline == word
