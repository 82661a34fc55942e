"""The parts of the room citizens, over one database."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from kb.answers import Answer
from kb.citizens.journal import Journal
from kb.citizens.left_questions import Questions
from kb.citizens.starters import read_starters
from kb.citizens.suggestions import Suggestions
from kb.controls.rules import CurrentRules
from kb.faq.matching import Faq
from kb.models import Question
from kb.storage.documents import Documents


@dataclass(frozen=True)
class CitizensParts:
    """Answers given, questions left for a person, and suggestions of what to ask."""

    journal: Journal
    questions: Questions
    suggestions: Suggestions


def open_citizens(
    engine: Engine,
    documents: Documents,
    matcher: Faq,
    quote: Callable[[Question], Answer],
    rules: CurrentRules,
    reply_days: int,
    secret: bytes | None = None,
) -> CitizensParts:
    """The room's parts.

    `quote` answers a starter question without the language model; `reply_days` is the number of days within
    which a reply is promised, 0 for no promise; `secret` is the journal's key where processes share one.
    """
    journal = Journal(engine, secret)
    return CitizensParts(
        journal=journal,
        questions=Questions(engine, reply_days),
        suggestions=Suggestions(documents, matcher, read_starters(), journal, quote, rules),
    )
