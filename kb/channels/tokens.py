"""Access tokens of platforms: one for all programs over the database, sealed, renewed before they expire."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from kb.models import Model
from kb.staff.codes import Seal
from kb.storage.database import transaction, upsert
from kb.storage.queue_tables import channel_tokens

_EARLY = timedelta(minutes=5)  # a token is renewed so long before its end


class Token(Model):
    """An access token, and when it ends."""

    text: str
    expires_at: datetime


class Tokens:
    """Keeps tokens in SQL. All methods raise StoreError when the database fails."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        self._engine = engine
        self._seal = seal

    def get(self, name: str, fetch: Callable[[], Token], now: datetime, refused: str | None = None) -> str:
        """The token `name`; from `fetch` when there is none, it ends soon, or its platform `refused` it.

        Raises:
            SendError: `fetch` got none.
        """
        table = channel_tokens.c
        with transaction(self._engine) as connection:
            row = connection.execute(select(table.sealed, table.expires_at).where(table.name == name)).first()
        if row is not None and row.expires_at - now > _EARLY:
            kept = self._seal.open(name, row.sealed)
            if kept is not None and kept != refused:
                return kept
        token = fetch()
        sealed = self._seal.close(name, token.text)
        with transaction(self._engine) as connection:
            new = {"name": name, "sealed": sealed, "expires_at": token.expires_at}
            upsert(connection, channel_tokens, [new])
        return token.text
