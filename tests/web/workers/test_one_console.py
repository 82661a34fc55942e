"""The console of one worker, asked for at another: the same request arrives, the same answer goes back."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.testclient import TestClient

from web.workers.one_console import ConsoleElsewhere, ConsoleHere, close_way, open_way


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[FastAPI]:
    """Another worker; its console is served in a thread over a socket."""
    console, other = FastAPI(), FastAPI()

    @console.post("/console/gradio_api/{what:path}")
    async def asked(what: str, request: Request) -> JSONResponse:
        content = {
            "what": what,
            "query": request.url.query,
            "body": (await request.body()).decode(),
            "cookie": request.cookies.get("kb_staff"),
            "host": request.headers["host"],
            "client": request.client and request.client.host,
            "scheme": request.url.scheme,
        }
        return JSONResponse(content, 201, {"X-Own": "审计".encode().hex()})

    @other.get("/api/suggest")
    def suggest() -> PlainTextResponse:
        return PlainTextResponse("本进程")

    way = open_way()
    server = uvicorn.Server(uvicorn.Config(ConsoleHere(console), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [way.dup()]})
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    path = way.getsockname()
    other.add_middleware(ConsoleElsewhere, path=path)
    yield other
    server.should_exit = True
    thread.join(60)
    close_way(way)


def test_request_for_the_console_arrives_as_it_came(elsewhere: FastAPI):
    client = TestClient(elsewhere, "https://zw.example.gov.cn", client=("203.0.113.7", 50_000))
    answer = client.post(
        "/console/gradio_api/queue/join?n=1&q=%E5%81%9C%E8%BD%A6",
        content="停车怎么收费",
        headers={"Cookie": "kb_staff=abc", "X-KB-Client": "192.0.2.1", "Accept-Encoding": "identity"},
    )
    assert answer.status_code == 201
    assert bytes.fromhex(answer.headers["X-Own"]).decode() == "审计"
    assert answer.json() == {
        "what": "queue/join",
        "query": "n=1&q=%E5%81%9C%E8%BD%A6",
        "body": "停车怎么收费",
        "cookie": "abc",
        "host": "zw.example.gov.cn",
        "client": "203.0.113.7",
        "scheme": "https",
    }


def test_other_requests_stay_here(elsewhere: FastAPI):
    assert TestClient(elsewhere).get("/api/suggest").text == "本进程"


def test_console_that_is_away_is_said_to_be_restarting():
    lonely = FastAPI()
    lonely.add_middleware(ConsoleElsewhere, path="/nonexistent/console.sock")
    answer: httpx.Response = TestClient(lonely).get("/console/")
    assert answer.status_code == 503
    assert "正在重新启动" in answer.text
    assert answer.headers["Retry-After"] == "2"
