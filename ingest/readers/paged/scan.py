"""A picture of a page -> the printed page, read by OCR (RapidOCR: PP-OCRv6 on ONNX Runtime, offline).

A page may lie on its side or upside down, and every scan is a little skewed: it is turned level before it is
read, and the red seal is removed from its date and signature. Then the rules for text layers put the lines
into columns, tables and paragraphs.
"""

import re
import threading
from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from rapidocr import RapidOCR

from ingest.pace import step
from ingest.readers.layout.page import Glyph, Origin, PrintedPage, Ruling
from ingest.readers.layout.regions import laid_out
from ingest.readers.paged.pdf_page import Picture
from ingest.readers.paged.seals import without_seals

Quads = npt.NDArray[np.float64]  # [n, 4 corners from the upper left clockwise, (x, y)]

_MAX_SIDE = 2_000  # pixels of the longer side that the detector sees
_LEAST_SCORE = 0.5  # confidence of a line: below it, it is a stamp or dirt
_VOTES = 9  # longest lines that are checked for being upside down
_PROFILE_SIDE = 1_000  # pixels of the longer side of the picture in which the skew is measured
_MAX_SKEW = 4.0  # degrees
_LEAST_SKEW = 0.15  # degrees
_LEAST_RULING = 40  # pixels of a ruling line at 200 dpi
_POINTS = 72.0
_HAN = re.compile("[一-鿿]")
_BRACKETS = str.maketrans("()", "（）")
_AFTER_HAN = re.compile("(?<=[一-鿿）》”])[,:;?!]")
_FULL_WIDTH = str.maketrans(",:;?!", "，：；？！")
_busy = threading.Lock()  # one call at a time: the recogniser keeps its options between calls


def read_picture(picture: Picture, dpi: float) -> PrintedPage:
    """The page printed in `picture`, which has rows of (blue, green, red) and `dpi` pixels per inch.

    Raises:
        DocumentError: the OCR engine cannot be loaded.
    """
    engine = _engine()
    picture = _level(without_seals(np.ascontiguousarray(picture), dpi))
    with _busy:
        texts, scores, quads = _lines(engine, picture)
        step()
        turn = _quarter_turns(engine, picture, quads)
        if turn:
            picture = np.ascontiguousarray(np.rot90(picture, turn))
            texts, scores, quads = _lines(engine, picture)
    if not texts:
        return _empty(picture, dpi)
    scale = _POINTS / dpi
    glyphs = [_glyph(text, quad * scale) for text, quad in zip(texts, quads, strict=True)]
    rulings = [Ruling(*(side * scale for side in ruling)) for ruling in _rulings(picture)]
    height, width = picture.shape[:2]
    letters = [len(text) for text in texts]
    return PrintedPage(
        width=width * scale,
        height=height * scale,
        blocks=laid_out(glyphs, rulings),
        origin=Origin.SCAN,
        confidence=float(np.average(scores, weights=letters)),
    )


def _empty(picture: Picture, dpi: float) -> PrintedPage:
    height, width = picture.shape[:2]
    return PrintedPage(width=width * _POINTS / dpi, height=height * _POINTS / dpi, origin=Origin.SCAN)


@cache
def _engine() -> RapidOCR:
    """The recogniser; its models are loaded once (40 MB, a second)."""
    options = {
        "Global.log_level": "error",
        "Global.text_score": _LEAST_SCORE,
        "Global.max_side_len": _MAX_SIDE,
    }
    return RapidOCR(params=options)


def _lines(engine: RapidOCR, picture: Picture) -> tuple[tuple[str, ...], tuple[float, ...], Quads]:
    """Text, confidence and corners of each line; all lines are taken to be upright.

    The engine's own check of each line is switched off: it turns over one upright line in a hundred.
    """
    result = engine(picture, use_det=True, use_cls=False, use_rec=True)
    if result.boxes is None or not result.txts:
        return (), (), np.empty((0, 4, 2))
    texts = tuple(_with_chinese_marks(text) for text in result.txts)
    return texts, tuple(result.scores), np.asarray(result.boxes, dtype=np.float64)


def _with_chinese_marks(text: str) -> str:
    """A Chinese line with full-width brackets and stops, because the recogniser mixes both widths.

    >>> _with_chinese_marks("(一）牵头单位:区司法局"), _with_chinese_marks("GB/T 9704-2012 (p. 3)")
    ('（一）牵头单位：区司法局', 'GB/T 9704-2012 (p. 3)')
    """
    if not _HAN.search(text):
        return text
    return _AFTER_HAN.sub(lambda mark: mark[0].translate(_FULL_WIDTH), text.translate(_BRACKETS))


def _quarter_turns(engine: RapidOCR, picture: Picture, quads: Quads) -> int:
    """The anticlockwise quarter turns that set the page upright, by a vote of its longest lines."""
    if not len(quads):
        return 0
    across = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    down = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    turn = int(down[down > 1.5 * across].sum() > across[across > 1.5 * down].sum())
    longest = np.argsort(-np.maximum(across, down))[:_VOTES]
    flipped = 0
    for left, top, right, bottom in _boxes(quads[longest]):
        crop = picture[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1]
        if crop.size:
            line = np.ascontiguousarray(np.rot90(crop, turn))
            result = engine(line, use_det=False, use_cls=True, use_rec=False)
            flipped += result.cls_res is not None and result.cls_res[0][0] == "180"
    return turn + 2 if 2 * flipped > len(longest) else turn


def _boxes(quads: Quads) -> Iterator[tuple[float, float, float, float]]:
    """(left, top, right, bottom) of the box around each quad."""
    for quad in quads:
        yield quad[:, 0].min(), quad[:, 1].min(), quad[:, 0].max(), quad[:, 1].max()


def _level(picture: Picture) -> Picture:
    """The picture turned so that its lines are level, because the detector merges skewed lines.

    The angle is the one at which the ink lies most concentrated in rows (or columns, for a page on its side).
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _PROFILE_SIDE / max(height, width))
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = np.asarray(cv2.threshold(small, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)[1], dtype=np.uint8)
    coarse_angle = max(
        (_gathered(ink, angle), angle) for angle in np.arange(-_MAX_SKEW, _MAX_SKEW + 0.01, 0.5)
    )[1]
    angle = max(
        (_gathered(ink, angle), angle) for angle in np.arange(coarse_angle - 0.4, coarse_angle + 0.41, 0.1)
    )[1]
    return _rotated(picture, float(angle), 255) if abs(angle) >= _LEAST_SKEW else picture


def _gathered(ink: Picture, angle: float) -> float:
    """How unevenly the ink lies in the rows, or in the columns, of the picture turned by `angle` degrees."""
    turned = _rotated(ink, float(angle), 0).astype(np.float32)
    return max(float(np.square(np.diff(turned.sum(axis=axis))).sum()) for axis in (0, 1))


def _rotated(picture: Picture, angle: float, background: int) -> Picture:
    """The picture turned anticlockwise by `angle` degrees about its centre."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    fill = (background, background, background)
    return np.asarray(cv2.warpAffine(picture, turn, (width, height), borderValue=fill), dtype=np.uint8)


def _glyph(text: str, quad: npt.NDArray[np.float64]) -> Glyph:
    """A line that OCR read, as one glyph in its box."""
    left, right = quad[[0, 3], 0].mean(), quad[[1, 2], 0].mean()
    top, bottom = quad[[0, 1], 1].mean(), quad[[2, 3], 1].mean()
    return Glyph(text, float(left), float(top), float(right), float(bottom), float(bottom - top))


def _rulings(picture: Picture) -> Iterator[Ruling]:
    """The long straight lines, in pixels: what remains after morphological opening."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 12)
    for across in (True, False):
        shape = (_LEAST_RULING, 1) if across else (1, _LEAST_RULING)
        thick = (1, 3) if across else (3, 1)
        ink_joined = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_RECT, thick))
        lines = cv2.morphologyEx(ink_joined, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, shape))
        count, _, stats, _ = cv2.connectedComponentsWithStats(lines)
        for left, top, width, height, _ in stats[1:count]:
            thickness = height if across else width
            if thickness <= 12:
                middle = (top + height / 2) if across else (left + width / 2)
                yield (
                    Ruling(float(left), middle, float(left + width), middle)
                    if across
                    else Ruling(middle, float(top), middle, float(top + height))
                )
