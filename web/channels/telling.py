"""Tells citizens in 微信 that their question was answered: a message by itself, else with their next message.

A 公众号 may send texts within 48 hours after a follower wrote, and a message of a template of its own at any
time. What the platform does not take is given with the follower's next message; what did not reach it is
tried again. A reply counts as told before it is sent, so that two ways or two processes never tell it both.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from kb.channels.replies import Due
from kb.citizens.left_questions import LeftQuestion
from kb.controls import wording
from kb.errors import KbError, NotTakenError, SendError
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from web.channels.customer_service import CustomerService
from web.channels.short import LIMIT, fitted

logger = logging.getLogger(__name__)

_AGAIN = timedelta(minutes=10)
_FIELD = 20  # characters of a template's field, by the platform's rule for things


def sender_of(kb: KnowledgeBase) -> CustomerService | None:
    """What sends messages; None where the account may not send by itself."""
    settings = kb.settings
    is_set_up = settings.wechat_token is not None and settings.wechat_app_secret is not None
    return CustomerService(settings, kb.channels.tokens) if is_set_up else None


def tell_replies(kb: KnowledgeBase, now: datetime) -> int:
    """Send the replies that were given since the last time; how many were.

    The first one that does not reach the platform ends the turn: with each of the others it would take as
    long, and notices and the end of the program wait for it.

    Raises:
        StoreError: the database fails.
    """
    sender = sender_of(kb)
    if sender is None:
        return 0
    told = 0
    for each in kb.channels.replies.due(now):
        try:
            told += _told(kb, sender, each, now)
        except SendError as error:
            logger.warning("a reply is sent again later: %s", error.operator)
            break
    return told


def news_for(kb: KnowledgeBase, conversation: str) -> str | None:
    """A reply that the citizen of a conversation was not told; it counts as told now.

    Raises:
        StoreError: the database fails.
    """
    code = kb.channels.replies.take(conversation)
    left = _found(kb, code) if code else None
    return told_text(kb, left) if left else None


def told_text(kb: KnowledgeBase, left: LeftQuestion) -> str:
    """The reply to a question as one message, with the link to judge it or to ask further."""
    rules, reply = kb.controls.rules(), left.reply
    head = rules.say(wording.WECHAT_REPLIED).format(code=left.code)
    words = reply.text if reply else ""
    signed = " ".join(filter(None, (reply.department, reply.name, str(reply.date)))) if reply else ""
    more = rules.say(wording.WECHAT_REPLIED_MORE).format(url=_page(kb.settings, left))
    tail = "\n".join(filter(None, (signed and f"——{signed}", more)))
    return fitted(f"{head}\n{words}", tail, rules.say(wording.WECHAT_CUT), LIMIT)


def _told(kb: KnowledgeBase, sender: CustomerService, due: Due, now: datetime) -> bool:
    """Send one reply, unless it was told meanwhile; whether the platform has taken it.

    Raises:
        SendError: the platform cannot be reached now; the reply is sent again later.
        StoreError: the database fails.
    """
    replies, left = kb.channels.replies, _found(kb, due.code)
    if left is None or left.reply is None:  # purged or asked further meanwhile
        return False
    if not replies.told(due.code, due.replied_at):  # by another way, or it was corrected after it was read
        return False
    try:
        _send(kb, sender, due.sender, left)
    except NotTakenError as error:
        logger.warning("a reply is given with the citizen's next message: %s", error.operator)
        replies.unreachable(due.code)
        replies.untold(due.code, due.replied_at)
        return False
    except SendError:
        replies.later(due.code, now + _AGAIN)
        replies.untold(due.code, due.replied_at)
        raise
    except Exception:
        replies.untold(due.code, due.replied_at)
        raise
    return True


def _send(kb: KnowledgeBase, sender: CustomerService, openid: str, left: LeftQuestion) -> None:
    """Send a text; where the platform does not take it, a message of the template, if one is set."""
    template = kb.settings.wechat_template
    try:
        sender.send(openid, told_text(kb, left))
    except NotTakenError:
        if template is None:
            raise
        sender.send_template(openid, template, _page(kb.settings, left), _fields(kb.settings, left))


def _fields(settings: Settings, left: LeftQuestion) -> Mapping[str, str]:
    """The fields of the template: name -> what it says."""
    reply = left.reply
    facts = {
        "code": left.code,
        "question": left.text,
        "department": (reply and reply.department) or "政策解答员",
        "date": str(reply.date) if reply else "",
    }
    pairs = (pair.partition("=") for pair in settings.wechat_template_fields)
    return {name: _short(facts[what]) for name, _, what in pairs}


def _short(text: str) -> str:
    return text if len(text) <= _FIELD else f"{text[: _FIELD - 1]}…"


def _page(settings: Settings, left: LeftQuestion) -> str:
    return f"{settings.pages_url}/chat?code={left.code}"


def _found(kb: KnowledgeBase, code: str) -> LeftQuestion | None:
    try:
        return kb.citizens.questions.find(code)
    except KbError:
        return None
