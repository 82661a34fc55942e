"""The plain word for yes or no that fits a question; none where it could be misunderstood.

能不能办          yes  可以。      no  不可以。
是不是不能办      yes  不可以。    no  可以。      the word says what is, whichever way it was asked
不会罚吧          neither: 是 and 否 mean both
"""

import re
from typing import Literal

from kb.reading.asking import NEGATION, Asked

Verdict = Literal["yes", "no"]
_Words = tuple[str, str]

_NEED: _Words = ("需要。", "不需要。")
_PERMIT: _Words = ("可以。", "不可以。")
_HAVE: _Words = ("有。", "没有。")
_IS: _Words = ("是。", "否。")
# A negation of the verb that the word would repeat: the word is turned round.
_TURNED: tuple[tuple[re.Pattern[str], _Words], ...] = (
    (re.compile(r"不能|不可以|不让|不许|不准|不允许|不得(?!不)"), _PERMIT),
    (re.compile(r"不用|不需要?|不必|无需|无须|不要"), _NEED),
)
_NEEDS = re.compile(r"需不需要|需要|要不要|用不用|用得着|必须|(?<![主重首只想需])要(?![求件点素是回到])")
_PERMITS = re.compile(
    r"(?<![性功职技可只才不])能(?![源力耗量])|可以|可否|可不|允许|准许|让不让|许不许|准不准|"
    r"(?<![执施进举银流推])行(?:不行|吗|不$)"
)
_HAS = re.compile(r"有没有|(?<![没具])有(?![关的效])[^有没]{1,12}吗")
_VERBS: tuple[tuple[re.Pattern[str], _Words], ...] = ((_NEEDS, _NEED), (_PERMITS, _PERMIT), (_HAS, _HAVE))
_EITHER = re.compile(r"([能要用让准许])不\1|可不可以|需不需要|允不允许|能否|可否|是否(?:可以|能|需要|允许)")
_TAKEN_FOR = re.compile(r"算|属于|视为|有权")  # 算不算不能履行: its negation is part of what is asked
_ARGUES = re.compile(r"(?<!是)不是|难道|凭[啥什]")  # 不是可以吗 expects a yes or complains


def plain_word(asked: Asked, verdict: Verdict) -> str | None:
    """The word for `verdict`; 是 or 否 where several verbs would fit, None where none would be clear."""
    if _ARGUES.search(asked.said):
        return None
    is_open = bool(_EITHER.search(asked.words))
    turned = [] if is_open else [words for pattern, words in _TURNED if pattern.search(asked.said)]
    rest = asked.said
    for pattern, _ in _TURNED:
        rest = pattern.sub("", rest)
    verbs = [words for pattern, words in _VERBS if pattern.search(rest)]
    if turned:
        is_clear = len(turned) == 1 and not verbs and not _TAKEN_FOR.search(asked.words)
        return turned[0][verdict == "yes"] if is_clear and not NEGATION.search(rest) else None
    verbs = [words for pattern, words in _VERBS if pattern.search(asked.words)]
    words = verbs[0] if len(verbs) == 1 else _IS
    if words is _IS and NEGATION.search(rest):
        return None
    return words[verdict == "no"]
