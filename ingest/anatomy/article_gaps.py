"""Numbers of articles that a document does not have: one was lost, or merged with the one before it."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from kb.language.numerals import CHINESE, number_value
from kb.models import Section

_ARTICLE = re.compile(rf"第([{CHINESE}0-9]{{1,9}})条")
_MOST = 5  # gaps that a remark names
_LATEST_FIRST = 20  # a text whose first article has a higher number is a part of a code


def remarks_on_gaps(sections: Sequence[Section]) -> Iterator[str]:
    """The sentence on missing numbers, if there are any; each 第一条 begins a new series (an annex)."""
    found = [_ARTICLE.fullmatch(section.number) for section in sections]
    numbers = [number_value(article[1]) for article in found if article]
    if not numbers:
        return
    first = [0] if numbers[0] <= _LATEST_FIRST else []
    gaps = [
        f"第 {before + 1} 条" if following == before + 2 else f"第 {before + 1} 至 {following - 1} 条"
        for before, following in pairwise((*first, *numbers))
        if following > before + 1
    ]
    if gaps:
        more = f"等 {len(gaps)} 处" if len(gaps) > _MOST else ""
        yield f"条号不连续，没有读到{'、'.join(gaps[:_MOST])}{more}；请对照原件核对。"
