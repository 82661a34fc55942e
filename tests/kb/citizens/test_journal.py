"""The journal: what it stores of questions and answers, and what it does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from kb.answers import Answer, AnswerKind, Ending
from kb.citizens.journal import FeedbackReason, Journal
from kb.errors import NotFoundError, StoreError
from kb.language.normalise import question_key
from kb.storage.database import open_database

NOW = datetime(2023, 9, 1, 8, 30, tzinfo=UTC)
MONTH = timedelta(days=30)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "kb.sqlite")


@pytest.fixture
def journal(engine: Engine) -> Journal:
    return Journal(engine)


def make_answer(question: str = "低保怎么申请？", **fields: object) -> Answer:
    values = {
        "rewritten": question,
        "kind": AnswerKind.REFUSED,
        "ending": Ending.NO_HITS,
        "text": "目前收录的文件里没有查到。",
        "confidence": 0.1,
    }
    return Answer(question=question, **{**values, **fields})


def everything(engine: Engine) -> str:
    """All rows of the journal's tables as text."""
    with engine.connect() as connection:
        rows = [
            *connection.execute(text("select * from asked")),
            *connection.execute(text("select * from feedback")),
        ]
    return repr(rows)


def test_personal_data_never_reaches_the_database(engine: Engine, journal: Journal):
    question_text = "我是360403199001011234，电话13812345678，低保怎么申请？"
    answer_id = journal.record(make_answer(question_text), "session-of-mine", NOW)
    journal.feedback(answer_id, False, FeedbackReason.UNCLEAR, "请打0792-8551234或zhang@qq.com", NOW)
    stored_text = everything(engine)
    for secret in ("360403", "138123", "8551234", "zhang", "session-of-mine"):
        assert secret not in stored_text
    assert "低保怎么申请" in stored_text and "看不懂" in stored_text and "〔电话号码〕" in stored_text


def test_answer_ids_are_16_characters_and_differ(journal: Journal):
    ids = {journal.record(make_answer(), None, NOW) for _ in range(50)}
    assert len(ids) == 50
    assert all(
        len(answer_id) == 16 and answer_id.replace("-", "").replace("_", "").isalnum() for answer_id in ids
    )


def test_feedback_replaces_earlier_feedback(engine: Engine, journal: Journal):
    answer_id = journal.record(make_answer(), None, NOW)
    journal.feedback(answer_id, False, FeedbackReason.WRONG, "不对", NOW)
    journal.feedback(answer_id, True, None, None, NOW)
    with engine.connect() as connection:
        rows = connection.execute(text("select answer_id, helpful, reason, comment from feedback")).all()
    assert rows == [(answer_id, True, None, None)]


def test_feedback_on_unknown_answer_raises_not_found(journal: Journal):
    with pytest.raises(NotFoundError, match="没有编号为 'nothing' 的回答"):
        journal.feedback("nothing", True, None, None, NOW)


def people(*numbers: int) -> list[str]:
    return [f"192.0.2.{number}" for number in numbers]


def test_people_asked_counts_spellings_of_one_question_in_the_period(journal: Journal):
    typed = ("低保怎么申请？", "低保怎麼申請", "低保 怎么申请?", "低保怎么取消？")
    for question, address in zip(typed, people(1, 2, 3, 4), strict=True):
        journal.record(make_answer(question), None, NOW, address=address)
    for address in people(5, 6, 7):
        journal.record(
            make_answer("物业费怎么交？"), None, NOW - MONTH - timedelta(seconds=1), address=address
        )
    keys = [question_key("低保怎么申请？"), question_key("物业费怎么交？"), question_key("低保怎么取消？")]
    assert journal.people_asked(keys, NOW - MONTH) == {keys[0]: 3}
    assert journal.people_answered(NOW - MONTH) == {}


def test_people_answered_counts_wordings_of_one_entry(journal: Journal):
    for question, address in zip(("低保怎么申请？", "办低保要怎么弄") * 2, people(1, 1, 2, 3), strict=True):
        answer = make_answer(question, kind=AnswerKind.FAQ, ending=Ending.FAQ, faq_id="F1")
        journal.record(answer, None, NOW, address=address)
    assert journal.people_answered(NOW - MONTH) == {"F1": 3}
    assert journal.people_asked([question_key("低保怎么申请？")], NOW - MONTH) == {}


@pytest.mark.hostile
@pytest.mark.parametrize(
    "addresses", [people(1) * 20, people(1, 2) * 10, [""] * 20], ids=["one", "two", "unknown"]
)
def test_question_asked_often_by_fewer_than_three_people_is_not_counted(
    journal: Journal, addresses: list[str]
):
    """One person with many sessions, on many days: none of that makes several people."""
    for day, address in enumerate(addresses):
        journal.record(make_answer(), f"session-{day}", NOW - timedelta(days=day), address=address)
    assert journal.people_asked([question_key("低保怎么申请？")], NOW - MONTH) == {}


def test_askers_cannot_be_linked_across_questions_or_restarts(engine: Engine, journal: Journal):
    (address,) = people(1)
    journal.record(make_answer("低保怎么申请？"), None, NOW, address=address)
    journal.record(make_answer("公租房怎么申请？"), None, NOW, address=address)
    Journal(engine).record(make_answer("低保怎么申请？"), None, NOW, address=address)
    with engine.connect() as connection:
        askers = connection.execute(text("select asker from asked")).scalars().all()
    assert len(set(askers)) == 3
    assert address not in everything(engine)


def test_departments_are_found_by_answer_id(journal: Journal):
    answer_id = journal.record(make_answer(departments=("区民政局", "区财政局")), None, NOW)
    assert journal.departments_of(answer_id) == ("区民政局", "区财政局")
    assert journal.departments_of("nothing") is None


def test_purge_deletes_old_answers_with_their_feedback(engine: Engine, journal: Journal):
    old = journal.record(make_answer("公租房怎么申请？"), None, NOW - timedelta(days=181))
    journal.feedback(old, False, None, "公租房的答案呢", NOW)
    journal.record(make_answer("低保怎么申请？"), None, NOW - timedelta(days=179))
    assert journal.purge(NOW - timedelta(days=180)) == 1
    stored_text = everything(engine)
    assert "低保" in stored_text
    assert "公租房" not in stored_text


def test_database_error_does_not_quote_the_question(tmp_path: Path, engine: Engine, journal: Journal):
    with engine.begin() as connection:
        connection.execute(text("alter table asked rename to elsewhere"))
    with pytest.raises(StoreError, match="读写失败") as caught:
        journal.record(make_answer("公租房怎么申请？"), None, NOW)
    assert "公租房" not in str(caught.value)
