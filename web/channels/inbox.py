"""The five-second rule: a reply that is ready in time is given at once, another one later.

The platform waits five seconds for a reply, then calls again, three times in all, with the same message. The
work on a message is done once (kb.channels.messages). When it takes too long the sender is told to wait; the
reply then goes out by itself where the account may send messages, else the sender fetches it with the next
message, whatever that says.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta

from anyio import to_thread

from kb.answers import Answer
from kb.channels.messages import Messages
from kb.errors import SendError, StoreError
from kb.models import Model
from web.channels.short import with_more
from web.errors import sentence_for
from web.sessions import now_utc

logger = logging.getLogger(__name__)

_AT_ONCE, _MOST = 4, 100  # replies worked on, and those that wait for it too
_FETCHABLE = timedelta(hours=24)
_WORKED_ON = timedelta(minutes=3)  # a program that was ended leaves messages that nobody works on
_SECOND = "+"  # ends the id of a question that came while an earlier reply was fetched
_NUDGE = 2  # characters of a message that only fetches: 1, 好的, 在？


class Incoming(Model):
    """A message: digests of its id and of its conversation, the sender's own id, and what it says."""

    id: str
    conversation: str
    sender: str
    text: str


class Replied(Model):
    """What the work on a message gives: the text, and the answer in it if there is one."""

    text: str
    answer: Answer | None = None


class Told(Model):
    """What a sender is told meanwhile."""

    wait: str
    also: str
    busy: str


Work = Callable[[], Replied]


class Inbox:
    """Replies to messages; `send` sends a text to a sender by itself, None where the account may not.

    `news`: what the sender of a message is to be told before its own reply, if anything.
    """

    def __init__(
        self,
        *,
        messages: Messages,
        wait: float,
        told: Callable[[], Told],
        send: Callable[[str, str], None] | None = None,
        news: Callable[[Incoming], str | None] = lambda message: None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._messages = messages
        self._wait = wait
        self._told = told
        self._send = send
        self._news = news
        self._clock = clock
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._running: dict[str, Future[str]] = {}

    async def reply(self, message: Incoming, work: Work) -> str | None:
        """What to answer the platform's call with, within the wait; None when there is nothing to say."""
        running = await to_thread.run_sync(self._begin, message, work)
        if running is not None:
            await asyncio.wait([asyncio.wrap_future(running)], timeout=self._wait)
        return await to_thread.run_sync(self._settle, message, running)

    def _begin(self, message: Incoming, work: Work) -> "Future[str] | None":
        """Take the message and begin the work on it, unless that was done; what works on it now."""
        now = self._clock()
        try:
            if not self._messages.take(message.id, message.conversation, now):
                return self._running.get(message.id)
            return self._taken(message, work, now)
        except StoreError as error:  # nothing can be kept: the reply can only be given in time
            logger.error("message not kept: %s", error.operator)
            return self._start(message, work)

    def _taken(self, message: Incoming, work: Work, now: datetime) -> "Future[str] | None":
        told = self._told()
        fetched = self._messages.fetch(message.conversation, now - _FETCHABLE) or self._news(message)
        is_nudge = len(message.text.strip()) <= _NUDGE
        if fetched is not None:
            if not is_nudge and self._messages.take(
                message.id + _SECOND, message.conversation, now, is_promised=True
            ):
                self._start(message.model_copy(update={"id": message.id + _SECOND}), work)
                fetched = with_more(fetched, told.also)
            self._messages.finish(message.id, fetched)
        elif is_nudge and self._messages.is_awaited(message.conversation, now - _WORKED_ON):
            self._messages.finish(message.id, told.wait)
        elif len(self._running) >= _MOST:
            self._messages.finish(message.id, told.busy)
        else:
            return self._start(message, work)
        return None

    def _start(self, message: Incoming, work: Work) -> "Future[str]":
        running: Future[str] = Future()
        self._running[message.id] = running

        def run() -> None:
            replied = Replied(text="")
            try:
                with self._slots:
                    replied = _done(work)
                self._keep(message, replied)
            except Exception as error:
                sentence_for(error)  # logs it
            finally:
                del self._running[message.id]
                running.set_result(replied.text)

        threading.Thread(target=run, name="message", daemon=True).start()
        return running

    def _keep(self, message: Incoming, replied: Replied) -> None:
        """Keep the reply; send it when its sender was told to wait."""
        is_promised = self._messages.finish(message.id, replied.text, replied.answer)
        if not is_promised or self._send is None or not self._messages.deliver(message.id):
            return
        try:
            self._send(message.sender, replied.text)
        except SendError as error:
            logger.warning("a reply was not sent, and waits to be fetched: %s", error.operator)
            self._messages.undelivered(message.id)

    def _settle(self, message: Incoming, running: "Future[str] | None") -> str | None:
        """The reply if there is one now, else what tells the sender to wait."""
        try:
            if self._messages.promise(message.id):
                return self._told().wait
            kept = self._messages.find(message.id)
        except StoreError:
            kept = None
        if kept is None:
            return running.result() if running is not None and running.done() else self._told().busy
        return kept.reply if not kept.is_promised or self._messages.deliver(message.id) else None


def _done(work: Work) -> Replied:
    """What `work` gives, or the sentence for its error."""
    try:
        return work()
    except Exception as error:  # an unexpected one is logged, and its sentence names the line
        return Replied(text=sentence_for(error))
