"""The web program on the session's knowledge base, called without a socket."""

from collections.abc import Callable, Sequence

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from staffing import sign_in

from app import create_app
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role

Login = Callable[..., TestClient]


@pytest.fixture(scope="session")
def app(kb: KnowledgeBase) -> FastAPI:
    """All routes on `kb`."""
    return create_app(kb)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> TestClient:
    """All routes on `kb`, as a browser would see them: a crash is a response, not an exception.

    Its lifespan is not entered, so the console stays at "starting"; tests/browser looks at the real one.
    """
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def login(kb: KnowledgeBase, app: FastAPI) -> Login:
    """login(role, departments=()): a client signed in as such a member of staff, over HTTP.

    One client for each role and departments, so do not sign it out. A test that changes the knowledge base
    makes its own with staffing.sign_in.
    """
    clients: dict[tuple[Role, tuple[str, ...]], TestClient] = {}

    def made(role: Role, departments: Sequence[str] = ()) -> TestClient:
        key = (role, tuple(departments))
        if key not in clients:
            clients[key] = sign_in(kb, app, role, departments)
        return clients[key]

    return made
