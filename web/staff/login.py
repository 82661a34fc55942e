"""/login, /login/code, /logout, /password: staff sign in and out and change their password.

Plain forms without scripts. The OriginGuard of web.edge.security and the cookie's SameSite=Strict protect
them from other sites. Attempts are limited by address (web.edge.rate_limits), and by account together with
the address (kb.staff.attempts).
"""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from kb.errors import InputError, KbError
from kb.staff.sign_in import AwaitingCode
from web.addresses import client_address
from web.errors import sentence_for, status_for
from web.sessions import CODE_PATH, delete_cookie, now_utc, set_code_cookie
from web.staff.forms import (
    SEE_OTHER,
    Form,
    is_https,
    sessions_of,
    sign_in_page,
    signed_in,
    signed_in_account,
    staff_page,
)
from web.staff.identity import CONSOLE_PATH, PASSWORD_PATH, SECOND_STEP_PATH
from web.state import knowledge_base

router = APIRouter()

_NOT_REPEATED = "两次输入的新密码不一样，请重新输入。"
_SIGNED_OUT = {
    "title": "已退出",
    "sentence": "已退出本系统，正在退出统一身份认证……",
    "label": "退出统一身份认证",
}
_TO_PASSWORD = "/login?next=%2Fpassword"


@router.get("/login")
def login_page(request: Request, next: str = CONSOLE_PATH) -> Response:
    """The sign-in form; `next` is the page to open afterwards."""
    return sign_in_page(request, own_path(next))


@router.post("/login")
def log_in(request: Request, form: Form) -> Response:
    """Sign in and redirect, or go on to the code, or show the form with the reason for refusal."""
    name, goal = form.get("name", ""), own_path(form.get("next", ""))
    sign_in, address = knowledge_base(request).staff.sign_in, client_address(request.scope)
    try:
        entered = sign_in.enter(name, form.get("password", ""), address, now_utc())
    except KbError as error:
        return sign_in_page(request, goal, name=name, failure=sentence_for(error), status=status_for(error))
    if not isinstance(entered, AwaitingCode):
        return signed_in(request, entered, goal)
    response = RedirectResponse(CODE_PATH, SEE_OTHER)
    set_code_cookie(response, sessions_of(request).begin_code(entered, goal, now_utc()), is_https(request))
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/login/code")
def code_page(request: Request) -> Response:
    """The form for the code, shown after the password was right."""
    between = sessions_of(request).read_code(request, now_utc())
    if between is None:
        return RedirectResponse("/login", SEE_OTHER)
    return staff_page(request, "code.html", {"name": between.waiting.name})


@router.post("/login/code")
def enter_code(request: Request, form: Form) -> Response:
    """Sign in with the code and redirect, or show the form with the reason for refusal."""
    between = sessions_of(request).read_code(request, now_utc())
    if between is None:
        return RedirectResponse("/login", SEE_OTHER)
    sign_in, address = knowledge_base(request).staff.sign_in, client_address(request.scope)
    try:
        account = sign_in.enter_code(between.waiting, form.get("code", ""), address, now_utc())
    except KbError as error:
        content = {"name": between.waiting.name, "failure": sentence_for(error)}
        return staff_page(request, "code.html", content, status_for(error))
    response = signed_in(request, account, between.goal)
    set_code_cookie(response, "", is_https(request))
    return response


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End all sessions of the account and redirect to the sign-in form, or sign out at the sign-on too."""
    account, kb = signed_in_account(request), knowledge_base(request)
    end_url = None
    if account is not None:
        kb.staff.sign_in.leave(account.staff, now_utc())
        end_url = kb.access.sign_on.end_url(account.staff.name) if kb.access.sign_on else None
    response: Response = RedirectResponse("/login", SEE_OTHER)
    if end_url is not None:  # by a page: browsers let no form redirect to another site (form-action)
        response = staff_page(request, "entered.html", {"goal": end_url, **_SIGNED_OUT})
    delete_cookie(response, is_https(request))
    return response


@router.get("/password")
def password_page(request: Request) -> Response:
    """The form to change the password of the signed-in account."""
    account = signed_in_account(request)
    if account is None:
        return RedirectResponse(_TO_PASSWORD, SEE_OTHER)
    return staff_page(request, "password.html", {"account": account})


@router.post("/password")
def change_password(request: Request, form: Form) -> Response:
    """Change the password and start a new session, or show the form with the reason for refusal."""
    account = signed_in_account(request)
    if account is None:
        return RedirectResponse(_TO_PASSWORD, SEE_OTHER)
    old, new = form.get("old", ""), form.get("new", "")
    sign_in, address = knowledge_base(request).staff.sign_in, client_address(request.scope)
    try:
        if new != form.get("again", ""):
            raise InputError(_NOT_REPEATED)
        new_account = sign_in.change_password(account.staff, old, new, address, now_utc())
    except KbError as error:
        content = {"account": account, "failure": sentence_for(error)}
        return staff_page(request, "password.html", content, status_for(error))
    return signed_in(request, new_account, CONSOLE_PATH)


def own_path(path: str) -> str:
    """`path` when it is under the console or a page of one's own account, else the console's path.

    >>> own_path("/console?tab=faq"), own_path("//evil.example/console"), own_path("/console/../chat")
    ('/console?tab=faq', '/console', '/console')
    """
    place = path.partition("?")[0]
    own_pages = (CONSOLE_PATH, PASSWORD_PATH, SECOND_STEP_PATH)
    is_inside = place in own_pages or place.startswith(f"{CONSOLE_PATH}/")
    is_plain = path.isprintable() and ".." not in place and "\\" not in path
    return path if is_inside and is_plain else CONSOLE_PATH
