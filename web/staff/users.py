"""/api/staff/me, /api/staff/users, /api/staff/audit: the account signed in, all accounts, the audit log."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from kb.staff.accounts import Account
from kb.staff.passwords import generate_password
from kb.staff.permissions import Action, Role, Staff, may, require
from kb.staff.users import AccountChange
from web.sessions import now_utc
from web.staff.identity import staff_of
from web.state import knowledge_base

router = APIRouter()

_MAX_ENTRIES = 200
Asking = Annotated[Staff, Depends(staff_of)]


class NewAccount(BaseModel):
    """Body of POST /api/staff/users."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    role: Role
    departments: tuple[str, ...] = ()


class PatchedAccount(BaseModel):
    """Body of PATCH /api/staff/users/{name}; `version` is the one the client read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    change: AccountChange


@router.get("/api/staff/me")
def me(staff: Asking) -> dict[str, Any]:
    """The signed-in member of staff and the actions their role allows."""
    return {**staff.model_dump(mode="json"), "may": [action.value for action in Action if may(staff, action)]}


@router.get("/api/staff/users")
def users(request: Request, staff: Asking) -> list[dict[str, Any]]:
    """All accounts."""
    return [_json(account) for account in knowledge_base(request).staff.users.all(staff)]


@router.post("/api/staff/users", status_code=201)
def add_user(body: NewAccount, request: Request, staff: Asking) -> dict[str, Any]:
    """Add an account; only this answer shows its first password."""
    password = generate_password()
    new = Staff.model_validate(body.model_dump())
    account = knowledge_base(request).staff.users.add(staff, new, password, now_utc())
    return {**_json(account), "password": password}


@router.patch("/api/staff/users/{name}")
def change_user(name: str, body: PatchedAccount, request: Request, staff: Asking) -> dict[str, Any]:
    """Change title, role or departments of an account, or disable or enable it."""
    return _json(
        knowledge_base(request).staff.users.change(staff, name, body.version, body.change, now_utc())
    )


@router.post("/api/staff/users/{name}/unlock")
def unlock_user(name: str, request: Request, staff: Asking) -> dict[str, Any]:
    """Unlock an account after too many wrong passwords."""
    return _json(knowledge_base(request).staff.users.unlock(staff, name, now_utc()))


@router.post("/api/staff/users/{name}/password")
def reset_password(name: str, request: Request, staff: Asking) -> dict[str, Any]:
    """Give an account a new password; only this answer shows it."""
    password = generate_password()
    account = knowledge_base(request).staff.users.reset_password(staff, name, password, now_utc())
    return {**_json(account), "password": password}


@router.delete("/api/staff/users/{name}/second-step")
def reset_second_step(name: str, request: Request, staff: Asking) -> dict[str, Any]:
    """Let an account whose owner has lost the phone sign in by password alone; its sessions end."""
    return _json(knowledge_base(request).staff.users.reset_second_step(staff, name, now_utc()))


@router.get("/api/staff/audit")
def audit(
    request: Request,
    staff: Asking,
    limit: Annotated[int, Query(ge=1, le=_MAX_ENTRIES)] = 50,
    before: Annotated[int | None, Query(ge=1)] = None,
    actor: str | None = None,
    subject: str | None = None,
) -> list[dict[str, Any]]:
    """The entries of the audit log, newest first; pass the last entry's id as `before` for the next page."""
    require(staff, Action.AUDIT)
    entries = knowledge_base(request).staff.audit.entries(limit, before, actor, subject)
    return [entry.model_dump(mode="json") for entry in entries]


def _json(account: Account) -> dict[str, Any]:
    rest = account.model_dump(mode="json", exclude={"staff", "session_version"})
    return {**account.staff.model_dump(mode="json"), **rest}
