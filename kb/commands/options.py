"""What all commands of `python -m kb` share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from typer.core import TyperGroup

from kb.errors import KbError
from kb.space import is_full

AsJson = Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")]
_NOT_UTF8 = "参数里有不是 UTF-8 的字符：请检查终端的编码；文件名是这样的，请先改名"


class Commands(TyperGroup):
    """The commands of a program; arguments that are no text are refused before any of them runs."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Refuse bytes that are no UTF-8, which Python passes on as half of a surrogate pair (PEP 383)."""
        try:
            "".join(args).encode()
        except UnicodeEncodeError as error:
            raise typer.BadParameter(_NOT_UTF8) from error
        return super().parse_args(ctx, args)


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn a KbError in the block, or a file that cannot be used, into one sentence and exit code 1."""
    try:
        yield
    except KbError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    except OSError as error:
        if is_full(error):
            print(f"磁盘空间不足：{error}；请清理磁盘后再试", file=sys.stderr)
        else:
            print(f"不能读写 {error.filename or '文件'}：{error.strerror or error}", file=sys.stderr)
        raise typer.Exit(1) from error
