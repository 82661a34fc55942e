"""Paragraphs, headings and tables, in the order in which a reader adds them -> RawText."""

import re
from collections.abc import Mapping

from ingest.raw_text import Hint, RawText, TablePlace
from ingest.readers.tables import Table, write_table
from ingest.structure.numbering import begins_item
from kb.models import Span

_DEEPEST = 6  # deepest heading level of Markdown
_MAX_HEADING = 60  # characters; a longer "heading" is a paragraph set in a heading's style
_MAX_CAPTION = 40
_SPACE = " \t\u3000\xa0"
_UNIT_LINE = re.compile(r"[（(]?(?:计量|货币|金额)?单位[:：].{1,12}")
_PAGE_MARK = re.compile("\ufdd0(\\d{1,6})\ufdd1")  # noncharacters of Unicode: no file has them as text
_CAPTION = re.compile(
    r"(?:附|续)?表[ ]?[\d一二三四五六七八九十A-Z].*"
    r"|.{0,36}(?:表|目录|清单|标准|一览|名单|名录|明细|统计|指标|分工|安排|汇总|计划|台账|情况)(?:[（(][^（）()]{1,20}[）)])?"
)


def page_mark(number: int) -> str:
    """Stands in a text given to an Assembly where the page `number` begins; it is taken off there."""
    return f"\ufdd0{number}\ufdd1"


def after_marks(text: str, words: str) -> str:
    """`text` with `words` before it, behind the marks of pages that it begins with."""
    place = 0
    while mark := _PAGE_MARK.match(text, place):
        place = mark.end()
    return text[:place] + words + text[place:].lstrip()


def without_marks(text: str) -> str:
    """`text` without marks of pages."""
    return _PAGE_MARK.sub("", text)


class Assembly:
    """Builds the text of a document from its blocks. Empty paragraphs are left out."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0
        self._tables: list[TablePlace] = []
        self._captions = 0  # how many of the last lines may be the caption of a following table
        self._has_title = False
        self._heads: tuple[str, ...] = ()  # column heads of the last table
        self._pages: dict[int, int] = {}  # number of a page -> where it begins

    def paragraph(self, text: str, *, caption: bool = False) -> None:
        """Add a paragraph with its own line ends. `caption`: the file marks it as the caption of a table."""
        for marked in text.split("\n"):
            line = self._unmarked(marked.strip(_SPACE))
            if line:
                self._captions = self._captions_with(line, caption=caption)
                self._append(line)

    def heading(self, text: str, level: int) -> None:
        """Add a styled heading; level 1 is outermost and gets two # marks, because the title has one."""
        line = " ".join(without_marks(text).split())
        if len(line) > _MAX_HEADING or "。" in line:
            self.paragraph(text)
            return
        self.pages_of(text)
        if line:
            self._append("#" * min(level + 1, _DEEPEST) + " " + line)
            self._captions = 0

    def title(self, text: str) -> None:
        """Add the document's title; a second title paragraph directly after it is appended to it."""
        line = "".join(without_marks(text).split("\n")).strip()
        if not line:
            self.pages_of(text)
            return
        if self._has_title and len(self._lines) and self._lines[-1].startswith("# "):
            self._lines[-1] += line
            self._length += len(line)
        elif self._has_title or len(line) > 2 * _MAX_HEADING:
            self.paragraph(text)
        else:
            self.pages_of(text)
            self._append(f"# {line}")
            self._has_title = True
        self._captions = 0

    def table(self, table: Table) -> None:
        """Add a table; the lines right before it may be its caption.

        A table without its own head, directly after another one, continues it and gets its heads and caption.
        """
        follows = bool(self._tables) and self._tables[-1].span.end == self._length - 1
        plain, turned = _unmarked_table(table)
        written_table = write_table(plain, self._heads if follows else ())
        if not written_table.lines:
            return
        captions = self._lines[len(self._lines) - self._captions :]
        start = self._length - sum(len(line) + 1 for line in captions)
        for row, line in zip(written_table.rows, written_table.lines, strict=True):
            for marks in (marks for first, marks in turned if first <= row):
                self.pages_of(marks)
            self._append(line)
        caption = " ".join(dict.fromkeys(filter(None, (*captions, written_table.title))))
        if follows and written_table.heads == self._heads:
            caption = caption or self._tables[-1].caption
        span = Span(start=start, end=self._length - 1)
        self._tables.append(TablePlace(span=span, caption=caption))
        self._heads = written_table.heads
        self._captions = 0

    def pages_of(self, text: str) -> None:
        """Begin the pages marked in a text that is left out, or has no marks within its lines."""
        for number in _PAGE_MARK.findall(text):
            self._pages.setdefault(int(number), self._length)

    def include(self, raw: RawText) -> None:
        """Add the lines and tables of another text, such as that of an embedded workbook."""
        tables = [
            table.model_copy(
                update={
                    "span": Span(start=table.span.start + self._length, end=table.span.end + self._length)
                }
            )
            for table in raw.tables
        ]
        for line in raw.text.splitlines():
            self._append(line)
        self._tables += tables
        self._captions, self._heads = 0, ()

    def raw_text(self, hints: Mapping[Hint, str], remarks: tuple[str, ...] = ()) -> RawText:
        """The text as built so far, with the `hints` that are not empty."""
        text = "\n".join((*self._lines, ""))
        return RawText(
            text=text,
            page_starts=self._page_starts(),
            tables=tuple(self._tables),
            hints={k: v for k, v in hints.items() if v},
            remarks=remarks,
        )

    def _page_starts(self) -> tuple[int, ...]:
        """Where each page begins; one that nothing was read of begins where the next does."""
        starts: list[int] = []
        begins = self._length
        for number in range(max(self._pages, default=0), 1, -1):
            begins = min(begins, self._pages.get(number, begins))
            starts.append(begins)
        return (0, *reversed(starts)) if starts else ()

    def _unmarked(self, text: str) -> str:
        """A line without its marks, which begin pages where they stand in it."""
        parts = _PAGE_MARK.split(text)
        line = "".join(parts[::2]).strip(_SPACE)
        left = len("".join(parts[::2])) - len("".join(parts[::2]).lstrip(_SPACE))
        place = -left
        for words, number in zip(parts[::2], parts[1::2], strict=False):
            place += len(words)
            self._pages.setdefault(int(number), self._length + min(max(place, 0), len(line)))
        return line

    def _append(self, line: str) -> None:
        self._lines.append(line)
        self._length += len(line) + 1

    def _captions_with(self, line: str, *, caption: bool) -> int:
        """How many last lines, `line` included, are the caption if a table follows; a unit line counts."""
        if self._captions and is_unit_line(line):
            return self._captions + 1
        return 1 if caption or names_table(line) else 0


def _unmarked_table(table: Table) -> tuple[Table, list[tuple[int, str]]]:
    """The table without marks of pages, and for each mark the row from which on its page counts.

    A page that begins within a row counts from the next row on.
    """
    turned = [
        (number if _PAGE_MARK.match(cell.text.lstrip()) else number + 1, "".join(marks))
        for number, row in enumerate(table.rows)
        for cell in row
        if (marks := [mark[0] for mark in _PAGE_MARK.finditer(cell.text)])
    ]
    if not turned:
        return table, []
    rows = tuple(
        tuple(cell.model_copy(update={"text": without_marks(cell.text)}) for cell in row)
        for row in table.rows
    )
    return table.model_copy(update={"rows": rows}), turned


def is_unit_line(line: str) -> bool:
    """Whether `line` says in what unit the numbers of the table below it are."""
    return _UNIT_LINE.match(line) is not None


def names_table(line: str) -> bool:
    """Whether `line` is worded like the caption of a table below it."""
    return len(line) <= _MAX_CAPTION and _CAPTION.fullmatch(line) is not None and not begins_item(line)
