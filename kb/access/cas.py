"""Sign-on by CAS 3.0 (apereo.github.io/cas, CAS Protocol Specification): a ticket, checked at the server.

The protocol has no state of its own, so ours is part of the service's address: a ticket that was issued for
another sign-in is one for another service, and the server refuses it. python-cas was looked at and not used:
it sets no time limits, takes what is no answer for an index error, and reads XML with whatever it declares.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx
from lxml import etree

from kb.access.provider import Departure, Identity, Pending
from kb.errors import NotAllowedError, SignOnError

logger = logging.getLogger(__name__)

_TICKET = re.compile(r"ST-[\x21-\x7e]{1,253}")
_NAMESPACE = {"cas": "http://www.yale.edu/tp/cas"}
_SECONDS = 10.0
_MOST_BYTES = 256 * 1024
_REFUSED = "{name}没有通过：登录已超时、重复或不是由它发出的，请重新登录。"
_AWAY = "现在连不上{name}，请稍后再试；也可以用本系统的账号登录。"


class CasServer:
    """A CAS server at `url`, such as https://cas.example.gov.cn/cas."""

    def __init__(self, *, name: str, url: str, callback: str) -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._callback = callback

    def begin(self) -> Departure:
        """The page of the server to sign in at."""
        state = secrets.token_urlsafe(24)
        query = urlencode({"service": self._service(state)})
        return Departure(url=f"{self._url}/login?{query}", pending=Pending(state=state))

    def finish(self, pending: Pending, answer: Mapping[str, str]) -> Identity:
        """Who the ticket was issued to, and their attributes."""
        if not hmac.compare_digest(pending.state.encode(), answer.get("state", "").encode()):
            raise self._refused("state differs")
        ticket = answer.get("ticket", "")
        if not _TICKET.fullmatch(ticket):
            raise self._refused("no ticket")
        root = self._validated({"service": self._service(pending.state), "ticket": ticket})
        success = root.find("cas:authenticationSuccess", _NAMESPACE)
        if success is None:
            failure = root.find("cas:authenticationFailure", _NAMESPACE)
            raise self._refused("no answer" if failure is None else str(failure.get("code")))
        user = (success.findtext("cas:user", "", _NAMESPACE) or "").strip()
        if not user:
            raise self._refused("no user")
        attributes: dict[str, list[str]] = {"user": [user]}
        for element in success.iterfind("cas:attributes/*", _NAMESPACE):
            name = etree.QName(element).localname
            if name != "user":
                attributes.setdefault(name, []).append((element.text or "").strip())
        return Identity(subject=user, claims=attributes)

    def end_url(self, back: str) -> str | None:
        """The page that signs out at the server."""
        return f"{self._url}/logout?{urlencode({'service': back})}"

    def _service(self, state: str) -> str:
        return f"{self._callback}?{urlencode({'state': state})}"

    def _validated(self, query: Mapping[str, str]) -> etree._Element:
        """The answer of the server about a ticket."""
        try:
            answer = httpx.get(f"{self._url}/p3/serviceValidate", params=dict(query), timeout=_SECONDS)
            answer.raise_for_status()
            if len(answer.content) > _MOST_BYTES:
                raise ValueError("too long")
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            root = etree.fromstring(answer.content, parser)
            if root.getroottree().docinfo.internalDTD is not None:
                raise ValueError("declares a document type")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, etree.XMLSyntaxError) as error:
            raise SignOnError(
                f"{self._name} {self._url} 没有回应，或回应不合 CAS 3.0：{error!r}",
                _AWAY.format(name=self._name),
            ) from error
        return root

    def _refused(self, reason: str) -> NotAllowedError:
        logger.warning("sign-on refused: %s", reason[:200])
        return NotAllowedError(_REFUSED.format(name=self._name))
