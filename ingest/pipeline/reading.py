"""A source -> a document that is read, corrected and cut into chunks, with a fingerprint of its inputs.

Ingests and previews both use this code, so that a preview shows exactly what goes live. The reading itself is
done in separate processes (ingest.pipeline.process_pool, ingest.pipeline.reading_process).
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ingest.anatomy.doubts import doubts_of
from ingest.sources.side_file import read_side_file
from ingest.sources.source import Source
from kb.hits import Chunk
from kb.language.injection import addresses_software
from kb.models import Correction, Model, PolicyDocument

READING_VERSION = "12"  # increase it when a change of the code reads or cuts the same file differently


class Reading(Model):
    """A document that is read and cut but not yet embedded; `name` is its name for the operator."""

    document: PolicyDocument
    chunks: tuple[Chunk, ...]
    fingerprint: str
    name: str


def correction_of(source: Source, said: Correction | None) -> Correction:
    """The fields of the source's side file, overridden by `said`, the corrections by staff.

    Raises:
        DocumentError: the side file cannot be read.
    """
    side_file = Correction() if source.text is not None else read_side_file(Path(source.path))
    if said is None:
        return side_file
    return Correction.model_validate({**side_file.stated(), **said.stated()})


def fingerprint_of(sha256: str, title: str | None, correction: Correction, model: str) -> str:
    """A hash that changes with anything that changes what is stored.

    That is the content (`sha256`), the delivered title, the corrections, READING_VERSION and the embedding
    model.
    """
    stated_fields = correction.model_dump_json(exclude_unset=True)
    parts = (sha256, title or "", stated_fields, READING_VERSION, model)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


_SHORT = 200  # characters; a shorter text is hardly a whole document


def cautions_of(reading: Reading) -> Iterator[str]:
    """Sentences for staff on what to check in the document itself."""
    yield from _missing(reading.document)
    yield from reading.document.remarks
    odd = sum(addresses_software(chunk.text) for chunk in reading.chunks)
    if odd:
        yield f"有 {odd} 段像是写给软件的指令，不会用来回答问题，请核对。"


def _missing(document: PolicyDocument) -> Iterator[str]:
    """Sentences on what was not found in the text, or not surely."""
    if not document.number:
        yield "没有识别到发文字号。"
    yield from (f"{doubt}。" for doubt in doubts_of(document))
    if not document.sections:
        yield "没有识别到章、条、款等编号，引用时只能注明文件名。"
    if len(document.text) < _SHORT:
        yield f"全文只有 {len(document.text)} 个字，请核对是否完整。"
