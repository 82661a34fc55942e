"""The second step: codes of RFC 6238, each used once, and what becomes of lost phones and wrong codes."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import Engine, select

from kb.errors import InputError, NotAllowedError
from kb.staff.accounts import Account
from kb.staff.attempts import LOCKED_FOR
from kb.staff.audit import Audit
from kb.staff.codes import RECOVERY_CODES, Seal, new_recovery_codes, plain_code, step_of
from kb.staff.parts import StaffParts, open_staff
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.staff.second_step import MAX_WRONG_CODES
from kb.staff.sign_in import AwaitingCode, Duty
from kb.storage import tables
from kb.storage.database import transaction

NOW = datetime(2024, 5, 10, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
STEP = timedelta(seconds=30)
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" in base32
PASSWORD = "liulu-mantou-7"
DESK, CAFE = "192.0.2.7", "198.51.100.9"
WANG = Staff(name="wangfang", title="王芳", role=Role.EDITOR)


@pytest.fixture
def required() -> set[Role]:
    """The roles that must sign in in two steps; tests add some."""
    return set()


def open_parts(engine: Engine, required: set[Role], key: bytes = b"key") -> StaffParts:
    return open_staff(engine, key=key, required=lambda: frozenset(required), passwords=Passwords())


@pytest.fixture
def staff(engine: Engine, required: set[Role]) -> StaffParts:
    """Accounts, with 王芳's, who signed in at DESK."""
    parts = open_parts(engine, required)
    parts.users.add(OPERATOR, WANG, PASSWORD, NOW, must_change=False)
    parts.sign_in.enter("wangfang", PASSWORD, DESK, NOW)
    return parts


class Phone:
    """王芳's phone with her secret; `recovery` are her codes on paper."""

    def __init__(self, staff: StaffParts, now: datetime = NOW) -> None:
        proposed = staff.second_step.propose("wangfang")
        self._totp = pyotp.TOTP(proposed.secret)
        account = staff.users.find(OPERATOR, "wangfang")
        self.account, self.recovery = staff.second_step.set_up(
            account, proposed.sealed, PASSWORD, self.code(now), DESK, now
        )

    def code(self, now: datetime) -> str:
        return self._totp.at(now)

    def wrong_code(self, now: datetime) -> str:
        """Six digits that are no code near `now`."""
        near = {self._totp.at(now + step * STEP) for step in range(-2, 3)}
        return next(
            code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near
        )


def waiting(staff: StaffParts, address: str = DESK, now: datetime = LATER) -> AwaitingCode:
    entered = staff.sign_in.enter("wangfang", PASSWORD, address, now)
    assert isinstance(entered, AwaitingCode)
    return entered


def enter(staff: StaffParts, code: str, address: str = DESK, now: datetime = LATER) -> Account:
    return staff.sign_in.enter_code(waiting(staff, address, now), code, address, now)


# --- the codes themselves ---


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_rfc_6238(second: int, code: str):
    """Appendix B of the RFC, its last six digits."""
    assert step_of(RFC_SECRET, code, datetime.fromtimestamp(second, UTC)) == second // 30


def test_code_is_right_from_half_a_minute_before_to_half_a_minute_after():
    secret, code, second = RFC_SECRET, "081804", 1111111109
    moment = datetime.fromtimestamp(second, UTC)
    assert step_of(secret, code, moment + STEP) == second // 30
    assert step_of(secret, code, moment - STEP) == second // 30
    assert step_of(secret, code, moment + 2 * STEP) is None
    if moment - 2 * STEP >= datetime.fromtimestamp(0, UTC):  # time begins in 1970
        assert step_of(secret, code, moment - 2 * STEP) is None


def test_secret_opens_only_for_its_account_and_key():
    sealed = Seal(b"key").close("wangfang", "SECRET")
    assert Seal(b"key").open("wangfang", sealed) == "SECRET"
    assert Seal(b"key").open("lili", sealed) is None
    assert Seal(b"other").open("wangfang", sealed) is None
    assert [Seal(b"key").open("wangfang", wrong) for wrong in ("", "x", sealed[:-2], "秘密", "\0")] == [
        None
    ] * 5


def test_recovery_codes_are_ten_different_ones():
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES == 10
    assert all(len(plain_code(code)) == 10 for code in codes)


# --- setting up ---


def test_account_without_second_step_signs_in_by_password(staff: StaffParts):
    assert staff.sign_in.enter("wangfang", PASSWORD, DESK, NOW) == staff.users.find(OPERATOR, "wangfang")


def test_once_set_up_the_password_alone_signs_nobody_in(staff: StaffParts):
    phone = Phone(staff)
    assert phone.account.two_step
    assert enter(staff, phone.code(LATER)).staff == WANG


def test_setting_up_ends_other_sessions(staff: StaffParts):
    before = staff.users.find(OPERATOR, "wangfang")
    phone = Phone(staff)
    assert staff.sign_in.account_of("wangfang", before.session_version) is None
    assert staff.sign_in.account_of("wangfang", phone.account.session_version) == phone.account


def test_setting_up_needs_password_and_a_code_of_the_new_secret(staff: StaffParts):
    account, proposed = staff.users.find(OPERATOR, "wangfang"), staff.second_step.propose("wangfang")
    right = pyotp.TOTP(proposed.secret).at(NOW)
    with pytest.raises(NotAllowedError, match="密码或验证码不对"):
        staff.second_step.set_up(account, proposed.sealed, "wrong-password", right, DESK, NOW)
    with pytest.raises(InputError, match="核对手机的时间"):
        staff.second_step.set_up(
            account, proposed.sealed, PASSWORD, pyotp.TOTP(proposed.secret).at(NOW + 9 * STEP), DESK, NOW
        )
    other = staff.second_step.propose("lili")
    with pytest.raises(InputError, match="重新扫描"):
        staff.second_step.set_up(account, other.sealed, PASSWORD, pyotp.TOTP(other.secret).at(NOW), DESK, NOW)
    assert not staff.users.find(OPERATOR, "wangfang").two_step


def test_page_shown_again_keeps_its_secret(staff: StaffParts):
    proposed = staff.second_step.propose("wangfang")
    assert staff.second_step.propose("wangfang", proposed.sealed) == proposed
    assert staff.second_step.propose("wangfang").secret != proposed.secret
    assert staff.second_step.propose("lili", proposed.sealed).secret != proposed.secret


def test_neither_secret_nor_recovery_code_stands_in_the_database(staff: StaffParts, engine: Engine):
    proposed = staff.second_step.propose("wangfang")
    account = staff.users.find(OPERATOR, "wangfang")
    code = pyotp.TOTP(proposed.secret).at(NOW)
    _, recovery = staff.second_step.set_up(account, proposed.sealed, PASSWORD, code, DESK, NOW)
    with transaction(engine) as connection:
        stored = [
            str(row)
            for table in (tables.users, tables.recovery_codes, tables.audit)
            for row in connection.execute(select(table))
        ]
    assert len(stored) > 10
    for secret in (proposed.secret, *recovery, *map(plain_code, recovery)):
        assert not [row for row in stored if secret in row]


@pytest.mark.parametrize("role", Role)
def test_required_role_must_set_up_first(staff: StaffParts, required: set[Role], role: Role):
    required.add(role)
    account = staff.users.find(OPERATOR, "wangfang")
    duty = Duty.SET_UP_SECOND_STEP if role is WANG.role else None
    assert staff.sign_in.duty_of(account) is duty
    assert staff.sign_in.duty_of(Phone(staff).account) is None


# --- codes at sign-in ---


@pytest.mark.hostile
def test_code_is_used_once_even_by_many_at_once(staff: StaffParts):
    phone = Phone(staff)
    ready, entered = waiting(staff), []

    def try_code() -> None:
        with suppress(NotAllowedError):
            entered.append(staff.sign_in.enter_code(ready, phone.code(LATER), DESK, LATER))

    threads = [threading.Thread(target=try_code) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entered) == 1


@pytest.mark.hostile
def test_code_of_setting_up_does_not_sign_in(staff: StaffParts):
    phone = Phone(staff)
    with pytest.raises(NotAllowedError, match="已经用过"):
        enter(staff, phone.code(NOW), now=NOW)
    assert enter(staff, phone.code(NOW + STEP), now=NOW + STEP)


@pytest.mark.hostile
def test_older_code_is_refused_after_a_newer_one(staff: StaffParts):
    phone = Phone(staff)
    enter(staff, phone.code(LATER + STEP))  # a phone that is half a minute ahead
    with pytest.raises(NotAllowedError):
        enter(staff, phone.code(LATER))


@pytest.mark.hostile
def test_wrong_codes_lock_although_the_password_is_right_each_time(staff: StaffParts):
    phone = Phone(staff)
    for _ in range(5):
        with pytest.raises(NotAllowedError):
            enter(staff, phone.wrong_code(LATER), CAFE)
    with pytest.raises(NotAllowedError):
        waiting(staff, CAFE)
    assert staff.users.find(OPERATOR, "wangfang").is_locked(LATER)
    assert enter(staff, phone.code(LATER), DESK)


@pytest.mark.hostile
def test_code_of_a_waiting_sign_in_is_refused_while_locked(staff: StaffParts):
    phone = Phone(staff)
    ready = waiting(staff, CAFE)
    for _ in range(5):
        with pytest.raises(NotAllowedError):
            staff.sign_in.enter("wangfang", "wrong-password", "203.0.113.1", LATER)
    with pytest.raises(NotAllowedError):
        staff.sign_in.enter_code(ready, phone.code(LATER), CAFE, LATER)


@pytest.mark.hostile
def test_right_passwords_alone_neither_lock_nor_restart_the_count(staff: StaffParts):
    phone = Phone(staff)
    for _ in range(8):
        waiting(staff, CAFE)
    for _ in range(4):
        with pytest.raises(NotAllowedError):
            enter(staff, phone.wrong_code(LATER), CAFE)
    waiting(staff, CAFE)
    with pytest.raises(NotAllowedError):
        enter(staff, phone.wrong_code(LATER), CAFE)
    with pytest.raises(NotAllowedError):
        waiting(staff, CAFE)


@pytest.mark.hostile
def test_codes_cannot_be_guessed_for_months(staff: StaffParts):
    phone = Phone(staff)
    now = LATER
    for number in range(MAX_WRONG_CODES):
        now = LATER + number // 5 * LOCKED_FOR
        with pytest.raises(NotAllowedError):
            enter(staff, phone.wrong_code(now), CAFE, now)
    now += LOCKED_FOR
    for address in (CAFE, DESK):
        with pytest.raises(NotAllowedError, match="请联系管理员重设密码"):
            enter(staff, phone.code(now), address, now)
    staff.users.reset_password(OPERATOR, "wangfang", PASSWORD, now)
    assert enter(staff, phone.code(now), CAFE, now)


@pytest.mark.hostile
def test_waiting_sign_in_ends_with_a_new_password_a_reset_or_disabling(staff: StaffParts):
    phone = Phone(staff)
    ready = waiting(staff)
    staff.users.reset_password(OPERATOR, "wangfang", PASSWORD, LATER)
    with pytest.raises(NotAllowedError):
        staff.sign_in.enter_code(ready, phone.code(LATER), DESK, LATER)
    ready = waiting(staff)
    staff.users.reset_second_step(OPERATOR, "wangfang", LATER)
    with pytest.raises(NotAllowedError):
        staff.sign_in.enter_code(ready, phone.code(LATER), DESK, LATER)


def test_new_address_is_remembered_only_after_the_code(staff: StaffParts):
    phone = Phone(staff)
    waiting(staff, CAFE)
    for _ in range(5):
        with pytest.raises(NotAllowedError):
            staff.sign_in.enter("wangfang", "wrong-password", "203.0.113.1", LATER)
    with pytest.raises(NotAllowedError):
        waiting(staff, CAFE)
    later = LATER + LOCKED_FOR
    enter(staff, phone.code(later), CAFE, later)
    for _ in range(5):
        with pytest.raises(NotAllowedError):
            staff.sign_in.enter("wangfang", "wrong-password", "203.0.113.1", later)
    assert waiting(staff, CAFE, later)


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "x" * 100_000, "\0", "１２３", "-1", "\ud800"]
)
def test_strange_codes_are_wrong_codes(staff: StaffParts, typed: str):
    Phone(staff)
    with pytest.raises(NotAllowedError, match="验证码不对"):
        enter(staff, typed)


def test_code_may_be_typed_with_spaces_and_full_width(staff: StaffParts):
    phone = Phone(staff)
    code = phone.code(LATER)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert enter(staff, f" {wide[:3]} {wide[3:]} ")


# --- lost phones ---


def test_recovery_code_signs_in_once_and_is_audited(staff: StaffParts, engine: Engine):
    phone = Phone(staff)
    assert enter(staff, phone.recovery[3].upper()).staff == WANG
    with pytest.raises(NotAllowedError):
        enter(staff, phone.recovery[3])
    assert staff.second_step.recovery_codes_left(WANG) == 9
    used = [entry for entry in Audit(engine).entries(10) if entry.action == "使用恢复码"]
    assert [entry.after for entry in used] == [{"剩余": 9}]


def test_renewed_recovery_codes_replace_the_old_ones(staff: StaffParts):
    phone = Phone(staff)
    proof = (PASSWORD, phone.recovery[0], DESK, LATER)
    renewed = staff.second_step.renew_recovery_codes(phone.account, *proof)
    with pytest.raises(NotAllowedError):
        enter(staff, phone.recovery[1])
    assert enter(staff, renewed[1])


@pytest.mark.parametrize("change", ["end", "renew_recovery_codes"])
def test_changes_need_password_and_code(staff: StaffParts, change: str):
    phone = Phone(staff)
    work = getattr(staff.second_step, change)
    for password, code in ((PASSWORD, phone.wrong_code(LATER)), ("wrong-password", phone.code(LATER))):
        with pytest.raises(NotAllowedError, match="没有改动"):
            work(phone.account, password, code, DESK, LATER)
    assert staff.users.find(OPERATOR, "wangfang").two_step
    assert staff.second_step.recovery_codes_left(WANG) == 10
    assert work(phone.account, PASSWORD, phone.code(LATER), DESK, LATER)


def test_ended_second_step_leaves_nothing_behind(staff: StaffParts):
    phone = Phone(staff)
    ended = staff.second_step.end(phone.account, PASSWORD, phone.code(LATER), DESK, LATER)
    assert not ended.two_step
    assert staff.second_step.recovery_codes_left(WANG) == 0
    assert staff.sign_in.enter("wangfang", PASSWORD, DESK, LATER) == ended
    with pytest.raises(InputError, match="没有开启"):
        staff.second_step.end(ended, PASSWORD, phone.code(LATER), DESK, LATER)


def test_reset_by_administrator_is_audited_and_ends_sessions(staff: StaffParts, engine: Engine):
    phone = Phone(staff)
    admin = Staff(name="admin", title="管理员", role=Role.ADMIN)
    account = staff.users.reset_second_step(admin, "wangfang", LATER)
    assert not account.two_step
    assert staff.sign_in.account_of("wangfang", phone.account.session_version) is None
    last = Audit(engine).entries(1)[0]
    assert (last.actor, last.action, last.subject) == ("admin", "重置两步登录", "账号 wangfang")
    with pytest.raises(NotAllowedError, match="不能管理账号"):
        staff.users.reset_second_step(WANG, "wangfang", LATER)


def test_with_another_key_only_recovery_codes_sign_in(staff: StaffParts, engine: Engine, required: set[Role]):
    phone = Phone(staff)
    restored = open_parts(engine, required, key=b"of another machine")
    with pytest.raises(NotAllowedError, match="请用恢复码，或请管理员重置"):
        enter(restored, phone.code(LATER))
    assert enter(restored, phone.recovery[0]).staff == WANG
