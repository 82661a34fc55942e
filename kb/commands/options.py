"""What all commands of `python -m kb` share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from kb.errors import KbError
from kb.space import is_full

AsJson = Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")]


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn a KbError in the block, or a full disk, into one sentence on stderr and exit code 1."""
    try:
        yield
    except KbError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    except OSError as error:
        if not is_full(error):
            raise
        print(f"磁盘空间不足：{error}；请清理磁盘后再试", file=sys.stderr)
        raise typer.Exit(1) from error
