"""Questions of a pack -> batches of token ids with their labels."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from eval.train.pack import UNKNOWN, Pack
from kb.reading.pairs import PADDING, padded

IGNORED = -100


class Batch(NamedTuple):
    """Inputs and labels of n pairs; `question` numbers the question of each pair within the batch."""

    ids: Tensor
    mask: Tensor
    segments: Tensor
    question: Tensor
    relevance: Tensor  # 1, 0, or -1 for nobody knows
    answer: Tensor  # [n, width] 1 for tokens of the answer
    start: Tensor  # [n] place of the first answer token, or IGNORED
    end: Tensor
    verdict: Tensor  # [n] index in VERDICTS, or IGNORED


def batch_of(pack: Pack, rows: Sequence[tuple[int, int]]) -> Batch:
    """The rows of `pack`, each with the number of its question within the batch and that of the pack."""
    spans = [slice(int(pack.starts[row]), int(pack.starts[row + 1])) for row, _ in rows]
    ids = [pack.ids[span] for span in spans]
    answers = [pack.answer[span] for span in spans]
    segments = [_segments(pack, row) for row, _ in rows]
    labels = [int(pack.label[row]) for row, _ in rows]
    order = {question: number for number, question in enumerate(dict.fromkeys(q for _, q in rows))}
    places = [
        np.flatnonzero(answer) if label == 1 else np.empty(0, dtype=np.int64)
        for answer, label in zip(answers, labels, strict=True)
    ]
    verdicts = [
        int(pack.verdict[question]) if label == 1 and pack.verdict[question] != UNKNOWN else IGNORED
        for (_, question), label in zip(rows, labels, strict=True)
    ]
    return Batch(
        ids=torch.from_numpy(padded(ids, PADDING)),
        mask=torch.from_numpy(padded([np.ones_like(row) for row in ids], 0)),
        segments=torch.from_numpy(padded(segments, 0)),
        question=torch.tensor([order[question] for _, question in rows]),
        relevance=torch.tensor(labels),
        answer=torch.from_numpy(padded(answers, 0)),
        start=torch.tensor([int(found[0]) if len(found) else IGNORED for found in places]),
        end=torch.tensor([int(found[-1]) if len(found) else IGNORED for found in places]),
        verdict=torch.tensor(verdicts),
    )


def _segments(pack: Pack, row: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """1 for the tokens of the passage, else 0."""
    length, begin = int(pack.starts[row + 1] - pack.starts[row]), int(pack.passage[row])
    segments = np.zeros(length, dtype=np.int64)
    segments[begin : length - 1] = 1
    return segments


def chosen(pack: Pack, question: int, random: Random, most: int) -> list[int]:
    """At most `most` rows: one that answers where there is one, the rest by chance, early hits first."""
    known = [row for row in pack.rows(question) if pack.label[row] != UNKNOWN]
    right = [row for row in known if pack.label[row] == 1]
    wrong = [row for row in known if pack.label[row] == 0]
    picked = random.sample(right, 1) if right else []
    wrong.sort(key=lambda row: random.random() * (1 + known.index(row)))
    return picked + wrong[: most - len(picked)]


def training_batches(
    pack: Pack, questions: Sequence[int], random: Random, *, at_once: int, most: int
) -> Iterator[Batch]:
    """One epoch: batches of `at_once` questions with at most `most` passages each."""
    order = list(questions)
    random.shuffle(order)
    for start in range(0, len(order), at_once):
        group = order[start : start + at_once]
        rows = [(row, question) for question in group for row in chosen(pack, question, random, most)]
        if rows:
            yield batch_of(pack, rows)
