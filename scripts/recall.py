"""Retrieval alone, in two collections: what questions find when documents are added.

    python scripts/recall.py BEFORE AFTER [--questions eval/sets] [--every 1]

BEFORE and AFTER are folders, or several joined with commas. Asked are the dev questions that name no document
and whose answer stands in BEFORE. Nothing is answered, so it takes seconds where `make eval` takes minutes.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from eval.dataset import Item, read_questions
from eval.metrics import says
from ingest.pipeline.run import ingest
from kb.clock import china_today
from kb.hits import Hit
from kb.knowledge_base import open_knowledge_base
from kb.models import Question
from kb.settings import Settings

DEPTH = 5
_NAMING = ("article", "version", "comparison", "attack")  # types that name a document or its edition


def found(folders: Sequence[Path], items: Sequence[Item]) -> dict[str, tuple[bool, bool, bool]]:
    """For each question: right document first, among the first five, all key points in one of five hits."""
    with tempfile.TemporaryDirectory() as home, open_knowledge_base(Settings(home=Path(home))) as kb:
        print(ingest(folders, kb, progress=False), file=sys.stderr)
        results = {}
        for item in items:
            query = kb.understanding.read(Question(text=item.question), china_today())
            hits = kb.retrieval.retriever.retrieve(query.text, query.filters, DEPTH).kept[:DEPTH]
            right = [hit.document.source in item.doc_ids for hit in hits]
            results[item.qid] = (any(right[:1]), any(right), any(_answers(hit, item) for hit in hits))
    return results


def _answers(hit: Hit, item: Item) -> bool:
    return all(says(point, hit.chunk.text) for point in item.key_points)


def sample(items: Sequence[Item], before: Sequence[Path]) -> list[Item]:
    """The dev questions without history that name no document, about one document of `before`."""
    names = {path.name for folder in before for path in folder.iterdir()}
    return [
        item
        for item in items
        if item.split == "dev"
        and item.answerable
        and not item.history
        and item.type not in _NAMING
        and len(item.doc_ids) == 1
        and item.doc_ids[0] in names
        and "《" not in item.question
        and item.doc_ids[0].partition("(")[0] not in item.question
    ]


def main() -> None:
    """Print the recall in both collections, and the questions that lost their document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--questions", type=Path, default=Path("eval/sets"))
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    before, after = ([Path(one) for one in side.split(",")] for side in (options.before, options.after))
    items = sample(read_questions(options.questions), before)[:: options.every]
    results = found(before, items), found(after, items)
    for name, result in zip(("before", "after"), results, strict=True):
        first, among, answers = (sum(column) / len(items) for column in zip(*result.values(), strict=True))
        print(
            f"{name}: {len(items)} questions, document first {first:.3f}, in five {among:.3f}, "
            f"answer in five {answers:.3f}"
        )
    for item in items:
        if results[0][item.qid] > results[1][item.qid]:
            print(item.qid, item.question, results[0][item.qid], "->", results[1][item.qid])


if __name__ == "__main__":
    main()
