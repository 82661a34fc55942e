"""Commands while the service runs: it does the work, the caller gets the same output and exit codes."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import WORK_PLAN
from typer.testing import CliRunner, Result

from ingest.__main__ import cli as ingest_cli
from ingest.commands import COMMANDS as INGEST_COMMANDS
from ingest.pipeline.run import ingest
from kb.__main__ import cli as kb_cli
from kb.commands.channel import SOCKET, FarTerminal, listen
from kb.commands.tasks import COMMANDS as KB_COMMANDS
from kb.commands.terminal import STOPPED
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from web.command_channel import commands_served

COMMANDS = (*KB_COMMANDS, *INGEST_COMMANDS)
NOTICE = "关于第{0}号停车场收费的通知\n一、收费标准\n第{0}号停车场首小时收费{0}元。\n2022年5月1日\n"


@pytest.fixture(scope="module")
def served(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with (
        open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb,
        commands_served(kb, COMMANDS),
    ):
        ingest([WORK_PLAN], kb, progress=False)
        yield kb


@pytest.fixture
def run(served: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("KB_HOME", str(served.settings.home))
    return lambda *arguments: CliRunner().invoke(kb_cli, arguments)


@pytest.fixture
def run_ingest(served: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("KB_HOME", str(served.settings.home))
    return lambda *arguments: CliRunner().invoke(ingest_cli, arguments)


def test_ask_is_answered_by_running_service(run: Callable[..., Result], served: KnowledgeBase):
    result = run("ask", "IPv6支持度要达到多少？", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["kind"] == "extract"
    assert answer["citations"][0]["document"] == served.storage.documents.summaries()[0].title


def test_search_and_batch_run_in_service(run: Callable[..., Result], tmp_path: Path):
    assert len(json.loads(run("search", "公开", "--limit", "3", "--json").stdout)) == 3
    (tmp_path / "in.jsonl").write_text('{"qid": "a", "question": "IPv6支持度？"}\n{"qid": "b"}', "utf-8")
    result = run("ask", "--batch", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"))
    assert result.exit_code == 1
    assert "in.jsonl 第 2 行" in result.stderr
    assert len((tmp_path / "out.jsonl").read_text("utf-8").splitlines()) == 2


def test_imported_faq_entry_answers_at_once(
    run: Callable[..., Result], served: KnowledgeBase, tmp_path: Path
):
    file = tmp_path / "问答.csv"
    file.write_text("编号,问题,答案\nF1,政务公开专区在哪里？,各办事大厅都有。\n", "utf-8")
    assert run("faq", "import", str(file), "--json").stdout == '{"added":1,"changed":0,"unchanged":0}\n'
    assert served.faq.matcher.entries[0].answer == "各办事大厅都有。"
    assert json.loads(run("ask", "政务公开专区在哪里", "--json").stdout)["kind"] == "faq"
    assert run("faq", "export", str(tmp_path / "out.jsonl")).stdout == "导出 1 条\n"


def test_error_is_one_sentence_with_exit_code_1(run: Callable[..., Result], tmp_path: Path):
    result = run("contacts", str(tmp_path / "没有.csv"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "没有.csv" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_imported_contacts_reach_service_at_once(
    run: Callable[..., Result], served: KnowledgeBase, tmp_path: Path
):
    file = tmp_path / "解答员.csv"
    file.write_text("部门,姓名,电话\n区数字中心,王芳,0792-8551234\n", "utf-8")
    assert run("contacts", str(file)).stdout == "导入 1 人\n"
    assert [contact.name for contact in served.staff.contacts.all()] == ["王芳"]


def test_ingest_adds_documents_to_running_service(
    run_ingest: Callable[..., Result], served: KnowledgeBase, tmp_path: Path
):
    (tmp_path / "停车.txt").write_text(NOTICE.format(7), "utf-8")
    (tmp_path / "空.txt").write_text("", "utf-8")
    result = run_ingest(str(tmp_path), "--report", str(tmp_path / "报告.json"), "--json")
    assert result.exit_code == 1, result.output
    outcome = json.loads(result.stdout)
    assert (outcome["created"], outcome["failed"][0]["name"]) == (["停车.txt"], "空.txt")
    assert "已入库：停车.txt" in result.stderr
    assert {row["name"] for row in json.loads((tmp_path / "报告.json").read_text("utf-8"))} == {
        "停车.txt",
        "空.txt",
    }
    assert "停车.txt" in {summary.source for summary in served.storage.documents.summaries()}
    assert served.retrieval.store.chunk_ids() == served.storage.documents.chunk_ids()


def test_dry_run_reports_plan_while_service_runs(run_ingest: Callable[..., Result], tmp_path: Path):
    (tmp_path / "新.txt").write_text(NOTICE.format(8), "utf-8")
    result = run_ingest(str(tmp_path), "--dry-run")
    assert result.exit_code == 0
    assert "将新增 1" in result.stdout


def test_repair_restores_lost_chunk_in_open_index(run: Callable[..., Result], served: KnowledgeBase):
    lost_id = next(iter(served.storage.documents.chunk_ids()))
    served.retrieval.store.remove([lost_id])
    result = run("repair", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["moved_to"] is None
    assert lost_id in served.retrieval.store.chunk_ids()


def test_socket_is_accessible_to_its_user_only(served: KnowledgeBase):
    mode = (served.settings.home / SOCKET).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("line", [b"", b"nonsense\n", b'{"command": "ask"}\n'])
def test_malformed_call_ends_only_its_connection(
    run: Callable[..., Result], served: KnowledgeBase, line: bytes
):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(served.settings.home / SOCKET))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert run("search", "公开").exit_code == 0


def test_unknown_command_reports_version_mismatch(served: KnowledgeBase):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(served.settings.home / SOCKET))
        connection.sendall(b'{"command": "fly", "arguments": "{}"}\n')
        output = connection.makefile().read()
    assert "同一版本" in output
    assert '{"code":1}' in output


def test_stale_socket_of_killed_service_is_ignored(
    make_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
):
    home = make_home()
    listen(home).close()
    assert (home / SOCKET).exists()
    monkeypatch.setenv("KB_HOME", str(home))
    assert CliRunner().invoke(kb_cli, ["search", "公开"]).exit_code == 0


def test_socket_works_in_long_home_path(
    make_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, embedder: Embedder
):
    home = make_home()
    deep = home / ("九江市浔阳区" * 8)
    deep.mkdir()
    (deep / "models").symlink_to(home / "models")
    with open_knowledge_base(Settings(home=deep), embedder=embedder) as kb, commands_served(kb, COMMANDS):
        monkeypatch.setenv("KB_HOME", str(deep))
        assert CliRunner().invoke(kb_cli, ["search", "公开", "--json"]).stdout == "[]\n"


@pytest.mark.slow
@pytest.mark.parametrize("in_service", [True, False])
def test_ctrl_c_stops_ingest_cleanly(
    make_home: Callable[[], Path],
    tmp_path: Path,
    in_service: bool,
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
):
    home, documents = make_home(), 400
    hold_until_stopped(monkeypatch)
    for number in range(documents):
        (tmp_path / f"{number:03}.txt").write_text(NOTICE.format(number) * 3, "utf-8")
    if in_service:
        with open_knowledge_base(Settings(home=home), embedder=embedder) as kb, commands_served(kb, COMMANDS):
            code, stdout = interrupted(home, tmp_path)
    else:
        code, stdout = interrupted(home, tmp_path)
    result = json.loads(stdout)
    assert code == STOPPED
    assert result["stopped"] is True
    assert 0 < len(result["created"]) < documents
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert len(kb.storage.documents.summaries()) == len(result["created"])
        assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()


def hold_until_stopped(patch: pytest.MonkeyPatch) -> None:
    """Let the service go on only when the caller asks it to stop, once it has told of the first document."""
    stopped, stop, tell = threading.Event(), FarTerminal.stop, FarTerminal.tell

    def held(terminal: FarTerminal, text: str) -> None:
        tell(terminal, text)
        if text.startswith("已入库"):
            assert stopped.wait(240)

    def told(terminal: FarTerminal) -> None:
        stop(terminal)
        stopped.set()

    patch.setattr(FarTerminal, "tell", held)
    patch.setattr(FarTerminal, "stop", told)


def interrupted(home: Path, folder: Path) -> tuple[int, str]:
    """Exit code and stdout of an ingest that gets Ctrl-C once the first document is in."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", str(folder), "--json"],
        env={**os.environ, "KB_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None and process.stdout is not None
    for line in process.stderr:
        if line.startswith("已入库"):
            process.send_signal(signal.SIGINT)
            break
    stderr = process.stderr.read()
    stdout = process.stdout.read()
    process.wait(60)
    process.stderr.close()
    process.stdout.close()
    assert "正在停止" in stderr
    assert "Traceback" not in stderr
    return process.returncode, stdout


@pytest.mark.slow
def test_killed_caller_stops_its_ingest(make_home: Callable[[], Path], tmp_path: Path, embedder: Embedder):
    home, documents = make_home(), 600
    for number in range(documents):
        (tmp_path / f"{number:03}.txt").write_text(NOTICE.format(number) * 3, "utf-8")
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb, commands_served(kb, COMMANDS):
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest", str(tmp_path)],
            env={**os.environ, "KB_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("已入库"):
                break
        process.kill()
        process.wait()
        process.stderr.close()
        assert is_quiet_before(kb, documents)


def is_quiet_before(kb: KnowledgeBase, documents: int) -> bool:
    """Whether the number of documents stops growing before it reaches `documents`."""
    last, deadline = -1, time.monotonic() + 120
    while time.monotonic() < deadline:
        now = len(kb.storage.documents.summaries())
        if now == last:
            return 0 < now < documents
        last = now
        time.sleep(8)
    return False
