"""Numbered parts of a document -> the Section tree.

A part belongs to the last open part of an outer kind, so levels are relative: 章 is level 1 and 条 level 2 in
a law with chapters, 条 is level 1 in a law without. Short entries of a list, ended by ； or introduced by a
colon, stay in the part that lists them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.raw_text import TablePlace
from ingest.structure.attachments import Attachment, title_of
from ingest.structure.numbering import (
    ANNEX,
    ARTICLE,
    ATTACHED,
    HEADING,
    OVER_ARTICLES,
    TABLE,
    TITLED,
    NumberMark,
    find_marks,
)
from kb.models import Section, Span

_MAX_TITLE = 60  # characters of a heading that has its line to itself
_MAX_RUN_IN = 30  # characters of a heading with text on its line: "（五）提高政策解读实效。重点围绕…"
_MAX_ENTRY = 400  # characters; a longer entry is a part of its own
_MAX_SHORT_ENTRY = 40
_UNNAMED_TABLE = "表格"
_ARTICLE_TITLE = re.compile(r"[\s*]{0,40}+【([^】\n]{1,40})】")
# Patterns of headings with text behind them on the same line, in the order tried.
_RUN_IN = (
    re.compile(rf"([^。！？；\n]{{2,{_MAX_RUN_IN}}})。(?=.|\n)", re.DOTALL),
    re.compile(r"([^。！？；，、,;:：\n]{2,20})[:：]"),
    re.compile(r"([^。！？；，,;:：\s]{2,25})(?:[ \t]{2,}|\u3000)\S"),
    re.compile(r"([^。！？；，,;:：\s]{2,24}[一-鿿])[ \t](?=[一-鿿])"),
)


@dataclass
class _Node:
    """A mark with its place in the tree; `parent` is an index, `end` is exclusive."""

    mark: NumberMark
    parent: int | None
    level: int
    end: int


def read_outline(
    text: str, tables: Sequence[TablePlace] = (), attachments: Sequence[Attachment] = ()
) -> tuple[Section, ...]:
    """The numbered parts of `text`, its tables and the texts attached to it in reading order."""
    marks = find_marks(text, tables, attachments)
    nodes = _tree(text, marks)
    entries = _entries(text, nodes)
    if entries:
        nodes = _tree(text, [mark for mark in marks if mark.start not in entries])
    return tuple(_sections(text, nodes))


def _tree(text: str, marks: Sequence[NumberMark]) -> list[_Node]:
    """A node for each mark, under the last open mark of smaller rank; see Mark.closes for where it ends."""
    nodes: list[_Node] = []
    opened: list[int] = []
    for mark in marks:
        while opened and mark.closes(nodes[opened[-1]].mark):
            nodes[opened.pop()].end = mark.lead
        if mark.kind is TABLE:
            nodes.append(_Node(mark, opened[-1] if opened else None, len(opened) + 1, mark.end))
        elif mark.kind is not None:
            nodes.append(_Node(mark, opened[-1] if opened else None, len(opened) + 1, len(text)))
            opened.append(len(nodes) - 1)
    return nodes


def _entries(text: str, nodes: Sequence[_Node]) -> set[int]:
    """Starts of the marks that are list entries, and of all marks below them."""
    groups: dict[tuple[int | None, str], list[int]] = {}
    for index, node in enumerate(nodes):
        if node.mark.kind is not None and node.mark.kind.list_like:
            groups.setdefault((node.parent, node.mark.kind.name), []).append(index)
    dropped: set[int] = set()
    for indexes in groups.values():
        for series in _series(nodes, indexes):
            if _is_list(text, [nodes[index] for index in series]):
                dropped.update(series)
    for index, node in enumerate(nodes):
        if node.parent in dropped and node.mark.kind is not TABLE:
            dropped.add(index)
    return {nodes[index].mark.start for index in dropped}


def _series(nodes: Sequence[_Node], indexes: Sequence[int]) -> list[list[int]]:
    """Siblings cut into series 1, 2, 3…; a number that does not rise begins a new series."""
    series: list[list[int]] = []
    previous = 0
    for index in indexes:
        ordinal = nodes[index].mark.ordinal
        if not series or ordinal <= previous:
            series.append([])
        series[-1].append(index)
        previous = ordinal
    return series


def _is_list(text: str, entries: Sequence[_Node]) -> bool:
    """Whether entries belong to one sentence: most end with ；, or all are short lines after a colon."""
    bodies = [text[node.mark.start : node.end].strip() for node in entries]
    if len(bodies) < 2 or max(map(len, bodies[:-1])) > _MAX_ENTRY:
        return False
    ended = sum(body.endswith(("；", ";", "，", ",", "、")) for body in bodies[:-1])
    if 2 * ended > len(bodies) - 1:
        return True
    lead = _without_space(text, 0, entries[0].mark.start)
    introduced = text[max(0, lead - 1) : lead] in (":", "：")
    return introduced and all(len(body) <= _MAX_SHORT_ENTRY and "\n" not in body for body in bodies)


def _sections(text: str, nodes: Sequence[_Node]) -> Iterator[Section]:
    for index, node in enumerate(nodes):
        inner = nodes[index + 1].mark.lead if index + 1 < len(nodes) else node.end
        own_end = min(inner, node.end)
        mark = node.mark
        if mark.kind is TABLE:
            span = Span(start=mark.start, end=mark.end)
            heading = mark.name or _UNNAMED_TABLE
            yield Section(
                number="", heading=heading, level=node.level, span=span, parent=node.parent, table=True
            )
            continue
        number = "" if mark.kind is ATTACHED else re.sub(r"\s", "", text[mark.start : mark.end])
        yield Section(
            number=number,
            heading=_heading(text, mark, own_end, is_leaf=inner >= node.end),
            level=node.level,
            span=Span(start=mark.start, end=_without_space(text, mark.end, node.end)),
            parent=node.parent,
        )


def _heading(text: str, mark: NumberMark, own_end: int, *, is_leaf: bool) -> str:
    """The heading of a part, "" when it has none; `own_end` is where its first inner part begins."""
    if mark.name:
        return mark.name
    own_text = text[mark.end : min(own_end, mark.end + 200)].lstrip(
        " \t\u3000*：:" if mark.kind is not ARTICLE else ""
    )
    if mark.kind is ARTICLE:
        title = _ARTICLE_TITLE.match(own_text)
        return title[1].strip() if title else ""
    if mark.kind is ANNEX and not own_text.partition("\n")[0].strip():
        return title_of([part for part in own_text.split("\n") if part.strip()])[0]
    line, _, rest = own_text.partition("\n")
    line = line.strip(" \t\u3000*")
    if mark.kind in (ANNEX, HEADING, OVER_ARTICLES) or mark.kind in TITLED:
        title_line = re.split(r"[ \t\u3000]{4,}", line)[0]
        return _closed_up(title_line) if len(title_line) <= _MAX_TITLE else ""
    has_own_line = not is_leaf or bool(rest.strip())
    if has_own_line and len(line) <= _MAX_TITLE and not re.search("[。！？；]", line[:-1]):
        return line.rstrip("：:。；; ")
    for pattern in _RUN_IN:
        run_in = pattern.match(line)
        if run_in and (has_own_line or line[run_in.end() :].strip(" 。") or run_in.end() < len(line)):
            return run_in[1].strip()
    return ""


def _closed_up(title: str) -> str:
    """A title without the spaces between single characters: "总　则" -> "总则"."""
    parts = title.split()
    return "".join(parts) if all(len(part) == 1 for part in parts) else " ".join(parts)


def _without_space(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end
