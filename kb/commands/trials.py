"""python -m kb trial: the evaluation pairs that staff have made, exported, and asked."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from kb.commands.options import AsJson, one_sentence
from kb.commands.tasks import Command, perform
from kb.commands.terminal import STOPPED, Console, ProgressStep, Terminal
from kb.errors import DatasetError
from kb.knowledge_base import KnowledgeBase
from kb.settings import read_settings
from kb.staff.permissions import OPERATOR
from kb.trials.judging import FAULT_WORDS, Report
from kb.trials.running import Progress

trial_cli = typer.Typer(
    no_args_is_help=True, help="评测题（控制台“试问”里存的）的导出与评测，服务运行时也可使用"
)


class ExportPairs(Command):
    """Writes the pairs as a question file."""

    name: ClassVar[str] = "trial-export"
    file: Path

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Write them."""
        lines = kb.trials.pairs.as_lines(OPERATOR)
        try:
            self.file.write_text(lines, encoding="utf-8")
        except OSError as error:
            raise DatasetError(f"{self.file} 写不进去：{error.strerror or error}") from error
        terminal.result(f"导出 {lines.count(chr(10))} 道题")
        return 0


class RunTrial(Command):
    """Asks the questions of all pairs."""

    name: ClassVar[str] = "trial-run"
    as_json: bool

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Ask them; 1 when a question went wrong that went right the time before."""

        def step(progress: Progress) -> None:
            note = f"{progress.done}/{progress.total} 题"
            terminal.step(ProgressStep(what="评测", share=progress.done / progress.total, note=note))

        now = datetime.now(UTC)
        report = kb.trials.running.run(OPERATOR, now, step, lambda: terminal.stopped)
        if report is None:
            return STOPPED
        terminal.result(report.run.model_dump_json() if self.as_json else in_words(report))
        return 1 if report.turned_wrong else 0


TRIAL_COMMANDS: tuple[type[Command], ...] = (ExportPairs, RunTrial)


@trial_cli.command("export")
def export(file: Annotated[Path, typer.Argument(help="写到这个文件，.jsonl")]) -> None:
    """导出全部评测题，可作 python -m eval run 的 --qa。"""
    with one_sentence():
        raise typer.Exit(perform(ExportPairs(file=file.absolute()), read_settings(), Console()))


@trial_cli.command("run")
def run(as_json: AsJson = False) -> None:
    """逐题提问，说出几题对、错在哪里，与上一次比；有题由对变错时退出码为 1。"""
    with one_sentence():
        raise typer.Exit(perform(RunTrial(as_json=as_json), read_settings(), Console()))


def in_words(report: Report) -> str:
    """A report as text for a terminal."""
    run = report.run
    lines = [f"共 {len(run.outcomes)} 题"]
    for measure in report.measures:
        was = "" if measure.before is None else f"（上次 {measure.before}）"
        lines.append(f"{measure.label} {measure.now}{was}")
    lines += [
        f"{fault}：{one.question}（{FAULT_WORDS[fault]}；应为 {one.expected}）"
        for one in run.failed
        if (fault := one.fault) is not None
    ]
    lines += [f"由对变错：{one.question}" for one in report.turned_wrong]
    lines += [f"由错变对：{one.question}" for one in report.turned_right]
    return "\n".join(lines)
