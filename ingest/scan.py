"""A picture of a page -> what is printed on it, read by OCR (RapidOCR: PP-OCRv6 on ONNX Runtime, offline).

The recogniser reads lines at any angle, and cells of tables each by itself. What is left to do is order: the
boxes are turned upright (a page may lie on its side or upside down, and every scan is a little askew), and the
same rules as for a text layer put them into lines, columns and tables.
"""

import math
import threading
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from ingest.layout import laid_out
from ingest.pdf_page import Picture
from ingest.printed import Glyph, Origin, PrintedPage, Ruling
from kb.errors import DocumentError

if TYPE_CHECKING:
    from rapidocr import RapidOCR

Quads = npt.NDArray[np.float64]  # [n, 4 corners from the upper left clockwise, (x, y)]

SCAN_DPI = 200  # 150 reads as well, but small print less surely; 300 takes longer and reads no better
_MAX_SIDE = 2_000  # pixels of the longer side that the detector sees
_LEAST_SCORE = 0.5  # of a line: what is read less surely is a stamp or dirt
_UPRIGHT_CROPS = 9  # lines asked whether they stand on their heads
_LONG = 5.0  # times as long as high: a line that shows how askew the page is
_LEAST_SKEW = math.radians(0.05)
_LEAST_RULING = 40  # pixels of a ruling line at SCAN_DPI
_POINTS = 72.0
_busy = threading.Lock()  # the recogniser keeps its options between calls


def read_picture(picture: Picture, dpi: float) -> PrintedPage:
    """What is printed on a page; `picture` has rows of (blue, green, red), `dpi` pixels to an inch.

    Raises:
        DocumentError: the OCR engine cannot be loaded.
    """
    engine = _engine()
    picture = np.ascontiguousarray(picture)
    with _busy:
        found = engine(picture, use_det=True, use_cls=True, use_rec=True)
        if found.boxes is None or not found.txts:
            return _empty(picture, dpi)
        quads = np.asarray(found.boxes, dtype=np.float64)
        texts, scores = tuple(found.txts), tuple(found.scores)
        picture, quads = _upright(engine, picture, quads)
    picture, quads = _straight(picture, quads)
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
def _engine() -> "RapidOCR":
    """The recogniser, its models loaded once (40 MB, a second)."""
    try:
        from rapidocr import RapidOCR  # here, because it loads ONNX Runtime
    except ImportError as error:
        raise DocumentError(
            f"没有安装文字识别组件，读不了扫描件（{error}）；请执行 pip install rapidocr onnxruntime"
        ) from error
    options = {
        "Global.log_level": "error",
        "Global.text_score": _LEAST_SCORE,
        "Global.max_side_len": _MAX_SIDE,
    }
    return RapidOCR(params=options)


def _upright(engine: "RapidOCR", picture: Picture, quads: Quads) -> tuple[Picture, Quads]:
    """Picture and boxes with the writing running from left to right, on its feet."""
    across = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    down = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    if down[down > 1.5 * across].sum() > across[across > 1.5 * down].sum():
        quads = _turned_left(quads, picture.shape[1])
        picture = np.ascontiguousarray(np.rot90(picture))
    longest = sorted(_boxes(quads), key=lambda box: box[0] - box[2])[:_UPRIGHT_CROPS]
    flipped = 0
    for left, top, right, bottom in longest:
        crop = picture[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1]
        if crop.size:
            judged = engine(np.ascontiguousarray(crop), use_det=False, use_cls=True, use_rec=False)
            flipped += judged.cls_res is not None and judged.cls_res[0][0] == "180"
    if 2 * flipped > len(longest):
        quads = np.array([picture.shape[1], picture.shape[0]]) - quads[:, [2, 3, 0, 1]]
        picture = np.ascontiguousarray(np.rot90(picture, 2))
    return picture, quads


def _turned_left(quads: Quads, width: int) -> Quads:
    """Corners after a quarter turn against the clock, the upper left one first again."""
    turned = np.stack([quads[:, :, 1], width - quads[:, :, 0]], axis=2)
    return turned[:, [1, 2, 3, 0]]


def _boxes(quads: Quads) -> Iterator[tuple[float, float, float, float]]:
    """(left, top, right, bottom) of each."""
    for quad in quads:
        yield quad[:, 0].min(), quad[:, 1].min(), quad[:, 0].max(), quad[:, 1].max()


def _straight(picture: Picture, quads: Quads) -> tuple[Picture, Quads]:
    """Picture and boxes turned so that the lines run level."""
    across = quads[:, 1] - quads[:, 0]
    lengths = np.linalg.norm(across, axis=1)
    heights = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    long = lengths > _LONG * heights
    if not long.any():
        return picture, quads
    angle = float(np.median(np.arctan2(across[long, 1], across[long, 0])))
    if abs(angle) < _LEAST_SKEW:
        return picture, quads
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), math.degrees(angle), 1.0)
    level = cv2.warpAffine(picture, turn, (width, height), borderValue=(255, 255, 255))
    return np.asarray(level, dtype=np.uint8), quads @ turn[:, :2].T + turn[:, 2]


def _glyph(text: str, quad: npt.NDArray[np.float64]) -> Glyph:
    """A line that was read, as a run of glyphs in its box."""
    left, right = quad[[0, 3], 0].mean(), quad[[1, 2], 0].mean()
    top, bottom = quad[[0, 1], 1].mean(), quad[[2, 3], 1].mean()
    return Glyph(text, float(left), float(top), float(right), float(bottom), float(bottom - top))


def _rulings(picture: Picture) -> Iterator[Ruling]:
    """Long straight lines, in pixels: what is left when everything shorter is worn away."""
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
