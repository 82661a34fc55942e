"""Runs each system in a process of its own, judges what it finds, and prints ratios to ours.

right document first   the first passage is from a document that holds the answer
answer in five         one of the first five passages holds the expected answer or all key points
ingest                 characters of text a processor second, vectors included
ask p95                processor milliseconds from the question to its passages; ours answers it as well
memory                 most resident memory of the process, the model included

Questions are those of the sets that need no conversation and whose documents are in the corpus.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from shutil import rmtree
from time import process_time
from typing import TypeVar

import numpy as np
from rich.table import Table

from eval.dataset import CROSS_DOCUMENT, Item, read_manifest, read_questions
from eval.metrics import mean, percentile
from eval.peers.systems import PEERS, Passage, Remembered, Search, Text, embedded, ours, split
from eval.records import holds_answer
from eval.run import clear_home, name_resolver, tell
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.errors import DatasetError
from kb.knowledge_base import open_knowledge_base
from kb.models import Model
from kb.settings import Settings

T = TypeVar("T")
M = TypeVar("M", bound=Model)

NAMES = {
    "ours": "本系统",
    "llama_index": "llama-index 默认（SentenceSplitter、VectorStoreIndex）",
    "qdrant_local": "llama-index 的 Qdrant 存储（本地模式）",
    "bm25_rrf": "BM25（词）+ 向量，RRF 融合",
}
_TEXTS, _ASKED, _VECTORS, _COST = "texts.jsonl", "asked.jsonl", "vectors.npy", "vectors.json"


class Asked(Model):
    """A question and the documents that hold its answer."""

    item: Item
    relevant: tuple[str, ...]


class Measured(Model):
    """What one system reached."""

    name: str
    passages: int
    questions: int
    document_first: float
    answer_in_five: float
    ingest_chars_per_s: float
    ask_p95_ms: float
    memory_mib: float


ROWS: tuple[tuple[str, str, str], ...] = (
    ("document_first", "第一段出自对的文件", "{:.1%}"),
    ("answer_in_five", "前五段有答案", "{:.1%}"),
    ("ingest_chars_per_s", "导入（字/处理器秒）", "{:.0f}"),
    ("ask_p95_ms", "提问 p95（处理器毫秒）", "{:.1f}"),
    ("memory_mib", "内存（MiB）", "{:.0f}"),
)


def side_by_side(corpus: Path, qa: Path, out: Path) -> list[Measured]:
    """Measure every system on the same documents and questions, ours first.

    Raises:
        DatasetError: a process fails.
    """
    out.mkdir(parents=True, exist_ok=True)
    found = []
    for name, arguments in (
        ("ours", (str(corpus), str(qa))),
        ("vectors", ()),
        *((peer, ()) for peer in PEERS),
    ):
        tell(f"{NAMES.get(name, '切分并计算向量')}……")
        command = [sys.executable, "-m", "eval.peers", "--one", name, "--out", str(out), *arguments]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if result.returncode:
            raise DatasetError(f"{name} 没有测成（退出码 {result.returncode}）")
        if name != "vectors":
            found.append(Measured.model_validate_json(result.stdout.splitlines()[-1]))
    return found


def measure_ours(corpus: Path, qa: Path, out: Path) -> Measured:
    """Ingest the corpus anew, without its shipped vectors, and ask; write what the peers need."""
    settings = Settings(home=out / "home", reader="off")
    clear_home(settings.home)
    embedder = Embedder(settings.embed_model, settings.home / "models", settings.embed_dtype)
    with open_knowledge_base(settings, tell, embedder=embedder) as kb:
        embedder.embed_passages(["预热"])
        seconds, result = _spent(lambda: ingest([corpus], kb, progress=False))
        if result.failed:
            raise DatasetError(f"没有导入：{result.failed[0].name}：{result.failed[0].reason}")
        summaries = kb.storage.documents.summaries()
        documents = filter(None, (kb.storage.documents.get(summary.id) for summary in summaries))
        texts = [Text(id=document.id, text=document.text) for document in documents]
        resolve = name_resolver(summaries, read_manifest([corpus], qa))
        asked = [
            Asked(item=item, relevant=tuple(sorted(set().union(*map(resolve, item.doc_ids)))))
            for item in read_questions(qa)
            if item.answerable and item.expected and item.doc_ids and not (item.history or item.ending)
        ]
        asked = [one for one in asked if one.relevant]
        _write(out / _TEXTS, texts)
        _write(out / _ASKED, asked)
        return measured("ours", ours(kb), asked, texts, seconds, kb.storage.documents.chunk_count())


def make_vectors(out: Path) -> None:
    """Split the texts as the peers do and embed the nodes, once for all of them."""
    nodes = split(_read(out / _TEXTS, Text))
    contents, vectors, seconds = embedded(nodes, Embedder("bundled", out / "home" / "models"))
    np.save(out / _VECTORS, vectors)
    (out / _COST).write_text(json.dumps({"seconds": seconds, "texts": contents}), encoding="utf-8")


def measure_peer(name: str, out: Path) -> Measured:
    """Fill a peer with the texts and ask it."""
    texts, asked = _read(out / _TEXTS, Text), _read(out / _ASKED, Asked)
    cost = json.loads((out / _COST).read_text(encoding="utf-8"))
    known = dict(zip(cost["texts"], np.load(out / _VECTORS), strict=True))
    embedder = Embedder("bundled", out / "home" / "models")
    embedder.embed_query("预热")
    embedding = Remembered(embedder, known)
    folder = out / name
    rmtree(folder, ignore_errors=True)
    folder.mkdir()

    def fill() -> tuple[int, Search]:
        nodes = split(texts)
        return len(nodes), PEERS[name](nodes, embedding, folder)

    seconds, (passages, search) = _spent(fill)
    return measured(name, search, asked, texts, seconds + cost["seconds"], passages)


def measured(
    name: str, search: Search, asked: Sequence[Asked], texts: Sequence[Text], seconds: float, passages: int
) -> Measured:
    """Ask every question once; the first one twice, as it pays for caches."""
    search(asked[0].item.question)
    milliseconds, first, in_five = [], [], []
    for one in asked:
        spent, found = _spent(partial(search, one.item.question))
        milliseconds.append(spent * 1000)
        first.append(float(bool(found) and found[0].document in one.relevant))
        in_five.append(float(holds(one.item, found)))
    return Measured(
        name=name,
        passages=passages,
        questions=len(asked),
        document_first=mean(first) or 0.0,
        answer_in_five=mean(in_five) or 0.0,
        ingest_chars_per_s=sum(len(text.text) for text in texts) / seconds,
        ask_p95_ms=percentile(milliseconds, 0.95) or 0.0,
        memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def holds(item: Item, found: Sequence[Passage]) -> bool:
    """Whether the passages hold the answer: one of them, or for a question across documents all together."""
    texts = [passage.text for passage in found]
    if item.type == CROSS_DOCUMENT:
        texts = list(accumulate(texts, lambda before, text: f"{before}\n{text}"))
    return any(holds_answer(item, text) for text in texts)


def table(found: Sequence[Measured]) -> Table:
    """All figures, and those of the peers as multiples of ours."""
    mine = found[0]
    grid = Table(title=f"同样的 {mine.questions} 题、同样的文件和向量模型（括号里是本系统的几倍）")
    grid.add_column("项目")
    for one in found:
        grid.add_column(f"{NAMES[one.name]}，{one.passages} 段", justify="right")
    for field, label, form in ROWS:
        own = getattr(mine, field)
        cells = [form.format(own)]
        for one in found[1:]:
            value = getattr(one, field)
            cells.append(f"{form.format(value)}（{value / own:.2f}）" if own else form.format(value))
        grid.add_row(label, *cells)
    return grid


def _spent(work: Callable[[], T]) -> tuple[float, T]:
    """The processor seconds of `work`, those of its finished child processes included, and its result."""
    begin = _processor_time()
    result = work()
    return _processor_time() - begin, result


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def _write(file: Path, models: Sequence[Model]) -> None:
    file.write_text("".join(model.model_dump_json() + "\n" for model in models), encoding="utf-8")


def _read(file: Path, kind: type[M]) -> list[M]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [kind.model_validate_json(line) for line in lines]
