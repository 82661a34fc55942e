"""GET and POST /wecom/callback: an application in 企业微信 or 政务微信 for answerers: search on the phone.

Only members that KB_WECOM_MEMBERS pairs with a working account of staff get results; every call is sealed.
"""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from kb.clock import china_day
from kb.desk.search import Found, ResultKind, Searched
from kb.errors import NotFoundError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Filters
from kb.staff.permissions import OPERATOR, Staff
from web.channels.calls import answered
from web.channels.envelope import Envelope, Query
from web.channels.inbox import Inbox, Incoming, Replied, Told
from web.channels.pace import Pace
from web.channels.short import LIMIT, fitted
from web.sessions import now_utc

router = APIRouter()

_PASSAGES, _ENTRIES = 3, 1
_HELP = "直接发要查的话，比如“低保申请条件”，回复最相近的三段原文和出处。"
_NOTHING_FOUND = "没有找到。换个说法，或写上文件名再查一次。"
_WORDS_ONLY = "这里只看得懂文字和语音。"
_OFTEN = "查得太快了，请过一分钟再查。"
_UNKNOWN = "您的企业微信账号（{member}）没有对应的工作人员账号，不能检索；请联系知识库的管理员。"
_NOT_SET_UP = "这里没有接入企业微信。"
_TOLD = Told(
    wait="正在查找，请过几秒钟随便回复一个字查看结果。",
    also="您刚才发来的也在查找，请过几秒钟随便回复一个字查看。",
    busy="现在查找的人很多，请过一分钟再查。",
)


class Application:
    """An application of 企业微信, and what answers it."""

    def __init__(self, kb: KnowledgeBase) -> None:
        settings = kb.settings
        assert settings.wecom_token is not None
        self._kb = kb
        self._pace = Pace(settings.rate_session)
        self._accounts = dict(pair.split("=", 1) for pair in settings.wecom_members)
        self.envelope = Envelope(settings.wecom_token, settings.wecom_aes_key, settings.wecom_corp_id or "")
        self._inbox = Inbox(messages=kb.channels.messages, wait=settings.wechat_wait_s, told=lambda: _TOLD)

    async def reply(self, fields: Mapping[str, str]) -> str | None:
        """The text in answer to the message with `fields`; None for nothing."""
        kind, member = fields.get("MsgType", "").lower(), fields.get("FromUserName", "")
        if kind == "event":
            return _HELP if fields.get("Event", "").lower() == "subscribe" else None
        text = fields.get("Content") or fields.get("Recognition") or ""
        if not text.strip():
            return _WORDS_ONLY
        digest = self._kb.channels.messages.digest
        message = Incoming(
            id=digest("wecom", member, fields.get("MsgId", "")),
            conversation=digest("wecom", member),
            sender=member,
            text=text,
        )
        return await self._inbox.reply(message, lambda: self._work(message))

    def _work(self, message: Incoming) -> Replied:
        staff = self._staff(message.sender)
        if staff is None:
            return Replied(text=_UNKNOWN.format(member=message.sender))
        if not self._pace.allows(message.conversation):
            return Replied(text=_OFTEN)
        today = china_day(now_utc())
        typed = message.text[:MAX_QUESTION_CHARS]
        searched = self._kb.desk.search(staff, typed, Filters(), tuple(ResultKind), today)
        return Replied(text=results(searched, self._kb.settings.pages_url))

    def _staff(self, member: str) -> Staff | None:
        """The member of staff that `member` is; None when they have no account that works."""
        name = self._accounts.get(member)
        if name is None:
            return None
        try:
            account = self._kb.staff.users.find(OPERATOR, name)
        except NotFoundError:
            return None
        return None if account.disabled else account.staff


def results(searched: Searched, portal_url: str) -> str:
    """The first passages with document, article and link; before them an approved entry, if one fits."""
    entries = [each for each in searched.found if each.kind is ResultKind.ENTRY][:_ENTRIES]
    passages = [each for each in searched.found if each.kind is ResultKind.PASSAGE][:_PASSAGES]
    shown = [*entries, *passages]
    if not shown:
        return "\n".join(filter(None, (searched.notice, _NOTHING_FOUND)))
    notice = f"{searched.notice}\n\n" if searched.notice else ""
    share = (LIMIT - len(notice.encode())) // len(shown) - len(b"\n\n")
    return notice + "\n\n".join(
        _result(number, each, portal_url, share) for number, each in enumerate(shown, start=1)
    )


def _result(number: int, found: Found, portal_url: str, limit: int) -> str:
    link = f"{portal_url}{found.url}" if found.url else ""
    question = f"{found.question}\n" if found.question else ""
    words = f"{number}. {question}{found.text}"
    tail = "\n".join(filter(None, (found.source, link)))
    return fitted(words, tail, "……", limit).replace("\n\n", "\n")


def application_of(request: Request) -> Application:
    """The application that the program serves; made with the first call.

    Raises:
        NotFoundError: none is set up.
    """
    kb: KnowledgeBase = request.app.state.kb
    if kb.settings.wecom_token is None:
        raise NotFoundError("没有设 KB_WECOM_TOKEN", _NOT_SET_UP)
    known = getattr(request.app.state, "wecom", None)
    if not isinstance(known, Application):
        known = request.app.state.wecom = Application(kb)
    return known


@router.get("/wecom/callback")
async def connect(request: Request) -> Response:
    """What the platform tries out when the address is saved: it gets its echostr back, opened."""
    return PlainTextResponse(application_of(request).envelope.echo(Query.of(request.query_params), now_utc()))


@router.post("/wecom/callback")
async def receive(request: Request) -> Response:
    """A message or an event of a member."""
    application = application_of(request)
    return await answered(request, application.envelope, application.reply, "")
