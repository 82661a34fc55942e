"""What a citizen's message in 微信 gets: an answer, a code for a message left, or the state of one.

Answers are those of the chat page (web.citizen.recording): the same refusals and sources, recorded alike. The
conversation is known by its digest; its earlier questions of the last half hour are its history.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from kb.answers import Answer
from kb.citizens.left_questions import plain_code
from kb.controls import wording
from kb.errors import KbError, QuestionError
from kb.knowledge_base import KnowledgeBase
from kb.models import MAX_QUESTION_CHARS, Question
from kb.space import require_space
from web.channels.inbox import Incoming, Replied
from web.channels.short import fitted, short_answer
from web.citizen.chat import left_facts
from web.citizen.questions import departments
from web.citizen.recording import recorded_answer
from web.errors import sentence_for

_CONVERSATION = timedelta(minutes=30)
_HISTORY = 10
_LEAVE = re.compile(r"留言[ 　:：，,\n]*")
_CODE = re.compile(r"查询码[ :]*([A-Za-z0-9-]{8,12})|([A-Za-z2-9]{4}-[A-Za-z2-9]{4})")
_NUMBER = re.compile(r"[1-9１-９]")


def reply_to(kb: KnowledgeBase, message: Incoming, now: datetime) -> Replied:
    """The reply to a citizen's text.

    Raises:
        KbError: there is none; its sentence is for the citizen.
    """
    text = message.text.strip()
    if code := code_in(text):
        return Replied(text=_followed(kb, code))
    leaving = _LEAVE.match(text)
    if leaving and (leaving.end() == len(text) or leaving.end() > len("留言")):
        return Replied(text=_left(kb, text[leaving.end() :], message, now))
    return _answered(kb, text, message, now)


def code_in(text: str) -> str | None:
    """The code that a message asks about; None when it says something else."""
    found = _CODE.fullmatch(unicodedata.normalize("NFKC", text.strip()))
    return found and (found[1] or found[2])


def _answered(kb: KnowledgeBase, text: str, message: Incoming, now: datetime) -> Replied:
    before = kb.channels.messages.answers(message.conversation, now - _CONVERSATION, _HISTORY)
    question = Question(text=_chosen(text, before), history=tuple(each.question for each in before))
    answer = recorded_answer(kb, question, message.conversation, address=message.conversation)
    return Replied(text=short_answer(answer, kb.settings.pages_url, kb.controls.rules()), answer=answer)


def _chosen(text: str, before: Sequence[Answer]) -> str:
    """The question that a number stands for, after a question back; else the text."""
    asked_back = before[-1].clarifying if before else None
    if asked_back is None or not _NUMBER.fullmatch(text):
        return text
    options = asked_back.options
    return options[int(text) - 1].question if int(text) <= len(options) else text


def _left(kb: KnowledgeBase, text: str, message: Incoming, now: datetime) -> str:
    """The code under which `text` was left for staff."""
    rules = kb.controls.rules()
    if not text.strip():
        return rules.say(wording.WECHAT_LEAVE_HOW)
    if len(text) > MAX_QUESTION_CHARS:
        said = rules.say(wording.QUESTION_TOO_LONG).format(length=len(text), limit=MAX_QUESTION_CHARS)
        raise QuestionError("留言太长", said)
    if kb.settings.database_url is None:
        require_space(kb.settings.home)
    before = kb.channels.messages.answers(message.conversation, now - _CONVERSATION, 1)
    answer_id = before[-1].id if before else None
    left = kb.citizens.questions.leave(text, None, answer_id, departments(kb, text, answer_id), now)
    sender = message.sender if kb.settings.wechat_app_secret else None
    kb.channels.replies.remember(plain_code(left.code), message.id, message.conversation, sender)
    lines = [rules.say(wording.WECHAT_LEFT).format(code=left.code)]
    if left.due:
        lines.append(rules.say(wording.WECHAT_LEFT_DUE).format(date=left.due))
    lines.append(rules.say(wording.WECHAT_LEFT_FOLLOW).format(code=left.code))
    return "\n".join(lines)


def _followed(kb: KnowledgeBase, code: str) -> str:
    """What became of the message left under `code`."""
    rules = kb.controls.rules()
    try:
        left = kb.citizens.questions.find(code)
    except KbError as error:
        return rules.say(sentence_for(error))
    kb.channels.replies.seen(plain_code(code))
    lines = (f"{fact.name}：{fact.value}" for fact in left_facts(left))
    link = rules.say(wording.WECHAT_FULL).format(url=f"{kb.settings.pages_url}/chat?code={left.code}")
    return fitted("\n".join(lines), link, "……")
