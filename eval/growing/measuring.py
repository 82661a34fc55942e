"""How cost grows with the collection: the same questions over made collections of several sizes.

Every collection is filled and measured in a process of its own, because memory and first calls are measured
too. All times are processor seconds (user and system, all threads), so that other load on the machine hardly
matters, and every figure is printed as a ratio to the smallest collection of the same run. What is measured:

opening     until the knowledge base can be asked, with its index ready
settling    what it does by itself within a few seconds after that
first       the first question
asking      each question again, the best of three, 50th and 95th percentile; no reader, vectors by hashing
typing      suggestions for the beginnings of the questions, the first time apart
desk        the answerer's search
memory      resident memory after all of this
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time, sleep
from typing import ParamSpec

from rich.table import Table

from eval.growing.collection import HashingEmbedder, fill, made, questions_of, real_texts
from eval.metrics import percentile
from eval.run import tell
from ingest.pipeline.storing import settle_validity
from kb.clock import china_today
from kb.desk.search import ResultKind
from kb.errors import DatasetError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Model, Question
from kb.settings import Settings
from kb.staff.permissions import OPERATOR

P = ParamSpec("P")

SEED = 19
QUESTIONS = 40
_CALLS = 3
_SETTLING = 6.0  # seconds by the clock
_TYPED = 4  # characters typed
_READY = "filled.json"  # in the home of a collection that is complete


class Cost(Model):
    """What one collection costs; milliseconds of processor time, memory in MiB."""

    passages: int
    documents: int
    open_ms: float
    settle_ms: float
    first_ms: float
    ask_p50_ms: float
    ask_p95_ms: float
    type_first_ms: float
    type_p95_ms: float
    desk_p95_ms: float
    memory_mib: float


ROWS: tuple[tuple[str, str], ...] = (
    ("open_ms", "打开"),
    ("settle_ms", "打开后自己做的"),
    ("first_ms", "第一问"),
    ("ask_p50_ms", "提问 p50"),
    ("ask_p95_ms", "提问 p95"),
    ("type_first_ms", "第一次输入联想"),
    ("type_p95_ms", "输入联想 p95"),
    ("desk_p95_ms", "解答台检索 p95"),
    ("memory_mib", "内存"),
)


class Growth(Model):
    """The costs of all collections, the smallest first; `ratios` are to that one."""

    costs: tuple[Cost, ...]

    @property
    def ratios(self) -> dict[str, list[float]]:
        """Each figure of each collection as a multiple of the smallest collection's."""
        first = self.costs[0]
        return {
            name: [round(getattr(cost, name) / max(getattr(first, name), 1e-9), 2) for cost in self.costs]
            for name, _ in ROWS
        }


def bench_growth(sources: Sequence[Path], sets: Sequence[Path], sizes: Sequence[int], out: Path) -> Growth:
    """Fill a collection of each of `sizes` passages under `out`, if there is none, and measure it.

    Raises:
        DatasetError: a process that fills or measures fails.
    """
    costs = []
    for size in sorted(sizes):
        home = out / str(size)
        if not (home / _READY).exists():
            _in_process("fill", home, str(size), *map(str, sources))
        costs.append(Cost.model_validate_json(_in_process("measure", home, *map(str, sets))))
    return Growth(costs=tuple(costs))


def _in_process(step: str, home: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "eval.growing.measuring", step, str(home), *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        raise DatasetError(f"{home} 没有测成（{step}，退出码 {result.returncode}）")
    return result.stdout


def opened(home: Path) -> KnowledgeBase:
    """The knowledge base in `home` without the reader, with vectors by hashing."""
    settings = Settings(home=home, reader="off")
    return open_knowledge_base(settings, tell, embedder=HashingEmbedder(home / "models"))


def fill_home(home: Path, size: int, sources: Sequence[Path]) -> None:
    """Fill a new knowledge base with `size` passages made from `sources`."""
    with opened(home) as kb:
        documents = fill(kb, made(real_texts(sources), SEED), size, tell)
        settle_validity(kb, china_today())
    (home / _READY).write_text(json.dumps({"passages": size, "documents": documents}), encoding="utf-8")


def measure(home: Path, questions: Sequence[Question]) -> Cost:
    """What the collection in `home` costs with these questions."""
    start = process_time()
    with opened(home) as kb:
        open_ms = _since(start)
        settle_ms = spent(sleep, _SETTLING)
        first_ms = spent(kb.answerer.answer, questions[0])
        for question in questions[1:]:
            kb.answerer.answer(question)
        asked = [least(kb.answerer.answer, question) for question in questions]
        typed = [question.text[:_TYPED] for question in questions]
        type_first_ms = spent(kb.citizens.suggestions.typed, typed[0])
        typing = [least(kb.citizens.suggestions.typed, text) for text in typed]
        desk = [least(_search, kb, question.text) for question in questions]
        return Cost(
            passages=kb.storage.documents.chunk_count(),
            documents=json.loads((home / _READY).read_text(encoding="utf-8"))["documents"],
            open_ms=open_ms,
            settle_ms=settle_ms,
            first_ms=first_ms,
            ask_p50_ms=percentile(asked, 0.5) or 0.0,
            ask_p95_ms=percentile(asked, 0.95) or 0.0,
            type_first_ms=type_first_ms,
            type_p95_ms=percentile(typing, 0.95) or 0.0,
            desk_p95_ms=percentile(desk, 0.95) or 0.0,
            memory_mib=_resident_mib(),
        )


def _search(kb: KnowledgeBase, typed: str) -> object:
    return kb.desk.search(OPERATOR, typed, Filters(), tuple(ResultKind), china_today())


def spent(work: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> float:
    """Milliseconds of processor time that a call of `work` takes, all threads together."""
    start = process_time()
    work(*arguments, **named)
    return _since(start)


def least(work: Callable[P, object], *arguments: P.args, **named: P.kwargs) -> float:
    """The least of a few calls: other load can only make one dearer (the advice of Python's timeit)."""
    return min(spent(work, *arguments, **named) for _ in range(_CALLS))


def _since(start: float) -> float:
    return round((process_time() - start) * 1000, 2)


def _resident_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.split("RssAnon:")[1].split()[0]) / 1024)


def table(growth: Growth) -> Table:
    """The figures as a table for the terminal: multiples of the smallest collection's."""
    grid = Table(title="随文件增多（处理器时间，与同一次运行中最小的一库相比）")
    grid.add_column("项目")
    for cost in growth.costs:
        grid.add_column(f"{cost.passages:,} 段", justify="right")
    for name, words in ROWS:
        ratios, unit = growth.ratios[name], "MiB" if name == "memory_mib" else "ms"
        shown = [
            f"{getattr(cost, name):.0f} {unit}（{ratio} 倍）"
            for cost, ratio in zip(growth.costs, ratios, strict=True)
        ]
        grid.add_row(words, *shown)
    return grid


def main(step: str, home: str, *arguments: str) -> None:
    """One step in a process of its own: fill HOME SIZE SOURCE..., or measure HOME SET..."""
    if step == "fill":
        size, *sources = arguments
        fill_home(Path(home), int(size), [Path(source) for source in sources])
    else:
        questions = questions_of([Path(path) for path in arguments], QUESTIONS)
        print(measure(Path(home), questions).model_dump_json())


if __name__ == "__main__":
    main(*sys.argv[1:])
