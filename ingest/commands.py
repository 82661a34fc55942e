"""What `python -m ingest` does with an open knowledge base, whoever has it open (kb.commands.tasks)."""

from pathlib import Path
from typing import ClassVar

from ingest.pipeline.report import check_report_name, write_report
from ingest.pipeline.run import ingest
from ingest.sources.folders import Failure
from kb.commands.tasks import Command
from kb.commands.terminal import STOPPED, Terminal
from kb.knowledge_base import KnowledgeBase


class Ingest(Command):
    """Bring in what is under `paths`; with `report` every file is listed there.

    `unfetched`: web pages that were named as well but could not be had.
    """

    name: ClassVar[str] = "ingest"
    paths: tuple[Path, ...]
    unfetched: tuple[Failure, ...] = ()
    prune: bool = False
    report: Path | None = None
    as_json: bool = False

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Do it."""
        if self.report is not None:
            check_report_name(self.report)
        result = ingest(self.paths, kb, prune=self.prune, terminal=terminal).with_failures(self.unfetched)
        if self.report is not None:
            write_report(result.rows, self.report)
        terminal.result(result.model_dump_json() if self.as_json else str(result))
        if result.stopped:
            return STOPPED
        return 1 if result.failed else 0


COMMANDS: tuple[type[Command], ...] = (Ingest,)
