"""The answerer's desk: one search over documents and approved FAQ entries, with a caller on the line.

Entries come first, as they are answers already: those that mean the same as what was typed, then those that
hold its words. An entry's validity and year are those of the document that it cites.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from kb.documents import Documents
from kb.embedding import Embedder
from kb.faq import Faq, FaqEntry
from kb.models import DocumentSummary, Filters, Hit, Model, Span, Standing, Status, viewer_url
from kb.normalise import canonical
from kb.retrieve import Retriever
from kb.staff import Action, Staff, require
from kb.term_weights import read_question_words
from kb.tokens import words

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


class Desk:
    """Searches; keeps the entries' words in canonical form.

    All methods raise StoreError and ModelError when database, index or model fail.
    """

    def __init__(self, documents: Documents, faq: Faq, retriever: Retriever, embedder: Embedder) -> None:
        self._documents = documents
        self._faq = faq
        self._retriever = retriever
        self._embedder = embedder
        self._question_words = read_question_words()
        self._read: dict[str, tuple[FaqEntry, str, str]] = {}

    def search(
        self, staff: Staff, query: str, filters: Filters, kinds: Sequence[Kind], today: date
    ) -> tuple[Found, ...]:
        """Entries, then passages, that answer `query` and pass `filters`; nothing for an empty one."""
        require(staff, Action.SEARCH)
        if not query.strip():
            return ()
        vector = self._embedder.embed_query(query)
        found: list[Found] = []
        if Kind.ENTRY in kinds:
            near = [match.entry for match in self._faq.match(query, vector, today)]
            entries = {entry.id: entry for entry in (*near, *self._holding(query, today))}
            shown = self._entries(list(entries.values()), filters)
            found += shown[: _ENTRIES_BESIDE if Kind.PASSAGE in kinds else _ENTRIES]
        if Kind.PASSAGE in kinds:
            hits = self._retriever.retrieve(query, filters, _PASSAGES, vector=vector)
            found += [passage(hit) for hit in hits.kept]
        return tuple(found)

    def terms(self, query: str) -> frozenset[str]:
        """The words of `query` to look for: two characters or more, no question words."""
        return frozenset(word for word in words(query) if len(word) > 1 and word not in self._question_words)

    def _holding(self, query: str, today: date) -> list[FaqEntry]:
        """The entries that hold most of the words of `query`, best first."""
        terms = self.terms(query)
        if not terms:
            return []
        scored = []
        for entry, question, answer in self._canonical():
            asked = sum(term in question for term in terms)
            told = sum(term in answer for term in terms if term not in question)
            if (asked + told) / len(terms) >= _SHARE and entry.holds_on(today):
                scored.append((_IN_QUESTION * asked + told, entry))
        scored.sort(key=lambda pair: -pair[0])
        return [entry for _, entry in scored[:_ENTRIES]]

    def _canonical(self) -> list[tuple[FaqEntry, str, str]]:
        """Every entry with its wordings and its answer as they are compared; only new ones are read anew."""
        known, read = self._read, {}
        for entry in self._faq.entries:
            before = known.get(entry.id)
            is_same = before is not None and before[0] is entry
            read[entry.id] = before if is_same and before else _canonical_of(entry)
        self._read = read
        return list(read.values())

    def _entries(self, entries: Sequence[FaqEntry], filters: Filters) -> list[Found]:
        sources = {entry.document_id for entry in entries if entry.document_id}
        documents = {summary.id: summary for summary in self._documents.summaries(sources)} if sources else {}
        paired = [(entry, documents.get(entry.document_id or "")) for entry in entries]
        return [_entry(entry, source) for entry, source in paired if _passes(entry, source, filters)]


def _canonical_of(entry: FaqEntry) -> tuple[FaqEntry, str, str]:
    return entry, canonical("\n".join(entry.wordings)), canonical(entry.answer)


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
