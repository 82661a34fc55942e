"""python -m kb user, python -m kb audit: accounts of staff and the audit log, also while the service runs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from kb.access.arrivals import Arrivals
from kb.commands.options import AsJson, one_sentence
from kb.commands.unlocked import open_accounts, open_audit
from kb.errors import SettingsError
from kb.settings import read_settings
from kb.staff.accounts import Account
from kb.staff.audit import Audit, differences
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.staff.users import AccountChange, Users
from kb.storage.parts import open_sql

user_cli = typer.Typer(no_args_is_help=True, help="工作人员账号，服务运行时也可使用")
audit_cli = typer.Typer(no_args_is_help=True, help="审计记录，服务运行时也可使用")
Name = Annotated[str, typer.Argument(help="账号名")]


@contextmanager
def opened_users() -> Iterator[Users]:
    """The accounts in KB_HOME, whether the service runs or not."""
    with one_sentence(), open_accounts(read_settings()) as users:
        yield users


@contextmanager
def opened_audit() -> Iterator[Audit]:
    """The audit log in KB_HOME, whether the service runs or not."""
    with one_sentence(), open_audit(read_settings()) as audit:
        yield audit


@user_cli.command("add")
def add(
    name: Name,
    title: Annotated[str, typer.Option(help="姓名")],
    role: Annotated[Role, typer.Option(help="角色")] = Role.ANSWERER,
    department: Annotated[list[str] | None, typer.Option(help="部门，可多次；不给为全部")] = None,
    as_json: AsJson = False,
) -> None:
    """新建账号；密码在提示后输入，或从标准输入读一行，第一次登录时须修改。"""
    with opened_users() as users:
        new = Staff(name=name, title=title, role=role, departments=tuple(department or ()))
        account = users.add(OPERATOR, new, _password(), datetime.now(UTC))
    _tell(account, "已新建", as_json)


@user_cli.command("passwd")
def passwd(name: Name, as_json: AsJson = False) -> None:
    """重设密码并解除锁定；下次登录时须修改。"""
    with opened_users() as users:
        account = users.reset_password(OPERATOR, name, _password(), datetime.now(UTC))
    _tell(account, "已重设密码", as_json)


@user_cli.command("reset-second-step")
def reset_second_step(name: Name, as_json: AsJson = False) -> None:
    """重置两步登录：手机和恢复码都没有了的人，先只用密码登录；它的登录立即失效。"""
    with opened_users() as users:
        account = users.reset_second_step(OPERATOR, name, datetime.now(UTC))
    _tell(account, "已重置两步登录", as_json)


@user_cli.command("link")
def link(
    name: Name,
    subject: Annotated[str, typer.Argument(help="这个人在统一身份认证里的编号（OIDC 的 sub，CAS 的账号）")],
    as_json: AsJson = False,
) -> None:
    """把已有的账号关联到统一身份认证（KB_SIGN_ON_URL），以后从那里登录就是这个账号。"""
    settings = read_settings()
    with one_sentence(), open_sql(settings) as engine:
        if settings.sign_on_url is None:
            raise SettingsError("没有设置 KB_SIGN_ON_URL，不知道关联到哪里")
        arrivals = Arrivals(engine, Audit(engine), settings.sign_on_url)
        account = arrivals.link(OPERATOR, name, subject, datetime.now(UTC))
    _tell(account, "已关联", as_json)


@user_cli.command("list")
def list_users(as_json: AsJson = False) -> None:
    """列出全部账号。"""
    with opened_users() as users:
        accounts = users.all(OPERATOR)
    if as_json:
        print(json.dumps([_json(account) for account in accounts], ensure_ascii=False))
        return
    print("\n".join(map(_line, accounts)) or "还没有账号")


@user_cli.command("disable")
def disable(name: Name, as_json: AsJson = False) -> None:
    """停用账号，它的登录立即失效。"""
    _set_disabled(name, True, "已停用", as_json)


@user_cli.command("enable")
def enable(name: Name, as_json: AsJson = False) -> None:
    """恢复停用的账号。"""
    _set_disabled(name, False, "已恢复", as_json)


@audit_cli.command("verify")
def verify(
    known: Annotated[str | None, typer.Option(help="以前记下的校验值：查它是否还在链中")] = None,
    as_json: AsJson = False,
) -> None:
    """检查审计记录有没有被改动、删除或截断；有则退出码为 1。"""
    with opened_audit() as audit:
        broken, head = audit.verify(known), audit.head()
    report = {"broken": broken and broken.model_dump(), "head": head.model_dump()}
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    elif broken:
        print(f"审计记录不完整，从第 {broken.entry} 条起：{broken.reason}")
    else:
        print(f"审计记录完整：共 {head.count} 条，末条校验值 {head.hash or '（无）'}")
        print("请把校验值记在别处，下次用 --known 核对")
    raise typer.Exit(1 if broken else 0)


@audit_cli.command("list")
def list_audit(
    limit: Annotated[int, typer.Option(min=1, help="条数")] = 50,
    actor: Annotated[str | None, typer.Option("--name", help="只看这个账号做的")] = None,
    subject: Annotated[str | None, typer.Option(help="只看对象含这些字的")] = None,
    as_json: AsJson = False,
) -> None:
    """列出最近的审计记录，新的在前。"""
    with opened_audit() as audit:
        entries = audit.entries(limit, None, actor, subject)
    if as_json:
        print(json.dumps([entry.model_dump(mode="json") for entry in entries], ensure_ascii=False))
        return
    for entry in entries:
        changed = differences(entry.before, entry.after)
        changes = "；".join(f"{name} {old} → {new}" for name, old, new in changed)
        when = f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"
        print(entry.id, when, entry.actor, entry.action, entry.subject, changes, sep="　")


def _set_disabled(name: str, is_disabled: bool, done: str, as_json: bool) -> None:
    with opened_users() as users:
        version = users.find(OPERATOR, name).version
        change = AccountChange(disabled=is_disabled)
        account = users.change(OPERATOR, name, version, change, datetime.now(UTC))
    _tell(account, done, as_json)


def _password() -> str:
    """A password typed at the terminal, else read from a pipe; never from arguments, which others can see."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("密码", hide_input=True, confirmation_prompt="再输一次")
        return typed
    return sys.stdin.readline().rstrip("\n")


def _tell(account: Account, done: str, as_json: bool) -> None:
    print(json.dumps(_json(account), ensure_ascii=False) if as_json else f"{done}：{_line(account)}")


def _json(account: Account) -> dict[str, object]:
    rest = account.model_dump(mode="json", exclude={"staff", "session_version"})
    return {**account.staff.model_dump(mode="json"), **rest}


def _line(account: Account) -> str:
    staff = account.staff
    state = ("，两步登录" if account.two_step else "") + ("，已停用" if account.disabled else "")
    departments = "、".join(staff.departments) or "全部单位"
    return f"{staff.name}　{staff.title}　{staff.role.label}　{departments}{state}"
