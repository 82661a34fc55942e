"""Puts the subject that a follow-up names into the place of its like in the question before.

    工作十二年的职工年休假几天      满二十年的呢       工作二十年的职工年休假几天
    申请教育救助找谁             就业救助呢         申请就业救助找谁
    挪用专项维修资金怎么罚         擅自改变用房用途呢   擅自改变用房用途怎么罚

A like is of a kind in `_KINDS` or `_GROUPS`, an amount in the same unit, a level of the same sort (二级,
四级), or a name that ends in the same word (救助, 节). Where there is none, nothing is put in place.
"""

import re

import rjieba

from kb.language.numerals import NUMERAL

_KINDS: tuple[tuple[str, ...], ...] = (
    ("部门", "单位", "街道", "社区", "村", "乡镇", "学校", "医院", "企业"),
    ("牵头单位", "责任单位", "配合单位"),
    ("个人", "公民", "法人", "企业"),
    ("本科生", "大学生", "高中生", "初中生", "小学生"),
    ("城镇", "城市", "农村", "乡村"),
    ("男", "女"),
)
_GROUPS = (
    ("老年人", "残疾人", "未成年人", "退役军人", "军人", "孕妇", "儿童", "学生", "农民工"),
    ("职工", "居民"),
)  # people, who are matters of their own as well
SUBJECTS = frozenset(word for kind in _KINDS for word in kind) - {"牵头单位", "责任单位", "配合单位"}
_YEAR = re.compile(r"(?:(?:19|20)\d\d|今|去|明|前)年")
_NUMBER = rf"(?:\d{{1,9}}(?:\.\d{{1,3}})?|{NUMERAL})[万亿]?"
_AMOUNT = re.compile(
    rf"(?P<number>{_NUMBER})(?P<unit>周?岁|年(?!级)|个?月|天|日|元|平方米|平米|平|人|口|公里|小时)(?P<bound>以[上下内])?"
)
_LEVEL = re.compile(rf"第?(?:\d{{1,4}}|{NUMERAL})(?P<sort>年级|级|类|档|等|期|孩|胎|批|条|款|项|章)")
_NAME_ENDS = frozenset("级节类法区县市省镇乡路街证费税金险假校园局院所村")  # one character that names a sort
_TITLE_ENDS = ("法", "条例", "办法", "规定", "细则")  # a title is all the words before such an end
_ROADS = ("大道", "路", "街", "巷")
_LONGEST_END = 4
_CLAUSE = 6  # characters from which a subject with a verb is a matter of its own
_ASK = re.compile(
    r"(?:要|会|应该?|应当|能|可以|得)?(?:被|由|怎么|怎样|如何|什么|谁|哪|多少|几|多久|多长|罚多少|罚几|是否)"
)
_CONDITION = re.compile(r"了\Z|不[够足到]\Z|没[到有]\Z")


def in_its_place(before: str, subject: str, *, clauses: bool = True) -> str | None:
    """The question `before` with `subject` in the place of its like; None where it has none.

    `clauses`: a subject that says what is done may take the place of all that is said before the question.

    >>> in_its_place("申请教育救助找谁？", "就业救助")
    '申请就业救助找谁？'
    """
    ways = (_of_year, _of_kind, _of_amount, _of_level, _of_name, *((_of_clause,) if clauses else ()))
    return next((put for way in ways if (put := way(before, subject)) is not None), None)


def is_amount(subject: str) -> bool:
    """Whether `subject` is a year, an amount or a level, and names no matter: 才干了三年的, 绝密级."""
    return any(pattern.search(subject) for pattern in (_YEAR, _AMOUNT, _LEVEL))


def _of_year(before: str, subject: str) -> str | None:
    year = _YEAR.fullmatch(subject)
    return _YEAR.sub(year[0], before) if year and _YEAR.search(before) else None


def _of_kind(before: str, subject: str) -> str | None:
    for kind in (*_KINDS, *_GROUPS):
        new = next((word for word in kind if word in subject), None)
        old = next((word for word in kind if word in before), None)
        if new and old and new != old:
            return before.replace(old, subject if len(subject) <= len(new) + 1 else new)
    return None


def _of_amount(before: str, subject: str) -> str | None:
    new = _AMOUNT.search(subject)
    if new is None:
        return None
    old = next((one for one in _AMOUNT.finditer(before) if one["unit"] == new["unit"]), None)
    return before[: old.start()] + new[0] + before[old.end() :] if old else None


def _of_level(before: str, subject: str) -> str | None:
    new = _LEVEL.search(subject)
    old = next((one for one in _LEVEL.finditer(before) if new and one["sort"] == new["sort"]), None)
    return before[: old.start()] + new[0] + before[old.end() :] if new and old else None


def _of_name(before: str, subject: str) -> str | None:
    """`subject` for the words of `before` that end as it ends: 劳动节 for 春节, 就业救助 for 教育救助."""
    ends = [subject[-length:] for length in range(min(_LONGEST_END, len(subject) - 1), 0, -1)]
    if subject.endswith(_ROADS):
        ends += [road for road in _ROADS if road not in ends]
    for end in ends:
        if len(end) == 1 and end not in _NAME_ENDS:
            continue
        old = _named(before, end)
        if old and old != subject and (len(old) <= len(subject) + 2 or old.endswith(_TITLE_ENDS)):
            return before.replace(old, subject, 1)
    return None


def _named(before: str, end: str) -> str:
    """The name in `before` that ends in `end`: one word, or the word `end` with the noun before it."""
    words = rjieba.tag(before, False)
    for at, (word, _) in enumerate(words):
        if word.endswith(_TITLE_ENDS) and word.endswith(end):
            start = at
            while start and words[start - 1][1][0] in "nvajblz":
                start -= 1
            return "".join(part for part, _ in words[start : at + 1])
        if word.endswith(end) and len(word) > len(end):
            return word
        if word == end and at and words[at - 1][1][0] in "nvajb" and len(words[at - 1][0]) > 1:
            return f"{words[at - 1][0]}{word}"
    return ""


def _of_clause(before: str, subject: str) -> str | None:
    """`subject`, which says what is done, with what `before` asks; None for a condition."""
    verbs = [word for word, tag in rjieba.tag(subject, False) if tag[0] in "vil" and len(word) > 1]
    asked = _ASK.search(before)
    if (
        len(subject) < _CLAUSE
        or "的" in subject
        or not verbs
        or _CONDITION.search(subject)
        or not asked
        or not asked.start()
    ):
        return None
    return f"{subject}{before[asked.start() :]}"
