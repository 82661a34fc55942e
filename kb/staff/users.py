"""Accounts of staff: administrators add, change, disable and unlock them; every change is audited."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select, update

from kb.errors import ConflictError, InputError
from kb.models import Model
from kb.staff.accounts import (
    Account,
    account_row,
    audit_subject,
    forget_second_step,
    password_values,
    read_account,
    update_account,
)
from kb.staff.attempts import unlock
from kb.staff.audit import Audit
from kb.staff.passwords import Passwords, check_password, generate_password
from kb.staff.permissions import OPERATOR, Action, Role, Staff, require
from kb.storage import tables
from kb.storage.database import transaction

FIRST_ADMIN = "admin"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_MAX_TITLE_CHARS = 30
_USERS = tables.users


class AccountChange(Model):
    """What an administrator changes in an account; None leaves a field as it is."""

    title: str | None = None
    role: Role | None = None
    departments: tuple[str, ...] | None = None
    disabled: bool | None = None


class Users:
    """The accounts. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit, passwords: Passwords) -> None:
        self._engine = engine
        self._audit = audit
        self._passwords = passwords

    def ensure_admin(self, password: str | None, now: datetime) -> str | None:
        """Make the account `admin` when there is no account at all.

        Without a `password` one is generated and returned, to be shown once; it must be changed at the first
        sign-in. Otherwise returns None.

        Raises:
            InputError: `password` is too short or holds the account's name.
        """
        with transaction(self._engine) as connection:
            if connection.execute(select(func.count()).select_from(_USERS)).scalar_one():
                return None
        admin = Staff(name=FIRST_ADMIN, title=Role.ADMIN.label, role=Role.ADMIN)
        made_up = None if password else generate_password()
        self.add(OPERATOR, admin, password or made_up or "", now, must_change=made_up is not None)
        return made_up

    def all(self, staff: Staff) -> list[Account]:
        """Every account, by name.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
        """
        require(staff, Action.USERS)
        with transaction(self._engine) as connection:
            rows = connection.execute(select(_USERS).order_by(_USERS.c.name)).mappings()
            return [read_account(row) for row in rows]

    def find(self, staff: Staff, name: str) -> Account:
        """The account `name`.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
            NotFoundError: there is no such account.
        """
        require(staff, Action.USERS)
        with transaction(self._engine) as connection:
            return read_account(account_row(connection, name))

    def add(
        self, staff: Staff, new: Staff, password: str, now: datetime, must_change: bool = True
    ) -> Account:
        """Add an account for `new`; with `must_change` the password must be changed at the first sign-in.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
            InputError: the name, the title or the password is not acceptable, or the name is in use.
        """
        require(staff, Action.USERS)
        cleaned = {"title": _title(new.title), "departments": _once_each(new.departments)}
        new = new.model_copy(update={"name": new.name.strip().lower(), **cleaned})
        if not _NAME.fullmatch(new.name):
            raise InputError("账号名只能用字母、数字和 . _ -，以字母或数字开头，最多 32 个字符。")
        check_password(new.name, password)
        row = {
            **new.model_dump(mode="json"),
            "password_hash": self._passwords.hash(password),
            "disabled": False,
            "failed": 0,
            "totp_failed": 0,
            "session_version": 1,
            "must_change_password": must_change,
            "version": 1,
        }
        with transaction(self._engine) as connection:
            self._audit.write(
                connection, staff.name, "新建账号", audit_subject(new.name), None, _shown(new, False), now
            )
            if connection.execute(select(_USERS.c.name).where(_USERS.c.name == new.name)).first():
                raise InputError(f"账号名 {new.name} 已经有人使用，请换一个。")
            connection.execute(insert(_USERS).values(row))
            return read_account(account_row(connection, new.name))

    def change(self, staff: Staff, name: str, version: int, change: AccountChange, now: datetime) -> Account:
        """Save what `change` sets on the `version` that was read; a new role or disabling ends sessions.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
            NotFoundError: there is no such account.
            ConflictError: somebody else has saved it since.
            InputError: the title is not acceptable, or no administrator would be left.
        """
        require(staff, Action.USERS)
        values = change.model_dump(exclude_none=True)
        if change.title is not None:
            values["title"] = _title(change.title)
        if change.departments is not None:
            values["departments"] = _once_each(change.departments)
        with transaction(self._engine) as connection:
            old = read_account(account_row(connection, name))
            disabled = values.pop("disabled", old.disabled)
            new = old.staff.model_copy(update=values)
            ends = new.role is not old.staff.role or disabled != old.disabled
            saved = connection.execute(
                update(_USERS)
                .where(_USERS.c.name == name, _USERS.c.version == version)
                .values(
                    **new.model_dump(mode="json", exclude={"name"}),
                    disabled=disabled,
                    version=version + 1,
                    session_version=_USERS.c.session_version + int(ends),
                )
            )
            if not saved.rowcount:
                raise ConflictError(
                    f"账号 {name} 刚被别人修改过（现在是{old.staff.title}，{old.staff.role.label}），"
                    "您的修改没有保存；请刷新后再改。"
                )
            before, after = _shown(old.staff, old.disabled), _shown(new, disabled)
            self._audit.write(connection, staff.name, "修改账号", audit_subject(name), before, after, now)
            if old.staff.role is Role.ADMIN:
                _keep_an_admin(connection)
            return read_account(account_row(connection, name))

    def reset_password(self, staff: Staff, name: str, password: str, now: datetime) -> Account:
        """Set another password, to be changed at the next sign-in; this also unlocks the account.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
            NotFoundError: there is no such account.
            InputError: the password is not good enough.
        """
        require(staff, Action.USERS)
        check_password(name, password)
        values = password_values(self._passwords.hash(password), must_change=True)
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "重设密码", audit_subject(name), None, None, now)
            unlock(connection, name)
            return update_account(connection, name, values)

    def unlock(self, staff: Staff, name: str, now: datetime) -> Account:
        """Let the account sign in again at once.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
            NotFoundError: there is no such account.
        """
        require(staff, Action.USERS)
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "解除锁定", audit_subject(name), None, None, now)
            unlock(connection, name)
            return update_account(connection, name, {"failed": 0, "locked_until": None})

    def reset_second_step(self, staff: Staff, name: str, now: datetime) -> Account:
        """Let the account, whose owner has lost the phone, sign in by password alone; its sessions end.

        Where its role must sign in with a code, the next sign-in begins with setting up an app again.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
            NotFoundError: there is no such account.
        """
        require(staff, Action.USERS)
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "重置两步登录", audit_subject(name), None, None, now)
            return forget_second_step(connection, name)


def _keep_an_admin(connection: Connection) -> None:
    """Raise InputError, and so undo the transaction, if no administrator is left.

    Called after the audit entry is written: writers wait there for each other, so two changes at once cannot
    each count on the administrator that the other one removes.
    """
    admins = select(func.count()).where(_USERS.c.role == Role.ADMIN.value, _USERS.c.disabled.is_(False))
    if not connection.execute(admins).scalar_one():
        raise InputError("这是最后一个可用的管理员账号，不能停用或改为其他角色；请先另设一个管理员。")


def _title(title: str) -> str:
    title = title.strip()
    if not 0 < len(title) <= _MAX_TITLE_CHARS:
        raise InputError(f"姓名没有填，或超过 {_MAX_TITLE_CHARS} 个字，请修改。")
    return title


def _once_each(departments: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(str.strip, departments))))


def _shown(staff: Staff, disabled: bool) -> dict[str, object]:
    """An account as the audit log shows it."""
    return {
        "姓名": staff.title,
        "角色": staff.role.label,
        "部门": list(staff.departments),
        "停用": disabled,
    }
