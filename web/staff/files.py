"""Files sent to and from a browser: downloads with a name, and uploaded bodies."""

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(content: bytes, name: str, kind: str) -> Response:
    """A response that the browser saves as `name`, which may be Chinese (RFC 6266)."""
    return Response(content, media_type=kind, headers=named(name))


def named(name: str) -> dict[str, str]:
    """The header by which the browser saves a response as `name`."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


async def sent_bytes(request: Request) -> bytes:
    """The bytes of the body; web.edge.body_limit has checked its length."""
    return await request.body()
