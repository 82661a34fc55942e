"""Where Chinese official text may be cut: sentences for chunks, clauses for quotations.

Pure functions over offsets; the text itself is never changed. Punctuation follows GB/T 15834-2011: a
sentence ends at 。！？ or ……, closing quotes and brackets stay with it, and nothing is cut inside brackets,
quotation marks or book-title marks. A line end is always a cut. Three things are particular to policy files:

- a unit bracket, "(牵头单位:A;责任单位:B)", ends the measure before it, whatever follows; after a full stop
  it is a sentence of its own;
- a label without brackets, "责任单位：A" after a stop or on a line of its own, counts like a unit bracket;
- saved web pages often hold everything on one line, with runs of spaces where paragraphs were: a run of
  two or more spaces cuts as well.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.models import Span

# Marks that open and close a stretch not to be cut. Round and square kinds count as one, because
# documents mix them: "（牵头单位：…)", "(…〕".
_PAIRS: tuple[tuple[str, str], ...] = (
    ("(（[［〔【", ")）]］〕】"),
    ("《", "》"),
    ("〈", "〉"),
    ("“", "”"),
    ("‘", "’"),
    ("「", "」"),
    ("『", "』"),
)
_OPENS = {mark: kind for kind, (opens, _) in enumerate(_PAIRS) for mark in opens}
_CLOSES = {mark: kind for kind, (_, closes) in enumerate(_PAIRS) for mark in closes}
_MARK = re.compile("[" + re.escape("".join((*_OPENS, *_CLOSES))) + "\n]")
_MAX_OPEN = 16  # deeper nesting is a typing error; bounds the search for a partner
_MAX_SHIELD = 400  # characters; a "pair" further apart is two stray marks

# subtle: the role word must be the first thing in the bracket and a colon must follow, so that
# "(责任单位应当…)" in a sentence is not taken for one.
UNIT_ROLES = "牵头|责任|配合|主办|协办|承办|参与|参加|协同|落实|主责|负责|实施|主管"
_UNIT_OPEN = re.compile(
    rf"[(（\[［〔【]\s{{0,4}}(?:(?:完成)?(?:时限|时间)\s{{0,4}}[:：][^()（）\[\]［］〔〕【】\n]{{2,30}}[;；,，]\s{{0,4}})?"
    rf"(?:{UNIT_ROLES})[、和及（(]{{0,2}}(?:{UNIT_ROLES})?[)）]?"
    r"(?:单位|部门|处室|科室|机构|地区|领导|人)?\s{0,4}[:：]"
)
_MAY_NAME_UNITS = re.compile(r"[(（\[［〔【:：]")
# "（国家发展改革委牵头，财政部参与）", as the State Council writes; only where a sentence ends.
_UNIT_SAID = re.compile(
    r"[(（](?:[^()（）\[\]［］〔〕【】。\n]|[(（][^()（）。\n]{1,12}[)）]){2,200}"
    r"(?:负责|牵头|参与|参加|配合|落实|实施)[)）]"
)
_BARE_LABEL = r"[ \t\u3000]{0,8}(?:牵头|责任|配合)(?:单位|部门)\s{0,4}[:：][^\n。]{2,400}"
_DUE_LABEL = r"[ \t\u3000]{0,8}(?:(?:完成)?时限|完成时间)\s{0,4}[:：][^\n。]{2,60}"
_UNIT_LINES = re.compile(rf"(?:(?<=\n)|(?<=[。；;])){_BARE_LABEL}(?:[。\n](?:{_BARE_LABEL}|{_DUE_LABEL}))*")
_MAX_UNIT_BRACKET = 2000  # characters; national plans list dozens of ministries

_STOP = re.compile(r"[。！？!?]+|…+|\n|[ \t\u3000\xa0]{2,}")
_TAIL = re.compile(r"[。！？!?…”’」』》)）\]］〕】\"]{0,40}")
_CLAUSE_STOP = re.compile(r"[；;，,]")
_ENDS_SENTENCE = "。！？!?…"
_CARRIES_ON = "，、；：,;:等"
_SEPARATORS = "、，,；; \t\u3000"
_LONGEST_NUMBER = 10  # "第一百二十三条之一": a gap after no more than this is a number's own space


class _Cut(NamedTuple):
    """A sentence ends at `end`, the next begins at `resume`; a `gap` (spaces) cuts off no short number."""

    end: int
    resume: int
    gap: bool = False


def sentences(text: str, within: Span | None = None) -> tuple[Span, ...]:
    """The sentences of `text` (or of the part `within`) in order, trimmed of white space.

    Together they hold every character except white space and the separators between a unit bracket and
    the next measure. Takes linear time.
    """
    start, end = _bounds(text, within)
    spans: list[Span] = []
    for cut in (*_cuts(text, start, end), _Cut(end, end)):
        if cut.end <= start or (cut.gap and cut.end - start <= _LONGEST_NUMBER):
            start = max(start, cut.resume) if cut.end <= start else start
            continue
        span = _trimmed(text, start, cut.end)
        if span is not None:
            spans.append(span)
        start = cut.resume
    return tuple(spans)


def clauses(text: str, within: Span | None = None) -> tuple[Span, ...]:
    """The sentences of `text` (or of `within`) cut further at ； and ，: the smallest spans worth quoting.

    A comma inside brackets, quotation marks or a number ("1,000") does not cut.
    """
    spans: list[Span] = []
    for sentence in sentences(text, within):
        shields = _Shields(text, sentence.start, sentence.end)
        start = sentence.start
        for stop in _CLAUSE_STOP.finditer(text, sentence.start, sentence.end):
            if shields.around(stop.start()) is None and not _in_number(text, stop.start()):
                spans.append(Span(start=start, end=stop.end()))
                start = stop.end()
        spans.append(Span(start=start, end=sentence.end))
    trimmed = (_trimmed(text, span.start, span.end) for span in spans)
    return tuple(span for span in trimmed if span is not None)


def unit_brackets(text: str, within: Span | None = None) -> tuple[Span, ...]:
    """Brackets, marks included, that name who leads or is responsible for the measure before them.

    Some have labels, (牵头单位:A;责任单位:B), others say it, （A牵头，B参与）.

    A bracket that is never closed ends at the first full stop or line end. Labels without brackets count as
    well, up to the last stop or line end behind them.
    """
    start, end = _bounds(text, within)
    if not _MAY_NAME_UNITS.search(text, start, end):
        return ()
    brackets: list[Span] = []
    for opening in _UNIT_OPEN.finditer(text, start, end):
        if not brackets or opening.start() >= brackets[-1].end:
            limit = min(end, opening.start() + _MAX_UNIT_BRACKET)
            brackets.append(Span(start=opening.start(), end=_closing(text, opening.start(), limit)))
    starts = [bracket.start for bracket in brackets]
    others = (*_bare_labels(text, start, end), *_said(text, start, end))
    others = tuple(span for span in others if not _overlaps(span, brackets, starts))
    return tuple(sorted((*brackets, *others), key=lambda span: span.start))


def _said(text: str, start: int, end: int) -> Iterator[Span]:
    """Brackets that say who does what before them, "（水利部、财政部负责）", where a sentence ends."""
    for said in _UNIT_SAID.finditer(text, start, end):
        before, after = said.start(), text[said.end() : said.end() + 1]
        while before > start and text[before - 1] == " ":
            before -= 1
        is_behind_stop = before > start and text[before - 1] in "。！；;\n"
        if is_behind_stop or not after or after in "。；;\n":
            yield Span(start=said.start(), end=said.end())


def _bare_labels(text: str, start: int, end: int) -> Iterator[Span]:
    """The labels without brackets, "责任单位：A", between two offsets."""
    opens, closes = _PAIRS[0]
    place, depth = max(0, start - _MAX_UNIT_BRACKET), 0  # brackets open at `place` on the line
    for label in _UNIT_LINES.finditer(text, start, end):
        line_start = text.rfind("\n", place, label.start()) + 1
        if line_start:
            place, depth = line_start, 0
        depth += sum((char in opens) - (char in closes) for char in text[place : label.start()])
        place = label.start()
        if depth == 0 and (span := _trimmed(text, label.start(), label.end())):
            yield span


def _overlaps(span: Span, others: Sequence[Span], starts: Sequence[int]) -> bool:
    """Whether a span shares characters with one of `others`, which are in order and begin at `starts`."""
    before = bisect_left(starts, span.end)
    return before > 0 and others[before - 1].end > span.start


def _closing(text: str, start: int, limit: int) -> int:
    """End of the bracket that opens at `start`, at most `limit`; nested brackets ("社区(村)") are skipped."""
    depth = 0
    for mark in _MARK.finditer(text, start, limit):
        if _OPENS.get(mark[0]) == 0:
            depth += 1
        elif _CLOSES.get(mark[0]) == 0:
            depth -= 1
            if depth == 0:
                return mark.end()
    ends = [place for place in (text.find("。", start, limit), text.find("\n", start, limit)) if place >= 0]
    return min(ends, default=limit)


class _Shields:
    """The outermost spans inside which nothing is cut, unit brackets among them."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.units = unit_brackets(text, Span(start=start, end=end))
        spans = sorted(
            [*((s.start, s.end) for s in self.units), *_pairs(text, start, end)], key=lambda s: (s[0], -s[1])
        )
        self.spans: list[tuple[int, int]] = []
        for first, last in spans:
            if not self.spans or first >= self.spans[-1][1]:
                self.spans.append((first, last))
        self._starts = [first for first, _ in self.spans]

    def around(self, offset: int) -> tuple[int, int] | None:
        """Start and end of the shield that covers `offset`, or None."""
        index = bisect_right(self._starts, offset) - 1
        if index >= 0 and offset < self.spans[index][1]:
            return self.spans[index]
        return None


def _pairs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end of each pair of marks on one line, not too far apart; a lone mark is ignored."""
    opened: list[tuple[int, int]] = []
    for mark in _MARK.finditer(text, start, end):
        if mark[0] == "\n":
            opened.clear()
        elif mark[0] in _OPENS:
            opened.append((_OPENS[mark[0]], mark.start()))
            del opened[:-_MAX_OPEN]
        else:
            kind = _CLOSES[mark[0]]
            partner = next((i for i in reversed(range(len(opened))) if opened[i][0] == kind), None)
            if partner is not None:
                first = opened[partner][1]
                del opened[partner:]
                if mark.end() - first <= _MAX_SHIELD:
                    yield first, mark.end()


def _cuts(text: str, start: int, end: int) -> list[_Cut]:
    """Every cut between two offsets, in order."""
    shields = _Shields(text, start, end)
    cuts = [*_unit_cuts(text, shields, end)]
    for stop in _STOP.finditer(text, start, end):
        cut = _stop_cut(text, stop, shields, end)
        if cut is not None:
            cuts.append(cut)
    return sorted(cuts)


def _unit_cuts(text: str, shields: _Shields, end: int) -> Iterator[_Cut]:
    """The cuts after unit brackets and the stops behind them."""
    for bracket in shields.units:
        around = shields.around(bracket.start)
        if around is not None and around != (bracket.start, bracket.end):
            continue  # inside a quotation: not a measure of this document
        place = bracket.end
        while place < end and text[place] in "。！；":
            place += 1
        resume = place
        while resume < end and text[resume] in _SEPARATORS + "。":
            resume += 1
        yield _Cut(place, resume)


def _stop_cut(text: str, stop: re.Match[str], shields: _Shields, end: int) -> _Cut | None:
    """The cut at a stop, or None where the sentence goes on."""
    place = stop.start()
    if text[place].isspace():
        if text[place] != "\n" and shields.around(place) is not None:
            return None
        return _Cut(place, stop.end(), gap=text[place] != "\n")
    tail = _TAIL.match(text, stop.end(), end)
    after = tail.end() if tail else stop.end()
    shield = shields.around(place)
    if shield is not None:
        # "…。”" ends the sentence at the closing mark, "…。…”" goes on inside the quotation.
        if after < shield[1] or text[shield[0]] == "《":
            return None
    elif tail and (opened := [i for i in range(stop.end(), after) if shields.around(i) is not None]):
        after = opened[0]
    following = text[after] if after < end else "\n"
    if stop[0][0] != "。" and following in _CARRIES_ON:
        return None
    if stop[0] in ("!", "?") and following.isascii() and not following.isspace():
        return None  # a web address
    if shield is not None and following in _CARRIES_ON + "的。":
        return None
    return _Cut(after, after)


def _in_number(text: str, place: int) -> bool:
    """Whether the comma at `place` stands between digits."""
    return text[place] == "," and text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit()


def _bounds(text: str, within: Span | None) -> tuple[int, int]:
    return (0, len(text)) if within is None else (within.start, min(within.end, len(text)))


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends; None when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start=start, end=end) if start < end else None
