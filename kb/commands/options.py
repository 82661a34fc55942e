"""What all commands of `python -m kb` share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from kb.errors import KbError

AsJson = Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")]


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn a KbError in the block into one sentence on stderr and exit code 1."""
    try:
        yield
    except KbError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
