"""Odd arguments of `python -m kb` and `python -m ingest`: one sentence, never a traceback."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import typer
from factories import WORK_PLAN
from typer.main import get_command
from typer.testing import CliRunner

from ingest.__main__ import cli as ingest_cli
from ingest.pipeline.run import ingest
from kb.__main__ import cli as kb_cli
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.settings import Settings

pytestmark = pytest.mark.hostile

REPOSITORY = Path(__file__).parents[3]
NOT_UTF8 = b"\xb9\xab\xd4\xb0"  # 公园 in GB18030
ODD = (
    *("", " ", "-1", "9" * 30, "9" * 5_000, "nan", "x/../y", "/dev/null", "a" * 5_000, "很" * 300),
    *("a\udcffb", "0001-01-01", "{", "%s", "\x1b[2J", "--", "\ufffe"),
)
_ENDLESS = ("watch",)


@pytest.fixture(scope="module")
def home(make_home: Callable[[], Path], embedder: Embedder) -> Path:
    folder = make_home()
    with open_knowledge_base(Settings(home=folder), embedder=embedder) as kb:
        assert not ingest([WORK_PLAN], kb, progress=False).failed
    return folder


def commands_of(program: typer.Typer) -> Iterator[tuple[list[str], click.Command]]:
    pending: list[tuple[list[str], click.Command]] = [([], get_command(program))]
    while pending:
        words, command = pending.pop()
        if isinstance(command, typer.core.TyperGroup):
            pending += [([*words, name], inner) for name, inner in command.commands.items()]
        elif words[-1] not in _ENDLESS:
            yield words, command


def odd_lines(words: list[str], command: click.Command) -> Iterator[list[str]]:
    """Command lines with one odd value each."""
    arguments = [part for part in command.params if part.param_type_name == "argument"]
    options = [part for part in command.params if part.param_type_name == "option" and not part.is_flag]
    for odd_part in (*arguments, *options):
        for value in ODD:
            line = list(words)
            for part in options:
                if part is odd_part or part.required:
                    line += [part.opts[0], value if part is odd_part else "x"]
            line += [value if part is odd_part else "x" for part in arguments]
            yield line


@pytest.mark.parametrize("program", [kb_cli, ingest_cli], ids=["kb", "ingest"])
@pytest.mark.slow
def test_every_command_answers_odd_arguments_with_a_sentence(
    program: typer.Typer,
    home: Path,
    loaded_model: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("KB_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    faults, tried = [], 0
    for words, command in commands_of(program):
        for line in odd_lines(words, command):
            tried += 1
            result = CliRunner().invoke(program, line, input="liulu-mantou-7\n")
            is_crash = result.exception is not None and not isinstance(result.exception, SystemExit)
            if is_crash or result.exit_code not in (0, 1, 2):
                faults.append(f"{str(line)[:80]}: {result.exception!r}")
    assert not faults, "\n".join(faults[:30])
    assert tried >= 50


@pytest.mark.slow
@pytest.mark.parametrize("words", [["kb", "user", "disable"], ["ingest"]], ids=" ".join)
def test_argument_that_is_no_utf8_is_refused_before_the_command_runs(words: list[str], tmp_path: Path):
    """With a real process, as only that passes bytes on."""
    command = [sys.executable, "-m", *words, NOT_UTF8]
    environment = {**os.environ, "KB_HOME": str(tmp_path), "PYTHONUTF8": "1"}
    done = subprocess.run(command, capture_output=True, cwd=REPOSITORY, env=environment, check=False)
    assert done.returncode == 2
    assert "不是 UTF-8" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert not list(tmp_path.iterdir())


def test_file_name_too_long_for_the_disk_gets_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KB_HOME", str(home))
    result = CliRunner().invoke(kb_cli, ["backup", "很" * 300 + ".zip"])
    assert result.exit_code == 1
    assert result.stderr.startswith("不能读写 很很") and result.stderr.count("\n") == 1
