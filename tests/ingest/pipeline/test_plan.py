"""The plan of an ingest, its report file by file, and documents that must not be removed by mistake."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from ingest.__main__ import cli
from ingest.editing.corrections import take_out
from ingest.pipeline.progress import Progress
from ingest.pipeline.report import write_report
from ingest.pipeline.run import ingest
from kb.commands.terminal import ProgressStep, Silence
from kb.embedding.embedder import Embedder
from kb.errors import DatasetError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role, Staff

pytestmark = pytest.mark.usefixtures("loaded_model")

NOTICE = """关于规范停车收费的通知

一、收费标准
（一）小型汽车首小时收费五元，此后每小时两元。
二、施行时间
本通知自2022年3月1日起施行。
浔阳区城市管理局
2022年2月15日
"""


@pytest.fixture
def home(make_home: Callable[[], Path]) -> Path:
    return make_home()


@pytest.fixture
def own_kb(home: Path, embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=home), embedder=embedder) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "文件"
    files.mkdir()
    for name in ("停车", "绿化", "环卫"):
        (files / f"{name}.txt").write_text(NOTICE.replace("停车", name), "utf-8")
    return files


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("KB_HOME", str(home))
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def names_of(kb: KnowledgeBase) -> set[str]:
    return {summary.source for summary in kb.storage.documents.summaries()}


def test_dry_run_lists_changes_and_changes_nothing(run: Callable[..., Result], folder: Path, home: Path):
    assert run(str(folder)).exit_code == 0
    (folder / "停车.txt").unlink()
    (folder / "绿化.txt").write_text(NOTICE.replace("停车", "园林"), "utf-8")
    (folder / "消防.txt").write_text(NOTICE.replace("停车", "消防"), "utf-8")
    with (folder / "巨大.txt").open("wb") as file:
        file.truncate(200_000_000)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.suffix != ".sqlite-shm"}
    result = run(str(folder), "--dry-run", "--prune", "--json")
    plan = json.loads(result.stdout)
    assert (plan["created"], plan["replaced"]) == (["消防.txt"], ["绿化.txt"])
    assert (plan["unchanged"], plan["removed"]) == (["环卫.txt"], ["停车.txt"])
    assert [failure["name"] for failure in plan["failed"]] == ["巨大.txt"]
    assert result.exit_code == 1
    assert before == {
        path: path.stat().st_mtime_ns for path in home.rglob("*") if path.suffix != ".sqlite-shm"
    }
    words = run(str(folder), "--dry-run", "--prune").stdout
    assert "将新增 1，将更新 1，将移除 1，未变 1" in words
    done = json.loads(run(str(folder), "--prune", "--json").stdout)
    assert all(done[key] == plan[key] for key in ("created", "replaced", "unchanged", "removed"))


def test_dry_run_without_knowledge_base_creates_none(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KB_HOME", str(tmp_path / "没有"))
    result = CliRunner().invoke(cli, [str(folder), "--dry-run"])
    assert "将新增 3" in result.stdout
    assert not (tmp_path / "没有").exists()


def test_prune_removes_nothing_when_folder_is_missing(folder: Path, own_kb: KnowledgeBase):
    """An unmounted share looks like an empty or a missing folder."""
    ingest([folder], own_kb, progress=False)
    folder.rename(folder.with_name("别处"))
    result = ingest([folder], own_kb, prune=True, progress=False)
    assert result.removed == ()
    assert result.failed[0].reason == "没有这个文件或目录"
    assert len(names_of(own_kb)) == 3


def test_prune_removes_a_named_file_that_is_gone(folder: Path, own_kb: KnowledgeBase):
    ingest([folder], own_kb, progress=False)
    (folder / "停车.txt").unlink()
    assert ingest([folder / "停车.txt"], own_kb, prune=True, progress=False).removed == ("停车.txt",)


def test_prune_removes_nothing_of_an_unreadable_docs_jsonl(tmp_path: Path, own_kb: KnowledgeBase):
    lines = [
        json.dumps({"doc_id": f"N-{n}", "title": f"第{n}号通知", "text": NOTICE}, ensure_ascii=False)
        for n in (1, 2)
    ]
    file = tmp_path / "docs.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    ingest([file], own_kb, progress=False)
    file.write_text(f"{lines[0]}\n{lines[1][:40]}", "utf-8")
    assert ingest([file], own_kb, prune=True, progress=False).removed == ()
    file.write_text(lines[0], "utf-8")
    assert ingest([file], own_kb, prune=True, progress=False).removed == ("N-2",)


def test_bad_file_does_not_take_id_of_its_namesake(tmp_path: Path, own_kb: KnowledgeBase):
    for name, content in (("甲", ""), ("乙", NOTICE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "通知.txt").write_text(content, "utf-8")
    assert ingest([tmp_path], own_kb, progress=False).created == ("通知.txt",)
    again = ingest([tmp_path], own_kb, progress=False)
    assert (again.created, again.unchanged, len(again.failed)) == ((), ("通知.txt",), 1)
    (tmp_path / "甲" / "通知.txt").write_text(NOTICE.replace("停车", "环卫"), "utf-8")
    assert ingest([tmp_path], own_kb, progress=False).created == ("通知.txt",)
    assert len(own_kb.storage.documents.summaries()) == 2


def test_lone_surrogate_in_docs_jsonl_is_a_bad_line(tmp_path: Path, own_kb: KnowledgeBase):
    (tmp_path / "docs.jsonl").write_text('{"doc_id": "a", "title": "t", "text": "\\ud83d 通知"}', "utf-8")
    assert ingest([tmp_path], own_kb, progress=False).failed[0].name == "docs.jsonl 第 1 行"


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json"])
def test_report_has_a_line_for_each_file(
    run: Callable[..., Result], folder: Path, tmp_path: Path, suffix: str
):
    (folder / "空.txt").write_text("", "utf-8")
    file = tmp_path / f"报告.{suffix}"
    assert run(str(folder), "--report", str(file)).exit_code == 1
    rows = read_report(file)
    assert {row["name"] for row in rows} == {"停车.txt", "绿化.txt", "环卫.txt", "空.txt"}
    (parking,) = [row for row in rows if row["name"] == "停车.txt"]
    assert (parking["outcome"], parking["title"]) == ("新增", "关于规范停车收费的通知")
    assert int(parking["characters"]) > 80
    assert int(parking["chunks"]) == int(parking["fresh"]) > 0
    assert "发文字号" in parking["doubts"]
    (empty,) = [row for row in rows if row["name"] == "空.txt"]
    assert (empty["outcome"], empty["reason"]) == ("失败", "文件是空的，没有文字")


HEADS = {
    "文件": "name",
    "结果": "outcome",
    "标题": "title",
    "字数": "characters",
    "段数": "chunks",
    "新写入段数": "fresh",
    "疑点": "doubts",
    "失败原因": "reason",
}


def read_report(file: Path) -> list[dict[str, str]]:
    """The rows of a report, with the field names of the JSON report."""
    if file.suffix == ".json":
        records = json.loads(file.read_text("utf-8"))
        return [{**row, "doubts": "".join(row["doubts"])} for row in records]
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.reader(lines))
    else:
        book = load_workbook(file)
        table = [[str(value or "") for value in row] for row in book.active.iter_rows(values_only=True)]
        book.close()
    return [
        {HEADS.get(head, head): cell for head, cell in zip(table[0], row, strict=True)} for row in table[1:]
    ]


def test_impossible_report_file_refused_before_reading(run: Callable[..., Result], folder: Path, home: Path):
    result = run(str(folder), "--report", "报告.doc")
    assert result.exit_code == 1
    assert ".xlsx" in result.stderr
    assert not (home / "kb.sqlite").exists()
    assert "不是目录" in run(str(folder), "--report", "没有/报告.csv").stderr
    with pytest.raises(DatasetError, match="写不进去"):
        write_report((), folder / "没有" / "报告.csv")


class Watching(Silence):
    """A terminal that keeps every step."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[ProgressStep] = []

    def step(self, step: ProgressStep) -> None:
        self.steps.append(step)


def test_progress_ends_with_all_documents_counted(folder: Path, own_kb: KnowledgeBase):
    (folder / "空.txt").write_text("", "utf-8")
    terminal = Watching()
    ingest([folder], own_kb, terminal=terminal)
    assert len(terminal.steps) == 4
    assert terminal.steps[-1].share == 1
    assert terminal.steps[-1].note.startswith("4/4 份")


def test_time_left_computed_from_bytes(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr("ingest.pipeline.progress.monotonic", lambda: now[0])
    terminal = Watching()
    progress = Progress({"短": 100, "长": 900}, terminal)
    now[0] += 20
    progress.done("短", "短.txt", 3)
    assert "剩余约 3 分钟" in terminal.steps[0].note
    assert terminal.steps[0].line == "已入库：短.txt（3 段）\n进度：1/2 份 3 段 0 段/秒 剩余约 3 分钟"


def test_document_removed_by_staff_during_ingest_stays_out(
    folder: Path, own_kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
):
    """Staff remove a document between its reading and storing; it stays out."""
    ingest([folder], own_kb, progress=False)
    shutil.copy(folder / "绿化.txt", folder / "停车.txt")
    (target,) = [s for s in own_kb.storage.documents.summaries() if s.source == "停车.txt"]
    embed = own_kb.embedder.embed_passages

    def embed_and_be_overtaken(texts: list[str]):
        remove_by_staff(own_kb, target.id)
        return embed(texts)

    monkeypatch.setattr(own_kb.embedder, "embed_passages", embed_and_be_overtaken)
    result = ingest([folder], own_kb, progress=False)
    assert [failure.name for failure in result.failed] == ["停车.txt"]
    assert "有人修改" in result.failed[0].reason
    assert "停车.txt" not in names_of(own_kb)


def remove_by_staff(kb: KnowledgeBase, document_id: str) -> None:
    admin = Staff(name="admin", title="管理员", role=Role.ADMIN)
    if kb.storage.documents.get(document_id) is not None:
        take_out(kb, document_id, 0, admin, datetime.now(UTC))
