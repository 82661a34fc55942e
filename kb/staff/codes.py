"""Codes of the second step: those of an authenticator app (TOTP, RFC 6238), and recovery codes.

An app and this program share a secret and show, for each time step of 30 seconds, the same six digits (SHA-1,
the only kind that all apps know). A code of the step before or after is accepted as well, for phones whose
clock is off (RFC 6238 5.2); whoever checks it stores its step, so that no code is used twice.

Secrets are stored sealed (Fernet: AES-128-CBC and HMAC-SHA-256) with a key that stays in KB_HOME: a copy of
the database, a backup for one, does not yield them.
"""

import base64
import hmac
import secrets
import unicodedata
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

from kb.models import Model

ISSUER = "政策问答"  # the heading in the app's list; short, as each character takes 18 in the QR code
RECOVERY_CODES = 10
_WINDOW = 1  # time steps before and after
_DIGITS = 6
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0 o, 1 i l: they are read from paper
_RECOVERY_CHARS = 10  # 49 bits, behind five attempts in a quarter of an hour
_QR_MODULE = 5  # pixels
_MOST_TYPED = 100  # characters of a typed code that are looked at


class Enrolment(Model):
    """A new secret: as text for typing, as a QR code (the URL of an SVG image), and sealed for storing."""

    secret: str
    qr: str
    sealed: str


class Seal:
    """Seals the secrets of accounts and opens them; `key` is that of KB_HOME."""

    def __init__(self, key: bytes) -> None:
        derived = hmac.digest(key, b"secrets of the second step", "sha256")
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, name: str, secret: str) -> str:
        """The secret of the account `name`, sealed; it cannot be opened for another account."""
        return self._fernet.encrypt(f"{name}\n{secret}".encode()).decode()

    def open(self, name: str, sealed: str) -> str | None:
        """The secret; None when it was sealed with another key or for another account, or was changed."""
        try:
            owner, _, secret = self._fernet.decrypt(sealed.encode()).decode().partition("\n")
        except (InvalidToken, UnicodeEncodeError):
            return None
        return secret if owner == name else None


def new_secret() -> str:
    """A random secret of 160 bits in base32 (RFC 4226 4, R6)."""
    return pyotp.random_base32()


def enrolment(name: str, secret: str, sealed: str) -> Enrolment:
    """What the page shows for setting up an app; drawn here, so that no other host learns the secret."""
    uri = pyotp.TOTP(secret, digits=_DIGITS).provisioning_uri(name=name, issuer_name=ISSUER)
    qr = segno.make_qr(uri, error="m").svg_data_uri(scale=_QR_MODULE, border=4, light="#fff")
    return Enrolment(secret=secret, qr=qr, sealed=sealed)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code `code` is, if it is near `now`; None for a wrong code."""
    totp = pyotp.TOTP(secret, digits=_DIGITS)
    present = totp.timecode(now)
    near = range(max(0, present - _WINDOW), present + _WINDOW + 1)
    return next((step for step in near if hmac.compare_digest(totp.generate_otp(step), code)), None)


def plain_code(typed: str) -> str:
    """A code as stored, however it was typed: full-width, with spaces or hyphens, in capitals.

    >>> plain_code("１２３ 456"), plain_code("ABCDE-23456")
    ('123456', 'abcde23456')
    """
    text = unicodedata.normalize("NFKC", typed[:_MOST_TYPED]).lower()
    return "".join(char for char in text if char.isascii() and char.isalnum())


def is_recovery_code(code: str) -> bool:
    """Whether a plain code has the form of a recovery code; hashing others would be wasted time."""
    return len(code) == _RECOVERY_CHARS and set(code) <= set(_ALPHABET)


def new_recovery_codes() -> tuple[str, ...]:
    """Ten recovery codes in two groups of five characters, each for one sign-in without the app."""
    half = _RECOVERY_CHARS // 2
    texts = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_CHARS)) for _ in range(RECOVERY_CODES)
    )
    return tuple(f"{text[:half]}-{text[half:]}" for text in texts)
