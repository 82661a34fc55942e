"""Chinese numerals."""

import unicodedata

NUMERAL = "[零〇一二两三四五六七八九十百千]+"  # a regular expression; 万 and 亿 stand between such groups


def value_of(numeral: str) -> int:
    """Value of a Chinese numeral.

    >>> value_of("十二"), value_of("二〇二三"), value_of("三万五千")
    (12, 2023, 35000)
    """
    values = [int(unicodedata.numeric(char)) for char in numeral.replace("两", "二")]
    if max(values) < 10:
        return int("".join(map(str, values)))
    total = section = digit = 0
    for value in values:
        if value >= 10_000:
            total, section, digit = total + (section + digit or 1) * value, 0, 0
        elif value >= 10:
            section, digit = section + (digit or 1) * value, 0
        else:
            digit = value
    return total + section + digit
