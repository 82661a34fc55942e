"""Provinces, cities, districts and counties named in a text.

jieba tags many words as places that are none (镶牙, 福利); one counts when it ends with a level (市, 区) or
is one of jieba's places when 市 or 省 is put behind it (南昌). Districts that jieba does not know are two
characters before 区 or 县 that make no other word (小区, 开发区).
"""

import re
from functools import lru_cache

import rjieba

from kb.language.normalise import canonical

# Characters that make another word with 区, or belong to the words before it: 小区, 去区里.
BEFORE_OTHER_AREAS = (
    "去来回往进转儿地小社园校景特山城郊辖疫灾片牧林库战选专分我本各全市省外内是在到由的为把被对和与及"
)
_LEVELS = "省市区县州盟旗"
_PLACE = "ns"
_NONE = frozenset(("全省", "全市", "全区", "全县", "本省", "本市", "本区", "本县", "中国", "全国", "我国"))
_DISTRICT = re.compile(r"[\u4e00-\u9fff]{2}(?:县(?!级|政府|直|域)|区(?![别域分直间]))")
_NO_DISTRICT = re.compile(
    rf"[{BEFORE_OTHER_AREAS}一两几务设老旧们开发新街厂矿住宿考功能]区"
    r"|自治[区县]|[各本全我们]县"
)


def places_in(text: str) -> tuple[str, ...]:
    """The places named in `text`, each once, with their level: 南昌市, 浔阳区.

    >>> places_in("我在南昌，想问浔阳区的低保"), places_in("小区物业归社区管吗")
    (('南昌市', '浔阳区'), ())
    """
    plain = canonical(text)
    words = [word for word, tag in rjieba.tag(plain, False) if tag == _PLACE and len(word) > 1]
    known = [place for place in map(_with_level, words) if place]
    districts = [
        match[0]
        for match in _DISTRICT.finditer(plain)
        if not _NO_DISTRICT.search(match[0]) and not any(match[0] in place for place in known)
    ]
    return tuple(dict.fromkeys(place for place in (*known, *districts) if place not in _NONE))


def bare(place: str) -> str:
    """`place` as it may also be written: without 省 or 市; a district or county keeps its level."""
    return place[:-1] if place[-1] in "省市" and len(place) > 2 else place


@lru_cache(maxsize=4_096)
def _with_level(word: str) -> str:
    """A place with its level; "" for a word that is none."""
    if word[-1] in _LEVELS and len(word) > 2:
        return "" if len(word) == 3 and _NO_DISTRICT.search(word) else word
    return next((f"{word}{level}" for level in "市省" if _is_known(f"{word}{level}")), "")


def _is_known(place: str) -> bool:
    return [tag for _, tag in rjieba.tag(place, False)] == [_PLACE]
