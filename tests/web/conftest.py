"""The web program on the session's knowledge base, called without a socket."""

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import create_app
from kb.knowledge_base import KnowledgeBase


@pytest.fixture(scope="session")
def web_app(kb: KnowledgeBase) -> FastAPI:
    """All routes on `kb`.

    Made inside an event loop: outside of one Gradio opens loops of its own and never closes them, which
    shows as a ResourceWarning in whatever test comes next.
    """
    with start_blocking_portal() as portal:
        return portal.call(create_app, kb)


@pytest.fixture(scope="session")
def client(web_app: FastAPI) -> TestClient:
    """Sees what a browser would see: a crash is a response, not an exception."""
    return TestClient(web_app, raise_server_exceptions=False)
