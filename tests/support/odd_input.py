"""Requests with odd input, derived from the routes of an application and their OpenAPI schemas.

Each request is an ordinary one with one thing odd: a parameter, a field of the body at any depth, the whole
body, or the query string. What a route does not name it is sent as well.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI

LONG = "很" * 100_000
ODD_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "..",
        "../../etc/passwd",
        "a/../../b",
        "/etc/passwd",
        ".",
        "%",
        "%00",
        "%2e%2e%2f",
    ),
    *("-1", "1.5", "1e999", "nan", "[]", "{a.b}", "9" * 400, "0" * 5_000, "²", "١٢"),
    *(str(2**63), str(-(2**63) - 1), str(2**64)),
    *("0001-01-01", "9999-12-31", "0000-00-00", "2024-02-30", "10000-01-01", "9" * 20 + "-01-01"),
    *("0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("\u202e", "\U0010ffff", "'\"<script>;--", "\r\nX: y", "(((", "很" * 2_000),
)
ODD_JSON = (  # as JSON text: some of it cannot be made by Python's own writer
    *("null", "true", "[]", "{}", "-1", "1.5", "1e400", "NaN", "9" * 400, "9" * 5_000),
    *(str(2**63), str(-(2**63) - 1), str(2**64)),
    *(
        '"\\ud800"',
        '"很\\udfff"',
        '{"\\ud800": 1}',
        '["\\ud800"]',
        '["\\u0000"]',
        "[[[[1]]]]",
        "[null]",
        '[{"a": [1]}]',
    ),
    *map(
        json.dumps,
        ("", "\0", "..", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "１２３", "很" * 100_000),
    ),
)
ODD_BODIES: tuple[bytes, ...] = (
    *(b"", b"\0", b"null", b"[]", b"{}", b'"', b"[" * 20_000, b"[" * 20_000 + b"]" * 20_000),
    *(
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"\xff\xfe\xfd",
        b'{"q": "\xff"}',
        "很".encode("utf-16"),
        b"\xed\xa0\x80",
    ),
    *(
        b"PK\x03\x04",
        b"a=b&" * 50,
        b"name=%ED%A0%80&password=%00&next=%FF&question=%00&code=%00",
        b'{"\\ud800": 1}',
    ),
)
ODD_QUERIES = (
    *(
        "%",
        "%00",
        "%ED%A0%80=%ED%A0%80",
        "&&&===",
        "a=b&" * 5_000,
        "q=" + "%E5%BE%88" * 6_000,
        "limit=1&limit=2",
    ),
    *("script=hant&large=1&q=%00", "version=" + "9" * 30, "%FF%FE=1"),
)
ODD_HEADERS: tuple[Mapping[str, bytes], ...] = (
    {"X-Policy-Session": b"x" * 50_000},
    {"Accept-Language": b"zh-TW;q=" + b"9" * 400},
    {"Accept-Language": b"zh-TW;q=nan, zh;q=-1e999, " * 500},
    {"Accept": b"text/html", "Referer": b"\x7f"},
    {"Cookie": b"kb_staff=" + b"." * 5_000},
    {"Cookie": b"kb_staff=\x80; kb_staff_code=e30.e30"},
    {"Origin": b"http://[", "Host": b"x"},
    {"Host": b"[::1"},
    {"Content-Type": b"application/json; charset=utf-7"},
    {"Content-Type": b"\xff"},
    {"Content-Length": b"\xb2"},
    {"Range": b"bytes=99999999999999999999-"},
    {"If-Modified-Since": b"0001-01-01", "If-None-Match": b"\xff"},
    {"X-Forwarded-For": b"::ffff:999.1.1.1, x", "X-Forwarded-Proto": b"\xff"},
)


@dataclass(frozen=True)
class Request:
    """A request, ready to be sent; `what` says what is odd about it."""

    method: str
    url: str
    what: str
    content: bytes | None = None
    headers: Mapping[str, str | bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """A route with one of its methods; `known` are values that exist, by name."""

    method: str
    path: str
    schema: Mapping[str, Any]  # of OpenAPI; empty for routes that are not in it
    components: Mapping[str, Any]
    known: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def requests(self) -> Iterator[Request]:
        """Every odd request."""
        body = self._body()
        plain = None if body is None else json.dumps(body).encode()
        yield from self._odd_parameters(plain)
        yield from self._odd_bodies(body)
        url = self.url()
        joint = "&" if "?" in url else "?"
        for query in ODD_QUERIES:
            yield Request(self.method, f"{url}{joint}{query}", f"query {query[:40]}", plain, _JSON)
        for headers in ODD_HEADERS:
            yield Request(self.method, url, f"headers {str(headers)[:60]}", plain, {**_JSON, **headers})

    def _odd_parameters(self, content: bytes | None) -> Iterator[Request]:
        """One parameter odd, or all those of the query at once: two dates that only together reach far."""
        parameters = [key for key in self._parameters() if key[0] != "header"]
        together = [key for key in parameters if key[0] == "query"]
        choices = [[key] for key in parameters] + ([together] if len(together) > 1 else [])
        for chosen in choices:
            for text in ODD_TEXTS:
                what = f"{'&'.join(name for _, name in chosen)}={text[:40]!r}"
                url = self.url(dict.fromkeys(chosen, text))
                if len(url) < _MOST_URL:
                    yield Request(self.method, url, what, content, _JSON)

    def _odd_bodies(self, body: Any) -> Iterator[Request]:
        """One place of a JSON body odd, or the body as a whole."""
        url = self.url()
        for path in [] if body is None else _places(body):
            for text in ODD_JSON:
                what = f"{'.'.join(map(str, path))}: {text[:40]}"
                yield Request(self.method, url, what, _with(body, path, text), _JSON)
        for raw in [] if self.method == "GET" else ODD_BODIES:
            yield Request(self.method, url, f"body {raw[:40]!r}", raw, _FORM if body is None else _JSON)

    def schema_of_body(self) -> Mapping[str, Any]:
        """The JSON schema of the body; empty without one."""
        content = self.schema.get("requestBody", {}).get("content", {})
        schema: Mapping[str, Any] = content.get("application/json", {}).get("schema", {})
        return _resolved(schema, self.components)

    def _body(self) -> Any:
        schema = self.schema_of_body()
        return _ordinary(schema, self.components, self.known) if schema else None

    def _parameters(self) -> dict[tuple[str, str], str]:
        """Where and under which name a parameter is sent, and an ordinary value."""
        return {
            (part["in"], part["name"]): self.known.get(part["name"])
            or _text(_ordinary(part.get("schema", {}), self.components, self.known))
            for part in self.schema.get("parameters", ())
        }

    def url(self, odd: Mapping[tuple[str, str], str] | None = None) -> str:
        """The address with ordinary values, but for those of `odd`."""
        values = {**self._parameters(), **(odd or {})}
        path = self.path
        for (place, name), value in values.items():
            if place == "path":
                path = path.replace(f"{{{name}}}", quote(value, safe="") or "%20")
        query = [
            f"{quote(name)}={quote(value, safe='')}"
            for (place, name), value in values.items()
            if place == "query"
        ]
        return path + ("?" + "&".join(query) if query else "")


_OUTSIDE_OF_OPENAPI = ("/static/{path}", "/openapi.json", "/console/{path}", "/api/staff/{path}", "/{path}")
_ONE_PATH = {"parameters": [{"in": "path", "name": "path", "schema": {"type": "string"}}]}
_MOST_URL = 60_000  # the client refuses longer ones
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def operations(app: FastAPI, known: Mapping[str, str]) -> list[Operation]:
    """Every route of `app` with each of its methods; `known` maps names to existing values."""
    api = app.openapi()
    components = api.get("components", {}).get("schemas", {})
    found = [
        Operation(method.upper(), path, schema, components, known)
        for path, methods in api["paths"].items()
        for method, schema in methods.items()
    ]
    return found + [Operation("GET", path, _ONE_PATH, components, known) for path in _OUTSIDE_OF_OPENAPI]


def _resolved(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    return schema


def _ordinary(schema: Mapping[str, Any], components: Mapping[str, Any], known: Mapping[str, str]) -> Any:
    """A value that `schema` accepts; objects with all their fields, so that each can be made odd."""
    schema = _resolved(schema, components)
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if choices:
        return _ordinary(choices[0], components, known)
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        return {name: known.get(name) or _ordinary(part, components, known) for name, part in fields.items()}
    if schema.get("type") == "array":
        return [_ordinary(schema.get("items", {}), components, known)]
    simple = {"integer": max(1, schema.get("minimum", 1)), "number": 0.5, "boolean": False}
    formatted = {"date": "2024-05-10", "date-time": "2024-05-10T08:00:00Z"}
    word = formatted.get(schema.get("format", ""), "区民政局")
    values = schema.get("enum") or [schema.get("default") or simple.get(schema.get("type", ""), word)]
    return values[0]


def _places(value: Any) -> Iterator[Sequence[str | int]]:
    """Every place in a JSON value, and one more field."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while pending:
        path, part = pending.pop()
        if path:
            yield path
        if isinstance(part, dict):
            pending += [((*path, name), inner) for name, inner in part.items()]
            pending.append(((*path, "unknown\0"), None))
        elif isinstance(part, list):
            pending += [((*path, place), inner) for place, inner in enumerate(part)]


def _with(body: Any, path: Sequence[str | int], text: str) -> bytes:
    """`body` as JSON with the JSON `text` at `path`."""
    copy = json.loads(json.dumps(body))
    part = copy
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = "@ODD@"
    return json.dumps(copy).replace('"@ODD@"', text).encode()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value[0] if isinstance(value, list) else value)
