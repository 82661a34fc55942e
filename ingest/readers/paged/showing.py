"""A page of a PDF, an OFD or a scan as people see it, beside which staff check what was read of it.

    python -m ingest.readers.paged.showing MEMORY PAGE < FILE > PICTURE

It runs in a process of its own (kb.files.limited_process). PDFs and scans become PNG; a page of an OFD is
drawn as SVG, each character and picture at the place that the file gives it, because no library here renders
OFD.
"""

import base64
import html
import io
import sys
from collections.abc import Iterator, Mapping
from itertools import islice

import pypdfium2
from PIL import Image, ImageOps, ImageSequence
from pypdfium2 import PdfiumError

from ingest.readers.layout.page import Glyph, Ruling
from ingest.readers.paged.ofd import page_objects_of
from ingest.readers.paged.ofd_page import PageObjects, Picture
from ingest.readers.paged.pdf_page import PDFIUM, rendered
from ingest.readers.paged.pictures import DAMAGE, FORMATS, PICTURE_MAGIC
from kb.errors import DocumentError
from kb.files.limited_process import confine

_DPI = 96
_MOST_PIXELS = 60_000_000  # of a scan that is shown
_SIDE = 1_400  # pixels of a scan as shown
_MOST_PICTURES = 60  # of a page drawn


def page_picture(content: bytes, page: int) -> bytes:
    """The picture of page `page` (from 1): PNG or SVG.

    Raises:
        DocumentError: there is no such page, or it cannot be shown.
    """
    try:
        if content.startswith(b"PK"):
            return _drawn(content, page)
        if content.startswith(PICTURE_MAGIC):
            return _png(_frame(content, page))
        with PDFIUM:
            pixels = rendered(pypdfium2.PdfDocument(content)[page - 1], _DPI)
        return _png(Image.fromarray(pixels[:, :, ::-1]))
    except (PdfiumError, IndexError, Image.DecompressionBombError, *DAMAGE) as error:
        raise DocumentError("这一页显示不出来") from error


def _frame(content: bytes, page: int) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    frame = next(islice(ImageSequence.Iterator(image), page - 1, None), None)
    if frame is None or frame.width * frame.height > _MOST_PIXELS:
        raise DocumentError("这一页显示不出来")
    coloured = ImageOps.exif_transpose(frame).convert("RGBA")
    coloured.thumbnail((_SIDE, _SIDE))
    shown = Image.new("RGB", coloured.size, "white")  # what is transparent shows the paper
    shown.paste(coloured, mask=coloured.getchannel("A"))
    return shown


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.convert("L").save(buffer, "PNG")
    return buffer.getvalue()


def _drawn(content: bytes, page: int) -> bytes:
    objects, files = page_objects_of(content, page)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {objects.width:.0f} {objects.height:.0f}" '
        f'width="{objects.width:.0f}" height="{objects.height:.0f}" font-family="serif">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        *_images(objects, files),
        *map(_line, objects.rulings),
        *map(_letter, objects.glyphs),
        "</svg>",
    ]
    return "".join(parts).encode()


def _images(objects: PageObjects, files: Mapping[str, bytes]) -> Iterator[str]:
    """The first pictures of the page; one that is placed often is written anew once."""
    written: dict[str, str] = {}
    for picture in objects.pictures[:_MOST_PICTURES]:
        name = picture.resource
        if name not in written:
            written[name] = _as_png(files[name], objects.turn)
        if written[name]:
            yield _image(picture, written[name])


def _as_png(content: bytes, turn: int) -> str:
    """A picture written anew by Pillow, in base64; "" for one that cannot be opened."""
    try:
        frame = _frame(content, 1)
    except (DocumentError, Image.DecompressionBombError, *DAMAGE):
        return ""
    return base64.b64encode(_png(frame.rotate(-90 * turn, expand=True))).decode()


def _image(picture: Picture, data: str) -> str:
    left, top, right, bottom = picture.box
    return (
        f'<image x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
        f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    )


def _letter(glyph: Glyph) -> str:
    base = glyph.bottom - 0.12 * (glyph.bottom - glyph.top)
    words = html.escape("".join(char for char in glyph.text if char.isprintable()))
    return f'<text x="{glyph.left:.1f}" y="{base:.1f}" font-size="{glyph.size:.1f}">{words}</text>'


def _line(ruling: Ruling) -> str:
    return (
        f'<line x1="{ruling.left:.1f}" y1="{ruling.top:.1f}" '
        f'x2="{ruling.right:.1f}" y2="{ruling.bottom:.1f}" stroke="#444" stroke-width=".6"/>'
    )


def main(memory: int, page: int) -> None:
    """Write the picture of a page of the file on standard input; nothing where it cannot be shown."""
    confine(memory)
    try:
        sys.stdout.buffer.write(page_picture(sys.stdin.buffer.read(), page))
    except DocumentError:
        return


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
