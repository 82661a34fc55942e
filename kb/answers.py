"""What a question got: the types of an answer and its sources. Frozen; behaviour is elsewhere."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from kb.models import Model, Status


class AnswerKind(StrEnum):
    """What an answer is made of."""

    FAQ = "faq"
    EXTRACT = "extract"
    GENERATED = "generated"
    REFUSED = "refused"


class Ending(StrEnum):
    """Every way the journey of a question can end; `Answer.kind` follows from it (see `ENDING_KIND`)."""

    FAQ = "faq"
    QUOTED = "quoted"
    LISTED = "listed"  # all measures of a unit, or due by a day
    NO_HITS = "no_hits"
    WEAK_EVIDENCE = "weak_evidence"
    NOTHING_TO_QUOTE = "nothing_to_quote"
    NOT_SAID = "not_said"
    ONLY_OUTDATED = "only_outdated"  # what fits stands in documents that are no longer in force
    CLOSED = "closed"  # administrators have switched answers off


ENDING_KIND: dict[Ending, AnswerKind] = {
    Ending.FAQ: AnswerKind.FAQ,
    Ending.QUOTED: AnswerKind.EXTRACT,
    Ending.LISTED: AnswerKind.EXTRACT,
    Ending.NO_HITS: AnswerKind.REFUSED,
    Ending.WEAK_EVIDENCE: AnswerKind.REFUSED,
    Ending.NOTHING_TO_QUOTE: AnswerKind.REFUSED,
    Ending.NOT_SAID: AnswerKind.REFUSED,
    Ending.ONLY_OUTDATED: AnswerKind.REFUSED,
    Ending.CLOSED: AnswerKind.REFUSED,
}


class Citation(Model):
    """Where an answer's words stand. `quote` equals the document's text from `start` to `end`.

    `standing`: why the document is no longer in force, as far as it follows from documents or dates.
    """

    document: str
    document_id: str
    number: str | None
    section: str
    page: int | None
    quote: str
    start: int
    end: int
    url: str
    chunk_id: str | None
    date: str | None = None
    status: Status = Status.IN_FORCE
    standing: str | None = None

    @property
    def status_said(self) -> str:
        """Status and reason as an answer says them: 已废止（被《…》废止，自 2023-07-01 起）."""
        return f"{self.status.value}（{self.standing}）" if self.standing else self.status.value


class Contact(Model):
    """政策解答员 of a department: who a citizen can call, and when."""

    department: str
    name: str
    phone: str
    hours: str | None = None  # when, as people read it


class Candidate(Model):
    """A near document named by a refusal."""

    document: str
    document_id: str
    section: str
    url: str
    score: float


class Answer(Model):
    """What a question got; `model_dump(mode="json")` is the JSON of every interface.

    `id` is the one under which it is recorded (kb.journal), if it is; `faq_id` the approved entry that
    answered; `departments` the units in whose matter it lies, those that lead first.
    """

    id: str | None = None
    question: str
    rewritten: str
    kind: AnswerKind
    ending: Ending
    text: str
    confidence: float = Field(ge=0, le=1)
    citations: tuple[Citation, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    departments: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    faq_id: str | None = None
    suggestions: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()  # (typed, corrected)
    timings_ms: dict[str, float] = Field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON object."""
        return self.model_dump(mode="json")
