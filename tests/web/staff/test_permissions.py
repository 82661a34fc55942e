"""Every staff route x every role x own and other departments, over HTTP: nothing beyond what the role allows.

To add a route, add a line to ROUTES: method, path, the action it needs (None for every role) and a body.
Words in braces are filled with a matter of one department; a route with such words is tried on the own
department's matter and on another's, which staff bound to a department may not touch. The body should change
nothing (a version nobody has): permission is recognised by any status but 401 and 403. Routes under
/api/staff that are missing here fail the last test.
"""

import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from staffing import sign_in
from two_departments import CASES, OTHER, OWN, SECRET, stored, two_departments

from app import create_app
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import MAY, Action, Role

pytestmark = pytest.mark.hostile


class Route(NamedTuple):
    """A route and what is sent to it; `concerns`: it acts on the matter of one department."""

    method: str
    path: str
    action: Action | None
    body: object = None

    @property
    def concerns(self) -> bool:
        return bool(re.search(r"\{(?!staged|days)\w+\}", f"{self.path}{self.body}"))


def entry(department: str) -> dict[str, object]:
    return {"question": "？", "answer": "答", "department": department, "document_id": "?"}


NOTICE = {"name": "值班", "channel": "email", "address": "没有邮箱"}
ROUTES = [
    Route("GET", "/api/staff/me", None),
    Route("GET", "/api/staff/users", Action.USERS),
    Route("POST", "/api/staff/users", Action.USERS, {"name": "?", "title": "王芳", "role": "editor"}),
    Route("PATCH", "/api/staff/users/nobody", Action.USERS, {"version": 1, "change": {}}),
    Route("POST", "/api/staff/users/nobody/unlock", Action.USERS),
    Route("POST", "/api/staff/users/nobody/password", Action.USERS),
    Route("DELETE", "/api/staff/users/nobody/second-step", Action.USERS),
    Route("GET", "/api/staff/keys", Action.API_KEYS),
    Route("POST", "/api/staff/keys", Action.API_KEYS, {"name": " ", "scopes": ["ask"]}),
    Route("DELETE", "/api/staff/keys/99", Action.API_KEYS),
    Route("GET", "/api/staff/audit?limit=200", Action.AUDIT),
    Route("GET", "/api/staff/faq?size=200", Action.SEARCH),
    Route("GET", f"/api/staff/faq?q={SECRET[OTHER]}", Action.SEARCH),
    Route("GET", f"/api/staff/faq?department={OTHER}&state=draft", Action.SEARCH),
    Route("POST", "/api/staff/faq", Action.FAQ_EDIT, entry("{department}")),
    Route(
        "POST", "/api/staff/faq/check", Action.FAQ_EDIT, {"question": f"{SECRET[OTHER]}？", "answer": "答"}
    ),
    Route("GET", "/api/staff/faq/template.xlsx", Action.FAQ_EDIT),
    Route("GET", "/api/staff/faq/export?format=json", Action.FAQ_EDIT),
    Route("GET", "/api/staff/faq/export?format=jsonl", Action.FAQ_EDIT),
    Route("GET", "/api/staff/faq/export?format=csv", Action.FAQ_EDIT),
    Route("GET", "/api/staff/faq/export?format=xlsx", Action.FAQ_EDIT),
    Route("POST", "/api/staff/faq/files?name=empty.png", Action.FAQ_EDIT),
    Route("POST", "/api/staff/faq/import?name=empty.csv", Action.FAQ_EDIT),
    Route("GET", "/api/staff/faq/{draft}", Action.SEARCH),
    Route("GET", "/api/staff/faq/{approved}", Action.SEARCH),
    Route("PUT", "/api/staff/faq/{draft}", Action.FAQ_EDIT, {"version": 99, "entry": entry(OWN)}),
    Route(
        "PUT", "/api/staff/faq/{own_draft}", Action.FAQ_EDIT, {"version": 99, "entry": entry("{department}")}
    ),
    Route("POST", "/api/staff/faq/{draft}/submit", Action.FAQ_EDIT, {"version": 99}),
    Route("POST", "/api/staff/faq/{submitted}/approve", Action.FAQ_APPROVE, {"version": 99}),
    Route("POST", "/api/staff/faq/{submitted}/reject", Action.FAQ_APPROVE, {"version": 99, "note": "改"}),
    Route("POST", "/api/staff/faq/{approved}/withdraw", Action.FAQ_APPROVE, {"version": 99}),
    Route("GET", "/api/staff/documents", Action.DOCUMENT_EDIT),
    Route("GET", "/api/staff/documents?removed=true", Action.DOCUMENT_EDIT),
    Route("POST", "/api/staff/documents/staged?name=a.txt", Action.DOCUMENT_EDIT),
    Route("GET", "/api/staff/documents/staged", Action.DOCUMENT_EDIT),
    Route("GET", "/api/staff/documents/staged/{staged}/pages/1", Action.DOCUMENT_EDIT),
    Route("POST", "/api/staff/documents/staged/{staged}", Action.DOCUMENT_APPROVE),
    Route("DELETE", "/api/staff/documents/staged/{staged}", Action.DOCUMENT_EDIT),
    Route("GET", "/api/staff/documents/{document}", Action.DOCUMENT_EDIT),
    Route(
        "PATCH", "/api/staff/documents/{document}", Action.DOCUMENT_EDIT, {"version": 99, "correction": {}}
    ),
    Route(
        "PATCH",
        "/api/staff/documents/{own_document}",
        Action.DOCUMENT_EDIT,
        {"version": 99, "correction": {"departments": ["{department}"]}},
    ),
    Route("POST", "/api/staff/documents/{document}/reset?version=99", Action.DOCUMENT_EDIT),
    Route("POST", "/api/staff/documents/{document}/ingest", Action.DOCUMENT_EDIT),
    Route("DELETE", "/api/staff/documents/{document}?version=99", Action.DOCUMENT_REMOVE),
    Route("POST", "/api/staff/documents/{removed}/restore", Action.DOCUMENT_REMOVE),
    Route("GET", "/api/staff/settings", Action.SETTINGS),
    Route("GET", "/api/staff/settings/threshold", Action.SETTINGS),
    Route("PUT", "/api/staff/settings/switch", Action.SETTINGS, {"version": 99, "mode": "off"}),
    Route("PUT", "/api/staff/settings/threshold", Action.SETTINGS, {"version": 99, "threshold": 0.6}),
    Route("PUT", "/api/staff/settings/second-step", Action.SETTINGS, {"version": 99, "roles": []}),
    Route("PUT", "/api/staff/settings/sentences/REFUSAL", Action.SETTINGS, {"version": 99, "text": "没有。"}),
    Route(
        "PUT",
        "/api/staff/settings/everyday-words",
        Action.SETTINGS,
        {"version": 99, "said": "工钱", "official": "工资"},
    ),
    Route(
        "POST",
        "/api/staff/settings/everyday-words/preview",
        Action.SETTINGS,
        {"said": "工钱", "official": "工资"},
    ),
    Route("PUT", "/api/staff/settings/excluded/nothing", Action.SETTINGS, {"version": 99, "excluded": True}),
    Route("GET", "/api/staff/queue?limit=200", Action.QUEUE),
    Route("GET", f"/api/staff/queue?department={OTHER}&q={SECRET[OTHER]}", Action.QUEUE),
    Route("GET", "/api/staff/queue/{group}", Action.QUEUE),
    Route("POST", "/api/staff/queue/{group}/claim", Action.QUEUE),
    Route("POST", "/api/staff/queue/{group}/release", Action.QUEUE),
    Route("POST", "/api/staff/queue/{group}/reply", Action.QUEUE, {"version": 99, "text": "答"}),
    Route("POST", "/api/staff/queue/{group}/dismiss", Action.QUEUE, {"version": 99, "text": "重复"}),
    Route("POST", "/api/staff/queue/{group}/faq", Action.QUEUE, {"version": 99, "faq_id": "{approved}"}),
    Route("POST", "/api/staff/queue/{group}/draft", Action.QUEUE, {"answer": "答"}),
    Route("POST", "/api/staff/queue/{group}/separate", Action.QUEUE, {"source": "left", "ref": "?"}),
    Route(
        "POST",
        "/api/staff/queue/{group}/hand-over",
        Action.QUEUE,
        {"version": 99, "department": OTHER, "note": "转"},
    ),
    Route("POST", "/api/staff/queue/{group}/assign", Action.QUEUE, {"version": 99, "colleague": "nobody"}),
    Route("POST", "/api/staff/queue/{group}/send-back", Action.QUEUE, {"version": 99, "note": "退"}),
    Route("POST", "/api/staff/queue/{group}/notes", Action.QUEUE, {"note": "已核实"}),
    Route("GET", "/api/staff/desks", Action.QUEUE),
    Route("GET", "/api/staff/templates", Action.QUEUE),
    Route(
        "POST",
        "/api/staff/templates",
        Action.TEMPLATES,
        {"name": "", "text": "", "department": "{department}"},
    ),
    Route("PUT", "/api/staff/templates/99", Action.TEMPLATES, {"name": "收", "text": "悉"}),
    Route("DELETE", "/api/staff/templates/99", Action.TEMPLATES),
    Route("GET", "/api/staff/notices", Action.SETTINGS),
    Route("POST", "/api/staff/notices", Action.SETTINGS, NOTICE),
    Route("PUT", "/api/staff/notices/99", Action.SETTINGS, NOTICE),
    Route("DELETE", "/api/staff/notices/99", Action.SETTINGS),
    Route("POST", "/api/staff/notices/99/test", Action.SETTINGS),
    Route("POST", "/api/staff/reports", Action.QUEUE, {"text": "", "note": ""}),
    Route("GET", f"/api/staff/search?q={SECRET[OTHER]}", Action.SEARCH),
    Route("GET", "/api/staff/figures?{days}", Action.FIGURES),
    Route("GET", "/api/staff/figures?{days}&department={department}", Action.FIGURES),
    Route("GET", "/api/staff/ledger.xlsx?{days}", Action.LEDGER),
    Route("GET", "/api/staff/ledger.xlsx?{days}&department={department}", Action.LEDGER),
    Route("GET", "/api/staff/pairs.jsonl", Action.PAIRS),
    Route("GET", "/api/staff/contacts", Action.SEARCH),
    Route("PUT", "/api/staff/contacts?name=empty.csv", Action.CONTACTS),
    Route("GET", "/api/staff/contacts/export.xlsx", Action.SEARCH),
    Route("GET", "/api/staff/contacts/template.xlsx", Action.CONTACTS),
    Route("GET", "/api/staff/assist", None),
    Route("POST", "/api/staff/assist/faq", Action.FAQ_EDIT, {"text": "段"}),
    Route("POST", "/api/staff/assist/variants", Action.FAQ_EDIT, {"text": "问"}),
    Route("POST", "/api/staff/assist/plain", Action.FAQ_EDIT, {"text": "段"}),
    Route("POST", "/api/staff/assist/reply", Action.QUEUE, {"text": "问"}),
]
IDS = [f"{route.method} {route.path}" for route in ROUTES]


@dataclass(frozen=True)
class Office:
    """A service with matters of two departments: department -> name in ROUTES -> id."""

    kb: KnowledgeBase
    app: FastAPI
    matters: Mapping[str, Mapping[str, str]]
    clients: Mapping[tuple[Role, tuple[str, ...]], TestClient]

    def send(self, route: Route, role: Role, bound: bool, department: str) -> "Sent":
        """The answer to staff of OWN (if `bound`) who call `route` about a matter of `department`."""
        matter = self.matters[department]

        def filled(text: str) -> str:
            return re.sub(r"\{(\w+)\}", lambda name: matter[name[1]], text)

        client = self.clients[role, (OWN,) if bound else ()]
        body = json.loads(filled(json.dumps(route.body, ensure_ascii=False)))
        response = client.request(route.method, filled(route.path), json=body)
        is_zip = response.content.startswith(b"PK")
        return Sent(response.status_code, unzipped(response.content) if is_zip else response.text)


class Sent(NamedTuple):
    status: int
    text: str


def unzipped(content: bytes) -> str:
    """All texts of an Excel file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = (archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
        return html.unescape("\n".join(texts))


@pytest.fixture(scope="module")
def office(
    make_home: Callable[[], Path], embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("documents")
    with two_departments(make_home(), folder, embedder) as (kb, matters):
        app = create_app(kb)
        bindings: tuple[tuple[str, ...], ...] = ((), (OWN,))
        clients = {
            (role, departments): sign_in(kb, app, role, departments)
            for role in Role
            for departments in bindings
        }
        yield Office(kb, app, matters, clients)


def is_allowed(route: Route, role: Role, bound: bool, department: str) -> bool:
    """What the role, and the department it is bound to, allow; administrators are bound to none."""
    has_role = route.action is None or role in MAY[route.action]
    return has_role and (not route.concerns or not bound or department == OWN or role is Role.ADMIN)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_staff_route_does_what_role_and_department_allow_and_no_more(office: Office, route: Route):
    before = stored(office.kb)
    for case in CASES:
        if not is_allowed(route, *case):
            status, text = office.send(route, *case)
            assert status == 403, (case, text)
            assert list(json.loads(text)) == ["error"]
            assert SECRET[OTHER] not in text
    assert stored(office.kb) == before  # no refused request changed anything
    for role, bound, department in CASES:
        if is_allowed(route, role, bound, department):
            status, text = office.send(route, role, bound, department)
            assert status not in (401, 403) and status < 500, (role, bound, department, text)
            if bound and role is not Role.ADMIN:
                assert SECRET[OTHER] not in text.replace(asked_back(route), ""), (role, department)


def asked_back(route: Route) -> str:
    """The words of the request that the answer may repeat."""
    return f"“{SECRET[OTHER]}”" if "check" in route.path else ""


SHOWN = [
    route for route in ROUTES if route.method == "GET" and re.search("/(faq|queue|ledger|audit)", route.path)
]
SHOWN = [route for route in SHOWN if not re.search(f"template|{OTHER}|{SECRET[OTHER]}", route.path)]


@pytest.mark.parametrize("route", SHOWN, ids=[route.path for route in SHOWN])
def test_staff_route_shows_the_own_departments_matters(office: Office, route: Route):
    """That the secrets of others are missing says something only where one's own are there."""
    role = Role.ADMIN if route.action in (Action.AUDIT, Action.LEDGER) else Role.EDITOR
    bound = Role.REVIEWER if route.action is Action.LEDGER else role
    assert SECRET[OWN] in office.send(route, bound, True, OWN).text
    assert SECRET[OTHER] in office.send(route, role, False, OTHER).text


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_staff_route_without_session_gets_401(office: Office, route: Route):
    response = TestClient(office.app).request(route.method, route.path, json=route.body)
    assert response.status_code == 401
    assert response.json() == {"error": "没有登录，或登录已过期，请重新登录。"}
    assert response.headers["cache-control"] == "no-store"


def test_every_staff_route_is_listed(office: Office):
    listed = {(route.method, re.sub(r"\?.*", "", route.path)) for route in ROUTES}
    checked = 0
    for context in iter_route_contexts(office.app.routes):
        if not (context.path or "").startswith("/api/staff"):
            continue
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", context.path or ""))
        for method in context.methods or ():
            assert any(known == method and pattern.fullmatch(path) for known, path in listed), context
            checked += 1
    assert checked >= 72
