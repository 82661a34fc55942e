"""Session cookies of staff: who signed in and when, signed against forgery (itsdangerous).

A session ends 8 hours after signing in, and an hour after its last use; the account's `session_version`
(kb.staff.sign_in) ends it sooner. The key stays in KB_HOME: without that file every session ends.

Between password and code another cookie says whose password was right, for five minutes, and one says what
somebody who is at the district's sign-on must bring back, for ten. They open nothing: each is signed for its
purpose alone.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.responses import Response

from kb.access.provider import Pending
from kb.models import Model
from kb.staff.sign_in import AwaitingCode

COOKIE, CODE_COOKIE, SIGN_ON_COOKIE = "kb_staff", "kb_staff_code", "kb_staff_sign_on"
CODE_PATH, SIGN_ON_PATH = "/login/code", "/sign-on"
SIGN_ON_LASTS = timedelta(minutes=10)
CODE_LASTS = timedelta(minutes=5)
LASTS = timedelta(hours=8)
IDLE = timedelta(minutes=60)
_RENEW_AFTER = timedelta(minutes=5)  # not on every request: a page of the console makes dozens


class Session(Model):
    """The content of a cookie: account, its session version, start and last use of the session."""

    name: str
    version: int
    began: datetime
    used: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether the cookie should be renewed with a new time of last use."""
        return now - self.used >= _RENEW_AFTER


class Between(Model):
    """The content of the cookie between password and code; `goal` is the page to open afterwards."""

    waiting: AwaitingCode
    goal: str
    began: datetime


class Away(Model):
    """The content of the cookie of somebody at the district's sign-on; `goal` is the page for afterwards."""

    pending: Pending
    goal: str
    began: datetime


class Sessions:
    """Writes and reads the cookies; `key` is the secret they are signed with."""

    def __init__(self, key: bytes) -> None:
        signer = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._serializer = URLSafeSerializer(key, salt="staff session", signer_kwargs=signer)
        self._between = URLSafeSerializer(key, salt="staff between password and code", signer_kwargs=signer)
        self._away = URLSafeSerializer(key, salt="staff at the sign-on", signer_kwargs=signer)

    def begin(self, name: str, version: int, now: datetime) -> str:
        """The cookie of a session that begins at `now`."""
        return self._write(Session(name=name, version=version, began=now, used=now))

    def renew(self, session: Session, now: datetime) -> str:
        """The cookie of `session` with `now` as its last use."""
        return self._write(session.model_copy(update={"used": now}))

    def read(self, connection: HTTPConnection, now: datetime) -> Session | None:
        """The session of a request; None without a cookie, when it was tampered with or has ended."""
        try:
            session = Session.model_validate(self._serializer.loads(connection.cookies.get(COOKIE, "")))
        except (BadData, ValidationError):
            return None
        is_over = now - session.began > LASTS or now - session.used > IDLE
        return None if is_over else session

    def begin_code(self, waiting: AwaitingCode, goal: str, now: datetime) -> str:
        """The cookie of somebody whose password was right at `now`."""
        return _written(self._between, Between(waiting=waiting, goal=goal, began=now))

    def read_code(self, connection: HTTPConnection, now: datetime) -> Between | None:
        """Whose code is awaited; None without a cookie, when it was tampered with or is too old."""
        try:
            between = Between.model_validate(self._between.loads(connection.cookies.get(CODE_COOKIE, "")))
        except (BadData, ValidationError):
            return None
        return None if now - between.began > CODE_LASTS else between

    def begin_sign_on(self, pending: Pending, goal: str, now: datetime) -> str:
        """The cookie of somebody who leaves for the district's sign-on at `now`."""
        return _written(self._away, Away(pending=pending, goal=goal, began=now))

    def read_sign_on(self, connection: HTTPConnection, now: datetime) -> Away | None:
        """Who comes back from it; None without a cookie, when it was tampered with or is too old."""
        try:
            away = Away.model_validate(self._away.loads(connection.cookies.get(SIGN_ON_COOKIE, "")))
        except (BadData, ValidationError):
            return None
        return None if now - away.began > SIGN_ON_LASTS else away

    def _write(self, session: Session) -> str:
        return _written(self._serializer, session)


def _written(serializer: URLSafeSerializer, content: Model) -> str:
    cookie = serializer.dumps(content.model_dump(mode="json"))
    return cookie if isinstance(cookie, str) else cookie.decode()


def set_cookie(response: Response, cookie: str, is_https: bool) -> None:
    """Give the browser a session's cookie: scripts cannot read it, other sites cannot send it."""
    response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=is_https, path="/")


def set_code_cookie(response: Response, cookie: str, is_https: bool) -> None:
    """Give the browser the cookie between password and code; empty deletes it."""
    lasts = int(CODE_LASTS.total_seconds()) if cookie else 0
    response.set_cookie(
        CODE_COOKIE, cookie, lasts, httponly=True, samesite="strict", secure=is_https, path=CODE_PATH
    )


def set_sign_on_cookie(response: Response, cookie: str, is_https: bool) -> None:
    """Give the browser the cookie of who is at the district's sign-on; empty deletes it.

    Lax: the way back is a navigation from another site.
    """
    lasts = int(SIGN_ON_LASTS.total_seconds()) if cookie else 0
    response.set_cookie(
        SIGN_ON_COOKIE, cookie, lasts, httponly=True, samesite="lax", secure=is_https, path=SIGN_ON_PATH
    )


def delete_cookie(response: Response, is_https: bool) -> None:
    """Delete the session cookie in the browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=is_https, path="/")


def now_utc() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)
