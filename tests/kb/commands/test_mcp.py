"""`python -m kb mcp`: asked by the MCP SDK's own client, over the running service and over the home."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from factories import WORK_PLAN
from mcp import StdioServerParameters, stdio_client
from mcp_client import over, text_of

from ingest.pipeline.run import ingest
from kb.commands.agent_tools import AGENT_TOOLS
from kb.commands.agents import Home
from kb.commands.mcp_server import make_server
from kb.commands.terminal import Kept
from kb.controls.rules import Mode
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import OPERATOR
from kb.storage.home import HomeLock
from web.command_channel import commands_served
from web.sessions import now_utc

REPOSITORY = Path(__file__).parents[3]
QUESTION = "规范性文件清理什么时候完成？"
UNKNOWN = "公园什么时候关门？"


def test_stdio_server_asks_the_running_service(kb: KnowledgeBase, tmp_path: Path):
    """One process for all: it takes seconds to start."""
    environment = {**os.environ, "KB_HOME": str(kb.settings.home), "PYTHONPATH": str(REPOSITORY)}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "kb", "mcp"], env=environment, cwd=str(tmp_path)
    )
    document = next(one for one in kb.storage.documents.summaries() if "信息公开条例" in one.title)
    with commands_served(kb, tuple(AGENT_TOOLS.values())):
        tools, (answer, refusal, found, part, missing, wrong) = over(
            stdio_client(command),
            ("ask", {"question": QUESTION}),
            ("ask", {"question": UNKNOWN}),
            ("search", {"query": "政府信息公开指南", "limit": 2}),
            ("read_document", {"document_id": document.id}),
            ("read_document", {"document_id": "nothing"}),
            ("search", {"query": "公开", "limit": 999}),
        )
    assert {tool.name: bool(tool.output_schema) for tool in tools} == dict.fromkeys(AGENT_TOOLS, True)
    said = answer.structured_content
    assert said["answered"]
    (source, *_) = said["sources"]
    full = kb.storage.documents.get(source["document_id"])
    assert full is not None
    assert full.text[source["start"] : source["end"]] == source["quote"]
    assert source["url"].startswith("/doc/")
    assert (refusal.structured_content["answered"], refusal.structured_content["kind"]) == (False, "refused")
    assert refusal.structured_content["sources"] == []
    assert len(found.structured_content["passages"]) == 2
    read = part.structured_content
    assert (read["document"], read["status"]) == (document.title, document.status.value)
    assert read["text"] == full_text(kb, document.id)[: len(read["text"])]
    assert missing.is_error
    assert text_of(missing) == "没有编号为 nothing 的文件，编号请从提问或检索的结果里取。"
    assert wrong.is_error
    assert "limit" in text_of(wrong)


def full_text(kb: KnowledgeBase, document_id: str) -> str:
    document = kb.storage.documents.get(document_id)
    assert document is not None
    return document.text


def test_document_is_read_to_its_end_in_parts(kb: KnowledgeBase):
    document = kb.storage.documents.summaries()[0]
    parts, start = "", 0
    while start is not None:
        kept = Kept()
        tool = AGENT_TOOLS["read_document"].model_validate({"document_id": document.id, "start": start})
        assert tool.run(kb, kept) == 0
        part = AGENT_TOOLS["read_document"].result.model_validate_json(kept.text).model_dump()
        parts, start = parts + part["text"], part["next_start"]
    assert parts == full_text(kb, document.id)


@pytest.mark.usefixtures("loaded_model")
def test_without_a_service_the_home_is_opened_at_the_first_question(
    make_home: Callable[[], Path], embedder: Embedder
):
    settings = Settings(home=make_home(), public_url="https://zwgk.example.gov.cn")
    with open_knowledge_base(settings, embedder=embedder) as own:
        ingest([WORK_PLAN], own, progress=False)
        asked = len(list(own.citizens.journal.recent()))
    with ExitStack() as stack:
        server = make_server(Home(settings, stack).call)
        HomeLock(settings.home).release()  # nobody holds it yet
        _, (answer,) = over(server, ("ask", {"question": QUESTION}))
        assert answer.structured_content["sources"][0]["url"].startswith("https://zwgk.example.gov.cn/doc/")
    with open_knowledge_base(settings, embedder=embedder) as own:
        assert len(list(own.citizens.journal.recent())) == asked + 1
        own.controls.switch(Mode.OFF, "系统升级，暂停服务。", 0, OPERATOR, now_utc())
    with ExitStack() as stack:
        _, (answer, found) = over(
            make_server(Home(settings, stack).call),
            ("ask", {"question": QUESTION}),
            ("search", {"query": QUESTION}),
        )
    assert not answer.structured_content["answered"]
    assert found.is_error
    assert text_of(found) == "系统升级，暂停服务。"
