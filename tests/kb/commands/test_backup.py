"""A backup holds everything, and is restored to either database: whole, or not at all."""

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import WORK_PLAN
from postgres import Cluster
from pydantic import SecretStr
from sqlalchemy import select
from typer.testing import CliRunner, Result

from ingest.pipeline.run import ingest
from kb.__main__ import cli
from kb.answers import Contact
from kb.clock import china_today
from kb.embedding.embedder import Embedder
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.retrieval.index import index_folder
from kb.settings import Settings
from kb.storage import tables
from kb.storage.home import HomeLock
from kb.storage.parts import open_sql

pytestmark = pytest.mark.usefixtures("loaded_model")

pytestmark = pytest.mark.sqlite  # they look for the file; the tests use both databases anyway

NOW = datetime.now(UTC).replace(microsecond=250_000)  # what is older than the retention is not restored
QUESTIONS = ("规范性文件清理什么时候完成？", "公园什么时候关门", "IPv6支持度要达到多少？", "怎么办离婚登记？")
LEFT = "楼下路灯坏了，归谁管？\n请尽快。"


def fill(kb: KnowledgeBase) -> None:
    """Put something into most of the tables."""
    assert not ingest([WORK_PLAN], kb, progress=False).failed
    kb.faq.entries.put([FaqEntry(id="gate", question="公园几点关门？", answer="每晚十点。")])
    kb.faq.matcher.replace(kb.faq.entries.approved())
    kb.staff.contacts.replace([Contact(department="区司法局", name="王解答", phone="0792-8123456")])
    answer = kb.answerer.answer(Question(text=QUESTIONS[0]))
    answer_id = kb.citizens.journal.record(answer, "对话", NOW)
    kb.citizens.journal.feedback(answer_id, False, None, "看不懂", NOW)
    kb.citizens.questions.leave(LEFT, "13800001111", answer_id, ["区城管局"], NOW)
    kb.staff.users.ensure_admin("liulu-mantou-7", NOW)


def answers(kb: KnowledgeBase) -> list[object]:
    """The answers to QUESTIONS, without the milliseconds."""
    given = [kb.answerer.answer(Question(text=question)).as_json() for question in QUESTIONS]
    return [{key: value for key, value in answer.items() if key != "timings_ms"} for answer in given]


@pytest.fixture(scope="module")
def saved(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> tuple[Path, list[object]]:
    """A backup made while the knowledge base is open, and the answers it gave."""
    home, file = make_home(), tmp_path_factory.mktemp("backup") / "备份.zip"
    with (
        open_knowledge_base(Settings(home=home), embedder=embedder) as kb,
        pytest.MonkeyPatch.context() as patch,
    ):
        fill(kb)
        patch.setenv("KB_HOME", str(home))
        days = [china_today()]
        result = CliRunner().invoke(cli, ["backup", str(file)])
        days.append(china_today())  # the next one, where it was midnight meanwhile
        assert result.exit_code == 0, result.output
        assert "1 份文件的原件不在其中" in result.stdout
        assert any(f"在 {day + timedelta(days=180)} 之前销毁" in result.stdout for day in days)
        return file, answers(kb)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """run(home, command …)"""

    def run(home: Path, *arguments: str) -> Result:
        monkeypatch.setenv("KB_HOME", str(home))
        return CliRunner().invoke(cli, arguments)

    return run


def everything(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with open_sql(settings) as engine, engine.connect() as connection:
        rows = {
            table.name: connection.execute(select(table)).all() for table in tables.metadata.sorted_tables
        }
    return {name: sorted(map(tuple, table_rows), key=repr) for name, table_rows in rows.items()}


def test_backup_restores_everything_through_both_databases(
    saved: tuple[Path, list[object]],
    make_home: Callable[[], Path],
    cluster: Cluster,
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    embedder: Embedder,
):
    """From the database it was made on to PostgreSQL, and from there to SQLite."""
    file, before = saved
    url = cluster.new_database()
    other = Settings(home=make_home(), database_url=SecretStr(url))
    monkeypatch.setenv("KB_DATABASE_URL", url)
    assert run(other.home, "restore", str(file)).exit_code == 0
    with open_knowledge_base(other, embedder=embedder) as kb:
        assert answers(kb) == before
        assert kb.citizens.questions.waiting()[0].contact == "13800001111"
        assert kb.staff.audit.verify() is None
        kb.staff.contacts.replace(
            [*kb.staff.contacts.all(), Contact(department="区民政局", name="李丽", phone="12345")]
        )
    again = tmp_path / "又一份.zip"
    assert run(other.home, "backup", str(again)).exit_code == 0
    monkeypatch.delenv("KB_DATABASE_URL")
    back = Settings(home=make_home())
    assert run(back.home, "restore", str(again)).exit_code == 0
    assert everything(back) == everything(other)
    with open_knowledge_base(back, embedder=embedder) as kb:
        assert answers(kb) == before
        assert len(kb.staff.contacts.all()) == 2


def test_restore_keeps_existing_content_without_replace(
    saved: tuple[Path, list[object]],
    make_home: Callable[[], Path],
    run: Callable[..., Result],
    embedder: Embedder,
):
    settings = Settings(home=make_home())
    with open_knowledge_base(settings, embedder=embedder) as kb:
        kb.staff.users.ensure_admin("huanglong-cha-8", NOW)
    before = everything(settings)
    refused = run(settings.home, "restore", str(saved[0]))
    assert (refused.exit_code, "已有内容" in refused.stderr) == (1, True)
    assert everything(settings) == before
    assert index_folder(settings).is_dir()
    replaced = run(settings.home, "restore", str(saved[0]), "--replace", "--json")
    assert replaced.exit_code == 0, replaced.output
    assert json.loads(replaced.stdout)["rows"] == sum(map(len, everything(settings).values()))
    assert not (settings.home / "index").exists()
    with open_knowledge_base(settings, embedder=embedder) as kb:
        assert answers(kb) == saved[1]


@pytest.mark.parametrize("damage", ["line", "table", "manifest", "text", "newer", "orphan"])
def test_restore_of_damaged_backup_changes_nothing(
    saved: tuple[Path, list[object]],
    make_home: Callable[[], Path],
    run: Callable[..., Result],
    tmp_path: Path,
    damage: str,
    embedder: Embedder,
):
    settings = Settings(home=make_home())
    with open_knowledge_base(settings, embedder=embedder) as kb:
        kb.citizens.questions.leave(LEFT, None, None, [], NOW)
    before = everything(settings)
    file = damaged(saved[0], tmp_path / "坏的.zip", damage)
    result = run(settings.home, "restore", str(file), "--replace")
    assert result.exit_code == 1
    assert "没有" in result.stderr
    assert result.stderr.count("\n") == 1
    assert everything(settings) == before
    assert (settings.home / "index").exists()


def damaged(file: Path, copy: Path, damage: str) -> Path:
    """A copy of a backup with one thing wrong."""
    if damage == "text":
        copy.write_text("这不是备份", encoding="utf-8")
        return copy
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            words = old.read(name)
            if (damage, name) in (("table", "questions.jsonl"), ("manifest", "manifest.json")):
                continue
            if (damage, name) == ("line", "chunks.jsonl"):
                words = words[: len(words) // 2]
            if (damage, name) == ("orphan", "documents.jsonl"):
                words = words.replace(b'{"id": "', b'{"id": "x', 1)
            if (damage, name) == ("newer", "manifest.json"):
                words = json.dumps({**json.loads(words), "revision": "9999"}).encode()
            new.writestr(name, words)
    return copy


def test_restored_backup_of_older_program_is_upgraded(
    make_home: Callable[[], Path],
    run: Callable[..., Result],
    saved: tuple[Path, list[object]],
    tmp_path: Path,
    embedder: Embedder,
):
    """As version 0001 would have written it: contacts without hours, no accounts."""
    old = tmp_path / "旧.zip"
    kept = ("documents", "chunks", "term_counts", "faq_entries", "faq_vectors", "contacts", "asked")
    added = {
        "contacts": {"hours"},
        "asked": {"took_ms", "asker", "asked_back"},
        "documents": {"head", "standing"},
    }
    first = {"faq_entries": ("id", "status", "question", "body", "updated")}
    with zipfile.ZipFile(saved[0]) as new, zipfile.ZipFile(old, "w") as archive:
        manifest = json.loads(new.read("manifest.json"))
        columns, rows = {}, 0
        for name in kept:
            names = [c for c in first.get(name, manifest["tables"][name]) if c not in added.get(name, ())]
            columns[name] = {column: manifest["tables"][name][column] for column in names}
            lines = [json.loads(line) for line in new.read(f"{name}.jsonl").splitlines()]
            written = [json.dumps({column: line[column] for column in names}) for line in lines]
            archive.writestr(f"{name}.jsonl", "\n".join(written))
            rows += len(lines)
        manifest |= {"revision": "0001", "tables": columns, "rows": rows}
        archive.writestr("manifest.json", json.dumps(manifest))
    settings = Settings(home=make_home())
    result = run(settings.home, "restore", str(old))
    assert result.exit_code == 0, result.output
    with open_knowledge_base(settings, embedder=embedder) as kb:
        assert [contact.name for contact in kb.staff.contacts.all()] == ["王解答"]
        assert answers(kb) == saved[1]


def test_backup_overwrites_no_file_and_is_readable_by_owner_only(
    saved: tuple[Path, list[object]],
    make_home: Callable[[], Path],
    run: Callable[..., Result],
    embedder: Embedder,
):
    file = saved[0]
    before = file.read_bytes()
    home = make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder):
        result = run(home, "backup", str(file))
    assert (result.exit_code, "已经存在" in result.stderr) == (1, True)
    assert file.read_bytes() == before
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_restore_refused_while_knowledge_base_is_in_use(
    saved: tuple[Path, list[object]], make_home: Callable[[], Path], run: Callable[..., Result]
):
    home = make_home()
    with HomeLock(home):
        assert "正被" in run(home, "restore", str(saved[0]), "--replace").stderr


@pytest.mark.hostile
def test_restored_words_whose_time_is_over_are_gone_at_once(
    make_home: Callable[[], Path], run: Callable[..., Result], tmp_path: Path, embedder: Embedder
):
    """The backup was made in time and lay about since: as if 181 days had passed."""
    canary, file, home = "西渡口鹦鹉螺号", tmp_path / "旧.zip", make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        long_ago = NOW - timedelta(days=181)
        answer = kb.answerer.answer(Question(text=f"{canary}怎么办？"))
        kb.citizens.journal.record(answer, None, long_ago)
        kb.citizens.questions.leave(f"{canary}归谁管？", canary, None, [], long_ago)
        kb.queue.grouping.gather()
        kb.citizens.questions.leave(LEFT, None, None, [], NOW)
    assert run(home, "backup", str(file)).exit_code == 0
    new = make_home()
    result = run(new, "restore", str(file))
    assert result.exit_code == 0, result.output
    assert "备份已有 0 天" in result.stdout
    assert "提问 1 条，留言 1 条" in result.stdout and "请销毁" in result.stdout
    files = [path for path in new.iterdir() if path.is_file()]
    assert not [path.name for path in files if canary.encode() in path.read_bytes()]
    with open_knowledge_base(Settings(home=new), embedder=embedder) as kb:
        assert [left.question.text for left in kb.citizens.questions.all()] == [LEFT]
        assert kb.staff.audit.verify() is None
