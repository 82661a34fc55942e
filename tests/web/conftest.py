"""The web program on the session's knowledge base, called without a socket."""

import pytest
from fastapi.testclient import TestClient

from app import create_app
from kb.knowledge_base import KnowledgeBase


@pytest.fixture(scope="session")
def client(kb: KnowledgeBase) -> TestClient:
    """All routes on `kb`, as a browser would see them: a crash is a response, not an exception.

    Its lifespan is not entered, so the console stays at "starting"; tests/browser looks at the real one.
    """
    return TestClient(create_app(kb), raise_server_exceptions=False)
