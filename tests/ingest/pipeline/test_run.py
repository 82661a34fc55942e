"""ingest.pipeline.run: new, unchanged, changed, vanished and broken documents."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from factories import CORPUS, WORK_PLAN

from ingest.pipeline.run import ingest
from kb.answers import Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Question, Status
from kb.settings import Settings

NOTICE = """关于规范停车收费的通知

一、收费标准
（一）小型汽车首小时收费五元，此后每小时两元。（牵头单位：区发改委；责任单位：区城管局）
（二）残疾人专用车辆免费停放两小时。
二、施行时间
本通知自2022年3月1日起施行。
浔阳区城市管理局
2022年2月15日
"""


@pytest.fixture
def own_kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "停车收费.txt").write_text(NOTICE, encoding="utf-8")
    shutil.copy(WORK_PLAN, tmp_path)
    return tmp_path


def put(folder: Path, kb: KnowledgeBase, **options: bool):
    return ingest([folder], kb, progress=False, **options)


def first_passage(kb: KnowledgeBase, query: str) -> str:
    return kb.retrieval.retriever.retrieve(query, Filters(), 1).kept[0].chunk.indexed_text


def assert_index_equals_registry(kb: KnowledgeBase) -> None:
    assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()


def test_second_ingest_finds_everything_unchanged(folder: Path, own_kb: KnowledgeBase):
    first, second = put(folder, own_kb), put(folder, own_kb)
    assert set(first.created) == {"停车收费.txt", WORK_PLAN.name}
    assert set(second.unchanged) == set(first.created)
    assert (second.created, second.replaced, second.chunks) == ((), (), 0)


def test_changed_document_replaces_chunks_and_embeds_only_new_ones(folder: Path, own_kb: KnowledgeBase):
    put(folder, own_kb)
    (folder / "停车收费.txt").write_text(NOTICE.replace("五元", "六元"), encoding="utf-8")
    result = put(folder, own_kb)
    assert result.replaced == ("停车收费.txt",)
    assert result.chunks == 1
    assert "首小时收费六元" in first_passage(own_kb, "小型汽车停车首小时收费")
    texts = [c.text for c in own_kb.storage.documents.chunks_of(next(iter(ids_of(own_kb, "停车收费.txt"))))]
    assert not any("五元" in text for text in texts)
    assert_index_equals_registry(own_kb)


def ids_of(kb: KnowledgeBase, source: str) -> set[str]:
    return {summary.id for summary in kb.storage.documents.summaries() if summary.source == source}


def test_prune_removes_only_vanished_documents(folder: Path, own_kb: KnowledgeBase):
    elsewhere = CORPUS / "物业管理条例(2018-03-19).md"
    put(folder, own_kb)
    ingest([elsewhere], own_kb, progress=False)
    (folder / "停车收费.txt").unlink()
    assert put(folder, own_kb).removed == ()
    assert put(folder, own_kb, prune=True).removed == ("停车收费.txt",)
    assert {s.source for s in own_kb.storage.documents.summaries()} == {WORK_PLAN.name, elsewhere.name}
    assert_index_equals_registry(own_kb)


def test_bad_files_listed_as_failed_and_others_ingested(folder: Path, own_kb: KnowledgeBase):
    (folder / "空.txt").write_text(" \n\n", encoding="utf-8")
    (folder / "乱码.txt").write_bytes(b"\xff\xfe\x00\x01\x81\x00\xff" * 50)
    (folder / "国标.txt").write_bytes(NOTICE.replace("停车", "泊车").encode("gb18030"))
    (folder / "假的.pdf").write_bytes(b"%PDF-1.7 nothing here")
    with (folder / "巨大.txt").open("wb") as file:
        file.truncate(200_000_000)
    result = put(folder, own_kb)
    assert {failure.name for failure in result.failed} == {"空.txt", "乱码.txt", "假的.pdf", "巨大.txt"}
    assert set(result.created) == {"停车收费.txt", "国标.txt", WORK_PLAN.name}
    assert "200 MB" in next(f.reason for f in result.failed if f.name == "巨大.txt")
    assert "泊车" in first_passage(own_kb, "泊车收费")


def test_file_turned_unreadable_keeps_its_stored_text(folder: Path, own_kb: KnowledgeBase):
    put(folder, own_kb)
    (folder / "停车收费.txt").write_bytes(b"")
    result = put(folder, own_kb)
    assert [failure.name for failure in result.failed] == ["停车收费.txt"]
    assert "首小时收费五元" in first_passage(own_kb, "小型汽车停车首小时收费")


def test_docs_jsonl_keeps_ids_and_lists_bad_lines(tmp_path: Path, own_kb: KnowledgeBase):
    lines = [
        json.dumps({"doc_id": "N-1", "title": "停车收费通知", "text": NOTICE}, ensure_ascii=False),
        '{"doc_id": "N-2"',
        json.dumps({"doc_id": "N-3", "title": "没有正文"}, ensure_ascii=False),
    ]
    (tmp_path / "docs.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = put(tmp_path / "docs.jsonl", own_kb)
    assert result.created == ("N-1",)
    assert [failure.name for failure in result.failed] == ["docs.jsonl 第 2 行", "docs.jsonl 第 3 行"]
    document = own_kb.storage.documents.get("N-1")
    assert document is not None
    assert document.title == "停车收费通知"


def test_same_file_name_in_two_folders_gives_two_documents(tmp_path: Path, own_kb: KnowledgeBase):
    for department, fee in (("城管局", "五元"), ("交通局", "九元")):
        (tmp_path / department).mkdir()
        text = NOTICE.replace("五元", fee)
        (tmp_path / department / "通知.txt").write_text(text, encoding="utf-8")
    assert len(put(tmp_path, own_kb).created) == 2
    assert len(put(tmp_path, own_kb).unchanged) == 2
    assert len(ids_of(own_kb, "通知.txt")) == 2


def test_moved_file_keeps_its_id(folder: Path, own_kb: KnowledgeBase):
    put(folder, own_kb)
    before = ids_of(own_kb, "停车收费.txt")
    (folder / "2022").mkdir()
    (folder / "停车收费.txt").rename(folder / "2022" / "停车收费.txt")
    result = put(folder, own_kb, prune=True)
    assert (result.created, result.removed) == ((), ())
    assert ids_of(own_kb, "停车收费.txt") == before


def test_missing_path_listed_as_failed(tmp_path: Path, own_kb: KnowledgeBase):
    (failure,) = put(tmp_path / "没有", own_kb).failed
    assert failure.reason == "没有这个文件或目录"


def test_side_file_sets_status_and_number(folder: Path, own_kb: KnowledgeBase):
    put(folder, own_kb)
    side_file = folder / "停车收费.txt.meta.yaml"
    side_file.write_text("status: 已废止\nnumber: 浔城管〔2022〕3号\n", encoding="utf-8")
    assert put(folder, own_kb).replaced == ("停车收费.txt",)
    answer = own_kb.answerer.answer(Question(text="关于规范停车收费的通知里，小型汽车停车首小时收费多少？"))
    assert (answer.citations[0].status, answer.citations[0].number) == (Status.REPEALED, "浔城管〔2022〕3号")
    assert answer.text.startswith("注意：")
    repealed = own_kb.retrieval.retriever.retrieve("停车收费", Filters(status=Status.REPEALED), 3)
    assert {hit.document.source for hit in repealed.kept} == {"停车收费.txt"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("state: 已废止", "state", id="unknown_field"),
        pytest.param("status: 作废", "status", id="unknown_status"),
        pytest.param("effective_date: 去年", "effective_date", id="no_date"),
        pytest.param("status: [", "读不出来", id="no_yaml"),
        pytest.param("- 已废止", "整个文件", id="no_fields"),
        pytest.param("questions: {第九条: [停车多少钱]}", "“第九条”，正文里没有这些字", id="no_such_words"),
        pytest.param("questions: 停车多少钱", "questions", id="questions_of_no_passage"),
    ],
)
def test_wrong_side_file_listed_as_failed_and_nothing_changes(
    folder: Path, own_kb: KnowledgeBase, content: str, reason: str
):
    put(folder, own_kb)
    (folder / "停车收费.txt.meta.yaml").write_text(content, encoding="utf-8")
    (failure,) = put(folder, own_kb).failed
    assert failure.name == "停车收费.txt"
    assert "停车收费.txt.meta.yaml" in failure.reason
    assert reason in failure.reason
    assert ids_of(own_kb, "停车收费.txt")


def test_answer_cites_newer_edition_of_a_law(own_kb: KnowledgeBase):
    ingest(sorted(CORPUS.glob("保守国家秘密法*.md")), own_kb, progress=False)
    status = {summary.source: summary.status for summary in own_kb.storage.documents.summaries()}
    assert status == {
        "保守国家秘密法(2024-02-27).md": Status.IN_FORCE,
        "保守国家秘密法(2010-04-29).md": Status.AMENDED,
    }
    answer = own_kb.answerer.answer(Question(text="什么是国家秘密？"))
    assert answer.citations[0].status is Status.IN_FORCE
    old = own_kb.retrieval.retriever.retrieve("什么是国家秘密", Filters(status=Status.AMENDED), 3)
    assert {hit.document.source for hit in old.kept} == {"保守国家秘密法(2010-04-29).md"}


def test_repealed_document_answers_only_when_named(own_kb: KnowledgeBase, tmp_path: Path):
    old = (
        "浔阳区人民政府办公室\n浔府办发〔2018〕3号\n浔阳区公共租赁住房管理办法\n"
        "第一条 公共租赁住房的租金标准为每平方米每月三元。\n第二条 本办法自2018年4月1日起施行。\n"
        "浔阳区人民政府办公室\n2018年3月1日\n"
    )
    new = (
        "浔阳区人民政府办公室\n浔府办发〔2023〕8号\n浔阳区住房保障办法\n"
        "第一条 区政府对住房困难家庭发放租赁补贴。\n"
        "第二条 本办法自2023年7月1日起施行，《浔阳区公共租赁住房管理办法》（浔府办发〔2018〕3号）同时废止。\n"
        "浔阳区人民政府办公室\n2023年6月1日\n"
    )
    (tmp_path / "旧办法.txt").write_text(old, encoding="utf-8")
    put(tmp_path, own_kb)
    question = "公共租赁住房的租金标准是每平方米每月多少元？"
    assert "每月三元" in own_kb.answerer.answer(Question(text=question)).text
    (tmp_path / "新办法.txt").write_text(new, encoding="utf-8")
    put(tmp_path, own_kb)
    (repealed,) = [
        summary for summary in own_kb.storage.documents.summaries() if summary.source == "旧办法.txt"
    ]
    assert (repealed.status, repealed.standing.since) == (Status.REPEALED, date(2023, 7, 1))
    refused = own_kb.answerer.answer(Question(text=question))
    assert refused.ending is Ending.ONLY_OUTDATED
    assert refused.candidates[0].document == "浔阳区公共租赁住房管理办法"
    answer = own_kb.answerer.answer(Question(text=f"按2018年的公共租赁住房管理办法，{question}"))
    assert answer.text.startswith(
        "注意：《浔阳区公共租赁住房管理办法》已废止（被《浔阳区住房保障办法》废止，自 2023-07-01 起），"
    )
    assert "每月三元" in answer.text
    (tmp_path / "新办法.txt").unlink()
    put(tmp_path, own_kb, prune=True)
    assert "每月三元" in own_kb.answerer.answer(Question(text=question)).text
