import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from outcomes import DOCUMENT, REFUSAL, make_answer, make_item, make_record

from eval.records import judge
from eval.report.compare import PastQuestion, Previous, read_scores
from eval.report.failures import worst
from eval.report.labels import METRICS
from eval.report.markdown import markdown
from eval.report.mistakes import HELD_BACK
from eval.report.page import page
from eval.report.view import View
from eval.report.writing import write_report
from eval.run import Evaluation, Inputs
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


def make_view(records, **fields):
    """A view of these records."""
    outcome = Evaluation(
        inputs=Inputs(corpora=(Path("corpus"),), qa=Path("workplan.jsonl"), out=Path("out")),
        records=tuple(records),
        scores=score(records, None),
        embed_model="bundled",
        n_documents=16,
        n_chunks=1002,
        problems=("未能导入 坏.pdf：文件损坏",),
    )
    return View(outcome=outcome, day=DAY, **fields)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(make_view(RECORDS), folder)
    return folder


def test_report_json_is_flat_and_can_be_read_back(out):
    scores = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert scores["n_questions"] == 3
    assert scores["ingest_chunks_per_s"] is None
    assert read_scores(out / "report.json") == scores


def test_records_file_keeps_order_and_judgement(out):
    lines = [json.loads(line) for line in (out / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["item"]["qid"] for line in lines] == ["q1", "q2", "q3"]
    assert [line["cause"] for line in lines] == [None, "误拒", "误答"]


def test_markdown_names_metrics_failures_and_problems(out):
    text = (out / "report.md").read_text(encoding="utf-8")
    assert all(label in text for label, _ in METRICS.values())
    assert "| q3 | 误答 |" in text
    assert "谁\\|负责" in text
    assert "> 未能导入 坏.pdf" in text


class _Tags(HTMLParser):
    """A parser that checks that every opened tag is closed, in order."""

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


def test_html_shows_systems_causes_and_problems(out):
    text = (out / "report.html").read_text(encoding="utf-8")
    for words in (
        "本系统",
        "仅向量",
        "向量+词 RRF",
        "检索未中",
        "引文不对",
        "误拒",
        "误答",
        "说了不该说的",
        "可靠性图",
        "现用门槛",
        "未能导入 坏.pdf",
    ):
        assert words in text


class TestHeldOut:
    """Mistakes on test questions are counted, but named only on demand, to prevent tuning on them."""

    RECORDS = tuple(
        judge(
            make_record(make_item(qid=f"q-{split}", question=f"{split} 的题？", split=split), REFUSAL),
            {"plan": DOCUMENT},
        )
        for split in ("dev", "test")
    )

    @pytest.mark.parametrize("write", [page, markdown])
    def test_report_names_only_dev_questions(self, write):
        text = write(make_view(self.RECORDS))
        assert "dev 的题？" in text and "test 的题？" not in text
        assert HELD_BACK in text

    @pytest.mark.parametrize("write", [page, markdown])
    def test_show_test_names_all_questions(self, write):
        text = write(make_view(self.RECORDS, show_test=True))
        assert "dev 的题？" in text and "test 的题？" in text
        assert HELD_BACK not in text

    def test_report_over_test_split_alone_does_not_claim_no_mistakes(self):
        assert "没有答错" not in page(make_view(self.RECORDS[1:]))
        assert "没有答错" in page(make_view(RECORDS[:1]))

    @pytest.mark.parametrize("write", [page, markdown])
    def test_two_splits_are_shown_side_by_side(self, write):
        assert "调整用与检验用" in write(make_view(self.RECORDS))
        assert "调整用与检验用" not in write(make_view(self.RECORDS[:1]))


class TestPrevious:
    BEFORE = Previous(
        scores={**score(RECORDS, None), "right": 0.9, "answerable_refused": 0.9, "n_questions": 7},
        questions={
            "q1": PastQuestion(question="街道要安排几名政策解答员？", right=False),
            "q3": PastQuestion(question="街道要安排几名政策解答员？", right=True),
        },
    )

    def test_page_colours_change_by_direction(self):
        text = page(make_view(RECORDS, previous=self.BEFORE))
        assert '<td class="n">90.0%</td><td class="n down fell">↓56.7</td>' in text  # right: 90 % to 1/3
        assert '<td class="n">90.0%</td><td class="n up">↓40.0</td>' in text  # needless refusals: to 1/2
        assert "答对率比上次差：90.0% → 33.3%" in text
        assert "题数与上次不同（上次 7 题）" in text

    def test_markdown_has_the_change_column(self):
        text = markdown(make_view(RECORDS, previous=self.BEFORE))
        assert "| 答对率 `right` | 33.3% | 90.0% | ↓56.7 |" in text

    @pytest.mark.parametrize("write", [page, markdown])
    def test_report_lists_questions_whose_outcome_changed(self, write):
        text = write(make_view(RECORDS, previous=self.BEFORE))
        assert "上次对、这次错" in text and "上次错、这次对" in text

    def test_page_without_earlier_run_has_no_change_column(self):
        assert "上次" not in page(make_view(RECORDS))


def test_query_shown_where_it_differs_from_the_question():
    answer = make_answer(confidence=0.6).model_copy(update={"rewritten": "义务教育招生范围"})
    record = judge(
        make_record(make_item(question="娃上学划片？", key_points=["区教体局"]), answer), {"plan": DOCUMENT}
    )
    assert "<dt>查找</dt><dd>义务教育招生范围</dd>" in page(make_view([record]))


def test_worst_lists_more_confident_error_first():
    sure = judge(
        make_record(make_item(qid="b", key_points=["区司法局"]), make_answer(confidence=0.9)),
        {"plan": DOCUMENT},
    )
    unsure = judge(
        make_record(make_item(qid="a", key_points=["区司法局"]), make_answer(confidence=0.6)),
        {"plan": DOCUMENT},
    )
    assert worst([unsure, RECORDS[0], sure]) == [sure, unsure]


def test_read_scores_refuses_a_file_that_is_no_report(tmp_path):
    file = tmp_path / "report.json"
    file.write_text('{"doc_hit@1": "高"}', encoding="utf-8")
    with pytest.raises(DatasetError, match="不是 eval run"):
        read_scores(file)
