"""The process in which documents are read, outlined and cut: a hostile text can break only this process.

    python -m ingest.pipeline.reading_process FD MEMORY

Over the socket FD it repeatedly receives a Task or a PolicyDocument as JSON and answers with a ReadReply. In
between it sends an empty message for each page read, and asks for the tokens of a text (COUNT and the text in
UTF-8; the reply is a number), because the embedding model's tokenizer takes half a second and 200 MB to load.
Its memory is limited to MEMORY bytes, it gives way to the service (nice), and it ends with its parent. It
imports neither llama-index nor torch, so that it starts quickly.
"""

import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import TypeAdapter

from ingest import pace
from ingest.anatomy.document import build_document
from ingest.anatomy.doubts import FIELD_NAMES
from ingest.anatomy.statements import find_statements
from ingest.limits import LIMITS
from ingest.readers.read import RawText, read
from ingest.sources.side_file import override
from ingest.sources.source import Source
from ingest.structure.boundaries import with_boundaries
from ingest.structure.chunks import chunk_document
from ingest.structure.known_questions import count_of, with_questions
from kb.errors import DocumentError
from kb.files.limited_process import confine
from kb.models import Correction, Model, Particulars, PolicyDocument, Stretch

COUNT = b"\0"  # begins a message that asks for the tokens of the text behind it
CountTokens = Callable[[str], int]
# Characters beyond which a text is taken to exceed the embedding model's window (512 tokens) uncounted:
# tokens of Chinese text have two on average, and counting a text of a megabyte would hold the service up.
_COUNTED_CHARS = 4_000


class Task(Model):
    """A source to read, its id and content hash, and the correction to apply."""

    source: Source
    document_id: str
    sha256: str
    correction: Correction


WORK: TypeAdapter[Task | PolicyDocument] = TypeAdapter(Task | PolicyDocument)


class ReadReply(Model):
    """The document and its stretches, or the reason (`refused`) why there are none.

    `worn`: this process should not read another file.
    """

    document: PolicyDocument | None = None
    stretches: tuple[Stretch, ...] = ()
    refused: str | None = None
    worn: bool = False


def document_of(source: Source, document_id: str, sha256: str, correction: Correction) -> PolicyDocument:
    """Read `source` as a document and apply `correction`.

    Raises:
        DocumentError: the source cannot be read, or its text is too long.
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
    document = override(document, correction)
    _check_fields(document)
    return document


def _check_fields(document: PolicyDocument) -> None:
    """Raise DocumentError when a field is longer than any real one: each passage repeats the title."""
    names = ("title", "indexed_title", "url", *Particulars.model_fields)
    fields = [(FIELD_NAMES.get(name, "题名"), str(getattr(document, name) or "")) for name in names]
    for name, value in (*fields, *(("小标题", section.heading) for section in document.sections)):
        if len(value) > LIMITS.field_chars:
            raise DocumentError(f"{name}超过 {LIMITS.field_chars:,} 字，不像政策文件；请核对后再导入")


def cut(document: PolicyDocument, count_tokens: CountTokens) -> ReadReply:
    """`document` with its statements about other documents (repeals, amendments), and its stretches.

    Raises:
        DocumentError: the document has no text, or consists of too many parts.
    """
    stretches = chunk_document(document, count_tokens)
    if not stretches:
        raise DocumentError("没有正文")
    bounded = with_boundaries(document, stretches, count_tokens)
    stretches = list(bounded.stretches)
    statements = find_statements(document.text, document.title, document.effective_date, document.dated)
    units = {unit for stretch in stretches for unit in (*stretch.lead_units, *stretch.responsible_units)}
    if len(units) > LIMITS.units:
        raise DocumentError(f"文中写明了 {LIMITS.units:,} 个以上的单位，不像政策文件；请拆分后再导入")
    if max(map(len, (document.sections, stretches, statements))) > LIMITS.parts:
        raise DocumentError(f"文字分成了 {LIMITS.parts:,} 个以上的部分，不像政策文件；请拆分后再导入")
    derived = {
        "statements": statements,
        "question_count": count_of(document),
        "boundaries": bounded.held,
        "remarks": (*document.remarks, *bounded.remarks),
    }
    return ReadReply(
        document=document.model_copy(update=derived), stretches=with_questions(document, stretches)
    )


def perform(work: Task | PolicyDocument, count_tokens: CountTokens) -> ReadReply:
    """Read and cut a source, or cut a document again; an unreadable one gives a ReadReply with `refused`."""
    try:
        if isinstance(work, Task):
            work = document_of(work.source, work.document_id, work.sha256, work.correction)
        return cut(work, count_tokens)
    except DocumentError as error:
        return ReadReply(refused=str(error))
    except MemoryError:
        return ReadReply(refused="读这份文件需要的内存超过上限；请拆分后再导入", worn=True)
    except RecursionError:
        return ReadReply(refused="这份文件嵌套得太深或自我循环，读不出来；请重新另存后再导入")


def main(descriptor: int, memory: int) -> None:
    """Answer until the other end closes."""
    confine(memory)
    with Connection(descriptor) as parent:
        pace.watch(lambda: parent.send_bytes(b""))
        pace.step()  # the process has started: the time limit of the first page begins now

        def count_tokens(text: str) -> int:
            if len(text) > _COUNTED_CHARS:
                return _COUNTED_CHARS
            parent.send_bytes(COUNT + text.encode())
            return int(parent.recv_bytes())

        while True:
            try:
                work = WORK.validate_json(parent.recv_bytes())
            except EOFError:
                return
            parent.send_bytes(perform(work, count_tokens).model_dump_json().encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
