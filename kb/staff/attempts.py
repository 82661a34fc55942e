"""Attempts to sign in are counted before they are checked; five wrong ones lock for a quarter of an hour.

An address where the account signed in before (in the last 90 days; the latest ten) has its own count. All
other addresses share that of the account. So strangers who keep an account locked do not lock out the person
at the usual desk, and guessing is limited from each address as well as from all together. An address is
stored as a keyed digest only.
"""

import hmac
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    Update,
    and_,
    case,
    delete,
    literal,
    or_,
    select,
    update,
)

from kb.models import Model
from kb.staff.accounts import account_row, audit_subject
from kb.staff.audit import Audit
from kb.staff.passwords import Passwords
from kb.storage import tables
from kb.storage.database import transaction, upsert

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
LOCK_RULE = f"连续输错 {MAX_FAILURES} 次，账号会锁定 15 分钟。"
_REMEMBERED_FOR = timedelta(days=90)
_MOST_PLACES = 10
_USERS, _PLACES = tables.users, tables.sign_in_places


class Attempt(Model):
    """An attempt that was counted and may be checked; `row` is the account's row of `tables.users`."""

    name: str
    place: str
    is_known: bool  # whether the account signed in at `place` before
    lock: datetime | None  # the lock that this attempt sets, unless it succeeds
    password_hash: str
    session_version: int
    totp_secret: str | None
    totp_counter: int | None


class Attempts:
    """Counts attempts and remembers addresses; `key` is that of KB_HOME."""

    def __init__(self, engine: Engine, audit: Audit, passwords: Passwords, key: bytes) -> None:
        self._engine = engine
        self._audit = audit
        self._passwords = passwords
        self._key = hmac.digest(key, b"addresses of accounts", "sha256")

    def with_password(self, name: str, password: str, address: str, now: datetime) -> Attempt | None:
        """The counted attempt, if `password` is that of `name` and may be tried now; else None."""
        attempt = self.begin(name, address, now)
        # Without an account the password is checked as well, so that it takes as long.
        stored = attempt.password_hash if attempt is not None else None
        if self._passwords.fits(stored, password):
            return attempt
        if attempt is not None:
            self.failed(attempt, now)
        return None

    def begin(self, name: str, address: str, now: datetime) -> Attempt | None:
        """Count an attempt for the account `name` from `address`; None when none is allowed now.

        It is counted before anything is checked: of many attempts at once only five get that far.
        """
        place = hmac.new(self._key, f"{name}\n{address}".encode("utf-8", "replace"), "sha256").hexdigest()
        with transaction(self._engine) as connection:
            known = connection.execute(select(_PLACES.c.place).where(_is_known(name, place, now))).first()
            table, is_own = _counter(name, place, known is not None)
            if not connection.execute(_counting(table, is_own, now)).rowcount:
                return None
            lock = connection.execute(select(table.c.locked_until).where(is_own)).scalar_one()
            row = account_row(connection, name)
            fields = ("password_hash", "session_version", "totp_secret", "totp_counter")
            own = {field: row[field] for field in fields}
        return Attempt(name=name, place=place, is_known=known is not None, lock=lock, **own)

    def failed(self, attempt: Attempt, now: datetime) -> None:
        """Write the lock to the audit log, if this attempt set one."""
        if attempt.lock is not None:
            scope = {"范围": "只限一个登录过的地址" if attempt.is_known else "没有登录过的地址"}
            subject = audit_subject(attempt.name)
            with transaction(self._engine) as connection:
                self._audit.write(connection, attempt.name, "锁定", subject, None, scope, now)

    def undo(self, connection: Connection, attempt: Attempt) -> None:
        """Take the attempt back: its password was right, but it signs nobody in yet.

        It does not set the count to 0: with a known password, codes could be guessed without end. A lock set
        by another attempt meanwhile stays.
        """
        table, is_own = _counter(attempt.name, attempt.place, attempt.is_known)
        is_unchanged = or_(table.c.locked_until.is_(None), table.c.locked_until == attempt.lock)
        values = {"failed": table.c.failed - 1, "locked_until": None}
        connection.execute(update(table).where(is_own, table.c.failed > 0, is_unchanged).values(values))

    def succeeded(self, connection: Connection, attempt: Attempt, now: datetime) -> None:
        """The attempt signed somebody in: end its count and remember its address."""
        name, place = attempt.name, attempt.place
        table, is_own = _counter(name, place, attempt.is_known)
        connection.execute(update(table).where(is_own).values(failed=0, locked_until=None))
        row = {"user": name, "place": place, "used_at": now, "failed": 0, "locked_until": None}
        upsert(connection, _PLACES, [row])
        own = _PLACES.alias()  # under its own name the subquery would refer to the row to delete
        newest_first = select(own.c.place).where(own.c.user == name).order_by(own.c.used_at.desc())
        latest = newest_first.limit(_MOST_PLACES)
        is_forgotten = or_(_PLACES.c.used_at <= now - _REMEMBERED_FOR, _PLACES.c.place.not_in(latest))
        connection.execute(delete(_PLACES).where(_PLACES.c.user == name, is_forgotten))


def unlock(connection: Connection, name: str) -> None:
    """Start the counts of the account's known addresses anew; its own is in its row of `tables.users`."""
    is_own = _PLACES.c.user == name
    connection.execute(update(_PLACES).where(is_own).values(failed=0, locked_until=None))


def _is_known(name: str, place: str, now: datetime) -> ColumnElement[bool]:
    is_recent = _PLACES.c.used_at > now - _REMEMBERED_FOR
    return and_(_PLACES.c.user == name, _PLACES.c.place == place, is_recent)


def _counter(name: str, place: str, is_known: bool) -> tuple[Table, ColumnElement[bool]]:
    """The table that counts, and the condition for the row in it; a disabled account has none."""
    is_account = and_(_USERS.c.name == name, _USERS.c.disabled.is_(False))
    if not is_known:
        return _USERS, is_account
    accounts = select(_USERS.c.name).where(is_account)
    return _PLACES, and_(_PLACES.c.user.in_(accounts), _PLACES.c.place == place)


def _counting(table: Table, is_own: ColumnElement[bool], now: datetime) -> Update:
    """The statement that counts an attempt in the row; it changes nothing while the row is locked."""
    count = table.c.failed
    is_last = count == MAX_FAILURES - 1
    return (
        update(table)
        .where(is_own, or_(table.c.locked_until.is_(None), table.c.locked_until <= now))
        .values(
            failed=case((count >= MAX_FAILURES, 1), else_=count + 1),
            locked_until=case((is_last, literal(now + LOCKED_FOR, tables.Moment)), else_=None),
        )
    )
