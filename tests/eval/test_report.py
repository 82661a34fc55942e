import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from outcomes import DOCUMENT, REFUSAL, make_answer, make_item, make_record

from eval.failures import worst
from eval.labels import METRICS
from eval.records import judge
from eval.report import read_scores, write_report
from eval.run import Inputs, Outcome
from eval.scores import score
from kb.errors import DatasetError

DAY = date(2024, 5, 6)
RECORDS = [
    judge(record, {"plan": DOCUMENT})
    for record in (
        make_record(make_item(type="number")),
        make_record(make_item(qid="q2", question="<script>谁|负责</script>？", type="fact"), REFUSAL),
        make_record(
            make_item(qid="q3", answerable=False, doc_id=None, key_points=[], type="unanswerable_far"),
            rankings={},
        ),
    )
]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    outcome = Outcome(
        inputs=Inputs(corpus=Path("corpus"), qa=Path("workplan.jsonl"), out=folder),
        records=tuple(RECORDS),
        scores=score(RECORDS, None),
        embed_model="bundled",
        n_documents=16,
        n_chunks=1002,
        problems=("未能导入 坏.pdf：文件损坏",),
    )
    write_report(outcome, folder, DAY)
    return folder


def test_report_json_is_flat_and_readable_again(out):
    scores = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert scores["n_questions"] == 3
    assert scores["ingest_chunks_per_s"] is None
    assert read_scores(out / "report.json") == scores


def test_records_keep_the_order_and_the_judgement(out):
    lines = [json.loads(line) for line in (out / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["item"]["qid"] for line in lines] == ["q1", "q2", "q3"]
    assert [line["cause"] for line in lines] == [None, "误拒", "误答"]


def test_markdown_names_metrics_and_failures(out):
    text = (out / "report.md").read_text(encoding="utf-8")
    assert all(label in text for label, _ in METRICS.values())
    assert "| q3 | 误答 |" in text
    assert "谁\\|负责" in text
    assert "> 未能导入 坏.pdf" in text


class _Tags(HTMLParser):
    """Every opened tag is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)


def test_html_is_self_contained_well_formed_and_escaped(out):
    text = (out / "report.html").read_text(encoding="utf-8")
    parser = _Tags()
    parser.feed(text)
    assert parser.open == []
    assert "svg" in parser.seen
    assert "script" not in parser.seen
    assert not re.search(r"(src|href)=|https?://|url\(", text)


def test_html_shows_systems_and_causes(out):
    text = (out / "report.html").read_text(encoding="utf-8")
    for words in (
        "本系统",
        "仅向量",
        "向量+词 RRF",
        "检索未中",
        "片段不对",
        "误拒",
        "误答",
        "未能导入 坏.pdf",
    ):
        assert words in text


def test_the_more_confident_error_comes_first():
    sure = judge(
        make_record(make_item(qid="b", key_points=["区司法局"]), make_answer(confidence=0.9)),
        {"plan": DOCUMENT},
    )
    unsure = judge(
        make_record(make_item(qid="a", key_points=["区司法局"]), make_answer(confidence=0.6)),
        {"plan": DOCUMENT},
    )
    assert worst([unsure, RECORDS[0], sure]) == [sure, unsure]


def test_a_report_that_is_none_is_an_error(tmp_path):
    file = tmp_path / "report.json"
    file.write_text('{"doc_hit@1": "高"}', encoding="utf-8")
    with pytest.raises(DatasetError, match="不是 eval run"):
        read_scores(file)
