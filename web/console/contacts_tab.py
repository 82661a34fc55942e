"""通讯录: whom citizens and colleagues can call; administrators bring the list as a file."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from kb.answers import Contact
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, may, require
from web.console.parts import handler, note, table
from web.sessions import now_utc

_HEADINGS = ("部门", "姓名", "电话", "办公时间")
_API = "/api/staff/contacts"
_HOW = (
    "## 更换名单\n按模板的列（部门、姓名、电话、办公时间）填好后导入，.xlsx 或 .csv 都可以。"
    "导入的名单整份替换现有名单；有一行不对就一行也不导入，并列出是哪行哪列。"
)
_EMPTY = "还没有名单；管理员可以按模板填好后导入。"
_UNKNOWN = (
    "以下名称不是政策文件里的牵头或责任单位，拒答时不会自动显示这些人的电话，请核对是否与文件里的写法一致："
)


def tab(kb: KnowledgeBase) -> None:
    """The tab, inside the console's page."""
    import gradio as gr

    page = _ContactsPage(kb)
    with gr.Tab("通讯录") as tab_page:
        words = gr.Textbox(label="查找", placeholder="部门、姓名或电话里的几个字", max_lines=1)
        listing = gr.HTML(label="名单")
        gr.HTML(link_html("导出 Excel", "export.xlsx"), label="导出")
        with gr.Column(visible=False) as keeping:
            gr.Markdown(_HOW)
            gr.HTML(link_html("下载模板（Excel）", "template.xlsx"), label="模板")
            file = gr.File(label="选择文件", file_types=[".xlsx", ".csv"], height=110)
            button = gr.Button("导入", variant="primary")
        told = gr.HTML(label="导入结果")
    for trigger in (tab_page.select, words.change):
        trigger(handler(page.show), [words], [listing, keeping], api_visibility="private")
    button.click(handler(page.replace), [file, words], [file, told, listing], api_visibility="private")


class _ContactsPage:
    """What the tab's events do."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def show(self, staff: Staff, words: str) -> list[object]:
        """The people that fit, and the import for those who keep the list."""
        import gradio as gr

        return [self._listing(staff, words), gr.Column(visible=may(staff, Action.CONTACTS))]

    def replace(self, staff: Staff, path: str | None, words: str) -> list[object]:
        """Put the list in the file in place of the one there is."""
        import gradio as gr

        require(staff, Action.CONTACTS)
        if not path:
            raise InputError("请先选择文件。")
        file = Path(path)
        try:
            count = self._kb.contacts.import_list(staff, file.name, file.read_bytes(), now_utc())
        except InputError as error:  # may be many lines: they stay on the page
            return [None, "".join(map(note, error.citizen.splitlines())), gr.skip()]
        named = (each.department for each in self._kb.contacts.all())
        told = note(f"已导入 {count} 人，现在起拒答和留言时显示新名单。") + self._unknown(named)
        return [None, told, self._listing(staff, words)]

    def _listing(self, staff: Staff, words: str) -> str:
        require(staff, Action.SEARCH)
        everybody = self._kb.contacts.all()
        return (
            contacts_html([each for each in everybody if _holds(each, words)]) if everybody else note(_EMPTY)
        )

    def _unknown(self, departments: Iterable[str]) -> str:
        """The departments that no document names: contacts are found by the documents' names."""
        known = self._kb.documents.units()
        strange = [name for name in dict.fromkeys(departments) if name not in known]
        if not strange:
            return ""
        return f'<p class="flag">{html.escape(_UNKNOWN + "、".join(strange))}</p>'


def link_html(label: str, file: str) -> str:
    """A link that saves a file."""
    return f'<p class="acts"><a href="{_API}/{file}" download>{label}</a></p>'


def contacts_html(contacts: Sequence[Contact]) -> str:
    """The people as a table."""
    rows = [(each.department, each.name, each.phone, each.hours) for each in contacts]
    return table(f"共 {len(rows)} 人", _HEADINGS, rows)


def _holds(contact: Contact, words: str) -> bool:
    return all(word in f"{contact.department} {contact.name} {contact.phone}" for word in words.split())
