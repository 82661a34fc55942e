"""The small evaluation of CI, end to end: real documents, one hand-written question of each type."""

import json

import pytest
from factories import CORPUS, WORK_PLAN
from typer.testing import CliRunner

from eval.__main__ import cli
from eval.dataset import read_questions

pytestmark = pytest.mark.usefixtures("loaded_model")

DOCUMENTS = (WORK_PLAN, CORPUS / "政府信息公开条例(2019-04-03).md")
SET = CORPUS.parent / "eval" / "sets" / "workplan.jsonl"


@pytest.fixture(scope="module")
def small_set(tmp_path_factory):
    """The first question of each type, and a second near-unanswerable one for the test split."""
    first = {item.type: item.qid for item in reversed(read_questions(SET))}
    chosen = {*first.values(), *[i.qid for i in read_questions(SET) if i.type == "unanswerable_near"][:2]}
    lines = SET.read_text(encoding="utf-8").splitlines()
    folder = tmp_path_factory.mktemp("sets")
    kept = [line for line in lines if json.loads(line)["qid"] in chosen]
    (folder / "small.jsonl").write_text("\n".join(kept), encoding="utf-8")
    return folder


def test_small_evaluation_reaches_minimum_scores(small_set, make_home, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "home").symlink_to(make_home(), target_is_directory=True)
    corpora = [word for document in DOCUMENTS for word in ("--corpus", str(document))]
    result = CliRunner().invoke(cli, ["run", *corpora, "--qa", str(small_set), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output

    scores = json.loads(result.stdout)
    assert scores["n_questions"] >= 10
    assert scores["doc_hit@1"] >= 0.8, (out / "report.md").read_text(encoding="utf-8")
    assert scores["citation_supports_answer"] == 1.0
    assert scores["refusal_auroc"] >= 0.7
    assert scores["split.dev.right"] >= 0.5
    assert {"dense.doc_hit@1", "rrf.doc_hit@1", "type.number.right"} <= set(scores)
    assert sorted(path.name for path in out.glob("re*")) == [
        "records.jsonl",
        "report.html",
        "report.json",
        "report.md",
    ]
