"""Every role x every route of the staff API, over HTTP: without permission 403, without a session 401.

To add a route, add a line to ROUTES: method, path, body (None without one) and the action it needs. The body
should change nothing, such as one for an id that does not exist: permission is recognised by any status but
401 and 403. Routes under /api/staff that are missing here fail the last test.
"""

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb.staff.permissions import MAY, Action, Role

Login = Callable[..., TestClient]
Route = tuple[str, str, object, Action | None]

ROUTES: list[Route] = [
    ("GET", "/api/staff/me", None, None),  # for every role
    ("GET", "/api/staff/users", None, Action.USERS),
    ("POST", "/api/staff/users", {"name": "?", "title": "王芳", "role": "editor"}, Action.USERS),
    ("PATCH", "/api/staff/users/nobody", {"version": 1, "change": {}}, Action.USERS),
    ("POST", "/api/staff/users/nobody/unlock", None, Action.USERS),
    ("POST", "/api/staff/users/nobody/password", None, Action.USERS),
    ("DELETE", "/api/staff/users/nobody/second-step", None, Action.USERS),
    ("GET", "/api/staff/audit", None, Action.AUDIT),
    ("GET", "/api/staff/faq", None, Action.SEARCH),
    ("POST", "/api/staff/faq", {"question": "？", "answer": "答", "document_id": "?"}, Action.FAQ_EDIT),
    ("POST", "/api/staff/faq/check", {"question": "今天天气", "answer": "答"}, Action.FAQ_EDIT),
    ("GET", "/api/staff/faq/template.xlsx", None, Action.FAQ_EDIT),
    ("GET", "/api/staff/faq/export?format=json", None, Action.FAQ_EDIT),
    ("POST", "/api/staff/faq/import?name=empty.csv", None, Action.FAQ_EDIT),
    ("GET", "/api/staff/faq/nothing", None, Action.SEARCH),
    (
        "PUT",
        "/api/staff/faq/nothing",
        {"version": 1, "entry": {"question": "？", "answer": "答"}},
        Action.FAQ_EDIT,
    ),
    ("POST", "/api/staff/faq/nothing/submit", {"version": 1}, Action.FAQ_EDIT),
    ("POST", "/api/staff/faq/nothing/approve", {"version": 1}, Action.FAQ_APPROVE),
    ("POST", "/api/staff/faq/nothing/reject", {"version": 1, "note": "改"}, Action.FAQ_APPROVE),
    ("POST", "/api/staff/faq/nothing/withdraw", {"version": 1}, Action.FAQ_APPROVE),
    ("GET", "/api/staff/documents", None, Action.DOCUMENT_EDIT),
    ("POST", "/api/staff/documents/staged?name=a.txt", None, Action.DOCUMENT_EDIT),
    ("GET", "/api/staff/documents/staged", None, Action.DOCUMENT_EDIT),
    ("POST", "/api/staff/documents/staged/nothing", None, Action.DOCUMENT_EDIT),
    ("DELETE", "/api/staff/documents/staged/nothing", None, Action.DOCUMENT_EDIT),
    ("GET", "/api/staff/documents/nothing", None, Action.DOCUMENT_EDIT),
    ("PATCH", "/api/staff/documents/nothing", {"version": 0, "correction": {}}, Action.DOCUMENT_EDIT),
    ("POST", "/api/staff/documents/nothing/reset?version=0", None, Action.DOCUMENT_EDIT),
    ("POST", "/api/staff/documents/nothing/ingest", None, Action.DOCUMENT_EDIT),
    ("DELETE", "/api/staff/documents/nothing?version=0", None, Action.DOCUMENT_REMOVE),
    ("POST", "/api/staff/documents/nothing/restore", None, Action.DOCUMENT_REMOVE),
    ("GET", "/api/staff/settings", None, Action.SETTINGS),
    ("GET", "/api/staff/settings/threshold", None, Action.SETTINGS),
    ("PUT", "/api/staff/settings/switch", {"version": 99, "mode": "off"}, Action.SETTINGS),
    ("PUT", "/api/staff/settings/threshold", {"version": 99, "threshold": 0.6}, Action.SETTINGS),
    ("PUT", "/api/staff/settings/second-step", {"version": 99, "roles": []}, Action.SETTINGS),
    ("PUT", "/api/staff/settings/sentences/REFUSAL", {"version": 99, "text": "没有。"}, Action.SETTINGS),
    ("PUT", "/api/staff/settings/excluded/nothing", {"version": 99, "excluded": True}, Action.SETTINGS),
    ("GET", "/api/staff/queue", None, Action.QUEUE),
    ("GET", "/api/staff/queue/0", None, Action.QUEUE),
    ("POST", "/api/staff/queue/0/claim", None, Action.QUEUE),
    ("POST", "/api/staff/queue/0/release", None, Action.QUEUE),
    ("POST", "/api/staff/queue/0/reply", {"version": 1, "text": "答"}, Action.QUEUE),
    ("POST", "/api/staff/queue/0/dismiss", {"version": 1, "text": "重复"}, Action.QUEUE),
    ("POST", "/api/staff/queue/0/faq", {"version": 1, "faq_id": "?"}, Action.QUEUE),
    ("POST", "/api/staff/queue/0/draft", {"answer": "答"}, Action.QUEUE),
    ("POST", "/api/staff/queue/0/separate", {"source": "left", "ref": "?"}, Action.QUEUE),
    ("POST", "/api/staff/reports", {"text": "", "note": ""}, Action.QUEUE),
    ("GET", "/api/staff/search?q=%E6%B8%85%E7%90%86", None, Action.SEARCH),
    ("GET", "/api/staff/figures?since=2024-05-10&until=2024-05-10", None, Action.FIGURES),
    ("GET", "/api/staff/ledger.xlsx?since=2024-05-10&until=2024-05-10", None, Action.LEDGER),
    ("GET", "/api/staff/contacts", None, Action.SEARCH),
    ("PUT", "/api/staff/contacts?name=empty.csv", None, Action.CONTACTS),
    ("GET", "/api/staff/contacts/export.xlsx", None, Action.SEARCH),
    ("GET", "/api/staff/contacts/template.xlsx", None, Action.CONTACTS),
    ("GET", "/api/staff/assist", None, None),
    ("POST", "/api/staff/assist/faq", {"text": "段"}, Action.FAQ_EDIT),
    ("POST", "/api/staff/assist/variants", {"text": "问"}, Action.FAQ_EDIT),
    ("POST", "/api/staff/assist/plain", {"text": "段"}, Action.FAQ_EDIT),
    ("POST", "/api/staff/assist/reply", {"text": "问"}, Action.QUEUE),
]
IDS = [f"{method} {path}" for method, path, _, _ in ROUTES]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("method", "path", "body", "action"), ROUTES, ids=IDS)
def test_staff_route_allowed_by_role(
    login: Login, role: Role, method: str, path: str, body: object, action: Action | None
):
    response = login(role).request(method, path, json=body)
    if action is None or role in MAY[action]:
        assert response.status_code not in (401, 403), response.text
        assert response.status_code < 500, response.text
    else:
        assert response.status_code == 403, response.text
        assert list(response.json()) == ["error"]


@pytest.mark.parametrize(("method", "path", "body", "action"), ROUTES, ids=IDS)
def test_staff_route_without_session_gets_401(
    client: TestClient, method: str, path: str, body: object, action: Action | None
):
    response = client.request(method, path, json=body)
    assert response.status_code == 401
    assert response.json() == {"error": "没有登录，或登录已过期，请重新登录。"}
    assert response.headers["cache-control"] == "no-store"


def test_every_staff_route_is_listed(app: FastAPI):
    listed = [(method, path.partition("?")[0]) for method, path, _, _ in ROUTES]
    checked = 0
    for path, operations in app.openapi()["paths"].items():
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
        for method in operations if path.startswith("/api/staff/") else ():
            matches = [
                route for route in listed if route[0] == method.upper() and pattern.fullmatch(route[1])
            ]
            assert matches, f"{method.upper()} {path}"
            checked += 1
    assert checked >= 7
