"""Small realistic documents, chunks and hits for tests."""

from datetime import date
from pathlib import Path

from kb.hits import Chunk, Hit
from kb.models import DocumentSummary, PolicyDocument, Signal, Span, Status

CORPUS = Path(__file__).parents[2] / "corpus"
WORK_PLAN = CORPUS / "2023年浔阳区政务公开工作要点.txt"


def make_document(
    text: str = "第一条 为了规范物业管理活动，制定本条例。", **fields: object
) -> PolicyDocument:
    """A PolicyDocument of `text`; `fields` override the defaults."""
    values = {
        "id": "doc",
        "title": "物业管理条例",
        "source": "物业管理条例.md",
        "path": "/corpus/物业管理条例.md",
        "sha256": "0" * 64,
        "written_date": date(2018, 3, 19),
    }
    return PolicyDocument(text=text, **{**values, **fields})


def make_chunk(text: str, document_id: str = "doc", start: int = 0, **fields: object) -> Chunk:
    """A Chunk of `text` whose span begins at `start`; `fields` override the defaults."""
    values = {"id_": f"{document_id}:{start}", "document_title": "物业管理条例"}
    span = Span(start=start, end=start + len(text))
    return Chunk(text=text, document_id=document_id, span=span, **{**values, **fields})


def make_hit(
    text: str, score: float = 1.0, signals: dict[Signal, float] | None = None, **fields: object
) -> Hit:
    """A Hit on a new chunk of `text`; `fields` are passed to make_chunk."""
    chunk = make_chunk(text, **fields)
    summary = DocumentSummary(
        id=chunk.document_id,
        title=chunk.document_title,
        source="物业管理条例.md",
        path="/corpus/物业管理条例.md",
        sha256="0" * 64,
        fingerprint="f",
        number=None,
        status=Status.IN_FORCE,
        dated=date(2018, 3, 19),
        chunks=1,
    )
    return Hit(chunk=chunk, document=summary, score=score, signals=signals or {})
