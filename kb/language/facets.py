"""What a question asks for, read from its question words, and what an answer to it looks like."""

import re
from enum import StrEnum

from kb.language.normalise import canonical
from kb.language.quantities import NumberReader, unit_pattern


class Facet(StrEnum):
    """A kind of thing that a question asks for."""

    UNITS = "units"
    NUMBER = "number"
    TIME = "time"
    CONTACT = "contact"
    LIST = "list"
    DEFINITION = "definition"


_PATTERNS: tuple[tuple[Facet, re.Pattern[str]], ...] = (
    (Facet.UNITS, re.compile(r"谁|牵头|责任单位|(哪|什么)(个|些|几个)?(部门|单位|局|机关)|负责|归.{0,4}管")),
    (Facet.TIME, re.compile(r"何时|什么时候|哪天|哪一天|几月|几号|多久|多长时间|期限|截止|时间|日期|时限")),
    (Facet.TIME, re.compile(r"(多少|几)(天|日|年|个月|个?工作日)")),
    (Facet.NUMBER, re.compile(r"多少|几|多高|多大|比例|金额|额度|名额|人数|数量|支持度|率(是|为|要)")),
    (Facet.CONTACT, re.compile(r"电话|热线|联系方式|号码|网址|邮箱")),
    (Facet.LIST, re.compile(r"哪些|哪几|包括|分别|有什么")),
    (
        Facet.DEFINITION,
        re.compile(r"什么是|是什么意思|指什么|是指|指的是|定义|怎么解释|什么叫|算不算|是哪些人|叫做?什么"),
    ),
    (Facet.LIST, re.compile(r"什么(?!是|时候|时间|单位|部门|机关)|如何|怎么|怎样")),
)
_NUMBER = re.compile(rf"\d|[一二三四五六七八九十百千万两]({unit_pattern(NumberReader.FACETS)}|分之)|过?半数")
_TIME = re.compile(
    r"\d ?[年月日天]|底前|[以之]前|期间|工作日|之日|星期|周[一二三四五六日]|[上下]午|\d[:：]\d"
    r"|[一二三四五六七八九十](日|个月|年)|年内"
)
_CONTACT = re.compile(r"\d{3,4}[-—－]?\d{6,8}|1[3-9]\d{9}|(?<!\d)1\d{4}(?!\d)|https?:|www\.|@")
_DEFINED = re.compile(r"所称|是指|指的是|[，,]指|符合下列条件|具备下列条件")
_SERIES = re.compile(r"(、[^、，。；]{1,20}){2}")

# What a sentence that answers holds; who is responsible is read from unit brackets instead.
EVIDENT: dict[Facet, re.Pattern[str]] = {
    Facet.NUMBER: _NUMBER,
    Facet.TIME: _TIME,
    Facet.CONTACT: _CONTACT,
    Facet.LIST: _SERIES,
    Facet.DEFINITION: _DEFINED,
}


def facets_of(query: str) -> frozenset[Facet]:
    """The facets that `query` asks for.

    >>> sorted(facets_of("低保金多少，什么时候发？"))
    [<Facet.NUMBER: 'number'>, <Facet.TIME: 'time'>]
    """
    text = canonical(query)
    return frozenset(facet for facet, pattern in _PATTERNS if pattern.search(text))
