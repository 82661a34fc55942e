"""Numbered parts of a document -> the Section tree.

Levels follow 《国家行政机关公文格式》 GB/T 9704-2012 7.3.3 (一、 then （一） then 1. then （1）) and 《立法法》
(编、章、节、条); documents mix half and full width. A number counts only where a paragraph begins. In text saved
on one line a paragraph begins after a run of spaces, or after a full stop and a space, and there a number
counts only as part of a series (一、 then 二、), which keeps "共 一、二等奖" out.

What is left out on purpose: （一）（二） of an article (条) are list entries (项) of it, not parts; so are short
entries ended by ； in other documents. A signature (issuer and date) ends every part that is open.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.headings import heading_of
from ingest.numerals import CHINESE, number_value
from ingest.signature import find_signatures
from kb.models import Section, Span

_CN = f"[{CHINESE}0-9０-９]"
_NUMERAL = rf"(?:{_CN}[ \t\u3000]?){{1,9}}"


@dataclass(frozen=True)
class _Kind:
    """One way of numbering. `rank` orders kinds from the outermost in; `list_like` may be mere entries."""

    name: str
    pattern: str
    rank: int
    list_like: bool = False
    line_start_only: bool = False


# subtle: order matters, the first pattern that fits a place wins.
_KINDS: tuple[_Kind, ...] = (
    _Kind("附件", rf"附[ \u3000]?件[ \u3000]?{_CN}{{0,3}}(?=[ \t\u3000]*(?:[:：\n]|$))", 0, line_start_only=True),
    _Kind("编", rf"第[ \u3000]?{_NUMERAL}(?:编|篇)(?!制|[者辑])", 10),
    _Kind("分编", rf"第[ \u3000]?{_NUMERAL}分编", 11),
    _Kind("章", rf"第[ \u3000]?{_NUMERAL}(?:章|部分)", 12),
    _Kind("节", rf"第[ \u3000]?{_NUMERAL}节", 13),
    _Kind("条", rf"第[ \u3000]?{_NUMERAL}条(?:之{_CN}{{1,3}})?", 14),
    _Kind("一、", rf"[{CHINESE}]{{1,4}}[ ]?[、．.](?![.])", 20),
    _Kind("（一）", rf"[（(〔][ ]?[{CHINESE}]{{1,4}}[ ]?[）)〕]", 21, list_like=True),
    _Kind("1.", r"[0-9０-９]{1,2}[ ]?[、．.](?![0-9０-９.])", 22, list_like=True),
    _Kind("（1）", r"(?:[（(][ ]?)?[0-9０-９]{1,2}[ ]?[）)]", 23, list_like=True),
    _Kind("①", "[①-⑳]", 24, list_like=True),
    _Kind("#", r"#{2,6}[ \t]+(?=\S)", 5, line_start_only=True),
)
_ARTICLE = next(kind for kind in _KINDS if kind.name == "条")
_STRUCTURAL = ("编", "分编", "章", "节")
_LEAD = (
    r"(?P<lead>^[ \t\u3000\xa0]*(?:#{1,6}[ \t]*)?(?:\*\*)?"
    r"|(?<=[。；：！？;:”])[ \t\u3000]+"
    r"|(?<![ \t\u3000])[ \t\u3000]{2,}"
    r"|(?<![ \t])\u3000)"
)
_MARK = re.compile(
    _LEAD + "(?:" + "|".join(f"(?P<k{i}>{kind.pattern})" for i, kind in enumerate(_KINDS)) + ")", re.MULTILINE
)
# After an article's number: a reference ("第三条规定的", "第三条、第四条"), not the article itself.
_REFERENCE = re.compile(
    r"[ \u3000]?(?:[、，。；）》”]|的|所|之规定|规定(?:的|办|执|处|予)|第|至|到|和第|与第|或|及第|以及第|中的|款|项|[（(]?[一二三四五六七八九十]+[）)]?项)"
)
_MAX_QUOTE = 3000  # characters: a quotation of several lines, as in a decision that amends a law


@dataclass(frozen=True)
class _Mark:
    """A number in the text: `lead` where its line begins, `start` and `end` of the number itself."""

    kind: _Kind | None  # None: a signature, which closes everything
    lead: int
    start: int
    end: int
    ordinal: int
    inline: bool = False


@dataclass
class _Node:
    """A mark with its place in the tree; `end` is exclusive."""

    mark: _Mark
    parent: int | None
    level: int
    end: int


def read_outline(text: str) -> tuple[Section, ...]:
    """The numbered parts of `text` in reading order; empty when nothing is numbered."""
    marks = _without_contents_list(text, _accepted(text, _candidates(text)))
    nodes = _tree(text, marks)
    entries = _entries(text, nodes)
    if entries:
        nodes = _tree(text, [mark for mark in marks if mark.start not in entries])
    return tuple(_section(text, nodes, index) for index in range(len(nodes)))


def begins_item(line: str) -> bool:
    """Whether a line begins with a number, so that it may not be joined to the line before it."""
    mark = _MARK.match(line)
    return mark is not None and not _is_false(line, _mark(mark))


def _candidates(text: str) -> Iterator[_Mark]:
    quoted = _quotations(text)
    for found in _MARK.finditer(text):
        mark = _mark(found)
        while quoted and quoted[0][1] <= mark.start:
            quoted.pop(0)
        if not (quoted and quoted[0][0] < mark.start) and not _is_false(text, mark):
            yield mark


def _mark(found: re.Match[str]) -> _Mark:
    index = next(i for i in range(len(_KINDS)) if found[f"k{i}"] is not None)
    place = found.start("lead")
    at_line_start = place == 0 or found.string[place - 1] == "\n"
    number = found[f"k{index}"]
    return _Mark(
        kind=_KINDS[index],
        lead=place,
        start=found.start(f"k{index}"),
        end=found.end(f"k{index}"),
        ordinal=number_value(number.partition("条")[0] if "条之" in number else number),
        inline=not at_line_start,
    )


def _quotations(text: str) -> list[tuple[int, int]]:
    """Quotations that run over several lines: the numbers in them belong to what is quoted."""
    found: list[tuple[int, int]] = []
    start = -1
    for mark in re.finditer("[“”]", text):
        if mark[0] == "“":
            start = mark.start()
        elif start >= 0:
            if mark.start() - start <= _MAX_QUOTE and text.find("\n", start, mark.start()) >= 0:
                found.append((start, mark.end()))
            start = -1
    return found


def _is_false(text: str, mark: _Mark) -> bool:
    """Numbers that begin a paragraph but name no part of it: references, lists of ordinals, counts."""
    kind = mark.kind
    if kind is None or (kind.line_start_only and mark.inline) or (kind.name != "附件" and kind.name != "#" and not mark.ordinal):
        return True
    following = text[mark.end : mark.end + 12]
    if kind.name == "条":
        return _REFERENCE.match(following) is not None
    if kind.name in _STRUCTURAL:
        line = text[mark.end : mark.end + 60].partition("\n")[0]
        return _REFERENCE.match(following) is not None or (not mark.inline and "。" in line)
    if kind.name in ("一、", "1."):  # "一、二等奖", "3、4月份"
        series = re.match(rf"({_CN}{{1,3}})([、级类等线次审批期季月日楼]|$)", following)
        return series is not None and number_value(series[1]) == mark.ordinal + 1
    if kind.name in ("（一）", "（1）"):  # "（一）至（三）项"
        return re.match(r"[至、和或项款]|[）)]", following) is not None
    return False


def _accepted(text: str, candidates: Iterator[_Mark]) -> list[_Mark]:
    """Candidates in a series, with signatures among them; list entries of articles left out."""
    marks = sorted([*candidates, *_signatures(text)], key=lambda mark: mark.start)
    following = _following_ordinals(marks)
    accepted: list[_Mark] = []
    last: dict[str, int] = {}
    in_article = False
    for mark, next_ordinal in zip(marks, following, strict=True):
        kind = mark.kind
        if kind is None:
            in_article = False
            accepted.append(mark)
            continue
        if in_article and kind.rank > _ARTICLE.rank:
            continue
        in_series = mark.ordinal == last.get(kind.name, 0) + 1
        begins_series = mark.ordinal == 1 and next_ordinal == 2
        spaced = text[mark.end : mark.end + 1] in (" ", "\u3000", "\n", "\t", "*", "【", "")
        if mark.inline and not (in_series or begins_series):
            continue
        if kind is _ARTICLE and not spaced and last.get(kind.name) and not in_series and mark.ordinal != 1:
            continue
        in_article = kind is _ARTICLE
        last = {name: n for name, n in last.items() if _rank(name) <= kind.rank or name == "条"}
        last[kind.name] = mark.ordinal
        accepted.append(mark)
    return accepted


def _rank(name: str) -> int:
    return next(kind.rank for kind in _KINDS if kind.name == name)


def _following_ordinals(marks: Sequence[_Mark]) -> list[int]:
    """For each mark the ordinal of the next mark of its kind; 0 when it is the last."""
    ahead: dict[str, int] = {}
    found: list[int] = []
    for mark in reversed(marks):
        name = mark.kind.name if mark.kind else ""
        found.append(ahead.get(name, 0))
        ahead[name] = mark.ordinal
    return found[::-1]


def _signatures(text: str) -> list[_Mark]:
    return [_Mark(None, span.start, span.start, span.start, 0) for span in find_signatures(text)]


def _without_contents_list(text: str, marks: list[_Mark]) -> list[_Mark]:
    """Drop the 目录 before a law: chapters with nothing in them that come again later."""

    def key(mark: _Mark) -> tuple[str, int, str]:
        line = text[mark.end : mark.end + 60].partition("\n")[0]
        name = mark.kind.name if mark.kind else ""
        return name, mark.ordinal, re.sub(r"[\s.·…\d]", "", line)

    later: set[tuple[str, int, str]] = set()
    kept: list[_Mark] = []
    followers = [*marks[1:], None]
    for mark, follower in zip(reversed(marks), reversed(followers), strict=True):
        structural = mark.kind is not None and mark.kind.name in _STRUCTURAL
        if structural:
            line_end = text.find("\n", mark.end)
            empty = follower is not None and line_end >= 0 and not text[line_end : follower.lead].strip()
            if empty and key(mark) in later:
                continue
            later.add(key(mark))
        kept.append(mark)
    return kept[::-1]


def _tree(text: str, marks: Sequence[_Mark]) -> list[_Node]:
    """Each mark under the last open mark of an outer kind; ends are where the next outer or equal begins."""
    nodes: list[_Node] = []
    opened: list[int] = []
    for mark in marks:
        rank = mark.kind.rank if mark.kind else -1
        while opened and (node_rank := _node_rank(nodes[opened[-1]])) >= rank and node_rank >= 0:
            nodes[opened.pop()].end = mark.lead
        if mark.kind is None:
            continue
        parent = opened[-1] if opened else None
        nodes.append(_Node(mark, parent, len(opened) + 1, len(text)))
        opened.append(len(nodes) - 1)
    return nodes


def _node_rank(node: _Node) -> int:
    """Rank of a node's kind; a Markdown heading ranks by its depth too."""
    return node.mark.kind.rank if node.mark.kind else -1


def _entries(text: str, nodes: Sequence[_Node]) -> set[int]:
    """Starts of marks that are entries of a list (and of what hangs under them), not parts."""
    groups: dict[tuple[int | None, str], list[int]] = {}
    for index, node in enumerate(nodes):
        if node.mark.kind and node.mark.kind.list_like:
            groups.setdefault((node.parent, node.mark.kind.name), []).append(index)
    dropped: set[int] = set()
    for indexes in groups.values():
        for run in _runs(nodes, indexes):
            if _is_list(text, [nodes[index] for index in run]):
                dropped.update(run)
    for index, node in enumerate(nodes):
        if node.parent in dropped:
            dropped.add(index)
    return {nodes[index].mark.start for index in dropped}


def _runs(nodes: Sequence[_Node], indexes: list[int]) -> list[list[int]]:
    """Cut siblings into series 1, 2, 3…; a new 1 begins a new series."""
    runs = [[indexes[0]]]
    for before, index in pairwise(indexes):
        if nodes[index].mark.ordinal <= nodes[before].mark.ordinal:
            runs.append([])
        runs[-1].append(index)
    return runs


def _is_list(text: str, entries: Sequence[_Node]) -> bool:
    """Entries of one sentence: most end with ；, or all are short and a colon stands before them."""
    if len(entries) < 2:
        return False
    bodies = [text[node.mark.start : node.end].strip() for node in entries]
    ended = sum(body.endswith(("；", ";", "，", ",", "、")) for body in bodies[:-1])
    if 2 * ended > len(bodies) - 1 and max(map(len, bodies[:-1])) <= 400:
        return True
    introduced = text[: entries[0].mark.lead].rstrip()[-1:] in (":", "：")
    return introduced and all(len(body) <= 40 and "\n" not in body for body in bodies)


def _section(text: str, nodes: Sequence[_Node], index: int) -> Section:
    node = nodes[index]
    following = nodes[index + 1].mark.lead if index + 1 < len(nodes) else node.end
    own_end = min(node.end, following)
    end = len(text[: node.end].rstrip()) if node.end - node.mark.end < 64 else _rstrip(text, node.end)
    has_more = bool(text[own_end : node.end].strip())
    number, heading = heading_of(text, Span(start=node.mark.start, end=own_end), node.mark.end, has_more)
    return Section(
        number=number,
        heading=heading,
        level=node.level,
        span=Span(start=node.mark.start, end=end),
        parent=node.parent,
    )


def _rstrip(text: str, end: int) -> int:
    while end > 0 and text[end - 1].isspace():
        end -= 1
    return end


_ = replace
