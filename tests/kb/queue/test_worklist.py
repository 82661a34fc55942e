"""What staff do with a group of questions, who may, and what happens when two act at once."""

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kb.answers import Answer, AnswerKind, Ending
from kb.citizens.journal import FeedbackReason, Journal
from kb.citizens.left_questions import Questions, plain_code, printed_code
from kb.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from kb.faq.models import FaqEntry, FaqStatus
from kb.knowledge_base import KnowledgeBase
from kb.queue.filters import GroupCounts, GroupFilter
from kb.queue.grouping import Grouping
from kb.queue.items import CLOSED, ItemKind, ItemSource, QueueState
from kb.queue.worklist import Queue
from kb.staff.audit import Audit
from kb.staff.permissions import Role, Staff
from kb.storage.database import open_database

NOW = datetime(2024, 5, 10, 1, 30, tzinfo=UTC)  # a Friday, half past nine in China
WANG = Staff(name="wang", title="王芳", role=Role.ANSWERER, departments=("区民政局",))
LI = Staff(name="li", title="李强", role=Role.ANSWERER, departments=("区民政局",))
ZHAO = Staff(name="zhao", title="赵敏", role=Role.ANSWERER, departments=("区教体局",))
CHIEF = Staff(name="chief", title="陈审", role=Role.REVIEWER, departments=("区民政局",))
CENTRE = Staff(name="centre", title="数字中心", role=Role.ADMIN)
DIVORCE, PHONE = "怎么办离婚登记？", "13812345678"
REPLY = "请双方带身份证、户口簿、结婚证到区政务服务中心婚姻登记窗口。"
APPROVED = FaqEntry(id="faq-1", question=DIVORCE, answer="到区婚姻登记处。", status=FaqStatus.APPROVED)


@dataclass(frozen=True)
class Office:
    """A queue with the stores that feed it."""

    engine: Engine
    queue: Queue
    journal: Journal
    questions: Questions
    audit: Audit

    def leave(self, text: str = DIVORCE, contact: str | None = PHONE, at: datetime = NOW, **more) -> str:
        values = {"answer_id": None, "departments": ("区民政局",), **more}
        return self.questions.leave(text, contact, now=at, **values).code

    def refuse(self, text: str = DIVORCE, departments: tuple[str, ...] = (), at: datetime = NOW) -> str:
        answer = Answer(
            question=text,
            rewritten=text,
            kind=AnswerKind.REFUSED,
            ending=Ending.NO_HITS,
            text="目前收录的文件里没有查到。",
            confidence=0.1,
            departments=departments,
        )
        return self.journal.record(answer, None, at)

    def only(self, staff: Staff = CENTRE, at: datetime = NOW, states=tuple(QueueState)):
        """The only group in the queue."""
        (group,) = self.queue.groups(staff, at, GroupFilter(states=states))
        return group


@pytest.fixture
def office(tmp_path: Path, kb: KnowledgeBase) -> Office:
    engine = open_database(tmp_path / "kb.sqlite")
    audit = Audit(engine)
    grouping = Grouping(engine, "bundled", kb.embedder.embed_queries)
    queue = Queue(engine, grouping, audit, lambda: (APPROVED,))
    return Office(engine, queue, Journal(engine), Questions(engine, 7), audit)


def test_group_counts_askers_and_gives_first_last_and_due_dates(office: Office):
    office.refuse(at=NOW - timedelta(days=9))
    office.leave("离婚登记到哪里办？", at=NOW - timedelta(days=2))
    office.leave(at=NOW)
    group = office.only(at=NOW + timedelta(days=1))
    assert group.text == "离婚登记到哪里办？"  # left questions are grouped first
    assert (group.state, group.asked, group.waiting) == (QueueState.WAITING, 3, 2)
    assert (group.first_asked, group.last_asked, group.age_days) == (NOW - timedelta(days=9), NOW, 10)
    assert (group.departments, group.due, group.is_overdue) == (("区民政局",), date(2024, 5, 16), False)


def test_groups_sorted_by_overdue_then_number_of_askers(office: Office):
    office.leave("老年证怎么办理？", at=NOW - timedelta(days=30))
    for _ in range(3):
        office.refuse("公租房申请条件")
    for _ in range(2):
        office.refuse("小学怎么报名？")
    order = [(group.text, group.asked) for group in office.queue.groups(CENTRE, NOW)]
    assert order == [("老年证怎么办理？", 1), ("公租房申请条件", 3), ("小学怎么报名？", 2)]
    unwritten = [group.text for group in office.queue.unwritten(CENTRE, NOW, 2)]
    assert unwritten == ["公租房申请条件", "小学怎么报名？"]


def test_staff_see_groups_of_their_departments_and_of_none(office: Office):
    office.leave(DIVORCE)
    office.refuse("小学怎么报名？", departments=("区教体局", "区财政局"))
    office.refuse("公租房申请条件")

    def seen(staff: Staff) -> set[str]:
        return {group.text for group in office.queue.groups(staff, NOW)}

    assert seen(CENTRE) == {DIVORCE, "小学怎么报名？", "公租房申请条件"}
    assert seen(WANG) == {DIVORCE, "公租房申请条件"}
    assert seen(ZHAO) == {"小学怎么报名？", "公租房申请条件"}
    schools = GroupFilter(departments=("区教体局",))
    assert [group.text for group in office.queue.groups(CENTRE, NOW, schools)] == ["小学怎么报名？"]
    assert office.queue.departments(CENTRE) == ("区教体局", "区民政局", "区财政局")
    assert office.queue.departments(WANG) == ("区民政局",)


def test_filters_mine_overdue_state_text_and_code(office: Office):
    late = office.leave("老年证怎么办理？", at=NOW - timedelta(days=30))
    office.leave(DIVORCE)
    office.refuse("小学怎么报名？", departments=("区教体局",))
    office.refuse("公租房申请条件")

    def found(staff: Staff = WANG, **wanted: object) -> list[str]:
        return [group.text for group in office.queue.groups(staff, NOW, GroupFilter(**wanted))]

    ids = {group.text: group for group in office.queue.groups(CENTRE, NOW)}
    office.queue.claim(WANG, ids[DIVORCE].id, NOW)
    office.queue.dismiss(CENTRE, ids["公租房申请条件"].id, 1, "已有专栏", NOW)
    assert found(mine=True) == [DIVORCE]
    assert found(LI, mine=True) == []
    assert found(overdue=True) == ["老年证怎么办理？"]
    assert found(states=CLOSED) == ["公租房申请条件"]
    assert found(states=(QueueState.WAITING,)) == ["老年证怎么办理？"]
    assert found(text="年证") == ["老年证怎么办理？"]
    assert found(text=f" {printed_code(late).lower()} ") == ["老年证怎么办理？"]
    assert found(ZHAO, text=late) == []  # a code opens nothing of other departments
    assert found(text="%") == []
    assert office.queue.counts(WANG, NOW) == GroupCounts(open=2, unclaimed=1, mine=1, overdue=1, closed=1)
    assert office.queue.counts(CENTRE, NOW) == GroupCounts(open=3, unclaimed=2, mine=0, overdue=1, closed=1)


def test_closed_groups_sorted_by_close_time(office: Office):
    for days, text in enumerate(("老年证怎么办理？", "小学怎么报名？")):
        office.refuse(text)
        group = next(group for group in office.queue.groups(CENTRE, NOW) if group.text == text)
        office.queue.dismiss(CENTRE, group.id, 1, "重复", NOW + timedelta(days=days))
    closed = office.queue.groups(CENTRE, NOW, GroupFilter(states=CLOSED))
    assert [group.text for group in closed] == ["小学怎么报名？", "老年证怎么办理？"]


def test_every_action_on_group_of_another_department_is_refused(office: Office):
    office.leave()
    group = office.only()
    queue, version = office.queue, group.version
    for work in (
        lambda: queue.group(ZHAO, group.id, NOW),
        lambda: queue.claim(ZHAO, group.id, NOW),
        lambda: queue.release(ZHAO, group.id, NOW),
        lambda: queue.reply(ZHAO, group.id, version, REPLY, NOW),
        lambda: queue.dismiss(ZHAO, group.id, version, "重复", NOW),
        lambda: queue.answer_by_faq(ZHAO, group.id, version, "faq-1", NOW),
        lambda: queue.link_draft(ZHAO, group.id, "faq-2", NOW),
        lambda: queue.separate(ZHAO, group.id, ItemSource.LEFT, "?", NOW),
    ):
        with pytest.raises(NotAllowedError, match="属于区民政局，您只能处理区教体局"):
            work()
    assert office.only() == group
    assert office.audit.entries(10) == []


def test_contact_shown_only_to_department_of_the_question(office: Office):
    office.leave(departments=("区民政局",))
    office.leave("离婚登记到哪里办？", "wang@example.com", departments=("区教体局",))
    group = office.only()

    def contacts(staff: Staff) -> list[tuple[str | None, bool]]:
        return [
            (item.contact, item.code is not None) for item in office.queue.group(staff, group.id, NOW).items
        ]

    assert sorted(contacts(CENTRE)) == [(PHONE, True), ("wang@example.com", True)]
    assert (PHONE, True) in contacts(WANG) and (None, False) in contacts(WANG)
    assert PHONE not in office.queue.groups(WANG, NOW)[0].model_dump_json()


def test_second_claim_names_current_holder(office: Office):
    office.leave()
    group = office.only()
    claimed = office.queue.claim(WANG, group.id, NOW)
    assert (claimed.state, claimed.claimed_title, claimed.claimed_at) == (QueueState.CLAIMED, "王芳", NOW)
    for late in (LI, WANG):
        with pytest.raises(ConflictError, match="已由王芳认领"):
            office.queue.claim(late, group.id, NOW)
    with pytest.raises(ConflictError, match="已由王芳认领"):
        office.queue.reply(LI, group.id, claimed.version, REPLY, NOW)
    assert office.only() == claimed


def test_concurrent_claims_only_one_succeeds(office: Office):
    office.leave()
    group = office.only()
    people = [WANG.model_copy(update={"name": f"wang{number}"}) for number in range(8)]
    start, claimers, too_late = threading.Barrier(len(people)), [], []

    def claim(staff: Staff) -> None:
        start.wait()
        try:
            claimers.append(office.queue.claim(staff, group.id, NOW).claimed_by)
        except ConflictError as error:
            too_late.append(str(error))

    threads = [threading.Thread(target=claim, args=(staff,)) for staff in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimers) == 1 and len(too_late) == len(people) - 1
    assert office.only().claimed_by == claimers[0]
    assert [entry.action for entry in office.audit.entries(20)] == ["认领提问"]


def test_claim_released_only_by_holder_or_reviewer(office: Office):
    office.leave()
    group = office.only()
    office.queue.claim(WANG, group.id, NOW)
    with pytest.raises(ConflictError, match="已由王芳认领"):
        office.queue.release(LI, group.id, NOW)
    released = office.queue.release(CHIEF, group.id, NOW)
    assert (released.state, released.claimed_by) == (QueueState.WAITING, None)
    with pytest.raises(ConflictError, match="现为待处理"):
        office.queue.release(WANG, group.id, NOW)


def test_reply_reaches_every_waiting_citizen_and_is_audited(office: Office):
    codes = [office.leave(), office.leave("离婚登记到哪里办？")]
    by_hand = office.leave("离婚登记怎么办")
    office.questions.reply(by_hand, "已电话答复。", "区民政局", "李强", NOW)
    group = office.only()
    answered = office.queue.reply(WANG, group.id, group.version, f" {REPLY}\n", NOW)
    assert (answered.state, answered.waiting, answered.closed_title) == (QueueState.ANSWERED, 0, "王芳")
    for code in codes:
        reply = office.questions.find(code).reply
        assert reply is not None
        assert (reply.text, reply.department, reply.name) == (REPLY, "区民政局", "王芳")
    untouched = office.questions.find(by_hand).reply
    assert untouched is not None and untouched.text == "已电话答复。"
    (entry,) = office.audit.entries(5)
    assert (entry.actor, entry.action, entry.subject) == ("wang", "答复群众", f"提问组 {group.id}")
    assert entry.after is not None
    assert (entry.after["text"], sorted(entry.after["codes"])) == (REPLY, sorted(codes))


def test_corrected_reply_keeps_the_former_in_the_audit_log(office: Office):
    code = office.leave()
    group = office.only()
    first = office.queue.reply(WANG, group.id, group.version, "到区政府。", NOW)
    with pytest.raises(ConflictError, match="现为已答复，由王芳处理"):
        office.queue.reply(LI, group.id, group.version, REPLY, NOW)
    office.queue.reply(LI, group.id, first.version, REPLY, NOW)
    reply = office.questions.find(code).reply
    assert reply is not None and (reply.text, reply.name) == (REPLY, "李强")
    newest = office.audit.entries(1)[0]
    assert newest.before is not None and newest.before["closed_text"] == "到区政府。"


def test_reply_by_staff_without_department_is_unsigned(office: Office):
    code = office.leave()
    group = office.only()
    office.queue.reply(CENTRE, group.id, group.version, REPLY, NOW)
    reply = office.questions.find(code).reply
    assert reply is not None and (reply.department, reply.name) == (None, "数字中心")


def test_reply_refused_when_invalid_or_no_citizen_waits(office: Office):
    office.refuse()
    group = office.only()
    with pytest.raises(InputError, match="请填写答复"):
        office.queue.reply(WANG, group.id, group.version, " 　\n", NOW)
    with pytest.raises(InputError, match="4001 个字，请压缩到 4000"):
        office.queue.reply(WANG, group.id, group.version, "答" * 4001, NOW)
    with pytest.raises(InputError, match="没有等待答复的群众留言"):
        office.queue.reply(WANG, group.id, group.version, REPLY, NOW)
    with pytest.raises(NotFoundError, match="已经不在了"):
        office.queue.reply(WANG, 99, 1, REPLY, NOW)
    assert office.only() == group


def test_dismiss_refused_while_a_citizen_waits(office: Office):
    office.refuse()
    group = office.only()
    dismissed = office.queue.dismiss(WANG, group.id, group.version, "不是政策问题", NOW)
    assert (dismissed.state, dismissed.closed_text) == (QueueState.DISMISSED, "不是政策问题")
    office.refuse(at=NOW + timedelta(hours=1))
    assert office.queue.groups(WANG, NOW) == []
    office.leave(at=NOW + timedelta(hours=2))
    reopened = office.only(states=(QueueState.WAITING,))
    assert (reopened.asked, reopened.closed_text) == (3, "不是政策问题")
    with pytest.raises(InputError, match="还有 1 条群众留言等待答复"):
        office.queue.dismiss(WANG, group.id, reopened.version, "不是政策问题", NOW)


def test_answer_by_faq_replies_with_the_approved_entry(office: Office):
    code = office.leave()
    group = office.only()
    with pytest.raises(InputError, match="没有编号为“faq-9”的已审核问答"):
        office.queue.answer_by_faq(WANG, group.id, group.version, "faq-9", NOW)
    answered = office.queue.answer_by_faq(WANG, group.id, group.version, "faq-1", NOW)
    assert (answered.state, answered.faq_id) == (QueueState.ANSWERED, "faq-1")
    reply = office.questions.find(code).reply
    assert reply is not None and reply.text == APPROVED.answer
    assert office.queue.unwritten(WANG, NOW, 10) == []


def test_separate_moves_a_question_into_its_own_group(office: Office):
    office.leave()
    other = office.leave("离婚登记需要什么材料？", at=NOW + timedelta(hours=1))
    group = office.only()
    own = office.queue.separate(WANG, group.id, ItemSource.LEFT, plain_code(other), NOW)
    assert (own.text, own.waiting, own.departments) == ("离婚登记需要什么材料？", 1, ("区民政局",))
    office.queue.reply(WANG, own.id, own.version, REPLY, NOW)
    rest = office.only(states=(QueueState.WAITING,))
    assert (rest.id, rest.text, rest.asked) == (group.id, DIVORCE, 1)
    with pytest.raises(InputError, match="只有这一个提问"):
        office.queue.separate(WANG, own.id, ItemSource.LEFT, plain_code(other), NOW)
    with pytest.raises(NotFoundError, match="不在这一组里"):
        office.queue.separate(WANG, group.id, ItemSource.LEFT, plain_code(other), NOW)


def test_disliked_answer_and_report_join_one_group_with_their_reasons(office: Office):
    answer = Answer(
        question="低保标准是多少？",
        rewritten="低保标准是多少",
        kind=AnswerKind.EXTRACT,
        ending=Ending.QUOTED,
        text="每人每月 735 元。",
        confidence=0.9,
    )
    answer_id = office.journal.record(answer, None, NOW)
    office.journal.feedback(answer_id, False, FeedbackReason.OUTDATED, "今年涨了", NOW)
    group_id = office.queue.report(
        WANG,
        "低保标准是多少",
        "已调到 785 元",
        "/doc/a?start=1&end=9",
        ["区民政局"],
        NOW + timedelta(hours=1),
    )
    disliked, report = office.queue.group(WANG, office.only().id, NOW).items
    assert office.only().id == group_id
    assert (disliked.kind, disliked.reason, disliked.comment) == (ItemKind.DISLIKED, "内容过时", "今年涨了")
    assert disliked.answer == "每人每月 735 元。"
    assert (report.kind, report.comment, report.reporter) == (ItemKind.REPORT, "已调到 785 元", "王芳")
    assert report.url == "/doc/a?start=1&end=9"
    assert office.audit.entries(1)[0].action == "报告有误"
    with pytest.raises(InputError, match="请填写哪里有误"):
        office.queue.report(WANG, "低保标准是多少", " ", None, [], NOW)


def test_report_and_dismissal_are_masked_in_queue_and_audit_log(office: Office):
    question_text = f"我叫张三，电话{PHONE}，低保标准是多少"
    group_id = office.queue.report(WANG, question_text, f"来电人{PHONE}说标准已调整", None, [], NOW)
    detail = office.queue.group(WANG, group_id, NOW)
    assert detail.group.text == "我叫张三，电话〔电话号码〕，低保标准是多少"
    assert detail.items[0].comment == "来电人〔电话号码〕说标准已调整"
    office.queue.dismiss(WANG, group_id, detail.group.version, f"已电话{PHONE}告知", NOW)
    assert office.only().closed_text == "已电话〔电话号码〕告知"
    assert PHONE not in "".join(entry.model_dump_json() for entry in office.audit.entries(9))


def test_citizens_personal_data_is_shown_only_as_contact(office: Office):
    """The contact, given to be called back, is the only place that shows the phone number."""
    question_text = f"我是张三，手机{PHONE}，怎么办离婚登记？"
    office.leave(question_text, contact=PHONE)
    refused = office.refuse(question_text)
    office.journal.feedback(refused, False, FeedbackReason.OTHER, f"请打{PHONE}", NOW)
    detail = office.queue.group(WANG, office.only(WANG).id, NOW)
    shown = detail.model_dump(mode="json")
    contacts = [item.pop("contact") for item in shown["items"]]
    assert sorted(filter(None, contacts)) == [PHONE]
    assert PHONE not in str(shown)
    assert "请打〔电话号码〕" in str(shown)


def test_audit_log_of_claim_reply_and_draft_verifies(office: Office):
    office.leave()
    group = office.only()
    claimed = office.queue.claim(WANG, group.id, NOW)
    office.queue.reply(WANG, group.id, claimed.version, REPLY, NOW)
    office.queue.link_draft(WANG, group.id, "faq-7", NOW)
    assert [entry.action for entry in office.audit.entries(9)] == ["提问写成问答", "答复群众", "认领提问"]
    assert office.audit.verify() is None
    assert office.only().faq_id == "faq-7"


def test_report_keeps_the_place_without_the_question_it_was_opened_with(office: Office):
    url = "/doc/a1?start=3&q=%E4%BD%8E%E4%BF%9D13812345678&end=9#cited"
    group_id = office.queue.report(CENTRE, DIVORCE, "答错了", url, [], NOW)
    (item,) = office.queue.group(CENTRE, group_id, NOW).items
    assert item.url == "/doc/a1?start=3&end=9#cited"
