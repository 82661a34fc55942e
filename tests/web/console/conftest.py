"""The console on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from at_console import Member
from fastapi import FastAPI
from serving import serving
from staffing import PASSWORD, make_staff

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role
from web.startup import build_console, console_mounted

ONCE = httpx.Limits(max_keepalive_connections=0)  # a busy server closes idle connections late
RULES = "# 停车办法\n\n第一条 区城管局负责停车管理。\n"


@pytest.fixture(scope="module")
def house(
    make_home: Callable[[], Path], embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KnowledgeBase]:
    """A knowledge base with one document and an account of each role, for tests that change it."""
    file = tmp_path_factory.mktemp("documents") / "停车办法.md"
    file.write_text(RULES, encoding="utf-8")
    settings = Settings(home=make_home(), port=0, rate_address=0, rate_session=0)
    with open_knowledge_base(settings, embedder=embedder) as opened:
        assert not ingest([file], opened, progress=False).failed
        for role in Role:
            opened.staff.users.add(OPERATOR, make_staff(role), PASSWORD, datetime.now(UTC), must_change=False)
        yield opened


@pytest.fixture(scope="module")
def served(house: KnowledgeBase) -> Iterator[tuple[FastAPI, int]]:
    """The program with its console, and the port it listens on."""
    app = create_app(house)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with console_mounted(app, await asyncio.to_thread(build_console, house)):
            yield

    app.router.lifespan_context = lifespan
    with serving(app, house.settings, lifespan="on") as port:
        yield app, port


@pytest.fixture(scope="module")
def at_console(served: tuple[FastAPI, int]) -> Iterator[Callable[[Role], Member]]:
    """at_console(role): a member of staff with that role, signed in."""
    app, port = served
    members: dict[Role, Member] = {}

    def made(role: Role) -> Member:
        if role not in members:
            address = f"http://127.0.0.1:{port}"
            client = httpx.Client(base_url=address, trust_env=False, timeout=60, limits=ONCE)
            entry = client.post("/login", data={"name": make_staff(role).name, "password": PASSWORD})
            assert entry.status_code == 303, entry.text
            members[role] = Member(client, app.state.console.get_blocks())
        return members[role]

    yield made
    for member in members.values():
        member.client.close()
