"""Fits the weights of kb.reading.verdict: logistic regression over the clues of our own yes-or-no questions.

Each question is learned twice, from its answer as it was marked and from the whole sentences that hold it:
what the product quotes lies between. Questions of one document are never split between learning and trying.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from eval.train.deciding import FOLDS, hash_of
from eval.train.examples import Part, part_of
from eval.train.product import Outcome
from eval.train.rows import Row
from kb.language.sentences import sentences
from kb.models import Model
from kb.reading.asking import asked
from kb.reading.clues import clues
from kb.reading.verdict import VerdictModel

FEWEST = 4  # answers that a clue must stand in
SHRINK = 33.0  # weight of the squared weights against the loss of one question
_STEPS = 60
SMALLEST = 0.004  # weights under it are not kept
COVERAGES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)

Clues = Mapping[str, float]


class Learned(Model):
    """A question with a verdict: the clues of its answer, and of the sentences around it."""

    group: str
    is_yes: bool
    marked: dict[str, float]
    sentence: dict[str, float]


class Point(Model):
    """Of the clearest verdicts, a share of `coverage` with log odds of `sure` or more, `right` are right."""

    coverage: float
    sure: float
    right: float


class VerdictFigures(Model):
    """Curves: on questions learned from, cross-validated by document, by their marked answer and by whole
    sentences; on a part not learned from; and on what the product quoted, right passage or not."""

    learned: int
    weights: int
    marked: tuple[Point, ...]
    sentence: tuple[Point, ...]
    unseen: tuple[Point, ...]
    product: tuple[Point, ...] | None


def learned_from(rows: Sequence[Row], part: Part) -> list[Learned]:
    """The yes-or-no questions of `part`."""
    found = []
    for row in rows:
        asking = asked(row.question) if row.verdict and part_of(row.doc_id) is part else None
        if asking is not None:
            found.append(
                Learned(
                    group=row.doc_id,
                    is_yes=row.verdict == "yes",
                    marked=clues(asking, row.question, "。".join(row.answer)),
                    sentence=clues(asking, row.question, _whole(row)),
                )
            )
    return found


def _whole(row: Row) -> str:
    """The sentences of the evidence that hold the answer."""
    places = [(start := row.evidence.find(words), start + len(words)) for words in row.answer]
    return "".join(
        span.of(row.evidence)
        for span in sentences(row.evidence)
        if any(start < span.end and end > span.start for start, end in places)
    )


def fitted_model(questions: Sequence[Learned]) -> VerdictModel:
    """The weights that make the verdicts of `questions` likeliest."""
    counts = Counter(clue for one in questions for clue in one.marked)
    names = sorted(clue for clue, count in counts.items() if count >= FEWEST)
    rows = [one.marked for one in questions] + [one.sentence for one in questions]
    inputs = _matrix(rows, {name: place for place, name in enumerate(names)})
    weights = _fitted(inputs, torch.tensor([float(one.is_yes) for one in questions] * 2))
    return VerdictModel(
        offset=round(float(weights[-1]), 4),
        weights={
            name: round(weight, 3)
            for name, weight in zip(names, weights.tolist(), strict=False)
            if abs(weight) >= SMALLEST
        },
    )


def _matrix(rows: Sequence[Clues], places: Mapping[str, int]) -> Tensor:
    """One row of numbers for each of `rows`; the last column is 1."""
    matrix = torch.zeros(len(rows), len(places) + 1)
    matrix[:, -1] = 1.0
    for number, row in enumerate(rows):
        for clue, share in row.items():
            if clue in places:
                matrix[number, places[clue]] = share
    return matrix


def _fitted(inputs: Tensor, targets: Tensor) -> Tensor:
    weights = torch.zeros(inputs.shape[1], requires_grad=True)
    search = torch.optim.LBFGS([weights], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        missed = binary_cross_entropy_with_logits(inputs @ weights, targets, reduction="sum")
        total: Tensor = missed + SHRINK / 2 * weights[:-1].square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    search.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach()


def curve(odds: Sequence[float], are_yes: Sequence[bool]) -> tuple[Point, ...]:
    """How often the clearest verdicts are right, for each of COVERAGES."""
    pairs = sorted(zip(odds, are_yes, strict=True), key=lambda pair: -abs(pair[0]))
    points = []
    for coverage in COVERAGES if pairs else ():
        given = pairs[: max(1, int(len(pairs) * coverage))]
        right = sum((value > 0) == is_yes for value, is_yes in given) / len(given)
        points.append(Point(coverage=coverage, sure=round(abs(given[-1][0]), 3), right=round(right, 3)))
    return tuple(points)


def _tried(
    model: VerdictModel, questions: Sequence[Learned], view: Literal["marked", "sentence"]
) -> list[float]:
    return [model.odds(one.marked if view == "marked" else one.sentence) for one in questions]


def fit_verdict(
    rows: Sequence[Row], outcomes: Sequence[Outcome], part: Part = Part.DEV
) -> tuple[VerdictModel, VerdictFigures]:
    """The model learned from the training part, and its figures.

    It is tried on `part` as if the marked answers had been quoted; `outcomes` are what the product said.
    """
    training = learned_from(rows, Part.TRAIN)
    marked, sentence, order = list[float](), list[float](), list[Learned]()
    for fold in range(FOLDS):
        model = fitted_model([one for one in training if hash_of(one.group) % FOLDS != fold])
        tried = [one for one in training if hash_of(one.group) % FOLDS == fold]
        marked += _tried(model, tried, "marked")
        sentence += _tried(model, tried, "sentence")
        order += tried
    model = fitted_model(training)
    unseen = learned_from(rows, part)
    said = [one for one in outcomes if one.odds is not None and one.wanted_verdict and not one.refused]
    yes = [one.is_yes for one in order]
    return model, VerdictFigures(
        learned=len(training),
        weights=len(model.weights),
        marked=curve(marked, yes),
        sentence=curve(sentence, yes),
        unseen=curve(_tried(model, unseen, "marked"), [one.is_yes for one in unseen]),
        product=curve([one.odds or 0.0 for one in said], [one.wanted_verdict == "yes" for one in said])
        if said
        else None,
    )


def write_model(model: VerdictModel, file: Path) -> None:
    """Write `model` to `file`, a clue a line, so that a change shows in a comparison."""
    file.write_text(
        json.dumps(model.model_dump(), ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8"
    )
