"""/sign-on: staff sign in by the district's own sign-on, beside the form with accounts of our own.

The cookie between leaving and coming back is Lax, because the way back comes from another site; the session's
cookie is Strict and would not be sent on a redirect from there. So the way back ends at a page of ours that
goes on by itself.
"""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from kb.access.sign_on import SignOn
from kb.errors import KbError, NotAllowedError, NotFoundError
from kb.staff.sign_in import AwaitingCode
from web.errors import sentence_for, status_for
from web.sessions import CODE_PATH, now_utc, set_code_cookie, set_sign_on_cookie
from web.staff.forms import (
    SEE_OTHER,
    begin_session,
    duty_path,
    is_https,
    sessions_of,
    sign_in_page,
    staff_page,
)
from web.staff.identity import CONSOLE_PATH
from web.staff.login import own_path
from web.state import knowledge_base

router = APIRouter()

_NONE = "没有设置统一身份认证，请用本系统的账号登录。"
_NOT_BEGUN = "这次登录不是从本页开始的，或已超过 10 分钟，请重新登录。"


@router.get("/sign-on")
def begin_sign_on(request: Request, next: str = CONSOLE_PATH) -> Response:
    """Redirect to the district's sign-on; `next` is the page to open afterwards."""
    try:
        departure = _sign_on(request).begin()
    except KbError as error:
        return _failed(request, error)
    response = RedirectResponse(departure.url, SEE_OTHER)
    cookie = sessions_of(request).begin_sign_on(departure.pending, own_path(next), now_utc())
    set_sign_on_cookie(response, cookie, is_https(request))
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/sign-on/callback")
def come_back(request: Request) -> Response:
    """Sign in who comes back, or go on to the code, or show the sign-in form with the reason for refusal."""
    away = sessions_of(request).read_sign_on(request, now_utc())
    try:
        if away is None:
            raise NotAllowedError(_NOT_BEGUN)
        entered = _sign_on(request).finish(away.pending, dict(request.query_params), now_utc())
    except KbError as error:
        return _failed(request, error)
    if isinstance(entered, AwaitingCode):
        response = staff_page(request, "entered.html", {"goal": CODE_PATH})
        set_code_cookie(
            response, sessions_of(request).begin_code(entered, away.goal, now_utc()), is_https(request)
        )
    else:
        goal = duty_path(request, entered) or away.goal
        response = begin_session(request, staff_page(request, "entered.html", {"goal": goal}), entered)
    set_sign_on_cookie(response, "", is_https(request))
    return response


def _sign_on(request: Request) -> SignOn:
    sign_on = knowledge_base(request).access.sign_on
    if sign_on is None:
        raise NotFoundError(_NONE, _NONE)
    return sign_on


def _failed(request: Request, error: KbError) -> Response:
    response = sign_in_page(request, CONSOLE_PATH, failure=sentence_for(error), status=status_for(error))
    set_sign_on_cookie(response, "", is_https(request))
    return response
