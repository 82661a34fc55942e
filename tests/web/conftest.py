"""The web program on the session's knowledge base, called without a socket."""

import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from staffing import sign_in

from app import create_app
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role

Login = Callable[..., TestClient]


@pytest.fixture(scope="session", autouse=True)
def _one_loop() -> Iterator[None]:
    """Serve the requests of all clients from one event loop, as the program does: saves 2.6 ms each."""
    with start_blocking_portal() as portal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count all requests of a test in one moment: a slow machine must not decide what a minute allows."""
    moment = time.time()
    clock = SimpleNamespace(time=lambda: moment)
    for name in ("limits.storage.memory.time", "limits.strategies.time"):
        monkeypatch.setattr(name, clock)


@pytest.fixture(scope="session")
def app(kb: KnowledgeBase) -> FastAPI:
    """The web application with all routes on `kb`."""
    return create_app(kb)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> TestClient:
    """A client of all routes on `kb`; as in a browser, a crash is a response, not an exception.

    Its lifespan is not entered, so the console stays at "starting"; tests/browser tests the real one.
    """
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def login(kb: KnowledgeBase, app: FastAPI) -> Login:
    """login(role, departments=()): a client signed in over HTTP as a member of staff with that role.

    Each role and departments has one client, so do not sign it out. A test that changes the knowledge base
    makes its own client with staffing.sign_in.
    """
    clients: dict[tuple[Role, tuple[str, ...]], TestClient] = {}

    def made(role: Role, departments: Sequence[str] = ()) -> TestClient:
        key = (role, tuple(departments))
        if key not in clients:
            clients[key] = sign_in(kb, app, role, departments)
        return clients[key]

    return made
