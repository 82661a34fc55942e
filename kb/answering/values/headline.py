"""The first line of an answer whose question asks for one value: the value in its own words, or nothing.

A wrong first line is the worst that can be shown, so it is written only where one value of the kind asked
for is quoted, or where one alone stands in a clause with words of the question that no other value has:

    机密级保密多少年     绝密级不超过三十年，机密级不超过二十年，秘密级不超过十年   不超过二十年
    工作十二年休几天     …已满10年不满20年的，年休假10天；已满20年的，年休假15天   10天
    罚多少钱            对个人处一千元罚款，对单位处一万元罚款                    nothing
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import rjieba

from kb.answering.values.asked_value import ValueKind, WantedValue, wanted_value
from kb.answering.values.mentions import Mention, is_condition, mentions
from kb.language.normalise import canonical
from kb.language.word_weights import content_words, share_held
from kb.models import Model
from kb.question.slots import SUBJECTS
from kb.tables.ranges import Amount, amounts_in, range_of

_HELD = 0.7  # share of the question that must stand in the sentence, the headings and the title
_OWN = 0.25  # share that must stand near the value
_TOLD_APART = 0.75  # share that must stand near it, the headings and the title, where other values stand by
_LONGEST = 40  # characters
_SENTENCE_END, _PART_END = re.compile(r"[。\n]"), re.compile(r"[。\n；;]")
_CLAUSE_END = re.compile(r"[，,。；;\n]")
_OR = re.compile(r"或者|或|以及|及|和|、|并")
_EXCEPTIONS = (
    *("延长", "延期", "缩短", "逾期", "超期", "加收", "复核", "复查", "补正", "除外", "例外", "不计", "特殊"),
    *("紧急", "复杂", "其中", "原来", "此前", "减半", "减免", "另行", "情节严重"),
)
_CHANGED = re.compile(
    r"(?:调整|放宽|提高|提升|降低|下调|上调|降|涨|哄抬|增加|减少|推迟|延迟|压缩|缩短)(?:增加)?[至为到]"
)
_LEVELS = re.compile(r"[一二三四五六七八九十\d]{1,3}(?:级|类|档|等|期|孩|胎|批|型)(?!以)")
_CONDITION_ASKED = re.compile(r"满|够|累计|连续|以上")
_FREE = re.compile(r"免费|免收|不收取?|不得收|免除")
_DEADLINE = ("内", "前", "后", "起")
_ENDS = re.compile(r"到什么|到何|到哪|为止|截止|结束|最[晚迟]|以前|之前")
_BEGINS = re.compile(r"从什么|从何|开始|起|施行|实施|生效")
_ASKS = re.compile(r"[几\d]|多")
# What is done with a thing, no part of its name.
_ACTS = frozenset("交缴领办发罚付给要放休存收拿报签审批建开请做过满到在的了有是")
_NOT = re.compile(r"[不没未无非]|禁止")
_LIMIT_NOT = re.compile(r"不得?[超少低高多]?[过于]")  # 不少于 sets a limit
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?=年)")
_LEAST, _LOWER = (
    re.compile(r"[至最起][少低短码]|不[少低]于"),
    re.compile(r"[至最起][少低短]|不得?[少低小]于|以上|满"),
)
_MOST = re.compile(r"[最至][多长高大]|不超过")
_UPPER = re.compile(r"[最至][多长高大]|不得?超过|不得?[高多大]于|以[下内]|内")
_REST = re.compile(r"其他|其余|另外|别的")
_DATES = re.compile(r"百分之几|(?:\d{4}年)?\d{1,2}月(?:\d{1,2}[日号])?|\d{4}年")
_DAY = re.compile(r"[哪几一][天号日]|几月")


class _Place(Model):
    """A value, the clauses that belong to it (`near`), and its sentence (`around`)."""

    mention: Mention
    near: str
    around: str


def headline(question: str, said: str, context: str, weights: Mapping[str, float]) -> str | None:
    """The value that `question` asks for in the quoted words `said`, verbatim; None when that is not sure.

    `context` is the title and the headings of the source, `weights` the words of the question.

    >>> headline("最长领几个月", "领取期限最长为二十四个月。", "", {"领取": 1.0})
    '最长为二十四个月'
    """
    wanted = wanted_value(question)
    if wanted is None or (wanted.kind is ValueKind.MONEY and _FREE.search(said)):
        return None
    given = weights or content_words(question)
    words = {word: weight for word, weight in given.items() if len(word) > 1 and not _ASKS.search(word)}
    found = _only(_places(said, wanted, question), question, words, context)
    if found is None or not _is_about(found, question, words, context):
        return None
    value = found.mention.said
    return value if len(value) <= _LONGEST and _fits(value, wanted, question) else None


def _places(said: str, wanted: WantedValue, question: str) -> list[_Place]:
    """The values of the kind asked for, without those that are conditions of others."""
    conditional = bool(_CONDITION_ASKED.search(question))
    found = list(mentions(said, wanted.kind))
    if wanted.kind is ValueKind.DATE:
        found += [one for one in mentions(said, ValueKind.DURATION) if one.said.endswith(_DEADLINE)]
        found.sort(key=lambda one: one.start)
    found = [one for one in found if conditional or not is_condition(one, said)]
    exact = [one for one in found if wanted.units and wanted.units[0] in one.said]
    found, asked = exact or found, canonical(question)
    return [
        place
        for place in (_place(said, found, at) for at in range(len(found)))
        if canonical(place.mention.number) not in asked
    ]


def _place(said: str, found: Sequence[Mention], at: int) -> _Place:
    """The value `found[at]` with the clauses between the values before and behind it that belong to it.

    What stands before the clause of the first value of a sentence belongs to all its values.
    """
    mention = found[at]
    part, end = _part(said, mention, _PART_END)
    start = max(part, _border(said, found[at - 1], mention)) if at else part
    behind = found[at + 1] if at + 1 < len(found) else None
    last = min(end, _border(said, mention, behind)) if behind else end
    first = next(one for one in found if one.start >= part)
    clauses = [stop.end() for stop in _CLAUSE_END.finditer(said, part, first.start)]
    lead = said[part : clauses[-1]] if clauses and first is not mention else ""
    around = slice(*_part(said, mention, _SENTENCE_END))
    return _Place(mention=mention, near=lead + said[start:last], around=said[around])


def _part(said: str, mention: Mention, ends: re.Pattern[str]) -> tuple[int, int]:
    """Start and end of the part of `said`, between two `ends`, that holds `mention`."""
    begins = [stop.end() for stop in ends.finditer(said, 0, mention.start)]
    stop = ends.search(said, mention.end)
    return begins[-1] if begins else 0, stop.start() if stop else len(said)


def _border(said: str, first: Mention, second: Mention) -> int:
    """Where the words of `first` end and those of `second` begin.

    一年内，应当备案，三十日内… : the clause behind a deadline is its own; any other clause before a value is
    the condition of that value. Within a clause the first 或者, 和 or 、 is the border.
    """
    between = said[first.end : second.start]
    stops = [first.end + stop.end() for stop in _CLAUSE_END.finditer(between)]
    if not stops:
        joined = _OR.search(between)
        return first.end + joined.start() if joined else second.start
    return stops[-1] if first.said.endswith(_DEADLINE) else stops[0]


def _only(places: Sequence[_Place], question: str, words: Mapping[str, float], context: str) -> _Place | None:
    """The one place that answers: the only value, or the only one beside words that no other has."""
    places = _in_range(places, question)
    if len({canonical(place.mention.said) for place in places}) <= 1:
        return places[0] if places else None
    held = [_held(place, words) for place in places]
    best = max(range(len(places)), key=lambda at: sum(words[word] for word in held[at]))
    others = [held[at] for at in range(len(places)) if places[at].mention.said != places[best].mention.said]
    told = _is_told_apart(places[best], canonical(question), words, canonical(context))
    return places[best] if told and all(other < held[best] for other in others) else None


def _is_told_apart(place: _Place, asked: str, words: Mapping[str, float], context: str) -> bool:
    """Whether the clauses of `place` say what would tell it from other values: most words of the question,
    its negation, its year, the least or the most that it asks for.
    """
    near, value = canonical(place.near), canonical(place.mention.said)
    if _NOT.search(_LIMIT_NOT.sub("", asked)) and not _NOT.search(near):
        return False
    if _REST.search(asked) and not _REST.search(near):
        return False
    if any(year not in near + context for year in _YEAR.findall(asked)):
        return False
    if (_LEAST.search(asked) and not _LOWER.search(value)) or (
        _MOST.search(asked) and not _UPPER.search(value)
    ):
        return False
    return share_held(words, f"{context}\n{near}") >= _TOLD_APART


def _held(place: _Place, words: Mapping[str, float]) -> frozenset[str]:
    """The words of the question that the clauses of a value hold."""
    near = canonical(place.near)
    return frozenset(word for word in words if word in near)


def _in_range(places: Sequence[_Place], question: str) -> Sequence[_Place]:
    """The places whose condition holds the amount that the question names; all where it names none."""
    amounts = _amounts(question)
    return [place for place in places if all(_holds(place, amount.value, amount.unit) for amount in amounts)]


def _amounts(question: str) -> list[Amount]:
    """The amounts that the question names, without dates."""
    return [amount for amount in amounts_in(_DATES.sub(" ", canonical(question))) if amount.unit]


def _holds(place: _Place, value: float, unit: str) -> bool:
    before = place.near[: place.near.rfind(place.mention.said)]
    stated = range_of(before, unit)
    if stated is not None and stated.unit == unit:
        return stated.holds(value)
    if value == 1 and "每" in place.near:
        return True
    return any(one.unit == unit and one.value == value for one in amounts_in(before))


def _is_about(place: _Place, question: str, words: Mapping[str, float], context: str) -> bool:
    """Whether the words around the value are what the question speaks of, and no exception to it."""
    near, around, asked = canonical(place.near), canonical(f"{context}\n{place.around}"), canonical(question)
    if _CHANGED.search(canonical(place.around)):
        return False
    if any(word in near and word not in asked for word in _EXCEPTIONS):
        return False
    if any(subject in asked and subject not in near for subject in SUBJECTS):
        return False  # 部门 beside 街道, 个人 beside 单位
    if any(name not in around for name in _names(asked)):
        return False
    if "罚" in asked and "罚" not in near:
        return False
    if any(level not in near for level in _LEVELS.findall(asked)):
        return False
    own = _OWN * (not _amounts(question))  # an amount has chosen the place
    return bool(_held(place, words)) and share_held(words, near) >= own and share_held(words, around) >= _HELD


def _names(asked: str) -> list[str]:
    """The names of things in `asked` whose first character the tagger takes for a word: 陪产假 (not 产假)."""
    return [
        first + second[:1]
        for (first, tag), (second, thing) in pairwise(rjieba.tag(asked, False))
        if len(first) == 1 < len(second) and tag[0] in "nvabj" and thing[0] == "n" and first not in _ACTS
    ]


def _fits(value: str, wanted: WantedValue, question: str) -> bool:
    """Whether `value` is in a unit that the question names (天 for 日, not 月) and no end for a beginning."""
    if wanted.kind is ValueKind.DATE:
        if _DAY.search(question) and "月" not in value:
            return False
        if _ENDS.search(question) and value.endswith("起"):
            return False
        return not (_BEGINS.search(question) and value.endswith(("前", "内")))
    return not wanted.units or any(unit in value for unit in wanted.units)
