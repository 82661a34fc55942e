"""KB_HOME: its key is whole or refused, and other users can read nothing in it."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from program import REPOSITORY, environment, running

from kb.errors import SettingsError
from kb.storage import home as home_module
from kb.storage.home import KEY_BYTES, HomeLock, read_key, tighten

pytestmark = pytest.mark.hostile


def test_key_is_made_once_and_only_for_its_user(tmp_path: Path):
    file = tmp_path / "session.key"
    key = read_key(file)
    assert len(key) == KEY_BYTES == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_key(file) == key
    assert os.listdir(tmp_path) == ["session.key"]


@pytest.mark.parametrize("size", [0, 1, KEY_BYTES - 1, KEY_BYTES + 1])
def test_key_of_another_length_is_refused_and_left_as_it_is(tmp_path: Path, size: int):
    file = tmp_path / "session.key"
    file.write_bytes(b"k" * size)
    with pytest.raises(SettingsError, match=rf"session\.key 有 {size} 个字节，应为 32 个.*请删除它再启动"):
        read_key(file)
    assert file.read_bytes() == b"k" * size


def test_of_several_that_make_the_key_all_get_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """All of them have seen that there is none before the first one makes it."""
    file = tmp_path / "session.key"
    monkeypatch.setattr(Path, "exists", lambda path: False)
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: read_key(file), range(32)))
    assert keys == {file.read_bytes()}
    assert os.listdir(tmp_path) == ["session.key"]


def test_key_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(home_module.os, "fsync", full)
    with pytest.raises(SettingsError, match="磁盘空间"):
        read_key(tmp_path / "session.key")
    assert os.listdir(tmp_path) == []


def open_to_others(folder: Path) -> list[str]:
    """What in `folder`, itself included, others have any right to; links aside."""
    paths = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
    return [str(path) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def test_tighten_closes_everything_and_follows_no_link(tmp_path: Path):
    home, outside = tmp_path / "home", tmp_path / "outside"
    (home / "documents").mkdir(parents=True)
    for file in (home / "kb.sqlite", home / "documents" / "通知.txt", outside):
        file.write_bytes(b"words")
        file.chmod(0o664)
    (home / "link").symlink_to(outside)
    tighten(home)
    assert open_to_others(home) == []
    assert stat.S_IMODE((home / "documents").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "kb.sqlite").stat().st_mode) == 0o600
    assert stat.S_IMODE(outside.stat().st_mode) == 0o664


def test_lock_on_a_full_disk_is_held_without_a_name(tmp_path: Path):
    (tmp_path / "lock").symlink_to("/dev/full")  # opens, and refuses every write
    with HomeLock(tmp_path):
        pass


@pytest.mark.slow
def test_programs_keep_their_home_private(make_home: Callable[[], Path], tmp_path: Path):
    """A home of an earlier version, open to others; each program is started with the usual umask."""
    home, notice = make_home(), tmp_path / "停车.txt"
    notice.write_text("关于停车的通知\n\n第一条 广场不许停车。", encoding="utf-8")
    home.chmod(0o755)
    (home / "documents").mkdir(mode=0o755)
    (home / "documents" / "旧.txt").write_text("旧的原件", encoding="utf-8")
    for command in (["ingest", str(notice)], ["kb", "ask", "广场能停车吗？"]):
        result = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=REPOSITORY,
            env=environment(home),
            capture_output=True,
            text=True,
            umask=0o022,
        )
        assert result.returncode == 0, result.stderr
        assert open_to_others(home) == []
    with running(home, notice, tmp_path / "log", umask=0o022) as program:
        program.wait_until_ready()
        assert program.client.post("/api/questions", json={"text": "公园几点关门？"}).status_code == 201
        assert open_to_others(home) == []
        assert program.stop() == 0
    assert open_to_others(home) == []
