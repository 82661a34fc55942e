"""Keys of other programs for /v1, /api/search and /mcp: made and revoked by administrators.

A key is shown once, when it is made. SQL holds its SHA-256 alone: a key is 256 random bits, so nobody can try
out what it may have been, and a slow hash as for passwords would only slow each request down.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Engine, RowMapping, insert, or_, select, update

from kb.access.tables import api_keys
from kb.clock import china_day
from kb.errors import InputError, NotFoundError
from kb.models import Model
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction

PREFIX = "pqa_"  # tells a key of ours from whatever else clients send
RATE, DAYS = 60, 365
_MAX_RATE, _MAX_DAYS, _MAX_NAME = 100_000, 3_650, 50
_KEY_BYTES, _HINT_CHARS = 32, len(PREFIX) + 4
_USED_STEP = timedelta(minutes=1)  # not written on every request


class Scope(StrEnum):
    """What a key is good for."""

    ASK = "ask"
    SEARCH = "search"

    @property
    def label(self) -> str:
        """The scope in Chinese."""
        return "提问" if self is Scope.ASK else "检索"


class KeyState(StrEnum):
    """Whether a key lets a program in."""

    VALID = "有效"
    EXPIRED = "已到期"
    REVOKED = "已停用"


class ApiKey(Model):
    """A key as administrators see it: never the key itself, only `hint`, its first characters."""

    id: int
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    rate: int
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    def state(self, now: datetime) -> KeyState:
        """Whether it lets a program in at `now`."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        return KeyState.EXPIRED if self.expires_at <= now else KeyState.VALID


class NewKey(Model):
    """A key that was just made; `secret` is known only here and now."""

    key: ApiKey
    secret: str


class ApiKeys:
    """The keys. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit) -> None:
        self._engine = engine
        self._audit = audit

    def all(self, staff: Staff) -> tuple[ApiKey, ...]:
        """Every key, revoked ones too, the newest first.

        Raises:
            NotAllowedError: `staff` is no administrator.
        """
        require(staff, Action.API_KEYS)
        with transaction(self._engine) as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.id.desc()))
            return tuple(map(_key, rows.mappings()))

    def make(
        self,
        staff: Staff,
        name: str,
        scopes: Collection[Scope],
        now: datetime,
        *,
        rate: int = RATE,
        days: int = DAYS,
    ) -> NewKey:
        """Make a key that is good for `days` days and `rate` requests a minute (0: no limit).

        Raises:
            NotAllowedError: `staff` is no administrator.
            InputError: name, scopes, rate or days are not acceptable.
        """
        require(staff, Action.API_KEYS)
        name = name.strip()
        _check(name, scopes, rate, days)
        secret = f"{PREFIX}{secrets.token_urlsafe(_KEY_BYTES)}"
        row = {
            "name": name,
            "digest": _digest(secret),
            "hint": secret[:_HINT_CHARS],
            "scopes": [scope.value for scope in Scope if scope in scopes],
            "rate": rate,
            "made_by": staff.name,
            "made_at": now,
            "expires_at": now + timedelta(days=days),
        }
        with transaction(self._engine) as connection:
            result = connection.execute(insert(api_keys).values(row))
            assert result.inserted_primary_key is not None
            key = _read(connection, result.inserted_primary_key[0])
            self._audit.write(connection, staff.name, "新建接口密钥", _subject(key), None, _told(key), now)
        return NewKey(key=key, secret=secret)

    def revoke(self, staff: Staff, number: int, now: datetime) -> ApiKey:
        """Let nobody in with the key any more; one that was revoked before stays as it is.

        Raises:
            NotAllowedError: `staff` is no administrator.
            NotFoundError: there is no such key.
        """
        require(staff, Action.API_KEYS)
        with transaction(self._engine) as connection:
            key = _read(connection, number)
            if key.revoked_at is None:
                connection.execute(update(api_keys).where(api_keys.c.id == number).values(revoked_at=now))
                self._audit.write(connection, staff.name, "停用接口密钥", _subject(key), None, None, now)
            return _read(connection, number)

    def used(self, secret: str, now: datetime) -> ApiKey | None:
        """The key `secret`, whatever its state, with this use of it noted; None when there is none."""
        is_own = api_keys.c.digest == _digest(secret)
        with transaction(self._engine) as connection:
            row = connection.execute(select(api_keys).where(is_own)).mappings().one_or_none()
        if row is None:
            return None
        key = _key(row)
        is_stale = key.last_used_at is None or key.last_used_at <= now - _USED_STEP
        if key.state(now) is KeyState.VALID and is_stale:
            self._note_use(key, now)
        return key

    def _note_use(self, key: ApiKey, now: datetime) -> None:
        used = api_keys.c.last_used_at
        is_due = or_(used.is_(None), used <= now - _USED_STEP)
        with transaction(self._engine) as connection:
            changed = update(api_keys).where(api_keys.c.id == key.id, is_due)
            connection.execute(changed.values(last_used_at=now))


def _check(name: str, scopes: Collection[Scope], rate: int, days: int) -> None:
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise InputError(f"请写明是哪个程序用的，最多 {_MAX_NAME} 个字，如“区政务服务 App”。")
    if not scopes:
        raise InputError("请至少选一种用途：提问、检索。")
    if not 0 <= rate <= _MAX_RATE:
        raise InputError(f"每分钟次数应在 0（不限）到 {_MAX_RATE} 之间。")
    if not 1 <= days <= _MAX_DAYS:
        raise InputError(f"有效天数应在 1 到 {_MAX_DAYS} 之间。")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _read(connection: Connection, number: int) -> ApiKey:
    row = connection.execute(select(api_keys).where(api_keys.c.id == number)).mappings().one_or_none()
    if row is None:
        sentence = f"没有编号为 {number} 的接口密钥，请刷新后再看。"
        raise NotFoundError(sentence, sentence)
    return _key(row)


def _key(row: RowMapping) -> ApiKey:
    return ApiKey.model_validate({name: row[name] for name in ApiKey.model_fields})


def _subject(key: ApiKey) -> str:
    return f"接口密钥“{key.name}”"


def _told(key: ApiKey) -> dict[str, object]:
    """A key as the audit log shows it."""
    return {
        "scopes": [scope.label for scope in key.scopes],
        "rate": key.rate or "不限",
        "expires": china_day(key.expires_at),
    }
