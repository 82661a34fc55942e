"""A question in the middle of a conversation -> a query that stands alone, by rules.

A question leans on the one before it when it opens with a connective (那…呢, 它, 这个), or asks only for
a facet (谁牵头? 什么时候?). It then gets the earlier question in front; anything else is left as typed, so
that a new topic is not polluted by the old one.
"""

import re

from kb.models import Question

_OPENERS = re.compile(r"^(那么?|它们?|其|这个?|该|上述|还有)")
_FACETS = re.compile(
    r"(由|是|有|要|需要)?(谁|哪个|哪些|什么|几|多少)?(来|个)?"
    r"(牵头|负责|牵头单位|责任单位|时候|时间|部门|单位|期限|多久|多少|怎么办|依据|条件|材料|电话|在哪儿?|天|人|钱|名)"
    r"(牵头|负责|完成|办理|答复|公布)?(的|呢|啊|吗)?"
)
_TAIL = "？?。！!，, "


def rewrite(question: Question) -> str:
    """The query to search for.

    >>> rewrite(Question(text="谁牵头？", history=("规范性文件清理什么时候完成？",)))
    '规范性文件清理什么时候完成 谁牵头？'
    """
    text = question.text.strip()
    if not question.history or not leans_on_history(text):
        return text
    return f"{question.history[-1].strip().rstrip(_TAIL)} {text}"


def leans_on_history(text: str) -> bool:
    """Whether a question cannot be understood without the one before it."""
    bare = text.strip(_TAIL)
    if _OPENERS.match(bare):
        return True
    return bool(_FACETS.fullmatch(bare))
