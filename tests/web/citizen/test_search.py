"""GET /api/search, /api/documents and /readyz."""

from datetime import date

import pytest
from fastapi.testclient import TestClient

from kb.knowledge_base import KnowledgeBase

FIELDS = {
    *("document_id", "document", "number", "section", "page", "text", "score", "start", "end", "url"),
    *("chunk_id", "lead_units", "responsible_units", "status", "dated", "standing", "standing_url"),
}


def test_hit_quotes_document_at_its_span(client: TestClient, kb: KnowledgeBase):
    results = client.get("/api/search", params={"q": "规范性文件清理", "limit": 3}).json()
    assert results["query"] == "规范性文件清理"
    assert len(results["hits"]) == 3
    assert results["timings_ms"]
    for hit in results["hits"]:
        assert hit.keys() >= FIELDS
        assert kb.storage.documents.get(hit["document_id"]).text[hit["start"] : hit["end"]] == hit["text"]
    assert "规范性文件" in results["hits"][0]["text"]
    assert client.get(results["hits"][0]["url"]).status_code == 200


def test_search_filters_by_date_status_department(client: TestClient):
    def dates(**filters: str) -> set[str]:
        hits = client.get("/api/search", params={"q": "政务公开工作", "limit": 100, **filters}).json()["hits"]
        return {hit["dated"] for hit in hits}

    assert {day[:4] for day in dates()} > {"2023"}
    assert {day[:4] for day in dates(date_from="2023-01-01")} == {"2023"}
    assert all(date.fromisoformat(day) < date(2023, 1, 1) for day in dates(date_to="2022-12-31"))
    assert dates(status="已废止") == set()
    hits_of_department = client.get("/api/search", params={"q": "清理", "department": "区司法局"}).json()[
        "hits"
    ]
    assert hits_of_department
    assert all("区司法局" in (*hit["lead_units"], *hit["responsible_units"]) for hit in hits_of_department)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="no query"),
        pytest.param("q=", id="empty query"),
        pytest.param("q=" + "a" * 501, id="too long"),
        pytest.param("q=a&limit=0", id="limit 0"),
        pytest.param("q=a&limit=many", id="limit a word"),
        pytest.param("q=a&status=x", id="unknown status"),
        pytest.param("q=a&date_from=soon", id="not a date"),
    ],
)
def test_invalid_parameters_get_chinese_error(client: TestClient, query: str):
    response = client.get(f"/api/search?{query}")
    assert 400 <= response.status_code < 500
    assert any("一" <= character <= "鿿" for character in response.json()["error"])


@pytest.mark.parametrize("words", ["  ", "%_'\";--", "\x00", "🙂", "a" * 500], ids=repr)
def test_odd_queries_do_not_crash(client: TestClient, words: str):
    assert client.get("/api/search", params={"q": words}).status_code < 500


def test_document_list_hides_server_paths(client: TestClient):
    response = client.get("/api/documents")
    titles = {document["title"] for document in response.json()["documents"]}
    assert any("工作要点" in title for title in titles)
    assert len(titles) == 3
    assert "/corpus/" not in response.text


def test_readiness_counts_documents_and_chunks(client: TestClient, kb: KnowledgeBase):
    ready = client.get("/readyz")
    assert ready.status_code == 200
    counts = {name: ready.json()[name] for name in ("status", "documents", "chunks")}
    assert counts == {"status": "ok", "documents": 3, "chunks": kb.storage.documents.chunk_count()}
    assert {part["state"] for part in ready.json()["parts"].values()} == {"ok"}
