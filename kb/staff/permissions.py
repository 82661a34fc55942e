"""Members of staff, their roles, and what each role may do.

A member of staff without departments works for all of them; with departments, only on what belongs to those
(`Staff.bound_to`). Administrators work for all of them, whatever departments they have: who gives out
accounts could lift any limit of their own.
The table MAY is the whole policy: every function that changes something for staff calls `require` first.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from kb.errors import NotAllowedError
from kb.models import Model


class Role(StrEnum):
    """A role of staff; each may do what the role before it may, and more."""

    ANSWERER = "answerer"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        """The role's Chinese name."""
        return _ROLE_LABELS[self]


class Action(StrEnum):
    """An action that a role may or may not do."""

    SEARCH = "search"
    TRY = "try"
    PAIRS = "pairs"
    QUEUE = "queue"
    TEMPLATES = "templates"
    FAQ_EDIT = "faq_edit"
    FAQ_APPROVE = "faq_approve"
    DOCUMENT_EDIT = "document_edit"
    DOCUMENT_APPROVE = "document_approve"
    DOCUMENT_REMOVE = "document_remove"
    FIGURES = "figures"
    LEDGER = "ledger"
    CONTACTS = "contacts"
    SETTINGS = "settings"
    USERS = "users"
    AUDIT = "audit"
    API_KEYS = "api_keys"

    @property
    def label(self) -> str:
        """The action in Chinese, as the end of "您不能……"."""
        return _ACTION_LABELS[self]


_ROLE_LABELS = {
    Role.ANSWERER: "政策解答员",
    Role.EDITOR: "编辑",
    Role.REVIEWER: "审核",
    Role.ADMIN: "管理员",
}
_ACTION_LABELS = {
    Action.SEARCH: "检索",
    Action.TRY: "试问",
    Action.PAIRS: "维护评测题",
    Action.QUEUE: "处理群众提问",
    Action.TEMPLATES: "维护答复模板",
    Action.FAQ_EDIT: "编辑常见问答",
    Action.FAQ_APPROVE: "审核常见问答",
    Action.DOCUMENT_EDIT: "编辑政策文件",
    Action.DOCUMENT_APPROVE: "审核政策文件",
    Action.DOCUMENT_REMOVE: "移除政策文件",
    Action.FIGURES: "查看统计",
    Action.LEDGER: "导出台账",
    Action.CONTACTS: "维护政策解答员名单",
    Action.SETTINGS: "修改栏目设置",
    Action.USERS: "管理账号",
    Action.AUDIT: "查看审计记录",
    Action.API_KEYS: "管理接口密钥",
}
_EVERYONE = frozenset(Role)
_WRITERS = frozenset({Role.EDITOR, Role.REVIEWER, Role.ADMIN})
_REVIEWERS = frozenset({Role.REVIEWER, Role.ADMIN})
_ADMINS = frozenset({Role.ADMIN})

MAY: Mapping[Action, frozenset[Role]] = {
    Action.SEARCH: _EVERYONE,
    Action.TRY: _EVERYONE,
    Action.QUEUE: _EVERYONE,
    Action.FIGURES: _EVERYONE,
    Action.FAQ_EDIT: _WRITERS,
    Action.PAIRS: _WRITERS,
    Action.FAQ_APPROVE: _REVIEWERS,
    Action.DOCUMENT_EDIT: _WRITERS,
    Action.DOCUMENT_APPROVE: _REVIEWERS,
    Action.DOCUMENT_REMOVE: _REVIEWERS,
    Action.LEDGER: _REVIEWERS,
    Action.TEMPLATES: _REVIEWERS,
    Action.CONTACTS: _ADMINS,
    Action.SETTINGS: _ADMINS,
    Action.USERS: _ADMINS,
    Action.AUDIT: _ADMINS,
    Action.API_KEYS: _ADMINS,
}


class Staff(Model):
    """A member of staff: `title` is the name shown to colleagues, `departments` are those they sign for."""

    name: str
    title: str
    role: Role
    departments: tuple[str, ...] = ()

    @property
    def bound_to(self) -> tuple[str, ...]:
        """The departments to which their work is limited; empty for no limit, as for every administrator."""
        return () if self.role is Role.ADMIN else self.departments


OPERATOR = Staff(name="命令行", title="命令行", role=Role.ADMIN)  # at the command line; no account's name


def may(staff: Staff, action: Action, department: str | None = None) -> bool:
    """Whether `staff` may do `action`; with `department`, on a matter of that department."""
    if staff.role not in MAY[action]:
        return False
    return department is None or not staff.bound_to or department in staff.bound_to


def require(staff: Staff, action: Action, department: str | None = None) -> None:
    """Raise NotAllowedError unless `staff` may do `action`, on a matter of `department` when that is given.

    Raises:
        NotAllowedError: the role may not, or the matter belongs to another department.
    """
    if staff.role not in MAY[action]:
        raise NotAllowedError(f"您的角色是“{staff.role.label}”，不能{action.label}；需要时请联系管理员。")
    if not may(staff, action, department):
        own = "、".join(staff.bound_to)
        raise NotAllowedError(f"这项内容属于{department}，您只能处理{own}的内容；需要时请联系管理员。")


def concerns(staff: Staff, departments: Sequence[str], action: Action = Action.QUEUE) -> bool:
    """Whether a matter of `departments` concerns `staff`: one is theirs, or none is named."""
    return not departments or any(may(staff, action, department) for department in departments)
