"""Reading rows: those of the project are verbatim; a row that is not is named."""

import json
from pathlib import Path

import pytest

from eval.train.rows import Row, check, read_rows

READER = Path(__file__).parents[3] / "eval" / "reader"
TEXT = "第五条 申请人应当在十五日内提出，逾期不予受理。"
ROW = Row(
    qid="r1",
    field="regulation",
    doc_id="d1",
    question="几天内要提出申请？",
    answerable=True,
    answer=("十五日内",),
    evidence=TEXT,
    verdict=None,
    kind="time",
)


def test_rows_of_the_project_are_verbatim_and_asked_once():
    rows = read_rows(READER / "questions.jsonl")
    lines = (READER / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    documents = {item["doc_id"]: item["text"] for item in map(json.loads, lines)}
    assert check(rows, documents) == []
    assert len(rows) >= 10_000
    assert {row.doc_id for row in rows} <= documents.keys()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"answer": ("三十日内",)}, "answer is not inside the evidence"),
        ({"answer": ()}, "answer and answerable disagree"),
        ({"evidence": "申请人应当在 十五日内 提出"}, "evidence is not verbatim"),
        ({"answerable": False, "answer": (), "verdict": "yes"}, "verdict without an answer"),
    ],
)
def test_row_with_a_fault_is_named(change: dict[str, object], fault: str):
    assert f"r1: {fault}" in check([ROW.model_copy(update=change)], {"d1": TEXT})


def test_question_asked_twice_of_a_document_is_named():
    assert check([ROW, ROW], {"d1": TEXT}) == ["asked twice: 几天内要提出申请？"]
