"""Messages that a 公众号 sends by itself (客服消息, 模板消息), with an access token that all programs share.

The token is a stable one (getStableAccessToken): fetching it does not end that of another program of the
account. One that the platform refuses is renewed, once for each message.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from kb.channels.tokens import Token, Tokens
from kb.errors import NotTakenError, SendError
from kb.settings import Settings
from web.sessions import now_utc

_SECONDS = 10
_TEXTS, _TEMPLATES = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"
_REFUSED_TOKEN = (40_001, 40_014, 42_001)
_BUSY = (-1, 45_009, 45_011)  # busy, too many calls: this says nothing of the message
_NOT_NOW = (*_BUSY, *_REFUSED_TOKEN)  # a new token that is refused is the account's trouble too


class CustomerService:
    """Sends texts to those who wrote within the last 48 hours."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._api = settings.wechat_api_url.rstrip("/")
        self._app_id = settings.wechat_app_id or ""
        self._secret = settings.wechat_app_secret
        self._tokens = tokens

    def send(self, openid: str, text: str) -> None:
        """Send `text`; returns when the platform has taken it.

        Raises:
            NotTakenError: it says that it does not, say because those 48 hours are over.
            SendError: it cannot be reached, or takes nothing now.
            StoreError: the token cannot be kept.
        """
        self._send(_TEXTS, {"touser": openid, "msgtype": "text", "text": {"content": text}})

    def send_template(self, openid: str, template: str, url: str, fields: Mapping[str, str]) -> None:
        """Send a message of the account's `template`, which opens `url`; at any time.

        Raises:
            SendError, StoreError: as `send`.
        """
        data = {name: {"value": value} for name, value in fields.items()}
        self._send(_TEMPLATES, {"touser": openid, "template_id": template, "url": url, "data": data})

    def _send(self, path: str, content: Mapping[str, object]) -> None:
        token = self._token(None)
        code, reason = self._sent(path, token, content)
        if code in _REFUSED_TOKEN:
            code, reason = self._sent(path, self._token(token), content)
        if code in _NOT_NOW:
            raise SendError(f"微信现在不收消息（{code}）：{reason}")
        if code:
            raise NotTakenError(f"微信没有收下消息（{code}）：{reason}")

    def _token(self, refused: str | None) -> str:
        now = now_utc()
        return self._tokens.get(f"wechat:{self._app_id}", lambda: self._fetched(now, refused), now, refused)

    def _fetched(self, now: datetime, refused: str | None) -> Token:
        asked = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._secret.get_secret_value() if self._secret else "",
            "force_refresh": refused is not None,
        }
        answer = self._post("/cgi-bin/stable_token", asked)
        text, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(text, str) or not isinstance(seconds, int):
            raise SendError(f"微信没有给出 access_token（{answer.get('errcode')}）：{answer.get('errmsg')}")
        return Token(text=text, expires_at=now + timedelta(seconds=seconds))

    def _sent(self, path: str, token: str, content: Mapping[str, object]) -> tuple[int, str]:
        """The platform's code and reason; 0 when it has taken the message."""
        answer = self._post(path, content, {"access_token": token})
        code = answer.get("errcode")
        return (code if isinstance(code, int) else -1), str(answer.get("errmsg", ""))

    def _post(
        self, path: str, content: Mapping[str, object], query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            response = httpx.post(
                f"{self._api}{path}", params=query, content=body, headers=headers, timeout=_SECONDS
            )
            answer = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # Its message may hold the address, and so the token.
            raise SendError(f"微信接口没有回应：{type(error).__name__}") from None
        if not isinstance(answer, dict):
            raise SendError("微信接口的答复读不懂")
        return answer
