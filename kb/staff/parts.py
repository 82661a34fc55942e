"""The parts of the room staff, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.staff.attempts import Attempts
from kb.staff.audit import Audit
from kb.staff.codes import Seal
from kb.staff.contacts import Contacts
from kb.staff.passwords import Passwords
from kb.staff.second_step import RequiredRoles, SecondStep
from kb.staff.sign_in import SignIn
from kb.staff.users import Users


@dataclass(frozen=True)
class StaffParts:
    """Accounts, sign-in and its second step, the audit log, and the contacts that citizens see."""

    users: Users
    sign_in: SignIn
    second_step: SecondStep
    audit: Audit
    contacts: Contacts


def open_staff(engine: Engine, *, key: bytes, required: RequiredRoles, passwords: Passwords) -> StaffParts:
    """The room's parts over the database behind `engine`.

    `key` is that of KB_HOME (kb.storage.parts); `required` gives the roles that need the second step now.
    """
    audit = Audit(engine)
    attempts = Attempts(engine, audit, passwords, key)
    second_step = SecondStep(
        engine=engine,
        audit=audit,
        passwords=passwords,
        attempts=attempts,
        seal=Seal(key),
        required=required,
    )
    return StaffParts(
        users=Users(engine, audit, passwords),
        sign_in=SignIn(
            engine=engine, audit=audit, passwords=passwords, attempts=attempts, second_step=second_step
        ),
        second_step=second_step,
        audit=audit,
        contacts=Contacts(engine, audit),
    )
