"""One page of a PDF as PDFium sees it: its glyphs with their places, its ruling lines, its pictures.

PDFium is not thread-safe: callers hold the lock `PDFIUM` while they use this module.
Places account for the page's rotation, and for that of its text where most of it is set sideways.
"""

import ctypes
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from threading import RLock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2
from pypdfium2 import raw

from ingest.readers.layout.characters import means_something, replaced
from ingest.readers.layout.page import Box, Glyph, Ruling, quarter_turned
from ingest.readers.layout.regions import Turned, is_level, readable
from kb.models import Model

PDFIUM = RLock()
MAX_GLYPHS = 60_000  # of a page; a full page of the smallest print has under 10,000
MAX_SEGMENTS = 40_000  # of the paths of a page: more are a drawing
_STRAIGHT = 1.0  # points a ruling line may lean
_LEAST_RULING = 3.0  # points
_MAX_SIDE = 4_000  # pixels of a rendered page
_METRIC = 0.98  # of the font size: a box of font metrics is at least this high, 1.04 and more in practice
_WIDEST = 2.0  # of the font size: what a font may say of a character's width
_ASCENT, _DESCENT = 0.88, -0.12  # of the font size: the usual em box of a Chinese font

Place = tuple[float, float, float, float]  # left, bottom, right, top, as PDF counts
Picture = npt.NDArray[np.uint8]


class PageContent(Model):
    """The content of a page. `pictured` is the share of the page that pictures cover, `unmapped` the share of
    characters that their font maps to no Unicode character, `drawn` the number of objects other than text.
    `runs` are its level characters in PDFium's own order, cut where PDFium sees a gap or a line's end;
    `unread` counts the characters beyond MAX_GLYPHS."""

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    rulings: tuple[Ruling, ...]
    pictured: float
    unmapped: float
    drawn: int
    runs: tuple[str, ...] = ()
    unread: int = 0


class _Character(NamedTuple):
    """A printed character: its place, the angle of its line, whether its font maps it to nothing (`odd`);
    `run` is the number of the stretch between two gaps or line ends that PDFium sees."""

    text: str
    box: Place
    angle: float
    odd: bool
    run: int


def page_content(page: pypdfium2.PdfPage) -> PageContent:
    """The glyphs, ruling lines and measures of a page."""
    characters, unread = _glyphs(page)
    turn = _turn(char.angle for char in characters) if characters else page.get_rotation() // 90
    frame = _Frame(page.get_cropbox(), turn)
    rotation = turn * math.pi / 2
    turned = [_turned(char, frame, rotation) for char in characters]
    rulings, pictured, drawn = _drawn(page, frame)
    unmapped = sum(char.odd for char in characters) / len(characters) if characters else 0.0
    return PageContent(
        width=frame.width,
        height=frame.height,
        glyphs=tuple(glyph for glyph in readable(turned) if glyph.size > 0),
        rulings=rulings,
        pictured=pictured,
        unmapped=unmapped,
        drawn=drawn,
        runs=tuple(_runs(zip(characters, turned, strict=True))),
        unread=unread,
    )


def _turned(char: _Character, frame: "_Frame", rotation: float) -> Turned:
    place = frame.place(char.box)
    angle = char.angle + rotation
    return Turned(Glyph(char.text, *place, _size(place, angle)), angle)


def _runs(characters: Iterable[tuple[_Character, Turned]]) -> Iterator[str]:
    """The stretches of level characters between gaps and line ends."""
    shown = (char for char, turned in characters if turned.glyph.size > 0 and is_level(turned.angle))
    for _, run in groupby(shown, lambda char: char.run):
        yield "".join(char.text for char in run if means_something(char.text))


def rendered(page: pypdfium2.PdfPage, dpi: int) -> Picture:
    """The page as a picture, rows of (blue, green, red)."""
    scale = min(dpi / 72, _MAX_SIDE / max(1.0, *page.get_size()))
    picture: Picture = page.render(scale=scale).to_numpy()
    return picture[:, :, :3] if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


class _Frame:
    """Turns places of PDF (from the lower left corner, before rotation) into places on the page as read."""

    def __init__(self, bounds: Place, turn: int) -> None:
        self._left, self._top, self._turn = bounds[0], bounds[3], turn
        self._across, self._down = bounds[2] - bounds[0], bounds[3] - bounds[1]
        sideways = turn % 2 == 1
        self.width, self.height = (self._down, self._across) if sideways else (self._across, self._down)

    def place(self, place: Place) -> Box:
        """The box on the page of a box in PDF's places."""
        left, bottom, right, top = place
        down = sorted((self._top - top, self._top - bottom))
        across = sorted((left - self._left, right - self._left))
        return quarter_turned((across[0], down[0], across[1], down[1]), self._turn, self._across, self._down)


def _size(box: Box, angle: float) -> float:
    """The font size of a character: the height of its box, or the width if it is sideways."""
    sideways = round(angle / (math.pi / 2)) % 2
    return box[2] - box[0] if sideways else box[3] - box[1]


def _glyphs(page: pypdfium2.PdfPage) -> tuple[list[_Character], int]:
    """The printed characters of a page in PDFium's order, at most MAX_GLYPHS, and how many are beyond."""
    text = page.get_textpage()
    characters: list[_Character] = []
    run = 0
    try:
        ruler = _Ruler(text)
        count = text.count_chars()
        for index in range(min(count, MAX_GLYPHS)):
            if raw.FPDFText_IsGenerated(text, index) == 1:
                run += 1
                continue
            code = raw.FPDFText_GetUnicode(text, index)
            char = replaced(code)
            if char and (box := ruler.box(index, code)):
                angle = ruler.angle(index)
                odd = raw.FPDFText_HasUnicodeMapError(text, index) == 1
                characters.append(_Character(char, box, angle, odd, run))
    finally:
        text.close()
    return characters, max(0, count - MAX_GLYPHS)


class _Ruler:
    """Measures the characters of a page; it keeps the places that PDFium writes its answers to."""

    def __init__(self, text: pypdfium2.PdfTextPage) -> None:
        self._text = text
        self._box = raw.FS_RECTF()
        self._matrix = raw.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._width = ctypes.c_float()

    def box(self, index: int, code: int) -> Place | None:
        """The box of a character by its baseline and the metrics of its font; None when it has none.

        subtle: where a font has no metrics that PDFium trusts (the Type 3 fonts that browsers print with),
        PDFium gives the box of the ink instead, and the flat 一 or — would seem to lie between the lines.
        """
        box, matrix = self._box, self._matrix
        if not raw.FPDFText_GetLooseCharBox(self._text, index, box):
            return None
        place = (box.left, box.bottom, box.right, box.top)
        size = raw.FPDFText_GetFontSize(self._text, index)
        if size <= 0 or not raw.FPDFText_GetMatrix(self._text, index, matrix):
            return place
        high = math.hypot(matrix.c, matrix.d) * size
        height = place[2] - place[0] if abs(matrix.b) > abs(matrix.a) else place[3] - place[1]
        if not high or height >= _METRIC * high:
            return place
        return self._em_box(index, code, size) or place

    def angle(self, index: int) -> float:
        """The clockwise angle of the baseline that a character stands on.

        subtle: PDFium's own angle is that of the character's upright strokes, so that letters slanted for
        emphasis would seem to be a watermark's.
        """
        angle: float = raw.FPDFText_GetCharAngle(self._text, index)
        if is_level(angle) or not raw.FPDFText_GetMatrix(self._text, index, self._matrix):
            return angle
        return math.atan2(-self._matrix.b, self._matrix.a)

    def _em_box(self, index: int, code: int, size: float) -> Place | None:
        """The box on the baseline, as wide as the font says and as high as its size; None without a width."""
        item = raw.FPDFText_GetTextObject(self._text, index)
        font = raw.FPDFTextObj_GetFont(item) if item else None
        if not font or not raw.FPDFFont_GetGlyphWidth(font, code, size, self._width):
            return None
        if not raw.FPDFText_GetCharOrigin(self._text, index, self._x, self._y):
            return None
        width = self._width.value
        if not 0 < width <= _WIDEST * size:
            return None
        matrix = self._matrix
        corners = [
            (
                self._x.value + across * matrix.a + up * matrix.c,
                self._y.value + across * matrix.b + up * matrix.d,
            )
            for across in (0.0, width)
            for up in (_DESCENT * size, _ASCENT * size)
        ]
        # the ink counts too: the font states the width of one letter for a ligature of two
        corners += [(self._box.left, self._box.bottom), (self._box.right, self._box.top)]
        horizontal, vertical = zip(*corners, strict=True)
        return min(horizontal), min(vertical), max(horizontal), max(vertical)


def _turn(angles: Iterator[float]) -> int:
    """The clockwise quarter turns, as in a page's rotation, that set most of the text upright."""
    turns = Counter(round(angle / (math.pi / 2)) % 4 for angle in angles)
    return -turns.most_common(1)[0][0] % 4


def _drawn(page: pypdfium2.PdfPage, frame: _Frame) -> tuple[tuple[Ruling, ...], float, int]:
    """The ruling lines, the share of the page covered by pictures, and the number of drawn objects."""
    rulings: list[Ruling] = []
    covered, drawn, segments = 0.0, 0, 0
    for item in page.get_objects(filter=(raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE), max_depth=3):
        drawn += 1
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, top, right, bottom = frame.place(item.get_bounds())
            across = min(right, frame.width) - max(left, 0.0)
            covered += max(0.0, across) * max(0.0, min(bottom, frame.height) - max(top, 0.0))
        elif segments < MAX_SEGMENTS:
            count = raw.FPDFPath_CountSegments(item)
            segments += max(0, count)
            rulings.extend(_rulings(item, min(count, MAX_SEGMENTS), frame))
    area = frame.width * frame.height
    return tuple(rulings), min(1.0, covered / area) if area else 0.0, drawn


def _rulings(path: pypdfium2.PdfObject, count: int, frame: _Frame) -> Iterator[Ruling]:
    """The horizontal and vertical straight parts of a path."""
    mode, stroked = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, mode, stroked)
    if not mode.value and not stroked.value:
        return  # a path that only clips
    matrix = path.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    start = last = None
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO and last is not None:
            yield from _straight(last, point, frame)
        last = point
        if raw.FPDFPathSegment_GetClose(segment) and start is not None:
            yield from _straight(point, start, frame)


def _straight(a: tuple[float, float], b: tuple[float, float], frame: _Frame) -> Iterator[Ruling]:
    left, top, right, bottom = frame.place((a[0], a[1], b[0], b[1]))
    across, down = right - left, bottom - top
    if min(across, down) <= _STRAIGHT and max(across, down) >= _LEAST_RULING:
        yield Ruling(left, top, right, bottom)
