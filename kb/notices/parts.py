"""The parts of the room notices, over one database."""

from sqlalchemy import Engine

from kb.notices.notices import Notices
from kb.notices.sending import Mail
from kb.notices.subscriptions import Subscriptions
from kb.settings import Settings
from kb.staff.audit import Audit
from kb.staff.codes import Seal


def open_notices(engine: Engine, audit: Audit, key: bytes, settings: Settings) -> Notices:
    """Notices over the database behind `engine`; `key` is that of accounts, which seals the secrets."""
    password = settings.smtp_password
    mail = Mail(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=password.get_secret_value() if password else None,
        sender=settings.smtp_from,
    )
    return Notices(engine, Subscriptions(engine, audit, Seal(key)), mail, settings.public_url or "")
