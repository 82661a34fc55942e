"""The objects of an OFD page (GB/T 33190-2016, chapters 8 to 11) -> glyphs, ruling lines and pictures.

An object has a Boundary on the page and may have a CTM, which transforms its own coordinates before they are
offset by the boundary's corner (8.5). A TextCode (11.3) gives the place of its first character on the base
line, and the distance to each following one in DeltaX and DeltaY, where "g n v" is n times v.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple
from xml.etree.ElementTree import Element

from ingest.readers.layout.characters import replaced
from ingest.readers.layout.page import Box, Glyph, Ruling, quarter_turned
from ingest.readers.layout.regions import Turned, as_one, readable
from kb.models import Model

POINTS = 72 / 25.4  # per millimetre
MAX_GLYPHS = 60_000  # of a page
_DEEPEST = 30  # levels of nested page blocks and composites
_ASCENT = 0.88  # share of the font size above the base line
_LATIN = 0.55  # share of the font size: width of a non-Chinese character without a stated distance
_STRAIGHT = 0.4  # millimetres a ruling line may lean
_LEAST_RULING = 1.0  # millimetres
_TOKENS = re.compile(r"[A-Za-z]|[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?")


class Picture(NamedTuple):
    """The resource id of a picture, the share of the page that it covers, and its box on the page."""

    resource: str
    share: float
    box: Box


class PageObjects(Model):
    """The objects of a page, in points from the upper left corner of the page as it is read."""

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    rulings: tuple[Ruling, ...]
    pictures: tuple[Picture, ...]
    turn: int = 0  # clockwise quarter turns by which the page is read


class _Matrix(NamedTuple):
    """x' = a·x + c·y + e, y' = b·x + d·y + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def after(self, inner: "_Matrix") -> "_Matrix":
        """This matrix applied to the result of `inner`."""
        e, f = self.point(inner.e, inner.f)
        return _Matrix(
            self.a * inner.a + self.c * inner.b,
            self.b * inner.a + self.d * inner.b,
            self.a * inner.c + self.c * inner.d,
            self.b * inner.c + self.d * inner.d,
            e,
            f,
        )


def page_objects(
    roots: Sequence[Element], box: tuple[float, float, float, float], composites: Mapping[str, Element]
) -> PageObjects:
    """The objects of a page and its templates; `box` is the paper: left, top, width, height in mm."""
    start = _Matrix(POINTS, 0.0, 0.0, POINTS, -box[0] * POINTS, -box[1] * POINTS)
    width, height = box[2] * POINTS, box[3] * POINTS
    turned: list[Turned] = []
    rulings: list[Ruling] = []
    pictures: list[Picture] = []
    for root in roots:
        for unit, matrix in _units(root, start, composites, 0):
            if local(unit) == "TextObject":
                turned.extend(_text(unit, matrix) if len(turned) < MAX_GLYPHS else ())
            elif local(unit) == "PathObject":
                rulings.extend(_path(unit, matrix))
            else:
                left, top, right, bottom = place = _bounds(matrix, 0.0, 0.0, 1.0, 1.0)
                share = (right - left) * (bottom - top) / (width * height)
                pictures.append(Picture(unit.get("ResourceID", ""), share, place))
    turns = Counter(round(turned_glyph.angle / (math.pi / 2)) % 4 for turned_glyph in turned)
    turn = -turns.most_common(1)[0][0] % 4 if turns else 0
    upright = readable(
        [turned_glyph._replace(angle=turned_glyph.angle + turn * math.pi / 2) for turned_glyph in turned]
    )
    sideways = turn % 2 == 1
    return PageObjects(
        width=height if sideways else width,
        height=width if sideways else height,
        glyphs=tuple(
            Glyph(glyph.text, *quarter_turned(glyph[1:5], turn, width, height), glyph.size)
            for glyph in upright
        ),
        rulings=tuple(Ruling(*quarter_turned(ruling, turn, width, height)) for ruling in rulings),
        pictures=tuple(
            picture._replace(box=quarter_turned(picture.box, turn, width, height))
            for picture in sorted(pictures, key=lambda picture: -picture.share)
        ),
        turn=turn,
    )


def _units(
    element: Element, matrix: _Matrix, composites: Mapping[str, Element], depth: int
) -> Iterator[tuple[Element, _Matrix]]:
    """The visible text, path and image objects below an element, each with its matrix to the page."""
    if depth > _DEEPEST:
        return
    for child in element:
        name = local(child)
        if child.get("Visible", "true").lower() == "false" or child.get("Alpha") == "0":
            continue
        if name in ("Content", "Layer", "PageBlock"):
            yield from _units(child, matrix, composites, depth + 1)
        elif name in ("TextObject", "PathObject", "ImageObject"):
            yield child, matrix.after(_placing(child))
        elif name == "CompositeObject" and child.get("ResourceID") in composites:
            inner = composites[child.get("ResourceID", "")]
            for content in inner:
                yield from _units(content, matrix.after(_placing(child)), composites, depth + 1)


def _placing(unit: Element) -> _Matrix:
    """The matrix from an object's own coordinates to those of the object around it."""
    boundary = [*numbers(unit.get("Boundary", "")), 0.0, 0.0][:2]
    ctm = numbers(unit.get("CTM", ""))
    ctm_matrix = _Matrix(*ctm) if len(ctm) == 6 else _Matrix()
    return _Matrix(e=boundary[0], f=boundary[1]).after(ctm_matrix)


def _text(unit: Element, matrix: _Matrix) -> Iterator[Turned]:
    """The glyphs of a text object; a run of vertical writing is one glyph."""
    stated = numbers(unit.get("Size", unit.get("size", ""))) or numbers(unit.get("Boundary", ""))[3:]
    size = next(iter(stated), 0.0)
    stretch = next(iter(numbers(unit.get("HScale", ""))), 1.0)
    angle = math.atan2(matrix.b, matrix.a)
    x = y = 0.0
    for code in children(unit, "TextCode"):
        text = re.sub(r"[\r\n\t]", "", code.text or "")
        x = next(iter(numbers(code.get("X", ""))), x)
        y = next(iter(numbers(code.get("Y", ""))), y)
        across, down = _deltas(code.get("DeltaX", "")), _deltas(code.get("DeltaY", ""))
        places: list[Glyph] = []
        for char, dx, dy in _steps(text, across, down):
            natural = size * stretch * (1.0 if unicodedata.east_asian_width(char) in "WFA" else _LATIN)
            step = dx if dx is not None else (natural if not dy else 0.0)
            width = min(size * stretch, dx) if dx is not None and dx > 0 else natural
            shown = replaced(ord(char))
            if shown:
                box = _bounds(matrix, x, y - _ASCENT * size, x + width, y + (1 - _ASCENT) * size)
                places.append(Glyph(shown, *box, size * math.hypot(matrix.c, matrix.d)))
            x, y = x + step, y + (dy or 0.0)
        if _is_vertical(places, across, down):
            places = [as_one(places)]
        yield from (Turned(glyph, angle) for glyph in places if glyph.size > 0)


def _steps(
    text: str, across: Sequence[float], down: Sequence[float]
) -> Iterator[tuple[str, float | None, float | None]]:
    """Each character with its distances to the next, across and down; None where not stated."""
    yield from zip_longest(text, across[: len(text)], down[: len(text)])


def _is_vertical(glyphs: Sequence[Glyph], across: Sequence[float], down: Sequence[float]) -> bool:
    """Whether the characters stand below each other."""
    return len(glyphs) > 1 and not any(across) and len(down) >= len(glyphs) - 1 and all(dy > 0 for dy in down)


def _deltas(value: str) -> list[float]:
    """Distances with their repetitions written out: "g 3 1.5 2" is 1.5 1.5 1.5 2."""
    tokens = iter(_TOKENS.findall(value))
    distances: list[float] = []
    for token in tokens:
        if token in ("g", "G"):
            count, distance = next(tokens, "0"), next(tokens, "0")
            repeats = int(float(count)) if _is_number(count) else 0
            distances += [float(distance) if _is_number(distance) else 0.0] * min(max(repeats, 0), MAX_GLYPHS)
        elif _is_number(token):
            distances.append(float(token))
    return distances[:MAX_GLYPHS]


def _path(unit: Element, matrix: _Matrix) -> Iterator[Ruling]:
    """The horizontal and vertical straight lines of a path."""
    if unit.get("Stroke", "true") == "false" and unit.get("Fill", "false") != "true":
        return
    for data in children(unit, "AbbreviatedData"):
        tokens = _TOKENS.findall(data.text or "")
        start = last = (0.0, 0.0)
        index = 0
        while index < len(tokens):
            command = tokens[index].upper()
            values: list[float] = []
            index += 1
            while index < len(tokens) and _is_number(tokens[index]):
                values.append(float(tokens[index]))
                index += 1
            if command in ("M", "S") and len(values) >= 2:
                start = last = (values[0], values[1])
            elif command == "L" and len(values) >= 2:
                point = (values[0], values[1])
                yield from _straight(last, point, matrix)
                last = point
            elif command == "C" and not values:
                yield from _straight(last, start, matrix)
                last = start
            elif len(values) >= 2:
                last = (values[-2], values[-1])


def _straight(a: tuple[float, float], b: tuple[float, float], matrix: _Matrix) -> Iterator[Ruling]:
    left, top, right, bottom = _bounds(matrix, *a, *b)
    across, down = right - left, bottom - top
    if min(across, down) <= _STRAIGHT * POINTS and max(across, down) >= _LEAST_RULING * POINTS:
        yield Ruling(left, top, right, bottom)


def _bounds(matrix: _Matrix, x0: float, y0: float, x1: float, y1: float) -> Box:
    points = [matrix.point(x, y) for x in (x0, x1) for y in (y0, y1)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def page_box(area: Element) -> tuple[float, float, float, float] | None:
    """The paper that an Area or PageArea states: (left, top, width, height) in mm; None if it states none."""
    for name in ("PhysicalBox", "ApplicationBox", "CropBox"):
        for box in children(area, name):
            values = numbers(box.text or "")
            if len(values) == 4 and values[2] > 0 and values[3] > 0:
                return values[0], values[1], values[2], values[3]
    return None


def numbers(value: str) -> list[float]:
    """The numbers of an attribute, in order; [] when anything in it is not a number."""
    parts = value.replace(",", " ").split()
    return [float(part) for part in parts] if all(map(_is_number, parts)) else []


def _is_number(token: str) -> bool:
    try:
        return math.isfinite(float(token))
    except ValueError:
        return False


def local(element: Element) -> str:
    """An element's name without its namespace, which differs between writers."""
    return element.tag.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """Children named `name` in any namespace."""
    return (child for child in element if local(child) == name)


def descendants(element: Element, name: str) -> Iterator[Element]:
    """Elements named `name` in any namespace, below `element` or itself."""
    return (inner for inner in element.iter() if local(inner) == name)
