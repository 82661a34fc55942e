"""Answers about a document itself, from the registry: what it is about, validity, issuer, dates, number.

这个文件 is the document of the answer before, which is found by asking the question before once more.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from kb.answering.quoting import cite_span
from kb.answers import Answer, Citation, Clarifying, Ending, Offer, Option
from kb.controls import wording
from kb.controls.rules import Rules
from kb.language.sentences import sentences
from kb.lookup.asked_collection import asked_of_collection
from kb.lookup.asked_document import DocumentAsk, DocumentRequest, asked_of_document
from kb.lookup.collection import in_scope, named
from kb.lookup.courtesies import courtesy
from kb.lookup.fact_places import day_place, title_place, words_place
from kb.lookup.saying import filled, said
from kb.lookup.spoken_of import Spoken
from kb.models import PolicyDocument, Question, Section, Span, Status
from kb.question.understanding import Query
from kb.storage.documents import Documents

_OPTIONS = 5  # documents to choose from
_PARTS = 10  # parts of an outline shown
_LONGEST = 50  # characters of a part's first sentence
_FEW = 3  # with fewer parts of the first level, those of the second are shown too


class OneDocument:
    """Answers about documents.

    `spoken_of` tells which documents the turn before a question spoke of.
    """

    def __init__(self, documents: Documents, spoken_of: Callable[[Question], Spoken]) -> None:
        self._documents = documents
        self._spoken_of = spoken_of

    def answer(self, question: Question, query: Query, rules: Rules) -> Answer | None:
        """What the registry says of the document that `question` asks about; None for other questions."""

        @cache
        def heads() -> Sequence[PolicyDocument]:
            shown = [head for head in self._documents.heads() if head.id not in rules.excluded]
            return in_scope(shown, query.filters) or shown

        before = question.history[-1] if question.history else ""
        spoken_of = bool(before) and bool(asked_of_collection(before) or asked_of_document(before, heads))
        request = asked_of_document(question.text, heads, spoken_of=spoken_of)
        if request is None:
            return None
        if request.document_id is None and request.name:
            text = filled(rules.say(wording.NONE_COLLECTED), about=f"名为《{request.name}》")
            none = said(question, Ending.NONE_COLLECTED, text + rules.say(wording.REFUSAL_NEXT))
            return none.model_copy(update={"offers": (Offer.LEAVE,)})
        spoken = Spoken() if request.document_id else self._spoken_of(question)
        several = spoken.listed and len(spoken.documents) > 1
        document_id = request.document_id or next(iter(() if several else spoken.documents), None)
        document = self._documents.get(document_id) if document_id else None
        if document is None:
            named = [head for head in heads() if head.id in spoken.documents]
            return self._which(question, request, named, heads(), rules)
        return self._about(question, request, document, rules)

    def _which(
        self,
        question: Question,
        request: DocumentRequest,
        named: Sequence[PolicyDocument],
        heads: Sequence[PolicyDocument],
        rules: Rules,
    ) -> Answer | None:
        """A question back, with the documents `named` before to choose from.

        A bare 谁发的 without anything before is left to the search.
        """
        if not heads or not (request.pointing or question.history):
            return None
        newest = max(named or heads, key=lambda head: head.dated or date.min)
        text = filled(rules.say(wording.UNNAMED_DOCUMENT), example=_title(newest))
        answer = courtesy(question, Ending.UNNAMED_DOCUMENT, text)
        options = tuple(
            Option(label=f"《{_title(head)}》", question=f"《{_title(head)}》{request.words}")
            for head in named[:_OPTIONS]
        )
        asked_back = Clarifying(question=rules.say(wording.CLARIFY_DOCUMENT), options=options)
        return answer.model_copy(update={"clarifying": asked_back}) if options else answer

    def _about(
        self, question: Question, request: DocumentRequest, document: PolicyDocument, rules: Rules
    ) -> Answer:
        text, places = _FACTS[request.ask](document, rules)
        citations = [cite_span(place, document) for place in places]
        standing = document.standing
        if request.ask is DocumentAsk.VALIDITY and standing and standing.document_id:
            citations[:0] = self._standing(standing.document_id, standing.span)
        return said(question, Ending.DOCUMENT, text, tuple(citations))

    def _standing(self, document_id: str, span: Span | None) -> list[Citation]:
        """The place in another document that ended the validity of this one."""
        other = self._documents.get(document_id)
        return [cite_span(span or title_place(other), other)] if other else []


def _outline(document: PolicyDocument, rules: Rules) -> tuple[str, list[Span]]:
    """The headings, each with its first sentence; of a document without headings its first sentences."""
    parts = [section for section in document.sections if section.level == 1 and not section.table]
    if len(parts) < _FEW:
        parts = [section for section in document.sections if section.level <= 2 and not section.table]
    lines, places = [], []
    for section in parts[:_PARTS]:
        first = _first_sentence(document, section)
        lines.append(
            "".join((section.label, "：" if first else "", _cut(first.of(document.text)) if first else ""))
        )
        places.append(Span(start=section.span.start, end=first.end if first else section.span.end))
    if not parts:
        places = list(sentences(document.text))[1 : 1 + _FEW]
        lines = [_cut(place.of(document.text)) for place in places]
    if len(parts) > _PARTS:
        lines.append(filled(rules.say(wording.OUTLINE_MORE), count=len(parts) - _PARTS))
    head = filled(rules.say(wording.OUTLINE), document=named(document))
    return "\n".join((head, *lines)), places


def _first_sentence(document: PolicyDocument, section: Section) -> Span | None:
    """The first sentence below the heading of `section`, without the number before it."""
    start = section.span.start + len(section.number)
    text = document.text[start : section.span.end]
    if section.heading and text.lstrip().startswith(section.heading):
        start += len(text) - len(text.lstrip()) + len(section.heading)
    return next(
        (
            part
            for part in sentences(document.text, Span(start=start, end=section.span.end))
            if _says(part, document)
        ),
        None,
    )


def _says(part: Span, document: PolicyDocument) -> bool:
    return len(part.of(document.text).strip(" 。，,.:：、")) > 4


def _cut(words: str) -> str:
    bare = re.sub(r"\s+", " ", words).strip()
    return bare if len(bare) <= _LONGEST else f"{bare[:_LONGEST]}……"


def _validity(document: PolicyDocument, rules: Rules) -> tuple[str, list[Span]]:
    standing = document.standing
    reason = f"（{standing.sentence}）" if standing else ""
    since = f"，自{_spelt(document.effective_date)}起施行" if document.effective_date else ""
    until = f"，有效期至{_spelt(document.expiry_date)}" if document.expiry_date else ""
    if document.status is not Status.IN_FORCE:
        since = ""
    place = (
        words_place(document, document.validity)
        if document.validity
        else day_place(document, document.effective_date)
        if document.effective_date
        else title_place(document)
    )
    return f"《{_title(document)}》{document.status.value}{reason}{since}{until}。", [place]


def _issuer(document: PolicyDocument, rules: Rules) -> tuple[str, list[Span]]:
    if not document.issuer:
        return _unknown(document, "发文机关", rules)
    dated = f"，{_spelt(document.dated)}" if document.dated else ""
    return f"《{_title(document)}》由{document.issuer}发布{dated}。", [words_place(document, document.issuer)]


def _issued(document: PolicyDocument, rules: Rules) -> tuple[str, list[Span]]:
    days = {"成文": document.written_date, "发布": document.published_date}
    said = [f"{_spelt(day)}{verb}" for verb, day in days.items() if day]
    first = document.written_date or document.published_date
    if first is None:
        return _unknown(document, "发布日期", rules)
    since = f"，{_spelt(document.effective_date)}起施行" if document.effective_date else ""
    return f"《{_title(document)}》{'，'.join(said)}{since}。", [day_place(document, first)]


def _effective(document: PolicyDocument, rules: Rules) -> tuple[str, list[Span]]:
    if document.effective_date is None:
        return _unknown(document, "施行日期", rules)
    status = "" if document.status is Status.IN_FORCE else f"；现在{document.status.value}"
    text = f"《{_title(document)}》自{_spelt(document.effective_date)}起施行{status}。"
    return text, [day_place(document, document.effective_date)]


def _number(document: PolicyDocument, rules: Rules) -> tuple[str, list[Span]]:
    if not document.number:
        return _unknown(document, "文号", rules)
    return f"《{_title(document)}》的文号是 {document.number}。", [words_place(document, document.number)]


def _unknown(document: PolicyDocument, fact: str, rules: Rules) -> tuple[str, list[Span]]:
    text = filled(rules.say(wording.FACT_UNKNOWN), title=_title(document), fact=fact)
    return text, [title_place(document)]


_Fact = Callable[[PolicyDocument, Rules], tuple[str, list[Span]]]
_FACTS: dict[DocumentAsk, _Fact] = {
    DocumentAsk.OUTLINE: _outline,
    DocumentAsk.VALIDITY: _validity,
    DocumentAsk.ISSUER: _issuer,
    DocumentAsk.ISSUED: _issued,
    DocumentAsk.EFFECTIVE: _effective,
    DocumentAsk.NUMBER: _number,
}


def _spelt(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _title(document: PolicyDocument) -> str:
    return document.title.strip("《》")
