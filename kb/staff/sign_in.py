"""Signing in: the password, then the code where one is set up; sessions opened and ended.

Wrong attempts lock (kb.staff.attempts). An unknown name, a wrong password, a locked and a disabled account
get the same sentence after the same time, so that nobody learns which names exist. A session holds the
account's `session_version`; a new password, another role, disabling, signing out and a changed second step
raise it, which ends the sessions opened before.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, and_, select, update

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
from kb.staff.attempts import LOCK_RULE, Attempt, Attempts
from kb.staff.audit import Audit
from kb.staff.passwords import Passwords, check_password
from kb.staff.permissions import Staff
from kb.staff.second_step import WRONG_CODE, SecondStep
from kb.storage import tables
from kb.storage.database import transaction

REFUSED = f"账号或密码不对。{LOCK_RULE}"
_WRONG_OLD = f"原密码不对，密码没有修改。{LOCK_RULE}"
_USERS = tables.users


class Duty(StrEnum):
    """What the owner of an account must do before anything else."""

    CHANGE_PASSWORD = "change_password"
    SET_UP_SECOND_STEP = "set_up_second_step"


class AwaitingCode(Model):
    """The password of an account was right; nobody is signed in before SignIn.enter_code has the code."""

    name: str
    session_version: int


class SignIn:
    """Signs staff in and out and changes their passwords.

    `address` names where the request came from; all requests of one household or office have the same.
    All methods raise StoreError when the database fails.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        audit: Audit,
        passwords: Passwords,
        attempts: Attempts,
        second_step: SecondStep,
    ) -> None:
        self._engine = engine
        self._audit = audit
        self._passwords = passwords
        self._attempts = attempts
        self._second_step = second_step

    def enter(self, name: str, password: str, address: str, now: datetime) -> Account | AwaitingCode:
        """Sign in: the account `name`, if `password` is right; or what is passed to `enter_code`.

        Raises:
            NotAllowedError: unknown name, wrong password, locked or disabled; one sentence for all.
        """
        name = name.strip().lower()
        attempt = self._attempts.with_password(name, password, address, now)
        if attempt is None:
            raise NotAllowedError(REFUSED)
        is_outdated = self._passwords.is_outdated(attempt.password_hash)
        renewed = self._passwords.hash(password) if is_outdated else attempt.password_hash
        with transaction(self._engine) as connection:
            if is_outdated:
                connection.execute(update(_USERS).where(_USERS.c.name == name).values(password_hash=renewed))
            if attempt.totp_secret is None:
                return self._admit(connection, attempt, now)
            self._attempts.undo(connection, attempt)
        return AwaitingCode(name=name, session_version=attempt.session_version)

    def enter_code(self, waiting: AwaitingCode, code: str, address: str, now: datetime) -> Account:
        """Sign in whose password was right, if `code` is right; a wrong one counts like a wrong password.

        Raises:
            NotAllowedError: wrong or used code, locked, disabled, or the account has changed meanwhile.
        """
        attempt = self._attempts.begin(waiting.name, address, now)
        is_same = attempt is not None and attempt.session_version == waiting.session_version
        if attempt is None or not is_same or not self._second_step.check(attempt, code, now):
            if attempt is not None:
                self._attempts.failed(attempt, now)
            raise NotAllowedError(WRONG_CODE)
        with transaction(self._engine) as connection:
            return self._admit(connection, attempt, now)

    def account_of(self, name: str, session_version: int) -> Account | None:
        """The account `name`, while its sessions of `session_version` are open; None when they have ended."""
        is_session = and_(_USERS.c.name == name, _USERS.c.session_version == session_version)
        with transaction(self._engine) as connection:
            query = select(_USERS).where(is_session, _USERS.c.disabled.is_(False))
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else read_account(row)

    def duty_of(self, account: Account) -> Duty | None:
        """What its owner must do first; None when they may work."""
        if account.must_change_password:
            return Duty.CHANGE_PASSWORD
        return Duty.SET_UP_SECOND_STEP if self._second_step.is_due(account) else None

    def leave(self, staff: Staff, now: datetime) -> None:
        """End all sessions of the account, also those of copied cookies."""
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "退出", audit_subject(staff.name), None, None, now)
            next_version = _USERS.c.session_version + 1
            is_own = _USERS.c.name == staff.name
            connection.execute(update(_USERS).where(is_own).values(session_version=next_version))

    def change_password(self, staff: Staff, old: str, new: str, address: str, now: datetime) -> Account:
        """Change one's own password and return the account; all sessions end, the caller must open a new one.

        Raises:
            NotAllowedError: `old` is not the password, or was wrong too often.
            InputError: the new password is not good enough or is the old one.
        """
        check_password(staff.name, new)
        attempt = self._attempts.with_password(staff.name, old, address, now)
        if attempt is None:
            raise NotAllowedError(_WRONG_OLD)
        if self._passwords.fits(attempt.password_hash, new):
            raise InputError("新密码和原密码一样，请换一个。")
        values = password_values(self._passwords.hash(new), must_change=False)
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "修改密码", audit_subject(staff.name), None, None, now)
            self._attempts.succeeded(connection, attempt, now)
            return update_account(connection, staff.name, values)

    def _admit(self, connection: Connection, attempt: Attempt, now: datetime) -> Account:
        name = attempt.name
        self._audit.write(connection, name, "登录", audit_subject(name), None, None, now)
        self._attempts.succeeded(connection, attempt, now)
        return read_account(account_row(connection, name))
