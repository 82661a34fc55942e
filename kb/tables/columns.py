"""Which columns of a table a question asks for: named by their heads, else by what it wants to know."""

import re
from collections.abc import Collection, Sequence

from kb.models import Model
from kb.tables.grid import Table, plain
from kb.tables.words import Word, held_in

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONEY = re.compile(r"元|金额|标准|价|费|补贴|补助|津贴|资助|奖励|额")
# What a question wants to know -> the heads of the columns that say it.
_KINDS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(r"(?:怎么|怎样|如何)(?:申请|申报|办|领|交|缴|报名|走)|流程|手续|程序"),
        re.compile(r"流程|程序|方式|渠道|途径|步骤"),
    ),
    (re.compile(r"电话|号码|联系方式|怎么联系"), re.compile(r"电话|联系方式|手机|号码")),
    (re.compile(r"哪里|哪儿|在哪|地址|地点|什么地方|去哪"), re.compile(r"地址|地点|窗口|位置|场所")),
    (
        re.compile(
            r"多久|几天|多少天|几个工作日|多长时间|期限|时限|什么时候|何时|几月|哪天|几号(?![窗楼柜厅])|截止"
        ),
        re.compile(r"时限|时间|期限|日期|工作日|天数|截止|周期|月份|放假|[(（][天日]"),
    ),
    (re.compile(r"材料|带什么"), re.compile(r"材料")),
    (re.compile(r"什么条件|哪些条件|资格|符合"), re.compile(r"条件|资格|对象|范围|要求")),
    (
        re.compile(r"谁|哪个?(?:部门|单位|局|科室|窗口|机构)|什么(?:部门|单位)|归.{1,4}管|受理|负责"),
        re.compile(r"单位|部门|机构|科室|窗口|负责人?|联系人|主体"),
    ),
    (re.compile(r"比例|百分之|几成|率是|率多少"), re.compile(r"比例|率|占比|%")),
    (
        re.compile(r"多少(?:钱|元|块|万)|几(?:块|元|万)|价格|价钱|收费|费用|贵|金额|补多少|标准"),
        _MONEY,
    ),
)
_UNITS = (  # units that a question speaks of -> what stands in the unit of such a column
    (re.compile("多少万|几万|万元"), "万"),
    (re.compile("每个?月|一个月"), "/月"),
    (re.compile("每年|一年"), "/年"),
)
_HOW_MUCH = re.compile(r"多少|几(?:个|人|名|件|次|户|张|项)")


class AskedColumns(Model):
    """The columns asked for; `named`: by words of their heads; `missing_year`: a year that no head has."""

    columns: tuple[int, ...] = ()
    named: bool = False
    words: tuple[Word, ...] = ()  # of the question, that the heads hold
    missing_year: str = ""


def asked_columns(
    table: Table, question: str, words: Sequence[Word], given: Collection[int] = ()
) -> AskedColumns:
    """The columns of `table` that `question`, in plain form, asks for; `words` are its words.

    `given`: columns whose values the question itself gives.
    """
    columns, missing_year = _of_year(table, question)
    columns = tuple(number for number in columns if number not in given)
    if missing_year:
        return AskedColumns(missing_year=missing_year)
    heads = {number: held_in(table.columns[number].words, words) for number in columns}
    scores = {number: sum(len(word.text) for word in held) for number, held in heads.items()}
    best = max(scores.values(), default=0)
    named = tuple(number for number in columns if best and scores[number] == best)
    wanted = _of_unit(table, _whole(table, named or columns, question), question)
    kind = _kind(question)
    if len({*columns, *given} - set(table.names)) < len(table.values):  # chosen by year
        return AskedColumns(columns=wanted, named=True, words=_once(heads, wanted))
    fitting = tuple(number for number in wanted if _fits(table, number, question, kind))
    if named and kind is None:
        return AskedColumns(columns=wanted, named=True, words=_once(heads, wanted))
    return AskedColumns(columns=fitting, named=bool(named), words=_once(heads, fitting))


def _kind(question: str) -> re.Pattern[str] | None:
    """The heads of the columns that say what `question` wants to know; None where it does not say that."""
    return next((heads for asks, heads in _KINDS if asks.search(question)), None)


def _fits(table: Table, number: int, question: str, kind: re.Pattern[str] | None) -> bool:
    """Whether a column says what the question wants to know."""
    column = table.columns[number]
    if kind is None:
        return bool(_HOW_MUCH.search(question)) and _is_figure(table, number)
    if kind is _MONEY and _YEAR.search(column.head):
        return _is_figure(table, number)
    return kind.search(column.head) is not None or kind.search(column.unit) is not None


def _whole(table: Table, numbers: tuple[int, ...], question: str) -> tuple[int, ...]:
    """Of several columns those whose own head, without the heads above it, stands whole in the question."""
    if len(numbers) < 2:
        return numbers
    own = {number: table.columns[number].words.rsplit("-", 1)[-1] for number in numbers}
    return tuple(number for number in numbers if own[number] in question) or numbers


def asks_nothing_else(question: str) -> bool:
    """Whether `question` does not say what it wants to know about a row."""
    return not _HOW_MUCH.search(question) and not any(asks.search(question) for asks, _ in _KINDS)


def _once(heads: dict[int, tuple[Word, ...]], numbers: Sequence[int]) -> tuple[Word, ...]:
    return tuple(dict.fromkeys(word for number in numbers for word in heads[number]))


def _of_year(table: Table, question: str) -> tuple[tuple[int, ...], str]:
    """The columns of the years that the question names, else all; and a year that only other heads have."""
    by_year = {number: _YEAR.findall(table.columns[number].head) for number in table.values}
    asked = [year for year in _YEAR.findall(question) if year not in plain(table.caption)]
    if not asked or sum(map(bool, by_year.values())) < 2:
        return table.values, ""
    chosen = tuple(number for number, years in by_year.items() if set(years) & set(asked))
    missing = next((year for year in asked if not any(year in years for years in by_year.values())), "")
    return chosen, missing


def _is_figure(table: Table, number: int) -> bool:
    cells = [cell for row in table.rows for cell in row.cells if cell.column == number]
    return 2 * sum(cell.is_number for cell in cells) > len(cells)


def _of_unit(table: Table, numbers: tuple[int, ...], question: str) -> tuple[int, ...]:
    """Of several columns those in the unit that the question speaks of: 多少万, 每月."""
    chosen = numbers
    for asked, unit in _UNITS:
        if len(chosen) > 1 and asked.search(question):
            fitting = tuple(number for number in chosen if unit in table.columns[number].unit)
            chosen = fitting or chosen
    return chosen
