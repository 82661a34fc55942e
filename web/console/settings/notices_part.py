"""设置, 通知: who is told what, by mail, webhook or a group's robot."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.notices.models import Channel, NoticeKind, Subscription
from kb.notices.notices import Notices
from kb.staff.permissions import Action, Staff, require
from web.console.filling import filled_when
from web.console.panels import panel, shown
from web.console.parts import Part, handler, note, numbered, press_handler
from web.console.tables import ROWS_SCRIPT, Marked, Tone, badge, table
from web.sessions import now_utc

if TYPE_CHECKING:
    from gradio.components import Component

_KINDS = [(kind.label, kind.value) for kind in NoticeKind]
_WHAT = (
    "有新留言、快到期、逾期、待审核、需复核、文件快失效时，几秒内发到邮箱或工作群。消息里没有群众的原话，只有单位、期限和链接。"
    "发不出去的会一直重试三天。邮件服务器用 `KB_SMTP_HOST` 等环境变量设置，链接的网址用 `KB_PUBLIC_URL`。"
)
_HEADINGS = ("名称", "方式", "发给", "通知", "时间", "状态")
_FIELDS = (
    *("name", "channel", "address", "secret", "department", "person"),
    *("kinds", "quiet_from", "quiet_until", "digest_at", "is_on"),
)
_SAME = "留空为不改；Webhook 必填，钉钉“加签”和飞书“签名校验”的密钥填在这里"


def notices_part(kb: KnowledgeBase) -> Part:
    """Build the part inside the tab 设置."""
    import gradio as gr

    with gr.Tab("通知"):
        gr.Markdown(_WHAT)
        with gr.Row(elem_classes="acts-row"):
            begin = gr.Button("新的通知", variant="primary")
        listing = gr.HTML(label="通知设置", js_on_load=ROWS_SCRIPT)
        result = gr.HTML(label="通知的结果", elem_classes="outcome")
        ids, chosen, version = gr.State(()), gr.State(""), gr.State(0)
        with panel("notice", "通知", narrow=True) as column:
            name = gr.Textbox(label="通知名称", max_lines=1)
            channel = gr.Dropdown([(one.label, one.value) for one in Channel], value="email", label="方式")
            address = gr.Textbox(label="邮箱或网址", max_lines=1)
            secret = gr.Textbox(label="签名密钥", info=_SAME, type="password", max_lines=1)
            department = gr.Textbox(label="只发这个部门的", info="不填为全部", max_lines=1)
            person = gr.Textbox(label="发给个人（账号）", info="只发与他有关的；不填为部门的群", max_lines=1)
            kinds = gr.CheckboxGroup(_KINDS, value=[kind.value for kind in NoticeKind], label="发哪些")
            with gr.Row():
                quiet_from = gr.Textbox(label="免打扰从", placeholder="如 22:00", max_lines=1, min_width=130)
                quiet_until = gr.Textbox(label="免打扰到", placeholder="如 08:00", max_lines=1, min_width=130)
            digest = gr.Textbox(label="每天汇总发一次", placeholder="如 09:00；不填为随时发", max_lines=1)
            is_on = gr.Checkbox(True, label="启用")
            with gr.Row(elem_classes="acts-row"):
                remove = gr.Button("删除通知", variant="stop", min_width=80, elem_classes="confirm")
                test = gr.Button("发一条测试消息", min_width=100)
                save = gr.Button("保存通知", variant="primary", min_width=80)
    part = NoticesPart(kb.notices)
    own = [address, secret, department, person, kinds, quiet_from, quiet_until, digest, is_on]
    form: list[Component] = [name, channel, *own]
    opened = [column, chosen, version, *form]
    outputs = [listing, ids, *opened, result]
    filled_when(listing.click, press_handler(part.pressed), [ids], opened)
    filled_when(begin.click, handler(part.blank), (), opened)
    save.click(handler(part.save), [chosen, version, *form], outputs, api_visibility="private")
    test.click(handler(part.test), [chosen], [listing, result], api_visibility="private")
    remove.click(handler(part.remove), [chosen], outputs, api_visibility="private")
    return handler(part.show), [], outputs


class NoticesPart:
    """通知: list, choice, version, form, sentence."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """The list, the panel closed, and `sentence`."""
        subscriptions = self._notices.subscriptions.all(staff)
        return [
            notices_html(subscriptions, self._notices.failures(staff)),
            tuple(str(one.id) for one in subscriptions),
            *self._form(Subscription(name="", channel=Channel.EMAIL, address=""), False),
            note(sentence) if sentence else "",
        ]

    def blank(self, staff: Staff) -> list[object]:
        """The panel with an empty form."""
        require(staff, Action.SETTINGS)
        return self._form(Subscription(name="", channel=Channel.EMAIL, address=""), True)

    def pressed(self, staff: Staff, _action: str, number: int, ids: Sequence[str]) -> list[object]:
        """The panel with the subscription in row `number`."""
        wanted = numbered(ids, number)
        found = [one for one in self._notices.subscriptions.all(staff) if str(one.id) == wanted]
        return self._form(numbered(found, 0), True)

    def _form(self, now: Subscription, is_open: bool) -> list[object]:
        """The panel, the number, the version and the fields; the secret is never shown."""
        return [
            shown(is_open),
            str(now.id) if now.id else "",
            now.version,
            now.name,
            now.channel.value,
            now.address,
            "",
            now.department or "",
            now.person or "",
            [kind.value for kind in now.kinds],
            now.quiet_from or "",
            now.quiet_until or "",
            now.digest_at or "",
            now.is_on,
        ]

    def save(self, staff: Staff, chosen: str | None, version: int, *form: object) -> list[object]:
        """Save the chosen subscription, or a new one."""
        values = dict(zip(_FIELDS, form, strict=True))
        secret = str(values.pop("secret") or "") or None
        texts = {name: text.strip() or None for name, text in values.items() if isinstance(text, str)}
        needed = {"name": texts["name"] or "", "address": texts["address"] or ""}
        number = {"id": int(chosen) if chosen else 0, "version": version}
        wanted = Subscription.model_validate({**values, **texts, **needed, **number})
        saved = self._notices.subscriptions.save(staff, wanted, secret, now_utc())
        return self.show(staff, f"通知“{saved.name}”已保存，立即生效。")

    def test(self, staff: Staff, chosen: str | None) -> list[object]:
        """Send a test message to the chosen subscription."""
        subscriptions = self._notices.subscriptions.all(staff)
        if not chosen:
            raise InputError("请先保存，再发测试消息。")
        self._notices.try_out(staff, int(chosen), now_utc())
        return [notices_html(subscriptions, self._notices.failures(staff)), note("测试消息已发出。")]

    def remove(self, staff: Staff, chosen: str | None) -> list[object]:
        """Remove the chosen subscription."""
        self._notices.subscriptions.remove(staff, int(chosen) if chosen else 0, now_utc())
        return self.show(staff, "通知已删除。")


def notices_html(subscriptions: Sequence[Subscription], failures: dict[int, str]) -> str:
    """The subscriptions as an HTML table, with why something has not arrived."""
    rows = [
        (
            one.name,
            one.channel.label,
            one.person or one.department or "全部部门",
            "、".join(kind.label for kind in one.kinds),
            _times(one),
            _state(one, failures),
        )
        for one in subscriptions
    ]
    return table(f"共 {len(rows)} 条通知设置", _HEADINGS, rows, opens=True)


def _state(one: Subscription, failures: dict[int, str]) -> Marked:
    if not one.is_on:
        return badge("已停用")
    failure = failures.get(one.id)
    return badge(failure, Tone.BAD) if failure else badge("正常", Tone.GOOD)


def _times(one: Subscription) -> str:
    quiet = f"{one.quiet_from}—{one.quiet_until} 免打扰" if one.quiet_from else None
    return "，".join(filter(None, (f"每天 {one.digest_at} 汇总" if one.digest_at else "随时", quiet)))
