"""python -m ingest PATH...: bring policy files into the knowledge base.

python -m ingest ledger FILE --out x.xlsx: the ledger of a work plan (ingest.ledger).
"""

import sys
from typing import Annotated

import typer

from ingest import ledger
from ingest.fetch import PAGES, fetched
from ingest.pipeline import ingest
from kb.errors import KbError
from kb.knowledge_base import open_knowledge_base
from kb.settings import read_settings


def main(
    paths: Annotated[list[str], typer.Argument(help="文件、目录、docs.jsonl 或允许抓取的网址")],
    prune: Annotated[bool, typer.Option("--prune", help="移除这些目录下已不存在的文件")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")] = False,
) -> None:
    """把政策文件读入知识库；内容未变的跳过，读不了的逐个说明原因。"""
    try:
        settings = read_settings()
        files, failures = fetched(paths, settings.fetch_hosts, settings.home / PAGES)
        with open_knowledge_base(settings) as kb:
            result = ingest(files, kb, prune=prune)
            result = result.model_copy(update={"failed": (*failures, *result.failed)})
    except KbError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    print(result.model_dump_json() if as_json else result)
    raise typer.Exit(1 if result.failed else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["ledger"]:
        del sys.argv[1]
        typer.run(ledger.main)
    else:
        typer.run(main)
