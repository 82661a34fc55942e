"""Why a question is answered as it is: what `kb.trials.explaining` finds out, for staff."""

from enum import StrEnum

from kb.answering.evidence import Evidence
from kb.answers import Answer
from kb.faq.matching import FaqMatch
from kb.hits import Hit
from kb.models import Filters, Model, Question


class Fate(StrEnum):
    """What became of a passage that was found."""

    QUOTED = "quoted"
    READ = "read"
    UNREAD = "unread"
    OUTDATED = "outdated"
    LEFT_OUT = "left_out"

    @property
    def label(self) -> str:
        """The fate in Chinese."""
        return _FATES[self]


_FATES = {
    Fate.QUOTED: "用来回答",
    Fate.READ: "读过，没有用",
    Fate.UNREAD: "排在后面，没有读",
    Fate.OUTDATED: "文件已不再有效，不用来回答",
    Fate.LEFT_OUT: "没有选用",
}


class Candidate(Model):
    """A passage in the order in which an answer was sought; `rank`: its place by the search alone, from 1."""

    hit: Hit
    rank: int
    fate: Fate


class Explanation(Model):
    """A question, the answer that a citizen gets to it, and how it came about.

    `asked_as` is the query that was searched for; `substituted` are (said, official) of its everyday words;
    `filters` with what the question itself narrows. `evidence` is None where no passages were weighed: an
    entry, a look-up or a fixed sentence answered. `parts` are the questions in a compound one, each sought by
    itself. `canned` says where the fixed sentence of the answer stands, if it has one.
    """

    question: Question
    answer: Answer
    asked_as: str
    substituted: tuple[tuple[str, str], ...]
    filters: Filters
    parts: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    evidence: Evidence | None
    threshold: float
    entries: tuple[FaqMatch, ...]
    canned: str | None
