"""Staff are told by mail, webhook and robots: what concerns them, once, when they want it, for certain."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from factories import make_document
from postbox import Postbox, Receiver, postbox, receiver
from sqlalchemy import Engine, insert

from kb.citizens.left_questions import Questions
from kb.errors import ConflictError, InputError, NotAllowedError
from kb.notices.models import Channel, NoticeKind, Subscription
from kb.notices.notices import Notices, Turn
from kb.notices.outbox import is_quiet
from kb.notices.sending import Mail, signature
from kb.notices.subscriptions import Subscriptions
from kb.queue.handing import Handing
from kb.staff.audit import Audit
from kb.staff.codes import Seal
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.staff.users import Users
from kb.storage.database import open_database, transaction
from kb.storage.documents import Documents
from kb.storage.queue_tables import queue_departments, queue_groups, queue_items

NOW = datetime(2024, 5, 13, 2, 0, tzinfo=UTC)  # a Monday, ten in China
ADMIN = Staff(name="centre", title="数字中心", role=Role.ADMIN)
WANG = Staff(name="wang", title="王芳", role=Role.ANSWERER, departments=("区民政局",))
ZHAO = Staff(name="zhao", title="赵敏", role=Role.ANSWERER, departments=("区教体局",))
CIVIL, SCHOOL = "区民政局", "区教体局"
SECRET = "钉钉加签SEC123"


@dataclass(frozen=True)
class Office:
    """Notices over a database of their own, with a mail server and an HTTP receiver."""

    engine: Engine
    notices: Notices
    questions: Questions
    box: Postbox
    hook: Receiver

    def want(
        self, channel: Channel = Channel.EMAIL, secret: str | None = None, **more: object
    ) -> Subscription:
        address = "duty@example.gov.cn" if channel is Channel.EMAIL else self.hook.url()
        values = {"name": "值班", "channel": channel, "address": address, **more}
        return self.notices.subscriptions.save(ADMIN, Subscription.model_validate(values), secret, NOW)

    def leave(self, department: str = CIVIL, at: datetime = NOW) -> str:
        return self.questions.leave("低保怎么申请？", "13812345678", None, (department,), at).code

    def texts(self) -> list[str]:
        return [letter.get_content().strip() for letter in self.box.letters]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    engine = open_database(tmp_path / "kb.sqlite")
    audit = Audit(engine)
    users = Users(engine, audit, Passwords())
    for member in (ADMIN, WANG, ZHAO):
        users.add(OPERATOR, member, "correct horse 电池", NOW, must_change=False)
    with postbox() as box, receiver() as hook:
        mail = Mail(host="127.0.0.1", port=box.port, sender="kb@example.gov.cn")
        subscriptions = Subscriptions(engine, audit, Seal(b"k" * 32))
        notices = Notices(engine, subscriptions, mail, "https://zwgk.example.gov.cn/")
        yield Office(engine, notices, Questions(engine, 7), box, hook)


def test_new_question_reaches_the_mailbox_of_its_department_once_and_without_its_words(office: Office):
    office.want(department=CIVIL)
    office.want(name="教体", address="school@example.gov.cn", department=SCHOOL)
    code = office.leave()
    assert office.notices.turn(NOW) == Turn(written=1, sent=1)
    (letter,) = office.box.letters
    assert (letter["To"], letter["From"], letter["Subject"]) == (
        "duty@example.gov.cn",
        "kb@example.gov.cn",
        "政策问答知识库提醒",
    )
    assert "新的群众留言（区民政局），承诺 2024-05-22 前答复。" in letter.get_content()
    assert "https://zwgk.example.gov.cn/console" in letter.get_content()
    for private in ("低保", "13812345678", code, code.replace("-", "")):
        assert private not in letter.as_string() and private not in letter.get_content()
    assert office.notices.turn(NOW + timedelta(minutes=1)) == Turn()


def test_letter_that_the_server_refuses_is_sent_again_until_it_is_taken(office: Office):
    office.want()
    office.leave()
    office.box.refuses = True
    assert office.notices.turn(NOW) == Turn(written=1, failed=1)
    (reason,) = office.notices.failures(ADMIN).values()
    assert "451" in reason
    assert office.notices.turn(NOW + timedelta(seconds=30)) == Turn()  # waits a minute
    assert office.notices.turn(NOW + timedelta(minutes=1)) == Turn(failed=1)
    office.box.refuses = False
    assert office.notices.turn(NOW + timedelta(minutes=2)) == Turn()  # now waits two
    assert office.notices.turn(NOW + timedelta(minutes=3)) == Turn(sent=1)
    assert office.notices.failures(ADMIN) == {}


def test_what_was_written_down_is_sent_by_the_next_program(office: Office, tmp_path: Path):
    """A program killed between writing and sending: the row is in the outbox."""
    office.want()
    office.leave()
    unreachable = Notices(office.engine, office.notices.subscriptions, Mail(host="127.0.0.1", port=1), "")
    assert unreachable.turn(NOW).failed == 1
    office.engine.dispose()
    engine = open_database(tmp_path / "kb.sqlite")
    mail = Mail(host="127.0.0.1", port=office.box.port)
    later = Notices(engine, Subscriptions(engine, Audit(engine), Seal(b"k" * 32)), mail, "")
    assert later.turn(NOW + timedelta(minutes=2)) == Turn(sent=1)
    assert "新的群众留言" in office.texts()[0]
    engine.dispose()


def test_webhook_is_signed_over_time_and_body(office: Office):
    office.want(Channel.WEBHOOK, "共同的密钥")
    office.leave()
    assert office.notices.turn(NOW).sent == 1
    (posted,) = office.hook.posted
    timestamp = posted.headers["X-KB-Timestamp"]
    expected = hmac.new(
        "共同的密钥".encode(), timestamp.encode() + b"." + posted.body, hashlib.sha256
    ).hexdigest()
    assert posted.headers["X-KB-Signature"] == f"sha256={expected}"
    assert timestamp == str(int(NOW.timestamp()))
    (item,) = posted.content["items"]
    assert item["text"].startswith("新的群众留言") and item["key"].startswith("new:")


@pytest.mark.parametrize("channel", [Channel.WECOM, Channel.DINGTALK, Channel.FEISHU])
def test_robot_that_answers_200_with_an_error_has_not_taken_the_message(office: Office, channel: Channel):
    office.want(channel)
    office.leave()
    office.hook.answer = {"errcode": 93000, "errmsg": "invalid webhook url", "code": 19001, "msg": "no robot"}
    assert office.notices.turn(NOW) == Turn(written=1, failed=1)
    office.hook.answer = {"errcode": 0, "code": 0}
    assert office.notices.turn(NOW + timedelta(minutes=1)) == Turn(sent=1)


def test_wecom_gets_markdown_with_a_link(office: Office):
    office.want(Channel.WECOM)
    office.leave()
    office.hook.answer = {"errcode": 0}
    assert office.notices.turn(NOW).sent == 1
    content = office.hook.posted[0].content
    assert content["msgtype"] == "markdown"
    assert "[打开](https://zwgk.example.gov.cn/console)" in content["markdown"]["content"]


def test_dingtalk_gets_time_and_sign_in_the_address(office: Office):
    office.want(Channel.DINGTALK, SECRET, address=office.hook.url("/robot/send?access_token=t"))
    office.leave()
    office.hook.answer = {"errcode": 0}
    assert office.notices.turn(NOW).sent == 1
    query = parse_qs(urlsplit(office.hook.posted[0].path).query)
    timestamp = str(int(NOW.timestamp() * 1000))
    digest = hmac.new(SECRET.encode(), f"{timestamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query == {
        "access_token": ["t"],
        "timestamp": [timestamp],
        "sign": [base64.b64encode(digest).decode()],
    }


def test_feishu_gets_time_and_sign_in_the_body(office: Office):
    office.want(Channel.FEISHU, SECRET)
    office.leave()
    office.hook.answer = {"code": 0}
    assert office.notices.turn(NOW).sent == 1
    content = office.hook.posted[0].content
    key = f"{content['timestamp']}\n{SECRET}".encode()
    assert content["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert content["msg_type"] == "text"


def test_promise_is_recalled_before_the_day_then_overdue_then_told_to_those_above(office: Office):
    office.want(kinds=[NoticeKind.DUE_SOON, NoticeKind.OVERDUE, NoticeKind.ESCALATED])
    office.leave()  # due on Wednesday 22
    seen = []
    for day in (14, 17, 20, 21, 23, 24, 26, 27, 28):
        before = len(office.box.letters)
        office.notices.turn(datetime(2024, 5, day, 2, tzinfo=UTC))
        seen += [(day, text.splitlines()[1]) for text in office.texts()[before:]]
    assert [(day, text.split(" http")[0]) for day, text in seen] == [
        (20, "1. 群众留言（区民政局）还有 2 个工作日到期，请在 2024-05-22 前答复。"),
        (23, "1. 群众留言（区民政局）已过承诺的 2024-05-22，请尽快答复。"),
        (27, "1. 群众留言（区民政局）逾期 3 个工作日仍未答复，请督办。"),
    ]


def test_nothing_is_sent_in_quiet_hours_but_afterwards_all_together(office: Office):
    office.want(quiet_from="22:00", quiet_until="08:00")
    night = datetime(2024, 5, 13, 15, 0, tzinfo=UTC)  # eleven at night in China
    office.leave(at=night)
    office.leave(SCHOOL, night)
    assert office.notices.turn(night) == Turn(written=2)
    assert office.notices.turn(night + timedelta(hours=9)) == Turn(sent=1)
    assert office.box.letters[0]["Subject"] == "政策问答知识库：2 条提醒"


@pytest.mark.parametrize(
    ("clock", "quiet"), [(22, True), (23, True), (3, True), (8, False), (12, False), (21, False)]
)
def test_quiet_hours_go_past_midnight(clock: int, quiet: bool):
    night = Subscription(
        name="n", channel=Channel.EMAIL, address="a@b", quiet_from="22:00", quiet_until="08:00"
    )
    assert is_quiet(night, datetime(2024, 5, 13, (clock - 8) % 24, tzinfo=UTC)) is quiet


def test_digest_goes_out_once_on_working_days_with_what_has_gathered(office: Office):
    office.want(digest_at="09:00")
    friday = datetime(2024, 5, 17, 2, 0, tzinfo=UTC)  # ten: after the digest
    office.leave(at=friday)
    assert office.notices.turn(friday) == Turn(written=1)
    assert office.notices.turn(friday + timedelta(days=1)) == Turn()  # Saturday
    assert office.notices.turn(friday + timedelta(days=3)).sent == 1  # Monday


def test_person_is_told_of_their_departments_and_of_what_they_were_given(office: Office):
    office.want(person="wang", kinds=[NoticeKind.NEW, NoticeKind.HANDED])
    office.leave(SCHOOL)
    assert office.notices.turn(NOW) == Turn()
    with transaction(office.engine) as connection:
        values = {"id": 1, "text": "？", "state": "waiting", "version": 1}
        connection.execute(insert(queue_groups).values(**values))
        connection.execute(insert(queue_departments).values(group_id=1, department=SCHOOL))
        item = {"source": "report", "ref": "r", "group_id": 1, "kind": "report", "text": "？", "key": "k"}
        connection.execute(insert(queue_items).values(**item, asker="a", asked_at=NOW))
    handing = Handing(office.engine, Audit(office.engine))
    handing.assign(ZHAO, 1, 1, "wang", "请王芳答", NOW)
    assert office.notices.turn(NOW).sent == 1
    assert "赵敏转办了一组提问（区民政局）" in office.texts()[0]


def test_document_about_to_lose_its_force_is_told_once(office: Office):
    office.want(kinds=[NoticeKind.EXPIRING])
    document = make_document().model_copy(update={"expiry_date": date(2024, 6, 1)})
    Documents(office.engine, lambda text: text.split()).replace(document, [], "v1")
    assert office.notices.turn(NOW).sent == 1
    assert "将于 2024-06-01 失效" in office.texts()[0]
    assert office.notices.turn(NOW + timedelta(days=1)) == Turn()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"address": "duty"}, "邮箱地址不对", id="no_mailbox"),
        pytest.param({"address": "a@b.cn\nBcc: x@y.cn"}, "邮箱地址不对", id="second_line"),
        pytest.param({"channel": "wecom", "address": "ftp://x"}, "https://", id="no_web_address"),
        pytest.param({"channel": "webhook", "address": "https://x.cn/h"}, "签名密钥", id="unsigned_webhook"),
        pytest.param({"kinds": []}, "至少选一种", id="nothing_wanted"),
        pytest.param({"digest_at": "9点"}, "应如 08:30", id="time"),
        pytest.param({"quiet_from": "22:00"}, "要么都填", id="half_a_quiet_night"),
        pytest.param({"person": "nobody"}, "没有账号", id="no_such_person"),
    ],
)
def test_subscription_that_cannot_work_is_refused(office: Office, wrong: dict[str, object], told: str):
    with pytest.raises(InputError, match=told):
        office.want(**{"channel": Channel.EMAIL, **wrong})


def test_subscriptions_are_the_administrators_and_change_only_as_they_were_read(office: Office):
    saved = office.want(Channel.WEBHOOK, "密钥")
    assert saved.has_secret and "密钥" not in saved.model_dump_json()
    with pytest.raises(NotAllowedError):
        office.notices.subscriptions.save(WANG, saved, None, NOW)
    renamed = office.notices.subscriptions.save(ADMIN, saved.model_copy(update={"name": "新名"}), None, NOW)
    assert (renamed.has_secret, renamed.version) == (True, 2)
    with pytest.raises(ConflictError):
        office.notices.subscriptions.save(ADMIN, saved, None, NOW)


def test_audit_log_keeps_no_address_that_lets_others_write_to_the_group(office: Office):
    office.want(Channel.WECOM, address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6")
    (entry,) = Audit(office.engine).entries(10, subject="通知")
    assert entry.after is not None
    assert (entry.action, entry.after["address"]) == ("保存通知设置", "qyapi.weixin.qq.com")


def test_test_message_tells_why_it_does_not_arrive(office: Office):
    saved = office.want()
    office.notices.try_out(ADMIN, saved.id, NOW)
    assert "收得到通知" in office.texts()[0]
    office.box.refuses = True
    with pytest.raises(InputError, match="451"):
        office.notices.try_out(ADMIN, saved.id, NOW)


def test_signature_is_that_of_its_definition():
    expected = hmac.new(b"key", b"1715565600." + b'{"a":1}', hashlib.sha256).hexdigest()
    assert signature("key", "1715565600", b'{"a":1}') == f"sha256={expected}"
