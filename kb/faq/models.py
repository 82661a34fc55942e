"""The types of an FAQ entry's life: what a person fills in, the entry's status, and its versions."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints, model_validator

from kb.faq.marked.markdown import html_of, plain_text
from kb.models import MAX_QUESTION_CHARS, Model, Span

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

Wording = Annotated[Words, StringConstraints(max_length=MAX_QUESTION_CHARS)]


class FaqStatus(StrEnum):
    """The status of an entry; only approved entries answer."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The status in Chinese."""
        return _LABELS[self]


_LABELS: Mapping[FaqStatus, str] = {
    FaqStatus.DRAFT: "草稿",
    FaqStatus.SUBMITTED: "待审核",
    FaqStatus.APPROVED: "已审核",
    FaqStatus.WITHDRAWN: "已撤下",
}


class FaqEntry(Model):
    """One question with its answer, other wordings of the question, and the source of the answer.

    `span` is the source's place in document `document_id`. The entry answers from `valid_from` to
    `valid_until`, both days included; None means without bound.
    """

    id: Words
    question: Wording
    variants: tuple[Wording, ...] = ()
    answer: Words
    department: Words | None = None
    document_id: Words | None = None
    span: Span | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    status: FaqStatus = FaqStatus.APPROVED

    @model_validator(mode="after")
    def _fits_together(self) -> "FaqEntry":
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("有效期至早于有效期自")
        if self.span and not self.document_id:
            raise ValueError("有出处位置，却没有出处文件编号")
        return self

    @property
    def wordings(self) -> tuple[str, ...]:
        """The question and its variants."""
        return (self.question, *self.variants)

    @property
    def plain(self) -> str:
        """The answer without markup: for telephones, exports, reading aloud."""
        return plain_text(self.answer)

    @property
    def html(self) -> str | None:
        """The answer as HTML that is safe to show; None when it has no markup."""
        return html_of(self.answer)

    def holds_on(self, day: date) -> bool:
        """Whether the answer is valid on `day`."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)


class FaqDraft(Model):
    """What a person fills in; `quote`: the words of the document that the answer comes from."""

    question: Wording
    variants: tuple[Wording, ...] = ()
    answer: Words
    department: Words | None = None
    document_id: Words | None = None
    quote: Words | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class FaqState(StrEnum):
    """An entry's state as shown to people: FaqStatus, or 已过期 for an approved entry after its last day."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The state in Chinese."""
        return "已过期" if self is FaqState.EXPIRED else FaqStatus(self.value).label


class FaqStep(StrEnum):
    """The step that made a version of an entry."""

    CREATED = "新建"
    IMPORTED = "导入"
    SAVED = "修改"
    SUBMITTED = "提交"
    APPROVED = "通过"
    REJECTED = "退回"
    WITHDRAWN = "撤下"
    FLAGGED = "需复核"


class FaqRecord(Model):
    """An entry and its life so far.

    `quote`: the document's words at the entry's span when it was saved. `source_status`: the document's
    validity when the entry was approved. `review_reason`: why it is under review (需复核) and does not
    answer. `note`: from the reviewer who sent it back. `checked_*`: who did the secrecy check and approved,
    and when. `asked_at`: when the citizen asked in whose words the draft was written; None for staff's own.
    """

    entry: FaqEntry
    version: int
    author: str
    editor: str
    editor_title: str
    updated: datetime
    quote: str | None = None
    source_status: str | None = None
    review_reason: str | None = None
    note: str | None = None
    checked_by: str | None = None
    checked_title: str | None = None
    checked_at: datetime | None = None
    asked_at: datetime | None = None

    @property
    def answers(self) -> bool:
        """Whether the entry may answer on the days on which it is valid."""
        return self.entry.status is FaqStatus.APPROVED and self.review_reason is None

    @property
    def awaits_review(self) -> bool:
        """Whether a reviewer must decide: the entry was submitted, or its source no longer holds."""
        is_flagged = self.entry.status is FaqStatus.APPROVED and self.review_reason is not None
        return is_flagged or self.entry.status is FaqStatus.SUBMITTED

    def state(self, day: date) -> FaqState:
        """The entry's state on `day`."""
        until = self.entry.valid_until
        if self.entry.status is FaqStatus.APPROVED and until is not None and until < day:
            return FaqState.EXPIRED
        return FaqState(self.entry.status.value)


class FaqVersion(Model):
    """An entry as it was after one step of its life."""

    version: int
    step: FaqStep
    saved_by: str
    saved_title: str
    saved_at: datetime
    note: str | None
    entry: FaqEntry
    quote: str | None


class FaqFilter(Model):
    """The conditions of a search for entries; None and empty mean any."""

    text: str = ""
    state: FaqState | None = None
    department: str | None = None
    in_review: bool = False


class FaqPage(Model):
    """One page of a list, and how many entries the whole list has."""

    records: tuple[FaqRecord, ...]
    total: int
