"""Red seals are removed from a scanned page; everything else on it stays."""

import cv2
import numpy as np
from printing import Picture, Printer, needs_cjk_font, scanned, sealed

from ingest.readers.paged.seals import without_seals

pytestmark = needs_cjk_font

DPI = 150
ORGAN = "九江市浔阳区人民政府办公室"


def notice(*, red_head: bool = True) -> Picture:
    """A scanned page with a black date and, with `red_head`, a red head."""
    printer = Printer()
    if red_head:
        printer.canvas.setFillColorRGB(0.85, 0.1, 0.1)
        for row, organ in enumerate(("浔阳区财政局", "浔阳区教育局", "浔阳区民政局")):
            printer.centred(organ, 90 + 40 * row, 34)
        printer.canvas.setFillColorRGB(0, 0, 0)
    printer.line("2023年3月15日", 314, 330)
    (page,) = scanned(printer.finished(), DPI)
    return page


def red_dots(page: Picture) -> int:
    """The number of clearly red pixels."""
    blue, green, red = (page[:, :, channel].astype(int) for channel in range(3))
    return int((red - np.maximum(blue, green) > 60).sum())


def dark_dots(page: Picture) -> int:
    """The number of pixels as dark as print."""
    return int((cv2.cvtColor(page, cv2.COLOR_BGR2GRAY) < 100).sum())


def test_seal_removed_and_print_below_it_kept() -> None:
    page = notice(red_head=False)
    cleaned = without_seals(sealed(page, ORGAN, (370, 310), DPI), DPI)
    assert red_dots(cleaned) == 0
    assert 0.8 * dark_dots(page) < dark_dots(cleaned) < 1.1 * dark_dots(page)


def test_red_head_of_three_organs_stays_red() -> None:
    page = notice()
    assert red_dots(page) > 5_000
    assert without_seals(page, DPI) is page
    stamped = sealed(page, ORGAN, (370, 310), DPI)
    cleaned = without_seals(stamped, DPI)
    head = slice(0, int(240 / 72 * DPI))
    assert np.array_equal(cleaned[head], stamped[head])
    assert not np.array_equal(cleaned, stamped)


def test_two_seals_side_by_side_removed() -> None:
    page = notice(red_head=False)
    both = sealed(sealed(page, ORGAN, (200, 310), DPI), "九江市浔阳区财政局", (370, 310), DPI)
    assert red_dots(without_seals(both, DPI)) == 0


def test_oval_seal_of_company_removed() -> None:
    page = notice(red_head=False)
    middle = (int(370 / 72 * DPI), int(310 / 72 * DPI))
    oval = (int(22.5 / 25.4 * DPI), int(15 / 25.4 * DPI))
    stamped = np.ascontiguousarray(page)
    cv2.ellipse(stamped, middle, oval, 0, 0, 360, (70, 60, 215), 5)
    assert red_dots(stamped) > 1_000
    assert red_dots(without_seals(stamped, DPI)) == 0
