"""Which known questions would be looked for in other words if the list of everyday words were changed.

Tried on the questions that people asked last, the starter questions and those of the approved entries.
"""

from collections.abc import Callable, Iterable

from kb.language.normalise import question_key
from kb.models import Model
from kb.question.lay_words import EverydayWords
from kb.question.understanding import Understanding

MOST_SHOWN = 50


class Reworded(Model):
    """A question, and what is looked for now and what would be after the change."""

    question: str
    before: str
    after: str


class Preview(Model):
    """Number of questions tried, of those that change, and the first MOST_SHOWN of these."""

    tried: int
    changed: int
    examples: tuple[Reworded, ...]


class EverydayPreview:
    """Tries changes of the list of everyday words; changes nothing."""

    def __init__(
        self,
        *,
        words: EverydayWords,
        understanding: Understanding,
        questions: Callable[[], Iterable[str]],
    ) -> None:
        self._words = words
        self._understanding = understanding
        self._questions = questions

    def of(self, said: str, official: str | None) -> Preview:
        """What changes when `said` becomes `official`; "" leaves it as typed, None as in the shipped list."""
        now, then = self._words.current(), self._words.after(said, official)
        questions = {question_key(question): question for question in self._questions()}
        reworded = [
            Reworded(question=question, before=before, after=after)
            for question in questions.values()
            if (before := self._understanding.to_official(question, now))
            != (after := self._understanding.to_official(question, then))
        ]
        return Preview(tried=len(questions), changed=len(reworded), examples=tuple(reworded[:MOST_SHOWN]))
