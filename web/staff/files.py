"""Files that a browser saves instead of showing them."""

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(content: bytes, name: str, kind: str) -> Response:
    """`content` to be saved as `name`, which may be Chinese (RFC 6266)."""
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=kind, headers={"Content-Disposition": disposition})


async def sent_bytes(request: Request) -> bytes:
    """The body as it came; web.edge.body_limit has seen that it is not too long."""
    return await request.body()
