"""RawText -> PolicyDocument: cleaned, described, outlined."""

from ingest.clean import clean
from ingest.metadata import read_metadata
from ingest.outline import read_outline
from ingest.rawtext import RawText
from kb.models import PolicyDocument


def build_document(
    raw: RawText, *, source: str, path: str, sha256: str, document_id: str, title: str | None = None
) -> PolicyDocument:
    """The document in `raw`; `title` is the one it was delivered with, else it is read from the text."""
    cleaned = clean(raw)
    metadata = read_metadata(cleaned.text, source)
    return PolicyDocument(
        id=document_id,
        title=(title or "").strip() or metadata.title,
        text=cleaned.text,
        source=source,
        path=path,
        sha256=sha256,
        number=metadata.number,
        issuer=metadata.issuer,
        written_date=metadata.written_date,
        published_date=metadata.published_date,
        effective_date=metadata.effective_date,
        expiry_date=metadata.expiry_date,
        departments=metadata.departments,
        sections=read_outline(cleaned.text, cleaned.tables),
        page_starts=cleaned.page_starts,
        remarks=cleaned.remarks,
    )
