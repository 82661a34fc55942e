"""/api/staff/queue, /api/staff/reports, /api/staff/search: the work list of staff, and their search.

A change of a group names the `version` the client read; 409 when someone changed the group meanwhile.
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.clock import china_day
from kb.desk.faq_drafts import draft_from_group
from kb.desk.search import Found, ResultKind
from kb.models import MAX_QUESTION_CHARS, Filters, Status
from kb.queue.filters import GroupFilter
from kb.queue.items import OPEN, ItemSource, QueueState
from kb.queue.view import Group, GroupDetail
from kb.queue.worklist import MAX_REPLY_CHARS, MOST
from kb.staff.permissions import Staff
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]
_MAX_CHARS = 2 * MAX_REPLY_CHARS  # texts over MAX_REPLY_CHARS get their own error sentence


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReplyBody(_Body):
    """Body of POST …/reply and …/dismiss: the reply to the citizens, or the reason for colleagues."""

    version: int
    text: str = Field(max_length=_MAX_CHARS)


class EntryBody(_Body):
    """Body of POST …/faq: the approved entry that answers the group."""

    version: int
    faq_id: str = Field(max_length=100)


class DraftBody(_Body):
    """Body of POST …/draft: the answer; empty to use the reply already given."""

    answer: str = Field(default="", max_length=_MAX_CHARS)


class ItemBody(_Body):
    """Body of POST …/separate: the question to move out of its group."""

    source: ItemSource
    ref: str = Field(max_length=100)


class ReportBody(_Body):
    """Body of POST /api/staff/reports."""

    text: str = Field(max_length=_MAX_CHARS)
    note: str = Field(max_length=_MAX_CHARS)
    url: str | None = Field(default=None, max_length=500, pattern=r"^/[^/\\]")  # a path on this site
    departments: tuple[str, ...] = Field(default=(), max_length=20)


@router.get("/api/staff/queue")
def groups(
    request: Request,
    staff: Asking,
    state: Annotated[list[QueueState], Query()] = list(OPEN),  # noqa: B006
    department: Annotated[list[str], Query()] = [],  # noqa: B006
    mine: bool = False,
    overdue: bool = False,
    q: str = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[Group]:
    """The groups of questions that match: overdue ones first, then by number of askers."""
    filters = GroupFilter(
        states=tuple(state), departments=tuple(department), mine=mine, overdue=overdue, text=q
    )
    return knowledge_base(request).queue.groups(staff, now_utc(), filters, limit, offset)


@router.get("/api/staff/queue/{group_id}")
def group(group_id: int, request: Request, staff: Asking) -> GroupDetail:
    """A group with its questions."""
    return knowledge_base(request).queue.group(staff, group_id, now_utc())


@router.post("/api/staff/queue/{group_id}/claim")
def claim(group_id: int, request: Request, staff: Asking) -> Group:
    """Claim a group."""
    return knowledge_base(request).queue.claim(staff, group_id, now_utc())


@router.post("/api/staff/queue/{group_id}/release")
def release(group_id: int, request: Request, staff: Asking) -> Group:
    """Release a claimed group."""
    return knowledge_base(request).queue.release(staff, group_id, now_utc())


@router.post("/api/staff/queue/{group_id}/reply")
def reply(group_id: int, body: ReplyBody, request: Request, staff: Asking) -> Group:
    """Reply to every citizen of the group who waits."""
    return knowledge_base(request).queue.reply(staff, group_id, body.version, body.text, now_utc())


@router.post("/api/staff/queue/{group_id}/dismiss")
def dismiss(group_id: int, body: ReplyBody, request: Request, staff: Asking) -> Group:
    """Dismiss a group, giving a reason."""
    return knowledge_base(request).queue.dismiss(staff, group_id, body.version, body.text, now_utc())


@router.post("/api/staff/queue/{group_id}/faq")
def answer_by_faq(group_id: int, body: EntryBody, request: Request, staff: Asking) -> Group:
    """Close a group that an approved entry answers."""
    queue = knowledge_base(request).queue
    return queue.answer_by_faq(staff, group_id, body.version, body.faq_id, now_utc())


@router.post("/api/staff/queue/{group_id}/draft", status_code=201)
def draft(group_id: int, body: DraftBody, request: Request, staff: Asking) -> dict[str, str]:
    """Make a draft FAQ entry from a group; returns the entry's id."""
    kb = knowledge_base(request)
    record = draft_from_group(kb.queue, kb.faq.life, staff, group_id, body.answer, now_utc())
    return {"faq_id": record.entry.id}


@router.post("/api/staff/queue/{group_id}/separate", status_code=201)
def separate(group_id: int, body: ItemBody, request: Request, staff: Asking) -> Group:
    """Move a question that asks something else into its own group."""
    return knowledge_base(request).queue.separate(staff, group_id, body.source, body.ref, now_utc())


@router.post("/api/staff/reports", status_code=201)
def report(body: ReportBody, request: Request, staff: Asking) -> dict[str, int]:
    """Report a wrong answer to the queue; returns the id of the group it joined."""
    queue = knowledge_base(request).queue
    group_id = queue.report(staff, body.text, body.note, body.url, body.departments, now_utc())
    return {"group_id": group_id}


@router.get("/api/staff/search")
def search(
    request: Request,
    staff: Asking,
    q: Annotated[str, Query(max_length=MAX_QUESTION_CHARS)],
    department: str | None = None,
    status: Status | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    kind: ResultKind | None = None,
) -> list[dict[str, Any]]:
    """FAQ entries, then passages, that answer `q`; `kind` restricts to one of the two."""
    filters = Filters(department=department, status=status, date_from=date_from, date_to=date_to)
    kinds = [kind] if kind else list(ResultKind)
    results = knowledge_base(request).desk.search(staff, q, filters, kinds, china_day(now_utc()))
    return [_json(hit) for hit in results.found]


def _json(found: Found) -> dict[str, Any]:
    return {**found.model_dump(mode="json"), "source": found.source}
