"""What a table says to a question: cells, a figure computed from them, or that it has no such item.

The question is understood only when every noun of it is accounted for: by the names of the rows found, by the
heads of the columns asked for, or by caption and title. Anything else is left to others.
"""

import re
from collections.abc import Sequence

from kb.models import Model
from kb.tables.columns import AskedColumns, asked_columns, asks_nothing_else
from kb.tables.figures import Figure, Sum, asked_sum, computed, without_sum
from kb.tables.grid import Row, Table, plain
from kb.tables.rows import AskedRows, absent_item, asked_rows, names_in
from kb.tables.words import Word, holds, words_of

_WHOLE_COLUMN = 12  # rows of a table that is given whole
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class Asked(Model):
    """A question in plain form; of a follow-up (硕士呢) `newest` is what it says, `text` all of it."""

    text: str
    newest: str = ""


class Finding(Model):
    """The `rows` and `columns` of `table` that answer, or the `absent` item.

    `among`: the rows of which none is about it, when not all of the table.
    `exact`: the rows are named whole; `sure`: an absent item is one of a kind or range that the table has, so
    that no other reading finds it. `said`: words of the question that caption, heads or rows hold.
    """

    table: Table
    rows: tuple[Row, ...] = ()
    columns: tuple[int, ...] = ()
    figure: Figure | None = None
    absent: str = ""
    among: tuple[Row, ...] = ()
    exact: bool = False
    sure: bool = False
    said: int = 0


def find(table: Table, asked: Asked, title: str) -> Finding | None:
    """What `table` says to `asked`; None when it is not understood. `title`: of document and headings."""
    context = plain("\n".join((title, table.caption, *(column.head for column in table.columns))))
    text, rows, columns_text = _read(table, asked, context)
    wanted = asked_sum(text, table)
    if rows.absent:
        return Finding(
            table=table,
            absent=rows.absent,
            among=rows.among,
            sure=True,
            exact=rows.exact,
            said=len(rows.said),
        )
    columns = _columns(table, columns_text, rows)
    if columns.missing_year:
        said = len(rows.said) + len(columns.words)
        return Finding(
            table=table, absent=f"{columns.missing_year}年", sure=True, exact=rows.exact, said=said
        )
    left = [word for word in rows.left if word not in columns.words]
    nouns = [word for word in left if word.noun]
    said = len({*rows.said, *columns.words})
    if wanted is not None:
        return _summed(table, wanted, rows, columns, nouns, said)
    if rows.rows:
        if not nouns:
            return _cells(table, rows, columns, text, said)
        if not rows.exact or not _is_open(table, rows.rows):
            return None
    if missing := absent_item(table, text, left, context):
        year = _YEAR.fullmatch(missing)
        return None if year else Finding(table=table, absent=missing, said=said)
    caption = plain(f"{title}\n{table.caption}")
    is_whole = columns.columns and not nouns and any(holds(caption, word.text) for word in rows.said)
    if is_whole and len(table.entries) <= _WHOLE_COLUMN:
        return Finding(table=table, rows=table.entries, columns=columns.columns, said=said)
    return None


def _read(table: Table, asked: Asked, context: str) -> tuple[str, AskedRows, str]:
    """(the text asked, its rows, the text that names columns); a follow-up's own words come first."""
    text = without_sum(asked.text) if asked_sum(asked.text, table) else asked.text
    if not asked.newest:
        return asked.text, asked_rows(table, text, context), asked.text
    own = asked_rows(table, asked.newest, context)
    of_column = asked_columns(table, asked.newest, words_of(asked.newest))
    if own.rows or own.absent or (own.left and not of_column.named):
        before = _without_names(table, text, asked.newest)
        return f"{asked.newest} {before}", own, f"{asked.newest} {before}"
    return text, asked_rows(table, _without_words(text, asked.newest), context), asked.newest


def _without_names(table: Table, text: str, newest: str) -> str:
    """`text` without the names of rows, and without `newest` in front of it."""
    names = {name for row in table.rows for _, name in names_in(row, table)}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return text.replace(newest, " ")


def _without_words(text: str, newest: str) -> str:
    for word in words_of(newest):
        text = text.replace(word.text, " ")
    return text


def _columns(table: Table, text: str, rows: AskedRows) -> AskedColumns:
    """The columns asked for; words that name rows name a column only where nothing else does."""
    words = words_of(text)
    free = [word for word in words if not any(start <= word.start < end for start, end in rows.places)]
    columns = asked_columns(table, text, free, rows.by)
    if columns.columns or columns.missing_year:
        return columns
    return asked_columns(table, text, words, rows.by)


def _is_open(table: Table, rows: Sequence[Row]) -> bool:
    """Whether a column of names differs among `rows`, so that another word may have named one of them."""
    return any(len({cell.plain for row in rows for cell in row.of([number])}) > 1 for number in table.names)


def _cells(table: Table, rows: AskedRows, columns: AskedColumns, text: str, said: int) -> Finding | None:
    if not columns.columns and (not rows.exact or not asks_nothing_else(text)):
        return None
    wanted = columns.columns or table.values
    chosen = tuple(row for row in rows.rows if row.of(wanted))
    if not chosen:
        return None
    return Finding(
        table=table,
        rows=chosen,
        columns=(*rows.by, *wanted),
        exact=rows.exact,
        sure=columns.named,
        said=said,
    )


def _summed(
    table: Table,
    wanted: Sum,
    rows: AskedRows,
    columns: AskedColumns,
    left: Sequence[Word],
    said: int,
) -> Finding | None:
    chosen = rows.rows or table.entries
    fitting = [number for number in columns.columns if _differs(number, chosen)]
    if left or not fitting or not (rows.rows or columns.named or (rows.said and len(fitting) == 1)):
        return None
    column = fitting[0]
    figure = computed(table, chosen, column, wanted)
    if figure is None:
        return None
    return Finding(
        table=table,
        rows=figure.rows,
        columns=(column,),
        figure=figure,
        exact=rows.exact,
        sure=True,
        said=said,
    )


def _differs(column: int, rows: Sequence[Row]) -> bool:
    """Whether `rows` have different values in `column`."""
    return len({cell.plain for row in rows for cell in row.of([column])}) > 1
