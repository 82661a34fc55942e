"""What the platforms send and get: signed, sealed in 安全模式, as flat XML.

Signatures and AES are those of wechatpy (decision 0080); reading and writing XML is ours. In plain mode the
signature does not cover the body, so with a key nothing that is not sealed is taken.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from lxml import etree
from pydantic import SecretStr
from wechatpy.crypto import PrpCrypto
from wechatpy.utils import WeChatSigner

from kb.errors import NotAllowedError, QuestionError
from kb.models import Model

_WINDOW = 300  # seconds that a call's time may be off
_FOREIGN = "签名不对，不是微信平台发来的。"
_UNREADABLE = "内容读不懂。"
_MOST_FIELDS = 100
_CHARS = {number: None for number in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}  # not in XML


class Query(Model):
    """The query of a call; a sealed one is signed by `msg_signature`."""

    signature: str = ""
    msg_signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    echostr: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """The fields that the platforms send; others are left out."""
        return cls(**{name: parameters[name] for name in cls.model_fields if name in parameters})


class _Cipher(PrpCrypto):  # type: ignore[misc]
    """AES of the platforms; the sixteen characters before each text cannot be guessed."""

    def get_random_string(self) -> str:
        return secrets.token_hex(8)


class Envelope:
    """Opens and closes the messages of one account; `owner` is its app id or corp id."""

    def __init__(self, token: SecretStr, key: SecretStr | None, owner: str) -> None:
        self._token = token.get_secret_value()
        self._cipher = _Cipher(_key_bytes(key.get_secret_value())) if key else None
        self._owner = owner

    @property
    def is_sealed(self) -> bool:
        """Whether messages are sealed."""
        return self._cipher is not None

    def check(self, query: Query, now: datetime) -> None:
        """Raise unless a plain call is signed and of this time.

        Raises:
            NotAllowedError: it is not.
        """
        self._check(query.signature, query, (), now)

    def echo(self, query: Query, now: datetime) -> str:
        """The content of a sealed echostr, by which 企业微信 tries out an address.

        Raises:
            NotAllowedError: the call is not signed, not of this time, or sealed for another account.
        """
        self._check(query.msg_signature, query, (query.echostr,), now)
        return self._opened(query.echostr)

    def open(self, query: Query, body: bytes, now: datetime) -> Mapping[str, str]:
        """The fields of a message.

        Raises:
            NotAllowedError: the call is not signed, not of this time, or sealed for another account.
            QuestionError: the body is no message.
        """
        if self._cipher is None:
            self.check(query, now)
            return read_fields(body)
        sealed = read_fields(body).get("Encrypt", "")
        self._check(query.msg_signature, query, (sealed,), now)
        return read_fields(self._opened(sealed).encode())

    def close(self, text: str, now: datetime) -> str:
        """An answer as it is sent: sealed and signed where messages are."""
        if self._cipher is None:
            return text
        sealed = self._cipher.encrypt(text, self._owner).decode()
        timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(8)
        signature = self._signature(timestamp, nonce, sealed)
        fields = {"Encrypt": sealed, "MsgSignature": signature, "TimeStamp": timestamp, "Nonce": nonce}
        return write_fields(fields)

    def _check(self, signature: str, query: Query, signed: tuple[str, ...], now: datetime) -> None:
        right = self._signature(query.timestamp, query.nonce, *signed)
        if not hmac.compare_digest(right.encode(), signature.encode()):
            raise NotAllowedError(_FOREIGN)
        is_number = query.timestamp.isascii() and query.timestamp.isdecimal()
        if not is_number or abs(now.timestamp() - int(query.timestamp[:12])) > _WINDOW:
            raise NotAllowedError(_FOREIGN)

    def _signature(self, *signed: str) -> str:
        signer = WeChatSigner()
        signer.add_data(self._token, *signed)
        signature: str = signer.signature
        return signature

    def _opened(self, sealed: str) -> str:
        """The text in `sealed`, whose signature is right already."""
        try:
            text: str = self._cipher.decrypt(sealed, self._owner) if self._cipher else ""
        except Exception as error:  # wechatpy lets through whatever Python raises for odd bytes
            raise NotAllowedError(_FOREIGN) from error
        return text


def _key_bytes(key: str) -> bytes:
    return base64.b64decode(f"{key}=")


def read_fields(body: bytes) -> Mapping[str, str]:
    """The fields of a flat XML message.

    Raises:
        QuestionError: the body is no such message. A message begins with its root, so that nothing can be
            declared before it: no entity, no document type.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser) if body.lstrip().startswith(b"<xml>") else None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise QuestionError(f"不是平台的 XML：{error}", _UNREADABLE) from error
    if root is None or len(root) > _MOST_FIELDS:
        raise QuestionError("不是平台的 XML", _UNREADABLE)
    return {field.tag: field.text or "" for field in root if isinstance(field.tag, str)}


def write_fields(fields: Mapping[str, str]) -> str:
    """Fields as the platforms read them.

    >>> write_fields({"Content": "按 <物业管理条例>", "CreateTime": "12"})
    '<xml><Content><![CDATA[按 <物业管理条例>]]></Content><CreateTime>12</CreateTime></xml>'
    """
    root = etree.Element("xml")
    for name, value in fields.items():
        text = value.translate(_CHARS)
        is_plain = text.isdecimal() or "]]>" in text
        etree.SubElement(root, name).text = text if is_plain else etree.CDATA(text)
    return etree.tostring(root, encoding="unicode")


def text_reply(fields: Mapping[str, str], text: str, now: datetime) -> str:
    """A text in answer to the message with `fields`."""
    reply = {
        "ToUserName": fields.get("FromUserName", ""),
        "FromUserName": fields.get("ToUserName", ""),
        "CreateTime": str(int(now.timestamp())),
        "MsgType": "text",
        "Content": text,
    }
    return write_fields(reply)
