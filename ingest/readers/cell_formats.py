"""Values of a spreadsheet as their cells show them: number formats of ISO/IEC 29500-1, 18.8.30.

`shown(0.125, "0.0%")` -> "12.5%", `shown(date(2023, 5, 1), 'yyyy"年"m"月"d"日"')` -> "2023年5月1日".
Supported: decimals, thousands, percent, fixed words around the number, the sections for negative numbers and
zero, dates and times. Colours and conditions are ignored; fractions and exponents become plain numbers.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

_GENERAL = ("", "general", "@", "g/通用格式")
_BRACKETS = re.compile(
    r"\[\$([^\-\]]{0,60}+)(?:-[^\]]{0,60}+)?\]|\[(?!h{1,9}\]|m{1,9}\]|s{1,9}\])[^\]]{0,60}+\]", re.IGNORECASE
)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.', re.DOTALL)
_DIGITS = re.compile(r"[#0?][#0?,]*+(?:\.[#0?]*+)?,*+")
_DATE_TOKEN = re.compile(
    r'"[^"]*"|\\.|_.|\*.|y+|m+|d+|h+|s+|\[h+\]|\[m+\]|\[s+\]|am/pm|a/p|上午/下午|a{3,4}|.',
    re.IGNORECASE | re.DOTALL,
)
_WEEKDAYS = "一二三四五六日"


def shown(value: object, number_format: str) -> str:
    """`value` as text in `number_format`; "" for an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (datetime, date, time)):
        return _date(value, number_format)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, (int, float)):
        return _number(value, number_format)
    return str(value).strip()


def _number(value: float, number_format: str) -> str:
    parts = _BRACKETS.sub(lambda found: found[1] or "", number_format).split(";")
    part, magnitude = parts[0], Decimal(repr(value))
    if value < 0 and len(parts) > 1:
        part, magnitude = parts[1], -magnitude
    elif value == 0 and len(parts) > 2:
        part = parts[2]
    words: list[str] = []

    def kept(found: re.Match[str]) -> str:
        words.append(found[1] or found[2] or "")
        return f"\ue000{len(words) - 1}\ue001"

    bare = _LITERAL.sub(kept, part).strip()
    digits = _DIGITS.search(re.sub(r"\ue000\d+\ue001", lambda found: " " * len(found[0]), bare))
    if bare.lower() in _GENERAL or "e+" in bare.lower() or "?/" in bare:
        line = _general(magnitude)
    elif digits is None:  # words only
        line = bare
    else:
        text = _with_digits(magnitude.scaleb(2 * bare.count("%")), digits[0])
        line = bare[: digits.start()] + text + bare[digits.end() :]
    return re.sub(r"\ue000(\d+)\ue001", lambda found: words[int(found[1])], line).strip()


def _general(value: Decimal) -> str:
    """`value` in Excel's General format: no trailing zeros, at most ten digits behind the point."""
    text = f"{round(value, 10):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_digits(value: Decimal, pattern: str) -> str:
    """`value` in a pattern of #, 0 and ? ("#,##0.0#"); each comma at its end divides by a thousand."""
    bare = pattern.rstrip(",")
    whole, _, decimals = bare.partition(".")
    least, most = decimals.count("0"), len(decimals)
    rounded = value.scaleb(-3 * (len(pattern) - len(bare))).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP)
    head, _, tail = f"{abs(rounded):{',' if ',' in whole else ''}f}".partition(".")
    tail = tail[:least] + tail[least:].rstrip("0")
    sign = "-" if rounded < 0 else ""
    return sign + head.rjust(whole.count("0"), "0") + (f".{tail}" if tail else "")


def _date(value: datetime | date | time, number_format: str) -> str:
    tokens = _DATE_TOKEN.findall(_BRACKETS.sub("", number_format.split(";")[0]))
    if not any(re.match(r"[ymdhs]|aaa", token.lower()) for token in tokens):
        return _plain_date(value)
    moment = datetime.combine(date(1900, 1, 1), value) if isinstance(value, time) else value
    twelve = any(token.lower() in ("am/pm", "a/p", "上午/下午") for token in tokens)
    lower = [token.lower() for token in tokens]
    return "".join(_date_part(lower, tokens, index, moment, twelve) for index in range(len(tokens))).strip()


def _plain_date(value: datetime | date | time) -> str:
    return str(value).removesuffix(" 00:00:00")


def _date_part(lower: list[str], tokens: list[str], index: int, moment: date, twelve: bool) -> str:
    token = lower[index]
    hour = getattr(moment, "hour", 0)
    if token[0] in '"\\':
        return tokens[index].strip('"') if token[0] == '"' else tokens[index][1:]
    if token[0] in "_*" and len(token) == 2:
        return ""
    if token[0] == "m":
        is_minute = _is_minute(lower, index)
        return _padded(getattr(moment, "minute", 0) if is_minute else moment.month, len(token))
    plain = {
        "y": f"{moment.year:04d}" if len(token) > 2 else f"{moment.year % 100:02d}",
        "d": _padded(moment.day, len(token)) if len(token) < 3 else f"星期{_WEEKDAYS[moment.weekday()]}",
        "h": _padded((hour - 1) % 12 + 1 if twelve else hour, len(token)),
        "s": _padded(getattr(moment, "second", 0), len(token)),
    }
    if token in ("am/pm", "a/p", "上午/下午"):
        return "上午" if hour < 12 else "下午"
    if token in ("aaa", "aaaa"):
        return ("星期" if len(token) == 4 else "") + _WEEKDAYS[moment.weekday()]
    return plain.get(token[0], tokens[index]) if not token.strip("ydhs") else tokens[index]


def _is_minute(lower: list[str], index: int) -> bool:
    """Whether the m at `index` means minutes (after hours or before seconds) and not months."""
    fields = [token[0] if token[0] != "[" else token[1] for token in lower if re.match(r"\[?[ymdhs]", token)]
    place = sum(1 for token in lower[:index] if re.match(r"\[?[ymdhs]", token))
    return (place > 0 and fields[place - 1] == "h") or (place + 1 < len(fields) and fields[place + 1] == "s")


def _padded(number: int, width: int) -> str:
    return f"{number:0{min(width, 2)}d}"
