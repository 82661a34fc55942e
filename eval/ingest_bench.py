"""The cost of an ingest compared with bare embedding, and how much it slows down questions meanwhile.

ingesting   chunks per second from file to stored, against the bare embedding of the same chunks. Half of the
            bare embedding runs before and half after, so that a machine that gets slower or faster in the
            meantime does not distort the ratio. Processor seconds are compared too: on a machine with other
            work the program with more threads gets a larger share, so clock times alone would flatter.
again       seconds of an ingest in which nothing has changed
asking      95th percentile of asking during an ingest, against that of an idle knowledge base
memory      peak of this process and of the reading processes, each at its own time
"""

import json
import resource
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter

from rich.table import Table

from eval.metrics import percentile
from ingest.pipeline.process_pool import read_one
from ingest.pipeline.run import ingest
from ingest.sources.source import Source, find_sources
from kb.commands.terminal import Silence
from kb.errors import DatasetError
from kb.knowledge_base import KnowledgeBase
from kb.models import Correction, Model, Question

GOAL = 0.85  # share of the bare embedding rate
_ROUNDS = 3  # rounds of all questions during the ingest


class IngestBench(Model):
    """The measurement; `ratio` compares clock times, `cpu_ratio` processor seconds."""

    n_documents: int
    n_chunks: int
    ingest_chunks_per_s: float
    bare_chunks_per_s: float
    ratio: float
    cpu_ratio: float
    again_s: float
    asked_meanwhile: int
    ask_idle_p95_ms: float
    ask_meanwhile_p95_ms: float
    ask_slowdown: float
    peak_rss_mib: float
    readers_peak_rss_mib: float


class _Cost(Model):
    """Seconds by the clock, and processor seconds."""

    seconds: float
    cpu: float

    def __add__(self, other: "_Cost") -> "_Cost":
        return _Cost(seconds=self.seconds + other.seconds, cpu=self.cpu + other.cpu)


def bench_ingest(kb: KnowledgeBase, documents: Path, questions: Sequence[Question]) -> IngestBench:
    """Measure on `documents` (a folder or docs.jsonl) in the empty `kb`; leaves copies.jsonl in its home.

    Raises:
        DatasetError: there are no documents or no questions.
    """
    sources, _ = find_sources([documents])
    if not sources or not questions:
        raise DatasetError(f"{documents} 没有文件，或没有问题，无法测速")
    texts = _texts(kb, sources)
    kb.embedder.embed_passages(texts[:2])
    half = len(texts) // 2
    before = _cost(lambda: kb.embedder.embed_passages(texts[:half]))
    ingesting = _cost(lambda: ingest([documents], kb, progress=False))
    after = _cost(lambda: kb.embedder.embed_passages(texts[half:]))
    bare, chunks = before + after, kb.storage.documents.chunk_count()
    again = _cost(lambda: ingest([documents], kb, progress=False))
    peak_rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    idle = percentile([_ask(kb, question) for question in (*questions[:1], *questions)][1:], 0.95) or 0.0
    meanwhile, readers = _ask_during(kb, questions, _copies(kb))
    busy = percentile(meanwhile, 0.95) or 0.0
    return IngestBench(
        n_documents=len(sources),
        n_chunks=chunks,
        ingest_chunks_per_s=round(chunks / ingesting.seconds, 1),
        bare_chunks_per_s=round(len(texts) / bare.seconds, 1),
        ratio=round(bare.seconds / ingesting.seconds, 2),
        cpu_ratio=round(bare.cpu / ingesting.cpu, 2),
        again_s=round(again.seconds, 2),
        asked_meanwhile=len(meanwhile),
        ask_idle_p95_ms=round(idle, 1),
        ask_meanwhile_p95_ms=round(busy, 1),
        ask_slowdown=round(busy / idle, 1),
        peak_rss_mib=round(peak_rss_mib),
        readers_peak_rss_mib=round(readers),
    )


def table(result: IngestBench) -> Table:
    """The measurement as a table for the terminal."""
    grid = Table(title="导入测速（与同一次运行中的参照相比）")
    for name in ("项目", "本系统", "参照", "比值"):
        grid.add_column(name, justify="left" if name == "项目" else "right")
    grid.add_row(
        f"导入 {result.n_documents} 份（目标 ≥ {GOAL:.0%}）",
        f"{result.ingest_chunks_per_s} 段/秒",
        f"只编码 {result.bare_chunks_per_s} 段/秒",
        f"{result.ratio:.0%}（按处理器时间 {result.cpu_ratio:.0%}）",
    )
    grid.add_row("再导入一次", f"{result.again_s} 秒", "", "")
    grid.add_row(
        f"导入时提问 p95（{result.asked_meanwhile} 次）",
        f"{result.ask_meanwhile_p95_ms} ms",
        f"空闲时 {result.ask_idle_p95_ms} ms",
        f"{result.ask_slowdown} 倍",
    )
    grid.add_row("导入时内存峰值", f"{result.peak_rss_mib:.0f} MiB", "", "")
    grid.add_row("单个读取进程内存峰值", f"{result.readers_peak_rss_mib:.0f} MiB", "", "")
    return grid


def _texts(kb: KnowledgeBase, sources: Sequence[Source]) -> list[str]:
    """The indexed text of every chunk, ordered so that both halves of the list are similar."""
    texts = [
        chunk.indexed_text
        for number, source in enumerate(sources)
        for chunk in read_one(source, f"bench-{number}", Correction(), kb.embedder).chunks
    ]
    return [*texts[::2], *texts[1::2]]


def _cost(work: Callable[[], object]) -> _Cost:
    start, cpu = perf_counter(), _cpu_seconds()
    work()
    return _Cost(seconds=perf_counter() - start, cpu=_cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    """Processor seconds of this process and of its ended children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _ask(kb: KnowledgeBase, question: Question) -> float:
    """Answer `question`; the milliseconds it took."""
    start = perf_counter()
    kb.answerer.answer(question)
    return (perf_counter() - start) * 1000


class _UntilAsked(Silence):
    """A terminal that stops an ingest when `stopped` is set, once enough has been asked."""

    stopped = False


def _ask_during(
    kb: KnowledgeBase, questions: Sequence[Question], documents: Path
) -> tuple[list[float], float]:
    """Ask during the ingest of `documents`; milliseconds of each question, peak MiB of the largest reader."""
    terminal = _UntilAsked()
    thread = threading.Thread(target=lambda: ingest([documents], kb, terminal=terminal))
    thread.start()
    times: list[float] = []
    readers = 0.0
    while thread.is_alive() and len(times) < _ROUNDS * len(questions):
        times.append(_ask(kb, questions[len(times) % len(questions)]))
        readers = max(readers, *map(_peak_of, _children()), 0.0)
    terminal.stopped = True
    thread.join()
    return times, readers


def _children() -> Iterator[int]:
    """Ids of the child processes of this process (Linux)."""
    for file in Path("/proc/self/task").glob("*/children"):
        yield from map(int, file.read_text().split())


def _peak_of(process: int) -> float:
    """Peak resident set of a process in MiB since the start of its program; 0 when it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0
    )


def _copies(kb: KnowledgeBase) -> Path:
    """A docs.jsonl with copies of all documents under other ids and titles, so that all of them are new."""
    file = kb.settings.home / "copies.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for number, summary in enumerate(kb.storage.documents.summaries()):
            document = kb.storage.documents.get(summary.id)
            text = document.text if document else ""
            record = {"doc_id": f"copy-{number}", "title": f"第 {number} 份", "text": text}
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return file
