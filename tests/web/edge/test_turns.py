"""Questions wait for their turn: visitors one after the other, and past capacity 503 with Retry-After."""

import asyncio
from collections.abc import Callable

import pytest
from httpx import ASGITransport, AsyncClient, Response
from loops import finished
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from web.edge.turns import BusyError, InTurn, Turns


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0)


def test_visitors_get_their_turn_one_after_the_other():
    async def order() -> list[str]:
        turns, came = Turns(1, 10), list[str]()
        await turns.take(("192.0.2.1", ""))

        async def ask(address: str, name: str) -> None:
            await turns.take((address, ""))
            came.append(name)
            turns.give_back(0.1)

        tasks = []
        for address, name in (
            *(("192.0.2.9", f"九{number}") for number in range(4)),
            ("192.0.2.2", "二"),
            ("192.0.2.3", "三"),
        ):
            tasks.append(asyncio.create_task(ask(address, name)))
            await asyncio.sleep(0)
        turns.give_back(0.1)
        await asyncio.gather(*tasks)
        return came

    assert finished(order()) == ["九0", "二", "三", "九1", "九2", "九3"]


def test_one_address_holds_half_of_the_waiting_places():
    async def waiting() -> int:
        turns = Turns(1, 4)
        await turns.take(("192.0.2.1", ""))
        tasks = [asyncio.create_task(turns.take(("192.0.2.1", str(number)))) for number in range(2)]
        await _until(lambda: turns.waiting == 2)
        with pytest.raises(BusyError):
            await turns.take(("192.0.2.1", "third"))
        tasks += [asyncio.create_task(turns.take(("192.0.2.2", str(number)))) for number in range(2)]
        await _until(lambda: turns.waiting == 4)
        with pytest.raises(BusyError):
            await turns.take(("192.0.2.3", ""))
        for _ in range(5):
            turns.give_back(0.1)
        await asyncio.gather(*tasks)
        return turns.waiting

    assert finished(waiting()) == 0


def test_turn_of_a_visitor_who_left_goes_to_the_next():
    async def come() -> list[str]:
        turns, came = Turns(1, 10), list[str]()
        await turns.take(("192.0.2.1", ""))

        async def ask(name: str) -> None:
            await turns.take((name, ""))
            came.append(name)

        gone, stays = (asyncio.create_task(ask(name)) for name in ("192.0.2.2", "192.0.2.3"))
        await _until(lambda: turns.waiting == 2)
        gone.cancel()
        await _until(gone.done)
        turns.give_back(0.1)
        await stays
        turns.give_back(0.1)
        await turns.take(("192.0.2.4", ""))  # the only place is free again
        return came

    assert finished(come()) == ["192.0.2.3"]


def test_past_capacity_a_question_gets_503_and_other_pages_are_served():
    async def statuses() -> tuple[Response, Response, list[Response]]:
        opened = asyncio.Event()

        async def site(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == "/api/ask":
                await opened.wait()
            await PlainTextResponse("好")(scope, receive, send)

        turns = Turns(1, 2)
        async with AsyncClient(
            transport=ASGITransport(InTurn(site, turns)), base_url="http://kb.test"
        ) as client:
            asked = [asyncio.create_task(client.post("/api/ask"))]
            await _until(lambda: turns._free == 0)
            asked.append(asyncio.create_task(client.post("/api/ask")))
            await _until(lambda: turns.waiting == 1)
            refused, page = await client.post("/api/ask"), await client.get("/healthz")
            opened.set()
            return refused, page, await asyncio.gather(*asked)

    refused, page, answered = finished(statuses())
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json() == {"error": "现在提问的人很多，请 1 秒后再试。"}
    assert [page.status_code, *(answer.status_code for answer in answered)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("method", "path", "waits"),
    [
        ("POST", "/chat", True),
        ("GET", "/chat", False),
        ("POST", "/mcp", True),
        ("GET", "/mcp", False),
        ("POST", "/api/questions", True),
        ("GET", "/api/questions/ABCD", False),
        ("GET", "/api/search", True),
    ],
)
def test_what_searches_takes_a_turn_and_mere_pages_take_none(method: str, path: str, waits: bool):
    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(str(turns._free))(scope, receive, send)

    turns = Turns(1, 1)

    async def free() -> str:
        transport = ASGITransport(InTurn(site, turns))
        async with AsyncClient(transport=transport, base_url="http://kb.test") as client:
            return (await client.request(method, path)).text

    assert finished(free()) == ("0" if waits else "1")
