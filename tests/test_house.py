"""House rules that people forget: documents name everything that exists, modules stay readable."""

import ast
import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from kb.__main__ import cli
from kb.answers import ENDING_KIND, AnswerKind, Ending
from kb.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGES = ("kb", "ingest", "web", "eval")
ROOMS = sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")})
MODULES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_readme(field: str):
    assert f"`KB_{field.upper()}`" in README


def test_every_command_is_in_the_readme():
    command = get_command(cli)
    assert isinstance(command, typer.core.TyperGroup)
    for name in command.commands:
        assert f"python -m kb {name}" in README


@pytest.mark.parametrize("kind", AnswerKind)
def test_every_answer_kind_is_in_the_readme(kind: AnswerKind):
    assert f"`{kind.value}`" in README


def test_every_route_is_in_the_readme():
    routes = {
        match
        for path in (ROOT / "web").rglob("*.py")
        for match in re.findall(r'@router\.\w+\("(/[^"]*)"', path.read_text(encoding="utf-8"))
    }
    assert len(routes) >= 40
    for route in routes:
        assert route.replace("{document_id}", "{id}") in README, route


def test_readme_names_make_targets_that_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([\w-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", [path.stem for path in (ROOT / "prompts").glob("*.md")])
def test_every_prompt_is_used(name: str):
    sources = (path.read_text(encoding="utf-8") for path in MODULES)
    assert any(f'"{name}"' in source for source in sources)


def test_no_prompt_stands_in_python():
    rules = re.compile(r"你是政府|只根据.{0,12}资料.{0,20}回答")
    assert not [path.name for path in MODULES if rules.search(path.read_text(encoding="utf-8"))]


def test_ci_runs_the_readmes_test_command():
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in README


def test_every_ending_has_a_kind():
    assert set(ENDING_KIND) == set(Ending)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_modules_are_read_at_one_sitting(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_room_holds_at_most_fifteen_modules(room: Path):
    assert len([path for path in room.glob("*.py") if path.name != "__init__.py"]) <= 15


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_init_of_a_room_is_one_docstring_and_nothing_else(room: Path):
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    if room != ROOT / "web" / "console":  # the page itself
        assert len(tree.body) == 1


def test_decisions_are_numbered_in_order():
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
