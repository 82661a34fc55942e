"""设置, 接口密钥: the keys of other programs, made and stopped; a key is shown once."""

import html
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kb.access.api_keys import DAYS, RATE, ApiKey, ApiKeys, KeyState, Scope
from kb.clock import CHINA_TIME, china_day
from kb.errors import InputError
from kb.staff.permissions import Action, Staff, require
from web.console.filling import filled_when
from web.console.panels import panel, shown
from web.console.parts import Part, handler, note, numbered, press_handler
from web.console.tables import ROWS_SCRIPT, Tone, badge, table
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_WHAT = (
    "政务服务 App、热线系统、智能体平台等程序提问、检索时用密钥表明身份；群众的网页不用。"
    "一个程序一个密钥：停用一个不影响别的。要不要密钥由 `KB_API_KEYS` 决定。"
)
_SCOPES = [(scope.label, scope.value) for scope in Scope]
_HEADINGS = ("哪个程序用", "用途", "每分钟", "到期", "最近使用", "状态")
_TONES = {KeyState.VALID: Tone.GOOD, KeyState.EXPIRED: Tone.WAIT, KeyState.REVOKED: Tone.BAD}
_ONCE = "密钥只显示这一次，请马上存进用它的程序；系统里不存原文。丢了就停用，另发一个。"
_WHOLE = "请填整数。"
_USE = "提问用于 /v1 和 /mcp，检索用于 /api/search 和 /mcp"


def keys_part(keys: ApiKeys) -> Part:
    """Build the part inside the tab 设置."""
    import gradio as gr

    with gr.Tab("接口密钥"):
        gr.Markdown(_WHAT)
        with gr.Row(elem_classes="acts-row"):
            begin = gr.Button("发一个密钥", variant="primary")
        result = gr.HTML(label="密钥的结果", elem_classes="outcome")
        listing = gr.HTML(label="接口密钥", js_on_load=ROWS_SCRIPT)
        ids, chosen = gr.State(()), gr.State("")
        secret = gr.HTML(label="新的密钥", render=False)
        with panel("new-key", "发一个密钥", narrow=True, emptied=secret) as adding:
            secret.render()
            with gr.Column() as asked:
                name = gr.Textbox(label="哪个程序用", placeholder="如 区政务服务 App", max_lines=1)
                scopes = gr.CheckboxGroup(_SCOPES, label="用途", info=_USE)
                with gr.Row():
                    rate = gr.Textbox(label="每分钟次数", info="0 为不限", max_lines=1, min_width=130)
                    days = gr.Textbox(label="有效天数", info="到期前另发一个", max_lines=1, min_width=130)
                with gr.Row(elem_classes="acts-row"):
                    make = gr.Button("发出密钥", variant="primary")
        with panel("key", "接口密钥", narrow=True) as column:
            one = gr.HTML(label="这个密钥")
            with gr.Row(elem_classes="acts-row"):
                stop = gr.Button("停用密钥", variant="stop", elem_classes="confirm")
    part = KeysPart(keys)
    listed: list[Component] = [listing, ids]
    form: list[Component] = [name, scopes, rate, days]
    filled_when(begin.click, handler(part.blank), (), [column, adding, asked, *form, secret, result])
    filled_when(
        listing.click, press_handler(part.pressed), [ids], [adding, secret, column, chosen, one, stop, result]
    )
    private = {"api_visibility": "private"}
    make.click(handler(part.make), form, [*listed, asked, secret], **private)
    stop.click(handler(part.stop), [chosen], [*listed, column, result], **private)
    return handler(part.show), [], listed


class KeysPart:
    """接口密钥: list and its ids, the form of a new key, one key."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    def show(self, staff: Staff) -> list[object]:
        """The list."""
        keys = self._keys.all(staff)
        return [keys_html(keys, now_utc()), tuple(str(key.id) for key in keys)]

    def blank(self, staff: Staff) -> list[object]:
        """The panel with an empty form."""
        require(staff, Action.API_KEYS)
        return [shown(False), shown(), shown(), "", [], str(RATE), str(DAYS), "", ""]

    def make(self, staff: Staff, name: str, scopes: Sequence[str], rate: str, days: str) -> list[object]:
        """Make a key and show it; the form goes, so that nobody makes a second one by mistake."""
        wanted = [Scope(scope) for scope in scopes]
        new = self._keys.make(
            staff, name, wanted, now_utc(), rate=_whole("每分钟次数", rate), days=_whole("有效天数", days)
        )
        return [*self.show(staff), shown(False), secret_html(new.secret, new.key)]

    def pressed(self, staff: Staff, _action: str, number: int, ids: Sequence[str]) -> list[object]:
        """The panel with the key in row `number`; a new key that was shown before is gone from the page."""
        import gradio as gr

        wanted = numbered(ids, number)
        key = numbered([key for key in self._keys.all(staff) if str(key.id) == wanted], 0)
        is_good = key.state(now_utc()) is KeyState.VALID
        button = gr.Button(visible=is_good)
        return [shown(False), "", shown(), wanted, key_html(key, now_utc()), button, ""]

    def stop(self, staff: Staff, chosen: str | None) -> list[object]:
        """Let nobody in with the key that is open any more."""
        require(staff, Action.API_KEYS)
        if not (chosen or "").isdecimal():
            raise InputError("请先在清单里点开一个密钥。")
        key = self._keys.revoke(staff, int(chosen or 0), now_utc())
        return [
            *self.show(staff),
            shown(False),
            note(f"“{key.name}”的密钥已停用，用它的程序马上不能再调用。"),
        ]


def keys_html(keys: Sequence[ApiKey], now: datetime) -> str:
    """The keys as an HTML table whose rows open."""
    rows = [
        (
            key.name,
            _scopes(key),
            key.rate or "不限",
            china_day(key.expires_at),
            _used(key),
            badge(key.state(now).value, _TONES[key.state(now)]),
        )
        for key in keys
    ]
    return table(f"共 {len(rows)} 个密钥", _HEADINGS, rows, opens=True)


def key_html(key: ApiKey, now: datetime) -> str:
    """One key: everything but the key itself."""
    facts = (
        f"开头的几个字符：{key.hint}…",
        f"用途：{_scopes(key)}；每分钟 {key.rate or '不限'} 次",
        f"{key.made_by} 于 {_moment(key.made_at)} 发出，{china_day(key.expires_at)} 到期",
        f"最近使用：{_used(key)}",
    )
    stopped = note(f"{_moment(key.revoked_at)} 停用。") if key.revoked_at else ""
    state = badge(key.state(now).value, _TONES[key.state(now)]).html
    return f"<h3>{html.escape(key.name)} {state}</h3>{''.join(map(note, facts))}{stopped}"


def secret_html(secret: str, key: ApiKey) -> str:
    """A key that was just made, to be copied now."""
    shown_once = html.escape(secret)
    return (
        f'<div class="kept" role="status"><p>“{html.escape(key.name)}”的密钥：</p>'
        f'<p><code class="secret" tabindex="0">{shown_once}</code></p><p>{_ONCE}</p></div>'
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}"


def _scopes(key: ApiKey) -> str:
    return "、".join(scope.label for scope in key.scopes)


def _used(key: ApiKey) -> str:
    return _moment(key.last_used_at) if key.last_used_at else "没有用过"


def _whole(label: str, typed: str) -> int:
    """The number typed in the field `label`.

    Raises:
        InputError: it is not a whole number.
    """
    text = typed.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise InputError(f"{label}：{_WHOLE}")
    return int(text)
