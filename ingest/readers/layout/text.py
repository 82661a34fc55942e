"""Printed pages -> RawText: without running headers and footers, in paragraphs, tables row by row."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from ingest.raw_text import Hint, RawText
from ingest.readers.assembly import Assembly
from ingest.readers.layout.page import Origin, PrintedPage, PrintedTable
from ingest.readers.layout.paragraphs import Paragraph, TableOnPage, paragraphs
from ingest.readers.layout.running_lines import without_running_lines
from ingest.readers.layout.table_heads import with_heads
from kb.models import PlaceDoubt

_MOST_SAMPLES = 3  # of words whose order is doubtful
Headings = Mapping[tuple[int, str], int]
_SURE = 0.9  # mean confidence of OCR; clean scans have 0.97 and more


def raw_text_of(
    pages: Sequence[PrintedPage],
    hints: Mapping[Hint, str],
    remarks: Sequence[str] = (),
    headings: Headings | None = None,
) -> RawText:
    """The text of the pages, one paragraph or table row per line, with the start of each page.

    `headings`: the words, without white space, that the file lists as headings of a page, and their level.
    """
    assembly = Assembly()
    page = 0
    pieces = with_heads(list(paragraphs(without_running_lines(pages))), pages)
    for piece in pieces:
        if isinstance(piece, Paragraph):
            page = piece.pages[0][0] if piece.pages else page
            level = (headings or {}).get((page, "".join(piece.text.split())))
            if level is None or piece.text != " ".join(piece.text.split()):
                assembly.paragraph(piece.text)
            else:
                assembly.heading(piece.text, level)
            page = piece.pages[-1][0] if piece.pages else page
        else:
            page = piece.page
            assembly.table(piece.table.table)
    raw = assembly.raw_text(hints)
    return raw.model_copy(
        update={
            "page_starts": _page_starts(raw, pieces, len(pages)),
            "place_doubts": tuple(_place_doubts(pages)),
            "remarks": (
                *remarks,
                *_remarks_on_letters(pages),
                *_remarks_on_order(pages),
                *_remarks_on_scans(pages),
            ),
        }
    )


def _place_doubts(pages: Sequence[PrintedPage]) -> Iterator[PlaceDoubt]:
    """What may be read wrongly on each page."""
    for number, page in enumerate(pages, start=1):
        if page.lost or page.doubled:
            yield PlaceDoubt(page=number, sentence=f"和文字层相比少 {page.lost} 个字、多 {page.doubled} 个字")
        for words in page.torn:
            yield PlaceDoubt(page=number, words=words, sentence="这几个字的先后和文件里的不一样")
        for block in page.blocks:
            if isinstance(block, PrintedTable) and not block.ruled:
                words = block.table.rows[0][0].text
                yield PlaceDoubt(page=number, words=words, sentence="表格没有框线，行和列是按位置认的")
        if page.unread:
            yield PlaceDoubt(page=number, sentence=f"有 {page.unread} 个字的字体没有字符表，没有读出来")
        if page.origin is Origin.SCAN and page.confidence < _SURE:
            yield PlaceDoubt(page=number, sentence=f"文字识别没有把握（置信度 {page.confidence:.0%}）")


def listed(numbers: Sequence[int]) -> str:
    """Page numbers as people write them, with ranges.

    >>> listed([1, 2, 3, 5])
    '1-3、5'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return "、".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _remarks_on_letters(pages: Sequence[PrintedPage]) -> Iterator[str]:
    """The remark on pages with characters that could not be read, if there are any."""
    numbers = [number for number, page in enumerate(pages, start=1) if page.unread]
    if numbers:
        unread = sum(page.unread for page in pages)
        yield f"第 {listed(numbers)} 页有 {unread} 个字的字体没有字符表，没有读出来；请对照原件补上。"


def _remarks_on_order(pages: Sequence[PrintedPage]) -> Iterator[str]:
    """The remarks on pages whose text layer has other characters than the text read, or another order."""
    odd = [number for number, page in enumerate(pages, start=1) if page.lost or page.doubled]
    if odd:
        lost, doubled = sum(page.lost for page in pages), sum(page.doubled for page in pages)
        counts = [f"少了 {lost} 个字"] * bool(lost) + [f"多了 {doubled} 个字"] * bool(doubled)
        yield f"第 {listed(odd)} 页读出的文字和文件里的相比{'、'.join(counts)}，请对照原件核对。"
    torn = [number for number, page in enumerate(pages, start=1) if page.torn]
    if torn:
        samples = [f"“{words}”" for page in pages for words in page.torn][:_MOST_SAMPLES]
        places = "、".join(samples)
        yield f"第 {listed(torn)} 页有文字的先后和文件里的不一样（{places}附近），请对照原件核对。"


def _remarks_on_scans(pages: Sequence[PrintedPage]) -> Iterator[str]:
    """The remarks on the pages that OCR has read, and on its confidence."""
    scans = [number for number, page in enumerate(pages, start=1) if page.origin is Origin.SCAN]
    if not scans:
        return
    mean = fmean(pages[number - 1].confidence for number in scans)
    yield f"第 {listed(scans)} 页是扫描件，由文字识别读出（平均置信度 {mean:.0%}），请对照原件核对。"
    unsure = [number for number in scans if pages[number - 1].confidence < _SURE]
    if unsure:
        yield f"第 {listed(unsure)} 页识别得没有把握（置信度低于 {_SURE:.0%}），请逐字核对。"
    blank = [number for number in scans if not pages[number - 1].blocks]
    if blank:
        yield f"第 {listed(blank)} 页没有识别出文字，可能是空白页、照片或图纸。"


def _page_starts(raw: RawText, pieces: Sequence[Paragraph | TableOnPage], count: int) -> tuple[int, ...]:
    """The offset in the text at which each page begins; an empty page begins where the next does."""
    starts: dict[int, int] = {}
    tables = iter(raw.tables)
    place = 0
    for piece in pieces:
        if isinstance(piece, TableOnPage):
            span = next(tables).span
            starts.setdefault(piece.page, max(place, span.start))
            place = span.end + 1
            continue
        start = raw.text.index(piece.text, place)
        for page, offset in piece.pages:
            begins = raw.text.rfind("\n", 0, start) + 1 if offset == 0 else start + offset
            starts.setdefault(page, begins)
        place = start + len(piece.text) + 1
    next_start = len(raw.text)
    offsets: list[int] = []
    for page in reversed(range(count)):
        next_start = min(next_start, starts.get(page, next_start))
        offsets.append(next_start)
    return tuple(reversed(offsets))
