"""Examples -> batches of token ids with their labels."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor

from eval.train.examples import Example, Passage
from kb.reading.network import VERDICTS
from kb.reading.pairs import Pair, arrays, padded, pair

_IGNORED = -100


class Batch(NamedTuple):
    """Inputs and labels of n pairs; `question` numbers the question of each pair within the batch."""

    ids: Tensor
    mask: Tensor
    segments: Tensor
    question: Tensor
    relevance: Tensor  # 1, 0, or -1 for nobody knows
    answer: Tensor  # [n, width] 1 for tokens of the answer
    start: Tensor  # [n] place of the first answer token, or _IGNORED
    end: Tensor
    verdict: Tensor  # [n] index in VERDICTS, or _IGNORED


class _Row(NamedTuple):
    tokens: Pair
    answer: list[int]
    label: int
    question: int
    verdict: int


class Pairs:
    """Cuts questions and passages into tokens."""

    def __init__(self, model: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(model / "tokenizer.json"))

    def row(self, question: str, passage: Passage, number: int, verdict: int) -> _Row:
        """The tokens of a pair, with those of the answer marked."""
        tokens = pair(self._tokenizer, question, passage.text)
        marks = [
            int(any(span.start < end and start < span.end for span in passage.spans))
            for start, end in tokens.offsets
        ]
        label = -1 if passage.label is None else passage.label
        if label == 1 and passage.spans and not any(marks):
            label = -1  # the answer was cut off
        return _Row(
            tokens=tokens,
            answer=[*[0] * tokens.start, *marks, 0],
            label=label,
            question=number,
            verdict=verdict if label == 1 else _IGNORED,
        )


def chosen(example: Example, random: Random, most: int) -> list[Passage]:
    """At most `most` passages: one that answers where there is one, the rest by chance, early hits first."""
    known = [passage for passage in example.passages if passage.label is not None]
    right = [passage for passage in known if passage.label == 1]
    wrong = [passage for passage in known if passage.label == 0]
    picked = random.sample(right, 1) if right else []
    wrong.sort(key=lambda passage: random.random() * (1 + known.index(passage)))
    return picked + wrong[: most - len(picked)]


def training_batches(
    examples: Sequence[Example], pairs: Pairs, random: Random, *, questions: int, most: int
) -> Iterator[Batch]:
    """One epoch: batches of `questions` questions with at most `most` passages each, of like length."""
    order = list(examples)
    random.shuffle(order)
    block = questions * 32
    for start in range(0, len(order), block):
        part = sorted(order[start : start + block], key=lambda one: max(len(p.text) for p in one.passages))
        groups = [part[at : at + questions] for at in range(0, len(part), questions)]
        random.shuffle(groups)
        for group in groups:
            rows = [
                pairs.row(example.question, passage, number, _verdict(example))
                for number, example in enumerate(group)
                for passage in chosen(example, random, most)
            ]
            if rows:
                yield batch_of(rows)


def _verdict(example: Example) -> int:
    return VERDICTS.index(example.verdict) if example.kind else _IGNORED


def batch_of(rows: Sequence[_Row]) -> Batch:
    """The rows as one batch."""
    answered = [row.label == 1 and 1 in row.answer for row in rows]
    ids, mask, segments = arrays([row.tokens for row in rows])
    return Batch(
        ids=torch.from_numpy(ids),
        mask=torch.from_numpy(mask),
        segments=torch.from_numpy(segments),
        question=torch.tensor([row.question for row in rows]),
        relevance=torch.tensor([row.label for row in rows]),
        answer=torch.from_numpy(padded([row.answer for row in rows], 0)),
        start=torch.tensor(
            [
                row.answer.index(1) if has_answer else _IGNORED
                for row, has_answer in zip(rows, answered, strict=True)
            ]
        ),
        end=torch.tensor(
            [
                len(row.answer) - 1 - row.answer[::-1].index(1) if has_answer else _IGNORED
                for row, has_answer in zip(rows, answered, strict=True)
            ]
        ),
        verdict=torch.tensor([row.verdict for row in rows]),
    )
