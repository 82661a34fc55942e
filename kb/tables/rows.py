"""Which rows of a table a question asks for, by name, kind and range; or the item that no row is about."""

import re
from collections.abc import Sequence

from kb.models import Model
from kb.tables.grid import Row, Table
from kb.tables.ranges import Amount, Range, amounts_in, ranges_of
from kb.tables.words import Word, cuts_word, held_in, holds, phrase, words_of

_NUMBERING = re.compile(
    r"^(?:\d{1,3}[.、．)]|[(（](?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]|[一二三四五六七八九十]{1,3}、)\s{0,3}"
)
_BRACKETED = re.compile(r"[(（\[【〔][^()（）\[\]【】〔〕]{0,60}[)）\]】〕]")
_MARKS = re.compile(r"[*▲△★☆#※\s]")
_PARTS = re.compile(r"[、/;；]|或者?|以及")
_YEAR_END = re.compile(r"(?<=\d)年度?$")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_KIND = re.compile(r"(?<![\da-z.])(?:\d{1,6}|[a-z])([级类档等期批组星孩胎区型号种])(?!\d)")
_SHORTEST = 2


class _Named(Model):
    """Row number `row` is named at [start, end) of the question, by its column `column`."""

    row: int
    column: int
    start: int
    end: int


class AskedRows(Model):
    """The rows asked for, or `absent`: the item, kind or amount asked for that no row is about.

    `exact`: whole names of the rows stand in the question. `places`: where; `said`: the words of the question
    that the rows hold; `by`: the columns with the ranges that the amounts of the question lie in.
    """

    rows: tuple[Row, ...] = ()
    by: tuple[int, ...] = ()
    exact: bool = False
    places: tuple[tuple[int, int], ...] = ()
    said: tuple[Word, ...] = ()
    left: tuple[Word, ...] = ()  # words of the question that neither the rows nor the context hold
    absent: str = ""
    among: tuple[Row, ...] = ()  # rows of which none is about `absent`
    surely_absent: bool = False  # the table has others of its kind: no reading of the question finds it


def asked_rows(table: Table, question: str, context: str) -> AskedRows:
    """The rows of `table` that `question` asks for; both texts in plain form.

    `context`: caption, heads and title, whose words name no row by themselves.
    """
    words = words_of(question)
    named = _named(table, question)
    exact = _most_named(table, named)
    rows = exact or _by_words(table, words, context)
    narrowed = _in_range(table, rows, question)
    if narrowed.absent:
        return narrowed.model_copy(update={"exact": bool(exact), "said": words})
    rows = _most_held(table, narrowed.rows, words, context)
    texts = [_text(table, row) for row in rows]
    covered = tuple({(one.start, one.end) for one in named})
    left = tuple(
        word
        for word in words
        if not holds(context, word.text)
        and not (texts and all(holds(text, word.text) for text in texts))
        and not any(start <= word.start and word.end <= end for start, end in covered)
        and not (exact and any(start < word.end and word.start < end for start, end in covered))
    )
    kind = next((word for word in left if _has_kind(table, word.text)), None)
    if kind is not None:
        beside = [word for word in words if word not in left]
        name = phrase(question, [kind], [word for word in beside if not holds(context, word.text)])
        name = f"{name}年" if _YEAR.fullmatch(name) else name
        return AskedRows(absent=name, surely_absent=True, exact=bool(exact), said=words)
    said = tuple(word for word in words if word not in left)
    return AskedRows(rows=rows, by=narrowed.by, exact=bool(exact), places=covered, said=said, left=left)


def absent_item(table: Table, question: str, left: Sequence[Word], context: str) -> str:
    """The item that `question` names with the words `left`, which no cell of `table` holds; "" for none."""
    everything = " ".join(cell.plain for row in table.rows for cell in row.cells)
    names = " ".join(table.name_of(row) for row in table.rows)
    own = [word for word in words_of(question) if holds(names, word.text) and not holds(context, word.text)]
    missing = [
        word
        for word in left
        if not holds(everything, word.text)
        and (word.noun or any(other.start == word.end or other.end == word.start for other in own))
    ]
    return phrase(question, missing, own) if missing else ""


def names_in(row: Row, table: Table) -> list[tuple[int, str]]:
    """(column, name) for each way to say what `row` is about: whole, without bracket, in parts."""
    found = []
    for cell in row.of(table.names):
        text = _MARKS.sub("", _NUMBERING.sub("", cell.plain))
        short = _BRACKETED.sub("", text)
        for name in dict.fromkeys((text, short, *_PARTS.split(short))):
            name = _YEAR_END.sub("", name)
            if len(name) >= _SHORTEST:
                found.append((cell.column, name))
    return found


def _named(table: Table, question: str) -> list[_Named]:
    """Where the question names rows; a place inside another one is no name of its own: 博士 in 博士后."""
    found = []
    for number, row in enumerate(table.rows):
        if table.is_total(row):
            continue
        for column, name in names_in(row, table):
            start = question.find(name)
            if start >= 0 and not _cut(question, start, start + len(name)):
                found.append(_Named(row=number, column=column, start=start, end=start + len(name)))
    return [
        one
        for one in found
        if not any(
            other.start <= one.start
            and one.end <= other.end
            and other.end - other.start > one.end - one.start
            for other in found
        )
    ]


def _cut(question: str, start: int, end: int) -> bool:
    """Whether a name at [start, end) is only a part of a longer number, letter or word."""
    before, after = question[start - 1 : start], question[end : end + 1]
    first, last = question[start], question[end - 1]
    joined = (before.isascii() and before.isalnum() and first.isascii() and first.isalnum()) or (
        after.isascii() and after.isalnum() and last.isascii() and last.isalnum()
    )
    return joined or cuts_word(question, start, end)


def _most_named(table: Table, named: Sequence[_Named]) -> tuple[Row, ...]:
    """The rows named in most columns."""
    columns: dict[int, set[int]] = {}
    for one in named:
        columns.setdefault(one.row, set()).add(one.column)
    most = max(map(len, columns.values()), default=0)
    return tuple(table.rows[number] for number, own in sorted(columns.items()) if len(own) == most)


def _by_words(table: Table, words: Sequence[Word], context: str) -> tuple[Row, ...]:
    """The rows whose cells hold all words of the question that are not of the context, one a noun."""
    own = [word for word in words if not holds(context, word.text)]
    if not any(word.noun for word in own):
        return ()
    return tuple(row for row in table.entries if len(held_in(_text(table, row), own)) == len(own))


def _most_held(table: Table, rows: Sequence[Row], words: Sequence[Word], context: str) -> tuple[Row, ...]:
    """Those of `rows` that hold most words: of two rows 低保 the one of 农村."""
    counts = [
        sum(len(word.text) for word in held_in(_text(table, row), words) if not holds(context, word.text))
        for row in rows
    ]
    own = [len(held_in(table.name_of(row), words)) for row in rows]
    best = max(zip(counts, own, strict=True), default=(0, 0))
    return tuple(row for row, *key in zip(rows, counts, own, strict=True) if tuple(key) == best)


def _text(table: Table, row: Row) -> str:
    return " ".join(cell.plain for cell in row.cells)


def _has_kind(table: Table, word: str) -> bool:
    """Whether `word` is a kind (d类, 3级) and names of rows are kinds of the same sort."""
    if _YEAR.fullmatch(word):
        return any(_YEAR.search(table.name_of(row)) for row in table.entries)
    kind = _KIND.fullmatch(word)
    return kind is not None and any(
        kind[1] == other for row in table.rows for other in _KIND.findall(table.name_of(row))
    )


def _in_range(table: Table, rows: Sequence[Row], question: str) -> AskedRows:
    """Those of `rows`, or of all when it is empty, in whose ranges the amounts lie; or an amount in none."""
    kept, by = tuple(rows) or table.entries, []
    for amount in amounts_in(question):
        column = _column_of(table, kept, amount, question)
        if column is None:
            continue
        ranges = {row.span.start: ranges_of(table, row).get(column) for row in kept}
        fitting = tuple(row for row in kept if _lies_in(ranges[row.span.start], amount))
        if not fitting:
            return AskedRows(absent=amount.said, surely_absent=True, among=kept)
        kept = fitting
        by.append(column)
    return AskedRows(rows=kept if by or rows else (), by=tuple(by))


def _lies_in(stated: Range | None, amount: Amount) -> bool:
    return stated is not None and stated.holds(amount.value)


def _column_of(table: Table, rows: Sequence[Row], amount: Amount, question: str) -> int | None:
    """The column whose ranges `amount` is to be found in: of its unit, its head nearest to the question."""
    counts: dict[int, int] = {}
    for row in rows:
        for column, stated in ranges_of(table, row).items():
            if stated.unit == amount.unit or not amount.unit:
                counts[column] = counts.get(column, 0) + 1
    likely = [column for column, count in counts.items() if 2 * count >= len(rows)]
    if not amount.unit and len(likely) > 1:
        return None
    words = words_of(question)
    return max(
        likely, key=lambda column: (len(held_in(table.columns[column].words, words)), -column), default=None
    )
