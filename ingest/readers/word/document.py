"""A Word file (DOCX, DOCM, and what WPS saves as such) -> text with its numbers, headings and tables.

The text is what a reader of the file sees (ingest.readers.word.text, ingest.readers.word.numbering). Headings
are recognised by style or outline level; running headers, footers, comments and the table of contents are
left out, a red head in the header of the first page is the beginning of the text. Pages are those of the last
rendering, where the program that saved the file noted them.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import islice

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.opc.package import OpcPackage
from docx.opc.part import Part
from lxml import etree

from ingest.raw_text import Hint, RawText
from ingest.readers.assembly import Assembly, after_marks, without_marks
from ingest.readers.tables import Cell, Table, is_layout, write_table
from ingest.readers.word.around import first_header, head_words, number_pages, part_of, remarks_on
from ingest.readers.word.blocks import blocks, cells, merge, rows, span
from ingest.readers.word.numbering import Numbering
from ingest.readers.word.objects import Objects
from ingest.readers.word.styles import BODY_LEVEL, Style, numbering_styles, read_styles
from ingest.readers.word.text import WordRuns, read_words
from ingest.readers.word.xml import Element, attribute, child_value, is_on, local_name, number_of, parsed, w
from kb.errors import DocumentError

_CONTENTS_STYLE = re.compile(r"toc(?: ?\d| heading)|目录 ?\d", re.IGNORECASE)
_TITLE_STYLES = ("title", "标题", "文档标题")
_CAPTION_STYLES = ("caption", "题注")
_MOST_BEGINNING = 100  # runs of the text in which a red head stands that a header repeats
_UNTITLED = re.compile(
    r"(?:microsoft )?word ?(?:文档|document)?|文档\s*\d*|document\s*\d*|untitled.*|无标题.*", re.IGNORECASE
)
# Exceptions of python-docx on damaged packages; each was seen on a file cut off or overwritten.
_DAMAGE = (
    OpcError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    KeyError,
    ValueError,
    AttributeError,
    TypeError,
    etree.LxmlError,
    OSError,
    NotImplementedError,
)


def read_word(content: bytes) -> RawText:
    """The text of a Word file, one paragraph a line.

    Raises:
        DocumentError: damaged, or not a Word file.
    """
    try:
        package = OpcPackage.open(io.BytesIO(content))
        main = package.main_document_part
        root = parsed(main.blob)
        hints = _hints(package)
    except _DAMAGE as error:
        raise DocumentError(
            f"这份 Word 文件已损坏，读不出来（{type(error).__name__}: {error}）；"
            "请用 Word 或 WPS 打开后另存一份再导入"
        ) from error
    body = root.find(w("body"))
    if body is None:
        raise DocumentError("这份 Word 文件里没有正文；请用 Word 或 WPS 打开后另存一份再导入")
    number_pages(package.iter_parts(), body)
    reader = _Reader(main)
    reader.read_head(first_header(main, body), body)
    reader.read(body)
    return reader.assembly.raw_text(hints, (*remarks_on(main, body), *reader.objects.remarks()))


def _hints(package: OpcPackage) -> dict[Hint, str]:
    """The title in the core properties, unless it is a placeholder that a template left there."""
    title = (package.core_properties.title or "").strip()
    return {} if _UNTITLED.fullmatch(title) else {"title": title}


class _Reader:
    """Reads one document in reading order into `assembly`."""

    def __init__(self, main: Part) -> None:
        styles = part_of(main, RELATIONSHIP_TYPE.STYLES)
        self._styles = {} if styles is None else read_styles(styles)
        by_style = {} if styles is None else numbering_styles(styles)
        self._numbering = Numbering(part_of(main, RELATIONSHIP_TYPE.NUMBERING), by_style)
        self._notes = {
            (kind, attribute(note, "id")): note
            for kind, relation in (
                ("footnote", RELATIONSHIP_TYPE.FOOTNOTES),
                ("endnote", RELATIONSHIP_TYPE.ENDNOTES),
            )
            if (part := part_of(main, relation)) is not None
            for note in part.iterchildren(w(kind))
        }
        self._note_count = 0
        self._held = ""  # text whose paragraph mark was deleted under track changes
        self.assembly = Assembly()
        self.objects = Objects(main)

    def read_head(self, header: Element | None, body: Element) -> None:
        """Read the red head in the header of the first page, unless the text itself begins with it."""
        lines = [] if header is None else [head_words(line) for line in self._lines(header)]
        begins = "".join(run.text or "" for run in islice(body.iter(w("t")), _MOST_BEGINNING))
        for line in dict.fromkeys(filter(None, lines)):
            if "".join(line.split()) not in "".join(begins.split()):
                self.assembly.paragraph(line)

    def _lines(self, container: Element) -> Iterator[str]:
        """The lines of a header or a text box, also of the text boxes and WordArt in it."""
        for paragraph in container.iter(w("p")):
            if not any(local_name(parent) == "Fallback" for parent in paragraph.iterancestors()):
                words = read_words(paragraph)
                yield from (*words.art, *words.text.split("\n"))

    def read(self, container: Element) -> None:
        """Read every block of a body, a cell or a text box."""
        for block in blocks(container):
            if local_name(block) == "tbl":
                self._table(block)
            else:
                self._paragraph(block)

    def _paragraph(self, paragraph: Element) -> None:
        style = self._styles.get(child_value(paragraph.find(w("pPr")), "pStyle"), Style())
        if _CONTENTS_STYLE.fullmatch(style.name):
            self.assembly.pages_of(read_words(paragraph).text)
            return
        words = read_words(paragraph)
        text = self._numbered(paragraph, style, words)
        if text is None:
            return
        heads = self._heads_in(words)
        level = self._heading_level(paragraph, style)
        if style.name in _TITLE_STYLES:
            self.assembly.title(text)
        elif level is not None:
            self.assembly.heading(text, level)
        else:
            self.assembly.paragraph(text, caption=style.name in _CAPTION_STYLES)
        for box in words.boxes:
            if box not in heads:
                self.read(box)
        for raw in self._embedded(words):
            self.assembly.include(raw)
        for line in self._note_lines(words):
            self.assembly.paragraph(line)

    def _heads_in(self, words: WordRuns) -> list[Element]:
        """Read a red head drawn as WordArt or in text boxes before its paragraph; give these boxes."""
        for line in filter(None, map(head_words, words.art)):
            self.assembly.paragraph(line)
        heads = [box for box in words.boxes if any(map(head_words, self._lines(box)))]
        for box in heads:
            self.read(box)
        return heads

    def _embedded(self, words: WordRuns) -> list[RawText]:
        """The texts of the objects embedded in a paragraph."""
        return [raw for element in words.objects if (raw := self.objects.text_of(element)) is not None]

    def _numbered(
        self, paragraph: Element, style: Style, words: WordRuns, *, alone: bool = False
    ) -> str | None:
        """The text after its generated number; None when the paragraph is joined to the next one.

        `alone`: keep a number without text after it, as in the first column of a table.
        """
        properties = paragraph.find(w("pPr"))
        text = self._held + words.text
        if is_on(None if properties is None else properties.find(w("rPr")), "del"):
            self._held = text
            return None
        self._held = ""
        number = self._number(properties, style)
        return after_marks(text, number) if number and (alone or without_marks(text).strip()) else text

    def _number(self, properties: Element | None, style: Style) -> str:
        direct = None if properties is None else properties.find(w("numPr"))
        instance = child_value(direct, "numId") or style.instance
        if not instance or instance == "0":
            return ""
        level = child_value(direct, "ilvl")
        if level:
            return self._numbering.next(instance, number_of(level, 0))
        own = style.level if style.level is not None else 0
        if not child_value(direct, "numId"):
            own = max(own, self._numbering.level_of_style(instance, child_value(properties, "pStyle")))
        return self._numbering.next(instance, own)

    def _heading_level(self, paragraph: Element, style: Style) -> int | None:
        direct = child_value(paragraph.find(w("pPr")), "outlineLvl")
        outline = number_of(direct, BODY_LEVEL) if direct else style.outline
        return None if outline is None or outline >= BODY_LEVEL else outline + 1

    def _note_lines(self, words: WordRuns) -> Iterator[str]:
        for key in words.notes:
            note = self._notes.get(key)
            text = " ".join(read_words(p).text.strip() for p in note.iter(w("p"))) if note is not None else ""
            if text.strip():
                self._note_count += 1
                yield f"注{self._note_count}：{text.strip()}"

    def _table(self, element: Element) -> None:
        row_elements = list(rows(element))
        columns = max((sum(span(cell) for cell in cells(row)) for row in row_elements), default=0)
        if columns == 1:
            for row in row_elements:
                for cell in cells(row):
                    self.read(cell)
            return
        table = self._read_table(row_elements)
        if is_layout(table):
            for line in (cell.text for table_row in table.rows for cell in table_row):
                self.assembly.paragraph(line)
        else:
            self.assembly.table(table)

    def _read_table(self, found: list[Element]) -> Table:
        """The row elements `found` as a Table; a cell merged downwards absorbs the cells that continue it."""
        table_rows: list[list[Cell]] = []
        open_cells: dict[int, tuple[int, int]] = {}  # column -> (row, index in it) of a cell merged downwards
        for index, row in enumerate(found):
            column = number_of(child_value(row.find(w("trPr")), "gridBefore"), 0)
            row_cells = [Cell(text="", columns=column)] if column else []
            for element in cells(row):
                merged = merge(element)
                above = open_cells.get(column)
                if merged == "continue" and above is not None:
                    first = table_rows[above[0]][above[1]]
                    table_rows[above[0]][above[1]] = first.model_copy(update={"rows": index - above[0] + 1})
                else:
                    open_cells.pop(column, None)
                    if merged == "restart":
                        open_cells[column] = (index, len(row_cells))
                    row_cells.append(Cell(text=self._cell_text(element), columns=span(element)))
                column += span(element)
            table_rows.append(row_cells)
        head_count = 0
        while head_count < len(found) and is_on(found[head_count].find(w("trPr")), "tblHeader"):
            head_count += 1
        return Table(rows=tuple(map(tuple, table_rows)), header_rows=head_count or None)

    def _cell_text(self, cell: Element) -> str:
        lines: list[str] = []
        for block in blocks(cell):
            if local_name(block) == "tbl":
                lines.extend(write_table(self._read_table(list(rows(block)))).lines)
                continue
            style = self._styles.get(child_value(block.find(w("pPr")), "pStyle"), Style())
            words = read_words(block)
            text = self._numbered(block, style, words, alone=True)
            lines.extend(filter(None, (text, *self._note_lines(words))))
            lines.extend(self._cell_text(box) for box in words.boxes)
            lines.extend(raw.text for raw in self._embedded(words))
        return "\n".join(lines)
