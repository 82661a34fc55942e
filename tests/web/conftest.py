"""The web program on the session's knowledge base, called without a socket."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import create_app
from kb.knowledge_base import KnowledgeBase


@pytest.fixture(scope="session")
def web_app(kb: KnowledgeBase) -> FastAPI:
    """All routes on `kb`; its lifespan, which would open KB_HOME a second time, is not entered."""
    app = create_app(kb.settings)
    app.state.kb = kb
    return app


@pytest.fixture(scope="session")
def client(web_app: FastAPI) -> TestClient:
    """Sees what a browser would see: a crash is a response, not an exception."""
    return TestClient(web_app, raise_server_exceptions=False)
