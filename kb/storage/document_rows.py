"""Rows of the registry: documents and chunks as SQL holds them."""

from sqlalchemy import RowMapping

from kb.hits import Chunk
from kb.models import DocumentSummary, PolicyDocument, Standing, Status

_LONG = {"sections", "page_starts", "page_labels", "place_doubts", "questions"}

SUMMARY_COLUMNS = ("id", "title", "source", "path", "sha256", "fingerprint", "number", "dated")


def document_row(document: PolicyDocument, chunk_count: int, fingerprint: str) -> dict[str, object]:
    """The row of `document`."""
    return {
        "id": document.id,
        "path": document.path,
        "source": document.source,
        "sha256": document.sha256,
        "fingerprint": fingerprint,
        "title": document.title,
        "number": document.number,
        "status": document.status.value,
        "dated": document.dated,
        "chunk_count": chunk_count,
        "body": document.model_dump_json(),
        "head": head_json(document),
        "standing": document.standing.model_dump_json() if document.standing else None,
    }


def head_json(document: PolicyDocument) -> str:
    """A document as JSON without its long fields."""
    return document.model_copy(update={"text": ""}).model_dump_json(exclude=_LONG)


def chunk_row(position: int, chunk: Chunk) -> dict[str, object]:
    """The row of a document's chunk at `position`."""
    return {
        "id": chunk.id_,
        "document_id": chunk.document_id,
        "position": position,
        "body": chunk.model_dump_json(exclude_defaults=True),
    }


def summary_of(row: RowMapping) -> DocumentSummary:
    """The summary in a row with SUMMARY_COLUMNS, status, chunk_count and standing."""
    return DocumentSummary(
        **{name: row[name] for name in SUMMARY_COLUMNS},
        status=Status(row["status"]),
        chunks=row["chunk_count"],
        standing=Standing.model_validate_json(row["standing"]) if row["standing"] else None,
    )
