"""Compare this run with an earlier one: metrics that got worse, questions whose outcome changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path

from pydantic import Field

from eval.records import Record
from eval.scores import DEPTHS, Scores
from kb.errors import DatasetError
from kb.models import Model

MAX_DROP = 0.02  # the largest drop that a comparison accepts: one question in fifty
RECORDS = "records.jsonl"


class Direction(IntEnum):
    """The direction in which a metric gets better."""

    UP = 1
    DOWN = -1


# The metrics that must not get worse, with their directions: shares and scores from 0 to 1. Timings are left
# out, because machines and their load differ (`make bench` measures speed).
TRACKED: Mapping[str, Direction] = {
    **{f"doc_hit@{k}": Direction.UP for k in DEPTHS},
    "mrr@10": Direction.UP,
    "answer_in_top1": Direction.UP,
    "answer_in_top5": Direction.UP,
    "right": Direction.UP,
    "rouge_l": Direction.UP,
    "key_point_recall": Direction.UP,
    "citation_supports_answer": Direction.UP,
    "alone": Direction.UP,
    "conversations_right": Direction.UP,
    "must_not_violations": Direction.DOWN,
    "refusal_precision": Direction.UP,
    "refusal_recall": Direction.UP,
    "refusal_auroc": Direction.UP,
    "answerable_refused": Direction.DOWN,
    "ece": Direction.DOWN,
}


class Change(Model):
    """A tracked metric before and now; `gain` is positive when it got better."""

    metric: str
    before: float
    now: float

    @property
    def gain(self) -> float:
        """Change in the good direction; rounded, because 0.90 - 0.88 is a little more than 0.02 in binary."""
        return round((self.now - self.before) * TRACKED[self.metric], 6)

    @property
    def is_drop(self) -> bool:
        """Whether it got worse by more than MAX_DROP."""
        return self.gain < -MAX_DROP


class PastQuestion(Model):
    """How a question ended in the earlier run."""

    question: str
    right: bool


class Previous(Model):
    """An earlier run: its flat metrics and, where its records were kept, its questions by qid."""

    scores: Scores = Field(default_factory=dict)
    questions: dict[str, PastQuestion] = Field(default_factory=dict)


class TurnedQuestion(Model):
    """Questions whose outcome changed since the earlier run."""

    wrong: tuple[Record, ...] = ()
    right: tuple[Record, ...] = ()


def changes(scores: Scores, before: Scores) -> dict[str, Change]:
    """The change of every tracked metric that both runs have, by name."""
    result: dict[str, Change] = {}
    for name in TRACKED:
        past, now = before.get(name), scores.get(name)
        if past is not None and now is not None:
            result[name] = Change(metric=name, before=past, now=now)
    return result


def drops(scores: Scores, before: Scores) -> list[Change]:
    """The tracked metrics that got worse by more than MAX_DROP."""
    return [change for change in changes(scores, before).values() if change.is_drop]


def turned(records: Iterable[Record], previous: Previous) -> TurnedQuestion:
    """The questions asked in both runs that were right in only one of them."""
    wrong: list[Record] = []
    right: list[Record] = []
    for record in records:
        past = previous.questions.get(record.item.qid)
        if past is not None and past.question == record.item.question and past.right != record.right:
            (right if record.right else wrong).append(record)
    return TurnedQuestion(wrong=tuple(wrong), right=tuple(right))


def read_previous(baseline: Path | None, out: Path) -> Previous:
    """The run to compare with: metrics of `baseline`, questions of the records beside it, else in `out`.

    A committed baseline has no records beside it. Then the records of the last run into `out`, which this run
    will overwrite, show which questions changed.

    Raises:
        DatasetError: `baseline` is no report.
    """
    folders = (out,) if baseline is None else (baseline.parent, out)
    files: Sequence[Path] = [folder / RECORDS for folder in folders if (folder / RECORDS).is_file()]
    return Previous(
        scores={} if baseline is None else read_scores(baseline),
        questions=_read_questions(files[0]) if files else {},
    )


def read_scores(file: Path) -> Scores:
    """The metrics of an earlier report.json.

    Raises:
        DatasetError: the file cannot be read or is no flat report.
    """
    try:
        scores = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file} 读不出来：{error}") from error
    if not isinstance(scores, dict) or not all(isinstance(v, int | float | None) for v in scores.values()):
        raise DatasetError(f"{file} 不是 eval run 写出的 report.json")
    return scores


def _read_questions(file: Path) -> dict[str, PastQuestion]:
    """The past questions of a records.jsonl by qid; empty for a file in another version's format."""
    past: dict[str, PastQuestion] = {}
    try:
        for line in file.read_text(encoding="utf-8").split("\n"):
            if line.strip():
                record = json.loads(line)
                item = record["item"]
                past[item["qid"]] = PastQuestion(question=item["question"], right=record["quality"] >= 1)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return past
