"""python -m eval.known HOME: fit the chance that a passage answers, by the questions it is known to answer.

Every known question of the knowledge base in HOME is sought among the others (leave one out). The chance is a
logistic function of its neighbour's cosine and of how far that stands above the mean of the nearest
(kb.retrieval.questions.known). Printed are the numbers for that module and, cross-validated by document, how
often the likeliest passage is the right one, by chance. Nothing is written.
"""

from collections import defaultdict
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import typer

from eval.train.deciding import FOLDS, fitted, hash_of, scored
from kb.embedding.embedder import Vectors
from kb.knowledge_base import open_knowledge_base
from kb.models import Model
from kb.retrieval.questions.known import NEAREST
from kb.settings import read_settings

Numbers = npt.NDArray[np.float64]
_BINS = 10


class Neighbours(NamedTuple):
    """The NEAREST neighbours of n questions: cosine and excess over their mean [n x NEAREST, 2], the
    passages of the neighbours [n x NEAREST] and of the questions [n], and the fold of each question [n]."""

    features: Numbers
    passages: npt.NDArray[np.str_]
    own: npt.NDArray[np.str_]
    folds: npt.NDArray[np.int64]


class Bin(Model):
    """Questions whose likeliest passage has a chance of `chance` to `chance` + 0.1, and the share right."""

    chance: float
    questions: int
    right: float


class Fit(Model):
    """The fitted numbers; the share of questions whose likeliest passage is theirs, in all and by chance."""

    close: float
    apart: float
    offset: float
    right: float
    bins: tuple[Bin, ...]


def neighbours_of(vectors: Vectors, passages: list[str], documents: list[str]) -> Neighbours:
    """The nearest other questions of each; `vectors` have shape [n, size]."""
    cosines = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(cosines, -1.0)
    nearest = np.argsort(-cosines, axis=1)[:, :NEAREST]
    near = np.take_along_axis(cosines, nearest, axis=1)
    features = np.stack([near, near - near.mean(axis=1, keepdims=True)], axis=2)
    return Neighbours(
        features=features.reshape(-1, 2),
        passages=np.array(passages)[nearest],
        own=np.array(passages),
        folds=np.array([hash_of(document) % FOLDS for document in documents]),
    )


def fit(neighbours: Neighbours) -> Fit:
    """The numbers fitted to all questions, and how good they are for questions of other documents."""
    targets = (neighbours.passages == neighbours.own[:, None]).astype(np.float64).reshape(-1)
    folds = np.repeat(neighbours.folds, NEAREST)
    logits = np.zeros(len(targets))
    for fold in range(FOLDS):
        weights = fitted(neighbours.features[folds != fold], targets[folds != fold])
        logits[folds == fold] = scored(neighbours.features[folds == fold], weights)
    chances = 1 / (1 + np.exp(-logits.reshape(-1, NEAREST)))
    best = [_likeliest(*row) for row in zip(neighbours.passages, chances, strict=True)]
    right = np.array([passage for passage, _ in best]) == neighbours.own
    places = np.minimum((np.array([chance for _, chance in best]) * _BINS).astype(int), _BINS - 1)
    close, apart, offset = fitted(neighbours.features, targets)
    return Fit(
        close=round(float(close), 1),
        apart=round(float(apart), 1),
        offset=round(float(offset), 2),
        right=round(float(right.mean()), 3),
        bins=tuple(
            Bin(
                chance=place / _BINS,
                questions=int((places == place).sum()),
                right=round(float(right[places == place].mean()), 3),
            )
            for place in range(_BINS)
            if (places == place).any()
        ),
    )


def _likeliest(passages: npt.NDArray[np.str_], chances: Numbers) -> tuple[str, float]:
    """The passage that its questions together make likeliest, and its chance."""
    unlikely: dict[str, float] = defaultdict(lambda: 1.0)
    for passage, chance in zip(passages.tolist(), chances.tolist(), strict=True):
        unlikely[passage] *= 1 - chance
    passage = min(unlikely, key=unlikely.__getitem__)
    return passage, 1 - unlikely[passage]


def main(home: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="知识库")]) -> None:
    """由知识库里写好的问法拟合“像这样问的，答案多半在哪一段”。"""
    with open_knowledge_base(read_settings().model_copy(update={"home": home})) as kb:
        chunks = kb.storage.documents.asked()
        pairs = [(words, chunk) for chunk in chunks for words in chunk.questions]
        vectors = kb.embedder.embed_queries([words for words, _ in pairs])
    documents = [chunk.document_id for _, chunk in pairs]
    result = fit(neighbours_of(vectors, [chunk.id_ for _, chunk in pairs], documents))
    print(result.model_dump_json(indent=2))


if __name__ == "__main__":
    typer.run(main)
