"""The parts of the room access, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.access.api_keys import ApiKeys
from kb.access.arrivals import Arrivals
from kb.access.claims import claim_map
from kb.access.provider import CALLBACK, Provider
from kb.access.sign_on import SignOn
from kb.settings import Settings
from kb.staff.audit import Audit


@dataclass(frozen=True)
class AccessParts:
    """The keys of other programs, and the district's sign-on, where one is set."""

    keys: ApiKeys
    sign_on: SignOn | None


def open_access(engine: Engine, audit: Audit, settings: Settings) -> AccessParts:
    """The room's parts over the database behind `engine`.

    Raises:
        SettingsError: the roles or departments of the sign-on are not as they should be.
    """
    return AccessParts(keys=ApiKeys(engine, audit), sign_on=open_sign_on(engine, audit, settings))


def open_sign_on(engine: Engine, audit: Audit, settings: Settings) -> SignOn | None:
    """The sign-on that `settings` name.

    Raises:
        SettingsError: its roles or departments are not as they should be.
    """
    if settings.sign_on == "off":
        return None
    assert settings.sign_on_url and settings.public_url
    arrivals = Arrivals(engine, audit, settings.sign_on_url)
    back = f"{settings.public_url.rstrip('/')}/login"
    return SignOn(_provider(settings), claim_map(settings), arrivals, back)


def _provider(settings: Settings) -> Provider:
    """The provider; its libraries are imported where it is used only: that takes half a second."""
    url, callback = settings.sign_on_url or "", f"{(settings.public_url or '').rstrip('/')}{CALLBACK}"
    if settings.sign_on == "cas":
        from kb.access.cas import CasServer

        return CasServer(name=settings.sign_on_name, url=url, callback=callback)
    from kb.access.oidc import OpenIdProvider

    secret = settings.sign_on_client_secret
    return OpenIdProvider(
        name=settings.sign_on_name,
        issuer=url,
        client_id=settings.sign_on_client_id or "",
        client_secret=secret.get_secret_value() if secret else None,
        scopes=settings.sign_on_scopes,
        redirect_uri=callback,
        needed=tuple(filter(None, (settings.sign_on_role_claim, settings.sign_on_department_claim))),
    )
