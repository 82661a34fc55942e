"""Reads from a question which documents it asks for by age: a period, a year of issue, an edition.

A date in a question may restrict the documents (近三年出台了哪些政策) or be part of what is asked
(近三年的政策文件要梳理吗, 2023年底前完成哪些). Only the first is read here, and only from wordings that leave
no doubt; all else gives None, since a wrong filter hides the right answer and a missing one does not.

    edition     a year or 旧版/现行 attached to the name of a law: 2010年的保密法, 旧保密法, 保密法（2010年）
    named_year  an edition, or a year that belongs to the name itself: 2023年政务公开工作要点
    period      documents of a time are asked for: 去年的工作要点, 近三年的政策文件有哪些, 今年出台了哪些政策

A year is attached when it stands before the name with 的, 版 or a verb of issue (修订的), or behind it in
brackets or with 版. A period holds when its words stand before documents (政策, 文件, 办法 …) and the
question then ends, asks which there are or what they say, or when it asks which documents came out in it.
Years alone (2023年底前, 2024年修改了什么), durations (三年内) and vague times (最近) are not read.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from enum import StrEnum

from kb.language.normalise import canonical
from kb.models import Model

_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_COUNTS = {
    "一": 1,
    "两": 2,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "几": 3,
}
_MONTHS_IN_HALF = 6

_SPELT_YEAR = re.compile(r"[一二][〇零一二三四五六七八九]{3}(?=年)")
_YEAR = r"(?<!\d)(?P<year>(?:19|20)\d\d)"
_ISSUED = r"(?:(?:新)?(?:修订|修正|修改|公布|颁布|发布|印发|出台|通过|施行|实施|生效|制定|出)的)"

# The name of a law or document: Chinese characters up to a word of its kind; 法 only where it ends a name.
_KIND = (
    r"(?:条例|办法|规定|细则|要点|通知|意见|方案|决定|规则|规划|公告|报告|"
    r"(?<![方做违司执看没合依立普说想无算用非])法(?![治律规院人定制官]))"
)
_NOT_A_NAME = (
    r"(?:哪|什么|谁|怎么|多少|是否|了|应|需要|出台|制定|完成|公布|印发|根据|以来|以前|之前|以后|之后|"
    r"要(?!点))"
)
_NAME = rf"(?P<title>《?(?:(?!{_NOT_A_NAME})[\u4e00-\u9fff]){{1,24}}?{_KIND}》?)"
_OLD = (
    r"(?:(?<![老新以破陈])旧(?![城房货车区])版?|老版|老的|原来的?|原先的?|以前的|过去的|"
    r"(?:修订|修改|修正)(?:之|以)?前的|(?:已经?)?(?:废止|失效)了?的)的?"
)
_CURRENT = r"(?:现行有?效?|最新版?|新版|新修订|现在有效|目前有效)的?"

_BEFORE_NAME = re.compile(rf"{_YEAR}(?:年版?的?{_ISSUED}|年?版的?|年的){_NAME}")
_BEHIND_NAME = re.compile(rf"\(?{_YEAR}(?:年?版|(?:年[^)]{{0,60}})?\))")
_NAME_AT_END = re.compile(rf"{_NAME}\Z")
_LONGEST_NAME = 28  # characters that _NAME matches
_YEAR_IN_NAME = re.compile(rf"{_YEAR}年度?{_NAME}")
_OLD_NAME = re.compile(rf"{_OLD}{_NAME}")
_OLD_BEHIND = re.compile(rf"{_NAME}的?(?:旧版|老版|(?:修订|修改|修正)(?:之|以)?前)")
_CURRENT_NAME = re.compile(rf"{_CURRENT}{_NAME}")

# Words for documents in general, and what may follow them when the question asks for documents.
_DOCUMENTS = r"(?:政策|文件|办法|规定|条例|要点|通知|意见|方案|细则|公告|法规|规章|解读|报告)"
_WHICH = r"(?:哪些|哪几[个份项]|什么|啥|多少[个份项]?|几[个份项])"
_END = r"(?:[吗呢啊吧么]|一下){0,6}[\s?。!.]{0,8}$"
_ASKED_FOR = (
    rf"(?:{_END}|(?:都|还|一共|总共)?(?:有|是)(?:没有)?{_WHICH}?{_END}|(?:的)?(?:清单|目录|列表|汇总|名单){_END}|"
    rf"(?:在|从|到|去)?(?:哪里?|哪儿)(?:能|可以)?(?:看|查|找|下载)?到?{_END}|(?:里面?|当中|中)(?![心小央介])|"
    r"(?:是|对[^?]{1,20})?(?:怎么|如何|怎样|咋)(?:规定|说|要求|写)|规定了?(?:哪些|什么))"
)
_ISSUE = r"(?:新?(?:出台|发布|公布|印发|颁布|制定|修订|出))"
_SOMEBODY = r"(?:全|我们?|本|咱们?|区|市|省|国家|政府|部门|街道|浔阳){0,6}"
_TEXT = r"(?:(?![哪什谁怎几要应将需前底吗])[\u4e00-\u9fff])"  # no question word, no plan
_ABOUT_DOCUMENTS = re.compile(
    rf"\A(?:里|来|以来|间)?,?(?:"
    rf"(?P<of>的|以来的|{_TEXT}{{0,10}}{_ISSUE}的|(?=(?:政策|文件))){_TEXT}{{0,14}}?{_DOCUMENTS}{_ASKED_FOR}|"
    rf"{_TEXT}{{0,14}}?{_ISSUE}[了过]?{_WHICH}(?:新的?)?{_TEXT}{{0,12}}?{_DOCUMENTS}{_END}|"
    rf"{_SOMEBODY}有(?:没有|{_WHICH})(?:{_ISSUE}的?|新的?){{0,3}}{_TEXT}{{0,12}}?{_DOCUMENTS}{_END})"
)
_CAME_OUT_THEN = re.compile(rf"{_ISSUE}的{_END}")
_WHICH_DOCUMENTS = re.compile(rf"{_WHICH}{_TEXT}{{0,10}}{_DOCUMENTS}(?:都|才)?是(?:在)?$")


class Version(StrEnum):
    """An edition meant by age instead of by year."""

    OLD = "旧版"
    CURRENT = "现行"


class Edition(Model):
    """The edition of a document that a question names, by year or as old or current, in these `words`."""

    title: str
    words: str
    year: int | None = None
    version: Version | None = None


class TimeScope(Model):
    """The time of the documents that are asked for, both days included, None if open; named by `words`."""

    date_from: date | None
    date_to: date | None
    words: str


def edition(query: str) -> Edition | None:
    """The edition of a document that `query` asks about; None when it names none.

    >>> edition("2010年的保密法怎么规定定密权限")
    Edition(title='保密法', words='2010年的保密法', year=2010, version=None)
    """
    text = _readable(query)
    if match := _BEFORE_NAME.search(text):
        return Edition(title=_bare(match["title"]), words=match[0], year=int(match["year"]))
    for match in _BEHIND_NAME.finditer(text):
        if name := _NAME_AT_END.search(text[max(0, match.start() - _LONGEST_NAME) : match.start()]):
            return Edition(title=_bare(name["title"]), words=name[0] + match[0], year=int(match["year"]))
    for pattern, version in (
        (_OLD_NAME, Version.OLD),
        (_OLD_BEHIND, Version.OLD),
        (_CURRENT_NAME, Version.CURRENT),
    ):
        if match := pattern.search(text):
            return Edition(title=_bare(match["title"]), words=match[0], version=version)
    return None


def named_year(query: str) -> int | None:
    """The year in `query` of a document's edition, or in a document's name; None when there is none.

    >>> named_year("2023年政务公开工作要点由谁印发"), named_year("2023年底前完成哪些")
    (2023, None)
    """
    named_edition = edition(query)
    if named_edition and named_edition.year:
        return named_edition.year
    match = _YEAR_IN_NAME.search(_readable(query))
    return int(match["year"]) if match else None


def period(query: str, today: date) -> TimeScope | None:
    """The time of the documents that `query` asks for, as seen on `today`; else None, also for an edition.

    >>> period("去年的工作要点", date(2026, 5, 1)).words
    '去年'
    """
    text = _readable(query)
    if edition(query):
        return None
    for pattern, dates in _TIMES:
        for time_words in pattern.finditer(text):
            if _is_about_documents(text[: time_words.start()], text[time_words.end() :]):
                date_from, date_to = dates(time_words, today)
                return TimeScope(date_from=date_from, date_to=date_to, words=time_words[0])
    return None


def _is_about_documents(before: str, after: str) -> bool:
    """Whether time words between the texts `before` and `after` say which documents are asked for."""
    asked_before = _CAME_OUT_THEN.match(after) and _WHICH_DOCUMENTS.search(before)
    return bool(asked_before or _ABOUT_DOCUMENTS.match(after))


def _readable(query: str) -> str:
    """`query` in canonical form, years in digits: 二〇一〇年 -> 2010年."""
    return _SPELT_YEAR.sub(lambda year: year[0].translate(_DIGITS), canonical(query))


def _bare(title: str) -> str:
    """`title` without words of asking before it and without 《》."""
    return re.sub(r"^(?:请问|请教|按照?|根据|依据|依照|在|我想知道|想问一?下?)", "", title).strip("《》")


_Dates = tuple[date | None, date | None]


def _whole_year(year: int) -> _Dates:
    return date(year, 1, 1), date(year, 12, 31)


def _half(year: int, half: str) -> _Dates:
    return (date(year, 1, 1), date(year, 6, 30)) if half == "上" else (date(year, 7, 1), date(year, 12, 31))


def _month(year: int, month: int) -> _Dates:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _last_month(today: date) -> tuple[int, int]:
    return (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)


def _months_back(today: date, months: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _number(words: str) -> int:
    return int(words) if words.isdigit() else _COUNTS[words]


def _year_of(words: str, today: date) -> int:
    """The year that 今年, 去年, 上年, 前年 or 2022年 means on `today`."""
    digits = re.match(r"\d{4}", words)
    return int(digits[0]) if digits else today.year - (words[0] in "去上") - 2 * (words[0] == "前")


_A_YEAR = r"(?:(?<!\d)(?:19|20)\d\d年度?|今年|本年度?|去年|上一?年度?(?!度)|前年)"
_NUMBER = r"(?:\d{1,2}|[一两二三四五六七八九十几])"

# Time words -> first and last day. subtle: the first that fits counts, so longer forms come first.
_TIMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], _Dates]], ...] = (
    (
        re.compile(
            r"(?<!\d)(?P<first>(?:19|20)\d\d)年?(?:到|至|-|—|~)(?P<last>(?:19|20)\d\d)年(?:期间|之?间)?"
        ),
        lambda found, _: (date(int(found["first"]), 1, 1), date(int(found["last"]), 12, 31)),
    ),
    (
        re.compile(rf"(?P<year>{_A_YEAR})(?:开始|以来|至今|到现在|到今天|以后|之后|起)"),
        lambda found, today: (date(_year_of(found["year"], today), 1, 1), None),
    ),
    (
        re.compile(rf"(?P<year>{_A_YEAR})(?:之前|以前|前)"),
        lambda found, today: (None, date(_year_of(found["year"], today) - 1, 12, 31)),
    ),
    (
        re.compile(rf"(?P<year>{_A_YEAR})?的?(?P<half>[上下])半年"),
        lambda found, today: _half(_year_of(found["year"] or "今年", today), found["half"]),
    ),
    (
        re.compile(rf"(?P<year>{_A_YEAR})(?P<month>1[0-2]|[1-9])月份?"),
        lambda found, today: _month(_year_of(found["year"], today), int(found["month"])),
    ),
    (re.compile(r"(?:本|这个?)月"), lambda _, today: _month(today.year, today.month)),
    (re.compile(r"上个?月"), lambda _, today: _month(*_last_month(today))),
    (
        re.compile(rf"(?:最近|近|过去|这)(?P<number>{_NUMBER})年(?:以?来|内|间|里)?"),
        lambda found, today: (_months_back(today, 12 * _number(found["number"])), today),
    ),
    (
        re.compile(rf"(?:最近|近|过去|这)(?P<number>{_NUMBER})个月(?:以?来|内|间|里)?"),
        lambda found, today: (_months_back(today, _number(found["number"])), today),
    ),
    (
        re.compile(r"(?:最近|近|过去)半年(?:以?来|内|间|里)?"),
        lambda _, today: (_months_back(today, _MONTHS_IN_HALF), today),
    ),
    (re.compile(_A_YEAR), lambda found, today: _whole_year(_year_of(found[0], today))),
)
