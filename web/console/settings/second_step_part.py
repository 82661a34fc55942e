"""设置, 登录安全: the roles that must sign in in two steps."""

from collections.abc import Sequence

from kb.controls.store import Controls
from kb.staff.permissions import Role, Staff
from web.console.parts import Part, handler, note, saved_by
from web.sessions import now_utc

_ROLES = [(role.label, role.value) for role in Role]
_WHAT = (
    "两步登录：除密码外，还要输入手机应用里的验证码。每个人都可以在页面右上角“两步登录”里自己开启；"
    "这里勾选的角色必须开启，没有设置的人要先设置才能使用控制台（已经登录的也一样）。"
)


def second_step_part(controls: Controls) -> Part:
    """Build the part inside the tab 设置."""
    import gradio as gr

    with gr.Tab("登录安全"):
        gr.Markdown(_WHAT)
        roles = gr.CheckboxGroup(_ROLES, label="必须两步登录的角色", info="保存后立即生效")
        with gr.Row(elem_classes="acts-row"):
            save = gr.Button("保存", variant="primary")
        result = gr.HTML(label="结果", elem_classes="kept")
        version = gr.State(0)
    part = _SecondStepPart(controls)
    outputs = [roles, version, result]
    save.click(handler(part.save), [roles, version], outputs, api_visibility="private")
    return handler(part.show), [], outputs


class _SecondStepPart:
    """登录安全: roles, version, sentence."""

    def __init__(self, column: Controls) -> None:
        self._column = column

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """The roles as they are, and `sentence` before the state."""
        now = self._column.overview(staff)
        labels = "、".join(role.label for role in now.second_step_roles) or "没有"
        state = f"目前必须两步登录的角色：{labels}{saved_by(now.second_step_saved)}。"
        values = [role.value for role in now.second_step_roles]
        return [values, now.second_step_saved.version, note(sentence + state)]

    def save(self, staff: Staff, roles: Sequence[str], version: int) -> list[object]:
        """Save the roles."""
        self._column.require_second_step([Role(role) for role in roles], version, staff, now_utc())
        return self.show(staff, "已保存，立即生效。")
