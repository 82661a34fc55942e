"""A citizen in 微信 is told that their question was answered; the platform is scripted."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from wechat_platform import AES_KEY, Api, Platform, api, wait_for_work

from kb.controls import wording
from kb.knowledge_base import KnowledgeBase
from kb.storage.database import transaction
from kb.storage.queue_tables import channel_left
from web.channels import wechat
from web.channels.inbox import Replied
from web.channels.telling import tell_replies
from web.startup import post, purge

ANSWER = "每月十五日前发放到社会保障卡。"
SENDING = {"wechat_app_secret": SecretStr("app-secret")}
TEMPLATE = {
    "wechat_template": "pwAkUeDdPnc1",
    "wechat_template_fields": (
        "thing1=question",
        "thing2=department",
        "time3=date",
        "character_string4=code",
    ),
}
LATER = 45_015  # the platform: 48 hours are over
Serve = Callable[..., Platform]


def left(platform: Platform, openid: str, text: str = "高龄津贴什么时候发？") -> str:
    """Leave a question; its code."""
    found = re.search(r"查询码 (\w{4}-\w{4})", platform.say(openid, f"留言 {text}") or "")
    assert found
    return found[1]


def answered(kb: KnowledgeBase, code: str, text: str = ANSWER) -> datetime:
    """Reply to the question left under `code`; when that was."""
    now = datetime.now(UTC)
    kb.citizens.questions.reply(code, text, "区民政局", "王芳", now)
    return now


def sending(kb: KnowledgeBase, interface: Api, **settings: object) -> KnowledgeBase:
    """`kb` with an account that may send, through `interface`."""
    own = {**SENDING, "wechat_api_url": interface.url, **settings}
    return replace(kb, settings=kb.settings.model_copy(update=own))


def kept(kb: KnowledgeBase, openid: str) -> int:
    mine = kb.channels.messages.digest("wechat", openid)
    counted = select(func.count()).where(channel_left.c.conversation == mine)
    with transaction(kb.storage.engine) as connection:
        return connection.scalar(counted) or 0


@pytest.mark.parametrize("key", [None, AES_KEY], ids=["plain", "sealed"])
def test_reply_by_staff_is_sent_once_with_the_link_to_judge_it(
    serve: Serve, kb: KnowledgeBase, key: str | None
):
    openid = f"o-told-{bool(key)}"
    with api() as interface:
        account = sending(kb, interface)
        platform = serve(key, wechat_aes_key=SecretStr(key) if key else None, **SENDING)
        code = left(platform, openid)
        post(account, datetime.now(UTC))
        assert interface.sent.empty()  # nothing to tell yet
        now = answered(kb, code)
        post(account, now)
        sender, text = interface.sent.get(timeout=30)
        assert sender == openid and ANSWER in text and "——区民政局 王芳" in text
        page = re.search(r"https://zcwd\.example\.gov\.cn(/chat\?code=[\w-]+)", text)
        assert page and ANSWER in platform.client.get(page[1]).text
        assert tell_replies(account, now) == 0 and interface.sent.empty()
    assert ANSWER not in (platform.say(openid, "你好") or "")


def test_corrected_reply_and_reply_to_what_is_asked_further_are_told_too(serve: Serve, kb: KnowledgeBase):
    with api() as interface:
        account, platform = sending(kb, interface), serve(**SENDING)
        code = left(platform, "o-again")
        post(account, answered(kb, code))
        assert ANSWER in interface.sent.get(timeout=30)[1]
        post(account, answered(kb, code, "更正：每月二十日前发放。"))
        assert "每月二十日前" in interface.sent.get(timeout=30)[1]
        kb.citizens.questions.ask_further(code, "那补发吗？", datetime.now(UTC))
        post(account, datetime.now(UTC))
        assert interface.sent.empty()
        post(account, answered(kb, code, "补发。"))
        assert "补发。" in interface.sent.get(timeout=30)[1]


def test_reply_after_48_hours_goes_by_the_template(serve: Serve, kb: KnowledgeBase):
    question = "我母亲八十二岁户口在白水湖街道，高龄津贴什么时候发？"
    with api() as interface:
        account, platform = sending(kb, interface, **TEMPLATE), serve(**SENDING)
        code = left(platform, "o-template", question)
        interface.codes = [LATER]
        now = answered(kb, code)
        post(account, now)
        ((sender, template, url, fields),) = interface.templates
    assert (sender, template) == ("o-template", "pwAkUeDdPnc1")
    assert url == f"https://zcwd.example.gov.cn/chat?code={code}"
    assert fields["thing1"] == f"{question[:19]}…" and fields["thing2"] == "区民政局"
    assert fields["character_string4"] == code and re.fullmatch(r"\d{4}-\d\d-\d\d", fields["time3"])


def test_reply_that_the_platform_does_not_take_is_given_with_the_next_message(
    serve: Serve, kb: KnowledgeBase, caplog: pytest.LogCaptureFixture
):
    with api() as interface:
        account, platform = sending(kb, interface), serve(**SENDING)
        code = left(platform, "o-late")
        interface.codes = [LATER]
        now = answered(kb, code)
        post(account, now)
        post(account, now + timedelta(hours=1))
        assert interface.sent.empty() and "45015" in caplog.text and "token-" not in caplog.text
    reply = platform.say("o-late", "街道要安排几名政策解答员？") or ""
    assert ANSWER in reply and code in reply and reply.endswith(wording.WECHAT_ALSO)
    wait_for_work()
    assert "1-2名政策解答员" in (platform.say("o-late", "1") or "")


def test_account_that_may_not_send_gives_the_reply_with_the_next_message_once(
    serve: Serve, kb: KnowledgeBase
):
    platform = serve()
    code = left(platform, "o-plain")
    answered(kb, code)
    assert tell_replies(kb, datetime.now(UTC)) == 0
    assert ANSWER in (platform.say("o-plain", "1") or "")
    assert ANSWER not in (platform.say("o-plain", "1") or "")
    assert ANSWER not in (platform.say("o-other", "1") or "")


def test_platform_that_cannot_be_reached_is_tried_again_after_ten_minutes(serve: Serve, kb: KnowledgeBase):
    platform = serve(**SENDING)
    code = left(platform, "o-away")
    now = answered(kb, code)
    with api() as interface:
        away = sending(kb, interface)
    post(away, now)
    with api() as interface:
        account = sending(kb, interface)
        post(account, now + timedelta(minutes=9))
        assert interface.sent.empty()
        post(account, now + timedelta(minutes=11))
        assert ANSWER in interface.sent.get(timeout=30)[1]


@pytest.mark.parametrize("code", [-1, 45_009, 45_011], ids=["busy", "day_limit", "minute_limit"])
def test_platform_that_is_busy_is_tried_again_with_the_text(serve: Serve, kb: KnowledgeBase, code: int):
    openid = f"o-busy{code}"
    with api() as interface:
        account, platform = sending(kb, interface, **TEMPLATE), serve(**SENDING)
        interface.codes = [code]
        now = answered(kb, left(platform, openid))
        post(account, now)
        assert interface.sent.empty() and interface.templates == []
        post(account, now + timedelta(minutes=11))
        assert interface.sent.get(timeout=30)[0] == openid and interface.templates == []


def test_turn_ends_with_the_first_reply_that_does_not_reach_the_platform(serve: Serve, kb: KnowledgeBase):
    with api() as interface:
        account, platform = sending(kb, interface), serve(**SENDING)
        codes = [left(platform, openid) for openid in ("o-turn-1", "o-turn-2", "o-turn-3")]
        now = max(answered(kb, code) for code in codes)
        interface.codes = [LATER, -1, -1]
        assert tell_replies(account, now) == 0
        assert interface.codes == [-1]  # the third was not tried
        interface.codes = []
        assert tell_replies(account, now) == 1
        assert tell_replies(account, now + timedelta(minutes=11)) == 1
    assert ANSWER in (platform.say("o-turn-1", "1") or "")


def test_reply_that_is_being_sent_is_told_by_no_other_way(serve: Serve, kb: KnowledgeBase):
    others: list[object] = []
    with api() as interface:
        account, platform = sending(kb, interface), serve(**SENDING)
        now = answered(kb, left(platform, "o-twice"))

        def meanwhile() -> None:
            others.extend((tell_replies(account, now), platform.say("o-twice", "1")))

        interface.meanwhile = meanwhile
        assert tell_replies(account, now) == 1
        assert ANSWER in interface.sent.get(timeout=30)[1] and interface.sent.empty()
    assert others[0] == 0 and ANSWER not in str(others[1])


def test_reply_that_was_corrected_after_it_was_read_is_told_once_as_corrected(
    serve: Serve, kb: KnowledgeBase
):
    replies = kb.channels.replies
    code = left(serve(**SENDING), "o-corrected")
    now = answered(kb, code)
    (due,) = [each for each in replies.due(now) if each.sender == "o-corrected"]
    later = answered(kb, code, "更正：每月二十日前发放。")
    assert not replies.told(due.code, due.replied_at)
    with api() as interface:
        assert tell_replies(sending(kb, interface), later) == 1
        assert "每月二十日前" in interface.sent.get(timeout=30)[1] and interface.sent.empty()


def test_reply_that_was_looked_up_by_its_code_is_not_told_again(serve: Serve, kb: KnowledgeBase):
    with api() as interface:
        account, platform = sending(kb, interface), serve(**SENDING)
        code = left(platform, "o-looks")
        now = answered(kb, code)
        assert ANSWER in (platform.say("o-looks", f"查询码 {code}") or "")
        post(account, now)
        assert interface.sent.empty()


def test_openid_stands_nowhere_readable_and_goes_with_its_sender_and_with_the_question(
    serve: Serve, kb: KnowledgeBase
):
    platform = serve(**SENDING)
    openid = "oLVPpjqs9BhvzwPj5A-leftACode"
    left(platform, openid)
    stored = "".join(path.read_bytes().decode("latin-1") for path in kb.settings.home.glob("*.sqlite*"))
    assert openid not in stored and kept(kb, openid) == 1
    assert platform.tell(openid, "unsubscribe") is None
    assert kept(kb, openid) == 0
    left(platform, openid)
    purge(kb, datetime.now(UTC) + timedelta(days=kb.settings.retention_days + 1))
    assert kept(kb, openid) == 0


def test_message_whose_sender_leaves_while_it_is_worked_on_keeps_no_openid(
    serve: Serve, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
):
    go_on, work = threading.Event(), wechat.reply_to

    def waiting(*arguments: Any) -> Replied:
        assert go_on.wait(60)
        return work(*arguments)

    monkeypatch.setattr(wechat, "reply_to", waiting)
    platform = serve(wechat_wait_s=0.01, **SENDING)
    assert platform.say("o-leaves", "留言 高龄津贴什么时候发？") == wording.WECHAT_LOOKING
    platform.tell("o-leaves", "unsubscribe")
    go_on.set()
    wait_for_work()
    assert kept(kb, "o-leaves") == 0


def test_privacy_page_says_that_the_openid_is_kept_with_a_message_left(serve: Serve):
    assert "openid 加密后" in serve(**SENDING).client.get("/privacy").text
    assert "openid 加密后" not in serve().client.get("/privacy").text
