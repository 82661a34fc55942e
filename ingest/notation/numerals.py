"""Numbers as official documents print them: 十二, 一百零三, 二〇二三, ５, ⑫ -> int."""

DIGITS = {
    char: value
    for value, chars in enumerate(("〇零○Ｏ", "一", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
_UNITS = {"十": 10, "百": 100, "千": 1000}
CHINESE = "".join((*DIGITS, *_UNITS))  # every character a Chinese number may hold, for patterns


def number_value(printed: str) -> int:
    """Value of a number printed in Chinese, Arabic (half or full width) or circled numerals; 0 if none.

    "一百零三" -> 103, "二〇二三" -> 2023 (digit by digit when no unit stands in it), "⑫" -> 12.
    """
    chars = [char for char in printed if char in CHINESE or char.isnumeric()]
    if any(char in _UNITS for char in chars):
        return _with_units(chars)
    value = 0
    for char in chars:
        if "①" <= char <= "⑳":
            return ord(char) - ord("①") + 1
        if char in DIGITS:
            value = value * 10 + DIGITS[char]
        elif char.isdecimal():
            value = value * 10 + int(char)
    return value


def _with_units(chars: list[str]) -> int:
    """Sum of digit x unit; a unit without digit counts once ("十二")."""
    total = digit = 0
    for char in chars:
        if char in _UNITS:
            total += max(digit, 1) * _UNITS[char]
            digit = 0
        elif char in DIGITS:
            digit = DIGITS[char]
        elif char.isdecimal():
            digit = digit * 10 + int(char)
    return total + digit
