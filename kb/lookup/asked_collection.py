"""Reads from a question that it asks for documents instead of what they say: which, how many, the newest.

A question is read only when nothing is left of it but a topic, a unit, a time, and words of asking
(kb/lexicon/collection_words.txt): 关于社保的文件有哪些. 关于社保的文件有哪些要求 asks for a rule.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

import rjieba

from kb.language.normalise import canonical, question_key
from kb.language.word_lists import word_list
from kb.models import Model
from kb.question.phrases import Phrases, read_phrases

_DOCUMENTS = r"(?:政策文件|法律法规|红头文件|规范性文件|文件|法规|法律|公文)"
_WHICH = r"(?:哪些|哪几[份个部]|什么|啥|多少|几[份个部])"
_ISSUED = r"(?:印发|发布|出台|制定|下发|公布|颁布|发文|发|出)"
_TIME = re.compile(
    r"(?:今|去|前|本)年度?(?:以来)?|近[一二两三四五十几\d]年(?:以?来)?|最近[一二两三四五十几\d]年|(?:19|20)\d\d年度?(?:以来)?|"
    r"(?:本|上|上个|这个|这|\d{1,2})月份?|[上下]半年"
)
_ABOUT = re.compile(
    rf"(?:关于|(?<!没)有关(?!于)|涉及|针对)(?P<topic>[^的]{{1,16}}?)(?:方面|领域|问题|工作)?(?:的(?={_DOCUMENTS}|政策(?:都|一共)?有)|(?=(?:都|一共)?有?{_WHICH}))"
)
_SIDE = re.compile(
    rf"(?P<topic>[^的]{{1,16}}?)(?:方面|领域|相关|有关|这块|这一块)的?(?={_DOCUMENTS}|有{_WHICH})"
)
_OF = re.compile(rf"(?P<topic>[^的]{{2,12}})的(?={_DOCUMENTS})")
_UNIT = re.compile(
    rf"(?P<unit>[^的哪什多]{{1,24}}?(?:局|委|办|厅|部|院|府|道|会|所|办公室|中心|单位|部门))(?:都|一共|最近)?"
    rf"(?={_ISSUED}(?:布|发)?[了过的]?)"
)
_BEFORE_TOPIC = re.compile(
    r"(?:把|查得?到|找得?到|看得?到|请问|请|帮我|给我|我想|想|查一下|查|找一下|找|看一下|看看|看|列出|列一下|有没有|有|一下|你们|这里|目前|现在|都|了解|"
    r"知道|收录了?|哪些|什么|能不能|能否|可以|能|搜|跟|与|同|和(?![平谐]))++"
)
_EXISTS = re.compile(
    r"(?:请问|你们|这里|本地|当地|[区市县]里|我们[区市县]){0,3}有(?:没有)?(?:出台|制定)?(?:关于|有关|针对)?(?P<topic>[^的有]{2,5}?)"
    r"(?:方面)?的(?:规定|政策|办法|条例|说法)(?:吗|呢|没有)?"
)
_NO_TOPIC = re.compile(
    r"需要|应当|应该|必须|提交|提供|携带|准备|签|公开|制定|没有|怎么|如何|谁|哪|什么|可以|不|最新|最近|所有|全部|新|这|那|上面|上述|关于|有关"
)


class CollectionAsk(StrEnum):
    """What is asked of the collection; the names of the groups of collection_words.txt."""

    COUNT = "count"
    LATEST = "latest"
    LIST = "list"


class CollectionRequest(Model):
    """What a question asks for; `topic` is `sure` when it can be nothing else (关于…的).

    `exists`: it asks whether there are rules on the topic, which only the lack of any answers here.
    """

    ask: CollectionAsk
    topic: str = ""
    sure: bool = True
    unit: str = ""
    time: str = ""
    exists: bool = False


@lru_cache(maxsize=1)
def collection_words() -> Mapping[str, Phrases]:
    """kb/lexicon/collection_words.txt."""
    return read_phrases(word_list("collection_words.txt"))


def asked_of_collection(text: str) -> CollectionRequest | None:
    """The request for documents that `text` is; None for other questions.

    >>> asked_of_collection("关于社保的文件有哪些？").topic
    '社保'
    """
    plain = canonical(text).strip(" ?。!")
    timeless = _TIME.sub("", plain)
    time = "".join(_TIME.findall(plain)[:1])
    unitless, unit = _without_unit(timeless)
    for rest, topic, sure in _without_topic(unitless):
        ask = _ask(question_key(rest))
        if ask is not None and not (topic and _NO_TOPIC.search(topic)):
            return CollectionRequest(ask=ask, topic=topic, sure=sure, unit=unit, time=time)
    return _asked_whether_there_is(plain)


def _asked_whether_there_is(plain: str) -> CollectionRequest | None:
    """The request of 有没有养犬的规定, 有公积金的政策吗."""
    found = _EXISTS.fullmatch(plain)
    if found is None or _NO_TOPIC.search(found["topic"]) or not _is_name(found["topic"]):
        return None
    return CollectionRequest(ask=CollectionAsk.LIST, topic=found["topic"], exists=True)


def _is_name(topic: str) -> bool:
    """Whether `topic` is made of words that name things and doings: 养犬, 公积金."""
    return all(tag[0] in "nvjlibaszt" for _, tag in rjieba.tag(topic, False))


def _ask(key: str) -> CollectionAsk | None:
    return next((ask for ask in CollectionAsk if collection_words()[ask].make(key)), None)


def _without_topic(text: str) -> Iterable[tuple[str, str, bool]]:
    """`text` without the topic that it may name, the topic, and whether it surely is one."""
    yield text, "", True
    for pattern, sure in ((_ABOUT, True), (_SIDE, True), (_OF, False)):
        if found := pattern.search(text):
            lead = _BEFORE_TOPIC.match(found["topic"])
            topic = found["topic"][lead.end() :] if lead else found["topic"]
            start = found.start() + (lead.end() if lead and pattern is not _ABOUT else 0)
            if topic:
                yield text[:start] + text[found.end() :], topic, sure


def _without_unit(text: str) -> tuple[str, str]:
    """`text` without the issuer that it may name, and the issuer as it is written there."""
    found = _UNIT.search(text)
    if found is None:
        return text, ""
    lead = _BEFORE_TOPIC.match(found["unit"])
    unit = found["unit"][lead.end() :] if lead else found["unit"]
    return text[: found.end() - len(unit)] + text[found.end() :], unit
