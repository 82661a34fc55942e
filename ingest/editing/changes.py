"""What every change of a document by staff has in common: who may, what is logged, what follows from it."""

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
    """Pass only who may do `action` on a document of `departments`; one without any belongs to everybody.

    Raises:
        NotAllowedError: the role may not, or none of the departments is one's own.
    """
    require(staff, action)
    owners = tuple(departments)
    if owners and not any(may(staff, action, owner) for owner in owners):
        own = "、".join(staff.departments)
        raise NotAllowedError(f"这份文件属于{'、'.join(owners)}，您只能处理{own}的文件；需要时请联系管理员。")


def live_document(kb: KnowledgeBase, document_id: str, staff: Staff, action: Action) -> PolicyDocument:
    """A document of the knowledge base on which `staff` may do `action`.

    Raises:
        NotAllowedError: they may not.
        NotFoundError: there is none with this id.
    """
    require(staff, action)
    document = kb.documents.get(document_id)
    if document is None:
        sentence = "没有找到这份文件，它可能已被移除；请刷新后再试。"
        raise NotFoundError(f"没有编号为 {document_id} 的文件", sentence)
    require_for(staff, action, document.departments)
    return document


def edit_of(kb: KnowledgeBase, document: PolicyDocument) -> DocumentEdit:
    """What was said about `document` so far; version 0 when nothing was."""
    known = kb.document_edits.get(document.id)
    return known or DocumentEdit(
        document_id=document.id, path=document.path, source=document.source, title=document.title
    )


def check_version(edit: DocumentEdit, version: int) -> None:
    """Stop before any work when somebody else has saved since `version` was read.

    Raises:
        ConflictError: somebody has.
    """
    if edit.version != version:
        raise ConflictError(f"《{edit.title}》刚刚由 {edit.who} 改过，您的修改没有保存；请刷新后再改。")


def logged(document: PolicyDocument) -> Mapping[str, object]:
    """What the audit log keeps of a document."""
    fields = document.model_dump(mode="json", include=set(_LOGGED))
    return {name: fields[name] for name in _LOGGED if fields[name] not in (None, [])}


def named(title: str) -> str:
    """A document as the subject of an entry in the audit log."""
    return f"文件《{title}》"


def follow_up(kb: KnowledgeBase, document_id: str) -> None:
    """What a change of one document means for others: their validity, and answers that rest on them."""
    kb.faq_life.review([document_id, *settle_validity(kb, date.today())])
