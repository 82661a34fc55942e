"""A call of a platform with a message: opened, answered, closed; the same for 微信 and 企业微信."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response

from web.channels.envelope import Envelope, Query, text_reply
from web.sessions import now_utc

Reply = Callable[[Mapping[str, str]], Awaitable[str | None]]  # the fields of a message -> the text in answer


async def answered(request: Request, envelope: Envelope, reply: Reply, nothing: str) -> Response:
    """The response to a call; `nothing` is what the platform takes for no reply.

    Raises:
        NotAllowedError, QuestionError: the call is not the platform's, or not readable.
    """
    fields = envelope.open(Query.of(request.query_params), await request.body(), now_utc())
    text = await reply(fields)
    if text is None:
        return PlainTextResponse(nothing)
    now = now_utc()
    return Response(envelope.close(text_reply(fields, text, now), now), media_type="application/xml")
