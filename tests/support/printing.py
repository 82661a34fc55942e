"""PDF pages drawn by reportlab with a real font, and scans of them."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
PAGE_WIDTH, PAGE_HEIGHT = A4
LEFT, RIGHT = 80.0, 515.0
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")

needs_cjk_font = pytest.mark.skipif(
    not CJK_FONT.exists(), reason="没有中文字体，无法显示页面；请执行 scripts/system-packages"
)

Picture = npt.NDArray[np.uint8]


class Printer:
    """Draws a document page by page; heights are points from the top of the page."""

    def __init__(self, size: tuple[float, float] = A4) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self._out = io.BytesIO()
        self._height = size[1]
        self.canvas = Canvas(self._out, pagesize=size)

    def line(self, text: str, top: float, left: float = LEFT, size: float = 14) -> None:
        """Draw a line of text."""
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(left, self._height - top, text)

    def centred(self, text: str, top: float, size: float = 14) -> None:
        """Draw a line centred on the page."""
        self.canvas.setFont(FONT, size)
        self.canvas.drawCentredString(PAGE_WIDTH / 2, self._height - top, text)

    def paragraph(
        self, text: str, top: float, columns: int = 31, left: float = LEFT, size: float = 14
    ) -> float:
        """Draw a paragraph indented by two characters, `columns` characters a line; return where it ends."""
        line = "\u3000\u3000"
        for char in text:
            if pdfmetrics.stringWidth(line + char, FONT, size) > columns * size:
                self.line(line, top, left, size)
                line, top = "", top + 1.7 * size
            line += char
        self.line(line, top, left, size)
        return top + 1.7 * size

    def table(
        self, rows: Sequence[Sequence[str]], top: float, widths: Sequence[float], left: float = LEFT
    ) -> float:
        """Draw a table with ruling lines, 24 points a row; return its lower edge."""
        self.canvas.setLineWidth(0.5)
        edges = [left + sum(widths[:i]) for i in range(len(widths) + 1)]
        for i in range(len(rows) + 1):
            y = self._height - top - 24 * i
            self.canvas.line(edges[0], y, edges[-1], y)
        for x in edges:
            self.canvas.line(x, self._height - top, x, self._height - top - 24 * len(rows))
        for i, row in enumerate(rows):
            for x, text in zip(edges, row, strict=False):
                self.line(text, top + 24 * i + 16, x + 4, 10)
        return top + 24 * len(rows)

    def new_page(self) -> None:
        """End the page."""
        self.canvas.showPage()

    def finished(self) -> bytes:
        """End the last page; return the PDF."""
        self.canvas.showPage()
        self.canvas.save()
        return self._out.getvalue()


def scanned(content: bytes, dpi: int = 200, skew: float = 0.0, noise: float = 12.0) -> list[Picture]:
    """The pages as a scanner gives them: tilted by `skew` degrees, greyed, with grain and specks, as JPEG."""
    grain = np.random.default_rng(20)
    pictures = []
    with pypdfium2.PdfDocument(content) as pdf:
        for page in pdf:
            clean = np.ascontiguousarray(page.render(scale=dpi / 72).to_numpy()[:, :, :3])
            height, width = clean.shape[:2]
            turn = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
            tilted = cv2.warpAffine(clean, turn, (width, height), borderValue=(255, 255, 255))
            grey = 247 - (255 - tilted.astype(np.float32)) * 0.85
            grey += grain.normal(0, noise, (height, width))[:, :, None]
            specks = grain.integers(0, height * width, height * width // 4000)
            grey.reshape(-1, 3)[specks] = 60
            coded = cv2.imencode(".jpg", np.clip(grey, 0, 255).astype(np.uint8))[1]
            pictures.append(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8))
    return pictures


def sealed(page: Picture, words: str, centre: tuple[float, float], dpi: int = 200) -> Picture:
    """The scanned page with a 42 mm seal at `centre` (points from the upper left) in uneven ink."""
    strength = _seal(words, round(42 / 25.4 * dpi))
    strength *= np.clip(np.random.default_rng(3).normal(0.85, 0.12, strength.shape), 0, 1)
    side = len(strength)
    left, top = (round(place * dpi / 72) - side // 2 for place in centre)
    stamped = page.astype(np.float32)
    ink = np.array([60, 50, 215]) / 255  # blue, green, red
    stamped[top : top + side, left : left + side] *= 1 - strength[:, :, None] * (1 - ink)
    coded = cv2.imencode(".jpg", np.clip(stamped, 0, 255).astype(np.uint8))[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)


def _seal(words: str, side: int) -> npt.NDArray[np.float32]:
    """The ink of a seal, 0 to 1 a pixel: a rim, a star, and words from the lower left over the top."""
    big = 4 * side  # scaled down at the end, for smooth edges
    seal = Image.new("L", (big, big), 0)
    draw = ImageDraw.Draw(seal)
    draw.ellipse((0, 0, big - 1, big - 1), outline=255, width=big // 35)
    font = ImageFont.truetype(str(CJK_FONT), big // 8)
    for number, char in enumerate(words):
        angle = math.radians(-210 + 240 * number / (len(words) - 1))
        letter = Image.new("L", (big // 4, big // 4), 0)
        ImageDraw.Draw(letter).text((big // 8, big // 8), char, font=font, fill=255, anchor="mm")
        turned = letter.rotate(-math.degrees(angle) - 90)
        place = (round(big * (0.375 + 0.38 * wave(angle))) for wave in (math.cos, math.sin))
        seal.paste(255, tuple(place), turned)
    points = ((0.16 if point % 2 == 0 else 0.062, math.radians(36 * point - 90)) for point in range(10))
    draw.polygon(
        [(big * (0.5 + r * math.cos(a)), big * (0.5 + r * math.sin(a))) for r, a in points], fill=255
    )
    return np.asarray(seal.resize((side, side), Image.Resampling.LANCZOS), dtype=np.float32) / 255


def as_pdf(pictures: Sequence[Picture], dpi: int = 200) -> bytes:
    """A PDF whose pages are `pictures`."""
    pages = [Image.fromarray(picture[:, :, ::-1]) for picture in pictures]
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=dpi)
    return out.getvalue()
