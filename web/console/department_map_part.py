"""通讯录, 部门对照: administrators say which local department answers for which documents and words."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.controls.department_map import MAX_VALUE
from kb.controls.responsible import MapRow, Matter
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, require
from web.console.filling import filled_when
from web.console.panels import panel, shown
from web.console.parts import Part, handler, note, numbered, press_handler, saved_by
from web.console.tables import ROWS_SCRIPT, table
from web.sessions import now_utc

if TYPE_CHECKING:
    import gradio as gr

_WHAT = (
    "国家的法律法规不写本地由哪个单位解答。在这里写上，引用这些文件的回答就附这个部门的电话；"
    "没有答上来的，也转到这个部门的“群众提问”。文件里写明牵头、责任单位的，仍以文件为先。"
)
_HINT = "文件写标题；词如“工伤”，标题或问题里有它就算；主题、机关写其中的字也行"
_MATTERS = [(matter.label, matter.value) for matter in Matter]
_NONE = "还没有对照。"
_FIRST = Matter.WORDS.value


def department_map_part(kb: KnowledgeBase) -> Part:
    """Build the part inside the tab 通讯录."""
    import gradio as gr

    gr.HTML(f'<p class="hint-line">{_WHAT}</p>', label="说明")
    with gr.Row(elem_classes="acts-row"):
        begin = gr.Button("加一条对照", variant="primary")
    listing = gr.HTML(label="部门对照", js_on_load=ROWS_SCRIPT)
    rows, version, chosen = gr.State(()), gr.State(0), gr.State("")
    with panel("map-row", "部门对照", narrow=True) as column:
        matter = gr.Radio(_MATTERS, value=_FIRST, label="按什么对照")
        value = gr.Textbox(label="对照的内容", info=_HINT, max_lines=2, max_length=MAX_VALUE)
        department = gr.Dropdown([], label="由哪个部门解答", info="通讯录里的部门")
        covered = gr.HTML(label="管到的文件")
        with gr.Row(elem_classes="acts-row"):
            remove = gr.Button("删除对照", variant="stop", min_width=90, elem_classes="confirm")
            preview = gr.Button("预览", min_width=70)
            save = gr.Button("保存对照", variant="primary", min_width=90)
    told = gr.HTML(label="对照的结果", elem_classes="outcome")
    part = _MapPart(kb)
    form = [column, chosen, matter, value, department, covered]
    outputs = [listing, rows, version, told, column]
    filled_when(begin.click, handler(part.blank), [], form)
    filled_when(listing.click, press_handler(part.pressed), [rows], form)
    typed = [matter, value, department]
    preview.click(handler(part.preview), typed, [covered], api_visibility="private")
    save.click(handler(part.save), [*typed, chosen, version], outputs, api_visibility="private")
    remove.click(handler(part.remove), [chosen, version], outputs, api_visibility="private")
    return handler(part.show), [], outputs


class _MapPart:
    """The handlers: list, its rows, version, sentence, panel; a row is known by its JSON."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._map = kb.department_map

    def show(self, staff: Staff, sentence: str = "") -> list[object]:
        """The map as it is, the panel closed."""
        now = self._map.overview(staff)
        return [
            _map_html(f"部门对照 {len(now.rows)} 条{saved_by(now.saved)}", now.rows),
            tuple(row.model_dump_json() for row in now.rows),
            now.saved.version,
            note(sentence) if sentence else "",
            shown(False),
        ]

    def blank(self, staff: Staff) -> list[object]:
        """The panel for a new row."""
        require(staff, Action.SETTINGS)
        return [shown(), "", _FIRST, "", self._choices(None), ""]

    def pressed(self, staff: Staff, _action: str, number: int, rows: Sequence[str]) -> list[object]:
        """The panel with row `number`, and the documents that it is about."""
        row = _read(staff, numbered(rows, number))
        covered = _covered_html(self._map.covered(staff, row)) if row.department in self._known() else ""
        return [
            *(shown(), row.model_dump_json(), row.matter.value, row.value),
            *(self._choices(row.department), covered),
        ]

    def preview(self, staff: Staff, matter: str, value: str, department: str | None) -> str:
        """The documents that the row would be about."""
        return _covered_html(self._map.covered(staff, _row(staff, matter, value, department)))

    def save(
        self, staff: Staff, matter: str, value: str, department: str | None, chosen: str, version: int
    ) -> list[object]:
        """Save the row in the panel, a new one or in place of that which is open."""
        before = _read(staff, chosen) if chosen else None
        row = _row(staff, matter, value, department)
        self._map.put(row, before, version, staff, now_utc())
        return self.show(staff, "已保存，立即生效。")

    def remove(self, staff: Staff, chosen: str, version: int) -> list[object]:
        """Remove the row that is open."""
        require(staff, Action.SETTINGS)
        if not chosen:
            raise InputError("这一条还没有保存，不用删除。")
        self._map.remove(_read(staff, chosen), version, staff, now_utc())
        return self.show(staff, "已删除，立即生效。")

    def _known(self) -> tuple[str, ...]:
        return self._map.departments()

    def _choices(self, chosen: str | None) -> "gr.Dropdown":
        import gradio as gr

        known = self._known()
        return gr.Dropdown(known, value=chosen if chosen in known else None)


def _read(staff: Staff, row: str) -> MapRow:
    """The row whose JSON is `row`."""
    require(staff, Action.SETTINGS)
    try:
        return MapRow.model_validate_json(row)
    except ValueError as error:
        raise InputError("清单刚有变动，请刷新后再选。") from error


def _row(staff: Staff, matter: str, value: str, department: str | None) -> MapRow:
    """The row typed into the form."""
    require(staff, Action.SETTINGS)
    return MapRow(matter=Matter(matter), value=value, department=department or "")


def _map_html(caption: str, rows: Sequence[MapRow]) -> str:
    if not rows:
        return note(_NONE)
    cells = [(row.value, row.matter.label, row.department) for row in rows]
    return table(caption, ("对照的内容", "按什么", "部门"), cells, opens=True)


def _covered_html(titles: Sequence[str]) -> str:
    """The documents that a row is about."""
    if not titles:
        return note("现有文件里没有对得上的；以后导入的文件对上了就生效。")
    items = "".join(f"<li>《{html.escape(title)}》</li>" for title in titles)
    return f'<h3>管到 {len(titles)} 份文件</h3><ul class="covered">{items}</ul>'
