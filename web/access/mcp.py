"""POST /mcp: the knowledge base as an MCP server over HTTP (Streamable HTTP), for agents with a key.

Each request stands for itself: no session is kept and no stream stays open, so that any number of clients may
come and go. web.edge.key_gate has checked the key; its scopes say which tools there are.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from kb.access.api_keys import ApiKey
from kb.access.api_keys import Scope as KeyScope
from kb.commands.agent_tools import AgentTool
from kb.commands.terminal import Kept
from kb.knowledge_base import KnowledgeBase
from web.addresses import KEY_SCOPE
from web.errors import sentence_for
from web.state import knowledge_base

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server

router = APIRouter()

_TOOLS = {KeyScope.ASK: ("ask",), KeyScope.SEARCH: ("search", "read_document")}


@router.post("/mcp")
def mcp(request: Request) -> Response:
    """One message of an MCP client."""
    key = request.scope[KEY_SCOPE]
    assert isinstance(key, ApiKey)
    from kb.commands.mcp_server import make_server  # a second of the program's start, for few

    names = [name for scope in key.scopes for name in _TOOLS[scope]]
    return _Served(make_server(partial(_call, knowledge_base(request)), names))


class _Served(Response):
    """The answer of an MCP server to the request."""

    def __init__(self, server: "Server[Any]") -> None:
        super().__init__()
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the server read the request and answer it."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _call(kb: KnowledgeBase, tool: AgentTool) -> tuple[int, str]:
    kept = Kept()
    try:
        return tool.run(kb, kept), kept.text
    except Exception as error:
        return 1, sentence_for(error)  # logged, with the number that the sentence names
