"""The platform of 微信 as a script: it calls back as the real one does, and takes what accounts send."""

import base64
import hashlib
import json
import queue
import secrets
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fastapi.testclient import TestClient
from httpx import Response
from lxml import etree
from postbox import served

TOKEN, APP_ID = "xunyang2026", "wx5823bf96d3bd56c7"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ACCOUNT = "gh_7f083739789a"
_NUMBERS = count(23_456_789_012_345_678)


def signed(*parts: str) -> str:
    """SHA-1 of the parts in the order of the alphabet (开发者文档：消息推送，验证服务器地址)."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal(text: str, owner: str, key: str = AES_KEY) -> str:
    """AES-256-CBC of 16 random bytes, length, text and owner, padded to 32 bytes (消息加解密说明)."""
    raw = base64.b64decode(key + "=")
    body = secrets.token_bytes(16) + struct.pack(">I", len(text.encode())) + text.encode() + owner.encode()
    padding = 32 - len(body) % 32
    encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return base64.b64encode(encryptor.update(body + bytes([padding]) * padding)).decode()


def unseal(sealed: str, key: str = AES_KEY) -> tuple[str, str]:
    """The text in `sealed`, and its owner."""
    raw = base64.b64decode(key + "=")
    body = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).decryptor().update(base64.b64decode(sealed))
    body = body[16 : -body[-1]]
    end = 4 + struct.unpack(">I", body[:4])[0]
    return body[4:end].decode(), body[end:].decode()


def fields_of(xml: str) -> dict[str, str]:
    return {each.tag: each.text or "" for each in etree.fromstring(xml.encode())}


def xml_of(fields: Mapping[str, str]) -> str:
    rows = (f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{''.join(rows)}</xml>"


def wait_for_work() -> None:
    """Wait until the service works on no message."""
    for thread in threading.enumerate():
        if thread.name == "message":
            thread.join(60)


@dataclass
class Platform:
    """Calls `path` of a service as 微信, or with `key` sealed; `owner` is the app id or corp id."""

    client: TestClient
    path: str = "/wechat/callback"
    key: str | None = None
    owner: str = APP_ID
    token: str = TOKEN

    def call(self, fields: Mapping[str, str], **changed: str) -> Response:
        """One call with a message; `changed` replaces parts of its query."""
        timestamp = changed.get("timestamp", str(int(datetime.now(UTC).timestamp())))
        nonce = secrets.token_hex(5)
        query = {"signature": signed(self.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        body = xml_of(fields)
        if self.key:
            sealed = seal(body, self.owner, self.key)
            query |= {"msg_signature": signed(self.token, timestamp, nonce, sealed), "encrypt_type": "aes"}
            body = xml_of({"ToUserName": ACCOUNT, "Encrypt": sealed})
        return self.client.post(self.path, params={**query, **changed}, content=body.encode())

    def message(self, openid: str, kind: str = "text", **fields: str) -> dict[str, str]:
        """The fields of a new message of `openid`."""
        now = str(int(datetime.now(UTC).timestamp()))
        head = {"ToUserName": ACCOUNT, "FromUserName": openid, "CreateTime": now, "MsgType": kind}
        number = {} if kind == "event" else {"MsgId": str(next(_NUMBERS))}
        return {**head, **fields, **number}

    def read(self, response: Response) -> str | None:
        """The text of a reply to `message`'s sender; None for a reply that the platform passes over."""
        assert response.status_code == 200, response.text
        if response.text in ("", "success"):
            return None
        fields = fields_of(response.text)
        if self.key:
            right = signed(self.token, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            assert fields["MsgSignature"] == right
            text, owner = unseal(fields["Encrypt"], self.key)
            assert owner == self.owner
            fields = fields_of(text)
        assert fields["MsgType"] == "text" and len(fields["Content"].encode()) <= 2_048
        return fields["Content"]

    def say(self, openid: str, text: str) -> str | None:
        """What a follower gets who writes `text`."""
        return self.read(self.call(self.message(openid, Content=text)))

    def tell(self, openid: str, event: str, **fields: str) -> str | None:
        """What a follower gets who does `event`."""
        return self.read(self.call(self.message(openid, "event", Event=event, **fields)))


@dataclass
class Api:
    """What the platform's own interface was asked; `codes` are its next answers to messages, then 0.

    `templates`: to whom which template was sent, with the address it opens and its fields. `meanwhile` is
    done while a message is being taken.
    """

    url: str = ""
    tokens: int = 0
    codes: list[int] = field(default_factory=list)
    sent: "queue.Queue[tuple[str, str]]" = field(default_factory=queue.Queue)
    templates: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None


@contextmanager
def api() -> Iterator[Api]:
    """Context manager: api.weixin.qq.com on loopback."""
    kept = Api()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            address = urlsplit(self.path)
            if address.path == "/cgi-bin/stable_token":
                assert asked["appid"] == APP_ID and asked["secret"] == "app-secret"
                kept.tokens += 1
                answer = {"access_token": f"token-{kept.tokens}", "expires_in": 7200}
            else:
                is_text = address.path == "/cgi-bin/message/custom/send"
                assert is_text or address.path == "/cgi-bin/message/template/send"
                kept.meanwhile()
                is_known = parse_qs(address.query)["access_token"] == [f"token-{kept.tokens}"]
                code = kept.codes.pop(0) if kept.codes else 0 if is_known else 40_001
                answer = {"errcode": code, "errmsg": "ok" if not code else "refused"}
                if not code and is_text:
                    kept.sent.put((asked["touser"], asked["text"]["content"]))
                elif not code:
                    fields = {name: part["value"] for name, part in asked["data"].items()}
                    kept.templates.append((asked["touser"], asked["template_id"], asked["url"], fields))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        kept.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield from served(server, kept)
