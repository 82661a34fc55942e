"""Messages of several programs over one database: each is worked on once, and delivered once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from kb.answers import Answer, AnswerKind, Ending
from kb.channels.messages import Messages
from kb.channels.tokens import Token, Tokens
from kb.errors import SendError
from kb.staff.codes import Seal
from kb.storage.database import open_database, transaction
from kb.storage.queue_tables import channel_tokens

NOW = datetime(2026, 5, 11, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = bytes(32)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "kb.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture
def programs(engine: Engine) -> tuple[Messages, Messages]:
    """Two programs that serve one account."""
    return Messages(engine, KEY), Messages(engine, KEY)


def make_answer(question: str) -> Answer:
    return Answer(
        id="a1",
        question=question,
        rewritten=question,
        kind=AnswerKind.EXTRACT,
        ending=Ending.QUOTED,
        text="二十个工作日。",
        confidence=0.9,
    )


def test_message_is_taken_by_one_program(programs: tuple[Messages, Messages]):
    one, other = programs
    assert one.digest("wechat", "o-1", "7") == other.digest("wechat", "o-1", "7")
    assert one.digest("wechat", "o-1", "7") != Messages(other._engine, b"x" * 32).digest("wechat", "o-1", "7")
    assert one.take("m1", "c1", NOW)
    assert not other.take("m1", "c1", NOW)


def test_promised_reply_is_delivered_once(programs: tuple[Messages, Messages]):
    one, other = programs
    one.take("m1", "c1", NOW)
    assert other.promise("m1") and other.is_awaited("c1", NOW - HOUR)
    assert one.finish("m1", "二十个工作日。")
    assert not other.is_awaited("c1", NOW - HOUR)
    assert other.fetch("c2", NOW - HOUR) is None  # another sender
    assert other.fetch("c1", NOW + HOUR) is None  # too old
    assert other.fetch("c1", NOW - HOUR) == "二十个工作日。"
    assert not one.deliver("m1") and one.fetch("c1", NOW - HOUR) is None
    one.undelivered("m1")
    assert one.deliver("m1")


def test_reply_in_time_is_not_promised_afterwards(programs: tuple[Messages, Messages]):
    one, other = programs
    one.take("m1", "c1", NOW)
    assert not one.finish("m1", "二十个工作日。")
    assert not other.promise("m1")
    assert other.fetch("c1", NOW - HOUR) is None
    kept = other.find("m1")
    assert kept is not None and kept.reply == "二十个工作日。"


def test_question_of_an_answer_is_kept_masked(programs: tuple[Messages, Messages]):
    one, _ = programs
    one.take("m1", "c1", NOW)
    one.finish("m1", "二十个工作日。", make_answer("我的电话13812345678，申请多少天答复？"))
    given = one.given("a1")
    assert given is not None and given.given_at == NOW
    assert given.answer.question == "我的电话〔电话号码〕，申请多少天答复？"
    assert [each.id for each in one.answers("c1", NOW - HOUR, 10)] == ["a1"]
    one.forget("c1")
    assert one.given("a1") is None


def test_token_is_fetched_once_for_all_programs_and_stored_sealed(engine: Engine):
    fetched = []

    def fetch() -> Token:
        fetched.append(f"token-{len(fetched) + 1}")
        return Token(text=fetched[-1], expires_at=NOW + 2 * HOUR)

    tokens, others = Tokens(engine, Seal(KEY)), Tokens(engine, Seal(KEY))
    assert [each.get("wechat:wx1", fetch, NOW) for each in (tokens, others)] == ["token-1"] * 2
    with transaction(engine) as connection:
        assert "token" not in (connection.scalar(select(channel_tokens.c.sealed)) or "")
    assert tokens.get("wechat:wx1", fetch, NOW + timedelta(minutes=116)) == "token-2"  # ends soon
    assert others.get("wechat:wx1", fetch, NOW, refused="token-2") == "token-3"
    assert tokens.get("wechat:wx1", fetch, NOW, refused="token-2") == "token-3"  # renewed by another already


def test_failed_fetch_keeps_the_token_that_was(engine: Engine):
    tokens = Tokens(engine, Seal(KEY))
    tokens.get("wechat:wx1", lambda: Token(text="first", expires_at=NOW + 2 * HOUR), NOW)

    def fail() -> Token:
        raise SendError("微信接口没有回应")

    with pytest.raises(SendError):
        tokens.get("wechat:wx1", fail, NOW, refused="first")
    assert tokens.get("wechat:wx1", fail, NOW) == "first"
