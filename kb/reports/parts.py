"""The parts of the room reports, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.queue.worklist import Queue
from kb.reports.figures import FigureReader
from kb.reports.ledger import Ledger
from kb.staff.audit import Audit


@dataclass(frozen=True)
class ReportsParts:
    """The figures of a period, and the ledger of its questions."""

    figures: FigureReader
    ledger: Ledger


def open_reports(engine: Engine, queue: Queue, audit: Audit) -> ReportsParts:
    """The room's parts; `queue` says which questions wait for an FAQ entry."""
    return ReportsParts(figures=FigureReader(engine, queue), ledger=Ledger(engine, audit))
