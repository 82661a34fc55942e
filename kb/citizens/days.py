"""Days that have been counted (kb.reports.days), when something of them changes or goes.

Called in the transaction that changes or deletes the rows.
"""

from datetime import datetime

from sqlalchemy import Connection, update

from kb.clock import china_day
from kb.storage.database import insert_over
from kb.storage.queue_tables import figures_days


def touch_day(connection: Connection, moment: datetime) -> None:
    """The day of `moment` is to be counted again: a question of it was judged, left or handed on."""
    row = {"day": china_day(moment), "changes": 1, "is_closed": False}  # before it was ever counted
    again = {"changes": figures_days.c.changes + 1}
    raised = insert_over(connection, figures_days).on_conflict_do_update(index_elements=["day"], set_=again)
    connection.execute(raised, row)


def close_days(connection: Connection, before: datetime) -> None:
    """What was asked before `before` is deleted: the numbers of its days stay, their wordings go."""
    day = figures_days.c
    closed = {"is_closed": True, "wordings": None, "words": None}
    connection.execute(update(figures_days).where(day.day <= china_day(before)).values(**closed))
