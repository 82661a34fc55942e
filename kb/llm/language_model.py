"""Asks the language model for a stream of text that never exceeds its time limits.

    first token   by KB_LLM_FIRST_TOKEN_S after the question came, waiting for a turn and retries included
    the end       by KB_LLM_TOTAL_S after the question came

A request is tried again at most RETRIES times, only before the model has said anything, and only if the wait
(the server's Retry-After, else BACKOFF) still fits. Failures are counted; a model that keeps failing is left
alone for a while (kb.llm.gate).

llama-index and openai take two seconds to import; so this module is imported only where a model is set.
"""

import logging
import threading
from collections.abc import Generator
from time import monotonic

from kb.errors import LlmError, LlmFailure
from kb.llm.call import LlmCall
from kb.llm.gate import WAITING, Breaker, Turns
from kb.llm.options import LlmOptions, Messages
from kb.metrics import Metrics

logger = logging.getLogger(__name__)

RETRIES = 2
BACKOFF = 0.5  # seconds, doubled each time
_AGAIN = frozenset(
    (
        LlmFailure.CONNECT,
        LlmFailure.CUT,
        LlmFailure.GARBLED,
        LlmFailure.RATE_LIMITED,
        LlmFailure.SERVER,
    )
)
_NOT_ITS_FAULT = frozenset((LlmFailure.BUSY, LlmFailure.RESTING, LlmFailure.TOO_LONG))


class LanguageModel:
    """Asks the language model; may be called from several threads."""

    def __init__(self, options: LlmOptions, meters: Metrics, breaker: Breaker | None = None) -> None:
        self.options = options
        self._meters = meters
        self._breaker = breaker or Breaker()
        self._turns = Turns(options.concurrency)
        self._pause = threading.Event()  # never set: waiting for it is a sleep
        meters.watch(lambda: self._breaker.is_open, lambda: self._turns.waiting)

    @property
    def most_at_once(self) -> int:
        """Most calls that may run or wait at once."""
        return self.options.concurrency * (1 + WAITING)

    def stream(
        self, messages: Messages, max_tokens: int | None = None, until: float | None = None
    ) -> Generator[str, None, None]:
        """Yield the model's text in pieces as they arrive; closing the generator ends the request.

        `until` (monotonic seconds): an earlier end than the options set.

        Raises:
            LlmError: the model said nothing, or did not finish, in time or at all.
        """
        start = monotonic()
        first_by, done_by = start + self.options.first_token_s, start + self.options.total_s
        done_by = done_by if until is None else min(done_by, until)
        try:
            self._breaker.check()
            with self._turns.taken(min(first_by, done_by)):
                yield from self._tried(messages, max_tokens or self.options.answer_tokens, first_by, done_by)
        except LlmError as error:
            self._meters.llm_failed(error.failure)
            logger.warning("language model: %s", error.operator)
            if error.failure not in _NOT_ITS_FAULT:
                self._breaker.failed()
            raise

    def ask(self, messages: Messages, max_tokens: int | None = None) -> str:
        """The whole text that `stream` yields.

        Raises:
            LlmError: the model said nothing, or did not finish, in time or at all.
        """
        return "".join(self.stream(messages, max_tokens))

    def _tried(
        self, messages: Messages, max_tokens: int, first_by: float, done_by: float
    ) -> Generator[str, None, None]:
        for attempt in range(RETRIES + 1):
            begun = False
            try:
                for piece in LlmCall(self.options, messages, max_tokens).pieces(first_by, done_by):
                    if not begun:
                        self._breaker.succeeded()  # a caller may leave in mid-answer: no failure
                    begun = True
                    yield piece
                self._breaker.succeeded()
                return
            except LlmError as error:
                wait = BACKOFF * 2**attempt if error.wait is None else error.wait
                fits = monotonic() + wait < min(first_by, done_by)
                if begun or error.failure not in _AGAIN or attempt == RETRIES or not fits:
                    raise
                self._pause.wait(wait)
