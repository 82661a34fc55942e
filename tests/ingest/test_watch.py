"""Watching a folder: a file copied into it is ingested once it is complete."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.__main__ import cli
from ingest.watch import Settling, watch
from kb.commands.terminal import Console
from kb.errors import KbError
from kb.settings import Settings
from kb.storage.documents import Documents
from kb.storage.parts import open_sql

pytestmark = pytest.mark.usefixtures("loaded_model")

NOTICE = "关于{0}收费的通知\n一、收费标准\n{0}首小时收费五元。\n2022年5月1日\n"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_growing_file_is_not_ready(tmp_path: Path):
    clock = Clock()
    settling = Settling(settled=3, clock=clock)
    assert not settling.is_ready()
    file = tmp_path / "复制中.txt"
    file.write_text("关于", "utf-8")
    settling.changed([str(file)])
    clock.now += 2
    file.write_text("关于停车", "utf-8")
    clock.now += 2
    assert not settling.is_ready(), "it has grown since it was looked at"
    clock.now += 3
    assert settling.is_ready()
    settling.clear()
    assert not settling.is_ready()


def test_ever_changing_file_ready_after_patience_runs_out(tmp_path: Path):
    clock = Clock()
    settling = Settling(settled=3, clock=clock)
    for second in range(400):
        (tmp_path / "日志.txt").write_text("行\n" * second, "utf-8")
        settling.changed([str(tmp_path / "日志.txt")])
        clock.now += 1
        if settling.is_ready():
            break
    assert 290 < second < 310


@pytest.mark.slow
@pytest.mark.parametrize("poll", [False, True])
def test_watch_ingests_added_files_and_prunes_deleted_ones(
    make_home: Callable[[], Path], tmp_path: Path, poll: bool
):
    settings, stop = Settings(home=make_home()), threading.Event()
    (tmp_path / "停车.txt").write_text(NOTICE.format("停车"), "utf-8")
    options = {"prune": True, "poll": poll, "console": Console(), "stop": stop}
    watching = threading.Thread(target=watch, args=([tmp_path], settings), kwargs=options)
    watching.start()
    try:
        assert stored(settings) == {"停车.txt"}
        (tmp_path / "新").mkdir()
        (tmp_path / "新" / "绿化.txt").write_text(NOTICE.format("绿化"), "utf-8")
        (tmp_path / "停车.txt").unlink()
        assert stored(settings, {"绿化.txt"}) == {"绿化.txt"}
    finally:
        stop.set()
        watching.join(60)
    assert not watching.is_alive()


def stored(settings: Settings, wanted: frozenset[str] | set[str] = frozenset({"停车.txt"})) -> set[str]:
    """The stored documents as soon as they equal `wanted`, at the latest after two minutes."""
    deadline = time.monotonic() + 120
    sources: set[str] = set()
    while sources != wanted and time.monotonic() < deadline:
        time.sleep(1)
        try:
            with open_sql(settings) as engine:
                sources = {summary.source for summary in Documents(engine, list).summaries()}
        except KbError:
            continue  # the knowledge base does not exist yet
    return sources


def test_watching_missing_folder_exits_with_2():
    assert CliRunner().invoke(cli, ["watch", "/没有"]).exit_code == 2
