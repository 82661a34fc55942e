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
_UNIT_LINE = re.compile(r"[（(]?(?:计量|货币|金额)?单位[:：].{1,12}")
_CAPTION = re.compile(
    r"(?:附|续)?表[ ]?[\d一二三四五六七八九十A-Z].*"
    r"|.{0,36}(?:表|目录|清单|标准|一览|名单|名录|明细|统计|指标|分工|安排|汇总|计划|台账|情况)(?:[（(][^（）()]{1,20}[）)])?"
)


class Assembly:
    """Builds the text of a document from its blocks. Empty paragraphs are left out."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0
        self._tables: list[TablePlace] = []
        self._captions = 0  # how many of the last lines may be the caption of a following table
        self._has_title = False
        self._heads: tuple[str, ...] = ()  # column heads of the last table

    def paragraph(self, text: str, *, caption: bool = False) -> None:
        """Add a paragraph with its own line ends. `caption`: the file marks it as the caption of a table."""
        lines = [line.strip(" \t\u3000\xa0") for line in text.split("\n")]
        for line in filter(None, lines):
            self._captions = self._captions_with(line, caption=caption)
            self._append(line)

    def heading(self, text: str, level: int) -> None:
        """Add a styled heading; level 1 is outermost and gets two # marks, because the title has one."""
        line = " ".join(text.split())
        if len(line) > _MAX_HEADING or "。" in line:
            self.paragraph(text)
        elif line:
            self._append("#" * min(level + 1, _DEEPEST) + " " + line)
            self._captions = 0

    def title(self, text: str) -> None:
        """Add the document's title; a second title paragraph directly after it is appended to it."""
        line = "".join(text.split("\n")).strip()
        if not line:
            return
        if self._has_title and len(self._lines) and self._lines[-1].startswith("# "):
            self._lines[-1] += line
            self._length += len(line)
        elif self._has_title or len(line) > 2 * _MAX_HEADING:
            self.paragraph(text)
        else:
            self._append(f"# {line}")
            self._has_title = True
        self._captions = 0

    def table(self, table: Table) -> None:
        """Add a table; the lines right before it may be its caption.

        A table without its own head, directly after another one, continues it and gets its heads and caption.
        """
        follows = bool(self._tables) and self._tables[-1].span.end == self._length - 1
        written_table = write_table(table, self._heads if follows else ())
        if not written_table.lines:
            return
        captions = self._lines[len(self._lines) - self._captions :]
        start = self._length - sum(len(line) + 1 for line in captions)
        for line in written_table.lines:
            self._append(line)
        caption = " ".join(dict.fromkeys(filter(None, (*captions, written_table.title))))
        if follows and written_table.heads == self._heads:
            caption = caption or self._tables[-1].caption
        span = Span(start=start, end=self._length - 1)
        self._tables.append(TablePlace(span=span, caption=caption))
        self._heads = written_table.heads
        self._captions = 0

    def raw_text(self, hints: Mapping[Hint, str], remarks: tuple[str, ...] = ()) -> RawText:
        """The text as built so far, with the `hints` that are not empty."""
        text = "\n".join((*self._lines, ""))
        return RawText(
            text=text,
            tables=tuple(self._tables),
            hints={k: v for k, v in hints.items() if v},
            remarks=remarks,
        )

    def _append(self, line: str) -> None:
        self._lines.append(line)
        self._length += len(line) + 1

    def _captions_with(self, line: str, *, caption: bool) -> int:
        """How many last lines, `line` included, are the caption if a table follows; a unit line counts."""
        if self._captions and _UNIT_LINE.match(line):
            return self._captions + 1
        return 1 if caption or names_table(line) else 0


def names_table(line: str) -> bool:
    """Whether `line` is worded like the caption of a table below it."""
    return len(line) <= _MAX_CAPTION and _CAPTION.fullmatch(line) is not None and not begins_item(line)
