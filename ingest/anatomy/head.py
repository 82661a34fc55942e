"""The head of a document in pieces: the text above the first numbered part, cut at line ends and gaps.

Text saved from the web is often one line: title, number, addressee and the first sentence follow each other
with only a space between them. So a piece ends at a line end and, in a long line, at any white space between
Chinese words. Each piece records whether a paragraph begins with it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ingest.notation.dates import DATE_PATTERN
from ingest.notation.document_number import find_numbers, read_number
from ingest.notation.signature import ORGAN_ENDINGS
from kb.models import Model, Span

HEAD_CHARS = 3000
_LONG_LINE = 120  # characters; a longer line holds more than one piece of the head
_MOST_PIECES = 60
_GAP = re.compile(r"[ \t\u3000\xa0\u2002\u2003]+")
_SIGNER = re.compile(
    "签[ \u3000]{0,4}发[ \u3000]{0,4}人"
)  # stands beside the number in a report to superiors
_PARAGRAPH_GAP = re.compile(r"\u3000{2}|[ \t\xa0]{4}")
_FIRST_PART = re.compile(
    r"(?:#{1,6}[ \t]{0,40})?(?:第[ \u3000]?[一1][ \u3000]?[编章节条]|一、|[（(]一[）)]|1[.．、](?!\d))"
)
_DATELINE = re.compile(
    r"\A(?:新华社|新华网|中新社|中新网|人民网|央广网|央视|人民日报|本报|本网|.{2,12}(?:日报|晚报|网|社|客户端)?讯(?:[（(\s]|$))"
    r"|签\s{0,4}发\s{0,4}人|[^。]{0,40}(?:\d{1,2}月)?\d{1,2}日电|.{0,12}[（(](?:记者|通讯员)|本报讯|记者|作者|编辑|责任编辑|来源|"
    r"(?:发布|更新|成文|印发)?(?:时\s{0,4}间|日\s{0,4}期)\s*[:：]|信息来源|浏览|阅读|点击|字号|分享|打印|视力保护"
)
_STARTS_WITH_DATE = re.compile(rf"[（(【\[]?(?:{DATE_PATTERN}|\d{{1,2}}月\d{{1,2}}日|今[（(]?\d|20\d\d年\d)")
_NAVIGATION = re.compile(
    "(?:通知公告|公告公示|公示公告|政策文件|政策法规|政策解读|规范性文件|工作动态|政务公开|信息公开|首页|正文)+"
)
_OPENS_BODY = re.compile(
    r"[■●◆▲★△□【\[]|[（(][一二三四五六七八九十]|[一二三四五六七八九十]{1,3}、|为|根据|按照|近日|日前|昨|今"
)
_NAME = re.compile(r"[^。，；：:“”《》\s]{2,38}")  # of an organ, before its ending
_ENDINGS = ORGAN_ENDINGS.split("|")
_BEHIND_ORGANS = re.compile(r"(?:文件|公告|令|通告|公报)?[（(]?(?:通知|函)?[）)]?")
# 关于公布名单的通知溪民发〔2024〕31号, as some programs write title and number into one line
_YEAR_AND_SERIAL = re.compile(r"[〔\[【（(［](?:19|20)\d\d[〕\]】）)］]\s?第?\d{1,5}\s?号")
_KINDS = re.compile("通知|通告|公告|意见|决定|批复|复函|办法|规定|细则|方案|报告|请示|通报|函")
_LEAST_TITLE, _MOST_TITLE = 6, 100  # characters
_CLAUSE = re.compile("[。；，]")
_CODE = range(2, 11)  # characters of an organ's code: 溪民发
_SENTENCE = re.compile(r"[。；;]|，.{0,40}，")


class HeadPiece(Model):
    """A piece of the head, stripped; `opens` says that a paragraph begins with it."""

    text: str
    span: Span
    opens: bool


def head_pieces(text: str) -> tuple[HeadPiece, ...]:
    """The pieces before the first numbered part, at most 60."""
    pieces: list[HeadPiece] = []
    for piece in _pieces(text):
        if _FIRST_PART.match(piece.text) or len(pieces) >= _MOST_PIECES:
            break
        pieces.append(piece)
    return tuple(pieces)


def _pieces(text: str) -> Iterator[HeadPiece]:
    start = 0
    numbers = [number.span for number in find_numbers(text, 0, HEAD_CHARS)]
    lines = text[:HEAD_CHARS].split("\n")
    longest = _LONG_LINE if len(text.strip().split("\n", 1)) > 1 else 0
    for line in lines:
        end = start + len(line)
        is_long = len(line) > longest
        gaps = (gap for gap in _GAP.finditer(text, start, end) if is_long or _SIGNER.match(text, gap.end()))
        cuts = [gap for gap in gaps if _parts(text, gap, start, end) and not _within(gap, numbers)]
        place, opens = start, True
        for gap in cuts:
            if piece := _piece(text, place, gap.start(), opens):
                yield piece
            place, opens = gap.end(), bool(_PARAGRAPH_GAP.search(gap[0]))
        if piece := _piece(text, place, end, opens):
            yield from _without_number(piece)
        start = end + 1


def _without_number(piece: HeadPiece) -> Iterator[HeadPiece]:
    """A piece, cut before the document number that follows a title in it without a gap."""
    serial = _YEAR_AND_SERIAL.search(piece.text)
    if serial is None or serial.end() != len(piece.text) or serial.start() > _MOST_TITLE:
        yield piece
        return
    ends = [kind.end() for kind in _KINDS.finditer(piece.text, 0, serial.start())]
    title_end = next((end for end in reversed(ends) if serial.start() - end in _CODE), 0)
    if title_end < _LEAST_TITLE or _CLAUSE.search(piece.text, 0, title_end):
        yield piece
        return
    cut = piece.span.start + title_end
    yield HeadPiece(
        text=piece.text[:title_end], span=Span(start=piece.span.start, end=cut), opens=piece.opens
    )
    yield HeadPiece(text=piece.text[title_end:], span=Span(start=cut, end=piece.span.end), opens=True)


def _parts(text: str, gap: re.Match[str], start: int, end: int) -> bool:
    """Whether a gap ends a piece; a single space between two Latin words or figures does not."""
    if gap.start() == start or gap.end() == end:
        return False
    before, after = text[gap.start() - 1], text[gap.end()]
    latin = before.isascii() and after.isascii() and before.isalnum() and after.isalnum()
    return not latin or len(gap[0]) > 1


def _within(gap: re.Match[str], numbers: Sequence[Span]) -> bool:
    """Whether a gap lies inside a document number: 浔教办[2021] 15 号."""
    return any(number.start < gap.start() < number.end for number in numbers)


def _piece(text: str, start: int, end: int, opens: bool) -> HeadPiece | None:
    words = text[start:end]
    stripped = words.strip(" \t\u3000\xa0\ufeff")
    if not stripped:
        return None
    begin = start + words.index(stripped)
    return HeadPiece(text=stripped, span=Span(start=begin, end=begin + len(stripped)), opens=opens)


def is_organ(piece: str) -> bool:
    """Whether a piece consists of names of organs only: 天津市财政局文件.

    Names may follow each other without a mark, and the ending of one name may stand within another, so the
    places that a name can end at are followed one by one.
    """
    reached = {0}
    for place in range(len(piece)):
        name = _NAME.match(piece, place) if place in reached else None
        for begin in range(place + 2, name.end() + 1) if name else ():
            for ending in _ENDINGS:
                if piece.startswith(ending, begin):
                    end = begin + len(ending)
                    between = piece[end : end + 1]
                    reached |= {end, end + 1} if between == "、" or between.isspace() else {end}
    return any(_BEHIND_ORGANS.fullmatch(piece, place) for place in reached - {0})


@lru_cache(maxsize=1_024)  # asked for the same pieces at each place where a title may begin
def is_heading_line(piece: str) -> bool:
    """Whether a piece can be (part of) a title: it is no sentence, dateline, date, number or addressee."""
    return not (
        len(piece) > 120
        or _SENTENCE.search(piece)
        or piece.endswith(("：", ":", "，", "、"))
        or _DATELINE.match(piece)
        or _STARTS_WITH_DATE.match(piece)
        or _OPENS_BODY.match(piece)
        or _NAVIGATION.fullmatch(piece)
        or read_number(piece)
    )
