"""The command of `python -m ingest`, run by the process that holds the knowledge base (kb.commands.tasks)."""

from pathlib import Path
from typing import ClassVar

from ingest.pipeline.report import check_report_name, write_report
from ingest.pipeline.run import ingest
from ingest.sources.folders import Failure
from kb.commands.tasks import Command
from kb.commands.terminal import STOPPED, Terminal
from kb.knowledge_base import KnowledgeBase


class Ingest(Command):
    """Ingest everything under `paths`; `report` is the file that lists the outcome of each source.

    `unfetched`: web pages that were named too but could not be fetched.
    """

    name: ClassVar[str] = "ingest"
    paths: tuple[Path, ...]
    unfetched: tuple[Failure, ...] = ()
    prune: bool = False
    report: Path | None = None
    as_json: bool = False

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Ingest, write the report and print the result; give the exit status (0, 1 on failures, STOPPED)."""
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
