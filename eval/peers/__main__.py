"""python -m eval.peers (make bench-peers): the comparison; the packages of the peers are for developers."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eval.peers.measuring import make_vectors, measure_ours, measure_peer, side_by_side, table
from kb.errors import KbError


def compare(
    corpus: Annotated[Path, typer.Argument(exists=True, help="文件目录")] = Path("corpus"),
    qa: Annotated[Path, typer.Argument(exists=True, help="问答集")] = Path("eval/sets"),
    out: Annotated[Path, typer.Option(file_okay=False, help="各系统的库放在这里，每次重建")] = Path(
        "reports/bench-peers"
    ),
    one: Annotated[str | None, typer.Option(hidden=True)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")] = False,
) -> None:
    """与 llama-index、它的 Qdrant 存储、BM25 加 RRF 并排比较：同样的文件、题目、向量和机器。"""
    try:
        if one == "ours":
            print(measure_ours(corpus, qa, out).model_dump_json())
        elif one == "vectors":
            make_vectors(out)
        elif one is not None:
            print(measure_peer(one, out).model_dump_json())
        else:
            found = side_by_side(corpus, qa, out)
            if as_json:
                print(json.dumps([measured.model_dump() for measured in found], ensure_ascii=False, indent=2))
            else:
                Console().print(table(found))
    except KbError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(compare)
