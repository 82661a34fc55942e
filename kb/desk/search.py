"""The answerer's desk: one search over documents and approved FAQ entries, with a caller on the line.

What a caller said is read as a citizen's question is (kb.question.understanding): 红头文件 finds 规范性文件, and a
year that is named narrows the search unless the form does. Entries come first, as they are answers already:
those that mean the same as what was typed, then those that hold its words. An entry's validity and year are
those of the document that it cites.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import islice

from kb.desk.word_search import FaqWords
from kb.embedding.embedder import Embedder, Vectors
from kb.faq.matching import Faq, entries_asked
from kb.faq.models import FaqEntry
from kb.language.tokens import words
from kb.language.word_weights import read_question_words
from kb.models import DocumentSummary, Filters, Hit, Model, Question, Span, Standing, Status, viewer_url
from kb.question.understanding import Query, Understanding
from kb.retrieval.retriever import Retriever
from kb.staff.permissions import Action, Staff, require
from kb.storage.documents import Documents

_ENTRIES, _ENTRIES_BESIDE, _PASSAGES = 10, 3, 10  # shown: entries alone, beside passages; passages
_SHARE = 0.7  # of the words typed that an entry must hold to be found by them
_IN_QUESTION = 2  # a word in the question counts for two in the answer


class Kind(StrEnum):
    """What is searched."""

    PASSAGE = "文件"
    ENTRY = "问答"


class Found(Model):
    """A passage of a document, or an FAQ entry with its answer as `text`.

    `question`, `entry_id` and `department` are of an entry, the units of a passage. The rest is known of the
    document, if there is one: `place` its title and headings. `url` shows the words in place.
    """

    kind: Kind
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
        """In whose matter it lies, those that lead first."""
        named = (self.department,) if self.department else (*self.lead_units, *self.responsible_units)
        return tuple(dict.fromkeys(named))

    @property
    def source(self) -> str:
        """Where the words stand, as a reader quotes it: 《物业管理条例》（国务院令第698号）第二章 业主."""
        if not self.place:
            return "常见问答（已审核）"
        number = f"（{self.number}）" if self.number else ""
        return " ".join((f"《{self.place[0]}》{number}", *self.place[1:]))

    @property
    def to_copy(self) -> str:
        """The words with a line that says where they stand."""
        return f"{self.text}\n出处：{self.source}"


class Searched(Model):
    """What a search found, best first; `query` is what was searched for, `terms` its words to look for."""

    query: str
    terms: frozenset[str] = frozenset()
    found: tuple[Found, ...] = ()


class Desk:
    """Searches; keeps the entries' words in canonical form.

    All methods raise StoreError and ModelError when database, index or model fail.
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
        self, staff: Staff, typed: str, filters: Filters, kinds: Sequence[Kind], today: date
    ) -> Searched:
        """Entries, then passages, that answer what was `typed` and pass `filters`; nothing for nothing."""
        require(staff, Action.SEARCH)
        if not typed.strip():
            return Searched(query="")
        query = self._understanding.read(Question(text=typed, filters=filters), today)
        vector = self._embedder.embed_query(query.text)
        found: list[Found] = []
        if Kind.ENTRY in kinds:
            near = [match.entry for match in entries_asked(query, vector, self._faq, self._embedder)]
            entries = {entry.id: entry for entry in (*near, *self._holding(query.text, today))}
            shown = self._entries(list(entries.values()), filters)
            found += shown[: _ENTRIES_BESIDE if Kind.PASSAGE in kinds else _ENTRIES]
        if Kind.PASSAGE in kinds:
            found += self._passages(query, vector, filters)
        terms = self.terms(typed) | self.terms(query.text)
        return Searched(query=query.text, terms=terms, found=tuple(found))

    def terms(self, query: str) -> frozenset[str]:
        """The words of `query` to look for: two characters or more, no question words."""
        return frozenset(word for word in words(query) if len(word) > 1 and word not in read_question_words())

    def _passages(self, query: Query, vector: Vectors, filters: Filters) -> list[Found]:
        hits = self._retriever.retrieve(query.text, query.filters, _PASSAGES, vector=vector)
        if not hits.kept and query.filters != filters:  # no document of the time that was named
            hits = self._retriever.retrieve(query.text, filters, _PASSAGES, vector=vector)
        return [passage(hit) for hit in hits.kept]

    def _holding(self, query: str, today: date) -> list[FaqEntry]:
        """The entries that hold most of the words of `query`, best first."""
        terms = self.terms(query)
        if not terms:
            return []
        if self._words.entries is not self._faq.entries:
            self._words = FaqWords(self._faq.entries, self._words)
        found = self._words.holding(terms, _SHARE, _IN_QUESTION)
        return list(islice((entry for entry in found if entry.holds_on(today)), _ENTRIES))

    def _entries(self, entries: Sequence[FaqEntry], filters: Filters) -> list[Found]:
        sources = {entry.document_id for entry in entries if entry.document_id}
        documents = {summary.id: summary for summary in self._documents.summaries(sources)} if sources else {}
        paired = [(entry, documents.get(entry.document_id or "")) for entry in entries]
        return [_entry(entry, source) for entry, source in paired if _passes(entry, source, filters)]


def _passes(entry: FaqEntry, source: DocumentSummary | None, filters: Filters) -> bool:
    """Whether an entry that cites `source` is among what is looked for."""
    if filters.department and filters.department not in (entry.department or ""):
        return False
    if filters.status and (source is None or source.status is not filters.status):
        return False
    if not (filters.date_from or filters.date_to):
        return True
    day = source.dated if source else None
    return day is not None and (filters.date_from or day) <= day <= (filters.date_to or day)


def _entry(entry: FaqEntry, source: DocumentSummary | None) -> Found:
    return Found(
        kind=Kind.ENTRY,
        text=entry.answer,
        question=entry.question,
        entry_id=entry.id,
        department=entry.department,
        **(_document_facts(source, (), entry.span) if source else {}),
    )


def passage(hit: Hit) -> Found:
    """A hit as an answerer sees it."""
    chunk = hit.chunk
    return Found(
        kind=Kind.PASSAGE,
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
