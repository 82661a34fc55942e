"""Signatures and sealed messages as the platforms' documents show them, and what is no message."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from wechat_platform import fields_of, unseal

from kb.errors import NotAllowedError, QuestionError
from web.channels.envelope import Envelope, Query, read_fields, text_reply

# 企业微信开发者文档，“加解密方案说明”的示例（WXBizMsgCrypt 各语言的 Sample 也用它）
TOKEN, KEY = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP = "wx5823bf96d3bd56c7"
ECHO = Query(
    msg_signature="5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
    timestamp="1409659589",
    nonce="263014780",
    echostr="P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
)
SENT = Query(
    msg_signature="477715d11cdb4164915debcba66cb864d751f3e6", timestamp="1409659813", nonce="1372623149"
)
SEALED = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/s"
    "YYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJ"
    "YuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGU"
    "callcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDY"
    "A5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)
BODY = (
    f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{SEALED}]]></Encrypt></xml>".encode()
)
NOW = datetime.fromtimestamp(1_409_659_813, UTC)


@pytest.fixture
def envelope() -> Envelope:
    return Envelope(SecretStr(TOKEN), SecretStr(KEY), CORP)


def test_published_echostr_is_opened(envelope: Envelope):
    assert envelope.echo(ECHO, NOW) == "1616140317555161061"


def test_published_message_is_opened(envelope: Envelope):
    fields = envelope.open(SENT, BODY, NOW)
    assert (fields["FromUserName"], fields["MsgType"], fields["Content"]) == ("mycreate", "text", "hello")
    assert (fields["MsgId"], fields["AgentID"]) == ("4561255354251345929", "218")


def test_plain_call_is_checked_by_token_time_and_nonce():
    plain = Envelope(SecretStr("weixin"), None, "")
    # printf '%s\n' weixin 1409659813 1372623149 | LC_ALL=C sort | tr -d '\n' | sha1sum
    signature = "8df7164a2761b9b11672dec5a7df21e70144da13"
    query = Query(signature=signature, timestamp="1409659813", nonce="1372623149")
    plain.check(query, NOW)
    with pytest.raises(NotAllowedError):
        plain.check(query.model_copy(update={"nonce": "1372623150"}), NOW)


@pytest.mark.hostile
@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=4_000)])
def test_signed_call_of_another_time_is_refused(envelope: Envelope, late: timedelta):
    with pytest.raises(NotAllowedError):
        envelope.open(SENT, BODY, NOW + late)


@pytest.mark.hostile
@pytest.mark.parametrize(
    "changed",
    [
        {"msg_signature": ""},
        {"msg_signature": "477715d11cdb4164915debcba66cb864d751f3e7"},
        {"msg_signature": "签名"},
        {"nonce": "1372623148"},
        {"timestamp": "1409659814"},
        {"timestamp": ""},
        {"timestamp": "²"},
        {"timestamp": "9" * 400},
    ],
    ids=str,
)
def test_changed_query_is_refused(envelope: Envelope, changed: dict[str, str]):
    with pytest.raises(NotAllowedError):
        envelope.open(SENT.model_copy(update=changed), BODY, NOW)


@pytest.mark.hostile
def test_message_sealed_for_another_account_is_refused():
    with pytest.raises(NotAllowedError):
        Envelope(SecretStr(TOKEN), SecretStr(KEY), "wx0000000000000000").open(SENT, BODY, NOW)


@pytest.mark.hostile
def test_account_with_a_key_takes_no_plain_message(envelope: Envelope):
    with pytest.raises(NotAllowedError):
        envelope.open(SENT, b"<xml><MsgType>text</MsgType><Content>hello</Content></xml>", NOW)


@pytest.mark.hostile
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<xml>",
        b"<html></html>",
        b'<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><a>&a;</a></xml>',
        b"<xml><Content>&a;</Content></xml>",
        "<xml></xml>".encode("utf-16"),
        b"<xml>" + b"<a>" * 20_000,
        b"<xml>" + b"<a/>" * 15_000 + b"</xml>",
        b"<xml><a>\xff</a></xml>",
        b"<xml><a>\0</a></xml>",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_body_that_is_no_message_is_refused(body: bytes):
    with pytest.raises(QuestionError):
        read_fields(body)


@pytest.mark.hostile
def test_entity_bomb_is_refused_before_it_grows():
    grown = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    with pytest.raises(QuestionError):
        read_fields(f'<!DOCTYPE xml [<!ENTITY l0 "笑">{grown}]><xml><Content>&l29;</Content></xml>'.encode())


def test_reply_is_sealed_and_holds_any_text(envelope: Envelope):
    text = "第一条 <物业> & 条例 ]]> 结束\x0b"
    reply = text_reply({"ToUserName": "gh_1", "FromUserName": "o-1"}, text, NOW)
    opened, owner = unseal(fields_of(envelope.close(reply, NOW))["Encrypt"], KEY)
    assert owner == CORP
    assert fields_of(opened) == {
        "ToUserName": "o-1",
        "FromUserName": "gh_1",
        "CreateTime": "1409659813",
        "MsgType": "text",
        "Content": "第一条 <物业> & 条例 ]]> 结束",
    }
