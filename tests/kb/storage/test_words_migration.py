"""Migration 0007: citizens' words leave the audit log, and the log of before can still be verified."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from kb.staff.audit import Audit
from kb.storage.database import make_engine, migrating, transaction, upgrade

pytestmark = pytest.mark.usefixtures("real_migrations")

CANARY = "西渡口鹦鹉螺号"
AT = "2024-05-10 08:30:15.250000"
OLD_LOG = (
    ("王芳", "认领提问", "提问组 1", {"state": "waiting"}, {"state": "claimed", "text": f"{CANARY}怎么办？"}),
    (
        "王芳",
        "报告有误",
        "提问组 1",
        None,
        {"text": CANARY, "note": f"{CANARY}错了", "url": f"/chat?q={CANARY}"},
    ),
    ("王芳", "新建问答", "问答 faq-1", None, {"question": CANARY, "variants": [CANARY], "answer": CANARY}),
    ("王芳", "提问写成问答", "提问组 1", {"faq_id": None}, {"faq_id": "faq-1", "text": CANARY}),
    ("王芳", "模型起草", "答复草稿", None, {"prompt": "reply v1", "text": CANARY}),
    ("admin", "修改账号", "账号 wangfang", {"role": "editor"}, {"role": "reviewer"}),
)


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of revision 0006 with an audit log whose hashes are made as that program made them."""
    url = request.getfixturevalue("cluster").new_database() if request.param == "postgresql" else None
    engine = make_engine(tmp_path / "kb.sqlite", url)
    with engine.connect() as connection, migrating(connection) as config:
        command.upgrade(config, "0006")
    previous = ""
    columns = "id, at, actor, action, subject, before, after, previous, hash"
    for number, (actor, action, subject, before, after) in enumerate(OLD_LOG, start=1):
        row = {"id": number, "actor": actor, "action": action, "subject": subject}
        row |= {"before": before and canonical(before), "after": after and canonical(after)}
        content = canonical({**row, "at": "2024-05-10T08:30:15.250000+00:00"})
        digest = hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()
        values = {**row, "at": AT, "previous": previous, "hash": digest}
        names = ", ".join(f":{name}" for name in columns.split(", "))
        with engine.begin() as connection:
            connection.execute(text(f"INSERT INTO audit ({columns}) VALUES ({names})"), values)
            connection.execute(text("UPDATE audit_head SET entries = :id, hash = :hash"), values)
        previous = digest
    with engine.begin() as connection:
        body = json.dumps({"id": "faq-1", "question": CANARY, "answer": CANARY, "status": "draft"})
        connection.execute(
            text(
                "INSERT INTO faq_entries (id, status, question, body, updated) "
                f"VALUES ('faq-1', 'draft', '{CANARY}', :body, '{AT}')"
            ),
            {"body": body},
        )
    yield engine
    engine.dispose()


def old_hashes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT hash FROM audit ORDER BY id")))


def test_migrated_log_verifies_with_and_without_its_words_and_knows_its_old_hashes(old: Engine):
    before = old_hashes(old)
    upgrade(old)
    audit = Audit(old)
    assert audit.verify() is None
    assert [audit.verify(known) for known in before] == [None] * len(before)
    with old.connect() as connection:
        log = repr(connection.execute(text("SELECT * FROM audit")).all())
        asked_at = connection.scalar(text("SELECT asked_at FROM faq_entries"))
    assert CANARY not in log
    assert before[-1] in log  # the seal names the old head
    assert str(asked_at) == AT
    shown = {entry.id: entry for entry in audit.entries(10)}
    for number, (actor, action, subject, first, after) in enumerate(OLD_LOG, start=1):
        entry = shown[number]
        assert (entry.actor, entry.action, entry.subject) == (actor, action, subject)
        assert (entry.before, entry.after) == (first, after)

    with transaction(old) as connection:
        last = audit.purge_words(connection, datetime(2024, 5, 11, tzinfo=UTC))
        audit.write(connection, "系统", "到期清除", "x", None, {"words_until": last}, datetime.now(UTC))
    assert last == 5
    assert audit.verify() is None
    assert audit.verify(before[2]) is None
    assert CANARY not in repr(audit.entries(10))
    assert shown[6].after == {"role": "reviewer"}  # no citizen's words: stays


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        pytest.param("UPDATE audit SET actor = 'nobody' WHERE id = 3", (3, "改动"), id="changed"),
        pytest.param("DELETE FROM audit WHERE id = 2", (2, "缺第 2 条"), id="taken out"),
        pytest.param("DELETE FROM audit WHERE id = 6", (6, "缺第 6 条"), id="end cut off"),
        pytest.param("UPDATE audit_head SET hash = 'x'", (7, "末尾"), id="head changed"),
    ],
)
def test_break_in_the_old_log_is_reported_after_the_migration(
    old: Engine, without_triggers: Callable[[Engine], None], damage: str, broken: tuple[int, str]
):
    without_triggers(old)
    with old.begin() as connection:
        connection.execute(text(damage))
    restore_triggers(old)
    upgrade(old)
    found = Audit(old).verify()
    assert found is not None
    assert found.entry == broken[0] and broken[1] in found.reason


@pytest.fixture
def without_triggers() -> Callable[[Engine], None]:
    """Does what a person with full access can: switch off what refuses changes of the log."""

    def drop(engine: Engine) -> None:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_append_only"))
            else:
                for name in ("audit_no_update", "audit_no_delete"):
                    connection.execute(text(f"DROP TRIGGER {name}"))

    return drop


def restore_triggers(engine: Engine) -> None:
    """Leave no trace of the change in the triggers."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_append_only"))
