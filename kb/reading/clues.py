"""What in a question and in the quoted words speaks for yes or for no: named clues, which a model weighs.

a:不得           characters of the quoted words, one to three
permit+|不得     the same, where a question without a negation asks whether something is permitted
strict|可以      the same, where it is asked whether something must be: 必须, 一律, 只能
q:还能           characters of the words that ask
permit+|forbids  a negation is said of words of the question: 不得转让 of 转让
permit+|allows   可以, 应当 and their like are
permit+|meets    a number of the question is within the bound that is quoted: 20岁, 满十八周岁
permit+|misses   it is not: 15岁
permit+|refuted  what somebody pleads is turned down: 以拆封为由主张不退货的，不予支持
"""

import re
from collections.abc import Iterator

from kb.language.normalise import canonical
from kb.language.numerals import NUMERAL, in_digits
from kb.reading.asking import Asked

_LONGEST = 3  # characters of a clue
_ASKED = 24  # last characters of the words that ask
_REACH = 12  # characters after a modal word that it speaks of
_USUAL, _FEWEST = 60, 10  # clues that usual quoted words hold; fewer than the second count as so many
_NAMED = 3.0  # a named clue counts as much as three pairs of characters
# A bound forbids nothing: 延长期限不得超过30日.
_BOUNDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"不(?:得|能|应当?|可)?(?:超过|超出|高于|大于|多于|晚于|迟于)"), "至多"),
    (re.compile(r"不(?:得|能|应当?|可)?(?:少于|低于|小于|短于|早于)"), "至少"),
    (re.compile(r"[不未]满(?=[\d一二三四五六七八九十])|[不未]足(?=[\d一二三四五六七八九十])"), "小于"),
)
_FORBIDS = re.compile(r"禁止?|无需|无须|不|免|无")
_ALLOWS = re.compile(r"可以|允许|有权|能够|应当|必须|应予|予以|给予|须|可|应|需")
_STRICT = re.compile(r"必须|非得|非要|一律|全[都额部免]|直接|只能|只要|只准|都得|都要|一定|单独|就行")
_PHRASE_END = re.compile(r"[,，。;；]")
_WITHOUT = re.compile(r"(?:未|没有|不)[^。;]{1,24}(?:不得|不能|不予|不可|禁止)")
_DENIES = re.compile(
    r"不(?:应当?|得|能|予|被|再|一并)?(?:认定|视为|视同|属于|算|列入|计入|纳入|包括|作为|适用)"
)
_REFUTED = re.compile(r"(?:主张|为由|抗辩|请求|提出)[^。;]{0,40}(?:不予支持|不予受理|不成立|不予认可)")
_UNIT = "(?:个|周)?(岁|年|月|日|天|小时|元|平方米|米|公里|人|名|次|%|吨|公斤|分)"
_NUMERALS = re.compile(f"{NUMERAL}(?=[万亿]?{_UNIT})")
_NUMBER = r"(?<![\d.])(\d{1,9}(?:\.\d{1,4})?)([万亿]?)" + _UNIT
_ASKED_NUMBER = re.compile(_NUMBER)
_UPPER = re.compile(
    rf"(?:不满|未满|不足|低于|少于|小于|不超过)[^,。;\d]{{0,4}}{_NUMBER}|{_NUMBER}(?:以下|以内|之内|内)"
)
_LOWER = re.compile(
    rf"(?:(?<![不未])满|达到|(?<!不)超过|高于|多于|大于|不少于|不低于)[^,。;\d]{{0,4}}{_NUMBER}|{_NUMBER}(?:以上|以外)"
)
_LARGE = {"": 1.0, "万": 1e4, "亿": 1e8}
_SAME = {"天": "日", "名": "人"}


def clues(asked: Asked, question: str, words: str) -> dict[str, float]:
    """Clue -> how strongly it is there, for what `question` asks and the `words` quoted."""
    quoted, question = canonical(words), canonical(question)
    said = quoted
    for pattern, plain in _BOUNDS:
        said = pattern.sub(plain, said)
    key = f"{asked.wish}{'-' if asked.turned else '+'}"
    found = {f"q:{piece}": 1.0 for piece in _pieces(asked.words[-_ASKED:])}
    pieces = set(_pieces(said))
    share = (_USUAL / max(_FEWEST, len(pieces))) ** 0.5
    for kind in ("a:", f"{key}|", *(("strict|",) if _STRICT.search(asked.words) else ())):
        found.update({f"{kind}{piece}": share for piece in pieces})
    found[f"{key}|"] = _NAMED
    for name, strength in (*_spoken(question, said), *_compared(question, quoted)):
        found[name] = found[f"{key}|{name}"] = _NAMED * strength
    return found


def _pieces(text: str) -> Iterator[str]:
    for length in range(1, _LONGEST + 1):
        for start in range(len(text) - length + 1):
            yield text[start : start + length]


def _spoken(question: str, said: str) -> Iterator[tuple[str, float]]:
    """The named clues of words, and their strength, 0 to 1."""
    for name, pattern in (("forbids", _FORBIDS), ("allows", _ALLOWS)):
        share = _spoken_of(pattern, said, question)
        if share:
            yield name, share
    for name, pattern in (("without", _WITHOUT), ("denies", _DENIES), ("refuted", _REFUTED)):
        if pattern.search(said):
            yield name, 1.0


def _spoken_of(pattern: re.Pattern[str], said: str, question: str) -> float:
    """The largest share of the pairs of characters after a modal word that stand in the question."""
    best = 0.0
    for match in pattern.finditer(said):
        after = _PHRASE_END.split(said[match.end() : match.end() + _REACH])[0]
        pairs = [after[place : place + 2] for place in range(len(after) - 1)]
        if pairs:
            best = max(best, sum(pair in question for pair in pairs) / len(pairs))
    return best


def _compared(question: str, said: str) -> Iterator[tuple[str, float]]:
    """Whether a number of the question is within a bound of the same unit that is quoted, or is not."""
    numbers = [
        _quantity(*match.groups("")) for match in _ASKED_NUMBER.finditer(in_digits(_NUMERALS, question))
    ]
    said = in_digits(_NUMERALS, said) if numbers else ""
    for pattern, is_least in ((_UPPER, False), (_LOWER, True)):
        for match in pattern.finditer(said):
            bound, unit = _quantity(*(match.groups("")[:3] if match[1] else match.groups("")[3:]))
            for value, its_unit in numbers:
                if its_unit == unit and value != bound:
                    yield ("meets" if (value > bound) == is_least else "misses"), 1.0


def _quantity(number: str, multiplier: str, unit: str) -> tuple[float, str]:
    return float(number) * _LARGE[multiplier], _SAME.get(unit, unit)
