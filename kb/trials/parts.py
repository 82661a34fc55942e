"""The parts of the room trials, over what answers citizens."""

from dataclasses import dataclass

from kb.answering.answerer import Answerer
from kb.controls.rules import CurrentRules
from kb.embedding.embedder import Embedder
from kb.faq.matching import Faq
from kb.question.understanding import Understanding
from kb.trials.explaining import Explaining


@dataclass(frozen=True)
class TrialsParts:
    """Questions that staff try."""

    explaining: Explaining


def open_trials(
    answerer: Answerer, understanding: Understanding, faq: Faq, embedder: Embedder, rules: CurrentRules
) -> TrialsParts:
    """The room's parts."""
    return TrialsParts(
        explaining=Explaining(
            answerer=answerer, understanding=understanding, faq=faq, embedder=embedder, rules=rules
        )
    )
