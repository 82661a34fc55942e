#!/usr/bin/env python3
"""Measure how well real files are read: is the evidence of a question whole in one chunk, and is it found?

    scripts/evidence.py FOLDER [--home DIR] [--no-questions]

FOLDER holds files/, manifest.jsonl ({"doc_id", "file"}) and qa.jsonl with the evidence of each question.
Prints a line of JSON:

files, failed      number of files to read, and of files that failed, each with its reason on stderr
evidence_whole     share of questions with every passage of evidence whole in a chunk of their documents
any_whole          share of questions with at least one passage of evidence whole in such a chunk
hit_at_5           share of questions with a whole passage of evidence in one of the first five hits

Passages are compared after NFKC, without white space and Markdown marks.
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
    """A text for comparison: NFKC, without white space and Markdown marks."""
    return re.sub(r"[\s#*]", "", unicodedata.normalize("NFKC", text))


def measure(kb: KnowledgeBase, folder: Path, *, ask: bool) -> dict[str, object]:
    """Ingest everything in `folder`, then look for the evidence of each question; the figures."""
    result = ingest([folder / "files"], kb)
    for failure in result.failed:
        print(failure.name, failure.reason, sep="：", file=sys.stderr)
    items = [item for item in read_questions(folder / "qa.jsonl") if item.evidence]
    names = read_manifest([folder], folder / "qa.jsonl")
    ids = {summary.source: summary.id for summary in kb.storage.documents.summaries()}
    chunks = {
        key: [bare(chunk.text) for chunk in kb.storage.documents.chunks_of(key)] for key in ids.values()
    }
    whole = [found_whole(item, [ids.get(names[name], "") for name in item.doc_ids], chunks) for item in items]
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
    """For each passage of the evidence whether a chunk of the documents `ids` holds it whole."""
    own_chunks = [chunk for document_id in ids for chunk in chunks.get(document_id, ())]
    return [any(bare(passage) in chunk for chunk in own_chunks) for passage in item.evidence]


def is_hit(kb: KnowledgeBase, item: Item) -> bool:
    """Whether one of the first five hits holds a passage of the evidence whole."""
    hits = kb.retrieval.retriever.retrieve(item.question, Filters(), HITS).kept
    texts = [bare(hit.chunk.text) for hit in hits]
    return any(bare(passage) in text for passage in item.evidence for text in texts)


def main() -> None:
    """Measure the folder of the command line and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--no-questions", action="store_true")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as fresh,
        open_knowledge_base(Settings(home=arguments.home or Path(fresh))) as kb,
    ):
        print(json.dumps(measure(kb, arguments.folder, ask=not arguments.no_questions)))


if __name__ == "__main__":
    main()
