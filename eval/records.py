"""The outcome of one question and its judgement: item + answer + rankings -> Record."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import accumulate

from eval import metrics
from eval.alone import stands_alone
from eval.dataset import CROSS_DOCUMENT, Item
from kb.answers import Answer, AnswerKind, Citation, Ending
from kb.controls import wording
from kb.hits import Hits
from kb.models import Model
from kb.retrieval.fusion import Blend

ANSWER_DEPTH = 10  # hits searched for the expected answer
_SIMILAR = 0.5  # ROUGE-L from which an answer counts as the expected one, cut differently


class Cause(StrEnum):
    """Why a question went wrong, in the words of the report."""

    MISSED = "检索未中"
    WRONG_PASSAGE = "引文不对"
    WRONGLY_REFUSED = "误拒"
    WRONGLY_ANSWERED = "误答"
    FORBIDDEN = "说了不该说的"
    BESIDE = "应对不当"


CAUSE_WORDS: dict[Cause, str] = {
    Cause.MISSED: "应当引用的文件不在检索结果的前 5 份里",
    Cause.WRONG_PASSAGE: "文件找到了，引用的片段没有（完整）说出答案",
    Cause.WRONGLY_REFUSED: "文件找到了，系统却说没有答案",
    Cause.WRONGLY_ANSWERED: "资料里没有答案，系统却作了答",
    Cause.FORBIDDEN: "回答或引文里有题目标明不能说的话（旧版规定、顺着攻击说的话）",
    Cause.BESIDE: "应当寒暄、转人工、列出文件等，系统却作了别的",
}


class Ranking(Model):
    """The ranks of the right document and of the answer in one ranking, from 1; None = not found.

    `document_rank` counts distinct documents in the order of their best hit.
    """

    document_rank: int | None = None
    answer_rank: int | None = None
    answer_rank_strict: int | None = None


class Unguarded(Model):
    """The outcome of a question refused for weak evidence when it is asked again without a threshold."""

    refused: bool
    right: bool


class Record(Model):
    """A question, its answer and the judgement; a metric that does not apply is None."""

    item: Item
    documents: tuple[str, ...]  # ids of the documents that hold the answer, as far as the corpus has them
    answer: Answer
    ask_ms: float
    rankings: dict[Blend, Ranking]
    answer_in_document: bool | None = None
    rouge_l: float | None = None
    key_point_recall: float | None = None
    citation_supports: bool | None = None
    must_not_violated: bool | None = None
    alone: bool | None = None
    quality: float = 0.0
    cause: Cause | None = None
    unguarded: Unguarded | None = None

    @property
    def refused(self) -> bool:
        """Whether the system refused to answer."""
        return self.answer.kind is AnswerKind.REFUSED

    @property
    def right(self) -> bool:
        """Whether the answer says all key points and nothing forbidden, or is a correct refusal."""
        return self.quality >= 1


def asking_documents(records: Iterable[Record]) -> list[Record]:
    """The records of questions that ask something of the documents: not greetings, calls for a person …"""
    return [record for record in records if record.item.ending is None]


def rank(item: Item, hits: Hits, relevant: frozenset[str]) -> Ranking:
    """The ranks at which `hits` hold a relevant document and the expected answer.

    A question across documents is answered by no single passage: its answer rank is that of the first passage
    which, together with all before it, holds the answer.
    """
    if not item.answerable:
        return Ranking()
    documents = list(dict.fromkeys(hit.chunk.document_id for hit in hits.kept))
    passages = [hit.chunk.text for hit in hits.kept[:ANSWER_DEPTH]]
    if item.type == CROSS_DOCUMENT:
        passages = list(accumulate(passages, lambda before, text: f"{before}\n{text}"))
    return Ranking(
        document_rank=metrics.rank_of_first(documents, relevant),
        answer_rank=metrics.first_rank(holds_answer(item, text) for text in passages),
        answer_rank_strict=metrics.first_rank(holds_answer(item, text, strict=True) for text in passages),
    )


def holds_answer(item: Item, text: str, *, strict: bool = False) -> bool:
    """Whether a passage answers the item: it holds any evidence, else the answer, else all key points."""
    stands = metrics.stands_in if strict else metrics.mostly_stands_in
    if item.evidence:
        return any(stands(evidence, text) for evidence in item.evidence)
    if item.answer:
        return stands(item.answer, text)
    return bool(item.key_points) and all(metrics.says(point, text) for point in item.key_points)


def judge(record: Record, texts: Mapping[str, str]) -> Record:
    """`record` with its metrics; `texts` holds the text of the relevant and the cited documents by id."""
    item, answer = record.item, record.answer
    answer_text = own_words(answer)
    everything = "\n".join((answer_text, *(citation.quote for citation in answer.citations)))
    measures: dict[str, object] = {}
    if item.answerable:
        answered = "" if record.refused else everything
        if item.expected:
            documents = [texts[name] for name in record.documents]
            whole = ["\n".join(documents)] if item.type == CROSS_DOCUMENT else documents
            measures["answer_in_document"] = any(holds_answer(item, text) for text in whole)
        if item.key_points:
            measures["key_point_recall"] = metrics.key_point_recall(item.key_points, answered)
        if item.answer:
            spoken = "" if record.refused else metrics.bare(answer_text)
            measures["rouge_l"] = metrics.rouge_l(spoken, metrics.bare(item.answer))
    if not record.refused and (answer.citations or answer.kind not in _VOUCHED):
        measures["citation_supports"] = citations_support(answer, texts)
    if item.must_not:
        measures["must_not_violated"] = not record.refused and any(
            metrics.says(phrase, everything) for phrase in item.must_not
        )
    if item.alone:
        named = {name: texts[name] for name in record.documents}
        measures["alone"] = not record.refused and stands_alone(item, answer.citations, named)
    measured = record.model_copy(update=measures)
    quality = quality_of(measured, everything)
    return measured.model_copy(update={"quality": quality, "cause": cause_of(measured, quality)})


_PART_UNFOUND = re.compile(re.escape(wording.PART_UNFOUND).replace(r"\{place\}", "."))


def own_words(answer: Answer) -> str:
    """The answer's text without the fixed notices on outdated and on differing documents."""
    text = answer.text
    for citation in answer.citations:
        dated = citation.date or wording.UNDATED
        for notice in (
            wording.OUTDATED.format(title=citation.document, status=citation.status_said),
            wording.ANOTHER.format(title=citation.document, date=dated),
        ):
            text = text.replace(notice, "")
    return _PART_UNFOUND.sub("", text).strip()


_COLLECTED = (Ending.DOCUMENTS, Ending.DOCUMENT, Ending.NONE_COLLECTED)
_VOUCHED = (AnswerKind.FAQ, AnswerKind.COURTESY)  # fixed words, or those of two people
_COMPOSED = (Ending.LISTED, Ending.ARTICLE, Ending.COMPARED, Ending.LOOKED_UP, *_COLLECTED)


def citations_support(answer: Answer, texts: Mapping[str, str]) -> bool:
    """Whether every citation is in its document exactly as quoted, and the citations support the answer.

    Not applied to an approved FAQ entry without citations, which two people vouched for, nor to a courtesy.
    Lists of measures and of documents count and shorten their sources, an article looked up or a comparison
    says what is missing, and cells of a table are taken out of their row, so only the citations of these are
    checked, not their own words.
    """
    literally = answer.kind is AnswerKind.EXTRACT
    quotes = [citation.quote for citation in answer.citations]
    in_place = all(_stands_in_place(citation, texts) for citation in answer.citations)
    if answer.ending in _COMPOSED:
        return in_place
    return in_place and metrics.quotes_support(own_words(answer), quotes, literally=literally)


def _stands_in_place(citation: Citation, texts: Mapping[str, str]) -> bool:
    text = texts.get(citation.document_id, "")
    return bool(citation.quote) and text[citation.start : citation.end] == citation.quote


def _asks_back_as_expected(item: Item, answer: Answer) -> bool:
    """Whether a question is asked back, or none, as the item says, and offers its options."""
    labels = {option.label for option in answer.clarifying.options} if answer.clarifying else set()
    as_said = item.clarifies is None or item.clarifies is (answer.clarifying is not None)
    return as_said and labels.issuperset(item.options)


def quality_of(record: Record, everything: str) -> float:
    """0 (wrong) to 1 (right), for sorting the report's list of failures; not a metric of the report.

    `everything` is the text shown to the reader: the answer's words and the quotes.
    """
    item = record.item
    if record.must_not_violated:
        return 0.0
    if item.ending and record.answer.ending.value != item.ending:
        return 0.0
    if not _asks_back_as_expected(item, record.answer):
        return 0.0
    if not item.answerable:
        return float(record.refused)
    if (record.refused and not item.ending) or record.alone is False:
        return 0.0
    if record.key_point_recall is not None:
        return record.key_point_recall
    if item.evidence:
        quotes = [citation.quote for citation in record.answer.citations]
        pairs = [(evidence, quote) for evidence in item.evidence for quote in quotes]
        return float(any(metrics.mostly_stands_in(e, q) or metrics.mostly_stands_in(q, e) for e, q in pairs))
    if item.ending:
        return 1.0
    if record.rouge_l is not None and item.answer:
        right = record.rouge_l >= _SIMILAR or metrics.mostly_stands_in(item.answer, everything)
        return 1.0 if right else record.rouge_l
    return float(record.rankings[Blend.WEIGHTED].document_rank == 1)


def cause_of(record: Record, quality: float) -> Cause | None:
    """Why the answer is not right; None when it is.

    If retrieval missed the document, a refusal is retrieval's failure (MISSED): refusing was then correct.
    """
    if quality >= 1:
        return None
    if record.must_not_violated:
        return Cause.FORBIDDEN
    if record.item.ending:
        return Cause.BESIDE
    if not record.item.answerable:
        return Cause.WRONGLY_ANSWERED
    if record.item.doc_ids and not metrics.success_at(record.rankings[Blend.WEIGHTED].document_rank, 5):
        return Cause.MISSED
    return Cause.WRONGLY_REFUSED if record.refused else Cause.WRONG_PASSAGE
