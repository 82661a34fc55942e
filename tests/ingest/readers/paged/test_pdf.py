"""ingest.readers.paged.pdf on PDFs that reportlab and pypdf write here."""

import io
from collections.abc import Sequence
from contextlib import suppress
from contextvars import copy_context

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest import pace
from ingest.limits import Limits
from ingest.readers.paged import pdf as pdf_module
from ingest.readers.paged.pdf import read_pdf
from kb.errors import DocumentError

COLUMNS = 30  # Chinese characters a line
LINES = 18  # lines a page

ARTICLES = [
    f"第{n}条 区政府各部门应当按照本规定的要求，及时、准确、完整地公开与公民、法人和其他组织切身利益有关的"
    f"第{n}类政府信息，并在政府门户网站开设专栏集中展示，接受社会监督。"
    for n in [
        "一",
        "二",
        "三",
        "四",
        "五",
        "六",
        "七",
        "八",
        "九",
        "十",
        "十一",
        "十二",
        "十三",
        "十四",
        "十五",
    ]
]


def wrap(paragraph: str) -> list[str]:
    """Lines of a paragraph with two characters of indentation, full to the last column."""
    text = "\u3000\u3000" + paragraph
    return [text[i : i + COLUMNS] for i in range(0, len(text), COLUMNS)]


def make_pdf(lines: Sequence[str], header: str = "", numbered: str = "") -> bytes:
    """A PDF with the given printed lines; `numbered` is the page number's form, e.g. "- {} -"."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for page, first in enumerate(range(0, max(1, len(lines)), LINES), start=1):
        canvas.setFont("STSong-Light", 14)
        if header:
            canvas.drawString(80, 800, header)
        for row, line in enumerate(lines[first : first + LINES]):
            canvas.drawString(80, 760 - row * 36, line)
        if numbered:
            canvas.drawString(280, 40, numbered.format(page))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.fixture(scope="module")
def regulation() -> bytes:
    lines = ["某区政府信息公开规定", *(line for article in ARTICLES for line in wrap(article))]
    return make_pdf(lines, header="某区人民政府规范性文件汇编", numbered="- {} -")


def test_broken_lines_joined_into_paragraphs(regulation: bytes) -> None:
    assert read_pdf(regulation).text.splitlines() == ["某区政府信息公开规定", *ARTICLES]


def test_page_starts_match_printed_pages(regulation: bytes) -> None:
    raw = read_pdf(regulation)
    printed = ["某区政府信息公开规定", *(line for article in ARTICLES for line in wrap(article))]
    firsts = [printed[i].strip() for i in range(0, len(printed), LINES)]
    assert len(raw.page_starts) == len(firsts) == 3
    assert all(
        raw.text[start:].startswith(first) for start, first in zip(raw.page_starts, firsts, strict=True)
    )


@pytest.mark.parametrize("form", ["{}", "- {} -", "— {} —", "第{}页", "第 {} 页 共 3 页", "{}/3"])
def test_page_numbers_removed(form: str) -> None:
    lines = [line for article in ARTICLES for line in wrap(article)]
    assert read_pdf(make_pdf(lines, numbered=form)).text.splitlines() == ARTICLES


def test_header_of_two_pages_removed() -> None:
    lines = [line for article in ARTICLES[:8] for line in wrap(article)]
    assert read_pdf(make_pdf(lines, header="某区人民政府文件")).text.splitlines() == ARTICLES[:8]


def test_number_of_single_page_removed() -> None:
    assert read_pdf(make_pdf(["一、做好政务公开工作。"], numbered="{}")).text == "一、做好政务公开工作。\n"


def test_item_numbers_always_begin_a_line() -> None:
    full = "区政府各部门应当按照要求做好信息公开工作并接受社会各界监督指导"[:COLUMNS]
    numbers = ["第二条 甲", "一、乙", "（二）丙", "1.丁"]
    lines = [line for number in numbers for line in (full, number)]
    text = read_pdf(make_pdf(lines)).text
    assert all("\n" + number in text for number in numbers)


def test_information_box_keeps_its_lines() -> None:
    lines = [
        "（2010年10月28日某市第十七届人民代表大会常务委员会第三次会议通过）"[:COLUMNS],
        "发文机关：某市人大常委会",
        "施行日期：2011年7月1日",
    ]
    assert read_pdf(make_pdf(lines)).text.splitlines()[1:] == lines[1:]


def encrypted(content: bytes, user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pdf_with_password_refused(regulation: bytes) -> None:
    with pytest.raises(DocumentError, match="有密码"):
        read_pdf(encrypted(regulation, "secret"))


def test_pdf_with_empty_password_read(regulation: bytes) -> None:
    assert read_pdf(encrypted(regulation, "")) == read_pdf(regulation)


def test_blank_pdf_refused() -> None:
    with pytest.raises(DocumentError, match="没有文字，也没有可以识别的扫描页"):
        read_pdf(make_pdf([]))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_cut_off_file_read_or_refused_with_reason(regulation: bytes, share: float) -> None:
    """Either the rest of the file is read, or the refusal gives a reason."""
    try:
        raw = read_pdf(regulation[: int(len(regulation) * share)])
    except DocumentError as error:
        assert "损坏" in str(error) or "没有文字" in str(error)
    else:
        assert "第一条" in raw.text


def test_damaged_file_raises_only_document_error(regulation: bytes) -> None:
    for place in range(0, len(regulation), 97):
        damaged = bytearray(regulation)
        damaged[place : place + 40] = b"\0" * len(damaged[place : place + 40])
        with suppress(DocumentError):
            read_pdf(bytes(damaged))


def test_each_page_reported_as_step(regulation: bytes) -> None:
    steps: list[None] = []
    copy_context().run(lambda: (pace.watch(lambda: steps.append(None)), read_pdf(regulation)))
    assert len(steps) == 3


def test_too_many_pages_refused(regulation: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_module, "LIMITS", Limits(pages=2))
    with pytest.raises(DocumentError, match="3 页，超过上限 2 页"):
        read_pdf(regulation)


def test_too_much_text_refused(regulation: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_module, "LIMITS", Limits(text_chars=100))
    with pytest.raises(DocumentError, match="超过 100 字"):
        read_pdf(regulation)
