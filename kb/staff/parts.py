"""The parts of the room staff, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.staff.audit import Audit
from kb.staff.contacts import Contacts
from kb.staff.passwords import Passwords
from kb.staff.sign_in import SignIn
from kb.staff.users import Users


@dataclass(frozen=True)
class StaffParts:
    """Accounts, sign-in, the audit log, and the contacts that citizens see."""

    users: Users
    sign_in: SignIn
    audit: Audit
    contacts: Contacts


def open_staff(engine: Engine) -> StaffParts:
    """The room's parts over the database behind `engine`."""
    audit, passwords = Audit(engine), Passwords()
    return StaffParts(
        users=Users(engine, audit, passwords),
        sign_in=SignIn(engine, audit, passwords),
        audit=audit,
        contacts=Contacts(engine, audit),
    )
