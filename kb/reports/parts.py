"""The parts of the room reports, over one database."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from kb.queue.worklist import Queue
from kb.reports.days import Days
from kb.reports.figures import FigureReader
from kb.reports.ledger import Ledger
from kb.staff.audit import Audit


@dataclass(frozen=True)
class ReportsParts:
    """The figures of a period, the days counted for them, and the ledger of its questions."""

    days: Days
    figures: FigureReader
    ledger: Ledger


def open_reports(engine: Engine, queue: Queue, audit: Audit, home: Path) -> ReportsParts:
    """The room's parts; `queue` says which questions wait for an FAQ entry, `home` has room for a ledger."""
    figures, ledger = FigureReader(engine, queue), Ledger(engine, audit, home)
    return ReportsParts(days=Days(engine), figures=figures, ledger=ledger)
