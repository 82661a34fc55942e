"""A house whose staff come by the district's sign-on: the session's documents, accounts of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fastapi.testclient import TestClient

from app import create_app
from kb.access.parts import open_access
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings
from kb.staff.parts import open_staff
from kb.staff.passwords import Passwords
from kb.staff.permissions import Role
from kb.storage.database import open_database

PUBLIC = "http://testserver"
ROLES = ("gkk=editor", "ldy=reviewer", "xxzx=admin")


@contextmanager
def house_with(
    kb: KnowledgeBase, home: Path, *, required: frozenset[Role] = frozenset(), **settings: object
) -> Iterator[KnowledgeBase]:
    """Context manager: `kb` with the sign-on of `settings`; roles `required` sign in in two steps."""
    engine = open_database(home / "kb.sqlite")
    given = {"rate_address": 0, "public_url": PUBLIC, "sign_on_roles": ROLES, **settings}
    own = Settings(home=home, **given)  # type: ignore[arg-type]
    staff = open_staff(engine, key=b"key", required=lambda: required, passwords=Passwords())
    yield replace(kb, settings=own, staff=staff, access=open_access(engine, staff.audit, own))
    engine.dispose()


def visitor_of(house: KnowledgeBase) -> TestClient:
    """A browser at the house's door; redirects are not followed."""
    return TestClient(create_app(house), raise_server_exceptions=False, follow_redirects=False)
