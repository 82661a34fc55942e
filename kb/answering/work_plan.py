"""The measures (举措) of work plans as rows: what is to be done, who leads, who carries it out, the deadline.

Rows are made from chunks, which carry the units of their measure (ingest.structure.chunks); nothing is stored
twice. A long measure spans several chunks that share its unit bracket; it is one row. An item that names no
units (强化组织领导) is a row of the whole plan's ledger only (`unassigned`): no unit in particular has it.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date

from kb.hits import Chunk
from kb.language.normalise import canonical
from kb.language.numerals import NUMERAL, number_value
from kb.models import Model, Span

_STOPS = " \t\n\u3000\xa0,，、;；"
_MONTH = rf"(?:1[0-2]|[1-9]|{NUMERAL})月"
_PART = "(?:底|末|初|上旬|中旬|下旬|月底)"
_YEAR = r"(?:(?:19|20)\d\d年|[一二][〇零一二三四五六七八九]{3}年|今年|明年|本年度?|当年)"
_WHEN = (
    rf"(?:{_YEAR}(?:{_MONTH}(?:\d{{1,2}}日|{_PART})?|年?{_PART}|第?[一二三四1-4]季度末?|[上下]半年)?"
    rf"|{_MONTH}(?:\d{{1,2}}日|{_PART})?|年底|年末|年终|月底|季度末|第?[一二三四1-4]季度末?|[上下]半年)"
)
_DUE = re.compile(rf"{_WHEN}(?:之前|以前|前)|{_YEAR}内|(?<![\d一二三四五六七八九十两几多近])年内")
_LABELLED = re.compile(
    r"(?:完成|办结|办理|整改)?(?:时限|时间|期限|时间节点)\s*[:：]\s*(?P<due>[^;；。)）\]】〕\n]{2,30})"
)
_KEEPS = re.compile(r"(?:长期坚持|持续推进|常年坚持|每(?:季度|半年|年|月|周)(?:[一二两三\d]次)?)$")
COLLECTIVE = re.compile(r"各|全体|所有|有关|相关|单位$|部门$")


class Measure(Model):
    """One row of a work plan's ledger (工作任务台账).

    `task` is the heading path above it, `words` what is to be done, `deadline` as the plan says it (""
    for none), `span` the measure with its unit bracket in the document.
    """

    document_id: str
    document_title: str
    task: tuple[str, ...]
    words: str
    lead: tuple[str, ...]
    responsible: tuple[str, ...]
    deadline: str
    span: Span
    page: int | None
    chunk_id: str

    @property
    def units(self) -> tuple[str, ...]:
        """All units that are named, lead units first."""
        return tuple(dict.fromkeys((*self.lead, *self.responsible)))


def measures(chunks: Iterable[Chunk]) -> list[Measure]:
    """The measures in `chunks` (in reading order, of any documents) that name units."""
    by_bracket: dict[tuple[str, int, int], list[Chunk]] = {}
    for chunk in chunks:
        if chunk.units_span is not None and (chunk.lead_units or chunk.responsible_units):
            key = (chunk.document_id, chunk.units_span.start, chunk.units_span.end)
            by_bracket.setdefault(key, []).append(chunk)
    return [_measure(pieces) for pieces in by_bracket.values()]


def unassigned(chunks: Iterable[Chunk], rows: Sequence[Measure]) -> list[Measure]:
    """Rows for the items of one document that name no units; `rows` are the document's other measures.

    An item has a heading as deep as those of `rows`, with none of `rows` under it; its chunks make one row.
    """
    tasks = {row.task for row in rows}
    depths = {len(task) for task in tasks}
    by_heading: dict[tuple[str, ...], list[Chunk]] = {}
    for chunk in chunks:
        path = chunk.heading_path
        if path and len(path) in depths and not any(task[: len(path)] == path for task in tasks):
            by_heading.setdefault(path, []).append(chunk)
    return [_measure(pieces) for pieces in by_heading.values()]


def _measure(pieces: Sequence[Chunk]) -> Measure:
    first, end = pieces[0], pieces[-1].span.end
    bracket = pieces[-1].units_span or Span(start=end, end=end)
    text = "".join(
        _with_gap(piece, following) for piece, following in zip(pieces, [*pieces[1:], None], strict=True)
    )
    start = first.span.start
    whole = text[: max(0, bracket.start - start)]
    words = _without_heading(whole, first.heading_path).strip(_STOPS)
    inside = text[max(0, bracket.start - start) : bracket.end - start]
    return Measure(
        document_id=first.document_id,
        document_title=first.document_title,
        task=first.heading_path,
        words=words,
        lead=first.lead_units,
        responsible=first.responsible_units,
        deadline=deadline(words, inside),
        span=Span(start=start, end=max(bracket.end, pieces[-1].span.end)),
        page=first.page,
        chunk_id=first.id_,
    )


def _with_gap(piece: Chunk, following: Chunk | None) -> str:
    """The text of `piece`, filled up with spaces to the start of the `following` one."""
    return piece.text + " " * (following.span.start - piece.span.end if following else 0)


def _without_heading(words: str, path: Sequence[str]) -> str:
    """`words` without the heading at their start, which `Measure.task` holds."""
    label = "".join(path[-1].split()) if path else ""
    place = 0
    for char in label:
        while place < len(words) and words[place].isspace():
            place += 1
        if place >= len(words) or words[place] != char:
            return words
        place += 1
    rest = words[place:].lstrip("。.．:：" + _STOPS)
    return rest or words


def deadline(words: str, bracket: str = "") -> str:
    """The deadline of a measure as printed in its words or in its unit bracket; "" when there is none.

    >>> deadline("2023年10月底前,各部门完成清理工作"), deadline("加强督查", "(完成时限:长期坚持)")
    ('2023年10月底前', '长期坚持')
    """
    label = _LABELLED.search(bracket)
    if label:
        return label["due"].strip()
    due = _DUE.search(words)
    if due:
        return due[0]
    ongoing = _KEEPS.search(words.rstrip("。"))
    return ongoing[0] if ongoing else ""


def due_date(printed: str, year: int | None) -> date | None:
    """Last day of a printed deadline, or None; `year` is the plan's, for deadlines without a year.

    >>> due_date("年底前", 2023), due_date("2023年9月30日前", None), due_date("第三季度前", 2023)
    (datetime.date(2023, 12, 31), datetime.date(2023, 9, 30), datetime.date(2023, 9, 30))
    """
    text = canonical(printed)
    year_match = re.search(r"((?:19|20)\d\d)年?", text)
    if year_match:
        year = int(year_match[1])
    elif year is not None and "明年" in text:
        year += 1
    if year is None:
        return None
    month_words = re.search(
        rf"(1[0-2]|[1-9]|{NUMERAL})月", text.replace(year_match[0], "") if year_match else text
    )
    quarter = re.search(r"([一二三四1-4])季度", text)
    if month_words:
        month = int(month_words[1]) if month_words[1].isdigit() else number_value(month_words[1])
        if not 1 <= month <= 12:
            return None
        day = re.search(r"月(\d{1,2})日", text)
        last = monthrange(year, month)[1]
        days = {"初": 10, "上旬": 10, "中旬": 20}
        part_end = next((days[part] for part in days if part in text), last)
        return date(year, month, min(int(day[1]) if day else part_end, last) or last)
    if quarter:
        month = 3 * (int(quarter[1]) if quarter[1].isdigit() else number_value(quarter[1]))
        return date(year, month, monthrange(year, month)[1])
    if "上半年" in text:
        return date(year, 6, 30)
    return date(year, 12, 31) if re.search(r"年|季度末", text) and not re.search("每|长期", text) else None


def is_collective(unit: str) -> bool:
    """Whether a name stands for many units: 区政府各部门, 各街道, 各乡镇(街道), 区直有关单位."""
    return bool(COLLECTIVE.search(unit))
