"""Passwords of staff: which are accepted, how they are stored (argon2id, argon2-cffi's own parameters)."""

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kb.errors import InputError

MIN_CHARS = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0 o, 1 i l: it is read from a screen or a slip
_GENERATED_CHARS = 14  # 69 bits
_AT_ONCE = 2  # a hash takes 64 MiB: many sign-ins at once must not use up the memory


class Passwords:
    """Hashes passwords and checks them; safe to use from several threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex())

    def hash(self, password: str) -> str:
        """The hash to store for `password`."""
        with self._room:
            return self._hasher.hash(_plain(password))

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether `password` has the hash `stored`; False when that is None, after the same time."""
        with self._room:
            try:
                return self._hasher.verify(stored or self._nobody, _plain(password))
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def check_password(name: str, password: str) -> None:
    """Raise InputError unless `password` is good enough for the account `name`.

    Raises:
        InputError: it is too short or holds the account's name.
    """
    plain = _plain(password)
    if len(plain) < MIN_CHARS:
        raise InputError(f"密码太短：至少要 {MIN_CHARS} 个字符，请换一个。")
    if name.lower() in plain.lower():
        raise InputError("密码里不能含有账号名，请换一个。")


def generate_password() -> str:
    """A random password, easy to copy by hand."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GENERATED_CHARS))


def _plain(password: str) -> str:
    """The same password from whatever keyboard (NIST SP 800-63B 5.1.1.2: NFKC before hashing)."""
    return unicodedata.normalize("NFKC", password)
