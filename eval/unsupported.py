"""Numbers, dates and units of an answer that none of its cited passages holds.

Independent of the rules that check generated sentences (kb.llm.claims): those read Chinese numerals as
digits; this module writes digits as Chinese numerals and then searches for the literal words.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from eval.records import own_words
from kb.answers import Answer, AnswerKind

_MARK = re.compile(r"\[(\d{1,2})\]")
_GAP = re.compile(r"\s+|(?<=\d),(?=\d{3}(?!\d))")
_UNIT = (
    r"(?:%|‰|个?(?:工作日|自然日|月|年|小时|分钟|百分点|学期|季度)|日|天|周岁|岁|周|年|月|号|时|点|分|万?元|亿元|名|人次|人|户|家|"
    r"次|份|件|项|条|倍|级|届|期|米|公里|平方米|亩|吨|公斤|个)"
)
_CHINESE_NUMBER = r"[零〇一二两三四五六七八九十百千万亿]+"
_STATED = re.compile(
    rf"百分之(?:{_CHINESE_NUMBER}(?:点{_CHINESE_NUMBER})?|\d+(?:\.\d+)?)|{_CHINESE_NUMBER}分之{_CHINESE_NUMBER}"
    rf"|第?(?:\d+(?:\.\d+)?|{_CHINESE_NUMBER}(?={_UNIT}))(?:[-~至到—](?:\d+(?:\.\d+)?|{_CHINESE_NUMBER}))?(?:[万亿千百])?{_UNIT}?"
)
_PARTS = re.compile(r"(第?)([\d.]+|" + _CHINESE_NUMBER + r")(.*)")
_DIGITS = "零一二三四五六七八九"


def unsupported(answer: Answer) -> list[str]:
    """The numbers of each line that its cited passages do not hold.

    A line without a citation may be supported by any citation of the answer. A refusal states nothing; the
    number in it is that of the hotline.
    """
    if answer.kind is AnswerKind.REFUSED:
        return []
    return [
        statement
        for line, sources in lines_with_sources(answer)
        for statement in statements(line)
        if not any(_stands_in(statement, source) for source in sources)
    ]


def lines_with_sources(answer: Answer) -> Iterator[tuple[str, Sequence[str]]]:
    """The lines of the text without marks and fixed notices, each with the text of the passages it cites."""
    quotes = [_bare(citation.quote) for citation in answer.citations]
    for line in own_words(answer).splitlines():
        numbers = [int(number) for number in _MARK.findall(line)]
        cited = [quotes[number - 1] for number in numbers if 0 < number <= len(quotes)]
        if numbers and len(cited) < len(numbers):
            cited = []  # a mark without a citation
        yield _MARK.sub("", line), cited if numbers else quotes


def statements(text: str) -> list[str]:
    """The numbers in `text` with their units, as written.

    >>> statements("20 个工作日内，百分之五，第三条")
    ['20个工作日', '百分之五', '第三条']
    """
    return [match[0] for match in _STATED.finditer(_bare(text)) if match[0]]


def _stands_in(stated: str, source: str) -> bool:
    return any(_is_whole(form, source) for form in _forms(stated))


def _forms(stated: str) -> Iterator[str]:
    """All ways to write the number and unit `stated`."""
    yield stated
    ranged = re.fullmatch(rf"(\S+?)[-~至到—](\S+?)({_UNIT})?", stated)
    if ranged:
        unit = ranged[3] or ""
        for mark in "-~至到—":
            yield f"{ranged[1]}{mark}{ranged[2]}{unit}"
            yield f"{ranged[1]}{unit}{mark}{ranged[2]}{unit}"
    if stated.endswith("%") and stated[:-1].isdigit():
        yield f"百分之{_in_chinese(int(stated[:-1]))}"
    parts = _PARTS.fullmatch(stated)
    if not parts:
        return
    for unit in {parts[3], parts[3].removeprefix("个"), f"个{parts[3]}"}:
        yield f"{parts[1]}{parts[2]}{unit}"
        if parts[2].isdigit() and len(parts[2]) < 9:
            yield f"{parts[1]}{_in_chinese(int(parts[2]))}{unit}"


def _is_whole(words: str, source: str) -> bool:
    before = r"(?<![\d.])" if words[:1].isdigit() else ""
    after = r"(?![\d])" if words[-1:].isdigit() else ""
    return re.search(f"{before}{re.escape(words)}{after}", source) is not None


def _in_chinese(number: int) -> str:
    """`number` (below 100,000,000) in Chinese numerals of official text: 20 -> 二十."""
    if number < 10:
        return _DIGITS[number]
    for size, word in ((10_000, "万"), (1_000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            high, low = divmod(number, size)
            head = "" if number < 20 else _in_chinese(high)
            gap = "零" if 0 < low < size // 10 else ""
            return f"{head}{word}{gap}{_in_chinese(low) if low else ''}"
    raise AssertionError(number)


def _bare(text: str) -> str:
    return _GAP.sub("", unicodedata.normalize("NFKC", text))
