"""The types of an answer and its sources. Frozen; behaviour is elsewhere."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from kb.models import Model, Status

# Required on generated text since 2025-09-01 (人工智能生成合成内容标识办法): administrators cannot reword it.
GENERATED_LABEL = "内容由人工智能生成，以政策原文为准"


class AnswerKind(StrEnum):
    """What an answer is made of."""

    FAQ = "faq"
    EXTRACT = "extract"
    GENERATED = "generated"
    REFUSED = "refused"
    COURTESY = "courtesy"  # nothing was asked of the documents


class Ending(StrEnum):
    """Every way in which a question can end; `Answer.kind` follows from it (see `ENDING_KIND`)."""

    FAQ = "faq"
    QUOTED = "quoted"
    LISTED = "listed"  # all measures of a unit, or due by a day
    ARTICLE = "article"  # articles asked for by number, and nothing else
    COMPARED = "compared"  # what two editions, or two documents, say about one matter
    LOOKED_UP = "looked_up"  # cells of a table
    GENERATED = "generated"
    NO_HITS = "no_hits"
    WEAK_EVIDENCE = "weak_evidence"
    NOTHING_TO_QUOTE = "nothing_to_quote"
    NOT_SAID = "not_said"
    NOT_LISTED = "not_listed"  # the table or list that is meant has no such item
    ONLY_OUTDATED = "only_outdated"  # the passages that fit are in documents no longer in force
    NOT_KNOWN = "not_known"  # the language model found no answer in the passages
    NO_ARTICLE = "no_article"  # the document has no article, paragraph or item of that number
    NO_DOCUMENT = "no_document"  # no document has that name, or none of that edition
    WHICH_DOCUMENT = "which_document"  # several documents have that name, or none was named
    CLOSED = "closed"  # administrators have switched answers off
    DOCUMENTS = "documents"  # the documents collected here, or those on a topic
    NONE_COLLECTED = "none_collected"  # no document on the topic, or of the name, that was given
    DOCUMENT = "document"  # a document itself: its outline, validity, issuer, dates, number
    UNNAMED_DOCUMENT = "unnamed_document"  # 这个文件, but none was spoken of
    GREETING = "greeting"
    THANKS = "thanks"
    IDENTITY = "identity"
    ABILITY = "ability"
    PERSON = "person"
    REACH = "reach"  # how and when somebody can be reached
    COMPLAINT = "complaint"
    EMERGENCY = "emergency"
    UPSET = "upset"  # abuse, and plain discontent
    NONSENSE = "nonsense"
    SIMPLER = "simpler"
    REPEAT = "repeat"
    ENGLISH = "english"


ENDING_KIND: dict[Ending, AnswerKind] = {
    Ending.FAQ: AnswerKind.FAQ,
    Ending.QUOTED: AnswerKind.EXTRACT,
    Ending.LISTED: AnswerKind.EXTRACT,
    Ending.ARTICLE: AnswerKind.EXTRACT,
    Ending.COMPARED: AnswerKind.EXTRACT,
    Ending.LOOKED_UP: AnswerKind.EXTRACT,
    Ending.GENERATED: AnswerKind.GENERATED,
    Ending.NO_HITS: AnswerKind.REFUSED,
    Ending.WEAK_EVIDENCE: AnswerKind.REFUSED,
    Ending.NOTHING_TO_QUOTE: AnswerKind.REFUSED,
    Ending.NOT_SAID: AnswerKind.REFUSED,
    Ending.NOT_LISTED: AnswerKind.REFUSED,
    Ending.ONLY_OUTDATED: AnswerKind.REFUSED,
    Ending.NOT_KNOWN: AnswerKind.REFUSED,
    Ending.NO_ARTICLE: AnswerKind.REFUSED,
    Ending.NO_DOCUMENT: AnswerKind.REFUSED,
    Ending.WHICH_DOCUMENT: AnswerKind.REFUSED,
    Ending.CLOSED: AnswerKind.REFUSED,
    Ending.DOCUMENTS: AnswerKind.EXTRACT,
    Ending.NONE_COLLECTED: AnswerKind.EXTRACT,
    Ending.DOCUMENT: AnswerKind.EXTRACT,
    Ending.UNNAMED_DOCUMENT: AnswerKind.COURTESY,
    Ending.GREETING: AnswerKind.COURTESY,
    Ending.THANKS: AnswerKind.COURTESY,
    Ending.IDENTITY: AnswerKind.COURTESY,
    Ending.ABILITY: AnswerKind.COURTESY,
    Ending.PERSON: AnswerKind.COURTESY,
    Ending.REACH: AnswerKind.COURTESY,
    Ending.COMPLAINT: AnswerKind.COURTESY,
    Ending.EMERGENCY: AnswerKind.COURTESY,
    Ending.UPSET: AnswerKind.COURTESY,
    Ending.NONSENSE: AnswerKind.COURTESY,
    Ending.SIMPLER: AnswerKind.COURTESY,
    Ending.REPEAT: AnswerKind.COURTESY,
    Ending.ENGLISH: AnswerKind.COURTESY,
}


class Reason(StrEnum):
    """Why a sentence of the language model is not shown; the names stand in GET /metrics."""

    NO_PASSAGE = "no_passage"  # it cites nothing, and no passage holds it
    UNKNOWN_PASSAGE = "unknown_passage"  # it cites a number that was not given out
    NUMBER = "number"  # a number, or its unit, that the cited passages ("they") do not hold
    DATE = "date"
    DOCUMENT_NUMBER = "document_number"
    NAME = "name"  # a unit, person, place, title, telephone number or address that they do not hold
    LIMIT = "limit"  # 以上 for 以下, 不少于 for 不超过
    NEGATION = "negation"  # it forbids what they allow, or the other way round
    CONDITION = "condition"  # it tells what is denied without the condition
    ORDER = "order"  # they hold its words, but in another order, which says something else
    OVERLAP = "overlap"  # they hold too little of it
    INSTRUCTION = "instruction"  # it speaks to software, or about its own rules
    QUESTION = "question"  # it asks instead of answering
    REPEATED = "repeated"  # it was said already
    TOO_LONG = "too_long"  # no sentence is that long
    UNKNOWN = "unknown"  # it says that the passages hold no answer


class SentenceCheck(Model):
    """The check of one sentence of the model; the words of a dropped sentence are kept nowhere."""

    cited: tuple[int, ...] = ()
    kept: bool
    reasons: tuple[Reason, ...] = ()


class Citation(Model):
    """The source of an answer's words. `quote` equals the document's text from `start` to `end`.

    `page_label`: what the page is called where that is not its number (第 ii 页). `standing`: why the
    document is no longer in force, if that follows from documents or dates.
    """

    document: str
    document_id: str
    number: str | None
    section: str
    page: int | None
    page_label: str | None = None
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
        """Status and reason as an answer shows them: 已废止（被《…》废止，自 2023-07-01 起）."""
        return f"{self.status.value}（{self.standing}）" if self.standing else self.status.value


class Diagram(Model):
    """A picture that explains a document (图解), of an approved FAQ entry: what it shows, and where it is."""

    caption: str
    url: str
    entry_id: str
    document_id: str


class Contact(Model):
    """The 政策解答员 of a department: whom a citizen can call, and when."""

    department: str
    name: str
    phone: str
    hours: str | None = None  # when to call, as text


class Offer(StrEnum):
    """What a citizen can do next, offered beside an answer."""

    LEAVE = "leave"  # leave the question for staff
    CONTACTS = "contacts"  # the list of 政策解答员


class Piece(Model):
    """Words of a generated answer that have passed their checks, while the rest is still being written."""

    text: str
    rewritten: str
    confidence: float
    topic: str | None = None  # as in Answer


class Candidate(Model):
    """A related document that a refusal names."""

    document: str
    document_id: str
    section: str
    url: str
    score: float


class Option(Model):
    """One of the things that an open question may mean: a short label, and the question asked in full."""

    label: str
    question: str


class Clarifying(Model):
    """A question back, beside the best answer to an open question, and what the citizen may have meant."""

    question: str
    options: tuple[Option, ...]


class Answer(Model):
    """The answer to a question, a refusal too; `model_dump(mode="json")` is the JSON of every interface.

    `verdict` is yes or no where the question asks for that and the reader is sure; `headline` has its word.
    In a generated answer, [1] in the text refers to the first of `citations`. `notice` says why an answer is
    quoted although a language model is set; `checks` has one entry for each of the model's sentences.
    `headline` is the one value that was asked for, in words of `text`; None where that is not sure.
    `id` is its id in the record (kb.citizens.journal), if it is recorded; `faq_id` is the approved entry that
    answered, `html` its words with links, lists and pictures where it has such (safe to show; `text` says the
    same without them); `departments` are the units responsible for its subject, lead units first. `topic` is
    what the question before was about, when this one goes on with it. `clarifying` asks back what an open
    question means. `diagrams` explain the documents that are cited.
    """

    id: str | None = None
    question: str
    rewritten: str
    kind: AnswerKind
    ending: Ending
    headline: str | None = None
    text: str
    html: str | None = None
    verdict: Literal["yes", "no"] | None = None
    confidence: float = Field(ge=0, le=1)
    citations: tuple[Citation, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    departments: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    faq_id: str | None = None
    suggestions: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()  # (typed, corrected)
    notice: str | None = None
    topic: str | None = None
    offers: tuple[Offer, ...] = ()
    clarifying: Clarifying | None = None
    diagrams: tuple[Diagram, ...] = ()
    checks: tuple[SentenceCheck, ...] = ()
    timings_ms: dict[str, float] = Field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The answer as the JSON object of every interface."""
        return self.model_dump(mode="json")
