#!/usr/bin/env python3
"""Measure staff's waiting times with 10,000 FAQ entries and 100,000 asked questions, over their HTTP routes.

    scripts/staff_speed.py [--entries 10000] [--asked 100000]

Times depend on the machine and its other load, so each is printed with a ratio to a reference of the same
run: for the import the bare embedding of such wordings, for the rest the bare embedding of one question. On a
busy machine processor time says more than clock time. The aims (import 10 minutes on two cores, search p95
50 ms, a page action 1 s) are printed too.
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from app import CORPUS, create_app
from ingest.pipeline.run import ingest
from kb.answers import AnswerKind, Ending
from kb.faq.importing import template
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.language.normalise import question_key
from kb.models import Question
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.storage import tables
from kb.storage.parts import connect

ROOT = Path(__file__).parents[1]
HOME = ROOT / "reports" / "staff-speed"
PASSWORD = "staff-speed-1"
DAYS = 60  # period over which the questions were asked
TRIES = 40  # repetitions of each page action
SEARCHES = 200
SAMPLE = 1_000  # wordings embedded before and after the import: the better rate counts
WORDS = json.loads(Path(__file__).with_name("staff_speed_words.json").read_text("utf-8"))
# The aim of each action, in milliseconds at the 95th percentile; an action not listed is a page action.
AIMS = {"import": 600_000, "search": 50, "answer": None, "embed a question": None}
PAGE_ACTION = 1_000
FILES = ("export xlsx", "export csv", "export json", "ledger")  # no aim: a download may take longer


def rows(count: int) -> list[tuple[str, ...]]:
    """Rows for the import's template, each with a different question, with the matters in mixed order."""
    combinations = list(product(WORDS["aspects"], WORDS["persons"], WORDS["matters"]))
    chosen = random.Random(7).sample(combinations, count)
    result = []
    for number, (aspect, person, matter) in enumerate(chosen):
        unit = WORDS["units"][number % len(WORDS["units"])]
        days = str(3 + number % 28)
        values = {"person": person, "matter": matter, "unit": unit, "days": days}
        result.append(
            (
                *(aspect[part].format(**values) for part in ("question", "variant", "answer")),
                unit,
                "",
                "",
                "2024-01-01",
                "",
            )
        )
    return result


def as_file(entries: Sequence[Sequence[str]]) -> bytes:
    """The import template as an .xlsx file, with `entries` below its example row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "问答.xlsx"
        path.write_bytes(template())
        book = load_workbook(path)
        for entry in entries:
            book.worksheets[0].append(list(entry))
        book.save(path)
        return path.read_bytes()


def ask_much(kb: KnowledgeBase, texts: Sequence[str], count: int) -> None:
    """Put `count` questions into the journal; a fifth has feedback, one in 500 was refused."""
    dice, now = random.Random(11), datetime.now(UTC)
    engine = connect(kb.settings)
    for start in range(0, count, 5_000):
        questions = [_asked(number, dice, texts, now) for number in range(start, min(start + 5_000, count))]
        feedback = [
            {"answer_id": row["id"], "helpful": dice.random() < 0.99, "given_at": now}
            for row in questions[::5]
        ]
        with engine.begin() as connection:
            connection.execute(insert(tables.asked), questions)
            connection.execute(insert(tables.feedback), feedback)
    engine.dispose()


def _asked(number: int, dice: random.Random, texts: Sequence[str], now: datetime) -> dict[str, object]:
    refused = number % 500 == 0  # 200 of 100,000: a day's worth of new questions for the work list
    text = texts[int(len(texts) * dice.random() ** 3)]
    return {
        "id": f"speed{number}",
        "asked_at": now - timedelta(days=DAYS * dice.random()),
        "question": text,
        "key": question_key(text),
        "rewritten": text,
        "kind": (AnswerKind.REFUSED if refused else AnswerKind.FAQ).value,
        "ending": (Ending.NO_HITS if refused else Ending.FAQ).value,
        "confidence": 0.9,
        "text": "持身份证到窗口办理，15个工作日内办结。",
        "documents": [],
        "departments": [dice.choice(WORDS["units"])],
        "faq_id": None if refused else f"faq{number % 997}",
        "took_ms": 20 + 60 * dice.random(),
    }


class Watch:
    """Runs actions and records the milliseconds each took, by clock and by processor."""

    def __init__(self) -> None:
        self.clock: dict[str, list[float]] = {}
        self.processor: dict[str, list[float]] = {}

    def time(self, name: str, work: Callable[[], object]) -> object:
        """Run `work`, record its time under `name` and return its result."""
        begin, used = time.perf_counter(), time.process_time()
        result = work()
        self.clock.setdefault(name, []).append((time.perf_counter() - begin) * 1000)
        self.processor.setdefault(name, []).append((time.process_time() - used) * 1000)
        return result

    def table(self) -> Table:
        """A table of all recorded times and their aims."""
        grid = Table(title="Milliseconds; x: times the bare embedding of one question")
        for name in ("", "n", "p50", "p95", "x p50", "processor p50", "processor p95", "aim p95"):
            grid.add_column(name, justify="right" if name else "left")
        one = p(self.clock["embed a question"], 50)
        for name, times in self.clock.items():
            used = self.processor[name]
            aim = None if name in FILES else AIMS.get(name, PAGE_ACTION)
            shown = [p(times, 50), p(times, 95), p(times, 50) / one, p(used, 50), p(used, 95)]
            grid.add_row(name, str(len(times)), *(f"{value:.1f}" for value in shown), f"{aim or ''}")
        return grid


def p(values: Sequence[float], percent: int) -> float:
    """A percentile of `values` by linear interpolation."""
    return float(np.percentile(values, percent))


class Office:
    """A signed-in editor and a signed-in reviewer, as HTTP clients."""

    def __init__(self, kb: KnowledgeBase, watch: Watch) -> None:
        app = create_app(kb)
        self._watch = watch
        self.editor = self._sign_in(kb, app, Role.EDITOR)
        self.reviewer = self._sign_in(kb, app, Role.REVIEWER)

    def _sign_in(self, kb: KnowledgeBase, app: object, role: Role) -> TestClient:
        kb.staff.users.add(
            OPERATOR,
            Staff(name=role.value, title=role.label, role=role),
            PASSWORD,
            datetime.now(UTC),
            must_change=False,
        )
        client = TestClient(app)
        response = client.post(
            "/login", data={"name": role.value, "password": PASSWORD}, follow_redirects=False
        )
        assert response.status_code == 303, response.text
        return client

    def call(self, name: str, client: TestClient, method: str, path: str, **more: object) -> dict:
        """The JSON answer of a route ({} for a file), timed under `name`."""
        response = self._watch.time(name, lambda: client.request(method, f"/api/staff{path}", **more))
        assert response.status_code < 300, response.text
        return response.json() if "json" in response.headers["content-type"] else {}


def measure(kb: KnowledgeBase, count: int, asked: int) -> None:
    """Import `count` entries, put `asked` questions into the journal, run the actions, print every figure."""
    watch = Watch()
    office = Office(kb, watch)
    entries = rows(count)
    wordings = [wording for entry in entries for wording in entry[:2]]
    content = as_file(entries)
    before = rate(kb, wordings[:SAMPLE])
    say(f"importing {count} entries in {len(wordings)} wordings")
    office.call("import", office.editor, "POST", "/faq/import?name=问答.xlsx&submit=true", content=content)
    bare = max(before, rate(kb, wordings[-SAMPLE:]))
    seconds = watch.clock["import"][0] / 1000
    say(
        f"imported in {seconds:.0f} s, {len(wordings) / seconds:.0f} wordings a second; "
        f"embedding alone {bare:.0f}: {seconds * bare / len(wordings):.2f} times as long"
    )
    approve_all(office)
    ask_much(kb, [entry[0] for entry in entries], asked)
    kb.queue.grouping.gather_all(lambda: False)
    say(f"approved; {asked} questions asked")
    use(office, watch, kb, entries)
    Console(width=120).print(watch.table())


def rate(kb: KnowledgeBase, texts: Sequence[str]) -> float:
    """Wordings per second that the model alone embeds, 200 at a time like the import."""
    kb.embedder.embed_queries(texts[:2])
    begin = time.perf_counter()
    for start in range(0, len(texts), 200):
        kb.embedder.embed_queries(texts[start : start + 200])
    return len(texts) / (time.perf_counter() - begin)


def approve_all(office: Office) -> None:
    """Approve all submitted entries, like the reviewers' page."""
    while True:
        page = office.call("page of 200", office.reviewer, "GET", "/faq?state=submitted&size=200")
        if not page["entries"]:
            return
        for entry in page["entries"]:
            body = {"version": entry["version"], "secrecy_checked": True}
            office.call("approve", office.reviewer, "POST", f"/faq/{entry['id']}/approve", json=body)


def use(office: Office, watch: Watch, kb: KnowledgeBase, entries: Sequence[Sequence[str]]) -> None:
    """Run a day's actions: searches, answers, entries opened, changed and approved, figures, files."""
    dice = random.Random(3)
    editor, reviewer = office.editor, office.reviewer
    for _ in range(SEARCHES):
        words = dice.choice(entries)[dice.choice((0, 1))][: dice.randint(4, 20)]
        watch.time("embed a question", lambda words=words: kb.embedder.embed_query(words))
        office.call("search", editor, "GET", "/search", params={"q": f"{words}{dice.randint(0, 9)}"})
        asked = Question(text=dice.choice(entries)[1])
        watch.time("answer", lambda asked=asked: kb.answerer.answer(asked))
    today = date.today()
    for number in range(TRIES):
        page = office.call("list", editor, "GET", f"/faq?page={1 + number * len(entries) // (20 * TRIES)}")
        entry = dice.choice(page["entries"])
        office.call("list by words", editor, "GET", "/faq", params={"q": dice.choice(WORDS["matters"])})
        opened = office.call("open", editor, "GET", f"/faq/{entry['id']}")
        draft = {name: opened[name] for name in ("question", "variants", "department")}
        draft["answer"] = f"{opened['answer']}{number}"
        saved = office.call(
            "save", editor, "PUT", f"/faq/{entry['id']}", json={"version": opened["version"], "entry": draft}
        )
        sent = office.call(
            "submit", editor, "POST", f"/faq/{entry['id']}/submit", json={"version": saved["version"]}
        )
        body = {"version": sent["version"], "secrecy_checked": True}
        office.call("approve", reviewer, "POST", f"/faq/{entry['id']}/approve", json=body)
    for days in (7, 30, 60):
        period = {"since": str(today - timedelta(days=days - 1)), "until": str(today)}
        for _ in range(3):
            office.call(f"figures of {days} days", reviewer, "GET", "/figures", params=period)
    office.call("ledger", reviewer, "GET", "/ledger.xlsx", params=period)
    for form in ("xlsx", "csv", "json"):
        office.call(f"export {form}", editor, "GET", f"/faq/export?format={form}")


def say(line: str) -> None:
    """Print a line with the time."""
    print(f"{datetime.now():%H:%M:%S} {line}", flush=True)


def main() -> None:
    """Measure in a separate knowledge base."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--asked", type=int, default=100_000)
    chosen = parser.parse_args()
    with open_knowledge_base(Settings(home=HOME / "documents"), say) as kb:
        say(str(ingest([CORPUS], kb)))
    home = HOME / "all"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(HOME / "documents", home, ignore=shutil.ignore_patterns("models"))
    (home / "models").symlink_to(HOME / "documents" / "models", target_is_directory=True)
    with open_knowledge_base(Settings(home=home), say) as kb:
        measure(kb, chosen.entries, chosen.asked)


if __name__ == "__main__":
    main()
