"""From what the district's sign-on says of somebody to an account's role and departments, by the settings."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from kb.access.provider import Identity
from kb.errors import NotAllowedError, SettingsError
from kb.models import Model
from kb.settings import Settings
from kb.staff.permissions import Role

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_BETWEEN = re.compile(r"[,;，；]")
_MAX_TITLE_CHARS = 30
_NO_ROLE = "{name}没有给您分配本系统的角色，不能登录；请联系管理员。"
_NO_DEPARTMENT = "{name}没有给出您的部门，或这个部门不用本系统，不能登录；请联系管理员。"


class ClaimMap(Model):
    """Which claims say what, and what their values mean here."""

    sign_on: str
    account: str
    title: str
    role: str
    roles: Mapping[str, Role]
    department: str | None
    departments: Mapping[str, str]


class Person(Model):
    """A member of staff as the district's sign-on describes them."""

    subject: str
    account: str
    title: str
    role: Role
    departments: tuple[str, ...] | None  # None: the sign-on does not say, administrators do


def claim_map(settings: Settings) -> ClaimMap:
    """The mapping of the settings.

    Raises:
        SettingsError: a pair is no pair, or a role is unknown.
    """
    pairs = _pairs("KB_SIGN_ON_ROLES", settings.sign_on_roles)
    unknown = sorted({role for role in pairs.values() if role not in list(Role)})
    if unknown:
        raise SettingsError(f"KB_SIGN_ON_ROLES 里没有角色 {'、'.join(unknown)}；可用 {'、'.join(Role)}")
    return ClaimMap(
        sign_on=settings.sign_on_name,
        account=settings.sign_on_account_claim,
        title=settings.sign_on_title_claim,
        role=settings.sign_on_role_claim,
        roles={value: Role(role) for value, role in pairs.items()},
        department=settings.sign_on_department_claim,
        departments=_pairs("KB_SIGN_ON_DEPARTMENTS", settings.sign_on_departments),
    )


def read_person(identity: Identity, mapping: ClaimMap) -> Person:
    """The person behind `identity`; of several roles the one that may do most.

    Raises:
        NotAllowedError: no role, or departments are asked for and there is none. No department would mean all
            of them here.
    """
    claims = identity.claims
    roles = [mapping.roles[value] for value in _values(claims, mapping.role) if value in mapping.roles]
    if not roles:
        raise NotAllowedError(_NO_ROLE.format(name=mapping.sign_on))
    role = max(roles, key=list(Role).index)
    departments = None if mapping.department is None else _departments(claims, mapping)
    if departments == () and role is not Role.ADMIN:
        raise NotAllowedError(_NO_DEPARTMENT.format(name=mapping.sign_on))
    account = _account((*_values(claims, mapping.account), identity.subject), identity.subject)
    titles = _values(claims, mapping.title)
    return Person(
        subject=identity.subject,
        account=account,
        title=(titles[0] if titles else account)[:_MAX_TITLE_CHARS],
        role=role,
        departments=departments,
    )


def _departments(claims: Mapping[str, object], mapping: ClaimMap) -> tuple[str, ...]:
    values = _values(claims, mapping.department or "")
    known = mapping.departments
    named = [known.get(value, "") for value in values] if known else values
    return tuple(dict.fromkeys(filter(None, named)))


def _account(proposed: Sequence[str], subject: str) -> str:
    """The name of a new account: the first that can be one, else one made from the subject."""
    names = (name.lower() for name in proposed)
    made_up = f"u{hashlib.sha256(subject.encode('utf-8', 'replace')).hexdigest()[:10]}"
    return next((name for name in names if _ACCOUNT.fullmatch(name)), made_up)


def _values(claims: Mapping[str, object], name: str) -> Sequence[str]:
    """The values of a claim, a list or a text with commas; `a.b` is b within a, as in realm_access.roles."""
    value = claims.get(name)
    if value is None and "." in name:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    several = value if isinstance(value, list | tuple) else _BETWEEN.split(str(value)) if value else ()
    return [text for text in (str(one).strip() for one in several if one is not None) if text]


def _pairs(variable: str, texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        value, equals, meaning = text.rpartition("=")
        if not (equals and value and meaning):
            raise SettingsError(f"{variable} 里的 {text} 应写成 值=含义，几项之间用逗号")
        pairs[value] = meaning
    return pairs
