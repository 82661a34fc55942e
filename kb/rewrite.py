"""A question as typed -> a query that stands alone and speaks the documents' language, by rules.

A question leans on the one before it when it opens with a connective (那…呢, 它, 这个), or asks only for
a facet (谁牵头? 什么时候?). It then gets the earlier question in front; anything else is left as typed, so
that a new topic is not polluted by the old one. Then lay words (红头文件) become official ones (规范性文件).
"""

import re
from collections.abc import Mapping
from importlib.resources import files

from kb.models import Question
from kb.normalise import canonical

_OPENERS = re.compile(r"^(那么?|它们?|其|这个?|该|上述|还有)")
_FACETS = re.compile(
    r"(由|是|有|要|需要)?(谁|哪个|哪些|什么|几|多少)?(来|个)?"
    r"(牵头|负责|牵头单位|责任单位|时候|时间|部门|单位|期限|多久|多少|怎么办|依据|条件|材料|电话|在哪儿?|天|人|钱|名)"
    r"(牵头|负责|完成|办理|答复|公布)?(的|呢|啊|吗)?"
)
_TAIL = "？?。！!，, "


def rewrite(question: Question, synonyms: Mapping[str, str]) -> str:
    """The query to search for; `synonyms` maps lay words to official ones.

    >>> rewrite(Question(text="谁牵头？", history=("红头文件何时清理完？",)), {"红头文件": "规范性文件"})
    '规范性文件何时清理完 谁牵头？'
    """
    text = question.text.strip()
    query = to_official(text, synonyms)
    if not question.history or not leans_on_history(text):
        return query
    return f"{to_official(question.history[-1].strip().rstrip(_TAIL), synonyms)} {query}"


def to_official(text: str, synonyms: Mapping[str, str]) -> str:
    """`text` with lay words replaced, longest first; unchanged when it has none."""
    lay = sorted((word for word in synonyms if word in canonical(text)), key=len, reverse=True)
    if not lay:
        return text
    pattern = re.compile("|".join(map(re.escape, lay)))
    return pattern.sub(lambda found: synonyms[found[0]], canonical(text))


def read_synonyms() -> dict[str, str]:
    """kb/synonyms.txt: lines "lay lay = official"; lines that begin with # are comments."""
    text = (files("kb") / "synonyms.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    pairs = (line.split("=") for line in lines)
    return {word: official.strip() for lay, official in pairs for word in lay.split()}


def leans_on_history(text: str) -> bool:
    """Whether a question cannot be understood without the one before it."""
    bare = text.strip(_TAIL)
    if _OPENERS.match(bare):
        return True
    return bool(_FACETS.fullmatch(bare))
