"""The district's sign-on (统一身份认证) on loopback: a real OpenID provider, a lying one, a CAS server."""

import json
import re
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

with warnings.catch_warnings():  # it uses what its own authlib has deprecated
    warnings.simplefilter("ignore")
    from oidc_provider_mock import User, run_server_in_thread

CLIENT_ID, CLIENT_SECRET = "policy-qa", "secret-of-the-program"
MOCK_IS_OLD = "ignore:get_jwt_config:DeprecationWarning"  # oidc-provider-mock's own authlib calls
Query = dict[str, str]
_SECONDS = 60  # on a busy machine


@contextmanager
def openid_provider(people: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Context manager: oidc-provider-mock with `people` (subject -> claims); yields its issuer."""
    users = [User(sub=subject, claims=dict(claims)) for subject, claims in people.items()]
    with run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


def tell(issuer: str, subject: str, claims: Mapping[str, object]) -> None:
    """Let the provider say something else of somebody from now on."""
    httpx.put(
        f"{issuer}/users/{subject}", json=dict(claims), timeout=_SECONDS, trust_env=False
    ).raise_for_status()


def agree(url: str, subject: str) -> Query:
    """Sign in at the provider's page as `subject`; the query of the callback that it redirects to."""
    answer = httpx.post(url, data={"sub": subject}, timeout=_SECONDS, trust_env=False)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@dataclass
class LyingProvider:
    """An OpenID provider whose tokens hold what a test wants; `spoil` changes claims before the signature."""

    issuer: str = ""
    described_issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "own"}))
    spoil: Callable[[dict[str, object]], None] = lambda claims: None
    sign: Callable[["LyingProvider", dict[str, object]], str] = lambda own, claims: signed(claims, own.key)
    nonce: str = ""

    def description(self) -> dict[str, object]:
        names = ("authorization", "token", "userinfo")
        return {
            "issuer": self.described_issuer or self.issuer,
            **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in names},
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def token(self) -> dict[str, object]:
        now = int(time.time())
        claims: dict[str, object] = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "wang", "nonce": self.nonce}
        claims |= {"iat": now, "exp": now + 300, "roles": ["gkk"], "preferred_username": "wangfang"}
        self.spoil(claims)
        return {"access_token": "a", "token_type": "Bearer", "id_token": self.sign(self, claims)}

    def page(self, path: str) -> dict[str, object]:
        pages: dict[str, Callable[[], dict[str, object]]] = {
            "/.well-known/openid-configuration": self.description,
            "/jwks": lambda: {"keys": [self.key.as_dict(private=False)]},
            "/token": self.token,
            "/userinfo": lambda: {"sub": "somebody-else", "roles": ["admin"]},
        }
        return pages[path]()


def signed(claims: dict[str, object], key: RSAKey) -> str:
    """A JWT of `claims`."""
    return jwt.encode({"alg": "RS256", "kid": "own"}, claims, key)


@contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """Context manager: an OpenID provider that tells lies."""
    provider = LyingProvider()

    class Talk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps(provider.page(urlsplit(self.path).path)).encode()
            _send(self, 200, body, "application/json")

        do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    with _served(Talk) as port:
        provider.issuer = f"http://127.0.0.1:{port}"
        yield provider


@dataclass
class CasTicket:
    """A ticket that was issued and not validated yet."""

    service: str
    user: str


@dataclass
class CasServer:
    """A CAS server by its protocol, version 3.0: service tickets are for one service and good for one look.

    `people`: account -> attributes; `answer` replaces the next answers about tickets.
    """

    people: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    tickets: dict[str, CasTicket] = field(default_factory=dict)
    url: str = ""
    answer: str | None = None

    def log_in(self, url: str, user: str) -> Query:
        """Sign in at the page `url` as `user`; the query with which it redirects back (2.1.4, 2.2.4)."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/login"
        (service,) = parse_qs(parts.query)["service"]
        ticket = f"ST-{len(self.tickets) + 1}-{secrets.token_urlsafe(16)}"
        self.tickets[ticket] = CasTicket(service, user)
        return dict(parse_qsl(urlsplit(service).query)) | {"ticket": ticket}

    def validate(self, query: Mapping[str, Sequence[str]]) -> str:
        """The answer of /p3/serviceValidate (2.5, 2.6); the ticket is spent by the look itself (3.1.1)."""
        if self.answer is not None:
            return self.answer
        if "ticket" not in query or "service" not in query:
            return _failure("INVALID_REQUEST", "ticket and service are required")
        ticket = self.tickets.pop(query["ticket"][0], None)
        if ticket is None:
            return _failure("INVALID_TICKET", f"Ticket {query['ticket'][0]} not recognized")
        if ticket.service != query["service"][0]:
            return _failure("INVALID_SERVICE", "the ticket was issued for another service")
        attributes = "".join(
            f"<cas:{name}>{escape(value)}</cas:{name}>"
            for name, values in self.people.get(ticket.user, {}).items()
            for value in values
        )
        user = f"<cas:user>{escape(ticket.user)}</cas:user>"
        return _response(
            f"<cas:authenticationSuccess>{user}<cas:attributes>{attributes}</cas:attributes>"
            "</cas:authenticationSuccess>"
        )


@contextmanager
def cas_server(people: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[CasServer]:
    """Context manager: a CAS server with `people`."""
    cas = CasServer(people=dict(people))

    class Talk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/cas/p3/serviceValidate":
                _send(
                    self, 200, cas.validate(parse_qs(parts.query)).encode(), "application/xml;charset=UTF-8"
                )
            else:
                _send(self, 404, b"", "text/plain")

        def log_message(self, *_: object) -> None: ...

    with _served(Talk) as port:
        cas.url = f"http://127.0.0.1:{port}/cas"
        yield cas


def callback(query: Mapping[str, str]) -> str:
    """The address at our program that the sign-on redirects to."""
    return f"/sign-on/callback?{urlencode(query)}"


def goal_of(page: str) -> str:
    """Where a page goes on to by itself."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def _response(inner: str) -> str:
    return f'<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">{inner}</cas:serviceResponse>'


def _failure(code: str, reason: str) -> str:
    return _response(f'<cas:authenticationFailure code="{code}">{escape(reason)}</cas:authenticationFailure>')


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
