"""Accounts: who may sign in, what administrators change, and that no lock is for good."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select, update

from kb.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from kb.staff.attempts import LOCKED_FOR
from kb.staff.audit import Audit
from kb.staff.parts import open_staff
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.staff.sign_in import REFUSED, SignIn
from kb.staff.users import AccountChange, Users
from kb.storage import tables
from kb.storage.database import transaction

NOW = datetime(2024, 5, 10, 8, 0, tzinfo=UTC)
PASSWORD = "liulu-mantou-7"
HERE = "192.0.2.7"
WANG = Staff(name="wangfang", title="王芳", role=Role.EDITOR, departments=("区民政局",))
ADMIN = Staff(name="admin", title="管理员", role=Role.ADMIN)


def open_door(engine: Engine, passwords: Passwords) -> SignIn:
    return open_staff(engine, key=b"key", required=frozenset, passwords=passwords).sign_in


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    """Hashing cheaply, like all tests but the one of the program's own parameters."""
    return Passwords()


@pytest.fixture
def users(engine: Engine, passwords: Passwords) -> Users:
    """Accounts, with 王芳's."""
    users = Users(engine, Audit(engine), passwords)
    users.add(OPERATOR, WANG, PASSWORD, NOW)
    return users


@pytest.fixture
def door(engine: Engine, passwords: Passwords) -> SignIn:
    return open_door(engine, passwords)


def stored_hash(engine: Engine) -> str:
    with transaction(engine) as connection:
        hash_: str = connection.execute(select(tables.users.c.password_hash)).scalar_one()
        return hash_


def test_program_hashes_with_the_parameters_that_argon2_recommends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kb.staff.passwords.PasswordHasher", PasswordHasher)
    own = Passwords()
    stored = own.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, the second recommended option
    assert not own.is_outdated(stored)
    assert own.fits(stored, PASSWORD) and not own.fits(stored, "liulu-mantou-8")


# --- signing in ---


def test_right_password_signs_in_however_the_name_is_typed(users: Users, door: SignIn):
    account = door.enter(" WangFang ", PASSWORD, HERE, NOW)
    assert account.staff == WANG
    assert door.account_of("wangfang", account.session_version) == account


def test_full_width_password_signs_in(users: Users, door: SignIn):
    assert door.enter("wangfang", "ｌｉｕｌｕ－ｍａｎｔｏｕ－７", HERE, NOW).staff == WANG


def test_all_refused_sign_ins_get_the_same_sentence(users: Users, door: SignIn):
    users.add(OPERATOR, WANG.model_copy(update={"name": "zhao"}), PASSWORD, NOW)
    users.change(OPERATOR, "zhao", 1, AccountChange(disabled=True), NOW)
    sentences = set()
    for name, password in (
        ("wangfang", "wrong-password"),
        ("nobody", PASSWORD),
        ("zhao", PASSWORD),
        ("", ""),
    ):
        with pytest.raises(NotAllowedError) as refused:
            door.enter(name, password, HERE, NOW)
        sentences.add(refused.value.citizen)
    assert sentences == {REFUSED}


def test_unknown_name_costs_as_many_hashes_as_wrong_password(users: Users, door: SignIn, engine: Engine):
    """Counts hashes, which take nearly all the time: a clock would be unreliable on a busy machine."""
    tried: list[str | None] = []

    class Counting(Passwords):
        def fits(self, stored: str | None, password: str) -> bool:
            tried.append(stored)
            return super().fits(stored, password)

    door = open_door(engine, Counting())
    for name in ("wangfang", "nobody"):
        with pytest.raises(NotAllowedError):
            door.enter(name, "wrong-password", HERE, NOW)
    assert tried == [stored_hash(engine), None]


def fail(door: SignIn, times: int, now: datetime = NOW) -> None:
    for _ in range(times):
        with pytest.raises(NotAllowedError):
            door.enter("wangfang", "wrong-password", HERE, now)


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(users: Users, door: SignIn):
    fail(door, 5)
    assert users.find(OPERATOR, "wangfang").is_locked(NOW)
    with pytest.raises(NotAllowedError):
        door.enter("wangfang", PASSWORD, HERE, NOW + LOCKED_FOR - timedelta(seconds=1))
    assert door.enter("wangfang", PASSWORD, HERE, NOW + LOCKED_FOR).staff == WANG


def test_right_password_resets_the_count_of_wrong_ones(users: Users, door: SignIn):
    for _ in range(2):
        fail(door, 4)
        door.enter("wangfang", PASSWORD, HERE, NOW)


def test_right_fifth_attempt_signs_in_without_lock(users: Users, door: SignIn, engine: Engine):
    fail(door, 4)
    assert not door.enter("wangfang", PASSWORD, HERE, NOW).is_locked(NOW)
    assert "锁定" not in {entry.action for entry in Audit(engine).entries(10)}


def test_lock_is_audited_once_and_count_restarts_after_it(users: Users, door: SignIn, engine: Engine):
    fail(door, 7)
    fail(door, 4, NOW + LOCKED_FOR)
    assert door.enter("wangfang", PASSWORD, HERE, NOW + LOCKED_FOR).staff == WANG
    assert [entry.action for entry in Audit(engine).entries(10)].count("锁定") == 1


def test_concurrent_guesses_get_only_five_tries(users: Users, engine: Engine):
    tried: list[str] = []

    class Counting(Passwords):
        def fits(self, stored: str | None, password: str) -> bool:
            tried.extend([stored] if stored else [])
            return False

    door = open_door(engine, Counting())

    def guess() -> None:
        with pytest.raises(NotAllowedError):
            door.enter("wangfang", "wrong-password", HERE, NOW)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tried) == 5


def test_unlocked_account_can_sign_in(users: Users, door: SignIn):
    fail(door, 5)
    users.unlock(ADMIN, "wangfang", NOW)
    assert door.enter("wangfang", PASSWORD, HERE, NOW).staff == WANG


def test_outdated_hash_is_renewed_at_sign_in(
    users: Users, door: SignIn, engine: Engine, passwords: Passwords
):
    weak = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    with transaction(engine) as connection:
        connection.execute(update(tables.users).values(password_hash=weak))
    door.enter("wangfang", PASSWORD, HERE, NOW)
    assert stored_hash(engine).startswith("$argon2id$")
    assert not passwords.is_outdated(stored_hash(engine))
    assert door.enter("wangfang", PASSWORD, HERE, NOW).staff == WANG


# --- sessions that end ---


@pytest.mark.parametrize(
    "change", [AccountChange(role=Role.ANSWERER), AccountChange(disabled=True)], ids=["role", "disabled"]
)
def test_changed_role_or_disabling_ends_sessions(users: Users, door: SignIn, change: AccountChange):
    account = door.enter("wangfang", PASSWORD, HERE, NOW)
    users.change(OPERATOR, "wangfang", account.version, change, NOW)
    assert door.account_of("wangfang", account.session_version) is None


def test_new_password_or_signing_out_ends_sessions(users: Users, door: SignIn):
    first = door.enter("wangfang", PASSWORD, HERE, NOW)
    second = door.change_password(WANG, PASSWORD, "huanglong-cha-8", HERE, NOW)
    assert not second.must_change_password
    assert door.account_of("wangfang", first.session_version) is None
    door.leave(WANG, NOW)
    assert door.account_of("wangfang", second.session_version) is None
    third = door.enter("wangfang", "huanglong-cha-8", HERE, NOW)
    users.reset_password(OPERATOR, "wangfang", PASSWORD, NOW)
    assert door.account_of("wangfang", third.session_version) is None
    assert door.enter("wangfang", PASSWORD, HERE, NOW).must_change_password


def test_changed_title_leaves_sessions_open(users: Users, door: SignIn):
    account = door.enter("wangfang", PASSWORD, HERE, NOW)
    users.change(OPERATOR, "wangfang", account.version, AccountChange(title="王方"), NOW)
    changed = door.account_of("wangfang", account.session_version)
    assert changed is not None and changed.staff.title == "王方"


# --- passwords and names that are accepted ---


@pytest.mark.parametrize(
    ("password", "words"),
    [("short-one", "至少要 10 个字符"), ("xWANGFANGx-2024", "不能含有账号名")],
    ids=["short", "holds the name"],
)
def test_weak_passwords_are_refused(users: Users, door: SignIn, password: str, words: str):
    for attempt in (
        lambda: users.add(OPERATOR, WANG, password, NOW),
        lambda: users.reset_password(OPERATOR, "wangfang", password, NOW),
        lambda: door.change_password(WANG, PASSWORD, password, HERE, NOW),
    ):
        with pytest.raises(InputError, match=words):
            attempt()
    assert door.enter("wangfang", PASSWORD, HERE, NOW).staff == WANG


def test_change_password_needs_the_old_one_and_a_different_new_one(users: Users, door: SignIn):
    with pytest.raises(NotAllowedError, match="原密码不对"):
        door.change_password(WANG, "wrong-password", "huanglong-cha-8", HERE, NOW)
    with pytest.raises(InputError, match="一样"):
        door.change_password(WANG, PASSWORD, PASSWORD, HERE, NOW)


@pytest.mark.parametrize("name", ["", "王芳", "wang fang", "-wang", "w" * 33, "a/b", "命令行"])
def test_invalid_account_name_is_refused(users: Users, name: str):
    with pytest.raises(InputError, match="账号名"):
        users.add(OPERATOR, WANG.model_copy(update={"name": name}), PASSWORD, NOW)


def test_name_in_use_is_refused_and_its_account_stays(users: Users, door: SignIn):
    with pytest.raises(InputError, match="已经有人使用"):
        users.add(OPERATOR, Staff(name="WANGFANG", title="王方", role=Role.ADMIN), "huanglong-cha-8", NOW)
    assert door.enter("wangfang", PASSWORD, HERE, NOW).staff == WANG


@pytest.mark.parametrize("title", ["", "  ", "王" * 31])
def test_empty_or_long_title_is_refused(users: Users, title: str):
    with pytest.raises(InputError, match="姓名"):
        users.change(OPERATOR, "wangfang", 1, AccountChange(title=title), NOW)


# --- administrators ---


def test_first_admin_gets_a_generated_password_once(engine: Engine, passwords: Passwords, door: SignIn):
    users = Users(engine, Audit(engine), passwords)
    password = users.ensure_admin(None, NOW)
    assert password is not None
    assert door.enter("admin", password, HERE, NOW).must_change_password
    assert users.ensure_admin(None, NOW) is None


def test_first_admin_with_chosen_password_need_not_change_it(
    engine: Engine, passwords: Passwords, door: SignIn
):
    users = Users(engine, Audit(engine), passwords)
    assert users.ensure_admin(PASSWORD, NOW) is None
    account = door.enter("admin", PASSWORD, HERE, NOW)
    assert account.staff.role is Role.ADMIN
    assert not account.must_change_password
    assert users.ensure_admin("another-password", NOW) is None
    assert door.enter("admin", PASSWORD, HERE, NOW).staff == account.staff


@pytest.mark.parametrize(
    "change", [AccountChange(role=Role.EDITOR), AccountChange(disabled=True)], ids=["demoted", "disabled"]
)
def test_last_admin_cannot_be_demoted_or_disabled(users: Users, change: AccountChange):
    users.add(OPERATOR, ADMIN, "huanglong-cha-8", NOW)
    with pytest.raises(InputError, match="最后一个"):
        users.change(ADMIN, "admin", 1, change, NOW)
    assert users.find(OPERATOR, "admin").version == 1
    users.add(OPERATOR, ADMIN.model_copy(update={"name": "second"}), "huanglong-cha-8", NOW)
    users.change(ADMIN, "admin", 1, change, NOW)


def test_save_on_outdated_version_raises_conflict(users: Users):
    users.change(OPERATOR, "wangfang", 1, AccountChange(departments=("区司法局", "区司法局", " ")), NOW)
    with pytest.raises(ConflictError, match="没有保存"):
        users.change(OPERATOR, "wangfang", 1, AccountChange(title="王方"), NOW)
    staff = users.find(OPERATOR, "wangfang").staff
    assert (staff.title, staff.departments) == ("王芳", ("区司法局",))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_administrators_manage_accounts(users: Users, role: Role):
    staff = WANG.model_copy(update={"role": role})
    for attempt in (
        lambda: users.all(staff),
        lambda: users.find(staff, "wangfang"),
        lambda: users.add(staff, ADMIN, PASSWORD, NOW),
        lambda: users.change(staff, "wangfang", 1, AccountChange(role=Role.ADMIN), NOW),
        lambda: users.reset_password(staff, "wangfang", "huanglong-cha-8", NOW),
        lambda: users.unlock(staff, "wangfang", NOW),
    ):
        with pytest.raises(NotAllowedError, match="不能管理账号"):
            attempt()
    assert [account.staff for account in users.all(OPERATOR)] == [WANG]


def test_change_of_unknown_account_raises_and_is_not_audited(users: Users, engine: Engine):
    before = Audit(engine).head()
    for attempt in (
        lambda: users.change(OPERATOR, "nobody", 1, AccountChange(disabled=True), NOW),
        lambda: users.reset_password(OPERATOR, "nobody", PASSWORD, NOW),
        lambda: users.unlock(OPERATOR, "nobody", NOW),
    ):
        with pytest.raises(NotFoundError, match="没有账号 nobody"):
            attempt()
    assert Audit(engine).head() == before


def test_account_changes_are_audited_without_passwords(users: Users, engine: Engine):
    users.change(ADMIN, "wangfang", 1, AccountChange(role=Role.REVIEWER), NOW)
    users.reset_password(ADMIN, "wangfang", "huanglong-cha-8", NOW)
    entries = Audit(engine).entries(10)
    assert [(entry.actor, entry.action, entry.subject) for entry in reversed(entries)] == [
        ("命令行", "新建账号", "账号 wangfang"),
        ("admin", "修改账号", "账号 wangfang"),
        ("admin", "重设密码", "账号 wangfang"),
    ]
    change = entries[1]
    assert change.before is not None and change.after is not None
    assert (change.before["角色"], change.after["角色"]) == ("编辑", "审核")
    written = "".join(entry.model_dump_json() for entry in entries)
    assert PASSWORD not in written and "huanglong" not in written and "argon2" not in written
