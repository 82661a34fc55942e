"""通讯录: the contacts citizens and colleagues can call, and which department answers for what."""

import html
from collections.abc import Iterable, Sequence

from kb.answers import Contact
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, may, require
from web.console.department_map_part import department_map_part
from web.console.parts import chosen_file, handler, note
from web.console.tables import table
from web.sessions import now_utc
from web.uploads import taken

_HEADINGS = ("部门", "姓名", "电话", "办公时间")
_API = "/api/staff/contacts"
_HOW = (
    "按模板的列（部门、姓名、电话、办公时间）填好后导入，.xlsx 或 .csv 都可以。"
    "导入的名单整份替换现有名单；有一行不对就一行也不导入，并列出是哪行哪列。"
)
_EMPTY = "还没有名单；管理员可以按模板填好后导入。"
_UNKNOWN = (
    "以下名称不是政策文件里的牵头或责任单位，也不在部门对照里，不会自动显示这些人的电话，"
    "请核对是否与文件里的写法一致："
)


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    page = _ContactsPage(kb)
    with gr.Tab("通讯录", elem_id="tab-contacts") as tab_page, gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("名单"):
            words = gr.Textbox(label="查找", placeholder="部门、姓名或电话里的几个字", max_lines=1)
            listing = gr.HTML(label="名单")
            gr.HTML(link_html("导出 Excel", "export.xlsx"), label="导出")
            with gr.Accordion("更换名单", open=False, visible=False) as import_part:
                gr.Markdown(_HOW)
                gr.HTML(link_html("下载模板（Excel）", "template.xlsx"), label="模板")
                file = gr.File(label="选择文件", file_types=[".xlsx", ".csv"], height=110)
                with gr.Row(elem_classes="acts-row"):
                    button = gr.Button("导入", variant="primary")
            result = gr.HTML(label="导入结果", elem_classes="kept")
        with gr.Tab("部门对照", visible=False) as map_tab:
            show_map, _, map_outputs = department_map_part(kb)
    for trigger in (tab_page.select, words.change):
        trigger(handler(page.show), [words], [listing, import_part, map_tab], api_visibility="private")
    map_tab.select(show_map, None, map_outputs, api_visibility="private")
    button.click(handler(page.replace), [file, words], [file, result, listing], api_visibility="private")


class _ContactsPage:
    """The handlers of the tab's events."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def show(self, staff: Staff, words: str) -> list[object]:
        """The contacts that match `words`; the import and the map for staff who may change them."""
        import gradio as gr

        return [
            self._listing(staff, words),
            gr.Accordion(visible=may(staff, Action.CONTACTS)),
            gr.Tab(visible=may(staff, Action.SETTINGS)),
        ]

    def replace(self, staff: Staff, path: str | None, words: str) -> list[object]:
        """Replace the list by the one in the file at `path`."""
        import gradio as gr

        require(staff, Action.CONTACTS)
        if not path:
            raise InputError("请先选择文件。")
        try:
            with taken(self._kb.settings.home, staff.name, path) as file:
                name, content = chosen_file(file)
            count = self._kb.staff.contacts.import_list(staff, name, content, now_utc())
        except InputError as error:  # may have many lines, so it is shown on the page
            return [None, "".join(map(note, error.citizen.splitlines())), gr.skip()]
        departments = (contact.department for contact in self._kb.staff.contacts.all())
        result = note(f"已导入 {count} 人，现在起拒答和留言时显示新名单。") + self._unknown(departments)
        return [None, result, self._listing(staff, words)]

    def _listing(self, staff: Staff, words: str) -> str:
        require(staff, Action.SEARCH)
        contacts = self._kb.staff.contacts.all()
        return (
            contacts_html([contact for contact in contacts if _holds(contact, words)])
            if contacts
            else note(_EMPTY)
        )

    def _unknown(self, departments: Iterable[str]) -> str:
        """A warning about departments that no document names: refusals find contacts by those names."""
        rows = self._kb.controls.rules().department_map
        known = {*self._kb.storage.documents.units(), *(row.department for row in rows)}
        unknown = [name for name in dict.fromkeys(departments) if name not in known]
        if not unknown:
            return ""
        return f'<p class="flag">{html.escape(_UNKNOWN + "、".join(unknown))}</p>'


def link_html(label: str, file: str) -> str:
    """A link that downloads a file."""
    return f'<p class="acts"><a href="{_API}/{file}" download>{label}</a></p>'


def contacts_html(contacts: Sequence[Contact]) -> str:
    """The contacts as an HTML table."""
    rows = [(contact.department, contact.name, contact.phone, contact.hours) for contact in contacts]
    return table(f"共 {len(rows)} 人", _HEADINGS, rows)


def _holds(contact: Contact, words: str) -> bool:
    return all(word in f"{contact.department} {contact.name} {contact.phone}" for word in words.split())
