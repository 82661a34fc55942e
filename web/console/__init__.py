"""The Gradio console at /console: one page with a tab for each part of the staff's work.

Every tab is a module with `tab(kb)`. Gradio is imported inside the functions that use it: the import takes
seconds, and questions must not wait for it (web.startup). All staff share one page; on load it shows only the
tabs of the role, and the functions behind the tabs check the permission again.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Mount

from ingest.editing.staging import DOCUMENTS, MAX_UPLOAD, STAGING
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import MAY, Action, Role, Staff, may
from web.console import audit_tab, contacts_tab, users_tab
from web.console.documents import tab as documents_tab
from web.console.faq import tab as faq_tab
from web.console.figures import tab as figures_tab
from web.console.parts import ENTRY_PARAMETER, FAQ_TAB, handler
from web.console.queue import tab as queue_tab
from web.console.search import tab as search_tab
from web.console.settings import tab as settings_tab
from web.console.shell.counts import counts_html, counts_part
from web.console.shell.gradio_words import gradio_words
from web.console.shell.header import header_html
from web.console.shell.script import page_script
from web.console.shell.theme import STYLES, make_theme
from web.console.trial import tab as trial_tab
from web.console.uploads import receive_uploads
from web.staff.identity import CONSOLE_PATH, staff_in_console
from web.uploads import uploads_folder

if TYPE_CHECKING:
    import gradio as gr

_TABS = (  # in the order shown, with the action a role needs to see the tab
    (search_tab, Action.SEARCH),
    (queue_tab, Action.QUEUE),
    (faq_tab, Action.FAQ_EDIT),
    (documents_tab, Action.DOCUMENT_EDIT),
    (trial_tab, Action.TRY),
    (contacts_tab, Action.SEARCH),
    (figures_tab, Action.FIGURES),
    (settings_tab, Action.SETTINGS),
    (users_tab, Action.USERS),
    (audit_tab, Action.AUDIT),
)


def make_console(kb: KnowledgeBase) -> FastAPI:
    """An application with the console under CONSOLE_PATH; it fetches nothing from other hosts."""
    uploads = uploads_folder(kb.settings.home)
    # Gradio reads these when it is imported: without the first it contacts its makers' server.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    import gradio as gr

    blocks = build(kb)
    # Gradio checks the paths of files only in a launched app, and one that is mounted never is
    # (gradio.processing_utils._check_allowed).
    blocks.has_launched = True
    app = FastAPI()
    gr.mount_gradio_app(
        app,
        blocks,
        CONSOLE_PATH,
        theme=make_theme(),
        css=STYLES,
        js=page_script(),
        i18n=gradio_words(),
        footer_links=[],
        ssr_mode=False,
        max_file_size=MAX_UPLOAD,
        run_history=False,  # it would keep staff content in the browser, even after sign-out
        allowed_paths=[],
        blocked_paths=_private(kb.settings.home, uploads),
        show_error=False,  # texts of exceptions may name paths
        mcp_server=False,
        enable_monitoring=False,
    )
    mounted = app.router.routes[-1]
    assert isinstance(mounted, Mount)
    receive_uploads(mounted.app, kb.settings)
    return app


def _private(home: Path, uploads: Path) -> list[str]:
    """What Gradio may never serve: KB_HOME but for the uploads, and what the kernel shows of processes."""
    inside = {path.name for path in home.iterdir()} | {DOCUMENTS, STAGING}
    return [*(str(uploads.parent / name) for name in inside - {uploads.name}), "/proc", "/sys", "/dev"]


def build(kb: KnowledgeBase) -> "gr.Blocks":
    """Build the console's page."""
    import gradio as gr

    def welcome(request: gr.Request) -> list[object]:
        staff = staff_in_console(request)
        is_linked = ENTRY_PARAMETER in request.query_params and may(staff, Action.FAQ_EDIT)
        selected = gr.Tabs(selected=FAQ_TAB) if is_linked else gr.skip()
        visible = [gr.Tab(visible=may(staff, action)) for _, action in _TABS]
        return [header_html(staff), counts_html(kb, staff), selected, *visible]

    def counted(staff: Staff) -> str:
        return counts_html(kb, staff)

    with gr.Blocks(title="政策问答知识库 控制台", analytics_enabled=False, fill_width=True) as blocks:
        header = gr.HTML(elem_id="console-head")
        counts = counts_part(kb)
        with gr.Tabs(elem_id="console-tabs", overflow_behavior="wrap") as tabs:
            for module, _ in _TABS:
                module.tab(kb)
        for built_tab, (_, action) in zip(tabs.children, _TABS, strict=True):
            built_tab.visible = MAY[action] == frozenset(
                Role
            )  # the others appear once the page knows the role
        tabs.select(handler(counted), None, counts, show_progress="hidden", api_visibility="private")
        blocks.load(welcome, None, [header, counts, tabs, *tabs.children], api_visibility="private")
    return blocks
