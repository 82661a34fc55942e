"""The claims in a sentence that can be looked up word for word: numbers with their units, dates, names.

Sentence and source are brought to one form first, so that 二十个工作日 and 20 个工作日, 百分之五 and 5%,
2024-3-1 and 2024年3月1日, 9:30 and 9时30分 are equal. A text proves a claim only with the same unit: 20日 is
not 20个工作日, 3月 not 3个月; 以上 is not 以下. What cannot be read is compared as it is written: an error
leaves a true sentence unproven, never the other way round.
"""

import re
from collections.abc import Iterator

import rjieba

from kb.answers import Reason
from kb.language.normalise import canonical
from kb.language.numerals import DECIMAL, NUMERAL, in_digits, number_value
from kb.language.quantities import SAME_UNIT, NumberReader, amount, unit_pattern
from kb.models import Model

_UNITS = unit_pattern(NumberReader.CLAIMS)
_SAME_UNIT = {**SAME_UNIT, "名": "人", "位": "人", "点": "时", "周岁": "岁"}

_SPACE = re.compile(r"(?<=\d)\s++(?=[一-鿿%‰])|(?<=[一-鿿])\s++(?=[\d一-鿿])")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_CHINESE = re.compile(
    rf"(?<=分之){NUMERAL}|(?<=第){NUMERAL}|{NUMERAL}(?=分之)"
    rf"|{NUMERAL}(?=[万亿]|[余多几]?个?(?:{_UNITS}))|[一二三四五六七八九]?[十百千][零〇一二三四五六七八九十百千]{{1,12}}"
    r"|[〇零一二三四五六七八九]{4,12}"
)
_PERCENT = re.compile(rf"百分之({NUMERAL}|{DECIMAL})")
_RANGE = re.compile(rf"(?<!\d)({DECIMAL})[-~至到—–―－]({DECIMAL})((?:万|千|百|亿)?个?(?:{_UNITS}))")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)日?")
_NUMBER = re.compile(
    rf"(?P<nth>第?)(?<![\d.])(?P<number>{DECIMAL})(?P<times>百万|千万|万|千|百|亿)?[余多几]?(?P<count>个?)(?P<unit>{_UNITS})?"
)
_DAY = re.compile(r"(?<!\d)(?:(\d{4})年)?(\d{1,2})月(?:份)?(?:(\d{1,2})[日号])?")
_FRACTION = re.compile(rf"({DECIMAL})分之({DECIMAL})")
_TIME_WORDS = re.compile(
    r"今年|明年|去年|前年|本年度|年底|年初|月底|月初|月末|[上中下]旬|上午|中午|下午|晚上|凌晨|节假日|双休日|"
    r"(?:星期|周|礼拜)[一二三四五六日天末](?![年岁])|半年|半天|半个?月|半数|过半|一半|当[日天月年]|次[日月年]"
)
_DOCUMENT_NUMBER = re.compile(r"([一-鿿]{0,3})[\[(〔【](\d{4})[\])〕】]第?(\d{1,8})号")
_LATIN = re.compile(r"[a-z][a-z0-9]*+(?:[.@/_:-]++[a-z0-9]++)*+")
_TITLE = re.compile(r"《([^》]{1,200})》")
_QUOTED = re.compile(r"[“\"「]([^”\"」]{2,200})[”\"」]")
_ORGAN = re.compile(r"[省市区县州乡镇][一-鿿]{1,6}?(?:局|委|厅|政府|办公室|中心|街道|法院|检察院)")
_ORGAN_WORD = re.compile(
    r".{1,60}(?:局|厅|署|街道|乡|镇|法院|检察院|政府|委员会|办公室|公司|银行|大学|协会|热线)"
)
_NAME_TAGS = ("nr", "ns", "nt")
_COMMON_NAMES = frozenset(("中国", "全国", "我国", "中华人民共和国", "人民政府"))

_LEAST_BEFORE = re.compile(
    r"(?:不少于|不低于|不得少于|不得低于|不短于|至少|最少|最低|大于|高于|多于|达到?|(?<![不未])满|(?<![不得])超过)$"
)
_MOST_BEFORE = re.compile(
    r"(?:不超过|不得超过|不多于|不高于|不得高于|不长于|至多|最多|最长|最高|最迟|低于|少于|小于|不满|不足|未满)$"
)
_LEAST_AFTER = re.compile(r"^(?:[及或]?以上|起|以后|之后|后)")
_MOST_AFTER = re.compile(r"^(?:[及或]?以下|[以之]?内|[底末]?[以之]?前|[底末]?之前|为限)")


class Claim(Model):
    """A number, a date or a document number, in one form; `limit` is "least", "most" or "" for none."""

    reason: Reason
    what: str
    limit: str = ""


def plain(text: str) -> str:
    """`text` in the form in which numbers are compared.

    >>> plain("２０ 个工作日，百分之五；三十日")
    '20个工作日,5%;30日'
    """
    bare = _THOUSANDS.sub("", _SPACE.sub("", canonical(text)))
    bare = _PERCENT.sub(lambda found: f"{_digits(found[1])}%", bare)
    bare = in_digits(_CHINESE, bare)
    bare = _ISO.sub(lambda d: f"{d[1]}年{int(d[2])}月{int(d[3])}日", bare)
    bare = _CLOCK.sub(lambda c: f"{int(c[1])}时" + ("" if c[2] == "00" else f"{int(c[2])}分"), bare)
    return _RANGE.sub(r"\1\3至\2\3", bare)


def _digits(number: str) -> str:
    return number if number[0].isdigit() else str(number_value(number))


def claims(text: str) -> frozenset[Claim]:
    """The numbers, dates and numbers of documents in `text`.

    >>> sorted(claim.what for claim in claims("2023年10月底前，至少1-2名"))
    ['1人', '2023-10', '2人', '月底']
    """
    bare = plain(text)
    collected = {Claim(reason=Reason.DOCUMENT_NUMBER, what=what) for what in _document_numbers(bare)}
    rest = _DOCUMENT_NUMBER.sub(" ", bare)
    collected |= {Claim(reason=Reason.DATE, what=word) for word in _TIME_WORDS.findall(rest)}
    for day in _DAY.finditer(rest):
        if day[1] or day[3]:
            collected.add(Claim(reason=Reason.DATE, what=_date(day), limit=_limit(rest, *day.span())))
    without_days = _DAY.sub(lambda day: " " if day[1] or day[3] else day[0], rest)
    return frozenset((*collected, *_numbers(without_days)))


def grounds(text: str) -> frozenset[Claim]:
    """The claims that `text` proves: its own, the parts of its dates, and all of these without limit."""
    bare = plain(text)
    collected = set(claims(text))
    for day in _DAY.finditer(bare):
        limit = _limit(bare, *day.span())
        year, month, date = day[1], int(day[2]), day[3]
        parts = [f"{month}月"] + ([f"{year}年"] if year else []) + ([f"{int(date)}日"] if date else [])
        collected |= {Claim(reason=Reason.NUMBER, what=part) for part in parts}
        collected |= {Claim(reason=Reason.NUMBER, what=part, limit=limit) for part in parts}
        whole = ([f"{year}-{month}"] if year else []) + ([f"{month}/{int(date)}"] if date else [])
        for what in whole:
            collected |= {Claim(reason=Reason.DATE, what=what, limit=bound) for bound in ("", limit)}
    return frozenset(collected | {claim.model_copy(update={"limit": ""}) for claim in collected})


def unproven(sentence: str, text: str) -> frozenset[Reason]:
    """Why `text` does not prove `sentence`; empty when it holds all numbers and dates of the sentence."""
    proven = grounds(text)
    reasons = set()
    for claim in claims(sentence):
        if claim in proven:
            continue
        without_limit = claim.model_copy(update={"limit": ""})
        reasons.add(Reason.LIMIT if without_limit in proven else claim.reason)
    return frozenset(reasons)


def unknown_names(sentence: str, text: str) -> bool:
    """Whether `sentence` holds an organ, place, person, title or Latin letters that `text` does not hold."""
    claim_text, source_text = plain(sentence), plain(text)
    return any(name not in source_text for name in _names(claim_text))


def _names(said: str) -> Iterator[str]:
    for pattern in (_TITLE, _QUOTED):
        yield from (match[1] for match in pattern.finditer(said))
    yield from (match[0] for match in _LATIN.finditer(said))
    yield from (match[0] for match in _ORGAN.finditer(said))
    for word, tag in rjieba.tag(said, False):
        is_name = tag.startswith(_NAME_TAGS) or _ORGAN_WORD.fullmatch(word)
        if is_name and len(word) > 1 and word not in _COMMON_NAMES:
            yield word


def _document_numbers(bare: str) -> Iterator[str]:
    """Yield 浔府办发〔2023〕12号 as "办发[2023]12号": two characters before the year surely belong to it."""
    for match in _DOCUMENT_NUMBER.finditer(bare):
        yield f"{match[1][-2:]}[{match[2]}]{int(match[3])}号"


def _date(day: re.Match[str]) -> str:
    year, month, date = day[1], int(day[2]), day[3]
    if year and date:
        return f"{year}-{month}-{int(date)}"
    return f"{year}-{month}" if year else f"{month}/{int(date)}"


def _numbers(rest: str) -> Iterator[Claim]:
    fractions = [(match.span(), f"{match[2]}/{match[1]}") for match in _FRACTION.finditer(rest)]
    for span, what in fractions:
        yield Claim(reason=Reason.NUMBER, what=what, limit=_limit(rest, *span))
    for match in _NUMBER.finditer(_FRACTION.sub(lambda part: " " * len(part[0]), rest)):
        value = amount(match["number"], match["times"])
        unit = match["unit"] or ""
        if unit.startswith(("万", "亿")) and len(unit) > 1:
            value, unit = value * amount("1", unit[0]), unit[1:]
        if match["count"] and unit in ("月", "个"):
            unit = f"个{unit}" if unit == "月" else unit
        elif match["count"] and not unit:
            unit = "个"
        unit = _SAME_UNIT.get(unit, unit)
        shown = str(int(value)) if value.is_integer() and "." not in match["number"] else f"{value:g}"
        if not unit and match["number"].startswith("0"):
            shown = match["number"]  # 0792: a telephone number
        yield Claim(
            reason=Reason.NUMBER, what=f"{match['nth']}{shown}{unit}", limit=_limit(rest, *match.span())
        )


def _limit(text: str, start: int, end: int) -> str:
    """The limit, "least" or "most", that the number from `start` to `end` sets; "" for none."""
    before, after = text[max(0, start - 5) : start], text[end : end + 4]
    if _MOST_AFTER.match(after):
        return "most"
    if _LEAST_AFTER.match(after) or _LEAST_BEFORE.search(before):
        return "least"
    return "most" if _MOST_BEFORE.search(before) else ""
