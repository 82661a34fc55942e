"""`python -m kb key`: the keys of other programs, also while the service runs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from kb.access.api_keys import DAYS, RATE, ApiKey, ApiKeys, Scope
from kb.clock import CHINA_TIME, china_day
from kb.commands.options import AsJson, one_sentence
from kb.settings import read_settings
from kb.staff.audit import Audit
from kb.staff.permissions import OPERATOR
from kb.storage.parts import open_sql

key_cli = typer.Typer(no_args_is_help=True, help="其他程序的接口密钥，服务运行时也可使用")


@contextmanager
def opened_keys() -> Iterator[ApiKeys]:
    """The keys in KB_HOME, whether the service runs or not."""
    with one_sentence(), open_sql(read_settings()) as engine:
        yield ApiKeys(engine, Audit(engine))


@key_cli.command("add")
def add(
    name: Annotated[str, typer.Argument(help="哪个程序用，如“区政务服务 App”")],
    scope: Annotated[list[Scope], typer.Option(help="用途：ask 提问，search 检索；可两次")],
    rate: Annotated[int, typer.Option(help="每分钟最多几次，0 不限")] = RATE,
    days: Annotated[int, typer.Option(help="有效几天")] = DAYS,
    as_json: AsJson = False,
) -> None:
    """新建密钥；密钥只显示这一次。"""
    with opened_keys() as keys:
        new = keys.make(OPERATOR, name, scope, datetime.now(UTC), rate=rate, days=days)
    if as_json:
        print(json.dumps({**_json(new.key), "key": new.secret}, ensure_ascii=False))
        return
    print(f"已新建：{_line(new.key)}", file=sys.stderr)
    print("密钥只显示这一次，请马上存进用它的程序：", file=sys.stderr)
    print(new.secret)


@key_cli.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """列出全部密钥，新的在前；密钥本身不再显示。"""
    with opened_keys() as keys:
        found = keys.all(OPERATOR)
    if as_json:
        print(json.dumps([_json(key) for key in found], ensure_ascii=False))
        return
    print("\n".join(map(_line, found)) or "还没有接口密钥")


@key_cli.command("revoke")
def revoke(number: Annotated[int, typer.Argument(help="编号")], as_json: AsJson = False) -> None:
    """停用一个密钥，立即生效，不能恢复。"""
    with opened_keys() as keys:
        key = keys.revoke(OPERATOR, number, datetime.now(UTC))
    print(json.dumps(_json(key), ensure_ascii=False) if as_json else f"已停用：{_line(key)}")


def _json(key: ApiKey) -> dict[str, object]:
    return {**key.model_dump(mode="json"), "state": key.state(datetime.now(UTC)).value}


def _line(key: ApiKey) -> str:
    scopes = "、".join(scope.label for scope in key.scopes)
    rate = f"每分钟 {key.rate} 次" if key.rate else "不限次数"
    used = (
        f"{key.last_used_at.astimezone(CHINA_TIME):%Y-%m-%d %H:%M} 用过" if key.last_used_at else "没有用过"
    )
    state = key.state(datetime.now(UTC)).value
    until = f"有效期至 {china_day(key.expires_at)}"
    return f"{key.id}　{key.name}　{key.hint}…　{scopes}　{rate}　{until}　{used}　{state}"
