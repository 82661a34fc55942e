"""Reading rows as they were written: a question, its document, the verbatim words that answer.

A row that is not answered is a near miss: its evidence treats the matter and does not say the point asked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from kb.models import Model

MOST_EVIDENCE = 700  # characters: about what a passage and its neighbour hold


class Row(Model):
    """A reading question; `answer` holds verbatim spans in the order of the text, none when not said."""

    qid: str
    field: str  # kind of document: policy, law, regulation, local, judicial, labour, service
    doc_id: str
    question: str
    answerable: bool
    answer: tuple[str, ...]
    evidence: str
    verdict: Literal["yes", "no"] | None
    kind: str


def read_rows(file: Path) -> list[Row]:
    """The rows of a questions.jsonl.

    Raises:
        ValidationError: a line is not a row.
    """
    with file.open(encoding="utf-8") as lines:
        return [Row.model_validate_json(line) for line in lines if line.strip()]


def faults_of(row: Row, text: str) -> Iterator[str]:
    """What is wrong with `row`, whose document has the text `text`, one sentence each."""
    if row.answerable != bool(row.answer):
        yield "answer and answerable disagree"
    if row.evidence not in text:
        yield "evidence is not verbatim"
    if not all(words and words in row.evidence for words in row.answer):
        yield "answer is not inside the evidence"
    if len(row.evidence) > MOST_EVIDENCE:
        yield f"evidence has {len(row.evidence)} characters"
    if row.verdict and not row.answerable:
        yield "verdict without an answer"


def check(rows: Iterable[Row], texts: Mapping[str, str]) -> list[str]:
    """The faults of all rows, each with the row's qid; `texts` are the documents' texts by doc_id."""
    found: list[str] = []
    asked: Counter[tuple[str, str]] = Counter()
    for row in rows:
        asked[row.doc_id, row.question] += 1
        found += [f"{row.qid}: {fault}" for fault in faults_of(row, texts[row.doc_id])]
    found += [f"asked twice: {question}" for (_, question), count in asked.items() if count > 1]
    return found
