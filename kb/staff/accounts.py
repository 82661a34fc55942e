"""An account of staff, and how its row is read and written (for kb.staff.users and kb.staff.sign_in)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select, update

from kb.errors import NotFoundError
from kb.models import Model
from kb.staff.permissions import Staff
from kb.storage import tables

NO_PASSWORD = ""  # stands for a hash that no password has
_USERS = tables.users


class Account(Model):
    """An account as administrators see it; `version` is passed back when saving."""

    staff: Staff
    disabled: bool
    locked_until: datetime | None
    must_change_password: bool
    session_version: int
    version: int
    two_step: bool  # signs in with password and code
    has_password: bool = True  # without one it signs in by the district's sign-on alone

    def is_locked(self, now: datetime) -> bool:
        """Whether nobody can sign in for now."""
        return self.locked_until is not None and self.locked_until > now


def account_row(connection: Connection, name: str) -> RowMapping:
    """The row of `name`.

    Raises:
        NotFoundError: there is no such account.
    """
    row = connection.execute(select(_USERS).where(_USERS.c.name == name)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"没有账号 {name}", f"没有账号 {name}，请刷新后再看。")
    return row


def read_account(row: RowMapping) -> Account:
    """The account in a row."""
    staff = {name: row[name] for name in ("name", "title", "role", "departments")}
    made = {
        "staff": staff,
        "two_step": row["totp_secret"] is not None,
        "has_password": row["password_hash"] != NO_PASSWORD,
    }
    rest = {name: row[name] for name in Account.model_fields if name not in made}
    return Account.model_validate({**made, **rest})


def working_staff(connection: Connection) -> tuple[Staff, ...]:
    """The staff whose accounts are not switched off, by name."""
    rows = connection.execute(select(_USERS).where(~_USERS.c.disabled).order_by(_USERS.c.name))
    return tuple(read_account(row).staff for row in rows.mappings())


def update_account(connection: Connection, name: str, values: Mapping[str, object]) -> Account:
    """Write `values`, whatever version is stored; return the changed account.

    Raises:
        NotFoundError: there is no such account.
    """
    new_values = {**values, "version": _USERS.c.version + 1}
    connection.execute(update(_USERS).where(_USERS.c.name == name).values(new_values))
    return read_account(account_row(connection, name))


def password_values(password_hash: str, must_change: bool) -> Mapping[str, object]:
    """The values that change with a new password: it unlocks the account and ends its sessions."""
    return {
        "password_hash": password_hash,
        "must_change_password": must_change,
        "failed": 0,
        "locked_until": None,
        "totp_failed": 0,
        "session_version": _USERS.c.session_version + 1,
    }


def forget_second_step(connection: Connection, name: str) -> Account:
    """Remove secret and recovery codes of the account and end its sessions; return the changed account.

    Raises:
        NotFoundError: there is no such account.
    """
    codes = tables.recovery_codes
    connection.execute(delete(codes).where(codes.c.user == name))
    nothing = {"totp_secret": None, "totp_counter": None, "totp_failed": 0}
    return update_account(connection, name, {**nothing, "session_version": _USERS.c.session_version + 1})


def audit_subject(name: str) -> str:
    """The name of an account in the audit log."""
    return f"账号 {name}"
