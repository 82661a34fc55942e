"""Who is locked out by wrong passwords: those who guess, not the person at an address used before."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from kb.errors import NotAllowedError
from kb.staff.attempts import LOCKED_FOR
from kb.staff.audit import Audit
from kb.staff.parts import StaffParts, open_staff
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.storage import tables
from kb.storage.database import transaction

pytestmark = pytest.mark.hostile

NOW = datetime(2024, 5, 10, 8, 0, tzinfo=UTC)
PASSWORD = "liulu-mantou-7"
DESK, CAFE = "192.0.2.7", "198.51.100.9"
WANG = Staff(name="wangfang", title="王芳", role=Role.EDITOR)


@pytest.fixture
def staff(engine: Engine) -> StaffParts:
    """Accounts, with 王芳's, who signed in at DESK."""
    parts = open_staff(engine, key=b"key", required=frozenset, passwords=Passwords())
    parts.users.add(OPERATOR, WANG, PASSWORD, NOW, must_change=False)
    parts.sign_in.enter("wangfang", PASSWORD, DESK, NOW)
    return parts


def guess(staff: StaffParts, address: str, times: int, now: datetime = NOW) -> None:
    for _ in range(times):
        with pytest.raises(NotAllowedError):
            staff.sign_in.enter("wangfang", "wrong-password", address, now)


def may_enter(staff: StaffParts, address: str, now: datetime = NOW) -> bool:
    try:
        staff.sign_in.enter("wangfang", PASSWORD, address, now)
    except NotAllowedError:
        return False
    return True


def test_account_locked_by_strangers_signs_in_at_its_known_address(staff: StaffParts):
    for stranger in range(20):
        guess(staff, f"203.0.113.{stranger}", 1)
    assert staff.users.find(OPERATOR, "wangfang").is_locked(NOW)
    assert may_enter(staff, DESK)
    assert not may_enter(staff, CAFE)


def test_sign_in_at_known_address_gives_strangers_no_further_guesses(staff: StaffParts):
    guess(staff, CAFE, 5)
    assert may_enter(staff, DESK)
    assert not may_enter(staff, CAFE)


def test_guessing_from_known_address_is_limited_too(staff: StaffParts, engine: Engine):
    guess(staff, DESK, 5)
    assert not may_enter(staff, DESK)
    assert not staff.users.find(OPERATOR, "wangfang").is_locked(NOW)
    assert may_enter(staff, DESK, NOW + LOCKED_FOR)
    locks = [entry.after for entry in Audit(engine).entries(10) if entry.action == "锁定"]
    assert locks == [{"范围": "只限一个登录过的地址"}]


def test_right_password_at_known_address_restarts_its_count(staff: StaffParts):
    for _ in range(3):
        guess(staff, DESK, 4)
        assert may_enter(staff, DESK)


@pytest.mark.parametrize("unlock", ["unlock", "password"])
def test_administrator_unlocks_known_address(staff: StaffParts, unlock: str):
    guess(staff, DESK, 5)
    if unlock == "unlock":
        staff.users.unlock(OPERATOR, "wangfang", NOW)
    else:
        staff.users.reset_password(OPERATOR, "wangfang", PASSWORD, NOW)
    assert may_enter(staff, DESK)


def test_address_of_another_account_is_no_known_address(staff: StaffParts):
    other = WANG.model_copy(update={"name": "lili"})
    staff.users.add(OPERATOR, other, PASSWORD, NOW, must_change=False)
    staff.sign_in.enter("lili", PASSWORD, CAFE, NOW)
    guess(staff, "203.0.113.1", 5)
    assert not may_enter(staff, CAFE)


def test_address_is_forgotten_after_ninety_days(staff: StaffParts):
    late = NOW + timedelta(days=90)
    guess(staff, CAFE, 5, late)
    assert not may_enter(staff, DESK, late)
    assert may_enter(staff, DESK, late + LOCKED_FOR)


def test_only_the_ten_latest_addresses_are_known(staff: StaffParts, engine: Engine):
    for number in range(12):
        assert may_enter(staff, f"192.0.2.{100 + number}", NOW + timedelta(minutes=number + 1))
    now = NOW + timedelta(hours=1)
    with transaction(engine) as connection:
        assert connection.execute(select(func.count()).select_from(tables.sign_in_places)).scalar_one() == 10
    guess(staff, CAFE, 5, now)
    assert not may_enter(staff, DESK, now)
    assert may_enter(staff, "192.0.2.111", now)


@pytest.mark.sqlite
def test_no_address_stands_in_the_database(staff: StaffParts, tmp_path: Path, engine: Engine):
    engine.dispose()
    with sqlite3.connect(tmp_path / "kb.sqlite") as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'passage_pairs%'"
        tables = [name for (name,) in connection.execute(names)]
        assert "sign_in_attempts" in tables or len(tables) > 10
        assert all(
            DESK not in str(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in tables
        )
    connection.close()


def test_wrong_old_passwords_in_a_session_lock_only_that_address(staff: StaffParts):
    for _ in range(5):
        with pytest.raises(NotAllowedError):
            staff.sign_in.change_password(WANG, "wrong-password", "huanglong-cha-8", CAFE, NOW)
    with pytest.raises(NotAllowedError):
        staff.sign_in.change_password(WANG, PASSWORD, "huanglong-cha-8", CAFE, NOW)
    assert not staff.sign_in.change_password(WANG, PASSWORD, "huanglong-cha-8", DESK, NOW).is_locked(NOW)
