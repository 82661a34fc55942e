"""A group goes to whom it concerns: handed on, given to a colleague, sent back; notes; what waits first."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from kb.answers import Answer, AnswerKind, Ending
from kb.citizens.journal import FeedbackReason, Journal
from kb.citizens.left_questions import Questions
from kb.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from kb.queue.filters import GroupFilter
from kb.queue.grouping import Grouping
from kb.queue.items import QueueState
from kb.queue.notes import NoteKind
from kb.queue.view import Group
from kb.queue.worklist import Queue
from kb.reports.days import Days
from kb.staff.audit import Audit
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.staff.users import Users
from kb.storage.database import open_database

NOW = datetime(2024, 5, 10, 1, 30, tzinfo=UTC)
WANG = Staff(name="wang", title="王芳", role=Role.ANSWERER, departments=("区民政局",))
ZHAO = Staff(name="zhao", title="赵敏", role=Role.ANSWERER, departments=("区教体局",))
CHIEF = Staff(name="chief", title="陈审", role=Role.REVIEWER, departments=("区民政局",))
CENTRE = Staff(name="centre", title="数字中心", role=Role.ADMIN)
SCHOOL, PHONE = "小学报名要什么材料？", "13812345678"


@dataclass(frozen=True)
class Office:
    """A queue with the stores that feed it, and an account for each member of staff."""

    engine: Engine
    queue: Queue
    journal: Journal
    questions: Questions
    audit: Audit

    def leave(self, text: str = SCHOOL, department: str = "区民政局", at: datetime = NOW) -> str:
        return self.questions.leave(text, PHONE, None, (department,), at).code

    def answer(self, text: str, kind: AnswerKind, ending: Ending) -> str:
        answer = Answer(
            question=text,
            rewritten=text,
            kind=kind,
            ending=ending,
            text="答。",
            confidence=0.1,
            departments=(),
        )
        return self.journal.record(answer, None, NOW)

    def refuse(self, text: str) -> str:
        return self.answer(text, AnswerKind.REFUSED, Ending.NO_HITS)

    def only(self, staff: Staff = CENTRE) -> Group:
        (group,) = self.queue.groups(staff, NOW, GroupFilter(states=tuple(QueueState)))
        return group


def apart(texts: Sequence[str]) -> np.ndarray:
    """A vector for each text that is near no other: every question is a group of its own."""
    return np.eye(4096, dtype="f4")[[zlib.crc32(text.encode()) % 4096 for text in texts]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    engine = open_database(tmp_path / "kb.sqlite")
    audit = Audit(engine)
    users = Users(engine, audit, Passwords())
    for member in (WANG, ZHAO, CHIEF, CENTRE):
        users.add(OPERATOR, member, "correct horse 电池", NOW, must_change=False)
    queue = Queue(engine, Grouping(engine, "none", apart), audit, lambda: ())
    return Office(engine, queue, Journal(engine), Questions(engine, 7), audit)


def test_question_handed_on_waits_in_the_other_department_with_its_contact_and_note(office: Office):
    office.leave()
    group = office.only(WANG)
    office.queue.handing.hand_over(WANG, group.id, group.version, "区教体局", "属招生政策", NOW)
    assert office.queue.groups(WANG, NOW) == []
    handed = office.only(ZHAO)
    assert (handed.state, handed.departments, handed.waiting) == (QueueState.WAITING, ("区教体局",), 1)
    assert office.queue.group(ZHAO, handed.id, NOW).items[0].contact == PHONE
    (note,) = office.queue.group(ZHAO, handed.id, NOW).notes
    assert (note.kind, note.text, note.handed_to) == (NoteKind.HANDED, "属招生政策", "区教体局")
    with pytest.raises(NotAllowedError):
        office.queue.group(WANG, handed.id, NOW)
    assert "转办提问" in [entry.action for entry in office.audit.entries(10)]


def test_day_of_a_question_handed_on_is_counted_again(office: Office):
    office.leave()
    group, days, morning = office.only(), Days(office.engine), NOW + timedelta(days=1)
    assert [days.roll_up(morning) for _ in range(2)] == [1, 0]
    office.queue.handing.hand_over(WANG, group.id, group.version, "区教体局", "属招生政策", morning)
    assert [days.roll_up(morning) for _ in range(2)] == [1, 0]


def test_question_handed_on_by_mistake_is_sent_back_once(office: Office):
    office.leave()
    group = office.only()
    group = office.queue.handing.hand_over(WANG, group.id, group.version, "区教体局", "属招生", NOW)
    back = office.queue.handing.send_back(ZHAO, group.id, group.version, "问的是救助，不是招生", NOW)
    assert (back.departments, back.state) == (("区民政局",), QueueState.WAITING)
    assert office.only(WANG).id == group.id
    with pytest.raises(InputError, match="不是转办来的"):
        office.queue.handing.send_back(WANG, group.id, back.version, "再退", NOW)


def test_colleague_gets_a_group_as_if_they_had_claimed_it(office: Office):
    office.leave()
    group = office.only()
    assigned = office.queue.handing.assign(CHIEF, group.id, group.version, "wang", "", NOW)
    assert (assigned.state, assigned.claimed_title) == (QueueState.CLAIMED, "王芳")
    assert office.queue.groups(WANG, NOW, GroupFilter(mine=True)) == [assigned]
    with pytest.raises(ConflictError, match="王芳认领"):
        office.queue.handing.hand_over(CHIEF, group.id, assigned.version, "区教体局", "转", NOW)


def test_colleague_of_another_department_gets_the_group_with_their_department(office: Office):
    office.leave()
    group = office.only()
    assigned = office.queue.handing.assign(WANG, group.id, group.version, "zhao", "请赵敏答", NOW)
    assert (assigned.departments, assigned.claimed_by) == (("区教体局",), "zhao")
    back = office.queue.handing.send_back(ZHAO, group.id, assigned.version, "不归我们", NOW)
    assert back.departments == ("区民政局",)


@pytest.mark.parametrize(
    ("department", "note", "told"),
    [
        pytest.param("区天文局", "转", "没有“区天文局”这个部门", id="no_such_department"),
        pytest.param("区民政局", "转", "已经归区民政局", id="own_department"),
        pytest.param("区教体局", "  ", "请填写转办说明", id="no_note"),
    ],
)
def test_group_is_handed_only_to_another_department_with_a_note(
    office: Office, department: str, note: str, told: str
):
    office.leave()
    group = office.only()
    with pytest.raises(InputError, match=told):
        office.queue.handing.hand_over(WANG, group.id, group.version, department, note, NOW)
    assert office.only().departments == ("区民政局",)


def test_second_of_two_who_hand_a_group_on_changes_nothing(office: Office):
    office.leave()
    group = office.only()
    office.queue.handing.hand_over(CENTRE, group.id, group.version, "区教体局", "属招生", NOW)
    with pytest.raises(ConflictError):
        office.queue.handing.hand_over(CENTRE, group.id, group.version, "区民政局", "属救助", NOW)
    assert office.only().departments == ("区教体局",)


def test_internal_note_is_masked_and_shown_to_colleagues_only(office: Office):
    code = office.leave()
    group = office.only()
    office.queue.handing.add_note(WANG, group.id, f"已打电话{PHONE}核实", NOW)
    (note,) = office.queue.group(CHIEF, group.id, NOW).notes
    assert (note.text, note.written_title) == ("已打电话〔电话号码〕核实", "王芳")
    assert "核实" not in office.questions.find(code).model_dump_json()


def test_people_who_wait_come_first_then_unhelpful_then_refused_then_many(office: Office):
    for _ in range(3):
        office.refuse("公租房申请条件")
    office.refuse("老年证怎么办理？")
    unhelpful = office.answer("新生儿落户", AnswerKind.EXTRACT, Ending.QUOTED)
    office.journal.feedback(unhelpful, False, FeedbackReason.OTHER, None, NOW)
    office.leave("残疾人补贴怎么领？", at=NOW - timedelta(days=1))
    office.leave("殡葬补贴怎么领？", at=NOW - timedelta(days=30))
    assert [group.text for group in office.queue.groups(CENTRE, NOW)] == [
        "殡葬补贴怎么领？",
        "残疾人补贴怎么领？",
        "新生儿落户",
        "公租房申请条件",
        "老年证怎么办理？",
    ]


def test_small_talk_is_never_in_the_open_list(office: Office):
    office.refuse("你好")
    office.refuse("谢谢你")
    office.refuse("公租房申请条件")
    assert [group.text for group in office.queue.groups(CENTRE, NOW)] == ["公租房申请条件"]


def test_days_left_are_working_days(office: Office):
    office.leave(at=datetime(2024, 9, 27, 2, tzinfo=UTC))  # before 国庆节
    (group,) = office.queue.groups(CENTRE, datetime(2024, 9, 30, 2, tzinfo=UTC))
    assert (str(group.due), group.days_left) == ("2024-10-12", 5)  # 8, 9, 10, 11, 12


def test_group_opens_again_when_its_citizen_answers_to_the_reply(office: Office):
    code = office.leave()
    group = office.only()
    office.queue.reply(WANG, group.id, group.version, "带户口簿。", NOW)
    assert office.queue.groups(WANG, NOW) == []
    office.questions.ask_further(code, "房产证要不要？", NOW + timedelta(hours=1))
    (open_again,) = office.queue.groups(WANG, NOW + timedelta(hours=2))
    assert (open_again.state, open_again.waiting) == (QueueState.WAITING, 1)
    (item,) = office.queue.group(WANG, group.id, NOW).items
    assert (item.further, item.earlier_reply, item.reply) == ("房产证要不要？", "带户口簿。", None)
    office.queue.reply(WANG, group.id, open_again.version, "也要带。", NOW)
    found = office.questions.find(code)
    assert found.reply and found.earlier
    assert (found.earlier.text, found.reply.text) == ("带户口簿。", "也要带。")


def test_template_is_kept_by_reviewers_of_its_department_and_offered_to_it(office: Office):
    templates = office.queue.templates
    saved = templates.save(CHIEF, None, "收件", "您的来信收悉。", "区民政局", NOW)
    templates.save(CENTRE, None, "通用", "感谢您的关注。", "", NOW)
    assert [template.name for template in templates.all(WANG)] == ["收件", "通用"]
    assert [template.name for template in templates.all(ZHAO)] == ["通用"]
    with pytest.raises(NotAllowedError):
        templates.save(WANG, None, "自己的", "好。", "区民政局", NOW)
    with pytest.raises(NotAllowedError):
        templates.save(CHIEF, None, "别家的", "好。", "区教体局", NOW)
    with pytest.raises(InputError, match="请填写模板所属的部门"):
        templates.save(CHIEF, None, "大家的", "好。", "", NOW)
    assert templates.save(CHIEF, saved.id, "收件", "来信收到。", "区民政局", NOW).text == "来信收到。"
    templates.remove(CHIEF, saved.id, NOW)
    with pytest.raises(NotFoundError):
        templates.remove(CHIEF, saved.id, NOW)
