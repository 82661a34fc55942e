"""python -m ingest PATH...: bring policy files into the knowledge base.

python -m ingest watch FOLDER...: ingest them after every change (ingest.watch).
python -m ingest ledger FILE --out x.xlsx: write the ledger of a work plan (ingest.ledger).
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from ingest import ledger
from ingest.commands import Ingest
from ingest.pipeline.plan import Plan, make_plan
from ingest.pipeline.report import check_report_name
from ingest.sources.fetch import PAGES, fetched, is_address
from ingest.watch import watch
from kb.commands.options import AsJson, Commands, one_sentence
from kb.commands.tasks import perform
from kb.commands.terminal import Console
from kb.errors import DatasetError
from kb.language.tokens import TERMS
from kb.models import Signal
from kb.settings import Settings, read_settings
from kb.storage.document_edits import DocumentEdits
from kb.storage.documents import Documents
from kb.storage.home import keep_private
from kb.storage.parts import holds_knowledge_base, open_sql

Prune = Annotated[bool, typer.Option("--prune", help="移除这些目录下已不存在的文件")]
Report = Annotated[Path | None, typer.Option(help="逐个文件的报告写到这里，.csv、.xlsx 或 .json")]


class _PathsFirst(Commands):
    """Runs `add` when the first argument is no command; a folder called watch or ledger is typed ./watch."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in (*self.commands, "--help"):
            args = ["add", *args]
        return super().parse_args(ctx, args)


cli = typer.Typer(cls=_PathsFirst, add_completion=False, no_args_is_help=True)


@cli.callback()
def _describe() -> None:
    """把政策文件读入知识库；服务运行时由服务导入。用法：python -m ingest 文件或目录…"""


@cli.command()
def add(
    paths: Annotated[list[str], typer.Argument(help="文件、目录、docs.jsonl 或允许抓取的网址")],
    prune: Prune = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说明会有哪些变化，什么也不写")] = False,
    report: Report = None,
    as_json: AsJson = False,
) -> None:
    """读入文件和目录（默认命令，add 可省略）；内容未变的跳过，读不了的逐个说明原因。"""
    with one_sentence():
        settings = read_settings()
        if dry_run:
            if any(map(is_address, paths)):
                raise DatasetError("试运行不抓取网页；请去掉网址后再试运行")
            plan = _plan(tuple(Path(path).absolute() for path in paths), settings, prune)
            print(json.dumps(plan.as_json(), ensure_ascii=False) if as_json else plan)
            raise typer.Exit(1 if plan.failed else 0)
        if report is not None:
            check_report_name(report.absolute())
        files, unfetched = fetched(paths, settings.fetch_hosts, settings.home / PAGES)
        command = Ingest(
            paths=tuple(file.absolute() for file in files),
            unfetched=unfetched,
            prune=prune,
            report=report and report.absolute(),
            as_json=as_json,
        )
        raise typer.Exit(perform(command, settings, Console()))


@cli.command("watch")
def watch_folders(
    folders: Annotated[list[Path], typer.Argument(exists=True, file_okay=False, help="目录")],
    prune: Prune = False,
    poll: Annotated[
        bool, typer.Option("--poll", help="定时查看；网络共享目录上的变化系统不会通知，须加这一项")
    ] = False,
) -> None:
    """一直看着目录：先导入一遍，以后有新文件或改动就导入；复制到一半的等它完整；Ctrl-C 结束。"""
    with one_sentence():
        settings = read_settings()
        watch([folder.absolute() for folder in folders], settings, prune=prune, poll=poll)


cli.command("ledger")(ledger.main)


def _plan(paths: tuple[Path, ...], settings: Settings, prune: bool) -> Plan:
    """The plan of an ingest, from SQL alone: needs no lock and no service, and creates no file."""
    if not holds_knowledge_base(settings):
        return make_plan(paths, (), {}, settings.embed_model, prune)
    with open_sql(settings) as engine:
        registered = Documents(engine, TERMS[Signal.WORD]).summaries()
        return make_plan(paths, registered, DocumentEdits(engine).all(), settings.embed_model, prune)


if __name__ == "__main__":
    keep_private()
    cli()
