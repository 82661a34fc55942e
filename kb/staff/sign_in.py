"""Signing in: passwords tried and counted, sessions opened and ended.

Five wrong passwords lock an account for a quarter of an hour. An unknown name, a wrong password, a locked and
a disabled account get the same sentence after the same time, so that nobody learns which names exist. A
session holds the account's `session_version`; a new password, another role, disabling and signing out raise
it, which ends the sessions opened before.
"""

from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, case, literal, or_, select, update

from kb.errors import InputError, NotAllowedError
from kb.models import Model
from kb.staff.accounts import (
    Account,
    account_row,
    audit_subject,
    password_values,
    read_account,
    update_account,
)
from kb.staff.audit import Audit
from kb.staff.passwords import Passwords, check_password
from kb.staff.permissions import Staff
from kb.storage import tables
from kb.storage.database import transaction

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
REFUSED = f"账号或密码不对。连续输错 {MAX_FAILURES} 次，账号会锁定 15 分钟。"
_WRONG_OLD = f"原密码不对，密码没有修改。连续输错 {MAX_FAILURES} 次，账号会锁定 15 分钟。"
_USERS = tables.users


class _Attempt(Model):
    stored: str  # the hash to check the password against
    locks: bool  # whether a wrong password locks the account


class SignIn:
    """Signs staff in and out and changes their passwords.

    All methods raise StoreError when the database fails.
    """

    def __init__(self, engine: Engine, audit: Audit, passwords: Passwords) -> None:
        self._engine = engine
        self._audit = audit
        self._passwords = passwords

    def enter(self, name: str, password: str, now: datetime) -> Account:
        """Sign in: the account `name`, if `password` is right.

        Raises:
            NotAllowedError: unknown name, wrong password, locked or disabled; one sentence for all.
        """
        name = name.strip().lower()
        stored = self._fitting(name, password, now)
        if stored is None:
            raise NotAllowedError(REFUSED)
        values: dict[str, object] = {"failed": 0, "locked_until": None}
        if self._passwords.is_outdated(stored):
            values["password_hash"] = self._passwords.hash(password)
        with transaction(self._engine) as connection:
            self._audit.write(connection, name, "登录", audit_subject(name), None, None, now)
            connection.execute(update(_USERS).where(_USERS.c.name == name).values(values))
            return read_account(account_row(connection, name))

    def account_of(self, name: str, session_version: int) -> Account | None:
        """The account `name`, while its sessions of `session_version` are open; None when they have ended."""
        is_session = and_(_USERS.c.name == name, _USERS.c.session_version == session_version)
        with transaction(self._engine) as connection:
            query = select(_USERS).where(is_session, _USERS.c.disabled.is_(False))
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else read_account(row)

    def leave(self, staff: Staff, now: datetime) -> None:
        """End all sessions of the account, also those of copied cookies."""
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "退出", audit_subject(staff.name), None, None, now)
            next_version = _USERS.c.session_version + 1
            is_own = _USERS.c.name == staff.name
            connection.execute(update(_USERS).where(is_own).values(session_version=next_version))

    def change_password(self, staff: Staff, old: str, new: str, now: datetime) -> Account:
        """Change one's own password and return the account; all sessions end, the caller must open a new one.

        Raises:
            NotAllowedError: `old` is not the password, or was wrong too often.
            InputError: the new password is not good enough or is the old one.
        """
        check_password(staff.name, new)
        stored = self._fitting(staff.name, old, now)
        if stored is None:
            raise NotAllowedError(_WRONG_OLD)
        if self._passwords.fits(stored, new):
            raise InputError("新密码和原密码一样，请换一个。")
        values = password_values(self._passwords.hash(new), must_change=False)
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "修改密码", audit_subject(staff.name), None, None, now)
            return update_account(connection, staff.name, values)

    def _fitting(self, name: str, password: str, now: datetime) -> str | None:
        """The stored hash, if `password` fits it and may be tried now; else None."""
        attempt = self._count(name, now)
        if attempt is None:
            self._passwords.fits(None, password)  # takes as long as if there were one
            return None
        if self._passwords.fits(attempt.stored, password):
            return attempt.stored
        if attempt.locks:
            with transaction(self._engine) as connection:
                self._audit.write(connection, name, "锁定", audit_subject(name), None, None, now)
        return None

    def _count(self, name: str, now: datetime) -> _Attempt | None:
        """Count an attempt for `name`; None when no attempt is allowed.

        It is counted before the password is checked: of many attempts at once only five get that far.
        """
        table = _USERS.c
        is_last = table.failed == MAX_FAILURES - 1
        counted = (
            update(_USERS)
            .where(table.name == name, table.disabled.is_(False))
            .where(or_(table.locked_until.is_(None), table.locked_until <= now))
            .values(
                failed=case((table.failed >= MAX_FAILURES, 1), else_=table.failed + 1),
                locked_until=case((is_last, literal(now + LOCKED_FOR, tables.Moment)), else_=None),
            )
        )
        with transaction(self._engine) as connection:
            if not connection.execute(counted).rowcount:
                return None
            row = account_row(connection, name)
            return _Attempt(stored=row["password_hash"], locks=row["locked_until"] is not None)
