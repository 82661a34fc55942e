"""Rows and reading sets -> what the training programs take, in one folder.

    encoder/        the bundled model with the pieces of the vocabulary that are used
    home/           a knowledge base of the rows' documents, beside whatever else was ingested there
    hits.jsonl      our rows, each with ten labelled hits of the product's retrieval
    general.jsonl   questions of general reading sets

A second call goes on where the first stopped, and adds what is new.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from eval.train.examples import Example, write_examples
from eval.train.general import read_squad
from eval.train.hits import with_hits
from eval.train.rows import Row
from eval.train.vocabulary import count_pieces, cut_vocabulary
from ingest.pipeline.run import ingest
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings

ENCODER, HOME, HITS, GENERAL = "encoder", "home", "hits.jsonl", "general.jsonl"
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
        if not (folder / ENCODER).exists():
            _cut_encoder(kb, rows, folder, tell)
        _mine(kb, rows, folder / HITS, tell)


def _cut_encoder(kb: KnowledgeBase, rows: Sequence[Row], folder: Path, tell: Callable[[str], None]) -> None:
    """Write the encoder with the pieces that the documents, the rows and the general questions use."""
    (model,) = (kb.settings.home / "models").glob("multilingual-e5-small-*")
    kept, before = cut_vocabulary(model, folder / ENCODER, count_pieces(model, _texts(kb, rows, folder)))
    tell(f"{kept} of {before} pieces kept")


def _texts(kb: KnowledgeBase, rows: Sequence[Row], folder: Path) -> Iterator[str]:
    for summary in kb.storage.documents.summaries():
        for chunk in kb.storage.documents.chunks_of(summary.id):
            yield chunk.indexed_text
    yield from (row.question for row in rows)
    if (folder / GENERAL).exists():
        with (folder / GENERAL).open(encoding="utf-8") as lines:
            for line in lines:
                example = Example.model_validate_json(line)
                yield example.question
                yield example.passages[0].text


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
