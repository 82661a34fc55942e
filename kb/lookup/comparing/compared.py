"""Reads a question that compares two editions of a law, or two documents, in one matter.

    新旧保密法关于定密权限有什么不同        two editions of one law
    2010年的保密法和现行的第五条有什么区别     of these years or ages
    信访条例和信访工作条例在办理期限上有什么不同  two documents
    甲市和乙市的物业管理条例对押金的规定有何不同   of two places
    《保密法》关于脱密期修改了什么          what an amendment changed

A question is read so only if it asks for a difference, a change or a comparison in so many words, and if both
sides are named: 保密法规定的绝密和机密有什么不同 compares two things within one law.
"""

import re
from collections.abc import Callable

from kb.language.normalise import canonical
from kb.language.word_weights import content_words
from kb.lookup.articles.article_question import Law, law_named, stripped
from kb.lookup.articles.places import Place, read_places
from kb.lookup.articles.titles import is_name
from kb.models import Model
from kb.question.time_words import Version

_WHAT = "(?:什么|哪些|哪里|啥|何|些什么)"
_DIFFERS = re.compile(
    rf"(?:有|存在|是)?{_WHAT}(?:主要|大|具体)?的?(?:不同|不一样|区别|差别|差异|异同)(?:之处|的地方|点)?|"
    rf"(?:不同|不一样|区别|差别|差异)(?:之处|的地方|点)?(?:是|在|在于)?{_WHAT}|"
    rf"(?:哪里|哪儿|怎么)不(?:同|一样)|(?:有没有|有无)(?:不同|区别|差别|差异|变化)|(?:一样|相同|有变化|有区别|有不同)吗|"
    rf"(?:多|少|增加|减少|延长|缩短)了?(?:几|多少|{_WHAT})|各(?:自)?(?:是|列|规定|要求|写)了?(?:{_WHAT}|多少|怎么)|"
    rf"分别(?:是|有|列|规定|要求)了?(?:{_WHAT}|多少|怎么)|"
    rf"(?:对比|比较)(?:一下)?"
)
_CHANGED = re.compile(
    rf"(?:作|做)?了?(?:有|发生了?|作了|做了){_WHAT}(?:主要|大|具体)?的?(?:变化|改变|修改|调整|改动)|"
    rf"(?:修改|改动|改变|调整|新增|增加|删除|删去|删掉|取消|改|变)(?:了|过)(?:{_WHAT}|吗)(?:内容|规定|条款)?|"
    rf"(?:变化|改动|修改)(?:是|在|有){_WHAT}|怎么(?:变|改)的?了?"
)
_KIND = re.compile(
    r"条例|办法|规定|细则|规则|规程|章程|方案|意见|通知|要点|(?:法典|民法典)|"
    r"(?<![方做违司执看没合依立普说想无算用非])法(?![律治规院人定制官典])"
)
_BARE = re.compile(r"条例|办法|规定|细则|规则|规程|章程|方案|意见|通知|要点|法典?")  # the name of no law
_JOINS = "和与跟同、及比"
_BOTH = re.compile(r"(?:新旧|新老|旧新)(?:两|二)?[个部版]?(?:版本?)?的?")
_OLD, _NEW = "(?:旧|老|原来?的?|以前的)", "(?:新|现行|现在的)"
_OLD_AND_NEW = re.compile(
    rf"{_OLD}[\u4e00-\u9fff《》]{{2,20}}[{_JOINS}]{_NEW}|{_NEW}[\u4e00-\u9fff《》]{{2,20}}[{_JOINS}]{_OLD}"
)
_BOTH_BEHIND = re.compile(
    r"》?的?(?:(?:新旧|新老)(?:两|二)?个?(?:版本?)?|(?:修订|修改|修正)(?:之|以)?前后|(?:两|二)个?(?:版本?|版))的?"
)
_YEARS = re.compile(r"(?P<first>(?:19|20)\d\d)年?版?的?[和与跟同、比](?P<second>(?:19|20)\d\d)年?版?的?")
_YEARS_BEHIND = re.compile(rf"[》(]?的?{_YEARS.pattern}")
_SINCE = re.compile(
    rf"[{_JOINS}](?:以前|过去|原来|之前|旧版?|旧法|老版|现在|现行|目前|新版?|新法)的?(?:版本?)?(?:条例|办法|规定|法)?"
    r"(?:相比|对比|比较|比|之间|(?=的?[有区不差变改修新]|[,。?关在就对]|\Z))"
)
_PLACES = re.compile(
    r"(?P<first>[\u4e00-\u9fff]{1,7}?[省市区县州旗])[和与跟同、](?P<second>[\u4e00-\u9fff]{1,7}?[省市区县州旗])的?"
)
_TOPIC_FRAME = (
    *(
        "关于",
        "对于",
        "针对",
        "有关",
        "就",
        "对",
        "在",
        "里面",
        "里",
        "中",
        "方面",
        "问题",
        "上",
        "的规定",
        "规定",
    ),
    *(
        "的",
        "相比较",
        "相比",
        "比较",
        "对比",
        "比起来",
        "相对于",
        "之间",
        "分别",
        "都",
        "各",
        "有",
        "是",
        "了",
    ),
    *(
        "怎么",
        "如何",
        "一下",
        "请问",
        "请",
        ",",
        "。",
        "?",
        ":",
        "、",
        " ",
        "!",
        "呢",
        "吗",
        "》",
        "《",
        "和",
        "与",
        "跟",
    ),
)


_WHOLE = ("目的", "标的")  # words whose end is not a word of asking
_PURPOSE = re.compile(r"(?:立法|制定|立规)的?目的|为什么制定")  # stated in the first article of any law
_REGION = re.compile(r"[省市区县州旗]")


class Side(Model):
    """One side of a comparison; `known`: whether the collection has the law, in any edition."""

    law: Law
    known: bool


class Compared(Model):
    """What a question compares: two sides, and the matter: its words, or places in the first side."""

    sides: tuple[Side, Side]
    topic: str
    places: tuple[Place, ...]


def compared(question: str, knows: Callable[[Law], bool]) -> Compared | None:
    """What `question` compares; None when it asks for anything else. `knows`: whether a law is there."""
    text = canonical(question)
    if not (asks_to_compare(text) or _BOTH.search(text) or _OLD_AND_NEW.search(text)):
        return None
    named = _Mentions(text, knows)
    sides = named.sides(changed=bool(_CHANGED.search(text)))
    if sides is None or any(_BARE.fullmatch(side.law.name) for side in sides):
        return None  # 旧条例和新条例 names no law
    rest = f"{text[: named.start]},{text[named.end :]}"
    places = tuple(place for part in read_places(rest).named for place in part.places if place.article)
    if _PURPOSE.search(rest) and not places:
        places = (Place(article=1),)
    return Compared(sides=sides, topic=matter_of(unasked(rest)), places=places)


def asks_to_compare(text: str) -> bool:
    """Whether the canonical `text` asks for a difference or a change."""
    return bool(_DIFFERS.search(text) or _CHANGED.search(text))


def unasked(text: str) -> str:
    """The canonical `text` without the words that ask to compare."""
    return _CHANGED.sub(",", _DIFFERS.sub(",", text))


def matter_of(text: str) -> str:
    """The words of `text` that name the matter; those that ask to compare are gone (`unasked`)."""
    parts = (_topic(part) for part in re.split("[,。?;]", text))
    return " ".join(part for part in parts if part and content_words(part))


class _Mentions:
    """The laws that a text names, the words between `start` and `end`, and how their editions are told."""

    def __init__(self, text: str, knows: Callable[[Law], bool]) -> None:
        self.start = self.end = 0
        self._knows = knows
        self._laws: list[Side] = []
        self._both = False
        self._years: tuple[int, int] | None = None
        self._since = False
        for kind in _KIND.finditer(text):
            if len(self._laws) < 2 and not (self._both or self._since or self._years):
                self._read(text, kind.end())

    def _read(self, text: str, end: int) -> None:
        """Read the law whose name ends at `end`, if there is one."""
        begin = max(self.end, text.rfind(",", self.end, end) + 1)
        words = text[begin:end]
        before = stripped(words.lstrip(_JOINS + "《》"))
        marker = _YEARS.search(before) or _BOTH.search(before) or _PLACES.search(before)
        name = before[marker.end() :] if marker else before
        if marker and marker.re is _PLACES:
            laws = [law_named(f"{marker[side]}{name}") for side in ("first", "second")]
        else:
            laws = [law_named(name)]
        sides = [Side(law=law, known=self._knows(law)) for law in laws if law]
        if not sides or not (sides[0].known or self._may_be_named(text, words, end, sides, marker)):
            return
        if not self._laws:
            self.start = begin + (words.find(marker[0]) if marker else 0)
        if marker and marker.re is _YEARS:
            self._years = int(marker["first"]), int(marker["second"])
        self._both = bool(marker and marker.re is _BOTH)
        self._laws += sides
        self.end = end
        self._read_behind(text)

    def _may_be_named(
        self, text: str, words: str, end: int, sides: list[Side], marker: re.Match[str] | None
    ) -> bool:
        """Whether names that no document has are meant to be compared: 甲市和乙市的物业管理条例."""
        if not all(is_name(side.law.name) for side in sides):
            return False
        joined = words.lstrip("》 的年版0123456789")[:1] in _JOINS if self._laws else False
        joins = text[end:].lstrip("》")[:1] in _JOINS and bool(_REGION.search(words))
        return marker is not None or joined or joins

    def _read_behind(self, text: str) -> None:
        """Read what stands behind a name about its editions."""
        rest = text[self.end :]
        if both := _BOTH_BEHIND.match(rest):
            self._both = True
        elif both := _YEARS_BEHIND.match(rest):
            self._years = int(both["first"]), int(both["second"])
        elif len(self._laws) == 1 and (both := _SINCE.match(rest.lstrip("》"))):
            self._since = True
            self.end += len(rest) - len(rest.lstrip("》"))
        if both:
            self.end += both.end()

    def sides(self, *, changed: bool) -> tuple[Side, Side] | None:
        """Both sides, the older first where that is known; None when only one is named."""
        if not self._laws:
            return None
        first = self._laws[0]
        if len(self._laws) > 1:
            return first, self._laws[1]
        if self._years:
            older, newer = sorted(self._years)
            return _of(first, year=older), _of(first, year=newer)
        if first.law.year and (self._since or self._both):
            return first, _of(first, version=Version.CURRENT)
        if self._both or self._since or changed:
            return _of(first, version=Version.OLD), _of(first, version=Version.CURRENT)
        return None


def _of(side: Side, year: int | None = None, version: Version | None = None) -> Side:
    law = side.law.model_copy(update={"words": side.law.name, "year": year, "version": version})
    return side.model_copy(update={"law": law})


def _topic(words: str) -> str:
    """`words` without those of asking at both ends."""
    text = words.strip()
    changed = True
    while changed:
        before = text
        for word in _TOPIC_FRAME:
            text = text.removeprefix(word)
            text = (text if text.endswith(_WHOLE) else text.removesuffix(word)).strip()
        changed = text != before
    return text
