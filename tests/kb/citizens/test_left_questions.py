"""Questions left for a person: the code is the key, the contact is for staff only."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kb.citizens.left_questions import LeftQuestion, Questions, QuestionState
from kb.errors import NotFoundError, QuestionError
from kb.storage.database import open_database

FRIDAY = datetime(2024, 5, 10, 9, 0, tzinfo=UTC)
CONTACT = "13812345678"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "kb.sqlite")


@pytest.fixture
def questions(engine: Engine) -> Questions:
    return Questions(engine, reply_days=7)


def leave(
    questions: Questions, text: str = "公租房什么时候可以申请？", now: datetime = FRIDAY
) -> LeftQuestion:
    return questions.leave(text, CONTACT, "answer-1", ["区住建局"], now)


def test_left_question_is_found_by_code_and_replied_to(questions: Questions):
    left = leave(questions)
    assert re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", left.code)
    assert (left.state, left.asked, left.due) == (
        QuestionState.WAITING,
        date(2024, 5, 10),
        date(2024, 5, 20),
    )  # Saturday 05-11 is worked
    assert questions.find(left.code) == left
    answered = questions.reply(
        left.code, " 每年3月、9月受理。 ", "区住建局", "王芳", FRIDAY + timedelta(days=4)
    )
    assert answered.state is QuestionState.ANSWERED
    assert answered.reply is not None
    assert answered.reply.model_dump() == {
        "text": "每年3月、9月受理。",
        "department": "区住建局",
        "name": "王芳",
        "date": date(2024, 5, 14),
    }
    assert questions.find(left.code) == answered


def test_code_is_accepted_however_it_is_typed(questions: Questions):
    left = leave(questions)
    full_width = "".join(chr(ord(character) + 0xFEE0) for character in left.code)
    for typed in (
        left.code.lower(),
        left.code.replace("-", ""),
        f" {left.code[:4]} — {left.code[5:]} ",
        full_width,
    ):
        assert questions.find(typed) == left


@pytest.mark.parametrize("code", ["", "K7M3-9QXF", "'; drop table questions; --", "０" * 500])
def test_wrong_code_raises_not_found(questions: Questions, code: str):
    leave(questions)
    with pytest.raises(NotFoundError) as caught:
        questions.find(code)
    assert "没有找到这个查询码" in caught.value.citizen
    with pytest.raises(NotFoundError):
        questions.reply(code, "好", None, None, FRIDAY)


def test_contact_is_shown_to_staff_only(questions: Questions):
    left = leave(questions)
    answered = questions.reply(left.code, "每年3月、9月受理。", None, None, FRIDAY)
    for seen in (left, questions.find(left.code), answered):
        assert CONTACT not in seen.model_dump_json()
    (for_staff,) = questions.all()
    assert (for_staff.contact, for_staff.answer_id, for_staff.question) == (CONTACT, "answer-1", answered)


def test_personal_data_in_the_text_is_masked(questions: Questions):
    left = leave(questions, "我是360403199001011234，请打13812345678")
    assert left.text == "我是〔身份证号〕，请打〔电话号码〕"


@pytest.mark.parametrize("text", ["", " 　\n"])
def test_empty_question_or_reply_is_refused(questions: Questions, text: str):
    with pytest.raises(QuestionError):
        leave(questions, text)
    left = leave(questions)
    with pytest.raises(QuestionError):
        questions.reply(left.code, text, None, None, FRIDAY)
    assert questions.find(left.code).reply is None


def test_waiting_lists_unreplied_questions_oldest_first(questions: Questions):
    later = leave(questions, "后问的", FRIDAY + timedelta(hours=1))
    first = leave(questions, "先问的")
    done = leave(questions, "答了的")
    questions.reply(done.code, "好", None, None, FRIDAY)
    assert [waiting.question.text for waiting in questions.waiting()] == [first.text, later.text]
    assert len(questions.all()) == 3


def test_question_has_no_due_day_without_a_promise(engine: Engine):
    assert leave(Questions(engine, reply_days=0)).due is None


def test_asked_and_due_days_are_days_in_china(questions: Questions):
    before_midnight_in_london = datetime(2024, 5, 12, 22, 0, tzinfo=UTC)
    left = leave(questions, now=before_midnight_in_london)
    assert (left.asked, left.due) == (date(2024, 5, 13), date(2024, 5, 22))


def test_purge_goes_by_the_last_change_and_wipes_the_contact(
    tmp_path: Path, engine: Engine, questions: Questions
):
    old = leave(questions)
    replied = leave(questions)
    questions.reply(replied.code, "好", None, None, FRIDAY + timedelta(days=100))
    assert questions.purge(FRIDAY + timedelta(days=50)) == 1
    assert questions.find(replied.code).reply is not None
    with pytest.raises(NotFoundError):
        questions.find(old.code)
    assert questions.purge(FRIDAY + timedelta(days=101)) == 1
    engine.dispose()  # the last connection to close writes the log into the file
    assert CONTACT.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
