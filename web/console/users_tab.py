"""账号: administrators add, change, disable and unlock the accounts of staff."""

import html
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
from web.console.panels import panel, shown
from web.console.parts import handler, note, numbered, press_handler
from web.console.tables import ROWS_SCRIPT, Marked, Tone, badge, marked, table
from web.sessions import now_utc

if TYPE_CHECKING:
    import gradio as gr

_HEADINGS = ("姓名", "账号", "角色", "部门", "状态")
_ROLES = [(role.label, role.value) for role in Role]
_SEPARATORS = re.compile(r"[,，、;；\s]+")
_ALL = "全部单位"
_WHICH = "几个部门用顿号隔开；不填为全部单位。管理员管全部单位，填了只用来署名"
_NARROW = 100  # pixels: four buttons stand in one row
_BEGIN = """() => [{ __type__: "update", visible: true }, { __type__: "update", visible: false }]"""
_PASSWORD = "账号 {name} 的初始密码是 {password}（只显示这一次），请转告本人，第一次登录时须修改。"


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("账号", elem_id="tab-users") as page:
        with gr.Row(elem_classes="toolbar acts-row"):
            begin = gr.Button("新建账号", variant="primary")
        result = gr.HTML(label="结果", elem_classes="kept")
        listing = gr.HTML(label="账号", js_on_load=ROWS_SCRIPT)
        names, chosen, version = gr.State(()), gr.State(""), gr.State(0)
        with panel("account", "修改账号", narrow=True) as changing:
            whom = gr.HTML(label="账号")
            title, role, departments = _fields()
            disabled = gr.Checkbox(label="停用（不能登录）")
            with gr.Row(elem_classes="acts-row"):
                save = gr.Button("保存修改", variant="primary", min_width=_NARROW)
            gr.HTML("<h3>登录出了问题</h3>", label="登录")
            with gr.Row():
                unlock = gr.Button("解除锁定", min_width=_NARROW)
                reset = gr.Button("重设密码", variant="stop", min_width=_NARROW, elem_classes="confirm")
                forget = gr.Button("重置两步登录", variant="stop", min_width=_NARROW, elem_classes="confirm")
        with panel("new-account", "新建账号", narrow=True) as adding:
            new_name = gr.Textbox(label="账号名", info="字母、数字和 . _ -", max_lines=1)
            new_title, new_role, new_departments = _fields()
            with gr.Row(elem_classes="acts-row"):
                add = gr.Button("建立账号", variant="primary")
    page_of = _UsersPage(kb.staff.users, kb.staff.second_step)
    list_outputs = [listing, names, result]
    form = [changing, chosen, version, whom, title, role, departments, disabled]
    filled_when_opened(page, [(handler(page_of.show), (), list_outputs)])
    filled_when(listing.click, press_handler(page_of.pressed), [names], [adding, *form])
    for button, work, inputs in (
        (save, page_of.save, [chosen, version, title, role, departments, disabled]),
        (reset, page_of.reset_password, [chosen]),
        (unlock, page_of.unlock, [chosen]),
        (forget, page_of.reset_second_step, [chosen]),
    ):
        button.click(handler(work), inputs, [*list_outputs, changing], api_visibility="private")
    new = [new_name, new_title, new_role, new_departments]
    begin.click(None, None, [adding, changing], js=_BEGIN, api_visibility="private")
    add.click(handler(page_of.add), new, [*list_outputs, adding, *new], api_visibility="private")


class _UsersPage:
    """The handlers of the tab's events: values of list, choice and sentence, then of the form."""

    def __init__(self, users: Users, second_step: SecondStep) -> None:
        self._users = users
        self._second_step = second_step

    def show(self, staff: Staff) -> list[object]:
        return self._listing(staff, "")

    def pressed(self, staff: Staff, _action: str, number: int, names: Sequence[str]) -> list[object]:
        account = self._users.find(staff, numbered(names, number))
        member = account.staff
        return [
            shown(False),
            shown(),
            member.name,
            account.version,
            f"<h3>{html.escape(member.title)}（{html.escape(member.name)}）</h3>",
            member.title,
            member.role.value,
            "、".join(member.departments),
            account.disabled,
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
        return self._done(staff, f"账号 {chosen} 已保存。")

    def reset_password(self, staff: Staff, chosen: str | None) -> list[object]:
        password = generate_password()
        self._users.reset_password(staff, _picked(chosen), password, now_utc())
        return self._done(staff, _PASSWORD.format(name=chosen, password=password))

    def unlock(self, staff: Staff, chosen: str | None) -> list[object]:
        self._users.unlock(staff, _picked(chosen), now_utc())
        return self._done(staff, f"账号 {chosen} 可以重新登录了。")

    def reset_second_step(self, staff: Staff, chosen: str | None) -> list[object]:
        account = self._users.reset_second_step(staff, _picked(chosen), now_utc())
        next_step = "下次登录先重新设置" if self._second_step.is_due(account) else "下次只用密码登录"
        return self._done(staff, f"账号 {chosen} 的两步登录已重置，{next_step}。")

    def add(self, staff: Staff, name: str, title: str, role: str, departments: str) -> list[object]:
        password = generate_password()
        new = Staff(name=name, title=title, role=Role(role), departments=read_departments(departments))
        account_name = self._users.add(staff, new, password, now_utc()).staff.name
        told = self._done(staff, _PASSWORD.format(name=account_name, password=password))
        return [*told, "", "", Role.ANSWERER.value, ""]  # the form is empty for the next account

    def _done(self, staff: Staff, sentence: str) -> list[object]:
        """The list, what was done, and the panel closed."""
        return [*self._listing(staff, sentence), shown(False)]

    def _listing(self, staff: Staff, sentence: str) -> list[object]:
        accounts = self._users.all(staff)
        due = frozenset(item.staff.name for item in accounts if self._second_step.is_due(item))
        return [
            accounts_html(accounts, due, now_utc()),
            tuple(item.staff.name for item in accounts),
            note(sentence) if sentence else "",
        ]


def accounts_html(accounts: Sequence[Account], due: Collection[str], now: datetime) -> str:
    """The accounts as an HTML table; those named in `due` must set up their second step first."""
    rows = [
        (
            account.staff.title,
            account.staff.name,
            account.staff.role.label,
            "、".join(account.staff.departments) or _ALL,
            marked(_state(account, now), *_second_step(account, due)),
        )
        for account in accounts
    ]
    return table(f"共 {len(rows)} 个账号", _HEADINGS, rows, opens=True)


def read_departments(text: str) -> tuple[str, ...]:
    """The departments typed into one field.

    >>> read_departments("区民政局、区司法局， 区民政局")
    ('区民政局', '区司法局', '区民政局')
    """
    return tuple(filter(None, _SEPARATORS.split(text)))


def _picked(chosen: str | None) -> str:
    if not chosen:
        raise InputError("请先在清单里点开一个账号。")
    return chosen


def _state(account: Account, now: datetime) -> Marked:
    if account.disabled:
        return badge("已停用", Tone.BAD)
    if account.locked_until is not None and account.is_locked(now):
        return badge(f"锁定到 {account.locked_until.astimezone(CHINA_TIME):%H:%M}", Tone.BAD)
    return badge("待修改初始密码", Tone.WAIT) if account.must_change_password else badge("正常", Tone.GOOD)


def _second_step(account: Account, due: Collection[str]) -> list[Marked]:
    if account.two_step:
        return [badge("两步登录", Tone.WORK)]
    return [badge("待设置两步登录", Tone.WAIT)] if account.staff.name in due else []


def _fields() -> tuple["gr.Textbox", "gr.Dropdown", "gr.Textbox"]:
    import gradio as gr

    title = gr.Textbox(label="姓名", max_lines=1)
    role = gr.Dropdown(_ROLES, value=Role.ANSWERER.value, label="角色")
    departments = gr.Textbox(label="部门", info=_WHICH, max_lines=1)
    return title, role, departments
