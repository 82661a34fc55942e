"""/second-step: everybody sets up their own second step of signing in, ends it, gets new recovery codes.

The QR code and the secret are made here and shown once; no other host and no script sees them.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from kb.errors import InputError, KbError
from kb.staff.accounts import Account
from web.addresses import client_address
from web.errors import sentence_for, status_for
from web.sessions import now_utc
from web.staff.forms import (
    SEE_OTHER,
    Form,
    begin_session,
    sessions_of,
    signed_in,
    signed_in_account,
    staff_page,
)
from web.staff.identity import SECOND_STEP_PATH
from web.state import knowledge_base

router = APIRouter()

_TO_LOGIN = "/login?next=%2Fsecond-step"
_FRESH = timedelta(minutes=10)
_NOT_FRESH = "设置两步登录要在登录后 10 分钟内：请退出，重新登录后再设置。"
_UNKNOWN = "没有这个操作，请刷新页面后再试。"


@router.get("/second-step")
def second_step_page(request: Request) -> Response:
    """The state of one's own second step, and the forms to change it."""
    account = signed_in_account(request)
    if account is None:
        return RedirectResponse(_TO_LOGIN, SEE_OTHER)
    return staff_page(request, "second_step.html", _state(request, account))


@router.post("/second-step")
def change_second_step(request: Request, form: Form) -> Response:
    """Do what the form's `action` says, or show the page with the reason for refusal."""
    account = signed_in_account(request)
    if account is None:
        return RedirectResponse(_TO_LOGIN, SEE_OTHER)
    try:
        work = _WORK.get(form.get("action", ""))
        if work is None:
            raise InputError(_UNKNOWN)
        return work(request, account, form)
    except KbError as error:
        content = {**_state(request, account, form.get("sealed", "")), "failure": sentence_for(error)}
        return staff_page(request, "second_step.html", content, status_for(error))


def _set_up(request: Request, account: Account, form: dict[str, str]) -> Response:
    second_step = knowledge_base(request).staff.second_step
    sealed = form.get("sealed", "")
    if not account.has_password and not _is_fresh(request):
        raise InputError(_NOT_FRESH)
    new_account, codes = second_step.set_up(account, sealed, **_proof(request, form))
    content = {"account": new_account, "recovery_codes": codes}
    return begin_session(request, staff_page(request, "second_step.html", content), new_account)


def _renew(request: Request, account: Account, form: dict[str, str]) -> Response:
    codes = knowledge_base(request).staff.second_step.renew_recovery_codes(account, **_proof(request, form))
    return staff_page(request, "second_step.html", {"account": account, "recovery_codes": codes})


def _end(request: Request, account: Account, form: dict[str, str]) -> Response:
    new_account = knowledge_base(request).staff.second_step.end(account, **_proof(request, form))
    return signed_in(request, new_account, SECOND_STEP_PATH)


_WORK: dict[str, Callable[[Request, Account, dict[str, str]], Response]] = {
    "set_up": _set_up,
    "renew": _renew,
    "end": _end,
}


def _is_fresh(request: Request) -> bool:
    """Whether the session began a short while ago: that stands for the password that some have not."""
    session = sessions_of(request).read(request, now_utc())
    return session is not None and now_utc() - session.began <= _FRESH


def _proof(request: Request, form: dict[str, str]) -> dict[str, Any]:
    """Password and code as posted, and where and when that was."""
    typed = {field: form.get(field, "") for field in ("password", "code")}
    return {**typed, "address": client_address(request.scope), "now": now_utc()}


def _state(request: Request, account: Account, sealed: str = "") -> dict[str, object]:
    """What the page shows; `sealed` is the secret that it showed before."""
    second_step = knowledge_base(request).staff.second_step
    state: dict[str, object] = {
        "account": account,
        "is_required": second_step.is_required(account.staff.role),
    }
    if account.two_step:
        return {**state, "left": second_step.recovery_codes_left(account.staff)}
    return {**state, "enrolment": second_step.propose(account.staff.name, sealed)}
