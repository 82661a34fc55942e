"""/api/staff/keys: administrators make and revoke the keys of other programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from kb.access.api_keys import DAYS, RATE, ApiKey, Scope
from kb.staff.permissions import Staff
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

Asking = Annotated[Staff, Depends(staff_of)]


class KeyBody(BaseModel):
    """Body of POST /api/staff/keys: what the key is for, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    scopes: tuple[Scope, ...]
    rate: int = RATE
    days: int = DAYS


@router.get("/api/staff/keys")
def keys(request: Request, staff: Asking) -> list[dict[str, Any]]:
    """Every key with its state and last use, the newest first."""
    return [_json(key) for key in knowledge_base(request).access.keys.all(staff)]


@router.post("/api/staff/keys", status_code=201)
def make_key(body: KeyBody, request: Request, staff: Asking) -> dict[str, Any]:
    """Make a key; only this answer shows it."""
    kept = knowledge_base(request).access.keys
    new = kept.make(staff, body.name, body.scopes, now_utc(), rate=body.rate, days=body.days)
    return {**_json(new.key), "key": new.secret}


@router.delete("/api/staff/keys/{number}")
def revoke_key(number: int, request: Request, staff: Asking) -> dict[str, Any]:
    """Let nobody in with the key any more."""
    return _json(knowledge_base(request).access.keys.revoke(staff, number, now_utc()))


def _json(key: ApiKey) -> dict[str, Any]:
    return {**key.model_dump(mode="json"), "state": key.state(now_utc()).value}
