"""The MCP SDK's own client, asked from tests that are no coroutines."""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent, Tool

Heard = tuple[list[Tool], list[CallToolResult]]
Asked = tuple[str, Mapping[str, object]]  # a tool's name and its arguments


def over(transport: Any, *calls: Asked) -> Heard:
    """The tools of the server behind `transport`, and the results of `calls`."""
    return _apart(partial(_ask, transport, calls))


def over_http(url: str, key: str, *calls: Asked) -> Heard:
    """The same of the server at `url`, with a key."""

    async def ask() -> Heard:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:
            return await _ask(streamable_http_client(url, http_client=client), calls)

    return _apart(ask)


def _apart(ask: Callable[[], Awaitable[Heard]]) -> Heard:
    """What `ask` gives, in a thread of its own: browser tests leave a loop running in the tests' thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, ask).result()


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


async def _ask(transport: Any, calls: tuple[Asked, ...]) -> Heard:
    async with Client(transport) as client:
        tools = (await client.list_tools()).tools
        return tools, [await client.call_tool(name, dict(arguments)) for name, arguments in calls]
