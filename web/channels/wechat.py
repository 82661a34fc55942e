"""GET and POST /wechat/callback: a 微信公众号 (服务号 or 订阅号), set up in 公众号后台 (docs/wechat.md).

Texts, spoken questions and the keys of menu buttons are questions (web.channels.citizen_messages); following
is greeted; everything else gets one sentence. A call that is not signed by the platform gets 403.
"""

from collections.abc import Mapping
from datetime import datetime

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from kb.controls import wording
from kb.errors import NotFoundError
from kb.knowledge_base import KnowledgeBase
from web.channels.calls import answered
from web.channels.citizen_messages import code_in, reply_to
from web.channels.envelope import Envelope, Query
from web.channels.inbox import Inbox, Incoming, Replied, Told
from web.channels.pace import Pace
from web.channels.telling import news_for, sender_of
from web.sessions import now_utc

router = APIRouter()

_NOTHING = "success"  # what the platform takes for "no reply"
_NOT_SET_UP = "这里没有接入微信公众号。"


class Account:
    """A 公众号 and what answers it."""

    def __init__(self, kb: KnowledgeBase) -> None:
        settings = kb.settings
        assert settings.wechat_token is not None
        self._kb = kb
        self._pace = Pace(settings.rate_session)
        self.envelope = Envelope(settings.wechat_token, settings.wechat_aes_key, settings.wechat_app_id or "")
        sender = sender_of(kb)
        self._wait = wording.WECHAT_LOOKING if sender else wording.WECHAT_FETCH
        self._inbox = Inbox(
            messages=kb.channels.messages,
            wait=settings.wechat_wait_s,
            told=self._told,
            send=sender.send if sender else None,
            news=self._news,
        )

    async def reply(self, fields: Mapping[str, str]) -> str | None:
        """The text in answer to the message with `fields`; None for nothing."""
        sender = fields.get("FromUserName", "")
        kind = fields.get("MsgType", "").lower()
        event = fields.get("Event", "").lower() if kind == "event" else ""
        if event == "unsubscribe":
            await to_thread.run_sync(self._forget, self._conversation(sender))
        text = _asked(kind, event, fields)
        if text is None:
            sentence = _sentence(kind, event)
            return sentence and await to_thread.run_sync(self._say, sentence)
        number = fields.get("MsgId") or f"{fields.get('CreateTime', '')} {event}"
        message = Incoming(
            id=self._kb.channels.messages.digest("wechat", sender, number),
            conversation=self._conversation(sender),
            sender=sender,
            text=text,
        )
        return await self._inbox.reply(message, lambda: self._work(message, now_utc()))

    def _work(self, message: Incoming, now: datetime) -> Replied:
        if not self._pace.allows(message.conversation):
            return Replied(text=self._say(wording.WECHAT_OFTEN))
        return reply_to(self._kb, message, now)

    def _news(self, message: Incoming) -> str | None:
        return None if code_in(message.text) else news_for(self._kb, message.conversation)

    def _forget(self, conversation: str) -> None:
        self._kb.channels.messages.forget(conversation)
        self._kb.channels.replies.forget(conversation)

    def _conversation(self, sender: str) -> str:
        return self._kb.channels.messages.digest("wechat", sender)

    def _say(self, sentence: str) -> str:
        return self._kb.controls.rules().say(sentence)

    def _told(self) -> Told:
        say = self._say
        return Told(wait=say(self._wait), also=say(wording.WECHAT_ALSO), busy=say(wording.WECHAT_BUSY))


def _asked(kind: str, event: str, fields: Mapping[str, str]) -> str | None:
    """The words of a message that can be a question; the key of a menu button stands for its words."""
    if kind == "text":
        return fields.get("Content", "")
    if kind == "voice":
        return fields.get("Recognition") or None
    return fields.get("EventKey") or None if event == "click" else None


def _sentence(kind: str, event: str) -> str | None:
    """What to say to a message without words; None for events that need no answer."""
    if kind == "event":
        return wording.WECHAT_WELCOME if event == "subscribe" else None
    return wording.WECHAT_WORDS_ONLY


def account_of(request: Request) -> Account:
    """The account that the program serves; made with the first call.

    Raises:
        NotFoundError: none is set up.
    """
    kb: KnowledgeBase = request.app.state.kb
    if kb.settings.wechat_token is None:
        raise NotFoundError("没有设 KB_WECHAT_TOKEN", _NOT_SET_UP)
    known = getattr(request.app.state, "wechat", None)
    if not isinstance(known, Account):
        known = request.app.state.wechat = Account(kb)
    return known


@router.get("/wechat/callback")
async def connect(request: Request) -> Response:
    """What the platform tries out when the address is saved: it gets its echostr back."""
    query = Query.of(request.query_params)
    account_of(request).envelope.check(query, now_utc())
    return PlainTextResponse(query.echostr)


@router.post("/wechat/callback")
async def receive(request: Request) -> Response:
    """A message or an event; answered within KB_WECHAT_WAIT_S."""
    account = account_of(request)
    return await answered(request, account.envelope, account.reply, _NOTHING)
