"""Measure how well FAQ matching separates same from similar questions: python -m eval.faq --pairs F.

pairs     lines {"q1", "q2", "label": 0|1, "set"?}: AUROC of the matcher's score, over all and for each set
entries   a folder with qa.jsonl (the entries); --questions F: lines {"qid", "question", "doc_id"},
          reworded by hand: the share whose first match is the right entry
"""

import json
import random
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from pydantic import ConfigDict

from eval.dataset import read_questions
from kb.embedding.embedder import Embedder, Vectors
from kb.faq.matching import Faq
from kb.faq.models import FaqEntry
from kb.language.paraphrase import same_meaning
from kb.models import Model
from kb.settings import read_settings


class QuestionPair(Model):
    """Two questions and the label by people: 1 for the same question, 0 for different ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    q1: str
    q2: str
    label: int
    set: str = ""


class Scored(Model):
    """A pair's set and label, with the matcher's score."""

    set: str
    label: int
    score: float


def measure_pairs(file: Path, embedder: Embedder, sample: int | None = None) -> float:
    """AUROC of the matcher's score on all pairs of `file`, or on `sample` of them."""
    return auroc(score_pairs(file, embedder, sample))


def score_pairs(file: Path, embedder: Embedder, sample: int | None = None) -> list[Scored]:
    """The pairs of `file`, or `sample` of them, with their scores."""
    pairs = [QuestionPair.model_validate_json(line) for line in file.read_text(encoding="utf-8").splitlines()]
    if sample is not None and sample < len(pairs):
        pairs = random.Random(0).sample(pairs, sample)
    first_vectors = embed_questions(embedder, (pair.q1 for pair in pairs))
    second_vectors = embed_questions(embedder, (pair.q2 for pair in pairs))
    return [
        Scored(set=pair.set, label=pair.label, score=same_meaning(pair.q1, pair.q2, float(cosine)).score)
        for pair, cosine in zip(pairs, (first_vectors * second_vectors).sum(axis=1), strict=True)
    ]


def measure_entries(entries: Path, questions: Path, embedder: Embedder) -> float:
    """Share of `questions` whose first match among the `entries` (a qa.jsonl) is the right one."""
    faq_entries = [
        FaqEntry(id=item.doc_ids[0], question=item.question, answer=item.answer or "—")
        for item in read_questions(entries)
    ]
    faq = Faq(faq_entries, lambda texts: embed_questions(embedder, texts))
    reworded = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    right = 0
    for line in reworded:
        vector = embedder.embed_query(line["question"])
        matches = faq.match(line["question"], vector, date.today())
        right += bool(matches) and matches[0].entry.id == line["doc_id"]
    return right / len(reworded)


def embed_questions(embedder: Embedder, texts: Iterable[str]) -> Vectors:
    """Vectors of questions, shape [n, size]."""
    return np.array([embedder.embed_query(text) for text in texts], dtype=np.float32)


def auroc(pairs: Sequence[Scored]) -> float:
    """The chance that a pair labelled same scores higher than a pair labelled different.

    Mann-Whitney U over ranks, ties at their mean rank; nan when either label does not occur.
    """
    labels = np.array([pair.label for pair in pairs], dtype=bool)
    _, inverse, counts = np.unique([pair.score for pair in pairs], return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    same, different = int(labels.sum()), int((~labels).sum())
    if not same or not different:
        return float("nan")
    return float((ranks[labels].sum() - same * (same + 1) / 2) / (same * different))


def main(
    pairs: Annotated[Path | None, typer.Option(help="问题对文件")] = None,
    sample: Annotated[int | None, typer.Option(help="只取这么多对")] = None,
    entries: Annotated[Path | None, typer.Option(help="常见问答 qa.jsonl")] = None,
    questions: Annotated[Path, typer.Option(help="换了说法的问题")] = Path(
        "eval/sets/faq/jianwu_reworded.jsonl"
    ),
) -> None:
    """量一量常见问答的匹配。"""
    settings = read_settings()
    with TemporaryDirectory() as folder:
        home = settings.home if settings.home.exists() else Path(folder)
        embedder = Embedder(settings.embed_model, home / "models", settings.embed_dtype)
        scored = score_pairs(pairs, embedder, sample) if pairs else []
        measured = {"auroc": auroc(scored)} if scored else {}
        for name in sorted({pair.set for pair in scored}):
            measured[f"auroc {name}"] = auroc([pair for pair in scored if pair.set == name])
        if entries:
            measured["first_hit"] = measure_entries(entries, questions, embedder)
    print(json.dumps({name: round(value, 4) for name, value in measured.items()}, ensure_ascii=False))


if __name__ == "__main__":
    typer.run(main)
