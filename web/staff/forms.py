"""What the sign-in forms share: posted fields, the account signed in, pages and answers outside of caches."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from kb.staff.accounts import Account
from web.display import page
from web.sessions import Sessions, now_utc, set_cookie
from web.staff.identity import DUTY_PATHS
from web.state import knowledge_base

SEE_OTHER = 303
_MAX_FIELDS = 10


async def posted_form(request: Request) -> dict[str, str]:
    """The fields of a posted form; empty when there are more than _MAX_FIELDS."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qs(body, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(posted_form)]


def sessions_of(request: Request) -> Sessions:
    """The writer and reader of cookies."""
    sessions = request.app.state.sessions
    assert isinstance(sessions, Sessions)
    return sessions


def is_https(request: Request) -> bool:
    """Whether the visitor came over HTTPS; cookies are then never sent without it."""
    return request.url.scheme == "https"


def signed_in_account(request: Request) -> Account | None:
    """The account that is signed in, even one with a duty to do first; None without a session."""
    session = sessions_of(request).read(request, now_utc())
    if session is None:
        return None
    return knowledge_base(request).staff.sign_in.account_of(session.name, session.version)


def begin_session(request: Request, response: Response, account: Account) -> Response:
    """`response` with the cookie of a new session."""
    cookie = sessions_of(request).begin(account.staff.name, account.session_version, now_utc())
    set_cookie(response, cookie, is_https(request))
    response.headers["Cache-Control"] = "no-store"
    return response


def signed_in(request: Request, account: Account, goal: str) -> Response:
    """Begin a session and redirect: to what the account must do first, else to `goal`."""
    response = RedirectResponse(duty_path(request, account) or goal, SEE_OTHER)
    return begin_session(request, response, account)


def duty_path(request: Request, account: Account) -> str | None:
    """The page of what the account must do first; None when its owner may work."""
    duty = knowledge_base(request).staff.sign_in.duty_of(account)
    return DUTY_PATHS[duty] if duty else None


def sign_in_page(
    request: Request, goal: str, *, name: str = "", failure: str | None = None, status: int = 200
) -> Response:
    """The sign-in form, with the button of the district's sign-on where there is one."""
    sign_on = knowledge_base(request).access.sign_on
    content = {"next": goal, "name": name, "failure": failure, "sign_on": sign_on and sign_on.name}
    return staff_page(request, "login.html", content, status)


def staff_page(request: Request, template: str, content: Mapping[str, object], status: int = 200) -> Response:
    """A page of `template`, kept out of caches."""
    response = page(request, template, content, status, {})
    response.headers["Cache-Control"] = "no-store"
    return response
