"""A request's body while it arrives.

Closing a connection with unread data resets it, and the client loses the answer that it was sent (RFC 9112,
section 9.6): a browser that uploads 20 MB would see a network error in place of the sentence.
"""

from starlette.types import Message, Receive

_FORGOTTEN = 32 * 1024 * 1024  # bytes of a refused body that are still read


class Arriving:
    """The `receive` of an ASGI application, which knows whether more of the body is to come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_complete = False

    async def __call__(self) -> Message:
        """The next message of the request."""
        message = await self._receive()
        self._is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def read_off(self) -> None:
        """Read and forget the rest of a refused body, up to a bound."""
        count = 0
        while not self._is_complete and count < _FORGOTTEN:
            count += len((await self()).get("body", b""))
