"""企业微信: answerers search on the phone; only members with an account of staff get results."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from wechat_platform import AES_KEY, Platform, seal, signed

Serve = Callable[..., Platform]
CORP = "ww1436e0e65a779aee"


@pytest.fixture
def platform(serve: Serve) -> Platform:
    made = serve(
        AES_KEY,
        wecom_token=SecretStr("QDG6eK"),
        wecom_corp_id=CORP,
        wecom_aes_key=SecretStr(AES_KEY),
        wecom_members=("WangFang=answerer", "LiSi=nobody"),
    )
    made.path, made.owner, made.token = "/wecom/callback", CORP, "QDG6eK"
    return made


def test_address_is_accepted_when_saved_in_the_backend(platform: Platform):
    now, echo = str(int(datetime.now(UTC).timestamp())), seal("1616140317555161061", CORP)
    query = {
        "msg_signature": signed("QDG6eK", now, "26", echo),
        "timestamp": now,
        "nonce": "26",
        "echostr": echo,
    }
    assert platform.client.get(platform.path, params=query).text == "1616140317555161061"
    assert platform.client.get(platform.path, params={**query, "nonce": "27"}).status_code == 403


def test_answerer_gets_three_passages_with_document_article_and_link(platform: Platform):
    reply = platform.say("WangFang", "政府信息公开申请的答复期限")
    assert reply is not None
    assert [line[:2] for line in reply.splitlines() if line[:2] in ("1.", "2.", "3.", "4.")] == [
        "1.",
        "2.",
        "3.",
    ]
    assert "《中华人民共和国政府信息公开条例》（国务院令第711号）" in reply and "第三十三条" in reply
    links = [line for line in reply.splitlines() if line.startswith("https://zcwd.example.gov.cn/doc/")]
    assert len(links) == 3
    assert platform.client.get(links[0].removeprefix("https://zcwd.example.gov.cn")).status_code == 200


def test_nothing_found_is_said(platform: Platform):
    assert "没有找到" in (platform.say("WangFang", "比特币") or "")


@pytest.mark.parametrize("member", ["ZhangSan", "LiSi"], ids=["not_paired", "no_account"])
def test_member_without_account_of_staff_gets_no_results(platform: Platform, member: str):
    reply = platform.say(member, "政府信息公开申请的答复期限")
    assert reply is not None and f"（{member}）没有对应的工作人员账号" in reply
    assert "条例" not in reply


def test_picture_and_events(platform: Platform):
    picture = platform.message("WangFang", "image", PicUrl="http://p", MediaId="m")
    assert platform.read(platform.call(picture)) == "这里只看得懂文字和语音。"
    assert "直接发要查的话" in (platform.tell("WangFang", "subscribe") or "")
    assert platform.tell("WangFang", "enter_agent") is None
