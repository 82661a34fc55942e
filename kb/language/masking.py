"""Replaces personal data by its kind before anything a citizen typed is stored.

    电子邮箱    with @ or (at)
    身份证号    18 digits (the last may be X) or 15, with a birthday where GB 11643-1999 puts it
    银行卡号    16 to 19 digits in one run, or in the groups printed on cards (4-4-4-4-3, 6-13)
    电话号码    mobile numbers (1[3-9] and nine digits, +86 before it or not), landlines with area code,
                400 and 800 numbers; 7 or 8 digits after 电话, 座机 and the like
    QQ号、微信号 after a word that says what it is
    车牌号      GA 36-2018
    护照号、证件号 passports and passes by their letter, other papers after the paper's name

Digits and letters may be full-width; between digits may stand spaces, hyphens, dots, a line break; digits may
be Chinese (一三八, 幺, 壹). Not masked: document numbers, years, dates, amounts, postcodes, service numbers
(12345, 95598), 统一社会信用代码. Every repetition in the patterns has a bound or begins where no other match
could, so that the time grows with the length of the text only.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x3000, 0xA0, 0x09, 0x0B, 0x0C, 0x2028, 0x2029, *range(0x2000, 0x2010), 0x202F, 0x2060, 0xFEFF), 0x20
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), 0x2D)
_DOTS = dict.fromkeys(map(ord, "·•・‧∙⋅"), 0x2E)
_PLAIN: Mapping[int, int] = _FULL_WIDTH | _DASHES | _DOTS  # one character for one: offsets stay valid
_NUMERALS = dict(
    zip(map(ord, "〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"), b"0001234567891123456789", strict=True)
)
_CIRCLED = {
    code: ord(plain)
    for code in (*range(0x2070, 0x20A0), *range(0x2460, 0x2500), *range(0x2776, 0x2794), 0xB9, 0xB2, 0xB3)
    if (plain := unicodedata.normalize("NFKC", chr(code))).isdecimal() and len(plain) == 1
}
# subtle: numerals are read in a second pass only, as 其一13812345678 would be one digit too long.
_SPOKEN: Mapping[int, int] = {**_PLAIN, **_NUMERALS, **_CIRCLED}

_GAP = r"[ \r\n-]{0,6}"  # between any two digits of an identity number
_STEP = "[ -]?"  # between any two digits of a telephone number
_BREAK = r"[ \r\n./_-]{0,3}"  # between the groups in which telephone numbers are written
_BIRTHDAY = rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])"
_CENTURY = rf"(?:1{_GAP}[89]|2{_GAP}0)"
_START, _END = r"(?<!\d)", r"(?!\d)"
_AMOUNT = r"(?! ?(?:元(?!旦)|万(?!分)|亿|%|‰))"  # what follows an amount and no telephone number


def _digits(count: int, gap: str) -> str:
    """Pattern of `count` digits with gaps between them."""
    return rf"\d(?:{gap}\d){{{count - 1}}}"


def _groups(*sizes: int) -> str:
    """Pattern of digits in groups of these sizes."""
    return _BREAK.join(rf"\d{{{size}}}" for size in sizes)


_PLACE, _YEAR, _ORDER = rf"[1-9]{_GAP}{_digits(5, _GAP)}", _digits(2, _GAP), _digits(3, _GAP)
_ID_18 = _GAP.join((_PLACE, _CENTURY, _YEAR, _BIRTHDAY, _ORDER, r"[\dXx]"))
_ID_18_DOTS = rf"[1-9]\d{{5}}{_BREAK}(?:18|19|20)\d\d{_BREAK}\d\d{_BREAK}\d\d{_BREAK}\d{{3}}{_BREAK}[\dXx]"
_ID_15 = _GAP.join((_PLACE, _YEAR, _BIRTHDAY, _ORDER))
_CARD = (
    r"(?<![\da-zA-Z])"
    r"(?:\d{16,19}|[3-9]\d{3}(?:[ \r\n.-]{1,3}\d{4}){3}(?:[ \r\n.-]{0,3}\d{1,3})?"
    r"|[3-9]\d{5}[ .-]\d{10,13})"
    r"(?![\da-zA-Z])"
)
_COUNTRY = rf"(?:(?:\+|00)?86{_BREAK})?"
_MOBILE_GROUPS = "|".join(
    _groups(*sizes)
    for sizes in ((3, 4, 4), (3, 3, 5), (3, 5, 3), (3, 8), (4, 4, 3), (4, 3, 4), (4, 7), (5, 6), (7, 4))
)
_MOBILE = rf"{_COUNTRY}(?:1{_STEP}[3-9]{_STEP}{_digits(9, _STEP)}|(?=1[3-9])(?:{_MOBILE_GROUPS}))"
_MOBILE_BROKEN = r"1[3-9]\d{0,9}[ \r\n]{1,6}\d{1,9}"
_CARD_BROKEN = r"[3-9]\d{3,17}[ \r\n]{1,6}\d{1,15}"
_AREA = rf"(?:(?:\+|00)86{_BREAK}\(?0?|\(?0)[1-9]\d{{1,2}}\)?"
_LANDLINE = rf"{_AREA}{_BREAK}[1-9](?:(?:{_STEP}\d){{6,7}}|\d{{2,3}}{_BREAK}\d{{4}})"
_SERVICE = rf"[48]00{_BREAK}(?:{_groups(3, 4)}|{_groups(4, 3)}|{_groups(2, 2, 3)})"
_IS = r"(?:号码|号|码|是|为|:|\(|\)| ){0,4}"
_SAID_TO_BE = rf"(?:电话|座机|固话|宅电|办电|传真|手机|小灵通|[Tt][Ee][Ll]){_IS}"
_LOCAL = rf"{_SAID_TO_BE}(?P<said>[1-9]\d{{2,3}}[ .-]?\d{{4}}){_END}{_AMOUNT}"
_QQ = (
    rf"(?:(?<![A-Za-z])[Qq] ?[Qq](?:群|邮箱)?{_IS}|(?:扣扣|企鹅){_IS}|(?<![A-Za-z])[Qq](?:号码?|:){_IS})"
    rf"(?P<said>[1-9](?:{_STEP}\d){{4,10}}){_END}"
)
_APPS = "(?!(?:[Aa]ndroid|i[Pp]hone|[Ww]indows|[Hh]armony|[Ww]e[Cc]hat|[Ww]eixin|https?|www))"
_WECHAT = (
    rf"(?:微 ?信|薇信|威信|[Vv]信|加[Vv]|(?<![A-Za-z])(?:[VvWw][Xx]|[Ww]e[Cc]hat))(?:ID|id)?{_IS}{_APPS}"
    r"(?P<said>[A-Za-z0-9][-_A-Za-z0-9]{5,19})(?![-_A-Za-z0-9.@])"
)
_PLATE = (
    "(?!新(?:GB|DB)[0-9])"  # 新GB50016: the new national standard
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Za-hj-np-z][ .-]?"
    "(?=[A-Za-z]{0,5}[0-9])(?:[A-HJ-NP-Za-hj-np-z0-9]{5,6}|[A-HJ-NP-Za-hj-np-z0-9]{4}[挂学警港澳])"
    "(?![A-Za-z0-9])"
)
_PASSPORT = r"(?<![A-Za-z0-9])(?:[EGHMCeghmc]\d{8}|[Ee][A-Za-z]\d{7}|[HMhm]\d{10})(?![A-Za-z0-9])"
_PAPER = (
    r"(?:护照|通行证|军官证|士兵证|警官证|居留证|居住证|驾驶证|驾照|社保卡|医保卡|证件|学籍)"
    rf"{_IS}(?P<said>(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d(?!\d))[A-Za-z]{{0,3}}\d{{6,18}}[A-Za-z]?)"
    rf"(?![A-Za-z0-9]){_AMOUNT}"
)
_MOBILE_DIGITS, _CARD_DIGITS = 11, range(16, 20)
_PROVINCES = frozenset(
    str(code)
    for codes in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84), (91, 92))
    for code in range(*codes)
)
_ORGANISATION = re.compile(r"(?:1[1239]|5[1239]|9[123])[1-8]\d{15}")  # 统一社会信用代码, GB 32100-2015


def _is_identity_15(match: re.Match[str]) -> bool:
    """Digits with gaps are an old identity number only in a province; else they are figures in a row."""
    return match.group().isdecimal() or _digits_of(match)[:2] in _PROVINCES


def _has_eleven(match: re.Match[str]) -> bool:
    return len(_digits_of(match)) == _MOBILE_DIGITS


def _is_broken_card(match: re.Match[str]) -> bool:
    """Two runs of digits are a card's number only with the right check digit; others are two figures."""
    number = _digits_of(match)
    return len(number) in _CARD_DIGITS and _has_check_digit(number)


def _is_card(match: re.Match[str]) -> bool:
    """Whether digits are a card's: by its first digit, even mistyped; others only by their check digit.

    Cards of Chinese banks begin with 3 to 6 or 9. The check digit is that of ISO/IEC 7812-1 (Luhn).
    """
    number = _digits_of(match)
    if _has_check_digit(number):
        return True
    return number[0] in "3456789" and not _ORGANISATION.fullmatch(number) and not _is_round(match.group())


def _digits_of(match: re.Match[str]) -> str:
    return "".join(filter(str.isdecimal, match.group()))


def _has_check_digit(number: str) -> bool:
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2]]
    total: int = sum(doubled) + sum(int(digit) for digit in number[-1::-2])
    return not total % 10


def _is_round(number: str) -> bool:
    """Whether most groups of a number are round, as amounts in a row are: 3000 4000 5000 6000."""
    groups = re.split(r"\D+", number)
    round_ones = [group for group in groups if group.endswith("00")]
    return len(groups) > 1 and 2 * len(round_ones) > len(groups)


def _always(_match: re.Match[str]) -> bool:
    return True


@dataclass(frozen=True)
class _Kind:
    """A kind of personal data: what replaces it, and how it is found.

    A pattern with a group `said` finds it after a word that says what it is; only the group is replaced.
    """

    name: str
    pattern: re.Pattern[str]
    is_one: Callable[[re.Match[str]], bool] = _always


def _numbers(name: str, pattern: str, is_one: Callable[[re.Match[str]], bool] = _always) -> _Kind:
    return _Kind(name, re.compile(f"{_START}(?:{pattern}){_END}{_AMOUNT}"), is_one)


# subtle: order matters, as an identity number or a card number holds what looks like a telephone number.
_KINDS: tuple[_Kind, ...] = (
    _Kind(
        "〔电子邮箱〕",
        re.compile(
            r"(?<![a-zA-Z0-9._%+-])[a-zA-Z0-9._%+-]+(?: ?@ ?| ?[(\[][Aa][Tt][)\]] ?)"
            r"[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+"
        ),
    ),
    _numbers("〔身份证号〕", _ID_18),
    _numbers("〔身份证号〕", _ID_18_DOTS),
    _numbers("〔身份证号〕", _ID_15, _is_identity_15),
    _Kind("〔银行卡号〕", re.compile(f"{_CARD}{_AMOUNT}"), _is_card),
    _numbers("〔银行卡号〕", _CARD_BROKEN, _is_broken_card),
    _Kind("〔车牌号〕", re.compile(_PLATE)),
    _Kind("〔护照号〕", re.compile(_PASSPORT)),
    _numbers("〔电话号码〕", _MOBILE),
    _numbers("〔电话号码〕", _MOBILE_BROKEN, _has_eleven),
    _numbers("〔电话号码〕", _LANDLINE),
    _numbers("〔电话号码〕", _SERVICE),
    _Kind("〔证件号〕", re.compile(_PAPER)),
    _Kind("〔QQ号〕", re.compile(_QQ)),
    _Kind("〔微信号〕", re.compile(_WECHAT)),
    _Kind("〔电话号码〕", re.compile(_LOCAL)),
)


_STOPS = "，,。；;！!？?\n "
_CLAUSE = re.compile(f"[^{_STOPS}]+[{_STOPS}]*")
_MASKED = re.compile("|".join(sorted({kind.name for kind in _KINDS})))
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
    for reading in (_PLAIN, _SPOKEN):
        for kind in _KINDS:
            text = _mask_kind(text, text.translate(reading), kind)
    return text


def _mask_kind(text: str, plain: str, kind: _Kind) -> str:
    """`text` without the data of one kind; `plain` is the same text as patterns read it."""
    pieces: list[str] = []
    end = 0
    for match in kind.pattern.finditer(plain):
        if kind.is_one(match):
            start, stop = match.span("said" if "said" in kind.pattern.groupindex else 0)
            pieces += [text[end:start], kind.name]
            end = stop
    return "".join((*pieces, text[end:]))
