"""Values that a database cannot hold become one sentence for whoever typed them.

A number beyond 64 bits, a date whose UTC time lies before the year 1 or after 9999, half of a surrogate pair:
they pass the types of Python and of JSON, and only the driver refuses them. Every statement passes here, so
no route, page or command need think of them.
"""

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError

from kb.errors import InputError

_CANNOT_HOLD = "输入里有存不下的内容：数字太大、日期超出范围，或者有不完整的字符；没有执行，请检查后再试。"


def refuse_odd_values(engine: Engine) -> None:
    """Make statements of `engine` raise InputError for values that its database cannot hold."""
    event.listen(engine, "handle_error", _refused)


def _refused(context: ExceptionContext) -> InputError | None:
    """The error to raise in place of the driver's; None for errors that the values did not cause."""
    by_driver = isinstance(context.original_exception, OverflowError | UnicodeEncodeError)
    by_database = isinstance(context.sqlalchemy_exception, DataError)
    return InputError(_CANNOT_HOLD) if by_driver or by_database else None
