"""The documents that a text names, by 《title》 or by 发文字号, and which of them it enumerates together."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from ingest.notation.dates import DATE_PATTERN, read_date
from ingest.notation.document_number import find_numbers

DOCUMENT_NAME = re.compile(r"《(?P<title>(?:[^《》\n]|《[^《》\n]*》){2,150})》")
# What may stand between documents that are enumerated together, piece by piece: a comma, a date, an item's
# number, the organ that issued the next one. subtle: no pattern for all of it, since the pieces overlap and a
# pattern would try every way to divide a text into them; see `_are_joined`.
_JOINT = re.compile(
    rf"[、，,和及与\s]|以及|原|{DATE_PATTERN}|\d{{1,3}}[.．、]|(?:印发|发布|公布|制定|颁布|颁发|下发|出台|修订)?的"
)
_BRACKET = re.compile(r"[〔\[（(][^）)《》]{0,40}")
_BRACKET_END = re.compile(r"[）)\]〕]")
_ORGAN = re.compile(r"[一-鿿]{2,30}")
_ISSUES = re.compile(r"(?:印发|发布|公布|制定|颁布|颁发|下发|出台)的|\d{4}年")
_LONGEST_JOINT = 300  # characters
_CLOSING = re.compile(r"(?:、[^（）()《》。；]{4,30})?\s?[）)〕\]]")  # （X〔2010〕1号、X〔2012〕5号）
_DATED = re.compile(
    rf"(?P<date>{DATE_PATTERN})[^《》。；，、]{{0,40}}(?:发布|公布|印发|颁布|制定|下发|通过)的?$"
)


class NamedDocument(NamedTuple):
    """A document that the text names: the place, title, number and date of issue it gives."""

    start: int
    end: int
    title: str | None
    number: str | None
    dated: date | None


def find_named(text: str, start: int, end: int) -> list[NamedDocument]:
    """The documents named from `start` to `end`: 《title》 with the number beside it, or a number alone."""
    numbers = {start + number.span.start: number for number in find_numbers(text[start:end])}
    documents: list[NamedDocument] = []
    for name in DOCUMENT_NAME.finditer(text, start, end):
        place = name.end()
        while place < end and place - name.end() < 2 and text[place] in "（(〔 ":
            place += 1
        beside = numbers.pop(place, None)
        stop = name.end() if beside is None else start + beside.span.end
        closing = _CLOSING.match(text, stop, end) if beside else None
        before = _DATED.search(text[max(start, name.start() - 80) : name.start()])
        for inner in range(name.start(), name.end()):
            numbers.pop(inner, None)
        documents.append(
            NamedDocument(
                start=name.start(),
                end=closing.end() if closing else stop,
                title=name["title"],
                number=beside.value if beside else None,
                dated=read_date(before["date"]) if before else None,
            )
        )
    numbers_alone = (
        NamedDocument(place, start + number.span.end, None, number.value, None)
        for place, number in numbers.items()
        if not re.search("(?<!自)由|被", text[place : start + number.span.end])  # 由国务院令第752号废止
    )
    return sorted((*documents, *numbers_alone), key=lambda named: named.start)


def enumerations(text: str, named: Sequence[NamedDocument]) -> list[list[NamedDocument]]:
    """`named` (not empty) in groups of documents that are enumerated together: 《A》（…）、《B》和《C》."""
    runs = [[named[0]]]
    for before, after in pairwise(named):
        if _are_joined(text, before.end, after.start):
            runs[-1].append(after)
        else:
            runs.append([after])
    return runs


def _are_joined(text: str, start: int, end: int) -> bool:
    """Whether the text between two documents only joins them: whether pieces lead from `start` to `end`."""
    if end - start > _LONGEST_JOINT:
        return False
    issues = [issue.start() for issue in _ISSUES.finditer(text, start, end)]
    reached = {start}
    for place in range(start, end):
        if place not in reached:
            continue
        if joint := _JOINT.match(text, place, end):
            reached.add(joint.end())
        if bracket := _BRACKET.match(text, place, end):
            stop = min(end, bracket.end() + 1)
            reached.update(close.end() for close in _BRACKET_END.finditer(text, place + 1, stop))
        if organ := _ORGAN.match(text, place, end):
            reached.update(issue for issue in issues if place + 2 <= issue <= organ.end())
    return end in reached
