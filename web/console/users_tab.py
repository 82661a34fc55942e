"""账号: administrators add, change, disable and unlock the accounts of staff."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kb.clock import CHINA_TIME
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.accounts import Account
from kb.staff.passwords import generate_password
from kb.staff.permissions import Role, Staff
from kb.staff.second_step import SecondStep
from kb.staff.users import AccountChange, Users
from web.console.filling import filled_when, filled_when_opened
from web.console.parts import handler, note
from web.console.tables import table
from web.sessions import now_utc

if TYPE_CHECKING:
    import gradio as gr

_HEADINGS = ("账号", "姓名", "角色", "部门", "状态")
_ROLES = [(role.label, role.value) for role in Role]
_SEPARATORS = re.compile(r"[,，、;；\s]+")
_ALL = "全部单位"
_WHICH = "几个部门用顿号隔开；不填为全部单位。管理员管全部单位，填了只用来署名"
_NARROW = 100  # pixels: four buttons stand in one row
_PASSWORD = "账号 {name} 的初始密码是 {password}（只显示这一次），请转告本人，第一次登录时须修改。"


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("账号", elem_id="tab-users") as page:
        listing = gr.HTML(label="账号")
        result = gr.HTML(label="结果")
        with gr.Row():
            with gr.Column():
                gr.Markdown("### 修改账号")
                chosen = gr.Dropdown([], label="账号", info="选一个账号")
                version = gr.State(0)
                title, role, departments = _fields()
                disabled = gr.Checkbox(label="停用（不能登录）")
                with gr.Row():
                    save = gr.Button("保存修改", variant="primary", min_width=_NARROW)
                    reset = gr.Button("重设密码", min_width=_NARROW)
                    unlock = gr.Button("解除锁定", min_width=_NARROW)
                    forget = gr.Button("重置两步登录", min_width=_NARROW)
            with gr.Column():
                gr.Markdown("### 新建账号")
                new_name = gr.Textbox(label="账号名", info="字母、数字和 . _ -", max_lines=1)
                new_title, new_role, new_departments = _fields()
                add = gr.Button("新建账号", variant="primary")
    page_of = _UsersPage(kb.staff.users, kb.staff.second_step)
    list_outputs = [listing, chosen, result]
    form = [title, role, departments, disabled, version]
    filled_when_opened(page, [(handler(page_of.show), [chosen], list_outputs)])
    filled_when(chosen.input, handler(page_of.form), [chosen], form)
    for button, work, inputs in (
        (save, page_of.save, [chosen, version, title, role, departments, disabled]),
        (reset, page_of.reset_password, [chosen]),
        (unlock, page_of.unlock, [chosen]),
        (forget, page_of.reset_second_step, [chosen]),
    ):
        # The form is filled again, because its version is outdated.
        button.click(handler(work), inputs, [*list_outputs, *form], api_visibility="private")
    new = [new_name, new_title, new_role, new_departments]
    add.click(handler(page_of.add), new, [*list_outputs, *form, *new], api_visibility="private")


class _UsersPage:
    """The handlers of the tab's events: values of list, choice and sentence, then of the form."""

    def __init__(self, users: Users, second_step: SecondStep) -> None:
        self._users = users
        self._second_step = second_step

    def show(self, staff: Staff, chosen: str | None) -> list[object]:
        return self._listing(staff, chosen, "")

    def form(self, staff: Staff, chosen: str | None) -> list[object]:
        account = self._users.find(staff, _picked(chosen))
        member = account.staff
        return [
            member.title,
            member.role.value,
            "、".join(member.departments),
            account.disabled,
            account.version,
        ]

    def save(
        self,
        staff: Staff,
        chosen: str | None,
        version: int,
        title: str,
        role: str,
        departments: str,
        disabled: bool,
    ) -> list[object]:
        change = AccountChange(
            title=title, role=Role(role), departments=read_departments(departments), disabled=disabled
        )
        self._users.change(staff, _picked(chosen), version, change, now_utc())
        return self._all(staff, chosen, f"账号 {chosen} 已保存。")

    def reset_password(self, staff: Staff, chosen: str | None) -> list[object]:
        password = generate_password()
        self._users.reset_password(staff, _picked(chosen), password, now_utc())
        return self._all(staff, chosen, _PASSWORD.format(name=chosen, password=password))

    def unlock(self, staff: Staff, chosen: str | None) -> list[object]:
        self._users.unlock(staff, _picked(chosen), now_utc())
        return self._all(staff, chosen, f"账号 {chosen} 可以重新登录了。")

    def reset_second_step(self, staff: Staff, chosen: str | None) -> list[object]:
        account = self._users.reset_second_step(staff, _picked(chosen), now_utc())
        next_step = "下次登录先重新设置" if self._second_step.is_due(account) else "下次只用密码登录"
        return self._all(staff, chosen, f"账号 {chosen} 的两步登录已重置，{next_step}。")

    def add(self, staff: Staff, name: str, title: str, role: str, departments: str) -> list[object]:
        password = generate_password()
        new = Staff(name=name, title=title, role=Role(role), departments=read_departments(departments))
        account_name = self._users.add(staff, new, password, now_utc()).staff.name
        shown = self._all(staff, account_name, _PASSWORD.format(name=account_name, password=password))
        return [*shown, "", "", Role.ANSWERER.value, ""]  # the form is empty for the next account

    def _all(self, staff: Staff, chosen: str | None, sentence: str) -> list[object]:
        return [*self._listing(staff, chosen, sentence), *self.form(staff, chosen)]

    def _listing(self, staff: Staff, chosen: str | None, sentence: str) -> list[object]:
        import gradio as gr

        accounts = self._users.all(staff)
        choices = [(f"{item.staff.title}（{item.staff.name}）", item.staff.name) for item in accounts]
        result = note(sentence) if sentence else ""
        due = frozenset(item.staff.name for item in accounts if self._second_step.is_due(item))
        is_there = any(chosen == name for _, name in choices)
        return [
            accounts_html(accounts, due, now_utc()),
            gr.Dropdown(choices, value=chosen if is_there else None),
            result,
        ]


def accounts_html(accounts: Sequence[Account], due: Collection[str], now: datetime) -> str:
    """The accounts as an HTML table; those named in `due` must set up their second step first."""
    rows = [
        (
            account.staff.name,
            account.staff.title,
            account.staff.role.label,
            "、".join(account.staff.departments) or _ALL,
            _state(account, now) + _second_step(account, due),
        )
        for account in accounts
    ]
    return table(f"共 {len(rows)} 个账号", _HEADINGS, rows)


def read_departments(text: str) -> tuple[str, ...]:
    """The departments typed into one field.

    >>> read_departments("区民政局、区司法局， 区民政局")
    ('区民政局', '区司法局', '区民政局')
    """
    return tuple(filter(None, _SEPARATORS.split(text)))


def _picked(chosen: str | None) -> str:
    if not chosen:
        raise InputError("请先选一个账号。")
    return chosen


def _state(account: Account, now: datetime) -> str:
    if account.disabled:
        return "已停用"
    if account.locked_until is not None and account.is_locked(now):
        return f"锁定到 {account.locked_until.astimezone(CHINA_TIME):%H:%M}"
    return "待修改初始密码" if account.must_change_password else "正常"


def _second_step(account: Account, due: Collection[str]) -> str:
    if account.two_step:
        return "，两步登录"
    return "，待设置两步登录" if account.staff.name in due else ""


def _fields() -> tuple["gr.Textbox", "gr.Dropdown", "gr.Textbox"]:
    import gradio as gr

    title = gr.Textbox(label="姓名", max_lines=1)
    role = gr.Dropdown(_ROLES, value=Role.ANSWERER.value, label="角色")
    departments = gr.Textbox(label="部门", info=_WHICH, max_lines=1)
    return title, role, departments
