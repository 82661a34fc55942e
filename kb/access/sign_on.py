"""Signing in by the district's own sign-on (统一身份认证): there and back, and who that is here."""

from collections.abc import Mapping
from datetime import datetime

from kb.access.arrivals import Arrivals
from kb.access.claims import ClaimMap, read_person
from kb.access.provider import Departure, Pending, Provider
from kb.errors import NotAllowedError
from kb.staff.accounts import Account
from kb.staff.sign_in import AwaitingCode


class SignOn:
    """Signs staff in by `provider`; `back` is the address of our sign-in form, for those who signed out."""

    def __init__(self, provider: Provider, mapping: ClaimMap, arrivals: Arrivals, back: str) -> None:
        self._provider = provider
        self._mapping = mapping
        self.arrivals = arrivals
        self._back = back

    @property
    def name(self) -> str:
        """What it is called on the button."""
        return self._mapping.sign_on

    def begin(self) -> Departure:
        """Send somebody to the sign-on.

        Raises:
            SignOnError: it cannot be reached.
        """
        return self._provider.begin()

    def finish(self, pending: Pending, answer: Mapping[str, str], now: datetime) -> Account | AwaitingCode:
        """Sign in who came back: the account, or what is passed to SignIn.enter_code.

        Raises:
            NotAllowedError: the answer is not good, or the person has no role here, or a disabled account.
            SignOnError: the sign-on cannot be reached.
        """
        identity = self._provider.finish(pending, answer)
        try:
            person = read_person(identity, self._mapping)
        except NotAllowedError:
            self.arrivals.end_sessions(identity.subject, now)
            raise
        return self.arrivals.enter(person, now)

    def end_url(self, name: str) -> str | None:
        """The page that signs the owner of the account `name` out there too; None for accounts of our own."""
        return self._provider.end_url(self._back) if self.arrivals.is_of(name) else None
