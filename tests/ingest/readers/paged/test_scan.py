"""Scans: pages printed here, made into pictures with the faults of scanners, and read by OCR."""

import io
import re
import zlib

import numpy as np
import pytest
from PIL import Image
from printing import Printer, as_pdf, needs_cjk_font, scanned, sealed

from ingest.raw_text import RawText
from ingest.readers.paged.pdf import read_pdf
from ingest.readers.paged.pictures import read_pictures
from kb.errors import DocumentError

pytestmark = needs_cjk_font

TITLE = "浔阳区人民政府办公室关于做好2023年政务公开工作的通知"
PARAGRAPHS = [
    "各街道办事处，区政府各部门：",
    "一、各单位要把政务公开纳入年度工作要点，明确分管领导和承办人员，每季度通报一次，对落实不力的单位予以提醒。",
    "二、公开信息应当自形成之日起20个工作日内予以公开，法律、法规对公开期限另有规定的从其规定，不得以任何理由拖延。",
    "（一）区政务服务中心负责汇总各单位公开情况，并将结果作为年度考核的重要依据，考核结果占年度考核总分的5%。",
    "（二）区财政局应当公开本年度政府预算、决算及“三公”经费情况，公开后7日内报区政府办公室备案。",
]


@pytest.fixture(scope="module")
def notice() -> bytes:
    """A notice of one page."""
    printer = Printer()
    printer.centred(TITLE, 110, 18)
    top = 160.0
    for paragraph in PARAGRAPHS:
        top = printer.paragraph(paragraph, top)
    printer.centred("— 1 —", 800, 12)
    return printer.finished()


def accuracy(raw: RawText, expected: str) -> float:
    """1 - edit distance / length, without white space."""
    actual_text, expected_text = (re.sub(r"\s", "", text) for text in (raw.text, expected))
    row = list(range(len(actual_text) + 1))
    for i, char in enumerate(expected_text, start=1):
        row = _next_row(row, i, char, actual_text)
    return 1 - row[-1] / len(expected_text)


def _next_row(row: list[int], i: int, char: str, read: str) -> list[int]:
    following = [i]
    for j, other in enumerate(read, start=1):
        following.append(min(row[j] + 1, following[-1] + 1, row[j - 1] + (char != other)))
    return following


@pytest.mark.slow
@pytest.mark.parametrize(("dpi", "skew"), [(150, 1.5), (200, -1.5), (300, 0.7)])
def test_scan_read_at_every_resolution_and_skew(notice: bytes, dpi: int, skew: float) -> None:
    raw = read_pdf(as_pdf(scanned(notice, dpi, skew), dpi))
    expected = "\n".join([TITLE, *PARAGRAPHS])
    assert accuracy(raw, expected) >= 0.97
    assert [line[:3] for line in raw.text.splitlines()] == [line[:3] for line in expected.splitlines()]
    assert "第 1 页是扫描件" in raw.remarks[0]


ORGAN = "九江市浔阳区人民政府办公室"


@pytest.fixture(scope="module")
def signed() -> bytes:
    """A red-headed notice without a seal; its signature and date stand about 300 points down."""
    printer = Printer()
    printer.canvas.setFillColorRGB(0.85, 0.1, 0.1)
    printer.centred(f"{ORGAN}文件", 100, 26)
    printer.canvas.setFillColorRGB(0, 0, 0)
    printer.paragraph(PARAGRAPHS[1], 160)
    printer.line(ORGAN, 290, 300)
    printer.line("2023年3月15日", 314, 330)
    return printer.finished()


@pytest.mark.slow
@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_signature_and_date_are_read_through_the_seal(signed: bytes, dpi: int) -> None:
    page = sealed(scanned(signed, dpi, 0.8)[0], ORGAN, (390, 305), dpi)
    raw = read_pdf(as_pdf([page], dpi))
    assert raw.text.splitlines()[0] == f"{ORGAN}文件"
    assert raw.text.splitlines()[-2:] == [ORGAN, "2023年3月15日"]


@pytest.mark.slow
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_page_on_its_side_or_upside_down_read(notice: bytes, turns: int) -> None:
    (picture,) = scanned(notice, 150)
    raw = read_pdf(as_pdf([np.ascontiguousarray(np.rot90(picture, turns))], 150))
    assert accuracy(raw, "\n".join([TITLE, *PARAGRAPHS])) >= 0.97


@pytest.mark.slow
def test_only_the_scanned_page_is_read_by_ocr(notice: bytes) -> None:
    """A notice whose annex was scanned, with the mark of a scanning app as its text layer."""
    printer = Printer()
    printer.paragraph(PARAGRAPHS[1], 100)
    printer.new_page()
    (picture,) = scanned(notice, 150)
    image = Image.fromarray(picture[:, :, ::-1])
    printer.canvas.drawInlineImage(image, 0, 0, *printer.canvas._pagesize)
    printer.line("扫描全能王 创建", 830, 430, 9)
    raw = read_pdf(printer.finished())
    assert raw.text.startswith(PARAGRAPHS[1])
    assert accuracy(RawText(text=raw.text[raw.page_starts[1] :]), "\n".join([TITLE, *PARAGRAPHS])) >= 0.95
    assert raw.remarks[0].startswith("第 2 页是扫描件")


@pytest.mark.slow
def test_garbled_text_layer_replaced_by_ocr(notice: bytes) -> None:
    """Chinese bytes that some program wrote as Western letters, over a page that shows Chinese."""
    printer = Printer()
    (picture,) = scanned(notice, 150)
    printer.canvas.drawInlineImage(Image.fromarray(picture[:, :, ::-1]), 0, 0, *printer.canvas._pagesize)
    text = printer.canvas.beginText(80, 700)
    text.setFont("Helvetica", 12)
    text.setTextRenderMode(3)
    for paragraph in PARAGRAPHS:
        text.textLine(paragraph.encode("gb18030").decode("latin-1"))
    printer.canvas.drawText(text)
    raw = read_pdf(printer.finished())
    assert accuracy(raw, "\n".join([TITLE, *PARAGRAPHS])) >= 0.97


@pytest.mark.slow
def test_table_in_a_scan_keeps_its_rows() -> None:
    printer = Printer()
    rows = [
        ("序号", "补贴项目", "补贴标准"),
        ("1", "职业培训补贴", "每人1500元"),
        ("2", "社会保险补贴", "每人每月300元"),
    ]
    printer.centred("补贴标准一览表", 90, 18)
    printer.table(rows, 120, (80, 180, 180))
    raw = read_pdf(as_pdf(scanned(printer.finished(), 200, 0.8), 200))
    assert "补贴项目：职业培训补贴；补贴标准：每人1500元" in raw.text
    assert "补贴项目：社会保险补贴；补贴标准：每人每月300元" in raw.text


@pytest.mark.slow
def test_png_and_multipage_tiff_read(notice: bytes) -> None:
    """A PNG, and a TIFF of two pages that stay two pages."""
    (picture,) = scanned(notice, 150)
    image = Image.fromarray(picture[:, :, ::-1])
    png, tiff = io.BytesIO(), io.BytesIO()
    image.save(png, "PNG")
    image.save(tiff, "TIFF", save_all=True, append_images=[image], compression="tiff_lzw")
    expected = "\n".join([TITLE, *PARAGRAPHS])
    assert accuracy(read_pictures(png.getvalue()), expected) >= 0.97
    tiff_text = read_pictures(tiff.getvalue())
    assert len(tiff_text.page_starts) == 2


def test_picture_without_words_refused() -> None:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PNG")
    with pytest.raises(DocumentError, match="没有识别出文字"):
        read_pictures(out.getvalue())


def test_damaged_picture_refused() -> None:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 50).save(out, "PNG")
    with pytest.raises(DocumentError, match="已损坏"):
        read_pictures(out.getvalue()[:2000])


def test_picture_bomb_refused() -> None:
    """A hundred bytes that declare a picture of 3,000 million pixels."""
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    content = bytearray(out.getvalue())
    content[16:24] = (60_000).to_bytes(4, "big") + (50_000).to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    with pytest.raises(DocumentError, match="大得不正常"):
        read_pictures(bytes(content))
