"""Who wants to be told what: kept by administrators, in SQL; secrets are sealed."""

import re
from collections.abc import Collection
from datetime import datetime, time
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update

from kb.errors import ConflictError, InputError, NotFoundError
from kb.notices.models import Channel, Subscription
from kb.staff.accounts import working_staff
from kb.staff.audit import Audit
from kb.staff.codes import Seal
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction
from kb.storage.queue_tables import notice_subscriptions

_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CHANGED = "这条通知设置刚被别人改过或删除，没有保存；请刷新后再试。"
_SIGNING = (Channel.WEBHOOK, Channel.DINGTALK, Channel.FEISHU)
_MAX_CHARS = 500
_TABLE = notice_subscriptions


class Subscriptions:
    """The subscriptions. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, audit: Audit, seal: Seal) -> None:
        self._engine = engine
        self._audit = audit
        self._seal = seal

    def all(self, staff: Staff) -> tuple[Subscription, ...]:
        """Every subscription, by name.

        Raises:
            NotAllowedError: `staff` is no administrator.
        """
        require(staff, Action.SETTINGS)
        with transaction(self._engine) as connection:
            return read_subscriptions(connection)

    def save(self, staff: Staff, wanted: Subscription, secret: str | None, now: datetime) -> Subscription:
        """Save a subscription, a new one without an id; `secret` None keeps the one that is there.

        Raises:
            NotAllowedError: `staff` is no administrator.
            InputError: the address, a time, the person or the secret is not acceptable.
            ConflictError: somebody else has changed it since.
        """
        require(staff, Action.SETTINGS)
        with transaction(self._engine) as connection:
            before = _read_one(connection, wanted.id) if wanted.id else None
            if wanted.id and (before is None or before.version != wanted.version):
                raise ConflictError(_CHANGED)
            _check(connection, wanted, secret or ("有" if before and before.has_secret else ""))
            values = wanted.model_dump(mode="json", exclude={"id", "has_secret", "version"})
            values["version"] = wanted.version + 1
            if before is None:
                result = connection.execute(insert(_TABLE).values(**values))
                assert result.inserted_primary_key is not None
                number: int = result.inserted_primary_key[0]
            else:
                number = before.id
                connection.execute(update(_TABLE).where(_TABLE.c.id == number).values(**values))
            if secret is not None:
                sealed = self._seal.close(_owner(number), secret) if secret else None
                connection.execute(update(_TABLE).where(_TABLE.c.id == number).values(secret=sealed))
            saved = _read_one(connection, number)
            assert saved is not None
            old = _told(before) if before else None
            subject = f"通知 {saved.name}"
            self._audit.write(connection, staff.name, "保存通知设置", subject, old, _told(saved), now)
            return saved

    def remove(self, staff: Staff, number: int, now: datetime) -> None:
        """Remove a subscription with all that is on its way.

        Raises:
            NotAllowedError: `staff` is no administrator.
            NotFoundError: it is gone.
        """
        require(staff, Action.SETTINGS)
        with transaction(self._engine) as connection:
            before = _read_one(connection, number)
            if before is None:
                raise NotFoundError(_CHANGED, _CHANGED)
            connection.execute(delete(_TABLE).where(_TABLE.c.id == number))
            subject = f"通知 {before.name}"
            self._audit.write(connection, staff.name, "删除通知设置", subject, _told(before), None, now)

    def secret_of(self, connection: Connection, number: int) -> str | None:
        """The secret with which messages of a subscription are signed."""
        sealed = connection.scalar(select(_TABLE.c.secret).where(_TABLE.c.id == number))
        return self._seal.open(_owner(number), sealed) if sealed else None


def read_subscriptions(connection: Connection) -> tuple[Subscription, ...]:
    """Every subscription, by name."""
    rows = select(_TABLE).order_by(_TABLE.c.name, _TABLE.c.id)
    return tuple(map(_subscription, connection.execute(rows).mappings()))


def own_departments(connection: Connection, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The departments to which each account of `names` is bound; accounts switched off are left out."""
    return {one.name: one.bound_to for one in working_staff(connection) if one.name in names}


def read_time(text: str) -> time:
    """A time of day.

    >>> read_time("08:30")
    datetime.time(8, 30)
    """
    return time.fromisoformat(text)


def _read_one(connection: Connection, number: int) -> Subscription | None:
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == number)).mappings().first()
    return _subscription(row) if row else None


def _subscription(row: RowMapping) -> Subscription:
    values: dict[str, Any] = dict(row)
    has_secret = values.pop("secret") is not None
    return Subscription.model_validate({**values, "has_secret": has_secret})


def _check(connection: Connection, wanted: Subscription, secret: str) -> None:
    if not wanted.name.strip() or len(wanted.name) > _MAX_CHARS:
        raise InputError("请填写通知的名称。")
    _check_address(wanted.channel, wanted.address)
    if wanted.channel is Channel.WEBHOOK and not secret:
        raise InputError("Webhook 要填签名密钥，对方凭它核对消息是本系统发的。")
    if secret and wanted.channel not in _SIGNING:
        raise InputError(f"{wanted.channel.label}不用签名密钥，请留空。")
    if not wanted.kinds:
        raise InputError("请至少选一种通知。")
    for text in filter(None, (wanted.quiet_from, wanted.quiet_until, wanted.digest_at)):
        _check_time(text)
    if (wanted.quiet_from is None) != (wanted.quiet_until is None):
        raise InputError("免打扰的开始和结束时间要么都填，要么都不填。")
    if wanted.person and wanted.person not in own_departments(connection, (wanted.person,)):
        raise InputError(f"没有账号“{wanted.person}”，或账号已停用。")


def _check_address(channel: Channel, address: str) -> None:
    if channel is Channel.EMAIL:
        mailbox = parseaddr(address)[1]
        if mailbox != address or "@" not in mailbox or not mailbox.isprintable():
            raise InputError("邮箱地址不对，应如 name@example.gov.cn。")
    elif not _URL.fullmatch(address) or len(address) > _MAX_CHARS:
        raise InputError("机器人或 Webhook 的地址应以 https:// 或 http:// 开头。")


def _check_time(text: str) -> None:
    if not _TIME.fullmatch(text):
        raise InputError(f"时间“{text}”应如 08:30。")


def _told(subscription: Subscription) -> dict[str, object]:
    """A subscription for the audit log, which never forgets: who knows a robot's address can write to it."""
    values: dict[str, object] = subscription.model_dump(mode="json", exclude={"id", "version"})
    if subscription.channel is not Channel.EMAIL:
        values["address"] = urlsplit(subscription.address).netloc
    return values


def _owner(number: int) -> str:
    return f"notice {number}"
