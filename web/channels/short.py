"""An answer as short plain text: what fits into a message, cut at the end of a sentence, with a link."""

import re
from collections.abc import Iterator, Sequence

from kb.answers import GENERATED_LABEL, Answer, AnswerKind, Citation, Offer
from kb.controls import wording
from kb.controls.rules import Rules

LIMIT = 2_048  # bytes of a text message, of both platforms
_CITED = re.compile(r"\[\d{1,2}\]")
_CONTACTS, _SOURCES, _NEAREST = 3, 2, 3
_ENDS = "。！？；\n"
_CUT = "……"


def short_answer(answer: Answer, portal: str, rules: Rules) -> str:
    """How the question was understood, the answer's first line and its words; below them its sources or the
    nearest documents, whom to call, and the link to all of it under the address `portal`.
    """
    head = [line for line in (_understood(answer, rules), answer.notice, answer.headline) if line]
    is_generated = answer.kind is AnswerKind.GENERATED
    words = _CITED.sub("", answer.text) if is_generated else answer.text
    tail = [
        *([f"（{GENERATED_LABEL}）"] if is_generated else []),
        *_asking_back(answer, rules),
        *_sources(answer.citations, rules),
        *(f"《{each.document}》{each.section}" for each in answer.candidates[:_NEAREST]),
        *(f"{each.department} {each.name} {each.phone}" for each in answer.contacts[:_CONTACTS]),
        *([rules.say(wording.WECHAT_LEAVE)] if _may_leave(answer) else []),
        *_links(answer, portal, rules),
    ]
    return fitted("\n".join((*head, words)), "\n".join(tail), rules.say(wording.WECHAT_CUT))


def fitted(words: str, tail: str, cut: str, limit: int = LIMIT) -> str:
    """`words` and `tail` within `limit` bytes; cut words end with a sentence and `cut`.

    >>> fitted("不超过六十日。特殊情况除外。", "出处：《条例》", "……", 50)
    '不超过六十日。……\\n\\n出处：《条例》'
    """
    tail = f"\n\n{_within(tail, limit // 2)}" if tail else ""
    room = limit - _size(tail)
    if _size(words) <= room:
        return f"{words}{tail}"
    kept = _within(words, room - _size(cut))
    end = max(kept.rfind(end) for end in _ENDS)
    return f"{kept[: end + 1].rstrip() if end > 0 else kept}{cut}{tail}"


def with_more(text: str, more: str, limit: int = LIMIT) -> str:
    """`text` and the paragraph `more` within `limit` bytes; of a text that is too long the last paragraph,
    where its links are, stays.

    >>> with_more("不超过六十日。特殊情况除外。\\n\\n全文：/a", "也在查找。", 60)
    '不超过六十日。……\\n\\n全文：/a\\n\\n也在查找。'
    """
    room = limit - _size(f"\n\n{more}")
    words, _, tail = text.rpartition("\n\n")
    if not words or _size(tail) > room // 2:
        words, tail = text, ""
    return f"{text if _size(text) <= room else fitted(words, tail, _CUT, room)}\n\n{more}"


def _within(text: str, limit: int) -> str:
    return text.encode()[: max(0, limit)].decode("utf-8", "ignore")


def _size(text: str) -> int:
    return len(text.encode())


def _understood(answer: Answer, rules: Rules) -> str:
    if answer.topic:
        return rules.say(wording.WECHAT_GOES_ON).format(topic=answer.topic)
    if answer.rewritten in ("", answer.question.strip()):
        return ""
    return rules.say(wording.WECHAT_UNDERSTOOD).format(query=answer.rewritten)


def _links(answer: Answer, portal: str, rules: Rules) -> Iterator[str]:
    if Offer.CONTACTS in answer.offers:
        yield rules.say(wording.WECHAT_CONTACTS).format(url=f"{portal}/#contacts")
    if answer.id:
        yield rules.say(wording.WECHAT_FULL).format(url=f"{portal}/chat/answer/{answer.id}")


def _asking_back(answer: Answer, rules: Rules) -> Iterator[str]:
    if answer.clarifying is None:
        return
    yield answer.clarifying.question
    for number, option in enumerate(answer.clarifying.options, start=1):
        yield f"{number}. {option.label}"
    yield rules.say(wording.WECHAT_NUMBERS)


def _sources(citations: Sequence[Citation], rules: Rules) -> Iterator[str]:
    names = dict.fromkeys(_name(each) for each in citations)
    for name in list(names)[:_SOURCES]:
        yield rules.say(wording.WECHAT_SOURCE).format(source=name)


def _name(citation: Citation) -> str:
    number = f"（{citation.number}）" if citation.number else ""
    return f"《{citation.document}》{number}{citation.section}"


def _may_leave(answer: Answer) -> bool:
    return answer.kind is AnswerKind.REFUSED or Offer.LEAVE in answer.offers
