"""导入与导出: the template, import of files with entries, export of all entries."""

from typing import TYPE_CHECKING

from kb.errors import InputError
from kb.faq.importing import import_file
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, require
from web.console.documents.upload import Tell
from web.console.parts import chosen_file, note, slow_handler
from web.sessions import now_utc
from web.uploads import taken

if TYPE_CHECKING:
    from gradio.events import Dependency

_API = "/api/staff/faq"
_LINKS = {
    "下载导入模板（Excel）": f"{_API}/template.xlsx",
    "导出 Excel": f"{_API}/export?format=xlsx",
    "导出 CSV": f"{_API}/export?format=csv",
    "导出 JSON": f"{_API}/export?format=json",
    "导出 JSON Lines": f"{_API}/export?format=jsonl",
}


def files_part(kb: KnowledgeBase) -> "Dependency":
    """Build this part of the tab; the event that imports a file."""
    import gradio as gr

    links = "　".join(f'<a href="{url}" download>{name}</a>' for name, url in _LINKS.items())
    gr.HTML(f"<p>{links}</p>", label="下载")
    gr.Markdown(
        "按模板填好后导入（.xlsx 或 .csv，不超过 10 MB）。有一行不对就一条也不导入，并列出是哪行哪列。"
    )
    file = gr.File(label="选择文件", file_types=[".xlsx", ".csv"], height=110)
    submit = gr.Checkbox(label="导入后直接提交审核")
    with gr.Row(elem_classes="acts-row"):
        button = gr.Button("导入", variant="primary")
    result = gr.HTML(label="导入结果", elem_classes="kept")

    def work(staff: Staff, tell: Tell, path: str | None, at_once: bool) -> list[object]:
        require(staff, Action.FAQ_EDIT)
        if not path:
            raise InputError("请先选择文件。")
        try:
            with taken(kb.settings.home, staff.name, path) as uploaded:
                name, content = chosen_file(uploaded)
            records = import_file(
                kb.faq.life,
                kb.storage.documents,
                staff,
                name,
                content,
                at_once,
                now_utc(),
                lambda done, total: tell(done, total, "正在计算向量（问法）"),
            )
        except InputError as error:  # may have many lines, so it is shown on the page
            return [None, "".join(map(note, error.citizen.splitlines()))]
        state = "待审核" if at_once else "草稿"
        return [None, note(f"已导入 {len(records)} 条，状态为“{state}”。")]

    return button.click(slow_handler(work), [file, submit], [file, result], api_visibility="private")
