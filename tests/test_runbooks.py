"""The runbooks and the other documents name only commands, targets, settings and pages that exist."""

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from eval.__main__ import cli as eval_cli
from ingest.__main__ import cli as ingest_cli
from kb.__main__ import cli as kb_cli
from kb.settings import Settings

ROOT = Path(__file__).parents[1]
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROGRAMS = {"kb": kb_cli, "eval": eval_cli, "ingest": ingest_cli}
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), *RUNBOOKS]
runbooks = pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_promised_runbooks_exist():
    promised = "close-or-degrade exclude-a-document rotate-keys backup-and-restore upgrade-the-model"
    assert {*promised.split(), "read-the-report"} <= {page.stem for page in RUNBOOKS}


def resolve(program: typer.Typer, words: list[str]) -> object:
    """The command that `words` name; words after a command without subcommands are ignored."""
    command = get_command(program)
    for word in words:
        if not isinstance(command, typer.core.TyperGroup):
            return command
        assert word in command.commands, f"没有命令 {' '.join(words)}"
        command = command.commands[word]
    return command


@pages
def test_commands_and_options_in_runbook_exist(page: Path):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for name, rest in re.findall(r"python -m (\w+) ([^\n`#]*)", text):
        words = [word for word in rest.split("#")[0].split() if re.fullmatch(r"[a-z][a-z-]*", word)]
        if name == "ingest" and not words:
            words = ["add"]  # paths without a command mean add
        command = resolve(PROGRAMS[name], words)
        options = {option for parameter in command.params for option in parameter.opts}
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in options, f"{page.name}: {name} {rest} 没有 {option}"


@pages
def test_short_commands_in_runbook_exist(page: Path):
    for words in re.findall(r"`((?:user|audit) [a-z-]+)", page.read_text(encoding="utf-8")):
        resolve(kb_cli, words.split())


@pages
def test_make_targets_in_runbook_exist(page: Path):
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", page.read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"{page.name}: make {target}"


@pages
def test_settings_in_runbook_exist(page: Path):
    known = {f"KB_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"KB_[A-Z_]*[A-Z]\b(?!_)", page.read_text(encoding="utf-8"))) <= known


@runbooks
def test_pages_linked_in_runbook_exist(page: Path):
    for name in re.findall(r"([a-z-]+\.md)", page.read_text(encoding="utf-8")):
        assert any((folder / name).exists() for folder in (page.parent, ROOT / "docs")), name


@runbooks
def test_runbook_is_at_most_one_page(page: Path):
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 80
