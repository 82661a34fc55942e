"""Fits the confidence: from what the retrieval and the reader say to the chance that the documents answer.

    confidence = logistic(weights . features + offset)

Logistic regression (Newton's method, a little L2) over outcomes of the dev part; printed are the numbers for
kb/answering/evidence.py, with the AUROC on the same outcomes, cross-validated by document, and on others.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eval.train.judging import auroc
from eval.train.product import Outcome
from kb.models import Model

Numbers = npt.NDArray[np.float64]
_L2, _STEPS, FOLDS = 1e-2, 50, 5


def features_of(outcome: Outcome) -> list[float] | None:
    """Strength of the retrieval's evidence and logit of the best passage; None where nothing was read."""
    evidence = outcome.evidence
    if evidence is None or evidence.relevance is None:
        return None
    return [evidence.strength, evidence.relevance]


def is_answerable(outcome: Outcome) -> bool:
    """Whether the first passages answer: what is not found had better be refused."""
    return outcome.answerable and 1 in outcome.labels[:3]


def fitted(rows: Numbers, targets: Numbers) -> Numbers:
    """The weights, and the offset last, that make `targets` (0 or 1) likeliest."""
    inputs = np.hstack([rows, np.ones((len(rows), 1))])
    weights = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (chances - targets) + _L2 * weights
        hessian = (inputs * (chances * (1 - chances))[:, None]).T @ inputs + _L2 * np.eye(len(weights))
        weights -= np.linalg.solve(hessian, gradient)
    return weights


def scored(rows: Numbers, weights: Numbers) -> Numbers:
    """The logit of each row."""
    scores: Numbers = rows @ weights[:-1] + weights[-1]
    return scores


def cross_validated(outcomes: Sequence[Outcome], groups: Sequence[str]) -> float | None:
    """AUROC of answerable against unanswerable, each scored by weights fitted without its document."""
    rows, targets = table(outcomes)
    fold = np.array([hash_of(group) % FOLDS for group in groups])
    scores = np.zeros(len(rows))
    for number in range(FOLDS):
        scores[fold == number] = scored(
            rows[fold == number], fitted(rows[fold != number], targets[fold != number])
        )
    return area(outcomes, scores)


def table(outcomes: Sequence[Outcome]) -> tuple[Numbers, Numbers]:
    """Features and targets; every outcome must have features."""
    rows = np.array([features_of(one) for one in outcomes], dtype=np.float64)
    return rows, np.array([is_answerable(one) for one in outcomes], dtype=np.float64)


def area(outcomes: Sequence[Outcome], scores: Numbers) -> float | None:
    """How well `scores` tell answerable questions from others."""
    pairs = list(zip(outcomes, scores.tolist(), strict=True))
    return auroc([s for one, s in pairs if one.answerable], [s for one, s in pairs if not one.answerable])


def hash_of(group: str) -> int:
    """A number that is the same in every run."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16)


class Decision(Model):
    """The fitted numbers, and how well they tell answerable questions from others; AUROC 0.5 is chance."""

    strength: float
    best: float
    offset: float
    auroc_cross_validated: float | None
    auroc_others: float | None


def decide(
    outcomes: Sequence[Outcome], others: Sequence[Outcome], document_of: Mapping[str, str]
) -> Decision:
    """The numbers fitted to `outcomes` and tried on `others`; `document_of` gives a question's document."""
    read = [one for one in outcomes if features_of(one)]
    weights = fitted(*table(read))
    unseen = [one for one in others if features_of(one)]
    return Decision(
        strength=round(float(weights[0]), 3),
        best=round(float(weights[1]), 3),
        offset=round(float(weights[2]), 3),
        auroc_cross_validated=cross_validated(read, [document_of[one.qid] for one in read]),
        auroc_others=area(unseen, scored(table(unseen)[0], weights)) if unseen else None,
    )


def read_outcomes(file: Path) -> list[Outcome]:
    """The outcomes in `file`, one a line."""
    return [Outcome.model_validate_json(line) for line in file.read_text(encoding="utf-8").splitlines()]
