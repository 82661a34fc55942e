"""What the district's sign-on does for us, whichever protocol it speaks."""

from collections.abc import Mapping
from typing import Protocol

from kb.models import Model

CALLBACK = "/sign-on/callback"  # where it sends people back to


class Pending(Model):
    """What must be the same when somebody comes back; kept by their browser, signed (web.sessions)."""

    state: str
    nonce: str = ""
    verifier: str = ""  # of PKCE (RFC 7636)


class Departure(Model):
    """The page of the sign-on to send somebody to."""

    url: str
    pending: Pending


class Identity(Model):
    """Who somebody is by the sign-on: `subject` never changes there, `claims` are what it says of them."""

    subject: str
    claims: Mapping[str, object]


class Provider(Protocol):
    """The district's sign-on."""

    def begin(self) -> Departure:
        """Send somebody there.

        Raises:
            SignOnError: it cannot be reached.
        """

    def finish(self, pending: Pending, answer: Mapping[str, str]) -> Identity:
        """Who came back with `answer`, the query of the callback.

        Raises:
            NotAllowedError: the answer is not one to what `pending` asked, or not from there, or too old.
            SignOnError: it cannot be reached.
        """

    def end_url(self, back: str) -> str | None:
        """The page that signs out there and leads back to `back`; None when it has none."""
