#!/usr/bin/env python3
"""How well real files are read: does what answers a question stand whole in one chunk, and is it found?

    scripts/evidence.py FOLDER [--home DIR] [--no-questions]

FOLDER holds files/, manifest.jsonl ({"doc_id", "file"}) and qa.jsonl with the evidence of each question.
Prints a line of JSON:

files, failed      what was to be read, and what was not, with its reason on stderr
evidence_whole     of the questions: all passages of its evidence each stand whole in a chunk of its documents
any_whole          of the questions: at least one does
hit_at_5           of the questions: one of the first five hits holds a passage of its evidence whole

Passages are compared after NFKC, without white space and marks of Markdown.
"""

import argparse
import json
import re
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from eval.dataset import Item, read_manifest, read_questions
from ingest.pipeline.run import ingest
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters
from kb.settings import Settings

HITS = 5


def bare(text: str) -> str:
    """A text as it is compared."""
    return re.sub(r"[\s#*]", "", unicodedata.normalize("NFKC", text))


def measure(kb: KnowledgeBase, folder: Path, *, ask: bool) -> dict[str, object]:
    """Read everything in `folder`, then look for the evidence of each question."""
    result = ingest([folder / "files"], kb)
    for failure in result.failed:
        print(failure.name, failure.reason, sep="：", file=sys.stderr)
    items = [item for item in read_questions(folder / "qa.jsonl") if item.evidence]
    names = read_manifest([folder], folder / "qa.jsonl")
    ids = {summary.source: summary.id for summary in kb.documents.summaries()}
    chunks = {each: [bare(chunk.text) for chunk in kb.documents.chunks_of(each)] for each in ids.values()}
    whole = [found_whole(item, [ids.get(names[each], "") for each in item.doc_ids], chunks) for item in items]
    report: dict[str, object] = {
        "files": len(names),
        "failed": len(result.failed),
        "chunks": sum(map(len, chunks.values())),
        "questions": len(items),
        "evidence_whole": round(sum(map(all, whole)) / len(items), 4),
        "any_whole": round(sum(map(any, whole)) / len(items), 4),
    }
    if ask:
        hit = sum(1 for item in items if is_hit(kb, item))
        report["hit_at_5"] = round(hit / len(items), 4)
    return report


def found_whole(item: Item, ids: Sequence[str], chunks: dict[str, list[str]]) -> list[bool]:
    """For each passage of the evidence: does it stand whole in one chunk?"""
    held = [chunk for each in ids for chunk in chunks.get(each, ())]
    return [any(bare(passage) in chunk for chunk in held) for passage in item.evidence]


def is_hit(kb: KnowledgeBase, item: Item) -> bool:
    """Whether one of the first hits holds one of the passages."""
    hits = kb.retriever.retrieve(item.question, Filters(), HITS).kept
    texts = [bare(hit.chunk.text) for hit in hits]
    return any(bare(passage) in text for passage in item.evidence for text in texts)


def main() -> None:
    """Measure, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--no-questions", action="store_true")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as fresh,
        open_knowledge_base(Settings(home=given.home or Path(fresh))) as kb,
    ):
        print(json.dumps(measure(kb, given.folder, ask=not given.no_questions)))


if __name__ == "__main__":
    main()
