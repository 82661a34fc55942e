"""One request to an OpenAI-compatible server, through llama-index, that the caller can abandon at any moment.

A thread of its own reads the network, so that the caller waits no longer than its time limits, whatever the
server does: accept and send nothing, send a byte a minute, send headers for ever. When the caller leaves, the
socket is shut down, which ends that thread as well.
"""

import json
import queue
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from time import monotonic

import httpx
import openai
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.llms.openai_like import OpenAILike

from kb.errors import LlmError, LlmFailure
from kb.llm.options import LlmOptions, Messages

_RATE_LIMITED, _SERVER_ERRORS = 429, 500
# What the libraries raise on a body that is no chat completion chunk (openai does not validate it).
_GARBLED = (json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError, KeyError, IndexError)


class LlmCall:
    """A request under way; `hang_up` abandons it."""

    def __init__(self, options: LlmOptions, messages: Messages, max_tokens: int) -> None:
        self._options = options
        self._messages = messages
        self._max_tokens = max_tokens
        self._arrived: queue.SimpleQueue[str | LlmError | None] = queue.SimpleQueue()
        self._left = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._read, name="llm", daemon=True)

    def pieces(self, first_by: float, done_by: float) -> Iterator[str]:
        """Yield the text as it arrives: its first piece by `first_by`, all by `done_by` (monotonic seconds).

        Raises:
            LlmError: the answer did not arrive, was not whole, or was too late.
        """
        self._thread.start()
        limit, failure = first_by, LlmFailure.FIRST_TOKEN
        try:
            while True:
                try:
                    item = self._arrived.get(timeout=max(0.0, min(limit, done_by) - monotonic()))
                except queue.Empty:
                    raise LlmError(failure, f"语言模型超时（{failure.value}）") from None
                if item is None:
                    return
                if isinstance(item, LlmError):
                    raise item
                limit, failure = done_by, LlmFailure.TOTAL
                yield item
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Abandon the request: shut down its sockets, which ends the reading thread."""
        self._left.set()
        with self._lock:
            for open_socket in self._sockets:
                with suppress(OSError):  # closed already
                    open_socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            self._arrived.put(self._read_all())
        except LlmError as error:
            self._arrived.put(error)
        except openai.APIStatusError as error:
            self._arrived.put(_refused(error))
        except openai.APITimeoutError as error:
            connected = bool(self._sockets)
            kind = LlmFailure.FIRST_TOKEN if connected else LlmFailure.CONNECT
            self._arrived.put(LlmError(kind, f"语言模型没有回应：{error}"))
        except openai.APIConnectionError as error:
            kind = LlmFailure.CUT if self._sockets else LlmFailure.CONNECT
            self._arrived.put(LlmError(kind, f"连不上语言模型 {self._options.base_url}：{error.__cause__}"))
        except (openai.OpenAIError, *_GARBLED) as error:
            self._arrived.put(LlmError(LlmFailure.GARBLED, f"语言模型的回应看不懂：{error!r}"))
        except (httpx.HTTPError, OSError) as error:
            self._arrived.put(LlmError(LlmFailure.CUT, f"与语言模型的连接断了：{error!r}"))

    def _read_all(self) -> LlmError | None:
        """Read the answer to its end; return the error if it did not end as it should."""
        limits = httpx.Timeout(self._options.total_s, connect=self._options.connect_s)
        hooks = {"request": [self._watch]}
        with httpx.Client(
            timeout=limits, event_hooks=hooks, verify=_certificates(), trust_env=False
        ) as client:
            ending = None
            chunks = _model(self._options, client).stream_chat(
                [
                    ChatMessage(role=MessageRole.SYSTEM, content=self._messages.system),
                    ChatMessage(role=MessageRole.USER, content=self._messages.user),
                ],
                max_tokens=self._max_tokens,
            )
            for chunk in chunks:
                if self._left.is_set():
                    return None
                choices = chunk.raw.choices if chunk.raw is not None else []
                ending = next((choice.finish_reason for choice in choices if choice.finish_reason), ending)
                if chunk.delta:
                    self._arrived.put(chunk.delta)
        if ending == "length":
            limit = f"语言模型说的超过了 {self._max_tokens} 个词元（KB_LLM_ANSWER_TOKENS）"
            return LlmError(LlmFailure.TOO_LONG, limit)
        return None if ending else LlmError(LlmFailure.CUT, "语言模型的回答没有说完，连接就断了")

    def _watch(self, request: httpx.Request) -> None:
        """Record the sockets of `request`, which httpcore's "trace" extension tells."""

        def trace(event: str, details: Mapping[str, object]) -> None:
            if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                return
            stream = details["return_value"]
            raw_socket = stream.get_extra_info("socket") if hasattr(stream, "get_extra_info") else None
            if isinstance(raw_socket, socket.socket):
                with self._lock:
                    self._sockets.append(raw_socket)
                if self._left.is_set():
                    self.hang_up()

        request.extensions["trace"] = trace


def _model(options: LlmOptions, client: httpx.Client) -> OpenAILike:
    key = options.api_key.get_secret_value() if options.api_key else "none"
    return OpenAILike(
        model=options.model,
        api_base=options.base_url,
        api_key=key,
        is_chat_model=True,
        context_window=options.context_tokens,
        temperature=0.0,
        max_retries=0,  # kb.llm.language_model tries again, within the time that is left
        timeout=options.total_s,
        http_client=client,
    )


def _refused(error: openai.APIStatusError) -> LlmError:
    status = error.status_code
    sentence = f"语言模型答复 {status}：{str(error)[:200]}"
    if status == _RATE_LIMITED or status >= _SERVER_ERRORS:
        kind = LlmFailure.RATE_LIMITED if status == _RATE_LIMITED else LlmFailure.SERVER
        return LlmError(kind, sentence, _seconds(error.response.headers.get("retry-after", "")))
    return LlmError(LlmFailure.REJECTED, f"{sentence}；请核对 KB_LLM_BASE_URL、KB_LLM_MODEL、KB_LLM_API_KEY")


def _seconds(retry_after: str) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 10.2.3); a date counts as not given: clocks differ."""
    return float(retry_after) if retry_after.strip().isdecimal() else None


@cache
def _certificates() -> ssl.SSLContext:
    """The system's certificates, read once: that takes 20 ms."""
    return ssl.create_default_context()
