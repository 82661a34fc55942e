"""Whether a question of a pair was answered rightly, and how an evaluation went; pure functions.

An answer from an approved entry counts as right: two people vouched for it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from kb.answers import Answer, AnswerKind, Ending
from kb.language.normalise import canonical
from kb.models import Model
from kb.trials.pairs import Pair

FIRST = 5  # documents within which the right one should be
_SHARED = 20  # characters in a row do not agree by chance
_UNANSWERED = (AnswerKind.REFUSED, AnswerKind.COURTESY)


class Fault(StrEnum):
    """What went wrong, in the words of the report of `python -m eval run`."""

    MISSED = "检索未中"
    WRONG_PASSAGE = "引文不对"
    WRONGLY_REFUSED = "误拒"
    WRONGLY_ANSWERED = "误答"


FAULT_WORDS = {
    Fault.MISSED: "对的文件不在查到的前五份里",
    Fault.WRONG_PASSAGE: "文件查到了，引用的不是选定的那一段",
    Fault.WRONGLY_REFUSED: "文件查到了，却说没有答案",
    Fault.WRONGLY_ANSWERED: "文件里没有答案，却作了答",
}

MEASURES = ("对的文件排第一", "对的文件在前五", "有答案的答对", "没有答案的不答")


class Outcome(Model):
    """How one question went; `rank`: the place of the right document among those found, from 1."""

    pair_id: int
    question: str
    expected: str
    answerable: bool
    rank: int | None
    ending: Ending
    fault: Fault | None


class Share(Model):
    """How many of how many."""

    count: int
    of: int

    def __str__(self) -> str:
        """Both, with the share in percent: 9/10（90%）."""
        return f"{self.count}/{self.of}（{self.count / self.of:.0%}）" if self.of else "没有这样的题"


class Measured(Model):
    """A measure now, and in the evaluation before."""

    label: str
    now: Share
    before: Share | None


class Run(Model):
    """An evaluation."""

    id: int
    began_at: datetime
    begun_title: str
    outcomes: tuple[Outcome, ...]

    @property
    def measures(self) -> tuple[Share, ...]:
        """What the evaluation measures, in the order of MEASURES."""
        asked = [outcome for outcome in self.outcomes if outcome.answerable]
        others = [outcome for outcome in self.outcomes if not outcome.answerable]
        return (
            _share(asked, lambda outcome: outcome.rank == 1),
            _share(asked, lambda outcome: outcome.rank is not None and outcome.rank <= FIRST),
            _share(asked, lambda outcome: outcome.fault is None),
            _share(others, lambda outcome: outcome.fault is None),
        )

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The questions that went wrong."""
        return tuple(outcome for outcome in self.outcomes if outcome.fault is not None)


class Report(Model):
    """An evaluation beside the one before it, if there was one."""

    run: Run
    before: Run | None

    @property
    def measures(self) -> tuple[Measured, ...]:
        """Each of MEASURES."""
        before = self.before.measures if self.before else (None,) * len(MEASURES)
        each = zip(MEASURES, self.run.measures, before, strict=True)
        return tuple(Measured(label=label, now=now, before=past) for label, now, past in each)

    @property
    def turned_wrong(self) -> tuple[Outcome, ...]:
        """The questions that went right before."""
        return self._turned(wrong=True)

    @property
    def turned_right(self) -> tuple[Outcome, ...]:
        """The questions that went wrong before."""
        return self._turned(wrong=False)

    def _turned(self, *, wrong: bool) -> tuple[Outcome, ...]:
        """The questions asked both times of the same answer whose outcome changed."""
        earlier = self.before.outcomes if self.before else ()
        past = {_asked(outcome): outcome.fault is not None for outcome in earlier}
        return tuple(
            outcome
            for outcome in self.run.outcomes
            if (outcome.fault is not None) is wrong and past.get(_asked(outcome)) is (not wrong)
        )


def judge(pair: Pair, answer: Answer, documents: Sequence[str]) -> Outcome:
    """How `pair` went, with its answer and the ids of the `documents` found, best first."""
    rank = documents.index(pair.document_id) + 1 if pair.document_id in documents else None
    return Outcome(
        pair_id=pair.id,
        question=pair.question,
        expected=pair.expected,
        answerable=pair.document_id is not None,
        rank=rank,
        ending=answer.ending,
        fault=_fault(pair, answer, rank),
    )


def _share(outcomes: Sequence[Outcome], is_so: Callable[[Outcome], bool]) -> Share:
    return Share(count=sum(map(is_so, outcomes)), of=len(outcomes))


def _fault(pair: Pair, answer: Answer, rank: int | None) -> Fault | None:
    if answer.kind is AnswerKind.FAQ:
        return None
    if pair.document_id is None:
        return None if answer.kind in _UNANSWERED else Fault.WRONGLY_ANSWERED
    is_answered = answer.kind not in _UNANSWERED
    if is_answered and _cites(answer, pair):
        return None
    if rank is None or rank > FIRST:
        return Fault.MISSED
    return Fault.WRONG_PASSAGE if is_answered else Fault.WRONGLY_REFUSED


def _cites(answer: Answer, pair: Pair) -> bool:
    """Whether the answer quotes words of the pair's passage."""
    return any(
        citation.document_id == pair.document_id and is_shared(citation.quote, pair.passage)
        for citation in answer.citations
    )


def is_shared(quote: str, passage: str) -> bool:
    """Whether one of two texts holds the other, or _SHARED characters in a row of it.

    >>> is_shared("二十个工作日", "自收到申请之日起二十个工作日内予以答复")
    True
    """
    shorter, longer = sorted(("".join(canonical(text).split()) for text in (quote, passage)), key=len)
    needed = min(_SHARED, len(shorter))
    return bool(shorter) and any(
        shorter[at : at + needed] in longer for at in range(len(shorter) - needed + 1)
    )


def _asked(outcome: Outcome) -> tuple[int, str, str]:
    return outcome.pair_id, outcome.question, outcome.expected
