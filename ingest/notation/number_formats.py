"""Numbers as Word prints them: ST_NumberFormat of ISO/IEC 29500-1, 17.18.59.

`formatted(12, "chineseCountingThousand")` -> "十二". Formats of scripts that do not occur in Chinese
documents are printed as digits, so that no number is lost.
"""

from collections.abc import Callable, Mapping

_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def formatted(number: int, number_format: str) -> str:
    """`number` (0 or more) in one of Word's number formats; digits for an unknown format."""
    return _FORMATS.get(number_format, str)(number)


def _counting(
    digits: str, tens: str, hundreds: str, thousands: str, *, bare_ten: bool
) -> Callable[[int], str]:
    """A format of digits with their units, 零 for a gap: 105 -> 一百零五, 110 -> 一百一十, 12 -> 十二."""

    def printed(number: int) -> str:
        if not 0 < number < 10_000:
            return str(number)
        text, gap = "", False
        for unit, name in ((1000, thousands), (100, hundreds), (10, tens), (1, "")):
            digit = number // unit % 10
            if digit == 0:
                gap = bool(text)
                continue
            text += ("零" if gap else "") + digits[digit] + name
            gap = False
        return text[1:] if bare_ten and 10 <= number < 20 else text

    return printed


_THOUSAND = _counting(_DIGITS, "十", "百", "千", bare_ten=True)


def _short_counting(number: int) -> str:
    """Digits with units up to 99 (十, 二十三), digit by digit beyond: 105 -> 一〇五."""
    return _THOUSAND(number) if number < 100 else _digital(number)


def _digital(number: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(number))


def _one_of(signs: str) -> Callable[[int], str]:
    """A format with one of `signs` for each number; digits beyond the last, as in Word and LibreOffice."""
    return lambda number: signs[number - 1] if 0 < number <= len(signs) else str(number)


def _from(first: str, most: int) -> Callable[[int], str]:
    """A format with the `most` Unicode signs from `first` on; digits beyond the last."""
    return lambda number: chr(ord(first) + number - 1) if 0 < number <= most else str(number)


def _letters(first: str) -> Callable[[int], str]:
    """A format of letters: a … z, then aa, bb …"""
    return lambda number: chr(ord(first) + (number - 1) % 26) * ((number - 1) // 26 + 1) if number else ""


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN:
        text += sign * (number // value)
        number %= value
    return text


def _circled(number: int) -> str:
    """① to ⑳, then ㉑ to ㊿; digits beyond."""
    for first, least, most in (("①", 1, 20), ("㉑", 21, 35), ("㊱", 36, 50)):
        if least <= number <= most:
            return chr(ord(first) + number - least)
    return str(number)


def _full_width(number: int) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))


_FORMATS: Mapping[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02d}",
    "upperRoman": _roman,
    "lowerRoman": lambda number: _roman(number).lower(),
    "upperLetter": _letters("A"),
    "lowerLetter": _letters("a"),
    "chineseCounting": _short_counting,
    "taiwaneseCounting": _short_counting,
    "chineseCountingThousand": _THOUSAND,
    "taiwaneseCountingThousand": _THOUSAND,
    "japaneseCounting": _THOUSAND,
    "chineseLegalSimplified": _counting(_LEGAL, "拾", "佰", "仟", bare_ten=False),
    "ideographLegalTraditional": _counting("零壹貳參肆伍陸柒捌玖", "拾", "佰", "仟", bare_ten=False),
    "ideographDigital": _digital,
    "japaneseDigitalTenThousand": _digital,
    "taiwaneseDigital": _digital,
    "ideographTraditional": _one_of(_STEMS),
    "ideographZodiac": _one_of(_BRANCHES),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedFullstop": _from("⒈", 20),
    "decimalEnclosedParen": _from("⑴", 20),
    "ideographEnclosedCircle": _from("㊀", 10),
    "decimalFullWidth": _full_width,
    "decimalFullWidth2": _full_width,
    "numberInDash": lambda number: f"- {number} -",
    "none": lambda number: "",
    "bullet": lambda number: "",
}
