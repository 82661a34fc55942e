"""Replaces personal data by its kind before anything a citizen typed is stored.

    身份证号    18 digits (the last may be X) or 15, with a birthday where GB 11643-1999 puts it
    银行卡号    16 to 19 digits in one run, or in the groups printed on cards (4-4-4-4-3, 6-13). The check
                digit is not checked: people mistype, and no other run of that length belongs in a question
    电话号码    mobile numbers (1[3-9] and nine digits, +86 before it or not), landlines with area code
    电子邮箱

Digits and letters may be full-width, and single spaces or hyphens may stand between the digits. Not masked:
document numbers, years, dates, amounts, service numbers (12345), and 统一社会信用代码 that hold a letter.
"""

import re

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), 0x2D)
_PLAIN = _FULL_WIDTH | _DASHES  # one character for one: offsets stay valid
_GAP = r"[ -]?"
_BIRTHDAY = rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])"
_CENTURY = rf"(?:1{_GAP}[89]|2{_GAP}0)"


def _digits(count: int) -> str:
    """Pattern of `count` digits with gaps between them."""
    return rf"\d(?:{_GAP}\d){{{count - 1}}}"


_NUMBER_START, _NUMBER_END = r"(?<!\d)", r"(?!\d)"
_PLACE, _YEAR, _ORDER = rf"[1-9]{_GAP}{_digits(5)}", _digits(2), _digits(3)
_ID_18 = _GAP.join((_PLACE, _CENTURY, _YEAR, _BIRTHDAY, _ORDER, r"[\dXx]"))
_ID_15 = _GAP.join((_PLACE, _YEAR, _BIRTHDAY, _ORDER))
_CARD = (
    r"(?<![\da-zA-Z])"
    r"(?:\d{16,19}|[3-9]\d{3}([ -])\d{4}(?:\1\d{4}){2}(?:\1?\d{1,3})?|[3-9]\d{5}[ -]\d{10,13})"
    r"(?![\da-zA-Z])"
)
_MOBILE = rf"(?:(?:\+|00)?86{_GAP})?1{_GAP}[3-9]{_GAP}{_digits(9)}"
_LANDLINE = rf"(?:(?:\+|00)86{_GAP}\(?0?|\(?0)[1-9]\d{{1,2}}\)?{_GAP}[1-9](?:{_GAP}\d){{6,7}}"

# subtle: order matters, as an identity number or a card number holds what looks like a telephone number.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "〔电子邮箱〕",
        re.compile(r"(?<![a-zA-Z0-9._%+-])[a-zA-Z0-9._%+-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+"),
    ),
    ("〔身份证号〕", re.compile(f"{_NUMBER_START}{_ID_18}{_NUMBER_END}")),
    ("〔身份证号〕", re.compile(f"{_NUMBER_START}{_ID_15}{_NUMBER_END}")),
    ("〔银行卡号〕", re.compile(_CARD)),
    ("〔电话号码〕", re.compile(f"{_NUMBER_START}{_MOBILE}{_NUMBER_END}")),
    ("〔电话号码〕", re.compile(f"{_NUMBER_START}{_LANDLINE}{_NUMBER_END}")),
)


_STOPS = "，,。；;！!？?\n "
_CLAUSE = re.compile(f"[^{_STOPS}]+[{_STOPS}]*")
_MASKED = re.compile("|".join(sorted({kind for kind, _ in _KINDS})))
_PERSONAL = re.compile(r"\s{0,8}(?:您好|你好|我叫|本人叫)")
_AROUND = 8  # characters: a clause of no more says who one is (我的联系电话是), a longer one asks something


def impersonal(text: str) -> str:
    """Masked `text` without the clauses that only say who asks; unchanged when it has no other clause.

    >>> impersonal("您好，我叫张三，手机〔电话号码〕，怎么办离婚登记？")
    '怎么办离婚登记？'
    >>> impersonal("身份证〔身份证号〕丢了怎么补办，要带什么？")
    '身份证〔身份证号〕丢了怎么补办，要带什么？'
    """
    kept = [clause for clause in _CLAUSE.findall(text) if not _is_personal(clause)]
    return "".join(kept).strip() or text


def _is_personal(clause: str) -> bool:
    """Whether a clause of masked text only says who asks."""
    rest, masked = _MASKED.subn("", clause)
    is_short = len(rest.strip(_STOPS)) <= _AROUND
    return is_short and (bool(masked) or _PERSONAL.match(clause) is not None)


def mask(text: str) -> str:
    """`text` with each item of personal data replaced by its kind in 〔〕.

    >>> mask("我叫张三，手机１３８ 1234 5678，身份证36040319900101123x，2023年的低保批了吗？")
    '我叫张三，手机〔电话号码〕，身份证〔身份证号〕，2023年的低保批了吗？'
    """
    for kind, pattern in _KINDS:
        plain = text.translate(_PLAIN)
        pieces: list[str] = []
        end = 0
        for match in pattern.finditer(plain):
            pieces += [text[end : match.start()], kind]
            end = match.end()
        text = "".join((*pieces, text[end:]))
    return text
