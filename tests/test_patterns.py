"""Every regular expression of the program takes time in proportion to the text, however the text is made.

A pattern that does not holds Python's lock while it works: 541 bytes of a document once stopped the service.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from backtracking import slow_text, steps_of

import ingest
import kb
import web
from ingest.anatomy.statements import find_statements
from kb.answering.document_facts import spelt
from kb.language.paraphrase import decisive_words
from kb.question.departments import read_departments

LENGTH = 20_000  # characters
_PACKAGES = (kb, ingest, web)
_USES = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
# Patterns made at run time: of words of the lexicons or of the question, each escaped, and of a date.
_MADE = {
    "_any_of": lambda: (decisive_words().negations, decisive_words().not_negations),
    "decisive_words": lambda: (decisive_words().pattern, decisive_words().long_same),
    "__init__": lambda: (read_departments()._name,),
    "spelt": lambda: (spelt(date(2023, 9, 4)),),
    "words_place": lambda: (re.compile(re.escape("国务院令第711号")),),
    "document_fact": lambda: (re.compile(re.escape("浔府办发〔2023〕12号")),),
    "_occurrences": lambda: (re.compile("(?:政策|政策解读|解读)++"),),
    "_numbers": lambda: (),  # called by its module, whose tuple of kinds holds what it makes
    "highlight": lambda: (re.compile("((?:政策|政策解读|解读)++)"),),
}


def modules() -> Iterator[ModuleType]:
    for package in _PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in found.name and not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def named(place: str, value: object, depth: int = 0) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns in a value: itself, in its items or fields, or in the attributes of a class of ours."""
    if isinstance(value, re.Pattern):
        yield place, value
    elif depth <= 5:
        for name, part in parts_of(value):
            yield from named(f"{place}{name}", part, depth + 1)


def parts_of(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((f"[{key}]", part) for key, item in value.items() for part in (key, item))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{number}]", item) for number, item in enumerate(value))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((f".{field.name}", getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, type) and value.__module__.partition(".")[0] in ("kb", "ingest", "web"):
        yield from ((f".{name}", item) for name, item in list(vars(value).items()) if name[:2] != "__")


def inline(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The patterns that functions of a module hand to `re` themselves."""
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if not _uses_re(call):
                continue
            place = f"{module.__name__}.{function.name}"
            try:
                value = eval(compile(ast.Expression(call.args[0]), place, "eval"), vars(module))
            except NameError:
                assert function.name in _MADE, f"{place}：运行时才拼成的正则，请移到模块里，或在 _MADE 里列出"
                for pattern in _MADE[function.name]():
                    yield place, pattern
            else:
                yield place, value if isinstance(value, re.Pattern) else re.compile(value)


def _uses_re(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in _USES
    )


@cache
def patterns() -> dict[tuple[Any, int], tuple[str, re.Pattern[Any]]]:
    """Every pattern once, by its text and flags, with the first place that uses it."""
    found: dict[tuple[Any, int], tuple[str, re.Pattern[Any]]] = {}
    for module in modules():
        held = (named(f"{module.__name__}.{name}", value) for name, value in list(vars(module).items()))
        for place, pattern in chain(chain.from_iterable(held), inline(module)):
            found.setdefault((pattern.pattern, pattern.flags), (place, pattern))
    return found


@pytest.mark.hostile
def test_patterns_of_every_kind_of_place_are_found():
    places = {place for place, _ in patterns().values()}
    assert "ingest.anatomy.statements._TAIL" in places  # of a module
    assert any(place.startswith("ingest.anatomy.clean._COMPILED[0]") for place in places)  # in a tuple
    assert "kb.language.masking._KINDS[0].pattern" in places  # in a field
    assert any(place.startswith("kb.language.facets") and "EVIDENT" not in place for place in places)
    assert "kb.answering.work_plan.due_date" in places  # in a function
    assert len(places) > 300


@pytest.mark.hostile
def test_no_pattern_backtracks_without_bound():
    """Over 200 characters; the test below looks at 20,000."""
    slow = {place: text for place, pattern in patterns().values() if (text := slow_text(pattern, 200))}
    assert slow == {}


@pytest.mark.hostile
@pytest.mark.slow
def test_every_pattern_takes_linear_time():
    slow = {place: text for place, pattern in patterns().values() if (text := slow_text(pattern, LENGTH))}
    assert slow == {}


@pytest.mark.hostile
@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:[、和]|[一-鿿]{2,30}(?=印发的|\d{4}年)|(?:印发|发布)的|的)*",  # as it once stood in the program
        r"(a+)+b",
        r"\s+$",
        r"\d+元",
        r".*，.*。",
    ],
)
def test_a_pattern_that_backtracks_is_noticed(pattern: str):
    assert slow_text(re.compile(pattern), LENGTH) is not None


@pytest.mark.hostile
def test_text_that_once_froze_the_service_is_read():
    text = f"《甲办法》{'一一印发的' * 30}x《乙办法》同时废止。"
    assert steps_of(lambda t: find_statements(t, "通知", None, None), text, LENGTH) < LENGTH
    assert [statement.title for statement in find_statements(text, "通知", None, None)] == ["乙办法"]
