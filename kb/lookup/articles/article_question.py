"""Reads a question that asks for articles by number and for nothing else: the law, its edition, the places.

    社保法第29条是怎么规定的         asks for the article
    根据第十六条，谁负责答复         asks something else, and only mentions one

The words around the numbers must be the name of a law and words of asking (_ASKS); any other word leaves the
question to the search. A name may be left out (那第十六条呢) or stand for the law before (该法第五条).
"""

import re

from kb.language.normalise import canonical
from kb.language.numerals import NUMERAL, in_digits, number_value
from kb.lookup.articles.places import Place, read_places
from kb.lookup.articles.titles import is_name
from kb.models import Model
from kb.question.time_words import Version

# subtle: no single character that a title may begin with (能源法, 看守所条例, 再生资源回收办法).
_BEFORE = (
    *(
        "你好",
        "您好",
        "老师",
        "我想",
        "想",
        "我要",
        "我",
        "能不能",
        "能否",
        "可以",
        "麻烦",
        "请",
        "请问",
        "请教",
        "咨询",
    ),
    *(
        "帮我",
        "帮忙",
        "给我",
        "告诉我",
        "想知道",
        "想了解",
        "想看",
        "想查",
        "想问",
        "想找",
        "要看",
        "要查",
        "请看",
        "再看",
    ),
    *("问一下", "看一下", "看看", "查一下", "查查", "查询", "找", "找一下", "找找", "打开", "调出"),
    *("列出", "说说", "讲讲", "解释", "介绍", "一下", "根据", "按照", "依据", "依照", "什么是"),
    *(
        "还有",
        "以及",
        "另外",
        "那么",
        "那",
        "和",
        "与",
        "跟",
        "在",
        "我国的",
        "我国",
        "国家的",
        "咱们的",
        "现在的",
    ),
    *(",", "。", "?", ":", "、", " ", "!", ";", "("),
)
_BEHIND = (
    *("里面的", "里面", "里的", "当中的", "当中", "之中", "中的", "有没有", "是否有", "是不是有", "其中"),
    *("的", "里", "中", "有", ",", ":", " ", "、", "。"),
)
_CONTENT = "内容|规定|条文|原文|全文|原话|文字|条款|表述|正文|意思|事情?|方面|要求"
_WHAT = "什么|啥|哪些|些什么|哪方面"
_ASKS = re.compile(
    rf"(?:怎么|如何|怎样|咋)(?:规定|说|写|讲|理解|表述|要求)?|(?:讲|说|写|规定|包括|包含|明确|要求|列)(?:明|出|到|过)?|"
    rf"{_WHAT}|{_CONTENT}|关于|指|具体|主要|详细|完整|全部|分别|都|各|到底|究竟|"
    r"我?想(?:知道|看|查|了解|问)?|告诉我|帮我|给我|麻烦|谢谢|多谢|请问|请|一下|看看?|查|发|念|读|解释|介绍|可以|行|能|好|不|没|找|发给|又|再|"
    r"呢|吗|吧|啊|呀|嘛|么|的|是|有|了|里面?|中|这|那|[\W_]"
)
_STOPS = re.compile("[?,。!;:]")
_NEGATED = re.compile("不[是能得]|没有规定|没规定|不规定")
_POINTS = re.compile(
    r"(?:它|其|该|本|这一?[个部份]?|上述|前述|同一?[个部份]?|前面那?[个部份]?|刚才那?[个部份]?)?的?"
    r"(?:法律?|法规|条例|办法|规定|文件|通知|规章|意见|方案)?"
)
_SPELT_YEAR = re.compile(r"[一二][〇零一二三四五六七八九]{3}(?=年)")
_ISSUED = r"(?:新?(?:修订|修正|修改|公布|颁布|发布|印发|出台|通过|施行|实施|制定))?"
_YEAR_BEFORE = re.compile(rf"(?P<year>(?:19|20)\d\d)(?:年版?{_ISSUED}|版)的?")
_YEAR_BEHIND = re.compile(rf"[(]?(?P<year>(?:19|20)\d\d)(?:年?版|年{_ISSUED}版?|{_ISSUED})[)]?\Z")
_OLD = re.compile(
    r"(?:旧版?|老版?|原来?|原先|以前|过去|(?:修订|修改|修正)(?:之|以)?前|已?(?:废止|失效)了?)的?"
)
_OLD_BEHIND = re.compile(
    r"(?:的?(?:旧版|老版|(?:修订|修改|修正)(?:之|以)?前))\Z|[(](?:旧版?|老版|已废止)[)]\Z"
)
_NEW = re.compile(r"(?:现行有?效?|最新版?|新版?|新修订|现在有效|目前有效)的?")
_NEW_BEHIND = re.compile(r"(?:的?(?:新版|最新版|现行版|现行版本))\Z|[(](?:新版?|最新版|现行有?效?)[)]\Z")
_BOTH = re.compile("新旧|新老|旧新")
_TAIL_CHARS = 24
_ANNEX = re.compile(rf"的?附件(?:{NUMERAL}|\d{{1,2}})?\Z")


class Law(Model):
    """A law as a question names it, with the year or the age of the edition it asks for.

    `words` are all words of the name; they may hold a year that belongs to the name itself. `annex` is the
    number of the attachment (附件2) that is asked for, 0 where it has no number.
    """

    words: str
    name: str
    year: int | None = None
    version: Version | None = None
    annex: int | None = None


class Wanted(Model):
    """Places of one law; `law` is None where the question leaves it out or points back to it."""

    law: Law | None
    places: tuple[Place, ...]


def wanted(question: str) -> tuple[Wanted, ...] | None:
    """What `question` asks for by number; None when it asks for anything else.

    >>> [one.law.name for one in wanted("请问2010年的保密法第五条怎么规定的？")]
    ['保密法']
    """
    read = read_places(question)
    if not read.named:
        return None
    asked = [Wanted(law=_law_before(one.words), places=one.places) for one in read.named]
    if not _asks_more(read.rest):
        return tuple(asked)
    behind = _law_behind(read.rest) if len(asked) == 1 and asked[0].law is None else None
    return (Wanted(law=behind, places=asked[0].places),) if behind else None


def _law_before(words: str) -> Law | None:
    """The law that the words before places name; other questions may end before it: 讲什么？保密法"""
    *before, last = _STOPS.split(words)
    if any(map(_asks_more, before)):
        return law_named(words)
    return law_named(last) if _asks_more(last) else None


def named_alone(question: str) -> Law | None:
    """The law that is all that `question` names: 那公开条例呢."""
    law = law_named(canonical(question).rstrip("?。! ").removesuffix("呢"))
    return law if law and is_name(law.name) else None


def _law_behind(rest: str) -> Law | None:
    """The law that the words behind the places name, and nothing else: 第二十九条讲什么？社保法的。"""
    *before, last = [part for part in _STOPS.split(rest) if part.strip()]
    law = law_named(last)
    return law if law and is_name(law.name) and not any(map(_asks_more, before)) else None


def law_named(words: str) -> Law | None:
    """The law that `words` name; None when they name none, or point to the one before (该法)."""
    name = stripped(in_digits(_SPELT_YEAR, canonical(words)))
    annex = _ANNEX.search(name)
    name = stripped(name[: annex.start()]) if annex else name
    if _POINTS.fullmatch(name):
        return None
    law = _edition(name)
    return law.model_copy(update={"annex": number_value(annex[0])}) if annex else law


def stripped(words: str) -> str:
    """`words` without words of asking at both ends."""
    text = words.strip()
    while found := max((word for word in _BEFORE if text.startswith(word)), key=len, default=None):
        text = text[len(found) :]
    behind = _BEHIND if "(" in text else (*_BEHIND, ")")
    while found := max((word for word in behind if text.endswith(word)), key=len, default=None):
        text = text[: -len(found)]
    return text


def _edition(words: str) -> Law:
    """The name in `words`, and the edition that stands before or behind it."""
    name, year, version = words, None, None
    if found := _YEAR_BEFORE.match(name):
        year, name = int(found["year"]), name[found.end() :]
    elif found := _YEAR_BEHIND.search(name, max(0, len(name) - _TAIL_CHARS)):
        year, name = int(found["year"]), name[: found.start()]
    elif found := _BOTH.match(name):  # compared before: 新旧保密法
        name = name[found.end() :]
    elif found := _OLD.match(name) or _NEW.match(name):
        version = Version.OLD if _OLD.match(name) else Version.CURRENT
        name = name[found.end() :]
    elif found := _OLD_BEHIND.search(name) or _NEW_BEHIND.search(name):
        version = Version.OLD if _OLD_BEHIND.search(name) else Version.CURRENT
        name = name[: found.start()]
    return Law(words=words, name=stripped(name).strip("《》<>"), year=year, version=version)


def _asks_more(rest: str) -> bool:
    """Whether the words behind the places ask for more than what stands there."""
    return bool(_ASKS.sub("", rest)) or bool(_NEGATED.search(rest))
