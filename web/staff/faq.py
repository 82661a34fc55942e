"""/api/staff/faq: write, submit, approve and withdraw FAQ entries; import and export them.

Every step names the version the client read; if someone saved meanwhile, 409 names them, nothing changes.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from kb.clock import china_today
from kb.faq.files import ExportFormat, as_json
from kb.faq.findings import FaqFinding
from kb.faq.importing import import_file, template
from kb.faq.marked.markdown import FILES_PATH
from kb.faq.models import FaqDraft, FaqFilter, FaqRecord, FaqState
from kb.faq.reading import PAGE_SIZE, HistoryLine, detail, export_all, look_up
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, require
from web.sessions import now_utc
from web.staff.files import EXCEL, attachment, sent_bytes
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]
_TYPES = {
    ExportFormat.XLSX: EXCEL,
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSONL: "application/jsonl; charset=utf-8",
    ExportFormat.JSON: "application/json",
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SavedEntry(_Body):
    """Body of PUT /api/staff/faq/{entry_id}."""

    version: int
    entry: FaqDraft


class Stepped(_Body):
    """Body of a step that needs only the version."""

    version: int


class Approved(_Body):
    """Body of approve; `secrecy_checked`: the reviewer did the secrecy check (保密审查)."""

    version: int
    secrecy_checked: bool = False


class Rejected(_Body):
    """Body of reject; `note`: what the editor should change."""

    version: int
    note: str


@router.get("/api/staff/faq")
def entries(
    request: Request,
    staff: Asking,
    q: str = "",
    state: FaqState | None = None,
    department: str | None = None,
    review: bool = False,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = PAGE_SIZE,
) -> Response:
    """A page of the matching entries, last changed first; `review`: only entries marked 需复核."""
    kb = knowledge_base(request)
    filters = FaqFilter(text=q, state=state, department=department or None, in_review=review)
    results = look_up(kb.faq.life.records, staff, filters, page, now_utc(), size)
    return JSONResponse({"total": results.total, "page": page, "entries": _shown(kb, *results.records)})


@router.post("/api/staff/faq")
def create(body: FaqDraft, request: Request, staff: Asking) -> Response:
    """Create a draft; the answer has its findings (similar entries, contradictions, its source)."""
    kb = knowledge_base(request)
    record = kb.faq.life.create(staff, body, now_utc())
    return JSONResponse(_with_findings(kb, record, kb.faq.life.findings(staff, body, record.entry.id)), 201)


@router.post("/api/staff/faq/check")
def check(body: FaqDraft, request: Request, staff: Asking, id: str | None = None) -> list[FaqFinding]:
    """The findings for an entry before it is saved: similar entries, contradictions, its source."""
    require(staff, Action.FAQ_EDIT)
    return list(knowledge_base(request).faq.life.findings(staff, body, id))


@router.get("/api/staff/faq/template.xlsx")
def template_file(staff: Asking) -> Response:
    """The Excel template for an import."""
    require(staff, Action.FAQ_EDIT)
    return attachment(template(), "常见问答导入模板.xlsx", EXCEL)


@router.get("/api/staff/faq/export")
def export_file(request: Request, staff: Asking, format: ExportFormat = ExportFormat.XLSX) -> Response:
    """All entries that the caller may edit, as a file; withdrawn ones are marked."""
    kb = knowledge_base(request)
    content = export_all(kb.faq.life.records, kb.storage.documents, staff, format)
    return attachment(content, f"常见问答.{format.value}", _TYPES[format])


@router.post("/api/staff/faq/import", status_code=201)
def import_entries(
    request: Request,
    staff: Asking,
    content: Annotated[bytes, Depends(sent_bytes)],
    name: Annotated[str, Query(max_length=500)],
    submit: bool = False,
) -> dict[str, object]:
    """Import the entries of an .xlsx or .csv file (the body, called `name`) as drafts, or submitted."""
    kb = knowledge_base(request)
    records = import_file(kb.faq.life, kb.storage.documents, staff, name, content, submit, now_utc())
    return {"imported": len(records), "ids": [record.entry.id for record in records]}


@router.post("/api/staff/faq/files", status_code=201)
def upload_file(
    request: Request,
    staff: Asking,
    content: Annotated[bytes, Depends(sent_bytes)],
    name: Annotated[str, Query(max_length=500)],
) -> dict[str, object]:
    """Store a picture or an attachment (the body, called `name`); `markdown` shows it in an answer."""
    file = knowledge_base(request).faq.attachments.add(staff, name, content, now_utc())
    shown = {"url": f"{FILES_PATH}{file.file_name}", "markdown": file.markdown}
    return {**file.model_dump(mode="json"), **shown}


@router.get("/api/staff/faq/{entry_id}")
def entry(entry_id: str, request: Request, staff: Asking) -> Response:
    """An entry with its history and the changes of each step."""
    kb = knowledge_base(request)
    entry_detail = detail(kb.faq.life.records, staff, entry_id)
    (content,) = _shown(kb, entry_detail.record)
    return JSONResponse({**content, "history": [_line(line) for line in entry_detail.history]})


@router.put("/api/staff/faq/{entry_id}")
def save(entry_id: str, body: SavedEntry, request: Request, staff: Asking) -> Response:
    """Save new wording for an entry, which becomes a draft again; the answer has its findings."""
    kb = knowledge_base(request)
    record = kb.faq.life.save(staff, entry_id, body.version, body.entry, now_utc())
    return JSONResponse(_with_findings(kb, record, kb.faq.life.findings(staff, body.entry, entry_id)))


@router.post("/api/staff/faq/{entry_id}/submit")
def submit(entry_id: str, body: Stepped, request: Request, staff: Asking) -> Response:
    """Submit a draft for review."""
    kb = knowledge_base(request)
    return _one(kb, kb.faq.life.submit(staff, entry_id, body.version, now_utc()))


@router.post("/api/staff/faq/{entry_id}/approve")
def approve(entry_id: str, body: Approved, request: Request, staff: Asking) -> Response:
    """Approve an entry, or confirm it after a review, so that it answers questions."""
    kb = knowledge_base(request)
    record = kb.faq.life.approve(staff, entry_id, body.version, body.secrecy_checked, now_utc())
    return _one(kb, record)


@router.post("/api/staff/faq/{entry_id}/reject")
def reject(entry_id: str, body: Rejected, request: Request, staff: Asking) -> Response:
    """Send an entry back to its editor with a note."""
    kb = knowledge_base(request)
    record = kb.faq.life.reject(staff, entry_id, body.version, body.note, now_utc())
    return _one(kb, record)


@router.post("/api/staff/faq/{entry_id}/withdraw")
def withdraw(entry_id: str, body: Stepped, request: Request, staff: Asking) -> Response:
    """Withdraw an entry, so that it no longer answers."""
    kb = knowledge_base(request)
    return _one(kb, kb.faq.life.withdraw(staff, entry_id, body.version, now_utc()))


def _shown(kb: KnowledgeBase, *records: FaqRecord) -> list[dict[str, object]]:
    ids = {record.entry.document_id for record in records if record.entry.document_id}
    documents = {summary.id: summary for summary in kb.storage.documents.summaries(ids)}
    return [as_json(record, documents, china_today()) for record in records]


def _one(kb: KnowledgeBase, record: FaqRecord) -> Response:
    (content,) = _shown(kb, record)
    return JSONResponse(content)


def _with_findings(
    kb: KnowledgeBase, record: FaqRecord, findings: tuple[FaqFinding, ...]
) -> dict[str, object]:
    (content,) = _shown(kb, record)
    return {**content, "findings": [finding.model_dump(mode="json") for finding in findings]}


def _line(line: HistoryLine) -> dict[str, object]:
    version = line.version.model_dump(mode="json", exclude={"entry", "quote"})
    return {**version, "changes": [change.model_dump(mode="json") for change in line.changes]}
