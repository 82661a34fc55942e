"""Accounts of people who come by the district's sign-on: made at the first time, brought up to date at each.

An account is found by the provider and the person's unchanging name there, never by the account's name:
whoever may choose names at the provider could take over an account of ours. An administrator joins the two by
`python -m kb user link`.
"""

from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, insert, select

from kb.access.claims import Person
from kb.access.tables import sign_on_identities
from kb.errors import InputError, NotAllowedError
from kb.staff.accounts import (
    NO_PASSWORD,
    Account,
    account_row,
    audit_subject,
    read_account,
    update_account,
)
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.staff.sign_in import AwaitingCode
from kb.storage import tables
from kb.storage.database import transaction

_USERS = tables.users
_DISABLED = "您的账号已停用，不能登录；请联系管理员。"
_TAKEN = (
    "账号名 {name} 在本系统里已有人用，不能自动关联；"
    "是您本人的，请管理员执行 python -m kb user link {name} {subject}"
)
_LINKED = "{subject} 已关联账号 {name}，不能再关联别的账号。"


class Arrivals:
    """Lets people in whom the provider at `provider` has named. All methods raise StoreError."""

    def __init__(self, engine: Engine, audit: Audit, provider: str) -> None:
        self._engine = engine
        self._audit = audit
        self._provider = provider

    def enter(self, person: Person, now: datetime) -> Account | AwaitingCode:
        """Sign in: the account of `person`; or what is passed to SignIn.enter_code, where a code is set up.

        Raises:
            NotAllowedError: the account is disabled, or its name belongs to somebody else.
        """
        with transaction(self._engine) as connection:
            name = self._user_of(connection, person.subject)
            row = account_row(connection, name) if name else self._made(connection, person, now)
            if row["disabled"]:
                raise NotAllowedError(_DISABLED)
            account = self._brought_up_to_date(connection, row, person, now)
            name = account.staff.name
            if account.two_step:
                return AwaitingCode(name=name, session_version=account.session_version)
            how = {"how": "统一身份认证"}
            self._audit.write(connection, name, "登录", audit_subject(name), None, how, now)
            return account

    def end_sessions(self, subject: str, now: datetime) -> None:
        """End the sessions of somebody who came, but has no role at the provider any more."""
        with transaction(self._engine) as connection:
            name = self._user_of(connection, subject)
            if name is not None:
                self._audit.write(connection, name, "认证没有给角色", audit_subject(name), None, None, now)
                update_account(connection, name, {"session_version": _USERS.c.session_version + 1})

    def is_of(self, name: str) -> bool:
        """Whether the account `name` is known at the provider."""
        own = sign_on_identities.c
        query = select(own.subject).where(own.provider == self._provider, own.user == name)
        with transaction(self._engine) as connection:
            return connection.execute(query).first() is not None

    def link(self, staff: Staff, name: str, subject: str, now: datetime) -> Account:
        """Let the person `subject` at the provider sign in to the account `name` that is there already.

        Raises:
            NotAllowedError: `staff` may not manage accounts.
            NotFoundError: there is no such account.
            InputError: `subject` has an account.
        """
        require(staff, Action.USERS)
        with transaction(self._engine) as connection:
            account = read_account(account_row(connection, name))
            linked = self._user_of(connection, subject)
            if linked is not None:
                raise InputError(_LINKED.format(subject=subject, name=linked))
            known_as = {"subject": subject}
            self._audit.write(
                connection, staff.name, "关联统一身份认证", audit_subject(name), None, known_as, now
            )
            self._join(connection, name, subject, now)
            return account

    def _user_of(self, connection: Connection, subject: str) -> str | None:
        own = sign_on_identities.c
        is_own = (own.provider == self._provider, own.subject == subject)
        found: str | None = connection.scalar(select(own.user).where(*is_own))
        return found

    def _join(self, connection: Connection, name: str, subject: str, now: datetime) -> None:
        row = {"provider": self._provider, "subject": subject, "user": name, "made_at": now}
        connection.execute(insert(sign_on_identities).values(row))

    def _made(self, connection: Connection, person: Person, now: datetime) -> RowMapping:
        """The row of a new account."""
        name = person.account
        is_taken = connection.execute(select(_USERS.c.name).where(_USERS.c.name == name)).first()
        if is_taken is not None:
            raise NotAllowedError(_TAKEN.format(name=name, subject=person.subject))
        staff = Staff(name=name, title=person.title, role=person.role, departments=person.departments or ())
        row = {
            **staff.model_dump(mode="json"),
            "password_hash": NO_PASSWORD,
            "disabled": False,
            "failed": 0,
            "totp_failed": 0,
            "session_version": 1,
            "must_change_password": False,
            "version": 1,
        }
        self._audit.write(connection, name, "首次登录建账号", audit_subject(name), None, _told(staff), now)
        connection.execute(insert(_USERS).values(row))
        self._join(connection, name, person.subject, now)
        return account_row(connection, name)

    def _brought_up_to_date(
        self, connection: Connection, row: RowMapping, person: Person, now: datetime
    ) -> Account:
        """The account with the name, role and departments of today; another role ends its sessions."""
        old = read_account(row).staff
        departments = old.departments if person.departments is None else person.departments
        new = old.model_copy(update={"title": person.title, "role": person.role, "departments": departments})
        if new == old:
            return read_account(row)
        subject = audit_subject(old.name)
        self._audit.write(connection, old.name, "按认证更新账号", subject, _told(old), _told(new), now)
        ends = _USERS.c.session_version + int(new.role is not old.role)
        values = new.model_dump(mode="json", exclude={"name"})
        return update_account(connection, old.name, {**values, "session_version": ends})


def _told(staff: Staff) -> dict[str, object]:
    """An account as the audit log shows it."""
    return {"title": staff.title, "role": staff.role.value, "departments": list(staff.departments)}
