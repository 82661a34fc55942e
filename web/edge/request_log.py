"""A name for every request, its line in the log and its count: what operators find a complaint by.

The name comes from the proxy (X-Request-ID) or is made here; it is in the answer's header and in every line
that is logged meanwhile. Lines are JSON objects when KB_LOG_FORMAT=json, which log collectors read without
rules. A line never holds what a citizen wrote: the query is left out, and instead of the path, which may hold
the code of a left question, stands the route.
"""

import json
import logging
import re
import sys
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.metrics import Metrics
from kb.settings import Settings

REQUEST_ID = "X-Request-ID"
OTHER = "other"  # the route of what no route answers
_NAME = re.compile(r"[A-Za-z0-9_-]{8,64}")
_FIELDS = ("method", "route", "status", "ms")

_request: ContextVar[str | None] = ContextVar("request", default=None)
_log = logging.getLogger("web.requests")


class JsonLines(logging.Formatter):
    """A log record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, logger, message, request, and the fields of a request's own line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := _request.get():
            line["request_id"] = request
        line.update({field: getattr(record, field) for field in _FIELDS if hasattr(record, field)})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_as(settings: Settings) -> None:
    """Send all log lines to stdout as JSON when the settings say so; else leave Python's defaults."""
    if settings.log_format == "json":
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
        for ours in ("web", "kb", "ingest"):
            logging.getLogger(ours).setLevel(logging.INFO)


class RequestLog:
    """ASGI middleware: names a request, counts it, and logs it once it is answered."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its name; note its status when the response begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        name = given if _NAME.fullmatch(given) else uuid.uuid4().hex
        token, begin, status = _request.set(name), perf_counter(), 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = name
            await send(message)

        try:
            with self._metrics.request_under_way():
                await self._app(scope, receive, named)
        finally:
            route, seconds = _route(scope), perf_counter() - begin
            self._metrics.request_answered(route, status, seconds)
            fields = {
                "method": scope["method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
            }
            _log.info("request", extra=fields)
            _request.reset(token)


def _route(scope: Scope) -> str:
    """The pattern of the route that answered, such as /api/questions/{code}; mounts have none."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) and path else OTHER
