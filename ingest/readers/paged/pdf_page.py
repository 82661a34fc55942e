"""One page of a PDF as PDFium sees it: its glyphs with their places, its ruling lines, its pictures.

PDFium is not thread-safe: callers hold the lock `PDFIUM` while they use this module.
Places account for the page's rotation, and for that of its text where most of it is set sideways.
"""

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from threading import RLock

import numpy as np
import numpy.typing as npt
import pypdfium2
from pypdfium2 import raw

from ingest.readers.layout.characters import replaced
from ingest.readers.layout.page import Box, Glyph, Ruling, quarter_turned
from ingest.readers.layout.regions import Turned, readable
from kb.models import Model

PDFIUM = RLock()
MAX_GLYPHS = 60_000  # of a page; a full page of the smallest print has under 10,000
MAX_SEGMENTS = 40_000  # of the paths of a page: more are a drawing
_STRAIGHT = 1.0  # points a ruling line may lean
_LEAST_RULING = 3.0  # points
_MAX_SIDE = 4_000  # pixels of a rendered page

Place = tuple[float, float, float, float]  # left, bottom, right, top, as PDF counts
Picture = npt.NDArray[np.uint8]


class PageContent(Model):
    """The content of a page. `pictured` is the share of the page that pictures cover, `unmapped` the share of
    characters that their font maps to no Unicode character, `drawn` the number of objects other than text."""

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    rulings: tuple[Ruling, ...]
    pictured: float
    unmapped: float
    drawn: int


def page_content(page: pypdfium2.PdfPage) -> PageContent:
    """The glyphs, ruling lines and measures of a page."""
    characters = list(_glyphs(page))
    turn = _turn(angle for _, _, angle, _ in characters) if characters else page.get_rotation() // 90
    frame = _Frame(page.get_cropbox(), turn)
    rotation = turn * math.pi / 2
    turned = [
        Turned(Glyph(text, *frame.place(box), _size(frame.place(box), angle + rotation)), angle + rotation)
        for text, box, angle, _ in characters
    ]
    rulings, pictured, drawn = _drawn(page, frame)
    unmapped = sum(odd for *_, odd in characters) / len(characters) if characters else 0.0
    return PageContent(
        width=frame.width,
        height=frame.height,
        glyphs=tuple(glyph for glyph in readable(turned) if glyph.size > 0),
        rulings=rulings,
        pictured=pictured,
        unmapped=unmapped,
        drawn=drawn,
    )


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


def _glyphs(page: pypdfium2.PdfPage) -> Iterator[tuple[str, Place, float, bool]]:
    """(text, place, angle, whether Unicode mapping failed) of each printed character."""
    text = page.get_textpage()
    try:
        box = raw.FS_RECTF()
        for index in range(min(text.count_chars(), MAX_GLYPHS)):
            if raw.FPDFText_IsGenerated(text, index) == 1:
                continue
            code = raw.FPDFText_GetUnicode(text, index)
            char = replaced(code)
            if not char or not raw.FPDFText_GetLooseCharBox(text, index, box):
                continue
            odd = raw.FPDFText_HasUnicodeMapError(text, index) == 1
            angle = raw.FPDFText_GetCharAngle(text, index)
            yield char, (box.left, box.bottom, box.right, box.top), angle, odd
    finally:
        text.close()


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
