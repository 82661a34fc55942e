"""The numbers in the navigation: what waits for the person who is signed in."""

import html
import json
from typing import TYPE_CHECKING

from ingest.editing.staging import staged
from kb.faq.models import FaqFilter, FaqState
from kb.faq.reading import look_up
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Action, Staff, may
from web.console.parts import press_handler
from web.sessions import now_utc

if TYPE_CHECKING:
    import gradio as gr

# Asks for the numbers again every minute, and soon after a press that may have changed them.
_SCRIPT = """const again = () => trigger("click", { number: 0 });
setInterval(() => { if (!document.hidden) again(); }, 60000);
let soon = null;
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("button.lg, button.sm")) return;
  clearTimeout(soon);
  soon = setTimeout(again, 2500);
});"""


def counts_part(kb: KnowledgeBase) -> "gr.HTML":
    """Build the part that holds the numbers; shell.js writes them beside the tabs."""
    import gradio as gr

    def again(staff: Staff, _action: str, _number: int) -> str:
        return counts_html(kb, staff)

    part = gr.HTML(label="待办数", elem_id="nav-counts", js_on_load=_SCRIPT)
    part.click(press_handler(again), None, part, show_progress="hidden", api_visibility="private")
    return part


def counts_html(kb: KnowledgeBase, staff: Staff) -> str:
    """The numbers by the tab's id, each with what it counts."""
    now = now_utc()
    counts: dict[str, tuple[int, str]] = {}
    if may(staff, Action.QUEUE):
        counts["tab-queue"] = (kb.queue.counts(staff, now).open, "待办")
    if may(staff, Action.FAQ_APPROVE):
        waiting = FaqFilter(state=FaqState.SUBMITTED)
        counts["tab-faq"] = (look_up(kb.faq.life.records, staff, waiting, 1, now).total, "待审核")
    if may(staff, Action.DOCUMENT_EDIT):
        counts["tab-documents"] = (len(staged(kb, staff)), "待上线")
    return f'<span data-counts="{html.escape(json.dumps(counts, ensure_ascii=False))}"></span>'
