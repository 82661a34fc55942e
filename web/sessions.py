"""Session cookies of staff: who signed in and when, signed against forgery (itsdangerous).

A session ends 8 hours after signing in, and an hour after its last use; the account's `session_version`
(kb.staff.sign_in) ends it sooner. The key stays in KB_HOME: without that file every session ends.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.responses import Response

from kb.models import Model

COOKIE = "kb_staff"
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


class Sessions:
    """Writes and reads the cookies; `key` is the secret they are signed with."""

    def __init__(self, key: bytes) -> None:
        signer = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        self._serializer = URLSafeSerializer(key, salt="staff session", signer_kwargs=signer)

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

    def _write(self, session: Session) -> str:
        cookie = self._serializer.dumps(session.model_dump(mode="json"))
        return cookie if isinstance(cookie, str) else cookie.decode()


def set_cookie(response: Response, cookie: str, is_https: bool) -> None:
    """Give the browser a session's cookie: scripts cannot read it, other sites cannot send it."""
    response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=is_https, path="/")


def delete_cookie(response: Response, is_https: bool) -> None:
    """Delete the session cookie in the browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=is_https, path="/")


def now_utc() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)
