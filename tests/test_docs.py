"""The documents name everything that exists and nothing that does not.

Tables made from the code stand between two comments, `<!-- name -->` and `<!-- /name -->`; `make docs` makes
them anew, and a test compares.
"""

import re
import runpy
import tomllib
from ast import get_docstring, parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from eval.__main__ import cli as eval_cli
from ingest.__main__ import cli as ingest_cli
from kb.__main__ import cli as kb_cli
from kb.answers import AnswerKind
from kb.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
PACKAGES = ("kb", "ingest", "web", "eval")
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "eval/sets/README.md", ROOT / "corpus/SOURCES.md"]
)
PRESENT = [page for page in PAGES if not re.match(r"\d{4}-", page.name)]  # decisions tell of their own day
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
every_present_page = pytest.mark.parametrize("page", PRESENT, ids=lambda page: str(page.relative_to(ROOT)))


def text_of(path: Path | str) -> str:
    """A file's text; a relative path starts at the repository's root."""
    return (ROOT / path).read_text(encoding="utf-8")


# Tables made from the code


def rooms_table() -> str:
    """The rooms of every package with what their `__init__` says, in the order in which they may import."""
    layers = {
        contract["containers"][0]: contract["layers"]
        for contract in tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
        if "containers" in contract
    }
    parts = []
    for package in PACKAGES:
        ranks = {
            name: (row, column)
            for row, layer in enumerate(layers.get(package, []))
            for column, name in enumerate(layer.split(" | "))
        }
        rooms = [folder.parent for folder in (ROOT / package).glob("*/**/__init__.py")]
        names = [room.relative_to(ROOT).as_posix() for room in rooms]
        names.sort(key=lambda name: (ranks.get(name.split("/")[1], (0, 0)), name))
        rows = [f"| [{name}](../{name}) | {description(name)} |" for name in names]
        head = [f"**{package}**: {description(package)}", "", "| Room | What it does |", "|---|---|"]
        parts.append("\n".join([*head, *rows]))
    return "\n\n".join(parts)


def description(room: str) -> str:
    """The first paragraph of a room's docstring, on one line."""
    docstring = get_docstring(parse(text_of(f"{room}/__init__.py"))) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def decisions_table() -> str:
    """Every decision with its title."""
    rows = []
    for path in sorted(DECISIONS.glob("[0-9]*.md")):
        number, title = text_of(path).splitlines()[0].removeprefix("# ").split(" ", 1)
        rows.append(f"| [{number}]({path.name}) | {title} |")
    return "\n".join(["| No. | Decision |", "|---|---|", *rows])


def licences_table() -> str:
    """Every package that the service needs, with its licence."""
    table: str = runpy.run_path(str(ROOT / "scripts" / "licences.py"))["table"]()
    return table


GENERATED: dict[str, tuple[Path, Callable[[], str]]] = {
    "rooms": (DOCS / "architecture.md", rooms_table),
    "decisions": (DECISIONS / "README.md", decisions_table),
    "licences": (DOCS / "licences.md", licences_table),
}


def made_anew(name: str) -> str:
    """The page that holds the table `name`, with that table made anew."""
    page, table = GENERATED[name]
    before, _, rest = text_of(page).partition(f"<!-- {name} -->\n")
    _, mark, after = rest.partition(f"<!-- /{name} -->\n")
    assert mark, f"{page.name}: <!-- {name} --> … <!-- /{name} -->"
    return f"{before}<!-- {name} -->\n\n{table()}\n\n{mark}{after}"


@pytest.mark.parametrize("name", GENERATED)
def test_generated_table_is_up_to_date(name: str):
    page, _ = GENERATED[name]
    assert text_of(page) == made_anew(name), f"{page.name}: make docs"


# Everything that exists is named


def shown_default(value: object) -> str:
    """A setting's default as docs/settings.md shows it."""
    match value:
        case None | ():
            return "不设"
        case Path():
            return f"`./{value}`"
        case tuple():
            return f"`{','.join(value)}`"
        case _:
            return f"`{value}`"


def test_settings_page_lists_every_setting_with_its_default():
    rows = re.findall(r"^\| `(KB_\w+)` \| (.*?) \|", text_of("docs/settings.md"), re.MULTILINE)
    defaults = {f"KB_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    assert dict(rows) == {name: shown_default(value) for name, value in defaults.items()}
    assert len(rows) == len(defaults)


def commands_of(program: typer.Typer, *words: str) -> Iterator[str]:
    """Every command of `program` that does something, in the words that call it."""
    command = get_command(program)
    groups = [(words, command)]
    while groups:
        words, command = groups.pop()
        if isinstance(command, typer.core.TyperGroup):
            groups += [((*words, name), inner) for name, inner in command.commands.items()]
        else:
            yield " ".join(words)


def test_commands_page_lists_every_command():
    programs = [("kb", kb_cli), ("ingest", ingest_cli), ("eval", eval_cli)]
    commands = [command for name, program in programs for command in commands_of(program, name)]
    assert len(commands) >= 20
    page = text_of("docs/commands.md")
    assert [command for command in commands if not re.search(rf"python -m {command}\b(?!-)", page)] == []


def make_targets() -> set[str]:
    """The targets of the Makefile that a person may call."""
    phony = re.search(r"^\.PHONY: (.*)$", text_of("Makefile"), re.MULTILINE)
    assert phony
    return set(phony[1].split())


def test_commands_page_lists_every_make_target():
    assert set(re.findall(r"^make ([\w-]+)", text_of("docs/commands.md"), re.MULTILINE)) == make_targets()


def test_commands_page_lists_every_script():
    page = text_of("docs/commands.md")
    assert [path.name for path in (ROOT / "scripts").glob("*.py") if f"scripts/{path.name}" not in page] == []


@pytest.mark.parametrize("kind", AnswerKind)
def test_api_page_explains_every_answer_kind(kind: AnswerKind):
    assert f"| `{kind.value}` |" in text_of("docs/http-api.md")


def routes_in_code() -> set[str]:
    """Every route of web, as METHOD /path with {} for each parameter."""
    routes = set()
    for path in (ROOT / "web").rglob("*.py"):
        for method, route in re.findall(r'@router\.(\w+)\("(/[^"]*)"', text_of(path)):
            routes.add(f"{method.upper()} {re.sub('{.*?}', '{}', route)}")
    return routes


def routes_in_page() -> set[str]:
    """Every route in the tables of docs/http-api.md; a method without a path is for its row's first path."""
    routes = set()
    for row in re.findall(r"^\| (`[A-Z]+ /.*)$", text_of("docs/http-api.md"), re.MULTILINE):
        paths: list[str] = []
        for method, address in re.findall(r"`(GET|POST|PUT|PATCH|DELETE)(?: ([^`]*))?`", row):
            if address.startswith("/"):
                paths.append(re.sub("{.*?}", "{}", address.split("?")[0]))
            route = paths[-1] if address.startswith("/") else paths[0]
            routes.add(f"{method} {route}")
    return routes


def test_api_page_lists_exactly_the_routes_of_the_code():
    assert len(routes_in_code()) >= 80
    assert routes_in_page() == routes_in_code()


# Everything that is named exists


@every_present_page
def test_paths_in_backticks_exist(page: Path):
    top = "|".join((*PACKAGES, "scripts", "tests", "prompts", "docs", "corpus"))
    named = re.findall(rf"`((?:{top})/[^`\s]*|app\.py|pyproject\.toml|Makefile)`", text_of(page))
    assert [path for path in named if not (ROOT / path).exists()] == []


@every_present_page
def test_names_said_to_stand_in_a_module_do(page: Path):
    for path, name in re.findall(r"`([\w/]+\.py)` 的 `(\w+)`", text_of(page)):
        assert re.search(rf"^(?:(?:def|class) )?{name}\b", text_of(path), re.MULTILINE), f"{path}: {name}"


def links_of(page: Path) -> Iterator[tuple[Path, str]]:
    """Where the relative links of a page lead: the file or folder, and the heading after # ("" for none)."""
    for target in re.findall(
        r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", re.sub(r"`[^`\n]*`", "", text_of(page))
    ):
        address = "".join(target)
        if not re.match(r"[a-z]+:", address):
            path, _, heading = address.partition("#")
            yield (page.parent / path).resolve() if path else page, heading


def headings_of(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_relative_links_lead_somewhere(page: Path):
    for target, heading in links_of(page):
        assert target.exists(), target
        assert not heading or heading in headings_of(target), f"{target.name}#{heading}"


def test_readme_leads_to_every_document():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            waiting += [target for target, _ in links_of(page)]
    assert [page.name for page in PAGES if page not in reached] == []


def test_readme_is_read_at_one_sitting():
    assert len(text_of("README.md").splitlines()) <= 100


def test_readme_names_make_targets_that_exist():
    named = set(re.findall(r"\bmake ([a-z][\w-]*)", text_of("README.md")))
    assert {"run", "test"} <= named <= make_targets()


def test_ci_runs_the_readmes_test_command():
    assert "\nmake test\n" in text_of(".ci/run")
    assert "\nmake test " in text_of("README.md")


def test_glossary_names_types_that_exist():
    glossary = text_of("README.md").partition("## 用语")[2].partition("## English")[0]
    rows = re.findall(r"^\|[^|]*\|[^|]*\|([^|]*)\|$", glossary, re.MULTILINE)
    types = {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}
    assert len(types) >= 10
    sources = [text_of(path) for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    classes = {name for source in sources for name in re.findall(r"^class (\w+)", source, re.MULTILINE)}
    assert types - classes == set()


@pytest.mark.parametrize("walk", ["一个问题", "一份文件", "一条常见问答"])
def test_walk_goes_through_five_modules(walk: str):
    steps = (
        text_of("docs/architecture.md").partition(f"**{walk}**：\n\n")[2].partition("\n\n")[0].splitlines()
    )
    modules = [re.match(r"\d\. `([\w/]+\.py)` ", step) for step in steps]
    assert len(modules) == 5
    assert all(module and (ROOT / module[1]).is_file() for module in modules)


def test_readme_and_architecture_show_the_same_walk_of_a_question():
    line = re.search(r"^代码怎么读：.*$", text_of("README.md"), re.MULTILINE)
    assert line
    walk = text_of("docs/architecture.md").partition("**一个问题**")[2].partition("**一份文件**")[0]
    assert re.findall(r"`([\w/]+\.py)`", line[0]) == re.findall(r"^\d\. `([\w/]+\.py)`", walk, re.MULTILINE)


def test_decisions_are_numbered_in_order():
    names = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


if __name__ == "__main__":
    for name, (page, _) in GENERATED.items():
        page.write_text(made_anew(name), encoding="utf-8")
