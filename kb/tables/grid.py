"""The tables of a document as data: columns, rows and cells, each cell with its place in the text.

ingest.readers.tables writes a row as one line in which each value follows the head of its column
("事项：临时救助；补贴标准（元/月）：800"). That line is read back here, so that documents stored long ago
have their tables as well. A text counts as a head when several rows of the table have it; what stands before
the first head of a row is the group that the row belongs to.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from kb.language.normalise import canonical
from kb.language.numerals import CHINESE, in_digits
from kb.models import Model, PolicyDocument, Section, Span

_HEAD_CHARS = 60
_RARE_HEAD_CHARS = 10  # a head that only one row has (备注) is short
_MOST_CHARS = 100_000  # some 1,500 rows; a longer table is data to be published as a file
_LEAST = 2  # rows, and columns: less is no table to look something up in
_MOST_NAMES = 3  # columns that together say what a row is about
_SEGMENT = re.compile(rf"(?:^|(?<=[；;。！？]))([^：:；;。！？\n]{{1,{_HEAD_CHARS}}})[：:]", re.MULTILINE)
_RARE_HEAD = re.compile(rf"[^\W\d_、，]{{2,{_RARE_HEAD_CHARS}}}")
_BROKEN_HEAD = re.compile(r"\d{6}")
_SERIAL = re.compile(r"序号|编号|行次|no\.?|id")
_BOUND = re.compile(r"下限|上限|起点?|止|年龄|收入|面积|人数|年限|工龄|年份?|年度|月份?|距离|里程|重量|级距")
_LOWER, _UPPER = re.compile(r"下限|起|最低|最小|从|自"), re.compile(r"上限|止|最高|最大|到|至")
_TOTAL = re.compile(r"(?:合|总|小|共)计|总数|总和")
_NUMERIC = re.compile(
    r"[-+]?(?:[¥￥]\s?)?\d[\d,，]{0,20}(?:\.\d{1,8})?\s{0,2}(?:%|‰|[万亿]?元?(?:/\S{1,6})?|[个人项件次天户])?"
)
_YEAR = re.compile(r"(?:19|20)\d\d(?:年度?)?")
_UNIT = re.compile(r"[(（]([^()（）]{1,12})[)）]")
_CAPTION_UNIT = re.compile(r"(?:计量|货币|金额)?单位[:：]\s{0,4}([^\s）)；;，,]{1,10})")
_NUMBERED = re.compile(rf"[{CHINESE}]{{1,6}}(?=[级类档等期批组星孩胎岁年月天日人口元周])")

_Place = tuple[str, int]  # a head, and whether it is its first, second… column


class Column(Model):
    """A column; `head` as written, its parts from the top joined by "-"; `unit` from head or caption."""

    head: str
    unit: str = ""

    @property
    def words(self) -> str:
        """The head in plain form, without its unit."""
        return plain(_UNIT.sub("", self.head)) or plain(self.head)


class Cell(Model):
    """A value in column number `column`; `span` is its place in the document's text."""

    column: int
    text: str
    span: Span

    @property
    def plain(self) -> str:
        """The value in plain form."""
        return plain(self.text)

    @property
    def is_number(self) -> bool:
        """Whether the value is one number, perhaps with its unit."""
        return _NUMERIC.fullmatch(canonical(self.text)) is not None

    @property
    def number(self) -> float | None:
        """The value as a number; None for any other text."""
        if not self.is_number:
            return None
        digits = re.search(r"[-+]?\d[\d,]{0,20}(?:\.\d{1,8})?", canonical(self.text).replace("，", ","))
        return float(digits[0].replace(",", "")) if digits else None


class Row(Model):
    """A row; `span` covers its whole line."""

    span: Span
    cells: tuple[Cell, ...]

    def of(self, columns: Iterable[int]) -> tuple[Cell, ...]:
        """The cells of `columns` that the row has."""
        wanted = set(columns)
        return tuple(cell for cell in self.cells if cell.column in wanted)


class Table(Model):
    """A table; `names` are the columns that say what a row is about, `section` its index in the document."""

    section: int
    caption: str
    span: Span
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    names: tuple[int, ...]

    @property
    def values(self) -> tuple[int, ...]:
        """The columns that say something about what the row names."""
        return tuple(n for n in range(len(self.columns)) if n not in self.names)

    @property
    def entries(self) -> tuple[Row, ...]:
        """The rows without totals."""
        return tuple(row for row in self.rows if not self.is_total(row))

    def name_of(self, row: Row) -> str:
        """What `row` is about, in plain form."""
        return " ".join(cell.plain for cell in row.of(self.names))

    def is_total(self, row: Row) -> bool:
        """Whether `row` adds up others."""
        return any(_TOTAL.fullmatch(cell.plain.replace(" ", "")) for cell in row.of(self.names))


def plain(text: str) -> str:
    """`text` for comparing: canonical, counted things in digits (二级 is 2级, 三孩 is 3孩)."""
    return in_digits(_NUMBERED, canonical(text))


def tables_of(document: PolicyDocument) -> tuple[Table, ...]:
    """The tables of `document` in which something can be looked up; forms and lists of links are none."""
    found = (
        _read(document.text, index, section)
        for index, section in enumerate(document.sections)
        if section.table and section.span.end - section.span.start <= _MOST_CHARS
    )
    return tuple(table for table in found if table is not None)


def table_lines(text: str, span: Span) -> list[Span]:
    """The lines of `span` of `text` that are not empty."""
    ends = [match.start() for match in re.compile("\n").finditer(text, span.start, span.end)]
    places = [span.start - 1, *ends, span.end]
    lines = (Span(start=a + 1, end=b) for a, b in pairwise(places))
    return [line for line in lines if line.of(text).strip()]


def _read(text: str, index: int, section: Section) -> Table | None:
    lines = table_lines(text, section.span)
    heads = _heads([line.of(text) for line in lines])
    raw = [(line, _values(text, line, heads)) for line in lines]
    first = next((place for place, (_, values) in enumerate(raw) if values), len(raw))
    filled = [(line, values) for line, values in raw[first:] if values]
    places = _places([[place for place, _ in values] for _, values in filled])
    if len(filled) < _LEAST or len(places) < _LEAST or any(_BROKEN_HEAD.search(head) for head, _ in places):
        return None
    caption = " ".join(line.of(text).strip() for line in lines[:first]) or section.heading
    unit = _CAPTION_UNIT.search(caption)
    columns = tuple(_column(head, unit[1] if unit else "") for head, _ in places)
    rows = tuple(
        Row(
            span=line,
            cells=tuple(
                Cell(column=places.index(place), text=value.of(text), span=value) for place, value in values
            ),
        )
        for line, values in filled
    )
    return Table(
        section=index,
        caption=caption,
        span=section.span,
        columns=columns,
        rows=rows,
        names=_name_columns(columns, rows),
    )


def _column(head: str, unit: str) -> Column:
    own = _UNIT.findall(head)
    return Column(head=head, unit=own[-1] if own else unit)


def _heads(lines: Sequence[str]) -> frozenset[str]:
    """The texts before a colon that are heads of columns."""
    counts = Counter(head for line in lines for head in {match[1] for match in _SEGMENT.finditer(line)})
    several = {head for head, count in counts.items() if count > 1}
    rare = {head for head in counts if _RARE_HEAD.fullmatch(head)} if several else set()
    return frozenset(several | rare)


def _values(text: str, line: Span, heads: frozenset[str]) -> list[tuple[_Place, Span]]:
    """The values of a row with their columns; none for a line without any head."""
    marks = [match for match in _SEGMENT.finditer(line.of(text)) if match[1] in heads]
    if not marks:
        return []
    found: list[tuple[_Place, Span]] = []
    group = _trimmed(text, line.start, line.start + marks[0].start())
    if group is not None:
        found.append((("", 1), group))
    seen: Counter[str] = Counter()
    ends = [line.start + match.start() for match in marks[1:]] + [line.end]
    for match, end in zip(marks, ends, strict=True):
        head = match[1].strip()
        seen[head] += 1
        value = _trimmed(text, line.start + match.end(), end)
        if value is not None:
            found.append(((head, seen[head]), value))
    return found


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """The place of a value without the separator behind it; None for an empty one."""
    value = text[start:end]
    start += len(value) - len(value.lstrip())
    value = value.strip().rstrip("；").rstrip()
    return Span(start=start, end=start + len(value)) if value else None


def _places(rows: Sequence[Sequence[_Place]]) -> list[_Place]:
    """All columns from left to right: one that no row had before stands behind its left neighbour."""
    places: list[_Place] = []
    for row in rows:
        at = 0
        for place in row:
            if place not in places:
                places.insert(at, place)
            at = places.index(place) + 1
    return places


def _name_columns(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[int, ...]:
    """The columns from the left that tell the rows apart, without serial numbers and figures."""
    names: list[int] = []
    for number, column in enumerate(columns):
        values = [cell for row in rows for cell in row.cells if cell.column == number]
        if _is_serial(column, values):
            continue
        figures = sum(cell.is_number for cell in values) * 2 > len(values)
        bound = _BOUND.search(column.words) or all(_YEAR.fullmatch(cell.plain) for cell in values)
        if figures and not bound and names:
            break
        if figures and not bound:
            continue
        names.append(number)
        told = Counter(tuple(cell.plain for cell in row.of(names)) for row in rows)
        follows = number + 1 < len(columns) and columns[number + 1].head == column.head
        if (max(told.values()) == 1 and not follows and column.head) or len(names) == _MOST_NAMES:
            break
    last = names[-1] if names else len(columns)
    if (
        last + 1 < len(columns)
        and _LOWER.search(columns[last].words)
        and _UPPER.search(columns[last + 1].words)
    ):
        names.append(last + 1)
    return tuple(names)


def _is_serial(column: Column, values: Sequence[Cell]) -> bool:
    """Whether a column only numbers the rows."""
    numbers = [cell.number for cell in values]
    counted = len(numbers) > 1 and all(b is not None and b - (a or 0) == 1 for a, b in pairwise(numbers))
    return bool(_SERIAL.fullmatch(column.words)) or (counted and numbers[0] in (0, 1))
