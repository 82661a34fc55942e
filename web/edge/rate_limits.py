"""Rate limits: requests a minute for each network address and for each conversation.

The address limit is the real guard. The conversation id is chosen by the client (X-Policy-Session), so that
limit is easy to evade; it keeps one careless page from using up the share of a whole office behind one
address. Passwords may be tried ten times a minute from one address; requests of signed-in staff are not
counted, and those with a key of a program only for that key (web.edge.key_gate).
"""

from limits import RateLimitItemPerMinute
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from web.addresses import KEY_SCOPE, client_address
from web.display import refuse
from web.edge.counting import RequestCounter
from web.edge.security import SIGN_IN_PATHS, SIGN_ON_BACK, is_staff

SESSION_HEADER = "X-Policy-Session"
_SESSION_CHARS = 64  # a UUID has 36
_CHEAP_POST = "/api/traditional"
_SEARCHING = ("/chat", "/documents")  # pages that ask or search
_SIGN_INS = 10  # password attempts a minute from one address
_CHEAP_FACTOR = 10  # for mere lookups: suggestions while typing, search, a question left earlier
_TOO_OFTEN = "提问太频繁了，请 {seconds} 秒后再试。"
_TOO_MANY_SIGN_INS = "登录或修改密码太频繁了，请 {seconds} 秒后再试。"


class RateLimits:
    """ASGI middleware: answers 429 with Retry-After beyond the limit; a limit of 0 means no limit."""

    def __init__(self, app: ASGIApp, address: int, session: int, counter: RequestCounter) -> None:
        self._app = app
        self._counter = counter
        self._limits = {"address": address, "session": session}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request when it is of a limited kind (`_factor`), and refuse it beyond the limit."""
        tries_password = _tries_password(scope)
        factor = _factor(scope)
        wait = 0
        if tries_password:
            wait = await self._wait_to_sign_in(scope)
        elif factor:
            wait = await self._wait(scope, factor)
        if wait:
            sentence = (_TOO_MANY_SIGN_INS if tries_password else _TOO_OFTEN).format(seconds=wait)
            await refuse(429, sentence, scope, receive, send, {"Retry-After": str(wait)})
            return
        await self._app(scope, receive, send)

    async def _wait(self, scope: Scope, factor: int) -> int:
        """Seconds until the request may come again; 0 when it may pass now.

        The address is counted first: a refused address adds no more conversations to remember.
        """
        names = {"address": client_address(scope)}
        if session := session_of(scope):
            names["session"] = session
        for kind, name in names.items():
            item = RateLimitItemPerMinute(self._limits[kind] * factor, namespace=f"{kind}{factor}")
            if item.amount and (wait := await self._counter.wait_for(item, name)):
                return wait
        return 0

    async def _wait_to_sign_in(self, scope: Scope) -> int:
        """Seconds until another password may be tried; always 0 when the address limit is off."""
        item = RateLimitItemPerMinute(_SIGN_INS, namespace="sign in")
        if not self._limits["address"]:
            return 0
        return await self._counter.wait_for(item, client_address(scope))


def session_of(scope: Scope) -> str:
    """The conversation that a request belongs to, cut; empty where it names none."""
    return Headers(scope=scope).get(SESSION_HEADER, "")[:_SESSION_CHARS]


def _factor(scope: Scope) -> int:
    """The factor on the limits for this request; 0 when it is not limited."""
    if scope["type"] != "http":
        return 0
    path: str = scope["path"]
    is_question = path in _SEARCHING or path.startswith(("/api/", "/v1/"))
    if KEY_SCOPE in scope or is_staff(scope) or not is_question:
        return 0
    return 1 if scope["method"] == "POST" and path != _CHEAP_POST else _CHEAP_FACTOR


def _tries_password(scope: Scope) -> bool:
    """Whether a password, a code or an answer of the sign-on is tried; signing out is not."""
    if scope["type"] == "http" and scope["path"] == SIGN_ON_BACK:
        return True
    is_form = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in SIGN_IN_PATHS
    return is_form and scope["path"] != "/logout"
