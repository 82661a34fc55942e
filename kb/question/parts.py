"""The questions that a compound question asks: 几岁入学？晚一年谁批？ or 向哪里申请，谁审批.

A part is cut off at a question mark, or at a comma where words of asking stand on both sides. A later part
without a matter of its own gets the matter of the part before.
"""

import re
from collections.abc import Callable

from kb.language.normalise import canonical
from kb.models import Model
from kb.question.rewrite import join, leans_on_history
from kb.question.topic import named_matter, topic_of

_QUESTION_END = re.compile(r"[？?]")
_COMMA = re.compile(r"[，,；;]")
_ASKS = re.compile(
    r"多少|(?<![好哪])几|多久|多长|多大|谁|哪|什么|怎么|怎样|如何|何时|是否|能否|能不能|要不要|可不可以|可以吗|"
    r"[吗么]\Z|需要吗|有没有|收不收|算不算"
)
_SHORTEST = 4  # characters; behind a comma less, 谁审批
_SHORTEST_BEHIND_COMMA = 3
_LONGEST_NAME = 8  # characters; a longer topic tells what happened (居民身份证有效期满换新)
_MOST = 2  # each costs a search; people who ask more repeat themselves


class Part(Model):
    """A part as it was `asked`, and as `text` that stands alone."""

    asked: str
    text: str


def parts_in(text: str, is_matter: Callable[[str], bool] = lambda name: False) -> tuple[Part, ...]:
    """The parts of the question `text`; a single one when it is not compound.

    `is_matter` tells whether the documents have a part about a name.

    >>> [part.text for part in parts_in("信息公开申请收不收费？多久答复？")]
    ['信息公开申请收不收费', '信息公开申请收不收费 多久答复']
    >>> [part.text for part in parts_in("居住证几年签注一次，补领要不要交工本费？")]
    ['居住证几年签注一次', '居住证 补领要不要交工本费']
    """
    found: list[Part] = []
    for question in _QUESTION_END.split(text):
        for place, words in enumerate(_at_commas(question)):
            asked = words.strip(" ，,。；;")
            if len(asked) >= (_SHORTEST_BEHIND_COMMA if place else _SHORTEST):
                alone = _standalone(asked, found, is_matter, behind_comma=place > 0)
                found.append(Part(asked=asked, text=alone))
    return tuple(found[:_MOST]) if len(found) > 1 else (Part(asked=text, text=text),)


def _at_commas(question: str) -> list[str]:
    """`question` cut at its commas into pieces that ask; what does not ask stays with what comes next."""
    asking: list[str] = []
    pending = ""
    for words in _COMMA.split(question):
        pending = f"{pending}，{words}" if pending else words
        if _ASKS.search(canonical(words).strip(" ?。")):
            asking.append(pending)
            pending = ""
    if pending and asking:
        asking[-1] += f"，{pending}"
    return asking or [question]


def _standalone(
    asked: str, before: list[Part], is_matter: Callable[[str], bool], *, behind_comma: bool
) -> str:
    if not before:
        return asked
    if behind_comma:
        topic = topic_of(_ASKS.split(before[-1].text)[0] or before[-1].text)
        if len(topic) > _LONGEST_NAME:
            topic = named_matter(topic, is_matter) or topic
        return asked if topic in asked else f"{topic} {asked}"
    return join(before[-1].text, asked, is_matter) if leans_on_history(asked) else asked
