"""How a message goes out: mail by SMTP, a signed webhook, the group robots of 企业微信, 钉钉 and 飞书.

webhook   POST of JSON; X-KB-Signature is "sha256=" and the HMAC of X-KB-Timestamp, ".", and the body
wecom     {"msgtype": "markdown"}, for 政务微信 too; answers {"errcode": 0}
dingtalk  {"msgtype": "markdown"}; timestamp and sign stand in the address (加签)
feishu    {"msg_type": "text"}; timestamp and sign stand in the body (签名校验); answers {"code": 0}
"""

import base64
import hashlib
import hmac
import json
import smtplib
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote_plus

import httpx

from kb.errors import SendError
from kb.models import Model
from kb.notices.models import Channel, Message

_SECONDS = 15
_MOST_CHARS = 1_900  # the shortest limit of the robots: 2,048 bytes of 企业微信 text, 4,096 of its markdown


class Mail(Model):
    """The office's mail server; without `host` no mail goes out."""

    host: str | None = None
    port: int = 25
    security: str = "off"  # off, starttls, tls
    user: str | None = None
    password: str | None = None
    sender: str = "policy-qa@localhost"


def send(
    channel: Channel, address: str, secret: str | None, message: Message, mail: Mail, now: datetime
) -> None:
    """Send `message`; returns when the other side has taken it.

    Raises:
        SendError: it has not.
    """
    try:
        if channel is Channel.EMAIL:
            _send_mail(address, message, mail, now)
        else:
            _POSTS[channel](address, secret or "", message, now)
    except (OSError, smtplib.SMTPException, httpx.HTTPError, httpx.InvalidURL) as error:
        raise SendError(f"{channel.label}没有发出：{type(error).__name__} {error}") from error


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a webhook's body.

    >>> signature("s", "1715300000", b"{}")[:17]
    'sha256=f6fbafb6b6'
    """
    signed = timestamp.encode() + b"." + body
    return f"sha256={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _send_mail(address: str, message: Message, mail: Mail, now: datetime) -> None:
    if mail.host is None:
        raise SendError("没有设置邮件服务器（KB_SMTP_HOST）")
    letter = EmailMessage()
    letter["Subject"] = message.title
    letter["From"], letter["To"] = mail.sender, address
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<{message.id}@policy-qa>"
    letter.set_content(message.text)
    over = smtplib.SMTP_SSL if mail.security == "tls" else smtplib.SMTP
    with over(mail.host, mail.port, timeout=_SECONDS) as server:
        if mail.security == "starttls":
            server.starttls()
        if mail.user:
            server.login(mail.user, mail.password or "")
        server.send_message(letter)


def _to_webhook(address: str, secret: str, message: Message, now: datetime) -> None:
    timestamp = str(int(now.timestamp()))
    rows = zip(message.keys, message.lines, message.links, strict=True)
    items = [{"key": key, "text": line, "url": link} for key, line, link in rows]
    body = json.dumps({"id": message.id, "title": message.title, "items": items}, ensure_ascii=False).encode()
    headers = {"X-KB-Timestamp": timestamp, "X-KB-Signature": signature(secret, timestamp, body)}
    _post(address, body, headers)


def _to_wecom(address: str, _secret: str, message: Message, _now: datetime) -> None:
    content = {"msgtype": "markdown", "markdown": {"content": _markdown(message)}}
    _require_zero(_post(address, _json(content)), "errcode", "errmsg")


def _to_dingtalk(address: str, secret: str, message: Message, now: datetime) -> None:
    if secret:
        timestamp = str(int(now.timestamp() * 1000))
        digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
        mark = "&" if "?" in address else "?"
        sign = quote_plus(base64.b64encode(digest))
        address = f"{address}{mark}timestamp={timestamp}&sign={sign}"
    content = {"msgtype": "markdown", "markdown": {"title": message.title, "text": _markdown(message)}}
    _require_zero(_post(address, _json(content)), "errcode", "errmsg")


def _to_feishu(address: str, secret: str, message: Message, now: datetime) -> None:
    content: dict[str, object] = {"msg_type": "text", "content": {"text": _short(message.text)}}
    if secret:
        timestamp = str(int(now.timestamp()))
        digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        content |= {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}
    _require_zero(_post(address, _json(content)), "code", "msg")


_POSTS: Mapping[Channel, Callable[[str, str, Message, datetime], None]] = {
    Channel.WEBHOOK: _to_webhook,
    Channel.WECOM: _to_wecom,
    Channel.DINGTALK: _to_dingtalk,
    Channel.FEISHU: _to_feishu,
}


def _markdown(message: Message) -> str:
    pairs = zip(message.lines, message.links, strict=True)
    rows = [f"- {line} [打开]({link})" if link else f"- {line}" for line, link in pairs]
    return _short("\n".join([f"**{message.title}**", *rows]))


def _short(text: str) -> str:
    """`text` within the robots' limit, cut at the end of a line."""
    if len(text.encode()) <= _MOST_CHARS:
        return text
    kept = text.encode()[:_MOST_CHARS].decode("utf-8", "ignore")
    return f"{kept.rpartition(chr(10))[0]}\n（其余请到控制台查看）"


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _post(address: str, body: bytes, headers: Mapping[str, str] | None = None) -> object:
    """Post JSON; the JSON of the answer, None when it is none."""
    sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    response = httpx.post(address, content=body, headers=sent, timeout=_SECONDS, follow_redirects=False)
    if not response.is_success:
        raise SendError(f"对方答复 HTTP {response.status_code}")
    try:
        answer: object = response.json()
        return answer
    except ValueError:
        return None


def _require_zero(answer: object, field: str, told: str) -> None:
    """Robots answer 200 also when they refuse a message; then `field` is not 0."""
    code = answer.get(field) if isinstance(answer, dict) else None
    if code != 0:
        reason = answer.get(told, "") if isinstance(answer, dict) else "没有按约定答复"
        raise SendError(f"对方没有收下（{code}）：{reason}")
