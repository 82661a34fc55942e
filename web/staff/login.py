"""/login, /logout, /password: staff sign in and out and change their password; plain forms, no scripts.

The OriginGuard of web.edge.security and the cookie's SameSite=Strict protect the forms from other sites.
Password attempts are limited by address (web.edge.rate_limits) and by account (kb.staff.sign_in).
"""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from kb.errors import InputError, KbError
from kb.staff.accounts import Account
from web.display import page
from web.errors import sentence_for, status_for
from web.sessions import Sessions, delete_cookie, now_utc, set_cookie
from web.staff.identity import CONSOLE_PATH
from web.state import knowledge_base

router = APIRouter()

_MAX_FIELDS = 10
_SEE_OTHER = 303
_NOT_REPEATED = "两次输入的新密码不一样，请重新输入。"


async def posted_form(request: Request) -> dict[str, str]:
    """The fields of a posted form; empty when there are more than _MAX_FIELDS."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qs(body, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(posted_form)]


@router.get("/login")
def login_page(request: Request, next: str = CONSOLE_PATH) -> Response:
    """The sign-in form; `next` is the page to open afterwards."""
    return _page(request, "login.html", {"next": own_path(next)})


@router.post("/login")
def log_in(request: Request, form: Form) -> Response:
    """Sign in and redirect, or show the form with the reason for refusal."""
    name, goal = form.get("name", ""), own_path(form.get("next", ""))
    try:
        account = knowledge_base(request).staff.sign_in.enter(name, form.get("password", ""), now_utc())
    except KbError as error:
        content = {"next": goal, "name": name, "failure": sentence_for(error)}
        return _page(request, "login.html", content, status_for(error))
    return _signed_in(request, account, "/password" if account.must_change_password else goal)


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End all sessions of the account and redirect to the sign-in form."""
    account = _account(request)
    if account is not None:
        knowledge_base(request).staff.sign_in.leave(account.staff, now_utc())
    response = RedirectResponse("/login", _SEE_OTHER)
    delete_cookie(response, request.url.scheme == "https")
    return response


@router.get("/password")
def password_page(request: Request) -> Response:
    """The form to change the password of the signed-in account."""
    account = _account(request)
    if account is None:
        return RedirectResponse("/login?next=%2Fpassword", _SEE_OTHER)
    return _page(request, "password.html", {"account": account})


@router.post("/password")
def change_password(request: Request, form: Form) -> Response:
    """Change the password and start a new session, or show the form with the reason for refusal."""
    account = _account(request)
    if account is None:
        return RedirectResponse("/login?next=%2Fpassword", _SEE_OTHER)
    try:
        if form.get("new", "") != form.get("again", ""):
            raise InputError(_NOT_REPEATED)
        sign_in = knowledge_base(request).staff.sign_in
        new_account = sign_in.change_password(
            account.staff, form.get("old", ""), form.get("new", ""), now_utc()
        )
    except KbError as error:
        content = {"account": account, "failure": sentence_for(error)}
        return _page(request, "password.html", content, status_for(error))
    return _signed_in(request, new_account, CONSOLE_PATH)


def own_path(path: str) -> str:
    """`path` when it is under the console or the password page, else the console's path.

    >>> own_path("/console?tab=faq"), own_path("//evil.example/console"), own_path("/console/../chat")
    ('/console?tab=faq', '/console', '/console')
    """
    place = path.partition("?")[0]
    is_inside = place in (CONSOLE_PATH, "/password") or place.startswith(f"{CONSOLE_PATH}/")
    is_plain = path.isprintable() and ".." not in place and "\\" not in path
    return path if is_inside and is_plain else CONSOLE_PATH


def _account(request: Request) -> Account | None:
    """The account that is signed in, even one that must change its password first; None without a session."""
    sessions = request.app.state.sessions
    assert isinstance(sessions, Sessions)
    session = sessions.read(request, now_utc())
    if session is None:
        return None
    return knowledge_base(request).staff.sign_in.account_of(session.name, session.version)


def _signed_in(request: Request, account: Account, goal: str) -> Response:
    sessions = request.app.state.sessions
    assert isinstance(sessions, Sessions)
    response = RedirectResponse(goal, _SEE_OTHER)
    cookie = sessions.begin(account.staff.name, account.session_version, now_utc())
    set_cookie(response, cookie, request.url.scheme == "https")
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(request: Request, template: str, content: Mapping[str, object], status: int = 200) -> Response:
    response = page(request, template, content, status, {})
    response.headers["Cache-Control"] = "no-store"
    return response
