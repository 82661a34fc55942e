"""/mcp over HTTP, asked by the MCP SDK's own client with a key."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from mcp_client import over_http, text_of
from serving import serving

from app import create_app
from kb.access.api_keys import ApiKeys, Scope
from kb.access.parts import open_access
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from kb.staff.audit import Audit
from kb.staff.permissions import OPERATOR
from kb.storage.database import open_database
from web.sessions import now_utc

QUESTION = {"question": "规范性文件清理什么时候完成？"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture(scope="module")
def house(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The session's documents with keys of their own."""
    home = tmp_path_factory.mktemp("mcp")
    engine = open_database(home / "kb.sqlite")
    settings = Settings(home=home, port=0, rate_address=0)
    yield replace(kb, settings=settings, access=open_access(engine, Audit(engine), settings))
    engine.dispose()


@pytest.fixture(scope="module")
def url(house: KnowledgeBase) -> Iterator[str]:
    with serving(create_app(house), house.settings) as port:
        yield f"http://127.0.0.1:{port}/mcp"


def key(keys: ApiKeys, *scopes: Scope) -> str:
    return keys.make(OPERATOR, "智能体平台", scopes, now_utc()).secret


def test_client_with_a_key_asks_searches_and_reads(house: KnowledgeBase, url: str):
    secret = key(house.access.keys, *Scope)
    tools, (answer, found) = over_http(
        url, secret, ("ask", QUESTION), ("search", {"query": "政府信息公开指南", "limit": 1})
    )
    (passage,) = found.structured_content["passages"]
    place = {"document_id": passage["document_id"], "start": passage["start"]}
    _, (part,) = over_http(url, secret, ("read_document", place))
    assert [tool.name for tool in tools] == ["ask", "search", "read_document"]
    assert answer.structured_content["answered"]
    (source, *_) = answer.structured_content["sources"]
    document = house.storage.documents.get(source["document_id"])
    assert document is not None
    assert document.text[source["start"] : source["end"]] == source["quote"]
    assert part.structured_content["text"].startswith(passage["quote"][:20])


def test_tools_are_those_of_the_key(house: KnowledgeBase, url: str):
    tools, (refused,) = over_http(url, key(house.access.keys, Scope.SEARCH), ("ask", QUESTION))
    assert [tool.name for tool in tools] == ["search", "read_document"]
    assert refused.is_error
    assert text_of(refused) == "没有工具 ask；可用的是 search、read_document。"


def test_without_a_key_mcp_is_closed_though_other_routes_are_open(house: KnowledgeBase):
    client = TestClient(create_app(house))
    assert client.get("/v1/models").status_code == 200
    for headers in ({}, {"Authorization": "Bearer sk-other"}, {"Authorization": "Bearer pqa_nobody"}):
        assert client.post("/mcp", json=PING, headers=headers).status_code == 401


def test_page_of_another_site_cannot_reach_mcp(house: KnowledgeBase):
    secret = key(house.access.keys, Scope.ASK)
    headers = {"Authorization": f"Bearer {secret}", "Origin": "https://evil.example"}
    assert TestClient(create_app(house)).post("/mcp", json=PING, headers=headers).status_code == 403


def test_reading_mcp_is_no_method_of_it(house: KnowledgeBase):
    secret = key(house.access.keys, Scope.ASK)
    client = TestClient(create_app(house), headers={"Authorization": f"Bearer {secret}"})
    assert client.get("/mcp").status_code == 405
