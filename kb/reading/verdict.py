"""The plain word before a quote that answers yes or no: 可以。不可以。需要。不需要。

The reader says whether the passage means yes or no; the word follows the verb of the question. It is said
only when the reader is sure of it, and of the passage: a wrong 可以 is worse than none.
"""

import re
from typing import Literal

from kb.hits import Hit
from kb.language.normalise import canonical

Verdict = Literal["yes", "no"]

SURE = 0.9  # chance of yes or of no
SURE_PASSAGE = 0.7  # likelihood that the passage answers

_ASKS = re.compile(
    r"吗|[么嘛不没否吧]$|没有$|是否|能否|可否|有没有|([\u4e00-\u9fff]{1,2})不\1|可不可以|需不需要|应不应该|允不允许"
)
_OPEN = re.compile(r"什么|哪|谁|多少|多久|多长|几[个天年月次岁倍元块条]|怎么|怎样|如何|为何|还是")
_STOP = re.compile(r"[,，。;；?!]")
_WORDS: tuple[tuple[re.Pattern[str], tuple[str, str]], ...] = (
    (
        re.compile(r"需不需要|需要|要不要|用不用|必须|(?<![主重首只想需])要(?![求件点素])"),
        ("需要。", "不需要。"),
    ),
    (re.compile(r"能|可以|可否|可不|允许|准许|让不让|行不行|行吗"), ("可以。", "不可以。")),
    (re.compile(r"有没有|(?<!没)有(?!关|的)[^有没]{1,12}吗"), ("有。", "没有。")),
)
_OTHERS = ("是。", "否。")


def asks_yes_or_no(query: str) -> bool:
    """Whether `query` is answered by yes or no.

    >>> asks_yes_or_no("外地人能办居住证吗？"), asks_yes_or_no("低保多少钱")
    (True, False)
    """
    text = canonical(query).rstrip("?!。 ")
    return bool(_ASKS.search(text)) and not _OPEN.search(text)


def verdict_of(query: str, hit: Hit) -> Verdict | None:
    """What the passage of `hit` says to `query`; None when that is no yes-or-no question, or not sure."""
    reading = hit.reading
    if reading is None or reading.likelihood < SURE_PASSAGE or not asks_yes_or_no(query):
        return None
    if max(reading.yes, reading.no) < SURE:
        return None
    return "yes" if reading.yes > reading.no else "no"


def said(query: str, verdict: Verdict) -> str:
    """The word for `verdict` that fits the verb of `query`; 是 or 否 where several verbs would.

    >>> said("开户要钱吗", "no"), said("外地人能办居住证吗", "yes"), said("公厕免费吗", "yes")
    ('不需要。', '可以。', '是。')
    """
    clauses = [clause for clause in _STOP.split(canonical(query)) if _ASKS.search(clause)]
    fitting = [words for pattern, words in _WORDS if clauses and pattern.search(clauses[-1])]
    words = fitting[0] if len(fitting) == 1 else _OTHERS
    return words[0] if verdict == "yes" else words[1]
