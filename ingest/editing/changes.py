"""Shared steps of every change of a document by staff: permission, version check, audit entry, follow-up."""

from collections.abc import Iterable, Mapping
from datetime import date

from ingest.pipeline.storing import settle_validity
from kb.errors import ConflictError, NotAllowedError, NotFoundError
from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument
from kb.staff.permissions import Action, Staff, may, require
from kb.storage.document_edits import DocumentEdit

_LOGGED = (
    "source",
    "title",
    "number",
    "issuer",
    "written_date",
    "published_date",
    "effective_date",
    "expiry_date",
    "validity",
    "index_number",
    "topic",
    "addressee",
    "status",
    "departments",
    "url",
    "replaced_by",
    "sha256",
)


def require_for(staff: Staff, action: Action, departments: Iterable[str]) -> None:
    """Raise NotAllowedError unless `staff` may do `action` on a document of `departments`.

    A document without departments belongs to everybody.

    Raises:
        NotAllowedError: the role may not, or none of the departments is one of `staff`.
    """
    require(staff, action)
    owners = tuple(departments)
    if owners and not any(may(staff, action, owner) for owner in owners):
        own_departments = "、".join(staff.bound_to)
        raise NotAllowedError(
            f"这份文件属于{'、'.join(owners)}，您只能处理{own_departments}的文件；需要时请联系管理员。"
        )


def live_document(kb: KnowledgeBase, document_id: str, staff: Staff, action: Action) -> PolicyDocument:
    """The document with this id, on which `staff` may do `action`.

    Raises:
        NotAllowedError: `staff` may not.
        NotFoundError: no document has this id.
    """
    require(staff, action)
    document = kb.storage.documents.get(document_id)
    if document is None:
        sentence = "没有找到这份文件，它可能已被移除；请刷新后再试。"
        raise NotFoundError(f"没有编号为 {document_id} 的文件", sentence)
    require_for(staff, action, document.departments)
    return document


def edit_of(kb: KnowledgeBase, document: PolicyDocument) -> DocumentEdit:
    """The stored edits of `document`; version 0 when there are none."""
    stored_edit = kb.storage.edits.get(document.id)
    return stored_edit or DocumentEdit(
        document_id=document.id, path=document.path, source=document.source, title=document.title
    )


def check_version(edit: DocumentEdit, version: int) -> None:
    """Refuse a change, before any work, when somebody else has saved since `version` was read.

    Raises:
        ConflictError: somebody else has saved.
    """
    if edit.version != version:
        raise ConflictError(f"《{edit.title}》刚刚由 {edit.who} 改过，您的修改没有保存；请刷新后再改。")


def to_change(
    kb: KnowledgeBase, document_id: str, version: int, staff: Staff, action: Action
) -> tuple[PolicyDocument, DocumentEdit]:
    """The document with this id, and its edits, to be changed by `staff` who read its `version`.

    Raises:
        NotAllowedError, NotFoundError: as `live_document`.
        ConflictError: somebody else has saved since.
    """
    document = live_document(kb, document_id, staff, action)
    edit = edit_of(kb, document)
    check_version(edit, version)
    return document, edit


def logged(document: PolicyDocument) -> Mapping[str, object]:
    """The fields of a document that the audit log keeps."""
    fields = document.model_dump(mode="json", include=set(_LOGGED))
    return {name: fields[name] for name in _LOGGED if fields[name] not in (None, [])}


def named(title: str) -> str:
    """The subject of an audit log entry about the document called `title`."""
    return f"文件《{title}》"


def follow_up(kb: KnowledgeBase, *document_ids: str) -> None:
    """After a change of documents: update the validity of all, and review the FAQ entries they affect."""
    kb.faq.life.review([*document_ids, *settle_validity(kb, date.today())])
