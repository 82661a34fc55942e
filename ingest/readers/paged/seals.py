"""Removes the red seal (公章) that covers the date and the signature of a scanned document.

Seals of state organs are round, red and 42 to 60 mm across, seals of other bodies 45 mm at most
(国发〔1999〕25号), some of them oval. Red ink hardly darkens the red channel of a scan, black print does:
within a seal only that channel is kept. Red print elsewhere, such as the red head (红头) of a document, is
not changed.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from ingest.readers.paged.pdf_page import Picture

_MM = 1 / 25.4  # inches
_LEAST_SIDE, _MOST_SIDE = 28.0, 66.0  # mm of a seal's bounding box; parts of its rim may be missing
_MOST_OBLONG = 1.6  # an oval seal of 45 mm by 30 mm is 1.5
_RED = 40  # by how much red is brighter than green and blue where there is red ink
_GAP = 1.5  # mm between parts of one seal: rim, characters, star
_ROUND = (0.8, 1.15)  # area of the hull divided by that of the ellipse in the same box; a full box has 1.27
_MARGIN = 1.0  # mm around the seal, where its ink has run


def without_seals(picture: Picture, dpi: float) -> Picture:
    """The picture (rows of (blue, green, red), `dpi` pixels per inch) without seals."""
    pixels = dpi * _MM
    red = _red_ink(picture)
    cleaned: Picture | None = None
    for left, top, width, height in _seals(red, pixels):
        margin = round(_MARGIN * pixels)
        rows = slice(max(0, top - margin), top + height + margin)
        columns = slice(max(0, left - margin), left + width + margin)
        cleaned = picture.copy() if cleaned is None else cleaned
        cleaned[rows, columns] = _lifted(picture[rows, columns], red[rows, columns])
    return picture if cleaned is None else cleaned


def _red_ink(picture: Picture) -> npt.NDArray[np.bool_]:
    """Mask of the red ink, shape [rows, columns]."""
    blue, green, red = (picture[:, :, channel].astype(np.int16) for channel in range(3))
    ink: npt.NDArray[np.bool_] = red - np.maximum(blue, green) > _RED
    return ink


def _seals(red: npt.NDArray[np.bool_], pixels: float) -> Iterator[tuple[int, int, int, int]]:
    """(left, top, width, height) of each round area of red ink; `pixels` per millimetre."""
    reach = round(_GAP * pixels) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    joined = cv2.morphologyEx(red.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        short, long = sorted((width, height))
        if short < _LEAST_SIDE * pixels or long > _MOST_SIDE * pixels or long > _MOST_OBLONG * short:
            continue
        filled = cv2.contourArea(cv2.convexHull(outline)) / (np.pi / 4 * width * height)
        if _ROUND[0] <= filled <= _ROUND[1]:
            yield left, top, width, height


def _lifted(part: Picture, red: npt.NDArray[np.bool_]) -> Picture:
    """The red channel as a grey picture in which red ink is as bright as paper."""
    channel = part[:, :, 2].astype(np.float32)
    ink = float(np.median(channel[red]))
    grey = np.clip(channel * (255.0 / ink), 0, 255).astype(np.uint8)
    lifted: Picture = np.repeat(grey[:, :, None], 3, axis=2)
    return lifted
