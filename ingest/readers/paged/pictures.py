"""Picture files of pages (PNG, JPEG, TIFF with many pages, BMP, WebP) -> running text, by OCR."""

import io
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ingest.limits import LIMITS
from ingest.pace import step
from ingest.raw_text import RawText
from ingest.readers.layout.page import PrintedPage
from ingest.readers.layout.text import raw_text_of
from kb.errors import DocumentError

PICTURE_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"RIFF")
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "MPO")
_MAX_PIXELS = 150_000_000  # of one page: A2 at 600 dpi
_MAX_SIDE = 4_000  # pixels kept: A4 at 340 dpi
_LEAST_SIDE = 20  # pixels of a picture that may hold words
_A4_INCHES = 11.69  # the longer side, for pictures that do not say how large they are
DAMAGE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    KeyError,
    IndexError,
)


def read_pictures(content: bytes) -> RawText:
    """The text of a picture file, one page for each picture in it.

    Raises:
        DocumentError: damaged, too large, or without any words.
    """
    pages = tuple(picture_pages(content))
    if not any(page.blocks for page in pages):
        raise DocumentError("这张图片里没有识别出文字；请换清楚一些的扫描件，或导入原文件")
    return raw_text_of(pages, {})


def picture_pages(content: bytes) -> Iterator[PrintedPage]:
    """The page that OCR reads from each picture of a file.

    Raises:
        DocumentError: damaged or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            count = getattr(image, "n_frames", 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DocumentError("这张图片大得不正常，没有读取；请换一份") from error
    except DAMAGE as error:
        raise DocumentError(f"这张图片已损坏或格式不认识（{error}）；请重新扫描或另存后再导入") from error
    if count > LIMITS.pages:
        raise DocumentError(f"这份图片有 {count} 页，超过上限 {LIMITS.pages} 页；请拆分后再导入")
    for frame in ImageSequence.Iterator(image):
        if frame.width * frame.height > _MAX_PIXELS:
            raise DocumentError("这张图片大得不正常，没有读取；请换一份")
        yield _page(frame)
        step()


def _page(frame: Image.Image) -> PrintedPage:
    try:
        upright = ImageOps.exif_transpose(frame).convert("RGB")
    except DAMAGE as error:
        raise DocumentError(f"这张图片已损坏，读不完整（{error}）；请重新扫描或另存后再导入") from error
    if min(upright.size) < _LEAST_SIDE:
        return PrintedPage(width=float(upright.width), height=float(upright.height))
    upright.thumbnail((_MAX_SIDE, _MAX_SIDE))
    from ingest.readers.paged.scan import read_picture  # OCR: 0.7 s and 35 MiB, for scans only

    dpi = max(upright.size) / _A4_INCHES
    return read_picture(np.asarray(upright)[:, :, ::-1], dpi)
