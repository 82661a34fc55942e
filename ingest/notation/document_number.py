"""Document numbers (发文字号): reading them as documents print them, and comparing two spellings.

浔府办发〔2023〕12号     organ, year, serial; every kind of bracket, half and full width mixed
国务院令第711号          a decree: organ and serial; 国令第711号 in the boxes of pages
财政部公告2020年第8号    an announcement: organ, year and serial
"""

import re
from collections.abc import Iterator

from kb.language.numerals import CHINESE, number_value
from kb.models import Model, Span

_N = f"[0-9０-９{CHINESE}]"
_GAP = "[ \u3000\xa0]?"
_NUMBERED = re.compile(
    rf"(?P<organ>[一-鿿]{{1,16}}){_GAP}[〔\[【（(［﹝]{_GAP}(?P<year>(?:19|20)\d{{2}}){_GAP}[〕\]】）)］﹞]"
    rf"{_GAP}第?{_GAP}(?P<serial>\d{{1,5}}){_GAP}号"
)
_DECREE = re.compile(
    rf"(?:中华人民共和国)?(?P<organ>国(?=令)|[一-鿿]{{2,20}}?)令{_GAP}[（(]?第?{_GAP}(?P<serial>{_N}{{1,6}}){_GAP}号[）)]?"
)
_JOINT_DECREE = re.compile(
    rf"(?P<organs>[一-鿿]{{2,24}}(?:、[一-鿿]{{2,24}}){{1,3}})令{_GAP}[（(]?第?{_GAP}(?P<serial>{_N}{{1,6}}){_GAP}号"
)
_ANNOUNCEMENT = re.compile(
    rf"(?P<organ>(?:(?!关于|的)[一-鿿]){{2,30}}?(?:公告|通告|令)){_GAP}[（(]?(?P<year>(?:19|20)\d{{2}}){_GAP}年?{_GAP}"
    rf"第{_GAP}(?P<serial>\d{{1,5}}){_GAP}号[）)]?"
)
_BARE = re.compile(rf"(?:(?P<year>(?:19|20)\d{{2}}){_GAP}年{_GAP})?第{_GAP}(?P<serial>{_N}{{1,5}}){_GAP}号")
_BEFORE_ORGAN = re.compile("^(?:根据|依据|按照|依照|参照|已由|由|被|经|原|和|与|及)")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


class FoundNumber(Model):
    """A document number in its usual spelling, and its span in the text."""

    value: str
    span: Span


def read_number(printed: str) -> str | None:
    """The document number `printed` in its usual spelling; None when it is not exactly one number.

    >>> read_number("浔府办发[2023] 12 号"), read_number("中华人民共和国国务院令第７１１号")
    ('浔府办发〔2023〕12号', '国务院令第711号')
    """
    plain = printed.translate(_FULL_WIDTH).strip("（）() \u3000\xa0")
    for pattern in (_NUMBERED, _ANNOUNCEMENT, _DECREE):
        if match := pattern.fullmatch(plain):
            return _spelt(match)
    return None


def first_number(text: str) -> str | None:
    """The document number that `text` begins with, in its usual spelling; None without one."""
    plain = text.translate(_FULL_WIDTH).lstrip("（( \u3000\xa0")
    match = next((f for pattern in (_NUMBERED, _ANNOUNCEMENT, _DECREE) if (f := pattern.match(plain))), None)
    return _spelt(match) if match else None


def read_bare_number(printed: str) -> str | None:
    """The serial `printed` below an announcement's title ("2020年第2号", "第6号"); None for other text."""
    plain = printed.translate(_FULL_WIDTH).strip("（）() \u3000\xa0")
    match = _BARE.fullmatch(plain)
    if match is None:
        return None
    return f"{match['year'] + '年' if match['year'] else ''}第{match['serial']}号"


def find_decree(text: str) -> str | None:
    """The number of the first decree named in `text`, in its usual spelling; None without one.

    >>> find_decree("中华人民共和国国务院、中华人民共和国中央军事委员会令第788号第三次修订")
    '国务院、中央军事委员会令第788号'
    """
    if joint := _JOINT_DECREE.search(text):
        organs = (organ.removeprefix("中华人民共和国") for organ in joint["organs"].split("、"))
        return f"{'、'.join(_BEFORE_ORGAN.sub('', organ) for organ in organs)}令第{joint['serial']}号"
    match = _DECREE.search(text)
    return _spelt(match) if match else None


def find_numbers(text: str, start: int = 0, end: int | None = None) -> Iterator[FoundNumber]:
    """Every 发文字号 and decree named in `text` from `start` to `end`, in order."""
    plain = text.translate(_FULL_WIDTH)
    stop = len(text) if end is None else end
    matches = [
        f for pattern in (_NUMBERED, _ANNOUNCEMENT, _DECREE) for f in pattern.finditer(plain, start, stop)
    ]
    last = start
    for match in sorted(matches, key=lambda f: (f.start(), -f.end())):
        if match.start() >= last:
            yield FoundNumber(value=_spelt(match), span=Span(start=match.start(), end=match.end()))
            last = match.end()


def _spelt(found: re.Match[str]) -> str:
    """The usual spelling of a match of one of the three patterns."""
    parts = found.groupdict()
    organ = _BEFORE_ORGAN.sub("", parts["organ"])
    organ = "国务院" if organ == "国" else organ
    if parts.get("year") is None:
        return f"{organ}令第{parts['serial'].translate(_FULL_WIDTH)}号"
    if organ.endswith(("公告", "通告", "令")):
        return f"{organ}{parts['year']}年第{int(parts['serial'])}号"
    return f"{organ}〔{parts['year']}〕{int(parts['serial'])}号"


def number_key(number: str) -> str:
    """A key that is equal for all spellings of a number; a decree's serial may be in Chinese numerals.

    >>> number_key("国务院令第四三一号") == number_key("中华人民共和国国务院令第431号")
    True
    """
    plain = read_number(number) or number
    match = re.fullmatch(rf"(.{{1,60}}?)令第({_N}{{1,12}})号", plain)
    return f"{match[1]}令{number_value(match[2])}" if match else plain
