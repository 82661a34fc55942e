"""A 公众号 whose followers ask, leave messages and come back; the platform is scripted."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from wechat_platform import AES_KEY, Platform, api, signed, wait_for_work

from kb.channels.tokens import Token
from kb.controls import wording
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase
from kb.storage import tables
from kb.storage.database import transaction
from kb.storage.queue_tables import channel_messages
from web.channels import wechat
from web.startup import purge

ANSWERERS = "街道要安排几名政策解答员？"
PLAN = "《2023年浔阳区政务公开工作要点》"
LINK = re.compile(r"https://zcwd\.example\.gov\.cn(/chat/answer/[\w-]+)")
Serve = Callable[..., Platform]


@pytest.fixture(params=[None, AES_KEY], ids=["plain", "sealed"])
def platform(request: pytest.FixtureRequest, serve: Serve) -> Platform:
    key = request.param
    return serve(key, wechat_aes_key=SecretStr(key) if key else None)


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Context manager: answers are worked on until its end; yields the texts that are."""
    go_on, begun, reply = threading.Event(), [], wechat.reply_to

    def waiting(kb, message, now):
        begun.append(message.text)
        assert go_on.wait(60)
        return reply(kb, message, now)

    with monkeypatch.context() as patch:
        patch.setattr(wechat, "reply_to", waiting)
        yield begun
        go_on.set()
        wait_for_work()


def asked_questions(kb: KnowledgeBase) -> list[str]:
    with transaction(kb.storage.engine) as connection:
        return list(connection.scalars(select(tables.asked.c.question)))


def test_address_is_accepted_when_saved_in_the_backend(serve: Serve):
    platform = serve()
    now = str(int(datetime.now(UTC).timestamp()))
    query = {"signature": signed(platform.token, now, "1372623149"), "timestamp": now, "nonce": "1372623149"}
    reply = platform.client.get(platform.path, params={**query, "echostr": "5940874629403947"})
    assert (reply.status_code, reply.text) == (200, "5940874629403947")
    assert reply.headers["content-type"].startswith("text/plain")
    wrong = platform.client.get(platform.path, params={**query, "nonce": "1", "echostr": "<script>"})
    assert wrong.status_code == 403 and "<script>" not in wrong.text


def test_follower_gets_answer_with_quote_source_and_link(platform: Platform):
    reply = platform.say("o-answer", ANSWERERS)
    assert reply is not None
    assert "1-2名政策解答员" in reply
    assert f"出处：{PLAN}" in reply
    found = LINK.search(reply)
    assert found
    page = platform.client.get(found[1])
    assert page.status_code == 200 and page.headers["x-robots-tag"] == "noindex"
    assert "1-2名政策解答员" in page.text and 'href="/doc/' in page.text and "start=" in page.text


def test_refusal_says_so_and_how_to_leave_a_message(serve: Serve):
    reply = serve().say("o-refused", "怎么办离婚登记？")
    assert reply is not None and reply.startswith(wording.REFUSAL)
    assert wording.WECHAT_LEAVE in reply and "出处：" not in reply.partition("全文")[0]
    nearest = reply.partition(wording.REFUSAL_NEAREST)[2].strip().splitlines()
    assert nearest[0].startswith("《")


def test_follow_up_goes_on_with_the_same_follower_only(serve: Serve):
    platform = serve()
    platform.say("o-first", "规范性文件清理什么时候完成？")
    assert "接着上一问：" in (platform.say("o-first", "谁牵头？") or "")
    page = platform.client.get(LINK.search(platform.say("o-first", "谁牵头？") or "")[1]).text
    assert "规范性文件" in page
    assert "规范性文件" not in (platform.say("o-second", "谁牵头？") or "")


def test_number_chooses_after_a_question_back(serve: Serve, kb: KnowledgeBase):
    platform = serve()
    reply = platform.say("o-number", "信息公开")
    assert reply is not None and "您想了解信息公开的哪一方面？" in reply
    number = re.search(r"(\d)\. 怎么申请", reply)
    assert number
    platform.say("o-number", number[1])
    assert asked_questions(kb)[-1] == "信息公开怎么申请？"


def test_message_that_the_platform_repeats_is_answered_once(platform: Platform, kb: KnowledgeBase):
    message = platform.message("o-repeated", Content="政府信息公开申请多少天答复？")
    before = len(asked_questions(kb))
    replies = [platform.read(platform.call(message)) for _ in range(3)]
    assert replies[0] and replies == replies[:1] * 3
    assert len(asked_questions(kb)) == before + 1


def test_answer_that_takes_longer_is_sent_by_itself(
    serve: Serve, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
):
    with api() as interface:
        settings = {"wechat_api_url": interface.url, "wechat_app_secret": SecretStr("app-secret")}
        platform = serve(wechat_wait_s=0.01, **settings)
        message = platform.message("o-slow", Content=ANSWERERS)
        with held(monkeypatch) as begun:
            replies = [platform.read(platform.call(message)) for _ in range(3)]
            assert replies == [wording.WECHAT_LOOKING] * 3
            assert begun == [ANSWERERS]
        sender, text = interface.sent.get(timeout=30)
        assert sender == "o-slow" and "1-2名政策解答员" in text and LINK.search(text)
        assert platform.read(platform.call(message)) is None  # it was sent, so nobody gets it again
        assert interface.sent.empty()
        with held(monkeypatch):
            platform.say("o-slow", "谁牵头？")
        interface.sent.get(timeout=30)
        assert interface.tokens == 1  # kept


def test_refused_token_is_renewed_once(serve: Serve, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch):
    now = datetime.now(UTC)
    ended = Token(text="ended", expires_at=now + timedelta(hours=1))
    with api() as interface:
        settings = {"wechat_api_url": interface.url, "wechat_app_secret": SecretStr("app-secret")}
        platform = serve(wechat_wait_s=0.01, **settings)
        name = f"wechat:{platform.owner}"
        known = kb.channels.tokens.get(name, lambda: ended, now)
        assert kb.channels.tokens.get(name, lambda: ended, now, refused=known) == "ended"
        with held(monkeypatch):
            platform.say("o-token", ANSWERERS)
        assert interface.sent.get(timeout=30)[0] == "o-token"
        assert interface.tokens == 1


def test_answer_that_was_not_taken_is_fetched_with_any_word(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    with api() as interface:
        settings = {"wechat_api_url": interface.url, "wechat_app_secret": SecretStr("app-secret")}
        platform = serve(wechat_wait_s=0.01, **settings)
        interface.codes = [48_001]  # an account that may not send
        with held(monkeypatch):
            platform.say("o-unsent", ANSWERERS)
        assert interface.sent.empty() and "48001" in caplog.text and "token-" not in caplog.text
    quick = serve()
    assert "1-2名政策解答员" in (quick.say("o-unsent", "1") or "")
    assert "1-2名政策解答员" not in (quick.say("o-unsent", "1") or "")


def test_subscription_account_gives_the_answer_to_the_next_message(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    platform = serve(wechat_wait_s=0.01)
    with held(monkeypatch):
        assert platform.say("o-fetch", ANSWERERS) == wording.WECHAT_FETCH
        assert platform.say("o-fetch", "好") == wording.WECHAT_FETCH  # still worked on
    reply = platform.say("o-fetch", "政府信息公开申请多少天答复？")
    assert reply is not None and "1-2名政策解答员" in reply and reply.endswith(wording.WECHAT_ALSO)
    wait_for_work()
    assert "二十个工作日" in (platform.say("o-fetch", "1") or "").replace("20个工作日", "二十个工作日")


def test_message_is_left_and_its_code_shows_the_reply(platform: Platform, kb: KnowledgeBase):
    reply = platform.say("o-leaves", "留言：高龄津贴什么时候发？手机13812345678")
    assert reply is not None
    code = re.search(r"查询码 (\w{4}-\w{4})", reply)
    assert code
    assert kb.citizens.questions.find(code[1]).text == "高龄津贴什么时候发？手机〔电话号码〕"
    assert "等待答复" in (platform.say("o-leaves", f"查询码{code[1].lower()}") or "")
    kb.citizens.questions.reply(code[1], "每月十五日前发放。", "区民政局", "王芳", datetime.now(UTC))
    assert "每月十五日前发放。" in (platform.say("o-leaves", code[1]) or "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("留言", wording.WECHAT_LEAVE_HOW, id="nothing_left"),
        pytest.param("查询码 AAAA-AAAA", wording.LEFT_UNKNOWN, id="unknown_code"),
        pytest.param("转人工", "我是自动答复程序。要找人解答，请拨打 12345", id="a_person"),
        pytest.param("人工客服", "政策解答员名单：https://zcwd.example.gov.cn/#contacts", id="the_list"),
        pytest.param("留言 " + "问" * 501, "问题太长了（501 个字）", id="too_long"),
        pytest.param("问" * 501, "问题太长了（501 个字）", id="question_too_long"),
    ],
)
def test_text_that_is_no_question(serve: Serve, text: str, told: str):
    assert told in (serve().say("o-words", text) or "")


def test_events_and_other_kinds_of_message(serve: Serve):
    platform = serve()
    assert platform.tell("o-events", "subscribe") == wording.WECHAT_WELCOME
    assert platform.tell("o-events", "VIEW", EventKey="https://zcwd.example.gov.cn/chat") is None
    assert platform.tell("o-events", "CLICK", EventKey="留言") == wording.WECHAT_LEAVE_HOW
    picture = platform.message("o-events", "image", PicUrl="http://mmbiz.qpic.cn/1", MediaId="m")
    assert platform.read(platform.call(picture)) == wording.WECHAT_WORDS_ONLY
    silent = platform.message("o-events", "voice", MediaId="m", Format="amr")
    assert platform.read(platform.call(silent)) == wording.WECHAT_WORDS_ONLY
    spoken = platform.message("o-events", "voice", MediaId="m", Recognition="街道要安排几名政策解答员？")
    assert "1-2名政策解答员" in (platform.read(platform.call(spoken)) or "")


def test_one_follower_who_asks_too_fast_waits_and_others_do_not(serve: Serve):
    platform = serve(rate_session=2)
    replies = [platform.say("o-fast", "你好") for _ in range(3)]
    assert replies[:2] == [wording.GREETING] * 2 and replies[2] == wording.WECHAT_OFTEN
    assert platform.say("o-calm", "你好") == wording.GREETING


def test_who_asked_stands_nowhere_and_leaves_with_everything(serve: Serve, kb: KnowledgeBase):
    platform = serve()
    openid = "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"
    platform.say(openid, "我身份证36040319900101123x，街道要安排几名政策解答员？")
    stored = "".join(path.read_bytes().decode("latin-1") for path in kb.settings.home.glob("*.sqlite*"))
    assert openid not in stored and "36040319900101123" not in stored
    mine = kb.channels.messages.digest("wechat", openid)
    counted = select(func.count()).where(channel_messages.c.conversation == mine)
    with transaction(kb.storage.engine) as connection:
        assert connection.scalar(counted) == 1
    assert platform.tell(openid, "unsubscribe") is None
    with transaction(kb.storage.engine) as connection:
        assert connection.scalar(counted) == 0


def test_link_ends_with_the_document_and_with_the_retention(serve: Serve, kb: KnowledgeBase):
    platform = serve()
    reply = platform.say("o-link", ANSWERERS) or ""
    path = LINK.search(reply)[1]
    rules = kb.controls.rules
    plan = kb.channels.messages.given(path.rpartition("/")[2]).answer.citations[0].document_id
    with pytest.MonkeyPatch.context() as patch:
        changed = rules().model_copy(update={"excluded": frozenset({plan})})
        patch.setattr(kb.controls, "rules", lambda: changed)
        page = platform.client.get(path).text
    assert "后来有变动" in page and "1-2名政策解答员" not in page
    assert "1-2名政策解答员" in platform.client.get(path).text
    purge(kb, datetime.now(UTC) + timedelta(days=kb.settings.retention_days + 1))
    assert platform.client.get(path).status_code == 404


def test_link_shows_no_diagram_of_an_entry_that_was_withdrawn(serve: Serve, kb: KnowledgeBase):
    (plan,) = [one for one in kb.storage.documents.summaries() if f"《{one.title}》" == PLAN]
    picture = "解答员安排好了。\n\n![图解：谁来解答](/files/abcdef.png)"
    entry = FaqEntry(id="wechat-1", question="由谁解答政策？", answer=picture, document_id=plan.id)
    platform = serve()
    kb.faq.matcher.update([entry], [entry.id])
    try:
        path = LINK.search(platform.say("o-diagram", ANSWERERS) or "")[1]
        assert "图解：谁来解答" in platform.client.get(path).text
    finally:
        kb.faq.matcher.update([], [entry.id])
    page = platform.client.get(path).text
    assert "图解：谁来解答" not in page and "1-2名政策解答员" in page


@pytest.mark.hostile
def test_calls_that_are_not_the_platforms_get_nothing(serve: Serve, kb: KnowledgeBase):
    platform = serve()
    before = len(asked_questions(kb))
    message = platform.message("o-forged", Content=ANSWERERS)
    old = str(int((datetime.now(UTC) - timedelta(minutes=10)).timestamp()))
    assert platform.call(message, signature="0" * 40).status_code == 403
    assert platform.call(message, timestamp=old).status_code == 403  # replayed: signed, but long ago
    assert platform.call({**message, "Content": "问" * 30_000}).status_code == 413
    now = str(int(datetime.now(UTC).timestamp()))
    query = {"signature": signed(platform.token, now, "1"), "timestamp": now, "nonce": "1"}
    bomb = b'<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'
    assert platform.client.post(platform.path, params=query, content=bomb).status_code == 422
    assert len(asked_questions(kb)) == before


@pytest.mark.hostile
def test_message_without_its_fields_is_passed_over_or_answered(serve: Serve):
    platform = serve()
    for fields in ({}, {"MsgType": "event"}, {"MsgType": "text"}, {"MsgType": "事件", "Event": "\t"}):
        assert platform.call(fields).status_code == 200


def test_service_without_an_account_answers_no_calls(serve: Serve):
    platform = serve(wechat_token=None)
    assert platform.client.get("/wechat/callback").status_code == 404
    assert platform.client.post("/wecom/callback").status_code == 404
