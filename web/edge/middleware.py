"""The middlewares that every request passes before its route, outermost first.

    RequestLog        a name for the request, its log line, its count
    SecurityHeaders   headers on every answer from below
    ApiCors           preflight requests; which site may read the answer, also a 403, 413, 429 or 500
    GZip              not for event streams: compression would hold events back
    Traditional       JSON and events in traditional characters for readers who prefer them
    Crashes           the one catch-all
    OriginGuard       403
    KeyGate           401, 403, 429 for other programs by their keys
    RateLimits        429
    StaffGuard        401 for the console and the staff API
    BodyLimit         413
    InTurn            503 past capacity; questions wait in turn
    ConsoleGate       403 for what the console's page does not ask for, and for files of others

FastAPI's own handler of unexpected errors stands outside all of these, where its answer would get none of
the headers; Crashes answers first.
"""

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.access.api_keys import ApiKeys
from kb.metrics import Metrics
from kb.settings import Settings
from kb.staff.sign_in import SignIn
from kb.storage.sharing.counts import Counts
from web.display import refuse
from web.edge.body_limit import BodyLimit
from web.edge.console_gate import ConsoleGate
from web.edge.counting import RequestCounter
from web.edge.guard import StaffGuard
from web.edge.key_gate import KeyGate
from web.edge.rate_limits import RateLimits
from web.edge.request_log import RequestLog
from web.edge.security import ApiCors, OriginGuard, SecurityHeaders
from web.edge.turns import InTurn, Turns
from web.errors import sentence_for, status_for
from web.sessions import Sessions
from web.staff.files import EXCEL
from web.traditional import Traditional

_PACKED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/pdf", EXCEL)  # already compressed


def install(
    app: FastAPI,
    settings: Settings,
    *,
    sign_in: SignIn,
    sessions: Sessions,
    keys: ApiKeys,
    metrics: Metrics,
    counts: Counts | None = None,
    places: int,
) -> None:
    """Put the middlewares around `app`; the last one added is the outermost.

    `counts` are those of all processes, where there are several; `places`: questions answered at once.
    """
    origins = settings.allowed_origins
    counter = RequestCounter(counts)
    app.add_middleware(ConsoleGate, home=settings.home)
    app.add_middleware(InTurn, turns=Turns(places, settings.most_waiting))
    app.add_middleware(BodyLimit)
    app.add_middleware(StaffGuard, sign_in=sign_in, sessions=sessions)
    app.add_middleware(
        RateLimits, address=settings.rate_address, session=settings.rate_session, counter=counter
    )
    app.add_middleware(KeyGate, keys=keys, required=settings.api_keys == "required", counter=counter)
    app.add_middleware(OriginGuard, allowed_origins=origins)
    app.add_middleware(Crashes)
    app.add_middleware(Traditional)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6, exclude_content_types=_PACKED)
    app.add_middleware(ApiCors, allowed_origins=origins)
    app.add_middleware(SecurityHeaders, allowed_origins=origins)
    app.add_middleware(RequestLog, metrics=metrics)


class Crashes:
    """ASGI middleware: an unexpected error becomes a 500 whose sentence names the log line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a crashed route; re-raise when its answer has begun, so that it is cut off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun:
                raise
            await refuse(status_for(error), sentence_for(error), scope, receive, send)
