"""Parts of the knowledge base opened without the lock on KB_HOME: for commands while the service runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from kb.citizens.left_questions import Questions
from kb.settings import Settings
from kb.staff.audit import Audit
from kb.staff.passwords import Passwords
from kb.staff.users import Users
from kb.storage.parts import open_sql


@contextmanager
def open_questions(settings: Settings) -> Iterator[Questions]:
    """The questions left in `settings.home`, without the lock: for staff, while the service runs.

    Raises:
        SettingsError: there is no knowledge base in that folder.
    """
    with open_sql(settings) as engine:
        yield Questions(engine, settings.reply_days)


@contextmanager
def open_accounts(settings: Settings) -> Iterator[Users]:
    """The accounts of staff, without the lock on KB_HOME.

    Raises:
        SettingsError: there is no knowledge base in that folder.
    """
    with open_sql(settings) as engine:
        yield Users(engine, Audit(engine), Passwords())


@contextmanager
def open_audit(settings: Settings) -> Iterator[Audit]:
    """The audit log, without the lock on KB_HOME.

    Raises:
        SettingsError: there is no knowledge base in that folder.
    """
    with open_sql(settings) as engine:
        yield Audit(engine)
