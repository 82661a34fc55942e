"""The answerer's desk: one search over documents and approved FAQ entries, used with a caller on the line.

The typed text is read like a citizen's question (kb.question.understanding): 红头文件 finds 规范性文件, and a
year in the text narrows the search unless the form does. Entries come first, as they are answers already:
entries that mean the same as the typed text, then entries that contain its words. An entry has the validity
and year of the document that it cites.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from enum import StrEnum
from itertools import islice

from kb.answering.evidence import weigh_evidence
from kb.desk.word_search import FaqWords
from kb.embedding.embedder import Embedder, Vectors
from kb.errors import ModelError, NotReadyError
from kb.faq.matching import Faq, entries_asked
from kb.faq.models import FaqEntry
from kb.hits import Hit, Hits
from kb.language.tokens import words
from kb.language.word_weights import read_question_words
from kb.models import DocumentSummary, Filters, Model, Question, Span, Standing, Status, viewer_url
from kb.question.understanding import Query, Understanding
from kb.retrieval.retriever import Retriever
from kb.staff.permissions import Action, Staff, require
from kb.storage.documents import Documents

logger = logging.getLogger(__name__)

_ENTRIES, _ENTRIES_BESIDE, _PASSAGES = 10, 3, 10  # shown: entries alone, beside passages; passages
_SHARE = 0.7  # of the typed words that an entry must contain to be found by them
# Without a word of the query, passages below this confidence are about something else: over two laws and the
# work plan 红烧肉怎么做, 比特币 and asdfgh score at most 0.08, 丢了饭碗 (生活无着) 0.12.
_NOTHING = 0.1
_BY_ENTRIES = "现在只查得到常见问答。{reason}"
_BY_WORDS = "向量模型暂时不能使用，现在只按字词查常见问答。"
_IN_QUESTION = 2  # a word in the question scores as two in the answer


class ResultKind(StrEnum):
    """What is searched."""

    PASSAGE = "文件"
    ENTRY = "问答"


class Found(Model):
    """A passage of a document, or an FAQ entry with its answer as `text`.

    Entries have `question`, `entry_id` and `department`, passages have the units. The other fields describe
    the document, if there is one: `place` is its title and headings, `url` shows the words in place.
    """

    kind: ResultKind
    text: str
    question: str | None = None
    entry_id: str | None = None
    department: str | None = None
    lead_units: tuple[str, ...] = ()  # 牵头单位
    responsible_units: tuple[str, ...] = ()  # 责任单位
    place: tuple[str, ...] = ()
    number: str | None = None
    dated: date | None = None
    status: Status | None = None
    standing: Standing | None = None
    document_id: str | None = None
    url: str | None = None

    @property
    def departments(self) -> tuple[str, ...]:
        """The departments concerned, lead units first."""
        named = (self.department,) if self.department else (*self.lead_units, *self.responsible_units)
        return tuple(dict.fromkeys(named))

    @property
    def source(self) -> str:
        """The source of the words as a reader quotes it: 《物业管理条例》（国务院令第698号）第二章 业主."""
        if not self.place:
            return "常见问答（已审核）"
        number = f"（{self.number}）" if self.number else ""
        return " ".join((f"《{self.place[0]}》{number}", *self.place[1:]))

    @property
    def to_copy(self) -> str:
        """The words with a line that names their source."""
        return f"{self.text}\n出处：{self.source}"


class Searched(Model):
    """The results of a search, best first; `query` is the text searched for, `terms` the words to mark.

    `notice` says what could not be searched at the moment.
    """

    query: str
    notice: str | None = None
    terms: frozenset[str] = frozenset()
    found: tuple[Found, ...] = ()


class Desk:
    """Searches documents and entries; keeps the entries' words in canonical form.

    All methods raise StoreError when the database fails. Without the index or the model entries are still
    found, by their words.
    """

    def __init__(
        self,
        documents: Documents,
        faq: Faq,
        retriever: Retriever,
        embedder: Embedder,
        understanding: Understanding,
    ) -> None:
        self._understanding = understanding
        self._documents = documents
        self._faq = faq
        self._retriever = retriever
        self._embedder = embedder
        self._words = FaqWords(())

    def search(
        self, staff: Staff, typed: str, filters: Filters, kinds: Sequence[ResultKind], today: date
    ) -> Searched:
        """Entries, then passages, that answer the text `typed` and pass `filters`; no results for no text."""
        require(staff, Action.SEARCH)
        if not typed.strip():
            return Searched(query="")
        query = self._understanding.read(Question(text=typed, filters=filters), today)
        vector, notice = self._embedded(query.text)
        passages: list[Found] = []
        if ResultKind.PASSAGE in kinds and vector is not None:
            try:
                passages = self._passages(query, vector, filters)
            except NotReadyError as error:
                notice = _BY_ENTRIES.format(reason=error.citizen)
        found = passages
        if ResultKind.ENTRY in kinds:
            shown = _ENTRIES_BESIDE if ResultKind.PASSAGE in kinds and not notice else _ENTRIES
            found = [*self._entries(self._answering(query, vector, today), filters)[:shown], *passages]
        terms = self.terms(typed) | self.terms(query.text)
        return Searched(query=query.text, notice=notice, terms=terms, found=tuple(found))

    def _embedded(self, text: str) -> tuple[Vectors | None, str | None]:
        """The vector of `text`; without a model a notice in its place."""
        try:
            return self._embedder.embed_query(text), None
        except ModelError as error:
            logger.error("%s", error.operator)
            return None, _BY_WORDS

    def _answering(self, query: Query, vector: Vectors | None, today: date) -> list[FaqEntry]:
        """The entries that ask the same as `query`, then those that contain its words."""
        near: list[FaqEntry] = []
        if vector is not None:
            with suppress(NotReadyError):  # their words are enough meanwhile
                asked = entries_asked(query, vector, self._faq, self._embedder)
                near = [match.entry for match in asked]
        return list({entry.id: entry for entry in (*near, *self._holding(query.text, today))}.values())

    def terms(self, query: str) -> frozenset[str]:
        """The content words of `query`: two characters or more, no question words."""
        return frozenset(word for word in words(query) if len(word) > 1 and word not in read_question_words())

    def _passages(self, query: Query, vector: Vectors, filters: Filters) -> list[Found]:
        hits = self._retriever.retrieve_narrowed(query.text, query.filters, filters, _PASSAGES, vector)
        return [passage(hit) for hit in hits.kept] if _says_something(hits) else []

    def _holding(self, query: str, today: date) -> list[FaqEntry]:
        """The entries valid on `today` that contain most of the words of `query`, best first."""
        terms = self.terms(query)
        if not terms:
            return []
        if self._words.entries is not self._faq.entries:
            self._words = FaqWords(self._faq.entries, self._words)
        matches = self._words.holding(terms, _SHARE, _IN_QUESTION)
        return list(islice((entry for entry in matches if entry.holds_on(today)), _ENTRIES))

    def _entries(self, entries: Sequence[FaqEntry], filters: Filters) -> list[Found]:
        sources = {entry.document_id for entry in entries if entry.document_id}
        documents = {summary.id: summary for summary in self._documents.summaries(sources)} if sources else {}
        paired = [(entry, documents.get(entry.document_id or "")) for entry in entries]
        return [_entry(entry, source) for entry, source in paired if _passes(entry, source, filters)]


def _says_something(hits: Hits) -> bool:
    """Whether the hits have a word of the query or at least its subject: nearest ones there always are."""
    if not hits.kept:
        return False
    evidence = weigh_evidence(hits)
    return evidence.coverage > 0 or evidence.bigram > 0 or evidence.retrieved >= _NOTHING


def _passes(entry: FaqEntry, source: DocumentSummary | None, filters: Filters) -> bool:
    """Whether an entry that cites `source` passes `filters`."""
    if filters.department and filters.department not in (entry.department or ""):
        return False
    if filters.status and (source is None or source.status is not filters.status):
        return False
    return filters.passes_day(source.dated if source else None)


def _entry(entry: FaqEntry, source: DocumentSummary | None) -> Found:
    return Found(
        kind=ResultKind.ENTRY,
        text=entry.plain,
        question=entry.question,
        entry_id=entry.id,
        department=entry.department,
        **(_document_facts(source, (), entry.span) if source else {}),
    )


def passage(hit: Hit) -> Found:
    """A hit as the search shows it to an answerer."""
    chunk = hit.chunk
    return Found(
        kind=ResultKind.PASSAGE,
        text=chunk.text,
        lead_units=chunk.lead_units,
        responsible_units=chunk.responsible_units,
        **_document_facts(hit.document, chunk.heading_path, chunk.span),
    )


def _document_facts(
    document: DocumentSummary, headings: tuple[str, ...], span: Span | None
) -> dict[str, object]:
    return {
        "place": (document.title, *headings),
        "number": document.number,
        "dated": document.dated,
        "status": document.status,
        "standing": document.standing,
        "document_id": document.id,
        "url": viewer_url(document.id, span) if span else f"/doc/{document.id}",
    }
