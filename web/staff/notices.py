"""/api/staff/notices: administrators say who is told what by mail, webhook or robot."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.notices.models import Channel, NoticeKind, Subscription
from kb.staff.permissions import Staff
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]
_Text = Annotated[str, Field(max_length=500)]
_Time = Annotated[str | None, Field(default=None, max_length=5)]


class NoticeBody(BaseModel):
    """Body of POST and PUT: a subscription; `secret` left out or null keeps the one that is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text
    channel: Channel
    address: _Text
    secret: str | None = Field(default=None, max_length=500)
    person: str | None = Field(default=None, max_length=100)
    department: str | None = Field(default=None, max_length=100)
    kinds: tuple[NoticeKind, ...] = tuple(NoticeKind)
    quiet_from: _Time = None
    quiet_until: _Time = None
    digest_at: _Time = None
    is_on: bool = True
    version: int = 0

    def subscription(self, number: int) -> Subscription:
        """The subscription under its number, 0 for a new one."""
        return Subscription.model_validate({"id": number, **self.model_dump(exclude={"secret"})})


@router.get("/api/staff/notices")
def notices(request: Request, staff: Asking) -> tuple[Subscription, ...]:
    """Who is told what."""
    return knowledge_base(request).notices.subscriptions.all(staff)


@router.post("/api/staff/notices", status_code=201)
def add(body: NoticeBody, request: Request, staff: Asking) -> Subscription:
    """Add a subscription."""
    kept = knowledge_base(request).notices.subscriptions
    return kept.save(staff, body.subscription(0), body.secret, now_utc())


@router.put("/api/staff/notices/{number}")
def change(number: int, body: NoticeBody, request: Request, staff: Asking) -> Subscription:
    """Change a subscription."""
    kept = knowledge_base(request).notices.subscriptions
    return kept.save(staff, body.subscription(number), body.secret, now_utc())


@router.delete("/api/staff/notices/{number}", status_code=204)
def remove(number: int, request: Request, staff: Asking) -> None:
    """Remove a subscription with all that is on its way."""
    knowledge_base(request).notices.subscriptions.remove(staff, number, now_utc())


@router.post("/api/staff/notices/{number}/test", status_code=204)
def try_out(number: int, request: Request, staff: Asking) -> None:
    """Send a test message."""
    knowledge_base(request).notices.try_out(staff, number, now_utc())
