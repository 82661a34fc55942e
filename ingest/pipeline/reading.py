"""A source -> a document that has been read, corrected and cut, with the fingerprint of all that made it.

Everything that goes into the knowledge base and everything shown before it goes there comes through here, so
that a preview is what goes live. `document_of` runs where ingest.pipeline.process_pool lets it run.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ingest.anatomy.document import build_document
from ingest.anatomy.doubts import doubts_of
from ingest.anatomy.statements import find_statements
from ingest.limits import LIMITS
from ingest.readers.read import RawText, read
from ingest.sources.side_file import override, read_side_file
from ingest.sources.source import Source
from ingest.structure.chunks import chunk_document
from kb.embedding.embedder import Embedder
from kb.errors import DocumentError
from kb.language.injection import addresses_software
from kb.models import Chunk, Correction, Model, PolicyDocument

READING_VERSION = "6"  # raise it when the same file would be read or cut differently


class Reading(Model):
    """A document that has been read and cut, waiting for its vectors; `name` is what an operator calls it."""

    document: PolicyDocument
    chunks: tuple[Chunk, ...]
    fingerprint: str
    name: str


def correction_of(source: Source, said: Correction | None) -> Correction:
    """What the side file says, and over it what staff said.

    Raises:
        DocumentError: the side file cannot be read.
    """
    beside = Correction() if source.text is not None else read_side_file(Path(source.path))
    if said is None:
        return beside
    return Correction.model_validate({**beside.stated(), **said.stated()})


def fingerprint_of(sha256: str, title: str | None, correction: Correction, model: str) -> str:
    """Changes whenever what is stored would: content, corrections, reading code, embedding model."""
    said = correction.model_dump_json(exclude_unset=True)
    parts = (sha256, title or "", said, READING_VERSION, model)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def document_of(source: Source, document_id: str, sha256: str, correction: Correction) -> PolicyDocument:
    """`source` as a document, corrected.

    Raises:
        DocumentError: it cannot be read.
    """
    raw = RawText(text=source.text) if source.text is not None else read(Path(source.path))
    if len(raw.text) > LIMITS.text_chars:
        raise DocumentError(f"文字超过 {LIMITS.text_chars:,} 字，不像政策文件；请拆分后再导入")
    document = build_document(
        raw,
        source=source.document_id or source.name,
        path=source.path,
        sha256=sha256,
        document_id=document_id,
        title=source.title,
    )
    return override(document, correction)


def cut(document: PolicyDocument, name: str, fingerprint: str, embedder: Embedder) -> Reading:
    """`document` with its chunks, and with what it says about others.

    Raises:
        DocumentError: there are no words in it.
    """
    chunks = chunk_document(document, embedder.count_tokens)
    if not chunks:
        raise DocumentError("没有正文")
    statements = find_statements(document.text, document.title, document.effective_date, document.dated)
    document = document.model_copy(update={"statements": statements})
    return Reading(document=document, chunks=tuple(chunks), fingerprint=fingerprint, name=name)


_SHORT = 200  # characters of a text that is hardly a whole document


def cautions_of(reading: Reading) -> Iterator[str]:
    """What a person should look at in the document itself."""
    yield from _missing(reading.document)
    yield from reading.document.remarks
    odd = sum(addresses_software(chunk.text) for chunk in reading.chunks)
    if odd:
        yield f"有 {odd} 段像是写给软件的指令，不会用来回答问题，请核对。"


def _missing(document: PolicyDocument) -> Iterator[str]:
    """What was not found in its text."""
    if not document.number:
        yield "没有识别到发文字号。"
    yield from (f"{doubt}。" for doubt in doubts_of(document))
    if not document.sections:
        yield "没有识别到章、条、款等编号，引用时只能注明文件名。"
    if len(document.text) < _SHORT:
        yield f"全文只有 {len(document.text)} 个字，请核对是否完整。"
