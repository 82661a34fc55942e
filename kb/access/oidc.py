"""Sign-on by OpenID Connect: the authorisation code flow with PKCE, as authlib does it.

authlib fetches the provider's description and keys, exchanges the code, and checks the ID token: signature,
issuer, audience, time, nonce, hash of the access token (OpenID Connect Core 3.1.3.7). Here stand the rules
that it leaves to the caller: that the description is the configured issuer's own, which algorithms may sign
(no shared secret, not "none"), and the state.
"""

import hmac
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.sync_app import OAuth2Base, OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.httpx_client import OAuth2Client
from joserfc.errors import JoseError

from kb.access.provider import Departure, Identity, Pending
from kb.errors import NotAllowedError, SignOnError

logger = logging.getLogger(__name__)

T = TypeVar("T")

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_SECONDS = 10.0  # for each answer of the provider
_LEEWAY = 60  # seconds by which its clock may differ
_FRESH = 600.0  # seconds for which its description is kept
_REFUSED = "{name}没有通过：登录已超时、重复或不是由它发出的，请重新登录。"
_AWAY = "现在连不上{name}，请稍后再试；也可以用本系统的账号登录。"


class _Client(OAuth2Mixin, OpenIDMixin, OAuth2Base):  # type: ignore[misc]
    """authlib's client without a web framework."""

    client_cls = OAuth2Client


class OpenIdProvider:
    """A provider of OpenID Connect; `needed` are the claims looked for at its userinfo endpoint too."""

    def __init__(
        self,
        *,
        name: str,
        issuer: str,
        client_id: str,
        client_secret: str | None,
        scopes: Collection[str],
        redirect_uri: str,
        needed: Collection[str],
    ) -> None:
        self._name = name
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes
        self._redirect_uri = redirect_uri
        self._needed = needed
        self._known: tuple[float, _Client] | None = None

    def begin(self) -> Departure:
        """The page of the provider to sign in at."""
        begun = self._asked(lambda client: client.create_authorization_url(self._redirect_uri))
        pending = Pending(state=begun["state"], nonce=begun["nonce"], verifier=begun["code_verifier"])
        return Departure(url=begun["url"], pending=pending)

    def finish(self, pending: Pending, answer: Mapping[str, str]) -> Identity:
        """Who came back, by the ID token, and by the userinfo endpoint where that has no role."""
        if not hmac.compare_digest(pending.state.encode(), answer.get("state", "").encode()):
            raise self._refused("state differs")
        if "error" in answer or not answer.get("code"):
            raise self._refused(f"no code: {answer.get('error', '')[:100]!r}")
        if answer.get("iss", self._issuer).rstrip("/") != self._issuer:
            raise self._refused("answer of another issuer (RFC 9207)")
        claims = self._asked(lambda client: self._claims(client, pending, answer["code"]))
        return Identity(subject=claims["sub"], claims=claims)

    def end_url(self, back: str) -> str | None:
        """The page that signs out at the provider (OpenID Connect RP-Initiated Logout)."""

        def url(client: _Client) -> str | None:
            if "end_session_endpoint" not in client.server_metadata:
                return None
            ended: str = client.create_logout_url(back, client_id=self._client_id)["url"]
            return ended

        try:
            return self._asked(url)
        except SignOnError:
            return None  # our own session has ended; that must not fail

    def _claims(self, client: _Client, pending: Pending, code: str) -> dict[str, Any]:
        token = client.fetch_access_token(self._redirect_uri, code=code, code_verifier=pending.verifier)
        options = {
            "iss": {"essential": True, "value": client.server_metadata["issuer"]},
            "aud": {"essential": True, "value": self._client_id},
        }
        claims = client.parse_id_token(token, pending.nonce, claims_options=options, leeway=_LEEWAY)
        if claims is None:
            raise self._refused("no ID token")
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise self._refused("no subject")
        if all(name in claims for name in self._needed) or "userinfo_endpoint" not in client.server_metadata:
            return dict(claims)
        told = client.request("GET", client.server_metadata["userinfo_endpoint"], token=token)
        told.raise_for_status()
        more: dict[str, Any] = told.json()
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core 5.3.2
            raise self._refused("userinfo of another subject")
        return {**more, **claims}

    def _asked(self, ask: Callable[[_Client], T]) -> T:
        """What `ask` gives; errors of authlib and the network as ours."""
        try:
            return ask(self._client())
        except (JoseError, AuthlibBaseError) as error:
            self._known = None  # its keys may have changed
            raise self._refused(repr(error)) from error
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, RuntimeError) as error:
            self._known = None
            raise SignOnError(
                f"{self._name} {self._issuer} 没有回应，或回应不合 OpenID Connect：{error!r}",
                _AWAY.format(name=self._name),
            ) from error

    def _client(self) -> _Client:
        """The client, with the provider's description of at most ten minutes ago."""
        if self._known is not None and time.monotonic() - self._known[0] < _FRESH:
            return self._known[1]
        client = _Client(
            None,
            client_id=self._client_id,
            client_secret=self._client_secret,
            server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": " ".join(self._scopes),
                "code_challenge_method": "S256",
                "timeout": _SECONDS,
            },
        )
        described = client.load_server_metadata()
        if str(described.get("issuer")).rstrip("/") != self._issuer:
            raise ValueError(f"issuer {described.get('issuer')!r}")
        offered = described.get("id_token_signing_alg_values_supported", ["RS256"])
        described["id_token_signing_alg_values_supported"] = [one for one in offered if one in _ALGORITHMS]
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        client.client_kwargs["token_endpoint_auth_method"] = basic if self._client_secret else "none"
        self._known = (time.monotonic(), client)
        return client

    def _refused(self, reason: str) -> NotAllowedError:
        logger.warning("sign-on refused: %s", reason)
        return NotAllowedError(_REFUSED.format(name=self._name))
