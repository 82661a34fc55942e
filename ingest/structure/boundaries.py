"""Where staff parted a passage or joined two: put to the stretches of a text that were cut by the rules.

A place is known by the words on both sides of it, so many that they occur together once (`boundary_at`). So
it is found again in a new version of the file that has the same words there, wherever they stand in it; where
they are gone, or the passages cannot be joined any more, the boundary is left out and a remark says so.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from ingest.structure.chunks import HARD_MAX_TOKENS, heading_path, with_ids
from kb.language.injection import addresses_software
from kb.language.sentences import sentences
from kb.models import Boundary, Model, PolicyDocument, Section, Span, Stretch

_FEWEST, _MOST = 20, 1280  # characters on each side by which a place is known
_SHOWN = 12
_GONE = "现在的原文里没有这个地方"


class Bounded(Model):
    """The stretches, the boundaries that the text still has, and a sentence on each of the others."""

    stretches: tuple[Stretch, ...]
    held: tuple[Boundary, ...]
    remarks: tuple[str, ...]


def with_boundaries(
    document: PolicyDocument, stretches: Sequence[Stretch], count_tokens: Callable[[str], int]
) -> Bounded:
    """`stretches` of `document`, parted and joined as its `boundaries` say.

    What is parted comes first: a part of a passage may be joined with a neighbour.
    """
    if not document.boundaries:
        return Bounded(stretches=tuple(stretches), held=(), remarks=())
    words = _Words(document.text)
    places = {boundary: words.place_of(boundary) for boundary in document.boundaries}
    faults = {boundary: _GONE for boundary, place in places.items() if place is None}
    result = list(stretches)
    for boundary, place in places.items():
        if place is not None and boundary.parts and not _part(document, result, place):
            faults[boundary] = _GONE
    for boundary, place in places.items():
        if place is not None and not boundary.parts:
            fault = _join(document, result, place, count_tokens)
            faults |= {boundary: fault} if fault else {}
    return Bounded(
        stretches=tuple(with_ids(document.id, result)),
        held=tuple(boundary for boundary in document.boundaries if boundary not in faults),
        remarks=tuple(not_held(boundary, fault) for boundary, fault in faults.items()),
    )


def not_held(boundary: Boundary, fault: str = _GONE) -> str:
    """The sentence on a boundary that the text no longer has."""
    done = "拆开" if boundary.parts else "合并"
    return f"人工{done}过的一处分段（{shown(boundary)}）没有用上：{fault}。"


def shown(boundary: Boundary) -> str:
    """The place of a boundary for people: the words around it."""
    return f"“……{boundary.before[-_SHOWN:]}”与“{boundary.behind[:_SHOWN]}……”之间"


def boundary_at(text: str, place: int, *, parts: bool) -> Boundary | None:
    """The boundary before the character `place` of `text`; None where the text repeats itself too long."""
    words = _Words(text)
    at = words.index_of(place)
    length = _FEWEST
    while length <= _MOST:
        before, behind = words.text[max(0, at - length) : at], words.text[at : at + length]
        boundary = Boundary(before=before, behind=behind, parts=parts)
        if words.place_of(boundary) is not None:
            return boundary
        length *= 2
    return None


def openings(stretch: Stretch) -> tuple[int, ...]:
    """Where a sentence or a line begins within the text of a stretch: there it can be parted."""
    text = stretch.text
    lines = [place + 1 for place, character in enumerate(text) if character == "\n"]
    starts = {sentence.start for sentence in sentences(text)}
    starts |= {place + len(text[place:]) - len(text[place:].lstrip()) for place in lines}
    return tuple(sorted(place for place in starts if 0 < place < len(text)))


def fault_of(
    document: PolicyDocument, first: Stretch, second: Stretch, count_tokens: Callable[[str], int]
) -> str | None:
    """Why two neighbours cannot be one passage; None when they can."""
    if first.units_span and second.units_span and first.units_span != second.units_span:
        return "两段各有自己的牵头、责任单位，合并后分不清由谁负责"
    if addresses_software(first.text) or addresses_software(second.text):
        return "其中一段像是写给软件的指令"
    if _table(document.sections, first) != _table(document.sections, second):
        return "一段是表格，一段不是同一张表格里的"
    if count_tokens(_joined(document, first, second).indexed_text) > HARD_MAX_TOKENS:
        return "合并后太长，检索时看不到后面的部分"
    return None


class _Words:
    """A text without its white space, which readers of a newer version may give otherwise."""

    def __init__(self, text: str) -> None:
        self._offsets = [place for place, character in enumerate(text) if not character.isspace()]
        self.text = "".join(text.split())

    def index_of(self, place: int) -> int:
        """How many characters stand before `place` of the text."""
        return bisect_left(self._offsets, place)

    def place_of(self, boundary: Boundary) -> int | None:
        """Where the words behind the boundary begin in the text; None unless that is one place."""
        around = boundary.before + boundary.behind
        at = self.text.find(around)
        if at < 0 or not boundary.behind or self.text.find(around, at + 1) >= 0:
            return None
        return self._offsets[at + len(boundary.before)]


def _part(document: PolicyDocument, stretches: list[Stretch], place: int) -> bool:
    """Part the stretch around `place`; False when no stretch holds it."""
    number = next((i for i, one in enumerate(stretches) if one.span.start <= place < one.span.end), None)
    if number is None:
        return False
    whole = stretches[number]
    if whole.span.start < place:
        first_end = whole.span.start + len(document.text[whole.span.start : place].rstrip())
        first = Span(start=whole.span.start, end=first_end)
        second = Span(start=place, end=whole.span.end)
        stretches[number : number + 1] = [_over(document, whole, first), _over(document, whole, second)]
    return True


def _join(
    document: PolicyDocument, stretches: list[Stretch], place: int, count_tokens: Callable[[str], int]
) -> str | None:
    """Join the stretch that begins at `place` with the one before it; why it cannot be, None when it can.

    A place at which none begins lies within a passage already.
    """
    number = next((i for i, one in enumerate(stretches) if one.span.start == place), None)
    if not number:
        return None
    first, second = stretches[number - 1 : number + 1]
    fault = fault_of(document, first, second, count_tokens)
    if fault is None:
        stretches[number - 1 : number + 1] = [_joined(document, first, second)]
    return fault


def _joined(document: PolicyDocument, first: Stretch, second: Stretch) -> Stretch:
    """Two neighbours as one, in the innermost section that holds both, with the units that one names."""
    units = second if second.units_span else first
    section = _shared(document.sections, first.section, second.section)
    both = first.model_copy(
        update={
            "section": section,
            "heading_path": heading_path(document.sections, section),
            "lead_units": units.lead_units,
            "responsible_units": units.responsible_units,
            "units_span": units.units_span,
        }
    )
    return _over(document, both, Span(start=first.span.start, end=second.span.end))


def _over(document: PolicyDocument, stretch: Stretch, span: Span) -> Stretch:
    """`stretch` with the text and page of `span`."""
    page = document.page_of(span.start)
    return stretch.model_copy(update={"span": span, "text": span.of(document.text), "page": page})


def _shared(sections: Sequence[Section], one: int | None, other: int | None) -> int | None:
    """The innermost section that two sections share."""
    around: set[int] = set()
    while one is not None:
        around.add(one)
        one = sections[one].parent
    while other is not None and other not in around:
        other = sections[other].parent
    return other


def _table(sections: Sequence[Section], stretch: Stretch) -> int | None:
    """The table that a stretch is of."""
    is_one = stretch.section is not None and sections[stretch.section].table
    return stretch.section if is_one else None
