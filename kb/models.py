"""Every type that flows from a policy file to the passages of an answer. Frozen; imports nothing of ours.

    PolicyDocument -> Section tree -> Chunk (a llama-index TextNode) -> Hit -> Answer (kb.answers)

A place in a document is always a `Span`: half-open, counted in characters of `PolicyDocument.text`.
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

MAX_QUESTION_CHARS = 500


class Model(BaseModel):
    """Base of all data here: immutable, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)  # errors end up in logs


class Status(StrEnum):
    """Validity (时效性) of a document."""

    IN_FORCE = "现行有效"
    AMENDED = "已修改"
    REPEALED = "已废止"
    EXPIRED = "已失效"


class Span(Model):
    """Half-open range of characters of `PolicyDocument.text`."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)

    def of(self, text: str) -> str:
        """The characters this span covers in `text`."""
        return text[self.start : self.end]


def viewer_url(document_id: str, span: Span) -> str:
    """URL at which the document viewer highlights `span`."""
    return f"/doc/{quote(document_id, safe='')}?start={span.start}&end={span.end}"


class Section(Model):
    """One numbered part of a document (章、条、款、项), in reading order.

    `number` is the numbering as printed ("第三条", "（五）"), `heading` the words that name it (may be
    empty: an article has a number only), `level` 1 for the outermost, `parent` the index of the
    enclosing section in `PolicyDocument.sections`, `span` from the number to the end of its last child.
    A `table` is a section too, named by its caption; each of its lines makes sense on its own.
    """

    number: str
    heading: str
    level: int = Field(ge=1)
    span: Span
    parent: int | None = None
    table: bool = False

    @property
    def label(self) -> str:
        """Number and heading as printed: "第一章 总则", "（五）提高政策解读实效"."""
        gap = " " if self.number.startswith("第") and self.heading else ""
        return f"{self.number}{gap}{self.heading}"


class Particulars(Model):
    """Facts that a text or a person may state about a document; None where not stated."""

    number: str | None = None  # 发文字号
    issuer: str | None = None  # 发文机关
    written_date: date | None = None  # 成文日期
    published_date: date | None = None  # 发布日期
    effective_date: date | None = None  # 施行日期
    expiry_date: date | None = None  # 失效日期
    index_number: str | None = None  # 索引号
    topic: str | None = None  # 主题分类
    addressee: str | None = None  # 主送机关
    validity: str | None = None  # 有效期说明: the sentence that says it


class Finding(Model):
    """How sure a field that was read from a document is (0 to 1), and where it was found."""

    field: str
    confidence: float = Field(ge=0, le=1)
    reason: str


class Statement(Model):
    """A statement at `span` on the validity of another document, named by title or number or both."""

    effect: Status  # REPEALED or AMENDED
    title: str | None = None
    number: str | None = None
    dated: date | None = None  # when the other document was issued
    since: date | None = None  # when it takes effect
    span: Span


class Standing(Model):
    """Why a document has its status: a sentence for people, since when, the place that says so."""

    sentence: str
    since: date | None = None
    document_id: str | None = None
    span: Span | None = None

    @property
    def is_evident(self) -> bool:
        """Whether the status follows from a document or a date, not from a person's word alone."""
        return self.since is not None or self.document_id is not None

    @property
    def url(self) -> str | None:
        """Where the viewer shows the place that says so."""
        return viewer_url(self.document_id, self.span or Span(start=0, end=0)) if self.document_id else None


class Boundary(Model):
    """A place where staff parted a passage, or joined two: the words on both sides, without white space."""

    before: str
    behind: str
    parts: bool


class Correction(Particulars):
    """What a person states about a document; it overrides the document's text.

    Only fields that were given count. A particular given as None is deleted; title, status or departments
    given as None are ignored.
    """

    title: str | None = Field(default=None, min_length=1, max_length=200)
    status: Status | None = None
    departments: tuple[str, ...] | None = None
    url: str | None = None
    replaced_by: str | None = None  # id of the document that took its place
    questions: dict[str, tuple[str, ...]] | None = None  # by the words with which their passage begins
    boundaries: tuple[Boundary, ...] | None = None  # where its passages part otherwise than they were cut

    def stated(self) -> dict[str, object]:
        """The fields that count, with their values."""
        needed = ("title", "status", "departments")
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in given.items() if value is not None or name not in needed}


class PlaceDoubt(Model):
    """What may be read wrongly at a place: the page (from 1), words near it ("" for all of it), and why."""

    page: int | None = None
    words: str = ""
    sentence: str


class PolicyDocument(Particulars):
    """政策文件 with its whole text, so that any citation can be shown in place.

    `source`: file name; `path`: where it was read from (for a docs.jsonl: the jsonl file); `sha256`: of the
    content; `page_starts`: character offset at which each page begins (page 1 first), empty for formats
    without pages; `page_labels`: what the pages are called, () where by their number; `status_stated`:
    whether a person stated the status.
    """

    id: str
    title: str
    text: str
    source: str
    path: str
    sha256: str
    status: Status = Status.IN_FORCE
    status_stated: bool = False
    replaced_by: str | None = None
    departments: tuple[str, ...] = ()
    url: str | None = None
    sections: tuple[Section, ...] = ()
    attached: tuple[str, ...] = ()  # titles of the texts in articles that it carries or has attached
    page_starts: tuple[int, ...] = ()
    page_labels: tuple[str, ...] = ()  # 第 ii 页, as printed
    indexed_title: str | None = None  # the title in indexed text, if it differs
    findings: tuple[Finding, ...] = ()  # one for each field that was read
    statements: tuple[Statement, ...] = ()  # on the validity of other documents
    standing: Standing | None = None  # derived from all documents (ingest.anatomy.validity)
    doubts: tuple[str, ...] = ()  # derived like `standing`: what staff should look at
    remarks: tuple[str, ...] = ()  # sentences on what may be read wrongly or not at all (scans)
    place_doubts: tuple[PlaceDoubt, ...] = ()  # the same page by page, for staff before it goes live
    questions: tuple[tuple[str, tuple[str, ...]], ...] = ()  # known to be answered, by words of their passage
    question_count: int = 0  # of `questions`
    boundaries: tuple[Boundary, ...] = ()  # as in Correction, those that its text still has

    @property
    def dated(self) -> date | None:
        """The date a reader would give the document: written, else published, else effective."""
        return self.written_date or self.published_date or self.effective_date

    def page_of(self, offset: int) -> int | None:
        """Page number (from 1) of a character offset; None for formats without pages."""
        if not self.page_starts:
            return None
        return bisect_right(self.page_starts, offset) or 1

    def page_label(self, page: int | None) -> str | None:
        """What a page is called where that is not its number (第 ii 页); else None."""
        return self.page_labels[page - 1] if page and page <= len(self.page_labels) else None


class Stretch(Model):
    """What is stored of one stretch of a document, as ingest.structure.chunks cuts it; see kb.hits.Chunk."""

    id_: str = ""
    text: str
    document_id: str
    document_title: str
    span: Span
    page: int | None = None
    heading_path: tuple[str, ...] = ()
    lead_units: tuple[str, ...] = ()  # 牵头单位
    responsible_units: tuple[str, ...] = ()  # 责任单位
    units_span: Span | None = None  # the bracket that names them
    section: int | None = None  # index of the innermost section in PolicyDocument.sections
    questions: tuple[str, ...] = ()  # that people ask and it answers; matched, never shown
    answers_at: tuple[int, ...] = ()  # where in `text` each of `questions` is answered

    @property
    def indexed_text(self) -> str:
        """The text that signals index: document title, heading path, then the stretch's own text."""
        return "\n".join((self.document_title, *self.heading_path, self.text))


FindDocument = Callable[[str], PolicyDocument | None]  # id -> the document, None when there is none


class Filters(Model):
    """Restrictions a user or a question puts on retrieval; empty means no restriction."""

    department: str | None = None
    status: Status | None = None
    date_from: date | None = None
    date_to: date | None = None
    document_ids: tuple[str, ...] = ()

    @property
    def has_dates(self) -> bool:
        """Whether only documents of a time pass."""
        return bool(self.date_from or self.date_to)

    def passes_day(self, day: date | None) -> bool:
        """Whether a document of this `day` is of the time that is asked for; every one is, without dates."""
        if not self.has_dates:
            return True
        return day is not None and (self.date_from or day) <= day <= (self.date_to or day)


class Question(Model):
    """What a person typed; `history` holds the earlier questions of the conversation, oldest first."""

    text: str
    history: tuple[str, ...] = ()
    filters: Filters = Filters()

    @property
    def before(self) -> "Question | None":
        """The question before this one, as it was asked then; None without one."""
        rest = {"history": self.history[:-1]}
        return self.model_copy(update={"text": self.history[-1], **rest}) if self.history else None


class Signal(StrEnum):
    """The scores retrieval blends: cosines, BM25, the document's evidence, likeness to known questions."""

    DENSE = "dense"
    MAPPED = "mapped"  # the cosine of the query as kb.embedding.question_map corrects it
    BIGRAM = "bigram"
    WORD = "word"
    DOCUMENT = "document"
    ASKED = "asked"  # likeness of a question that the passage is known to answer


class DocumentSummary(Model):
    """A document without its text: one line of the list, the head of a hit."""

    id: str
    title: str
    source: str
    path: str
    sha256: str
    fingerprint: str
    number: str | None
    status: Status
    dated: date | None
    chunks: int
    standing: Standing | None = None
