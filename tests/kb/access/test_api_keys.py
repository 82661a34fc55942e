"""Keys of other programs: shown once, kept as digests, over at their time, told in the audit log."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from kb.access.api_keys import ApiKeys, KeyState, Scope
from kb.access.tables import api_keys
from kb.errors import InputError, NotAllowedError, NotFoundError
from kb.staff.audit import Audit
from kb.staff.audit_sentences import changes, sentence
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.storage.database import open_database

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
APP = "区政务服务 App"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "kb.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture
def keys(engine: Engine) -> ApiKeys:
    return ApiKeys(engine, Audit(engine))


def test_made_key_is_stored_as_its_digest_only(keys: ApiKeys, engine: Engine):
    new = keys.make(OPERATOR, APP, [Scope.ASK], NOW)
    with engine.connect() as connection:
        row = connection.execute(select(api_keys)).one()
    assert new.secret not in map(str, row)
    assert new.secret.startswith(new.key.hint)
    assert keys.used(new.secret, NOW) == new.key.model_copy(update={"last_used_at": None})


@pytest.mark.parametrize("secret", ["", "pqa_", "pqa_guessed", "pqa_\ud800"])
def test_unknown_key_is_none(keys: ApiKeys, secret: str):
    keys.make(OPERATOR, APP, [Scope.ASK], NOW)
    assert keys.used(secret, NOW) is None


def test_use_is_noted_to_the_minute(keys: ApiKeys):
    secret = keys.make(OPERATOR, APP, [Scope.ASK], NOW).secret
    for seconds in (0, 30, 90, 100):
        keys.used(secret, NOW + timedelta(seconds=seconds))
    assert keys.all(OPERATOR)[0].last_used_at == NOW + timedelta(seconds=90)


def test_key_ends_with_its_time_and_when_revoked(keys: ApiKeys):
    short = keys.make(OPERATOR, APP, [Scope.ASK], NOW, days=1).key
    assert short.state(NOW + timedelta(hours=23)) is KeyState.VALID
    assert short.state(NOW + timedelta(days=1)) is KeyState.EXPIRED
    revoked = keys.revoke(OPERATOR, short.id, NOW)
    assert revoked.state(NOW) is KeyState.REVOKED
    assert keys.revoke(OPERATOR, short.id, NOW + timedelta(days=9)).revoked_at == NOW


def test_key_that_is_over_is_not_noted_as_used(keys: ApiKeys):
    new = keys.make(OPERATOR, APP, [Scope.ASK], NOW)
    keys.revoke(OPERATOR, new.key.id, NOW)
    found = keys.used(new.secret, NOW)
    assert found is not None
    assert keys.all(OPERATOR)[0].last_used_at is None


@pytest.mark.parametrize(
    ("name", "scopes", "options"),
    [
        ("  ", [Scope.ASK], {}),
        ("长" * 51, [Scope.ASK], {}),
        (APP, [], {}),
        (APP, [Scope.ASK], {"rate": -1}),
        (APP, [Scope.ASK], {"days": 0}),
        (APP, [Scope.ASK], {"days": 3651}),
    ],
    ids=["no_name", "long_name", "no_scope", "rate", "no_days", "ever"],
)
def test_unacceptable_key_is_not_made(keys: ApiKeys, name: str, scopes: list[Scope], options: dict[str, int]):
    with pytest.raises(InputError):
        keys.make(OPERATOR, name, scopes, NOW, **options)
    assert keys.all(OPERATOR) == ()


def test_only_administrators_manage_keys(keys: ApiKeys):
    wang = Staff(name="wangfang", title="王芳", role=Role.REVIEWER)
    with pytest.raises(NotAllowedError, match="不能管理接口密钥"):
        keys.make(wang, APP, [Scope.ASK], NOW)
    with pytest.raises(NotAllowedError):
        keys.all(wang)
    with pytest.raises(NotAllowedError):
        keys.revoke(wang, 1, NOW)
    with pytest.raises(NotFoundError):
        keys.revoke(OPERATOR, 1, NOW)


def test_audit_log_tells_of_keys_in_sentences_without_the_key(keys: ApiKeys, engine: Engine):
    admin = Staff(name="lili", title="李丽", role=Role.ADMIN)
    new = keys.make(admin, APP, [Scope.ASK, Scope.SEARCH], NOW, rate=30, days=365)
    keys.revoke(admin, new.key.id, NOW)
    revoked, made = Audit(engine).entries(10)
    assert sentence(made, {"lili": "李丽"}, {}) == "李丽 新建了接口密钥“区政务服务 App”"
    assert set(changes(made)) == {"用途：提问、检索", "每分钟最多几次：30", "有效期至：2027-11-28"}
    assert sentence(revoked, {"lili": "李丽"}, {}) == "李丽 停用了接口密钥“区政务服务 App”"
    assert new.secret not in f"{made}{revoked}"
