"""The second step of signing in: the person sets up an authenticator app, and its codes are checked.

Everybody may set it up; administrators say for which roles it is required (kb.controls.store). To set it up,
to end it and to get new recovery codes takes the password and a code, counted like attempts to sign in: a
session left open on a desk is not enough. Who signs in by the district's sign-on has no password here: the
code alone counts, and the page (web.staff.second_step) asks for a fresh sign-in before the first setting up.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update

from kb.errors import InputError, NotAllowedError
from kb.staff.accounts import Account, audit_subject, forget_second_step, update_account
from kb.staff.attempts import LOCK_RULE, Attempt, Attempts
from kb.staff.audit import Audit
from kb.staff.codes import (
    Enrolment,
    Seal,
    enrolment,
    is_recovery_code,
    new_recovery_codes,
    new_secret,
    plain_code,
    step_of,
)
from kb.staff.passwords import Passwords
from kb.staff.permissions import Role, Staff
from kb.storage import tables
from kb.storage.database import transaction

MAX_WRONG_CODES = 30  # in a row; NIST SP 800-63B 5.2.2 asks for at most 100
WRONG_CODE = f"验证码不对，或已经用过：请等应用里出现下一个再输。{LOCK_RULE}"
_SPENT = f"验证码已累计输错 {MAX_WRONG_CODES} 次，密码可能已被别人知道：请联系管理员重设密码。"
_WRONG_BOTH = f"密码或验证码不对，没有改动。{LOCK_RULE}"
_NOT_FITTING = "验证码不对：请核对手机的时间，等应用里出现下一个 6 位数再输。"
_OUTDATED = "这个页面已经过时，请重新扫描下面的二维码。"
_ALREADY_ON = "两步登录已经开启；要换一台手机，请先关闭再设置。"
_KEY_LOST = "服务器上两步登录的密钥换过，应用里的验证码不再有效：请用恢复码，或请管理员重置两步登录。"
_NOT_ON = "两步登录没有开启。"
_USERS, _RECOVERY = tables.users, tables.recovery_codes

RequiredRoles = Callable[[], frozenset[Role]]


class SecondStep:
    """Sets up and checks the second step. All methods raise StoreError when the database fails."""

    def __init__(
        self,
        *,
        engine: Engine,
        audit: Audit,
        passwords: Passwords,
        attempts: Attempts,
        seal: Seal,
        required: RequiredRoles,
    ) -> None:
        self._engine = engine
        self._audit = audit
        self._passwords = passwords
        self._attempts = attempts
        self._seal = seal
        self._required = required

    def is_required(self, role: Role) -> bool:
        """Whether everybody of this role must sign in with a code."""
        return role in self._required()

    def is_due(self, account: Account) -> bool:
        """Whether the account must set up its second step before it may do anything else."""
        return not account.two_step and self.is_required(account.staff.role)

    def propose(self, name: str, sealed: str = "") -> Enrolment:
        """A secret for the account `name` to set up: that of `sealed`, else a new one. Nothing is stored."""
        secret = self._seal.open(name, sealed) if sealed else None
        if secret is None:
            secret = new_secret()
            sealed = self._seal.close(name, secret)
        return enrolment(name, secret, sealed)

    def set_up(
        self, account: Account, sealed: str, password: str, code: str, address: str, now: datetime
    ) -> tuple[Account, Sequence[str]]:
        """Require codes of the secret `sealed` from now on; return the account and its recovery codes.

        All sessions end, the caller must open a new one. The recovery codes are known only here and now.

        Raises:
            InputError: it is set up already, `sealed` was not made by `propose`, or the code is wrong.
            NotAllowedError: the password is wrong, or was too often.
        """
        name = account.staff.name
        secret = self._seal.open(name, sealed)
        if account.two_step or secret is None:
            raise InputError(_ALREADY_ON if account.two_step else _OUTDATED)
        attempt = self._counted(account, password, address, now)
        if attempt is None:
            raise NotAllowedError(_WRONG_BOTH)
        step = step_of(secret, plain_code(code), now)
        codes = new_recovery_codes()
        hashes = [self._passwords.hash(plain_code(text)) for text in codes] if step is not None else []
        with transaction(self._engine) as connection:
            if step is None:  # the password was right, and this code guards nothing yet
                self._attempts.undo(connection, attempt)
            else:
                self._audit.write(connection, name, "开启两步登录", audit_subject(name), None, None, now)
                self._attempts.succeeded(connection, attempt, now)
                _store_codes(connection, name, hashes)
                secret_values = {"totp_secret": sealed, "totp_counter": step, "totp_failed": 0}
                next_session = {"session_version": _USERS.c.session_version + 1}
                return update_account(connection, name, {**secret_values, **next_session}), codes
        raise InputError(_NOT_FITTING)

    def end(self, account: Account, password: str, code: str, address: str, now: datetime) -> Account:
        """End the second step; where the role requires it, it must be set up again at once.

        All sessions end, the caller must open a new one.

        Raises:
            InputError: it is not set up.
            NotAllowedError: password or code is wrong, or was too often.
        """
        attempt = self._proven(account, password, code, address, now)
        name = account.staff.name
        with transaction(self._engine) as connection:
            self._audit.write(connection, name, "关闭两步登录", audit_subject(name), None, None, now)
            self._attempts.succeeded(connection, attempt, now)
            return forget_second_step(connection, name)

    def renew_recovery_codes(
        self, account: Account, password: str, code: str, address: str, now: datetime
    ) -> Sequence[str]:
        """New recovery codes in place of the old ones.

        Raises:
            InputError: the second step is not set up.
            NotAllowedError: password or code is wrong, or was too often.
        """
        attempt = self._proven(account, password, code, address, now)
        name, codes = account.staff.name, new_recovery_codes()
        hashes = [self._passwords.hash(plain_code(text)) for text in codes]
        with transaction(self._engine) as connection:
            self._audit.write(connection, name, "更换恢复码", audit_subject(name), None, None, now)
            self._attempts.succeeded(connection, attempt, now)
            _store_codes(connection, name, hashes)
        return codes

    def recovery_codes_left(self, staff: Staff) -> int:
        """How many recovery codes have not been used."""
        count = select(func.count()).where(_RECOVERY.c.user == staff.name)
        with transaction(self._engine) as connection:
            return int(connection.execute(count).scalar_one())

    def check(self, attempt: Attempt, typed: str, now: datetime) -> bool:
        """Whether `typed` is a code of the app or a recovery code, never used before; it now is.

        Raises:
            NotAllowedError: too many wrong codes since the last right one, or the key in KB_HOME is another.
        """
        is_own = _USERS.c.name == attempt.name
        with transaction(self._engine) as connection:
            one_more = update(_USERS).where(is_own, _USERS.c.totp_failed < MAX_WRONG_CODES)
            counted = connection.execute(one_more.values(totp_failed=_USERS.c.totp_failed + 1)).rowcount
        if not counted:
            raise NotAllowedError(_SPENT)
        code = plain_code(typed)
        is_right = self._is_recovery_code(attempt.name, code, now) or self._is_app_code(attempt, code, now)
        if is_right:
            with transaction(self._engine) as connection:
                connection.execute(update(_USERS).where(is_own).values(totp_failed=0))
        return is_right

    def _proven(self, account: Account, password: str, code: str, address: str, now: datetime) -> Attempt:
        """The counted attempt, when both password and code are right."""
        if not account.two_step:
            raise InputError(_NOT_ON)
        attempt = self._counted(account, password, address, now)
        if attempt is None:
            raise NotAllowedError(_WRONG_BOTH)
        if not self.check(attempt, code, now):
            self._attempts.failed(attempt, now)
            raise NotAllowedError(_WRONG_BOTH)
        return attempt

    def _counted(self, account: Account, password: str, address: str, now: datetime) -> Attempt | None:
        """The counted attempt, if the password is right; an account of the district's sign-on has none."""
        name = account.staff.name
        if account.has_password:
            return self._attempts.with_password(name, password, address, now)
        return self._attempts.begin(name, address, now)

    def _is_app_code(self, attempt: Attempt, code: str, now: datetime) -> bool:
        """Whether it is the app's code of a later step than the last one used; that step is then stored."""
        secret = self._seal.open(attempt.name, attempt.totp_secret or "")
        if secret is None:
            raise NotAllowedError(_KEY_LOST)
        step = step_of(secret, code, now)
        if step is None:
            return False
        is_later = or_(_USERS.c.totp_counter.is_(None), _USERS.c.totp_counter < step)
        is_same = (_USERS.c.name == attempt.name, _USERS.c.totp_secret == attempt.totp_secret)
        with transaction(self._engine) as connection:
            taken = connection.execute(update(_USERS).where(*is_same, is_later).values(totp_counter=step))
            return bool(taken.rowcount)

    def _is_recovery_code(self, name: str, code: str, now: datetime) -> bool:
        """Whether it is a recovery code of the account; it is then deleted, and that is audited."""
        if not is_recovery_code(code):
            return False
        is_own = _RECOVERY.c.user == name
        with transaction(self._engine) as connection:
            hashes = connection.execute(select(_RECOVERY.c.code_hash).where(is_own)).scalars().all()
        fitting = next((stored for stored in hashes if self._passwords.fits(stored, code)), None)
        if fitting is None:
            return False
        with transaction(self._engine) as connection:
            used = connection.execute(delete(_RECOVERY).where(is_own, _RECOVERY.c.code_hash == fitting))
            if not used.rowcount:  # by another request at this moment
                return False
            left = {"剩余": len(hashes) - 1}
            self._audit.write(connection, name, "使用恢复码", audit_subject(name), None, left, now)
            return True


def _store_codes(connection: Connection, name: str, hashes: Sequence[str]) -> None:
    """Replace the recovery codes of the account."""
    connection.execute(delete(_RECOVERY).where(_RECOVERY.c.user == name))
    connection.execute(insert(_RECOVERY), [{"user": name, "code_hash": stored} for stored in hashes])
