"""Run an evaluation: fill a separate knowledge base with the corpus, ask every question, record the outcomes.

The production objects are used unchanged; in addition each query is ranked once by every baseline, over the
same index.
"""

import json
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from shutil import rmtree
from time import perf_counter

from rich.console import Console
from rich.progress import track

from eval.dataset import Item, of_split, read_manifest, read_questions
from eval.metrics import bare
from eval.records import Record, Unguarded, judge, rank
from eval.scores import Scores, score
from ingest.pipeline.run import ingest
from kb.answers import Ending
from kb.controls.rules import Rules
from kb.errors import DatasetError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import DocumentSummary, Filters, Model, Question
from kb.retrieval.fusion import Blend
from kb.settings import Settings
from kb.storage.documents import Documents
from kb.storage.home import HomeLock

HITS = 50  # chunks ranked, so that ten distinct documents can be counted


class Inputs(Model):
    """The inputs of an evaluation: corpus (folders or docs.jsonl files), questions, folder for results."""

    corpora: tuple[Path, ...]
    qa: Path
    outside: Path | None = None
    split: str | None = None
    out: Path

    @property
    def corpus(self) -> str:
        """The name of the corpus in the note beside the home and in error sentences."""
        return "、".join(str(path.resolve()) for path in self.corpora)


class Evaluation(Model):
    """A finished evaluation; `problems` are the sentences for which the program exits with 1."""

    inputs: Inputs
    records: tuple[Record, ...]
    scores: Scores
    embed_model: str
    n_documents: int
    n_chunks: int
    problems: tuple[str, ...] = ()


class IngestNote(Model):
    """The note beside the home on the ingest that filled it; a second run ingests nothing to measure."""

    corpus: str
    chunks: int
    seconds: float

    @property
    def chunks_per_s(self) -> float | None:
        """Chunks per second of the ingest that filled the home."""
        return self.chunks / self.seconds if self.chunks and self.seconds else None


def tell(line: str) -> None:
    """Print a line of progress on stderr."""
    print(line, file=sys.stderr)


def evaluate(inputs: Inputs, settings: Settings, *, fresh: bool = False) -> Evaluation:
    """Ingest new documents, ask every question, compute the metrics; with `fresh` empty the home first.

    Raises:
        DatasetError: the question files are malformed.
        KbError: the knowledge base cannot be opened or fails.
    """
    items = of_split(read_questions(inputs.qa, inputs.outside), inputs.split)
    manifest = read_manifest(inputs.corpora, inputs.qa)
    home, note_file = inputs.out / "home", inputs.out / "ingest.json"
    note = _read_note(note_file)
    if fresh or note is None or note.corpus != inputs.corpus:
        note = None
        clear_home(home)
    with open_knowledge_base(settings.model_copy(update={"home": home}), tell) as kb:
        problems, note = _fill(kb, inputs, note)
        note_file.write_text(note.model_dump_json(), encoding="utf-8")
        summaries = kb.storage.documents.summaries()
        resolve = name_resolver(summaries, manifest)
        problems += _unresolved(items, resolve)
        records = tuple(ask_all(items, kb, resolve))
        return Evaluation(
            inputs=inputs,
            records=records,
            scores=score(records, note.chunks_per_s),
            embed_model=kb.embedder.name,
            n_documents=len(summaries),
            n_chunks=sum(summary.chunks for summary in summaries),
            problems=tuple(problems),
        )


def _read_note(file: Path) -> IngestNote | None:
    """The note of an earlier run; None when there is none or it is damaged."""
    try:
        return IngestNote.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def clear_home(home: Path) -> None:
    """Empty a home, except for the unpacked model (minutes on a slow disk); fails when it is in use."""
    with HomeLock(home):
        for entry in home.iterdir():
            if entry.is_dir() and not entry.is_symlink() and entry.name != "models":
                rmtree(entry)
            elif entry.is_file() and entry.name != "lock":
                entry.unlink()


def _fill(kb: KnowledgeBase, inputs: Inputs, note: IngestNote | None) -> tuple[list[str], IngestNote]:
    """Ingest the corpus; return a sentence for each failure, and the note to keep.

    Raises:
        DatasetError: the corpus holds no file that can be ingested.
    """
    kb.embedder.embed_passages(["预热"])  # loading the model is not part of the ingest's speed
    result = ingest(inputs.corpora, kb, prune=True)
    tell(str(result).split("\n", 1)[0])
    problems = [f"未能导入 {failure.name}：{failure.reason}" for failure in result.failed]
    if not kb.storage.documents.summaries():
        raise DatasetError(f"{inputs.corpus} 里没有可以导入的文件。" + "；".join(problems))
    if note is None or (result.chunks and not result.unchanged):
        note = IngestNote(corpus=inputs.corpus, chunks=result.chunks, seconds=round(result.seconds, 3))
    return problems, note


Resolver = Callable[[str], frozenset[str]]


def name_resolver(summaries: Iterable[DocumentSummary], manifest: Mapping[str, str]) -> Resolver:
    """A function from the name of a document in a question file to the ids of the documents it names.

    Tried in order: id, the manifest's file name, file name, file name without suffix, title. Several
    documents may share a title; each of them counts.
    """
    tiers: tuple[dict[str, set[str]], ...] = tuple(defaultdict(set) for _ in range(4))
    for summary in summaries:
        source = _composed(summary.source)
        for tier, key in zip(
            tiers, (summary.id, source, Path(source).stem, bare(summary.title)), strict=True
        ):
            tier[key].add(summary.id)
    ids, sources, stems, titles = tiers

    def resolve(name: str) -> frozenset[str]:
        if name in ids:
            return frozenset(ids[name])
        file = _composed(Path(manifest.get(name, name)).name)
        for tier, key in ((sources, file), (stems, file), (titles, bare(name))):
            if key and key in tier:
                return frozenset(tier[key])
        return frozenset()

    return resolve


def _composed(name: str) -> str:
    """A file name in composed form (NFC); names unpacked on macOS are decomposed."""
    return unicodedata.normalize("NFC", name)


def _unresolved(items: Iterable[Item], resolve: Resolver) -> list[str]:
    """A sentence on the questions that have no document in the corpus (they count as missed); else none."""
    asked = (item for item in items if item.answerable and not item.ending)
    lost = [item.qid for item in asked if not any(map(resolve, item.doc_ids))]
    if not lost:
        return []
    few = "、".join(lost[:5]) + ("……" if len(lost) > 5 else "")
    return [f"{len(lost)} 个问题的文件不在语料里（按未检索到计）：{few}"]


def ask_all(items: Sequence[Item], kb: KnowledgeBase, resolve: Resolver) -> Iterable[Record]:
    """Ask every question in order and yield its record; progress on stderr."""
    kb.answerer.answer(Question(text=items[0].question))  # the first call pays for caches
    texts = _Texts(kb.storage.documents)
    console = Console(stderr=True)
    for item in track(items, "提问", console=console, disable=not console.is_terminal):
        yield ask(item, kb, resolve, texts)


class _Texts:
    """The texts of documents by id, each read once."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._texts: dict[str, str] = {}

    def of(self, ids: Iterable[str]) -> dict[str, str]:
        """The texts of `ids`; an unknown one is empty."""
        texts: dict[str, str] = {}
        for name in ids:
            if name not in self._texts:
                document = self._documents.get(name)
                self._texts[name] = document.text if document is not None else ""
            texts[name] = self._texts[name]
        return texts


def ask(item: Item, kb: KnowledgeBase, resolve: Resolver, texts: _Texts) -> Record:
    """Ask one question and judge the answer."""
    relevant = frozenset(name for document_name in item.doc_ids for name in resolve(document_name))
    start = perf_counter()
    answer = kb.answerer.answer(Question(text=item.question, history=item.history))
    ask_ms = (perf_counter() - start) * 1000
    query = answer.rewritten or item.question  # the query that was used, also for an FAQ answer
    # An unanswerable question has no relevant document to rank.
    rankings = {
        blend: rank(item, kb.retrieval.retriever.retrieve(query, Filters(), HITS, blend=blend), relevant)
        for blend in (Blend if item.answerable else ())
    }
    documents = tuple(sorted(relevant))
    record = Record(item=item, documents=documents, answer=answer, ask_ms=round(ask_ms, 2), rankings=rankings)
    unguarded = None
    if answer.ending is Ending.WEAK_EVIDENCE:
        question = Question(text=item.question, history=item.history)
        unguarded_answer, _ = kb.answerer.answer_with_hits(question, rules=Rules(threshold=0))
        unguarded_record = _judged(record.model_copy(update={"answer": unguarded_answer}), texts)
        unguarded = Unguarded(refused=unguarded_record.refused, right=unguarded_record.right)
    return _judged(record.model_copy(update={"unguarded": unguarded}), texts)


def _judged(record: Record, texts: _Texts) -> Record:
    cited = (citation.document_id for citation in record.answer.citations)
    return judge(record, texts.of((*record.documents, *cited)))


def write_records(records: Iterable[Record], file: Path) -> None:
    """Write the records to `file`, one JSON object per line."""
    with file.open("w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n")
