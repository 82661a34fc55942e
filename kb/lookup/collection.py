"""Answers what is collected here: which documents, how many, the newest, those on a topic or of a unit.

The answer is read from the registry, so it is complete: the count covers all, the newest come first, and what
is not shown is counted. A topic on which there is no document is said so by name.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from kb.answering.quoting import cite_span
from kb.answers import Answer, Citation, Ending, Offer
from kb.clock import china_today
from kb.controls import wording
from kb.controls.rules import Rules
from kb.language.normalise import canonical
from kb.lookup.asked_collection import CollectionAsk, CollectionRequest, asked_of_collection
from kb.lookup.fact_places import title_place
from kb.lookup.saying import filled, said
from kb.models import Filters, PolicyDocument, Question, Status
from kb.question.departments import Departments
from kb.question.lay_words import EverydayWords, to_official
from kb.question.understanding import Query
from kb.storage.documents import Documents

TELLING = 5  # documents named that only tell of the topic
SHOWN = 8  # documents named in one answer; the count covers all


class Collection:
    """Lists documents, read from the registry for every question; stores nothing itself."""

    def __init__(self, documents: Documents, departments: Departments, words: EverydayWords) -> None:
        self._documents = documents
        self._departments = departments
        self._words = words

    def answer(self, question: Question, query: Query, rules: Rules) -> Answer | None:
        """The documents that `question` asks for; None when it asks for what they say."""
        request = asked_of_collection(question.text)
        if request is None:
            return None
        heads = [head for head in self._documents.heads() if head.id not in rules.excluded]
        filters = in_time(query.filters, request.time)
        if request.time and not filters.has_dates:
            return None
        heads = newest_first(in_scope(heads, filters))
        if request.unit:
            heads = self._of_unit(request.unit, heads)
        titled, telling = heads, list[PolicyDocument]()
        if request.topic:
            titled, telling = self._on_topic(request.topic, heads)
            if (not titled and not request.sure) or (request.exists and (titled or telling)):
                return None
        if not titled and not telling:
            return self._none(question, request, rules)
        return self._said(question, request, titled, telling, rules)

    def titled(self, text: str) -> tuple[str, ...]:
        """Ids of the documents whose titles have the topic that `text` asks documents on; those in force.

        None for any other text. Where none is in force, those that were.
        """
        request = asked_of_collection(text)
        if request is None or not request.topic:
            return ()
        titled, _ = self._on_topic(request.topic, newest_first(self._documents.heads()))
        in_force = [head.id for head in titled if head.status is Status.IN_FORCE]
        return tuple(in_force or (head.id for head in titled))

    def _of_unit(self, unit: str, heads: Sequence[PolicyDocument]) -> list[PolicyDocument]:
        """The documents that `unit` issued; 区司法局 is the 司法局 of any district."""
        issuers = {head.issuer for head in heads if head.issuer}
        named = set(self._departments.units_named(unit, issuers))
        plain = canonical(unit)
        named |= {issuer for issuer in issuers if plain in canonical(issuer) or canonical(issuer) in plain}
        return [head for head in heads if head.issuer in named]

    def _names(self, topic: str) -> tuple[str, ...]:
        """`topic` in the asker's words and, where these differ, in official ones."""
        return tuple(dict.fromkeys(map(canonical, (topic, to_official(topic, self._words.current())))))

    def _on_topic(
        self, topic: str, heads: Sequence[PolicyDocument]
    ) -> tuple[list[PolicyDocument], list[PolicyDocument]]:
        """The documents whose title or 主题 has `topic`, in lay words or official ones; those that tell of it
        in their text, most often first.
        """
        topics = self._names(topic)
        titled = [
            head
            for head in heads
            if any(each in canonical(f"{head.title}\n{head.topic or ''}") for each in topics)
        ]
        told = Counter[str]()
        for each in topics:
            told.update(self._documents.documents_with(each))
        telling = [head for head in heads if told[head.id] and head not in titled]
        return titled, sorted(telling, key=lambda head: -told[head.id])

    def _said(
        self,
        question: Question,
        request: CollectionRequest,
        heads: Sequence[PolicyDocument],
        telling: Sequence[PolicyDocument],
        rules: Rules,
    ) -> Answer:
        about, shown, more = self._about(request), heads[:SHOWN], telling[:TELLING]
        sentence = wording.SOME_DOCUMENTS if about else wording.ALL_DOCUMENTS
        if request.ask is CollectionAsk.LATEST and not about:
            sentence = wording.LATEST_DOCUMENTS
        in_force = sum(head.status is Status.IN_FORCE for head in heads)
        values = {"about": about, "count": len(heads), "in_force": in_force, "shown": len(shown)}
        lines = [filled(rules.say(sentence), **values), *_numbered(shown)] if heads else []
        if len(heads) > len(shown):
            lines.append(filled(rules.say(wording.MORE_DOCUMENTS), count=len(heads) - len(shown)))
        if telling:
            head_line = rules.say(wording.TELLING_DOCUMENTS)
            lines += [
                filled(head_line, topic=self._quoted(request.topic), count=len(telling)),
                *_numbered(more),
            ]
        if len(telling) > len(more):
            lines.append(filled(rules.say(wording.MORE_DOCUMENTS), count=len(telling) - len(more)))
        return said(question, Ending.DOCUMENTS, "\n".join(lines), self._cited([*shown, *more]))

    def _about(self, request: CollectionRequest) -> str:
        """What the question asks documents about, as it says it: 2019年、国务院印发、题目写明“信访”."""
        unit = f"{request.unit}印发" if request.unit else ""
        topic = f"题目写明{self._quoted(request.topic)}" if request.topic else ""
        return "、".join(filter(None, (request.time, unit, topic)))

    def _quoted(self, topic: str) -> str:
        return "".join(f"“{name}”" for name in self._names(topic))

    def _none(self, question: Question, request: CollectionRequest, rules: Rules) -> Answer:
        text = filled(rules.say(wording.NONE_COLLECTED), about=self._about(request))
        none = said(question, Ending.NONE_COLLECTED, f"{text}{rules.say(wording.REFUSAL_NEXT)}", ())
        return none.model_copy(update={"offers": (Offer.LEAVE,)})

    def _cited(self, heads: Sequence[PolicyDocument]) -> tuple[Citation, ...]:
        documents = filter(None, (self._documents.get(head.id) for head in heads))
        return tuple(cite_span(title_place(document), document) for document in documents)


def newest_first(heads: Sequence[PolicyDocument]) -> list[PolicyDocument]:
    """`heads` by date, the newest first, those without a date last."""
    return sorted(heads, key=lambda head: (head.dated or date.min, head.title), reverse=True)


def in_scope(heads: Sequence[PolicyDocument], filters: Filters) -> list[PolicyDocument]:
    """The documents among `heads` that `filters` leave."""
    return [
        head
        for head in heads
        if (not filters.document_ids or head.id in filters.document_ids)
        and (filters.status is None or head.status is filters.status)
        and (filters.department is None or filters.department in head.departments)
        and filters.passes_day(head.dated)
    ]


def named(head: PolicyDocument) -> str:
    """A document in one line: 《title》（number，date，no longer in force）."""
    status = "" if head.status is Status.IN_FORCE else head.status.value
    facts = "，".join(filter(None, (head.number, head.dated.isoformat() if head.dated else "", status)))
    return f"《{head.title.strip('《》')}》{f'（{facts}）' if facts else ''}"


def in_time(filters: Filters, time: str) -> Filters:
    """`filters` with the year of the words `time`, unless they have dates (kb.question.time_words)."""
    year = re.search(r"(?:19|20)\d\d", time)
    named_year = int(year[0]) if year else None
    if "今年" in time or "本年" in time:
        named_year = china_today().year
    if filters.has_dates or named_year is None:
        return filters
    return filters.model_copy(
        update={"date_from": date(named_year, 1, 1), "date_to": date(named_year, 12, 31)}
    )


def _numbered(heads: Sequence[PolicyDocument]) -> list[str]:
    return [f"{place}. {named(head)}" for place, head in enumerate(heads, start=1)]
