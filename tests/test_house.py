"""The house rules that a person would forget: modules and rooms stay readable, prompts stay out of Python."""

import ast
import re
from pathlib import Path

import pytest

from kb.answers import ENDING_KIND, Ending

ROOT = Path(__file__).parents[1]
PACKAGES = ("kb", "ingest", "web", "eval")
ROOMS = sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")})
MODULES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


@pytest.mark.parametrize("name", [path.stem for path in (ROOT / "prompts").glob("*.md")])
def test_every_prompt_is_used(name: str):
    sources = (path.read_text(encoding="utf-8") for path in MODULES)
    assert any(f'"{name}"' in source for source in sources)


def test_no_prompt_stands_in_python():
    rules = re.compile(r"你是政府|只根据.{0,12}资料.{0,20}回答")
    assert not [path.name for path in MODULES if rules.search(path.read_text(encoding="utf-8"))]


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
