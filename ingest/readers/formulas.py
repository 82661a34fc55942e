"""Formulas of cells that a program wrote and no spreadsheet ever computed -> their values.

Only what a reader of the file could compute as well: numbers and texts of cells, of other sheets too,
+ - * / ^ & and %, brackets, and the functions SUM, AVERAGE, MAX, MIN, COUNT, PRODUCT, ROUND, CONCATENATE.
Anything else has no value here.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from statistics import fmean

from openpyxl.utils import range_boundaries

Value = float | str
# Name of a sheet ("" for that of the formula), row and column (from 1) -> what the cell holds.
Cells = Callable[[str, int, int], object]

_TOKEN = re.compile(
    r"\s{0,20}+(?:(?P<number>\d{1,15}(?:\.\d{1,12})?)|(?P<text>\"(?:[^\"]|\"\"){0,300}+\")"
    r"|(?:'(?P<quoted>(?:[^']|''){1,60}+)'|(?P<sheet>[^\W\d]\w{0,30}+))!"
    r"|(?P<ref>\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?)(?![A-Z(])|(?P<name>[A-Z]{1,12})(?=\()"
    r"|(?P<sign>[-+*/^&%(),]))"
)
_MOST_TOKENS = 200
_MOST_CELLS = 10_000  # of a range
_DEEPEST = 30  # formulas that refer to formulas
_JOINS = ("CONCATENATE", "CONCAT")
_FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum,
    "AVERAGE": fmean,
    "MAX": max,
    "MIN": min,
    "COUNT": lambda numbers: float(len(numbers)),
    "PRODUCT": math.prod,
}


class _Unknown(Exception):
    """The formula is beyond plain arithmetic."""


def computed(formula: str, cells: Cells, depth: int = 0, sheet: str = "") -> Value | None:
    """The value of `formula` ("=B2*12"), which stands on `sheet`; None when it is more than arithmetic."""
    if depth > _DEEPEST:
        return None
    try:
        tokens = list(_tokens(formula.removeprefix("=").upper(), formula))
        reading = _Formula(tokens, cells, depth, sheet)
        value = reading.whole()
    except (_Unknown, ArithmeticError, ValueError, RecursionError):
        return None
    return round(value, 10) if isinstance(value, float) else value


def _tokens(upper: str, formula: str) -> Iterator[tuple[str, str]]:
    place, shift = 0, len(formula) - len(upper)
    while place < len(upper):
        token = _TOKEN.match(upper, place)
        if token is None:
            if upper[place:].strip():
                raise _Unknown
            return
        kind = token.lastgroup or ""
        start, end = token.span(kind)
        as_written = kind in ("text", "quoted", "sheet")  # the name of a sheet may have small letters
        yield kind, formula[start + shift : end + shift] if as_written else token[kind]
        place = token.end()


class _Formula:
    """The tokens of a formula, read from left to right."""

    def __init__(self, tokens: list[tuple[str, str]], cells: Cells, depth: int, sheet: str) -> None:
        if len(tokens) > _MOST_TOKENS:
            raise _Unknown
        self._tokens = tokens
        self._place = 0
        self._cells = cells
        self._depth = depth
        self._sheet = sheet

    def whole(self) -> Value:
        value = self._joined()
        if self._place != len(self._tokens):
            raise _Unknown
        return value

    def _takes(self, *signs: str) -> str:
        """The next token, if it is one of `signs`; else ""."""
        if self._place < len(self._tokens) and self._tokens[self._place] in [("sign", s) for s in signs]:
            self._place += 1
            return self._tokens[self._place - 1][1]
        return ""

    def _joined(self) -> Value:
        value = self._sum()
        while self._takes("&"):
            value = _shown(value) + _shown(self._sum())
        return value

    def _sum(self) -> Value:
        value = self._product()
        while sign := self._takes("+", "-"):
            other = _number(self._product())
            value = _number(value) + (other if sign == "+" else -other)
        return value

    def _product(self) -> Value:
        value = self._power()
        while sign := self._takes("*", "/"):
            other = _number(self._power())
            value = _number(value) * other if sign == "*" else _number(value) / other
        return value

    def _power(self) -> Value:
        value = self._single()
        while self._takes("^"):
            value = math.pow(_number(value), _number(self._single()))
        return value

    def _single(self) -> Value:
        if sign := self._takes("-", "+"):
            return _number(self._single()) * (-1 if sign == "-" else 1)
        value = self._atom()
        while self._takes("%"):
            value = _number(value) / 100
        return value

    def _atom(self) -> Value:
        if self._takes("("):
            value = self._joined()
            if not self._takes(")"):
                raise _Unknown
            return value
        if self._place == len(self._tokens):
            raise _Unknown
        sheet = self._named_sheet()
        kind, words = self._tokens[self._place]
        self._place += 1
        if kind == "number":
            return float(words)
        if kind == "text":
            return words[1:-1].replace('""', '"')
        if kind == "ref" and ":" not in words:
            return next(self._values(sheet, words), 0.0)
        if kind == "name" and self._takes("("):
            return self._function(words)
        raise _Unknown

    def _function(self, name: str) -> Value:
        values: list[Value] = []
        while not self._takes(")"):
            start = self._place
            sheet = self._named_sheet()
            if self._place < len(self._tokens) and self._is_range(self._tokens[self._place]):
                values += self._values(sheet, self._tokens[self._place][1])
                self._place += 1
            else:
                self._place = start
                values.append(self._joined())
            if not self._takes(",") and self._tokens[self._place : self._place + 1] != [("sign", ")")]:
                raise _Unknown
        if name == "ROUND" and len(values) == 2:
            number, factor = _number(values[0]), math.pow(10, int(_number(values[1])))
            return math.copysign(math.floor(abs(number) * factor + 0.5) / factor, number)
        if name in _JOINS:
            return "".join(map(_shown, values))
        if name not in _FUNCTIONS:
            raise _Unknown
        return float(_FUNCTIONS[name]([value for value in values if isinstance(value, float)]))

    def _named_sheet(self) -> str:
        """The sheet that the next token names, which the place behind it is on; else the formula's own."""
        if self._place + 1 >= len(self._tokens) or self._tokens[self._place][0] not in ("quoted", "sheet"):
            return self._sheet
        self._place += 1
        if self._tokens[self._place][0] != "ref":
            raise _Unknown
        return self._tokens[self._place - 1][1].replace("''", "'")

    @staticmethod
    def _is_range(token: tuple[str, str]) -> bool:
        return token[0] == "ref" and ":" in token[1]

    def _values(self, sheet: str, reference: str) -> Iterator[Value]:
        """The values of the filled cells of a reference on `sheet`."""
        left, top, right, bottom = (place or 0 for place in range_boundaries(reference.replace("$", "")))
        if (right - left + 1) * (bottom - top + 1) > _MOST_CELLS:
            raise _Unknown
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                held = self._cells(sheet, row, column)
                if isinstance(held, str) and held.startswith("="):
                    held = computed(held, self._cells, self._depth + 1, sheet)
                    if held is None:
                        raise _Unknown
                if isinstance(held, bool) or (held is not None and not isinstance(held, (int, float, str))):
                    raise _Unknown
                if held is not None:
                    yield held if isinstance(held, str) else float(held)


def _number(value: Value) -> float:
    return float(value)


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"
