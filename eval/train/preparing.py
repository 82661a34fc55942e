"""Rows and reading sets -> what the training programs take, in one folder.

    home/           a knowledge base of the rows' documents, beside whatever else was ingested there
    hits.jsonl      our rows, each with ten labelled hits of the product's retrieval
    general.jsonl   questions of general reading sets
    pack.npz        both as tokens, with the encoder: all that training reads

A second call goes on where the first stopped, and adds what is new.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

from eval.train.examples import read_examples, write_examples
from eval.train.general import read_squad
from eval.train.hits import with_hits
from eval.train.pack import make_pack, write_pack
from eval.train.rows import Row
from ingest.pipeline.run import ingest
from kb.embedding.bundled_model import ensure_bundled_model
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings

HOME, HITS, GENERAL, PACK = "home", "hits.jsonl", "general.jsonl", "pack.npz"
_TOLD_EVERY = 250


def prepare(
    settings: Settings,
    *,
    folder: Path,
    documents: Sequence[Path],
    rows: Sequence[Row],
    general: Sequence[Path],
    tell: Callable[[str], None],
) -> None:
    """Fill `folder`; `documents` are docs.jsonl files or folders that hold the documents of `rows`."""
    folder.mkdir(parents=True, exist_ok=True)
    if general and not (folder / GENERAL).exists():
        count = write_examples(
            (example for file in general for example in read_squad(file, Random(1))), folder / GENERAL
        )
        tell(f"{count} general questions")
    with open_knowledge_base(settings.model_copy(update={"home": folder / HOME}), tell) as kb:
        tell(str(ingest(list(documents), kb)))
        _mine(kb, rows, folder / HITS, tell)


def pack_up(folder: Path, layers: int) -> Path:
    """Write the pack of `folder`, with the first `layers` layers of the encoder; its path."""
    files = {"general": folder / GENERAL, "ours": folder / HITS}
    examples = (
        (name, example) for name, file in files.items() if file.exists() for example in read_examples([file])
    )
    write_pack(make_pack(examples, encoder_of(folder), layers=layers), folder / PACK)
    return folder / PACK


def encoder_of(folder: Path) -> Path:
    """The bundled model in `folder`, unpacked when it is not there yet."""
    return ensure_bundled_model(folder / HOME / "models")


def _mine(kb: KnowledgeBase, rows: Sequence[Row], file: Path, tell: Callable[[str], None]) -> None:
    """Append the rows that `file` lacks, with their hits."""
    done = set(_qids(file))
    ids = {summary.source: summary.id for summary in kb.storage.documents.summaries()}
    waiting = [row for row in rows if row.qid not in done and row.doc_id in ids]
    tell(f"{len(done)} rows have their hits, {len(waiting)} wait for them")
    mined = with_hits(waiting, retriever=kb.retrieval.retriever, documents=kb.storage.documents, ids=ids)
    with file.open("a", encoding="utf-8") as out:
        for number, example in enumerate(mined, 1):
            out.write(json.dumps(example.model_dump(mode="json"), ensure_ascii=False) + "\n")
            if number % _TOLD_EVERY == 0:
                tell(f"{number} of {len(waiting)}")


def _qids(file: Path) -> Iterable[str]:
    if file.exists():
        with file.open(encoding="utf-8") as lines:
            yield from (str(json.loads(line)["qid"]) for line in lines)
