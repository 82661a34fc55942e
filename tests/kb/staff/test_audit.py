"""The audit log: every change of it is noticed."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, text

from kb.errors import StoreError
from kb.staff.audit import PURGED, Audit, Break, differences
from kb.staff.permissions import Role
from kb.storage.database import transaction

NOW = datetime(2024, 5, 10, 16, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def audit(engine: Engine) -> Audit:
    return Audit(engine)


def write(engine: Engine, subject: str, actor: str = "wangfang") -> None:
    with transaction(engine) as connection:
        Audit(engine).write(connection, actor, "修改问答", subject, {"答案": "旧"}, {"答案": "新"}, NOW)


@pytest.fixture
def five(engine: Engine, audit: Audit) -> Audit:
    """A log of five entries."""
    for number in range(1, 6):
        write(engine, f"问答 {number}")
    return audit


def tamper(engine: Engine, *statements: str) -> None:
    """Do what a person with full access to the database can: drop the triggers, then run `statements`."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("DROP TRIGGER audit_append_only ON audit"))
        else:
            triggers = "SELECT name FROM sqlite_master WHERE type='trigger'"
            for name in connection.execute(text(triggers)).scalars():
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


def test_entry_holds_actor_action_subject_time_and_values(engine: Engine, audit: Audit):
    with transaction(engine) as connection:
        audit.write(
            connection,
            "wangfang",
            "修改文件",
            "文件 物业管理条例",
            None,
            {"失效日期": date(2024, 5, 9), "角色": Role.EDITOR, "部门": ("区住建局",)},
            NOW,
        )
    (entry,) = audit.entries(10)
    assert (entry.id, entry.actor, entry.action, entry.subject) == (
        1,
        "wangfang",
        "修改文件",
        "文件 物业管理条例",
    )
    assert entry.at == NOW and entry.at.tzinfo is UTC
    assert entry.before is None
    assert entry.after == {"失效日期": "2024-05-09", "角色": "editor", "部门": ["区住建局"]}
    assert audit.verify() is None


def test_empty_log_verifies(audit: Audit):
    assert audit.verify() is None
    assert audit.head().count == 0


def test_entry_is_rolled_back_with_its_change(engine: Engine, five: Audit):
    def fail_after_writing() -> None:
        with transaction(engine) as connection:
            five.write(connection, "wangfang", "修改问答", "问答 6", None, None, NOW)
            raise RuntimeError("the change itself failed")

    with pytest.raises(RuntimeError):
        fail_after_writing()
    assert five.head().count == 5
    assert five.verify() is None


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit WHERE id = 5"])
def test_database_refuses_to_update_or_delete_entries(engine: Engine, five: Audit, statement: str):
    with pytest.raises(StoreError, match="never changed or deleted"), transaction(engine) as connection:
        connection.execute(text(statement))
    assert five.verify() is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        pytest.param("UPDATE audit SET actor = 'lisi' WHERE id = 3", (3, "改动"), id="who"),
        pytest.param("UPDATE audit SET after = '{}' WHERE id = 3", (3, "改动"), id="what"),
        pytest.param("UPDATE audit SET before = NULL WHERE id = 1", (1, "改动"), id="the first"),
        pytest.param(
            "UPDATE audit SET at = '2024-05-11 08:30:00.123456' WHERE id = 5", (5, "改动"), id="when"
        ),
        pytest.param("DELETE FROM audit WHERE id = 2", (2, "缺第 2 条"), id="taken out"),
        pytest.param("DELETE FROM audit WHERE id = 1", (1, "缺第 1 条"), id="the first taken out"),
        pytest.param("DELETE FROM audit WHERE id > 3", (4, "应有 5 条，现有 3 条"), id="end cut off"),
        pytest.param("DELETE FROM audit", (1, "应有 5 条，现有 0 条"), id="emptied"),
        pytest.param("DELETE FROM audit_head", (1, "应有 0 条"), id="head lost"),
        pytest.param("UPDATE audit_head SET hash = 'x'", (6, "末尾"), id="head changed"),
        pytest.param(
            "INSERT INTO audit SELECT 6, at, actor, action, subject, before, after, hash, hash, former "
            "FROM audit WHERE id = 5",
            (6, "改动"),
            id="slipped in",
        ),
    ],
)
def test_verify_names_the_first_tampered_entry(
    engine: Engine, five: Audit, statement: str, broken: tuple[int, str]
):
    tamper(engine, statement)
    first_break = five.verify()
    assert isinstance(first_break, Break)
    assert first_break.entry == broken[0]
    assert broken[1] in first_break.reason


def test_verify_finds_removed_entry_despite_renumbering(engine: Engine, five: Audit):
    tamper(
        engine,
        "DELETE FROM audit WHERE id = 3",
        "UPDATE audit SET id = id - 1 WHERE id > 3",
        "UPDATE audit_head SET entries = 4",
    )
    first_break = five.verify()
    assert first_break is not None
    assert (first_break.entry, first_break.reason) == (3, "第 3 条与前一条接不上")


def test_verify_with_known_head_finds_rewritten_end(engine: Engine, five: Audit):
    """A rewritten end with a rewritten head is found only by a hash kept outside of the database."""
    known = five.head().hash
    tamper(
        engine,
        "UPDATE audit_head SET entries = 4, hash = (SELECT hash FROM audit WHERE id = 4)",
        "DELETE FROM audit WHERE id = 5",
    )
    write(engine, "问答 9")
    assert five.verify() is None
    first_break = five.verify(known)
    assert first_break is not None
    assert "改写" in first_break.reason


def test_verify_accepts_an_earlier_head(engine: Engine, five: Audit):
    known = five.head().hash
    write(engine, "问答 6")
    assert five.verify(known) is None


def test_concurrent_writers_make_one_chain(engine: Engine, audit: Audit):
    def many(actor: str) -> None:
        for number in range(10):
            write(engine, f"问答 {number}", actor)

    threads = [threading.Thread(target=many, args=(f"staff{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.head().count == 40
    assert audit.verify() is None


def test_entries_are_paged_and_filtered_by_actor_and_subject(engine: Engine, five: Audit):
    write(engine, "账号 100%", actor="admin")
    assert [entry.id for entry in five.entries(2)] == [6, 5]
    assert [entry.id for entry in five.entries(2, before_id=5)] == [4, 3]
    assert [entry.id for entry in five.entries(9, actor="admin")] == [6]
    assert [entry.id for entry in five.entries(9, subject="问答 ")] == [5, 4, 3, 2, 1]
    assert [entry.id for entry in five.entries(9, subject="0%")] == [6]
    assert five.entries(9, subject="%%") == []


def test_differences_list_added_removed_and_changed_fields():
    before, after = {"姓名": "王芳", "角色": "编辑", "旧": 1}, {"姓名": "王芳", "角色": "审核", "新": 2}
    assert differences(before, after) == [("角色", "编辑", "审核"), ("旧", 1, None), ("新", None, 2)]
    assert differences(None, None) == []


WORDS = {"text": "西渡口鹦鹉螺号怎么办？", "variants": ["鹦鹉螺号"], "note": None, "state": "claimed"}
NAMES = ("text", "variants", "note")


def write_words(engine: Engine, audit: Audit, now: datetime = NOW) -> None:
    with transaction(engine) as connection:
        audit.write(connection, "wangfang", "认领提问", "提问组 1", None, WORDS, now, NAMES)


def purge(engine: Engine, audit: Audit, before: datetime) -> int | None:
    with transaction(engine) as connection:
        last = audit.purge_words(connection, before)
        if last is not None:
            audit.write(connection, "系统", PURGED, "提问", None, {"words_until": last}, before)
        return last


def log_of(engine: Engine) -> str:
    with engine.connect() as connection:
        return repr(connection.execute(text("SELECT * FROM audit")).all())


def test_words_stand_beside_the_log_and_are_shown_with_their_entry(engine: Engine, five: Audit):
    write_words(engine, five)
    assert "鹦鹉螺" not in log_of(engine) and "claimed" in log_of(engine)
    assert five.entries(1)[0].after == WORDS
    assert five.verify() is None


def test_purged_words_leave_a_log_that_verifies_with_every_head_it_had(engine: Engine, five: Audit):
    heads = [five.head().hash]
    for day in range(3):
        write_words(engine, five, NOW + timedelta(days=day))
        heads.append(five.head().hash)
    assert purge(engine, five, NOW + timedelta(days=1, hours=1)) == 7
    assert [five.verify(head) for head in heads] == [None] * 4
    newest, *older = (entry.after for entry in five.entries(4) if entry.action != PURGED)
    assert newest == WORDS
    assert all("原文已到期删除" in after["text"] and after["state"] == "claimed" for after in older)
    assert purge(engine, five, NOW) is None


def test_same_words_have_different_digests(engine: Engine, audit: Audit):
    """A digest that anybody could compute would let one try out what a short question may have been."""
    write_words(engine, audit)
    write_words(engine, audit)
    with engine.connect() as connection:
        first, second = connection.execute(text("SELECT after FROM audit ORDER BY id")).scalars()
    assert first != second


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        pytest.param("DELETE FROM audit_words WHERE entry_id = 3", "没有到期清除的记录", id="removed early"),
        pytest.param(
            "UPDATE audit_words SET words = replace(words, '怎么办', '没什么') WHERE entry_id = 3",
            "原文被改动过",
            id="changed",
        ),
        pytest.param("UPDATE audit_words SET words = '{}' WHERE entry_id = 3", "原文被改动过", id="emptied"),
    ],
)
def test_verify_finds_words_changed_or_removed_before_their_time(
    engine: Engine, audit: Audit, statement: str, reason: str
):
    write_words(engine, audit)
    purge(engine, audit, NOW + timedelta(hours=1))
    for _ in range(2):
        write_words(engine, audit)
    with engine.begin() as connection:
        connection.execute(text(statement))
    first_break = audit.verify()
    assert first_break is not None
    assert (first_break.entry, reason in first_break.reason) == (3, True)
