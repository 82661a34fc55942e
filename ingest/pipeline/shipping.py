"""Make the vectors that are shipped with the documents of a folder (kb.embedding.shipped_vectors).

    python -m ingest.pipeline.shipping corpus

To be run after a change of corpus/ or of how documents are read or cut; until then the test test_shipping.py
fails. Only texts that are not in the file yet go through the model.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ingest.pipeline.reading import correction_of
from ingest.pipeline.reading_process import CountTokens, Task, perform
from ingest.sources.source import find_sources
from kb.embedding.bundled_model import BUNDLED
from kb.embedding.embedder import Embedder
from kb.embedding.shipped_vectors import FILE, ShippedVectors, shipped_question, write_shipped_vectors
from kb.errors import DatasetError
from kb.models import PolicyDocument, Stretch

_AT_ONCE = 96  # texts embedded between two reports


def shipped(folder: Path, count_tokens: CountTokens) -> list[tuple[PolicyDocument, tuple[Stretch, ...]]]:
    """The documents of `folder` as an ingest reads and cuts them.

    Raises:
        DatasetError: one of them cannot be read.
    """
    sources, failures = find_sources([folder])
    if failures:
        raise DatasetError(f"{failures[0].name}：{failures[0].reason}")
    documents = []
    for source in sources:
        correction = correction_of(source, None)
        task = Task(source=source, document_id=source.name, sha256="", correction=correction)
        reply = perform(task, count_tokens)
        if reply.document is None:
            raise DatasetError(f"{source.name}：{reply.refused}")
        documents.append((reply.document, reply.stretches))
    return documents


def ship(folder: Path, embedder: Embedder, report: Callable[[str], None], file: Path = FILE) -> int:
    """Write the vectors of the passages of `folder` to `file`; the number of texts that were embedded.

    Raises:
        DatasetError: a document cannot be read.
        ModelError: the model cannot be used.
    """
    documents = shipped(folder, embedder.count_tokens)
    passages = sorted(texts_of(documents), key=len)
    questions = {shipped_question(text): text for text in sorted(questions_of(documents), key=len)}
    vectors = ShippedVectors(file).find([*passages, *questions]) if file.exists() else {}
    missing = [text for text in passages if text not in vectors]
    for start in range(0, len(missing), _AT_ONCE):
        part = missing[start : start + _AT_ONCE]
        vectors.update(zip(part, embedder.embed_passages(part), strict=True))
        write_shipped_vectors(vectors, file)  # an interrupted run is continued by the next
        report(f"已编码 {start + len(part)}/{len(missing)} 段")
    asked = [key for key in questions if key not in vectors]
    vectors.update(zip(asked, embedder.embed_queries([questions[key] for key in asked]), strict=True))
    write_shipped_vectors(vectors, file)  # without the texts that are gone
    return len(missing) + len(asked)


def texts_of(documents: Iterable[tuple[PolicyDocument, Sequence[Stretch]]]) -> set[str]:
    """The indexed texts of all passages of `documents`."""
    return {stretch.indexed_text for _, cut in documents for stretch in cut}


def questions_of(documents: Iterable[tuple[PolicyDocument, Sequence[Stretch]]]) -> set[str]:
    """The questions that passages of `documents` are known to answer."""
    return {question for _, cut in documents for stretch in cut for question in stretch.questions}


def main(folder: str) -> None:
    """Ship the vectors of `folder`."""
    with tempfile.TemporaryDirectory() as models:
        count = ship(Path(folder), Embedder(BUNDLED, Path(models)), print)
    print(f"新编码 {count} 段，已写入 {FILE}")


if __name__ == "__main__":
    main(*sys.argv[1:])
