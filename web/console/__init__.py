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
from kb.staff.permissions import MAY, Action, Role, may
from web.console import audit_tab, contacts_tab, settings_tab, users_tab
from web.console.cards import CARDS_CSS
from web.console.documents import tab as documents_tab
from web.console.faq import tab as faq_tab
from web.console.figures import tab as figures_tab
from web.console.gradio_words import gradio_words
from web.console.header import header_html
from web.console.parts import CSS, ENTRY_PARAMETER, FAQ_TAB, FONTS
from web.console.queue import tab as queue_tab
from web.console.search import tab as search_tab
from web.console.uploads import receive_uploads
from web.staff.identity import CONSOLE_PATH, staff_in_console
from web.uploads import uploads_folder

if TYPE_CHECKING:
    import gradio as gr

_TOASTS = (Path(__file__).parent / "toasts.js").read_text(encoding="utf-8")
_TABS = (  # in the order shown, with the action a role needs to see the tab
    (search_tab, Action.SEARCH),
    (queue_tab, Action.QUEUE),
    (faq_tab, Action.FAQ_EDIT),
    (documents_tab, Action.DOCUMENT_EDIT),
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

    theme = gr.themes.Base(
        primary_hue="blue",
        spacing_size="sm",  # so that a tab fits a screen of 1366 x 768
        font=[gr.themes.Font(name) for name in FONTS],
        font_mono=[gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")],
    ).set(  # Gradio's own blue and greys are too pale (WCAG AA)
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        block_info_text_color="*neutral_600",
        input_placeholder_color="*neutral_500",
        # Fields and second buttons white with a line around them, as on paper; grey slabs look switched off.
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*primary_50",
        button_secondary_border_color="*neutral_400",
        button_secondary_text_color="*primary_800",
        button_border_width="1px",
        checkbox_label_background_fill="white",
        checkbox_label_border_color="*neutral_300",
        checkbox_label_border_width="1px",
        input_background_fill="white",
        input_border_color="*neutral_400",
        input_border_width="1px",
    )
    blocks = build(kb)
    # Gradio checks the paths of files only in a launched app, and one that is mounted never is
    # (gradio.processing_utils._check_allowed).
    blocks.has_launched = True
    app = FastAPI()
    gr.mount_gradio_app(
        app,
        blocks,
        CONSOLE_PATH,
        theme=theme,
        css=CSS + CARDS_CSS,
        js=_TOASTS,
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
        return [header_html(staff), selected, *(gr.Tab(visible=may(staff, action)) for _, action in _TABS)]

    with gr.Blocks(title="政策问答知识库 控制台", analytics_enabled=False, fill_width=True) as blocks:
        header = gr.HTML()
        with gr.Tabs() as tabs:
            for module, _ in _TABS:
                module.tab(kb)
        for built_tab, (_, action) in zip(tabs.children, _TABS, strict=True):
            built_tab.visible = MAY[action] == frozenset(
                Role
            )  # the others appear once the page knows the role
        blocks.load(welcome, None, [header, tabs, *tabs.children], api_visibility="private")
    return blocks
