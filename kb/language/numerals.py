"""Reads numbers as official documents and people write them: 十二, 一百零三, 二〇二三, 三万五千, ５, ⑫."""

import re

# Regular expressions. subtle: no more characters than a number has, so that a search takes linear time.
NUMERAL = "[零〇一二两三四五六七八九十百千]{1,12}"  # 万 and 亿 stand between such groups
DECIMAL = r"\d{1,15}(?:\.\d{1,8})?"  # 20, 0.5

_DIGITS = {
    char: value
    for value, chars in enumerate(("〇零○Ｏ", "一", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
_UNITS = {"十": 10, "百": 100, "千": 1_000}
_LARGE_UNITS = {"万": 10_000, "亿": 100_000_000}
CHINESE = "".join((*_DIGITS, *_UNITS))  # every character of a Chinese number below 万, for patterns


def number_value(printed: str) -> int:
    """Value of a number printed in Chinese, Arabic (half or full width) or circled numerals; 0 if none.

    Digit by digit when no unit stands in it.

    >>> number_value("一百零三"), number_value("二〇二三"), number_value("三万亿"), number_value("⑫")
    (103, 2023, 3000000000000, 12)
    """
    if any(char in _UNITS or char in _LARGE_UNITS for char in printed):
        return _with_units(printed)
    value = 0
    for char in printed:
        if "①" <= char <= "⑳":
            return ord(char) - ord("①") + 1
        if char in _DIGITS:
            value = value * 10 + _DIGITS[char]
        elif char.isdecimal():
            value = value * 10 + int(char)
    return value


def _with_units(printed: str) -> int:
    """Sum of digit x unit; a unit without digit counts once ("十二"); 万, 亿 multiply the sum before them.

    What stands before 亿 is one number: 三万亿 is three times 万 times 亿, 一万二千亿 the same of 12,000.
    """
    total = section = digit = 0
    for char in printed:
        if char == "亿":
            below = total % _LARGE_UNITS["亿"]
            total, section, digit = (
                total - below + (below + section + digit or 1) * _LARGE_UNITS["亿"],
                0,
                0,
            )
        elif char in _LARGE_UNITS:
            total, section, digit = total + (section + digit or 1) * _LARGE_UNITS[char], 0, 0
        elif char in _UNITS:
            section, digit = section + max(digit, 1) * _UNITS[char], 0
        elif char in _DIGITS:
            digit = _DIGITS[char]
        elif char.isdecimal():
            digit = digit * 10 + int(char)
    return total + section + digit


def in_digits(pattern: re.Pattern[str], text: str) -> str:
    """`text` with the Chinese numerals that `pattern` matches written in digits.

    >>> in_digits(re.compile(f"{NUMERAL}(?=日)"), "三十日内，一般")
    '30日内，一般'
    """
    return pattern.sub(lambda numeral: str(number_value(numeral[0])), text)
