"""RawText -> PolicyDocument: clean the text, read the metadata, read the outline."""

import re

from ingest.anatomy.article_gaps import remarks_on_gaps
from ingest.anatomy.carried import find_attachments
from ingest.anatomy.clean import clean
from ingest.anatomy.metadata import Metadata, read_metadata
from ingest.raw_text import RawText
from ingest.structure.outline import read_outline
from kb.lookup.articles.provisions import series_of
from kb.models import Finding, PolicyDocument

_SURE = 0.8  # confidence from which a title read from the text wins over a truncated delivered one


def build_document(
    raw: RawText, *, source: str, path: str, sha256: str, document_id: str, title: str | None = None
) -> PolicyDocument:
    """The document in `raw`; `title` is the delivered title, None to read it from the text."""
    cleaned = clean(raw)
    own_text = cleaned.text[: cleaned.own_end]
    metadata = read_metadata(own_text, source, raw.hints, raw.box)
    own_title = _title(title, metadata, own_text)
    rest = (finding for finding in metadata.findings if finding.field != "title")
    sections = read_outline(cleaned.text, cleaned.tables, find_attachments(own_text, metadata.title))
    document = PolicyDocument(
        id=document_id,
        title=own_title,
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
        index_number=metadata.index_number,
        topic=metadata.topic,
        addressee=metadata.addressee,
        validity=metadata.validity,
        departments=metadata.departments,
        indexed_title=(title or "").strip() or None,
        findings=(*rest, _title_finding(own_title, metadata)),
        url=raw.hints.get("source_url"),
        sections=sections,
        page_starts=cleaned.page_starts,
        page_labels=cleaned.page_labels,
        place_doubts=cleaned.place_doubts,
        remarks=(*cleaned.remarks, *remarks_on_gaps(sections)),
    )
    attached = dict.fromkeys(one.name for one in series_of(document) if one.name)
    return document.model_copy(update={"attached": tuple(attached)})


def _title(delivered: str | None, metadata: Metadata, text: str) -> str:
    """The delivered title, or the title read if the delivered one is only a truncated start of the text."""
    delivered_title = (delivered or "").strip()
    if not delivered_title:
        return metadata.title
    squeezed, read_squeezed = _squeezed(delivered_title), _squeezed(metadata.title)
    is_cut = (
        _squeezed(text[: 2 * len(delivered_title) + 50]).startswith(squeezed) and read_squeezed != squeezed
    )
    sure = _title_finding(metadata.title, metadata).confidence
    is_part = squeezed.startswith(read_squeezed) or read_squeezed.startswith(squeezed)
    return metadata.title if is_cut and is_part and sure >= _SURE else delivered_title


def _title_finding(title: str, metadata: Metadata) -> Finding:
    if title != metadata.title:
        return Finding(field="title", confidence=0.95, reason="随文件提供的题名")
    return next(finding for finding in metadata.findings if finding.field == "title")


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
