"""Staff for tests: accounts ready for use, and clients signed in over HTTP."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import OPERATOR, Role, Staff

PASSWORD = "correct horse 电池"


def make_staff(role: Role, departments: Sequence[str] = ()) -> Staff:
    """A member of staff; the same role and departments give the same name."""
    name = f"{role.value}{sum(map(ord, ''.join(departments))) or ''}"
    return Staff(name=name, title=f"{role.label}小王", role=role, departments=tuple(departments))


def sign_in(kb: KnowledgeBase, app: FastAPI, role: Role, departments: Sequence[str] = ()) -> TestClient:
    """A client signed in as a member of staff with `role` and `departments`; adds the account if missing."""
    staff = make_staff(role, departments)
    with suppress(InputError):  # another test made the account
        kb.staff.users.add(OPERATOR, staff, PASSWORD, datetime.now(UTC), must_change=False)
    client = TestClient(app, raise_server_exceptions=False)
    response = client.post("/login", data={"name": staff.name, "password": PASSWORD}, follow_redirects=False)
    assert response.status_code == 303, response.text
    return client
