"""Numbers that open a part of a document: 第三条, 一、, （一）, 1., （1）, ①, 附件, Markdown headings.

The order of levels follows GB/T 9704-2012 7.3.3 (一、 then （一） then 1. then （1）) and 《立法法》 (编 to
条); documents mix half and full width. A number counts only at the beginning of a paragraph. In text saved on
one line a paragraph begins after a run of spaces, or after a full stop and a space; there a number counts
only as part of a series (一、 then 二、), which excludes "共评出 一、二等奖".
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from ingest.notation.signature import find_signatures
from ingest.raw_text import TablePlace
from ingest.structure.attachments import Attachment
from kb.language.numerals import CHINESE, number_value

_CN = f"[{CHINESE}0-9０-９]"
_COUNT = rf"第[ \t\u3000]?(?:{_CN}[ \t\u3000]?){{1,9}}"


@dataclass(frozen=True)
class NumberKind:
    """One kind of number. `rank` is smaller for outer kinds; `list_like`: may only number list entries."""

    name: str
    pattern: str
    rank: int
    list_like: bool = False
    line_start_only: bool = False


_DASH = "[—―－]"  # typed for 一, which looks like it
ANNEX = NumberKind(
    "附件", rf"附[ \u3000]?[件录][ \u3000]?{_CN}{{0,3}}(?=[ \t\u3000]*(?:[:：\n]|$))", 0, line_start_only=True
)
ARTICLE = NumberKind("条", rf"{_COUNT}条(?:之{_CN}{{1,3}})?", 14)
SQUARE = NumberKind("■", r"[■◆][ ]?(?=\S)", 8)  # an unnumbered heading of press releases and guides
HEADING = NumberKind("#", r"#{1,6}[ \t]+(?=\S)", 1, line_start_only=True)
TABLE = NumberKind("表", r"(?!)", 90)  # found by the file reader, not by a number; has no parts
ATTACHED = NumberKind("转发件", r"(?!)", 0)  # found by its title (ingest.anatomy.carried)
TITLED = (
    NumberKind("编", rf"{_COUNT}[编篇](?![制者辑])", 10),
    NumberKind("分编", rf"{_COUNT}分编", 11),
    NumberKind("章", rf"{_COUNT}(?:章|部分)", 12),
    NumberKind("节", rf"{_COUNT}节", 13),
)
# "一、一般规定" above articles, as in judicial interpretations: found as 一、, ranks outside 条.
OVER_ARTICLES = NumberKind("一、条", r"(?!)", 13)
# subtle: order matters, the first pattern that matches at a place wins.
KINDS: tuple[NumberKind, ...] = (
    ANNEX,
    *TITLED,
    ARTICLE,
    SQUARE,
    NumberKind("一、", rf"(?:[{CHINESE}]{{1,4}}[ ]?[、．.](?![.])|{_DASH}、)", 20),
    NumberKind("（一）", rf"[（(〔][ ]?[{CHINESE}]{{1,4}}[ ]?[）)〕]", 21, list_like=True),
    NumberKind("1.", r"[0-9０-９]{1,2}[ ]?[、．.](?![0-9０-９.])", 22, list_like=True),
    NumberKind("（1）", r"(?:[（(][ ]?)?[0-9０-９]{1,2}[ ]?[）)]", 23, list_like=True),
    NumberKind("①", "[①-⑳]", 24, list_like=True),
    HEADING,
)
_RANKS = {kind.name: kind.rank for kind in (*KINDS, OVER_ARTICLES)}
_LEAD = (
    r"(?P<lead>^[ \t\u3000\xa0]*(?:#{1,6}[ \t]*)?(?:\*\*)?"
    r"|(?<=[。；：！？;:”])[ \t\u3000]+"
    r"|(?<![ \t\u3000])[ \t\u3000]{2,}"
    r"|(?<![ \t\u3000])\u3000)"
)
_MARK = re.compile(
    _LEAD + "(?:" + "|".join(f"(?P<k{i}>{kind.pattern})" for i, kind in enumerate(KINDS)) + ")", re.MULTILINE
)
# After an article's number: a reference ("第三条规定的", "第三条、第四条"), not the article itself. Behind a
# space some of these words begin the article: 第八条 第二审…, 第四十一条 与本案有关…, 第七条 项目….
_REFERENCE = re.compile(
    r"[ \u3000]?(?:[、，。；,;）)》”]|的|之规定|规定(?:的|办|执|处|予|外)"
    rf"|第(?:{_CN}[ \t\u3000]?){{1,9}}[条款项]|或者?第|及第|以及|中的|[（(][一二三四五六七八九十]+[）)]项"
    r"|(?<![ \u3000])(?:所|[至到和与][本第]|款|项(?!目)))"
)
_SPACED = (" ", "\u3000", "\n", "\t", "*", "【", "：", ":", "")
_MAX_GROUP_HEADING = 40  # characters
_MAX_CONTENTS_LINE = 200  # characters
_MAX_QUOTE = 3000  # characters: a quotation of several lines, as in a decision that amends a law


@dataclass(frozen=True)
class NumberMark:
    """A number in the text, `start` to `end`; its line begins at `lead`; `kind` is None for a signature."""

    kind: NumberKind | None
    lead: int
    start: int
    end: int
    ordinal: int = 0
    inline: bool = False
    depth: int = 0  # of the Markdown heading that contains it; 0 for none
    name: str = ""  # of a table or of an attached text

    @property
    def rank(self) -> int:
        """Order among the levels: smaller is further out; a signature (-1) is outermost."""
        if self.kind is None:
            return -1
        return self.kind.rank + (self.depth if self.kind is HEADING else 0)

    def closes(self, other: "NumberMark") -> bool:
        """Whether the part opened by `other` ends at this mark.

        If only one of the two is a bare Markdown heading, the depths of their headings decide.
        """
        if self.depth and other.depth and (self.kind is HEADING) != (other.kind is HEADING):
            return other.depth >= self.depth
        return other.rank >= self.rank


def find_marks(
    text: str, tables: Sequence[TablePlace] = (), attachments: Sequence[Attachment] = ()
) -> list[NumberMark]:
    """The numbers that open parts of `text`, tables, attached texts, and signatures (these close all open
    parts), in order.

    Entries （一）（二） of an article, the 目录 before a law and numbers inside a table open no parts.
    """
    signatures = [
        NumberMark(None, s.span.start, s.span.start, s.span.start)
        for s in find_signatures(text)
        if s.organs or s.closes
    ]
    marks = sorted([*_over_articles(text, list(_candidates(text))), *signatures], key=lambda mark: mark.start)
    if tables:
        starts = [table.span.start for table in tables]
        marks = [mark for mark in marks if not _is_inside(mark.start, starts, tables)]
    numbered = _without_contents_list(text, _in_series(text, marks))
    placed = (NumberMark(TABLE, t.span.start, t.span.start, t.span.end, name=t.caption) for t in tables)
    attached = [
        NumberMark(ATTACHED, a.span.start, a.span.start, a.span.end, name=a.name) for a in attachments
    ]
    titles = {mark.start for mark in attached}
    numbered = [mark for mark in numbered if mark.lead not in titles]
    return sorted([*numbered, *placed, *attached], key=lambda mark: mark.start)


def _is_inside(place: int, starts: Sequence[int], tables: Sequence[TablePlace]) -> bool:
    index = bisect_right(starts, place) - 1
    return index >= 0 and place < tables[index].span.end


def begins_item(line: str) -> bool:
    """Whether a line begins with a part's number, so that it must not be joined to the line before it."""
    match = _MARK.match(line)
    return match is not None and not _is_false(line, _mark(match))


def _candidates(text: str) -> Iterator[NumberMark]:
    quotations = iter(_quotations(text))
    quotation = next(quotations, None)
    title_seen = False
    for match in _MARK.finditer(text):
        mark = _mark(match)
        while quotation is not None and quotation[1] <= mark.start:
            quotation = next(quotations, None)
        if quotation is not None and quotation[0] < mark.start:
            continue
        if mark.kind is HEADING and mark.depth == 1 and not title_seen:
            title_seen = True  # "# 中华人民共和国义务教育法" is the document, not a part of it
        elif not _is_false(text, mark):
            yield mark


def _mark(found: re.Match[str]) -> NumberMark:
    index = next(i for i in range(len(KINDS)) if found[f"k{i}"] is not None)
    kind, number = KINDS[index], found[f"k{index}"]
    lead, start, end = found.start("lead"), found.start(f"k{index}"), found.end(f"k{index}")
    inline = lead > 0 and found.string[lead - 1] != "\n"
    if kind is HEADING:
        depth = found["lead"].count("#") + number.count("#")  # the pattern leaves only the last # to the kind
        return NumberMark(kind, lead, end, end, depth=depth, inline=inline)
    ordinal = number_value(number.partition("条")[0] if kind is ARTICLE else re.sub(_DASH, "一", number))
    return NumberMark(kind, lead, start, end, ordinal, inline, depth=found["lead"].count("#"))


def _quotations(text: str) -> Iterator[tuple[int, int]]:
    """Spans of quotations over several lines; the numbers in them belong to the quoted text."""
    start = -1
    for mark in re.finditer("[“”]", text):
        if mark[0] == "“":
            start = mark.start()
        elif start >= 0:
            if mark.start() - start <= _MAX_QUOTE and text.find("\n", start, mark.start()) >= 0:
                yield start, mark.end()
            start = -1


def _is_false(text: str, mark: NumberMark) -> bool:
    """Whether a number begins a paragraph but opens no part: a reference, a list of ordinals, a count."""
    kind = mark.kind
    if kind is None or (kind.line_start_only and mark.inline):
        return True
    following = text[mark.end : mark.end + 12]
    if kind in (ANNEX, HEADING, SQUARE):
        return False
    if kind is ARTICLE:
        return mark.ordinal == 0 or _REFERENCE.match(following) is not None
    if kind in TITLED:
        line = text[mark.end : mark.end + 60].partition("\n")[0]
        return _REFERENCE.match(following) is not None or (not mark.inline and "。" in line)
    if kind.name in ("一、", "1."):  # "一、二等奖", "3、4月份"
        series = re.match(rf"({_CN}{{1,3}})([、级类等线次审批期季月日楼])", following)
        return mark.ordinal == 0 or (series is not None and number_value(series[1]) == mark.ordinal + 1)
    return mark.ordinal == 0 or re.match("[至、和或项款）)》”]", following) is not None  # "（一）至（三）项"


def _over_articles(text: str, marks: Sequence[NumberMark]) -> Iterator[NumberMark]:
    """`marks`, with headings 一、二、三、 directly above articles changed to OVER_ARTICLES.

    The series must begin with 一、 before 第一条; a list at the end of an article does not.
    """
    expected = 1
    for mark, following in zip_longest(marks, marks[1:]):
        names_articles = (
            mark.kind is not None
            and mark.kind.name == "一、"
            and mark.ordinal == expected
            and following is not None
            and following.kind is ARTICLE
            and (expected > 1 or following.ordinal == 1)
            and re.fullmatch(rf"[^。；：\n]{{2,{_MAX_GROUP_HEADING}}}\s*", text[mark.end : following.lead])
        )
        if names_articles:
            expected += 1
            yield replace(mark, kind=OVER_ARTICLES)
        else:
            yield mark


def _in_series(text: str, marks: Sequence[NumberMark]) -> list[NumberMark]:
    """`marks` without those inside a line, and articles without a space behind, that continue no series."""
    accepted: list[NumberMark] = []
    last: dict[str, int] = {}
    in_article = False
    for mark, next_ordinal in zip(marks, _next_ordinals(marks), strict=True):
        if mark.kind is None:
            in_article = False
            accepted.append(mark)
            continue
        if in_article and mark.rank > ARTICLE.rank:
            continue
        name = mark.kind.name
        continues = mark.ordinal == last.get(name, 0) + 1
        in_series = continues or (mark.ordinal == 1 and next_ordinal == 2) or mark.kind is SQUARE
        if mark.inline and not in_series:
            continue
        spaced = text[mark.end : mark.end + 1] in _SPACED
        if mark.kind is ARTICLE and not (spaced or continues or mark.ordinal == 1 or name not in last):
            continue
        in_article = mark.kind is ARTICLE
        # a new outer number restarts the inner series; articles run on through chapters
        last = {other: n for other, n in last.items() if _RANKS[other] <= mark.rank or other == ARTICLE.name}
        last[name] = mark.ordinal
        accepted.append(mark)
    return accepted


def _next_ordinals(marks: Sequence[NumberMark]) -> list[int]:
    """For each mark the ordinal of the next mark of the same kind; 0 for the last one."""
    ahead: dict[str, int] = {}
    ordinals: list[int] = []
    for mark in reversed(marks):
        name = mark.kind.name if mark.kind else ""
        ordinals.append(ahead.get(name, 0))
        ahead[name] = mark.ordinal
    return ordinals[::-1]


def _without_contents_list(text: str, marks: Sequence[NumberMark]) -> list[NumberMark]:
    """`marks` without empty chapters that occur again later."""
    later: set[tuple[str, int, str]] = set()
    kept_marks: list[NumberMark] = []
    follower: NumberMark | None = None
    for mark in reversed(marks):
        if mark.kind in TITLED and mark.kind is not None:
            line_end = text.find("\n", mark.end)
            line = text[mark.end : max(mark.end, min(line_end, mark.end + _MAX_CONTENTS_LINE))]
            title = re.sub(r"[\s.·…\d]", "", line)
            empty = follower is not None and line_end >= 0 and not text[line_end : follower.lead].strip()
            key = (mark.kind.name, mark.ordinal, title)
            twin = empty and key in later
            later.add(key)
            if twin:
                follower = mark
                continue
        kept_marks.append(mark)
        follower = mark
    return kept_marks[::-1]
