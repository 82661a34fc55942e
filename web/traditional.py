"""Traditional characters for readers who prefer them: displayed text is converted, search input is not.

OpenCC s2t changes characters only. s2tw and s2twp replace words as well ("规范性文件" becomes "規範性檔案")
and would put words into a quoted regulation that are not in it. Converted are: JSON and event streams of /api
when Accept-Language prefers zh-Hant, zh-TW, zh-HK or zh-MO; pages with ?script=hant; the texts a page sends
to POST /api/traditional. Questions may be typed in either script (kb.language.normalise).

The variant of a character depends on its word (头发, 发文), so the text of `token` events is passed on only
up to its last character that is not Chinese: converted in cuts of 24 characters, 28 of 185 answers of 600
characters differed from the same text converted whole.
"""

import json
import re
from functools import lru_cache
from typing import Annotated, Self

from fastapi import APIRouter
from opencc import OpenCC
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

router = APIRouter()

# Keys whose values programs compare or send back, and people's names: the surnames 范 and 於 must not change.
KEPT = frozenset(
    {
        *("id", "answer_id", "faq_id", "chunk_id", "document_id", "url", "source"),
        *("code", "session", "kind", "ending", "state", "name"),
    }
)
MAX_TEXTS = 100
MAX_TOTAL = 60 * 1024  # bytes of UTF-8; the body limit is a little higher
_SHOWN_ATTRIBUTES = "alt|aria-label|content|data-policy-ask|data-title|placeholder|title"
_TAG = re.compile(r"(<[^<>]*>)")  # autoescape leaves no bare < or > in texts and attributes
_SHOWN_ATTRIBUTE = re.compile(rf'(?<=\s)(?:{_SHOWN_ATTRIBUTES})="[^"]*"')
_CHINESE = re.compile(r"zh(-[a-z0-9-]+)?", re.IGNORECASE)
_TRADITIONAL = re.compile(r"-(hant|tw|hk|mo)\b", re.IGNORECASE)
_BLANK, _DATA, _TOKEN = b"\n\n", b"\ndata: ", b"event: token"  # as web.citizen.ask writes events
_SIMPLIFIED = re.compile(r"-hans\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _to_traditional() -> OpenCC:
    return OpenCC("s2t")


def convert(text: str) -> str:
    """`text` in traditional characters.

    >>> convert("行政许可的规范性文件")
    '行政許可的規範性文件'
    """
    return str(_to_traditional().convert(text))


def traditional(value: object) -> object:
    """A JSON value with its strings converted; keys, and the values of KEPT keys, stay."""
    match value:
        case str():
            return convert(value)
        case list():
            return [traditional(item) for item in value]
        case dict():
            return {key: item if key in KEPT else traditional(item) for key, item in value.items()}
        case _:
            return value


def traditional_page(html: str) -> str:
    """A page with texts and _SHOWN_ATTRIBUTES converted; addresses, ids and values stay."""
    parts = _TAG.split(html)
    parts[0::2] = [convert(text) for text in parts[0::2]]
    parts[1::2] = [_SHOWN_ATTRIBUTE.sub(lambda found: convert(found[0]), tag) for tag in parts[1::2]]
    return "".join(parts)


def prefers_traditional(accept_language: str) -> bool:
    """Whether the preferred Chinese of an Accept-Language header (RFC 9110 12.5.4) is traditional.

    >>> prefers_traditional("en, zh-HK;q=0.9, zh-CN;q=0.8"), prefers_traditional("zh-CN, zh-TW;q=0.8")
    (True, False)
    """
    best, weight = "", 0.0
    for entry in accept_language.split(","):
        tag, _, quality = entry.strip().partition(";")
        value = _quality(quality)
        if _CHINESE.fullmatch(tag.strip()) and value > weight:
            best, weight = tag, value
    return bool(_TRADITIONAL.search(best)) and not _SIMPLIFIED.search(best)


def _quality(parameter: str) -> float:
    match = re.fullmatch(r"q=([01](?:\.[0-9]{0,3})?)", parameter.strip())
    return float(match[1]) if match else 1.0 if not parameter.strip() else 0.0


class TextsRequest(BaseModel):
    """Body of POST /api/traditional."""

    model_config = ConfigDict(extra="forbid")

    texts: Annotated[list[str], Field(max_length=MAX_TEXTS)]

    @model_validator(mode="after")
    def _not_too_much(self) -> Self:
        if sum(len(text.encode()) for text in self.texts) > MAX_TOTAL:
            raise ValueError("too much")
        return self


@router.post("/api/traditional")
def convert_texts(body: TextsRequest) -> dict[str, list[str]]:
    """The texts of a page already shown, in traditional characters."""
    return {"texts": [convert(text) for text in body.texts]}


class Traditional:
    """ASGI middleware that converts JSON and events of /api for readers who prefer traditional characters."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; mark the answer with Vary, as it depends on Accept-Language."""
        path: str = scope.get("path", "")
        # Text for staff stays as it is: they would edit and save the converted form.
        if scope["type"] != "http" or not path.startswith("/api/") or path.startswith("/api/staff/"):
            await self._app(scope, receive, send)
            return
        wanted = prefers_traditional(Headers(scope=scope).get("accept-language", ""))
        await self._app(scope, receive, _Converted(send, wanted).send)


class _Converted:
    """Converts one answer as it is sent: holds JSON until it is whole, events until their blank line."""

    def __init__(self, send: Send, wanted: bool) -> None:
        self._send = send
        self._wanted = wanted
        self._start: Message = {}
        self._body = b""
        self._words = ""  # text of token events that is not passed on yet

    async def send(self, message: Message) -> None:
        """Takes the place of the server's `send`."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.add_vary_header("Accept-Language")
            kind = headers.get("content-type", "").partition(";")[0]
            self._wanted = self._wanted and kind in ("application/json", "text/event-stream")
            if self._wanted:
                headers["Content-Language"] = "zh-Hant"
            if self._wanted and kind == "application/json":
                self._start = message
                return
        elif self._wanted and message["type"] == "http.response.body":
            await self._send_converted(message)
            return
        await self._send(message)

    async def _send_converted(self, message: Message) -> None:
        self._body += message.get("body", b"")
        more = message.get("more_body", False)
        if self._start:
            if not more:
                body = await run_in_threadpool(_converted_json, self._body)
                MutableHeaders(scope=self._start)["Content-Length"] = str(len(body))
                await self._send(self._start)
                await self._send({"type": "http.response.body", "body": body})
            return
        *events, self._body = self._body.split(_BLANK)
        body = b"".join(self._event(event) for event in events)
        await self._send({**message, "body": body if more else body + self._rest() + self._body})

    def _event(self, event: bytes) -> bytes:
        """A complete event, converted; a token event only up to a certain end of a word."""
        head, separator, data = event.partition(_DATA)
        if not separator:
            return event + _BLANK
        if head != _TOKEN:
            return self._rest() + head + _DATA + _converted_json(data) + _BLANK
        words = self._words + json.loads(data)["text"]
        cut = len(words)
        while cut and "一" <= words[cut - 1] <= "鿿":  # a word may continue
            cut -= 1
        self._words = words[cut:]
        return _token(words[:cut])

    def _rest(self) -> bytes:
        words, self._words = self._words, ""
        return _token(words)


def _token(words: str) -> bytes:
    data = json.dumps({"text": convert(words)}, ensure_ascii=False).encode()
    return _TOKEN + _DATA + data + _BLANK if words else b""


def _converted_json(body: bytes) -> bytes:
    return json.dumps(traditional(json.loads(body)), ensure_ascii=False).encode()
