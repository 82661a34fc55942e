"""The tools of kb.commands.agent_tools as an MCP server (modelcontextprotocol.io), over any transport.

The SDK's low-level Server is used: its MCPServer sets up the logging of the whole process, which belongs to
the service that also serves MCP over HTTP.
"""

import json
from collections.abc import Callable, Collection
from importlib.metadata import version
from typing import Any

import anyio
import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kb.commands.agent_tools import AGENT_TOOLS, AgentTool
from kb.errors import KbError

NAME = "policy-qa"
_INSTRUCTIONS = (
    "本区的政策问答知识库。回答政策问题先用 ask；要看更多原文用 search、read_document。"
    "没有依据时它会如实说没有，请照样转告，不要补充。"
)
_NO_TOOL = "没有工具 {name}；可用的是 {names}。"
_WRONG = "参数不对：{details}。"

Call = Callable[[AgentTool], tuple[int, str]]  # runs a tool: its exit code, and its result or sentence


def make_server(call: Call, names: Collection[str] = tuple(AGENT_TOOLS)) -> Server[Any]:
    """An MCP server with the tools `names`, each run by `call` in a thread of its own."""
    tools = {name: tool for name, tool in AGENT_TOOLS.items() if name in names}

    async def list_tools(
        _context: ServerRequestContext[Any], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[_described(name, tool) for name, tool in tools.items()])

    async def call_tool(_context: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        tool = tools.get(params.name)
        if tool is None:
            return _failed(_NO_TOOL.format(name=params.name[:50], names="、".join(tools)))
        try:
            asked = tool.model_validate(params.arguments or {})
        except ValidationError as error:
            return _failed(_WRONG.format(details="；".join(map(_wrong, error.errors()))))
        try:
            code, text = await anyio.to_thread.run_sync(call, asked)
        except KbError as error:
            return _failed(error.citizen)
        if code:
            return _failed(text)
        content = [TextContent(type="text", text=text)]
        return CallToolResult(content=content, structured_content=json.loads(text))

    return Server(
        NAME,
        title="政策问答知识库",
        version=version("policy-qa-kb"),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def serve_stdio(call: Call) -> None:
    """Serve one client on stdin and stdout until it ends the connection."""

    async def serve() -> None:
        server = make_server(call)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(serve)


def _described(name: str, tool: type[AgentTool]) -> Tool:
    return Tool(
        name=name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.model_json_schema(),
        output_schema=tool.result.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _failed(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def _wrong(detail: ErrorDetails) -> str:
    place = ".".join(map(str, detail["loc"])) or "参数"
    return f"{place}：{detail['msg']}"
