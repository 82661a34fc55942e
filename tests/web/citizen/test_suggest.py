"""GET /api/suggest and /api/welcome."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb.commands.terminal import ProgressStep
from web.state import BringingIn


def test_suggest_returns_matching_heading(client: TestClient):
    response = client.get("/api/suggest", params={"q": "政策解读实效"})
    assert response.headers["cache-control"] == "no-store"
    first = response.json()["suggestions"][0]
    assert first.keys() == {"text", "kind", "document", "url"}
    assert (first["text"], first["kind"]) == ("提高政策解读实效", "heading")
    assert first["document"] == "2023年浔阳区政务公开工作要点"
    assert "提高政策解读实效" in client.get(first["url"]).text


@pytest.mark.parametrize("q", [None, "", " ", "魑魅魍魉", "%_'\";--", "\x00", "🙂", "问" * 500])
def test_suggest_is_empty_without_match(client: TestClient, q: str | None):
    response = client.get("/api/suggest", params={} if q is None else {"q": q})
    assert (response.status_code, response.json()) == (200, {"suggestions": []})


def test_suggest_refuses_too_long_text(client: TestClient):
    response = client.get("/api/suggest", params={"q": "问" * 501})
    assert response.status_code == 422
    assert "格式不对" in response.json()["error"]


def test_welcome_has_promises_and_topics(client: TestClient):
    response = client.get("/api/welcome")
    assert response.headers["cache-control"] == "no-store"
    welcome = response.json()
    assert {name: welcome[name] for name in ("reply_days", "hotline", "retention_days", "limit")} == {
        "reply_days": 7,
        "hotline": "12345",
        "retention_days": 180,
        "limit": 500,
    }
    topics = {topic["topic"]: topic["questions"] for topic in welcome["topics"]}
    assert "街道要安排几名政策解答员？" in topics["政务公开"]


def test_pages_say_how_many_documents_are_there_while_they_are_brought_in(client: TestClient, app: FastAPI):
    app.state.bringing_in = BringingIn()
    try:
        assert client.get("/api/welcome").json()["notice"] == ""
        note = "18/60 份 1250 段 40 段/秒 剩余约 2 分钟"
        app.state.bringing_in.step(ProgressStep(what="导入", share=0.3, note=note))
        said = "文件正在导入（已导入 18/60 份），暂时查不全；没有查到的，请过几分钟再问。"
        assert client.get("/api/welcome").json()["notice"] == said
        assert said in client.get("/chat").text
    finally:
        app.state.bringing_in = None
    assert client.get("/api/welcome").json()["notice"] == ""


@pytest.mark.hostile
def test_welcome_offers_what_three_people_asked_without_names(client: TestClient, app: FastAPI):
    asked = ("申请信息公开 多少天答复", "李四家的信息公开申请什么时候答复？")
    for number in range(9):
        headers = {"X-Policy-Session": f"session-{number}"}
        client.post("/api/ask", json={"question": asked[0]}, headers=headers)
    assert asked[0] not in client.get("/api/welcome").json()["most_asked"]
    assert "申请信息公开多少天答复？" not in client.get("/api/welcome").json()["most_asked"]
    for number in range(2):
        other = TestClient(app, client=(f"192.0.2.{number}", 50_000))
        for question in asked:
            other.post("/api/ask", json={"question": question})
    most_asked = client.get("/api/welcome").json()["most_asked"]
    assert "申请信息公开多少天答复？" in most_asked
    assert not any("李四" in question for question in most_asked)
