"""Lets only staff with a session reach the console and the staff API.

The guard stands before all their routes: pages, Gradio's queue, uploads and files of the console, and
everything under /api/staff, present and future. It puts the Staff into the ASGI scope, where
web.staff.identity reads it.
"""

from datetime import datetime
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.errors import StoreError
from kb.staff.accounts import Account
from kb.staff.sign_in import Duty, SignIn
from web.edge.security import is_console, is_guarded
from web.errors import sentence_for, status_for
from web.sessions import Session, Sessions, now_utc, set_cookie
from web.staff.identity import DUTY_PATHS, NOT_LOGGED_IN, SCOPE_KEY

_DUTIES = {
    Duty.CHANGE_PASSWORD: "请先修改初始密码，再使用控制台。",
    Duty.SET_UP_SECOND_STEP: "您的角色须两步登录：请先打开 /second-step 设置，再使用控制台。",
}
POLICY_VIOLATION = 1008  # close code of a WebSocket (RFC 6455 7.4.1)


class StaffGuard:
    """ASGI middleware: without a session answers 401, or for pages redirects to /login."""

    def __init__(self, app: ASGIApp, sign_in: SignIn, sessions: Sessions) -> None:
        self._app = app
        self._sign_in = sign_in
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the Staff in its scope, or refuse it."""
        if scope["type"] not in ("http", "websocket") or not is_guarded(scope):
            await self._app(scope, receive, send)
            return
        connection, now = HTTPConnection(scope), now_utc()
        session, account = self._sessions.read(connection, now), None
        try:
            if session is not None:
                account = await run_in_threadpool(self._sign_in.account_of, session.name, session.version)
            duty = self._sign_in.duty_of(account) if account else None
            refusal = _turned_away(connection, account, duty)
        except StoreError as error:
            refusal = JSONResponse({"error": sentence_for(error)}, status_for(error))
        if session is not None and account is not None and refusal is None:
            scope[SCOPE_KEY] = account.staff
            await self._app(scope, receive, self._keeping(connection, session, now, send))
        elif refusal is not None and scope["type"] == "http":
            refusal.headers["Cache-Control"] = "no-store"
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})

    def _keeping(self, connection: HTTPConnection, session: Session, now: datetime, send: Send) -> Send:
        """`send` that renews the cookie and keeps staff content out of caches."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_page = headers.get("content-type", "").startswith("text/html")
                if is_page or not is_console(connection.scope):
                    headers["Cache-Control"] = "no-store"
                if session.is_due(now):
                    cookie_response = Response()
                    set_cookie(
                        cookie_response, self._sessions.renew(session, now), connection.url.scheme == "https"
                    )
                    headers.append("Set-Cookie", cookie_response.headers["Set-Cookie"])
            await send(message)

        return sending


def _turned_away(connection: HTTPConnection, account: Account | None, duty: Duty | None) -> Response | None:
    """The response that refuses the request; None when it may pass."""
    wants_page = (
        is_console(connection.scope)
        and connection.scope.get("method") == "GET"
        and "text/html" in connection.headers.get("accept", "")
    )
    if account is None:
        if wants_page:
            query = f"?{connection.url.query}" if connection.url.query else ""
            return RedirectResponse(f"/login?next={quote(connection.url.path + query, safe='')}", 303)
        return JSONResponse({"error": NOT_LOGGED_IN}, 401)
    if duty is not None:
        if wants_page:
            return RedirectResponse(DUTY_PATHS[duty], 303)
        return JSONResponse({"error": _DUTIES[duty]}, 403)
    return None
