"""One turn of the post: write down what there is to tell, send what is due, mark what has arrived."""

import logging
from datetime import datetime

from sqlalchemy import Connection, Engine

from kb.errors import InputError, SendError
from kb.models import Model
from kb.notices.events import document_events, entry_events, handing_events, question_events
from kb.notices.models import Message, Subscription
from kb.notices.outbox import (
    forget_old,
    last_failures,
    mark_failed,
    mark_sent,
    put_events,
    take_due,
)
from kb.notices.sending import Mail, send
from kb.notices.subscriptions import Subscriptions, read_subscriptions
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import reading, transaction

logger = logging.getLogger(__name__)


class Turn(Model):
    """What a turn did: events written down, messages sent, messages that failed."""

    written: int = 0
    sent: int = 0
    failed: int = 0


class Notices:
    """Tells staff; `public_url` is the address under which they open the console, empty: no links.

    All methods raise StoreError when the database fails.
    """

    def __init__(self, engine: Engine, subscriptions: Subscriptions, mail: Mail, public_url: str) -> None:
        self._engine = engine
        self._mail = mail
        self._public_url = public_url.rstrip("/")
        self.subscriptions = subscriptions

    def turn(self, now: datetime) -> Turn:
        """Write down and send; what cannot be sent is logged and tried again.

        Where nobody wants to be told, what there is to tell is not looked for.
        """
        with reading(self._engine) as connection:
            if not any(one.is_on for one in read_subscriptions(connection)):
                return Turn()
        with transaction(self._engine) as connection:
            events = [
                *question_events(connection, now),
                *handing_events(connection, now),
                *entry_events(connection),
                *document_events(connection, now),
            ]
            written = put_events(connection, events, now)
            if written:
                forget_old(connection, now)
        with transaction(self._engine) as connection:
            parcels = take_due(connection, self._public_url, now)
            secrets = {p.subscription.id: self._secret(connection, p.subscription) for p in parcels}
        sent = 0
        for parcel in parcels:  # no transaction is open while the network is waited for
            to = parcel.subscription
            try:
                send(to.channel, to.address, secrets[to.id], parcel.message, self._mail, now)
            except SendError as error:
                logger.warning("a notice to %s is not sent: %s", to.name, error)
                with transaction(self._engine) as connection:
                    mark_failed(connection, parcel, str(error), now)
                continue
            with transaction(self._engine) as connection:
                mark_sent(connection, parcel, now)
            sent += 1
        return Turn(written=written, sent=sent, failed=len(parcels) - sent)

    def try_out(self, staff: Staff, number: int, now: datetime) -> None:
        """Send a test message to a subscription.

        Raises:
            NotAllowedError: `staff` is no administrator.
            InputError: there is no such subscription, or the message does not arrive.
        """
        chosen = next((one for one in self.subscriptions.all(staff) if one.id == number), None)
        if chosen is None:
            raise InputError("请先选一条通知设置。")
        with transaction(self._engine) as connection:
            secret = self._secret(connection, chosen)
        message = Message(
            id=f"test-{number}-{int(now.timestamp())}",
            title="政策问答知识库：测试消息",
            lines=(f"“{chosen.name}”收得到通知。",),
            links=(f"{self._public_url}/console" if self._public_url else "",),
            keys=("test",),
        )
        try:
            send(chosen.channel, chosen.address, secret, message, self._mail, now)
        except SendError as error:
            raise InputError(f"{error}。") from error

    def failures(self, staff: Staff) -> dict[int, str]:
        """Why something has not arrived yet, by subscription.

        Raises:
            NotAllowedError: `staff` is no administrator.
        """
        require(staff, Action.SETTINGS)
        with transaction(self._engine) as connection:
            return last_failures(connection)

    def _secret(self, connection: Connection, subscription: Subscription) -> str | None:
        return self.subscriptions.secret_of(connection, subscription.id) if subscription.has_secret else None
