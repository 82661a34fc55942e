"""The Gradio console at /console: for now one tab, in which answerers search.

Gradio is imported inside the functions that use it: it takes seconds, for which questions must not wait
(web.startup).
"""

import html
import os
import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from fastapi import FastAPI

from kb.errors import KbError
from kb.knowledge_base import KnowledgeBase
from kb.models import Filters, Hit, Status, viewer_url
from kb.tokens import words
from web.errors import sentence_for

if TYPE_CHECKING:
    import gradio as gr

CONSOLE_PATH = "/console"
_ANY = "不限"
_LIMIT = 10
_HINT = "输入来电人问的事，按回车检索。"
_NOTHING = "没有找到符合条件的段落，可以换个说法或放宽筛选条件。"
_FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
_CSS = """
.hit { border: 1px solid #dde3ea; border-left: 4px solid #1553a5; border-radius: 8px;
  padding: 10px 14px; margin: 0 0 12px; background: #fff; color: #1c2430; }
.hit .place { color: #0f3f80; font-weight: 600; }
.hit .facts { color: #566273; font-size: .9em; }
.hit .passage { white-space: pre-wrap; margin: 6px 0; line-height: 1.7; }
.hit mark { background: #fff0b8; color: inherit; }
.hit a { color: #1553a5; }
"""


def make_console(kb: KnowledgeBase) -> FastAPI:
    """An application with the console under CONSOLE_PATH; nothing in it is fetched from another host."""
    # Gradio asks its makers' server for news unless told not to before it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    theme = gr.themes.Base(
        primary_hue="blue",
        font=[gr.themes.Font(name) for name in _FONTS],
        font_mono=[gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")],
    ).set(  # Gradio's own blue is too pale under white letters (WCAG AA)
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
    )
    app = FastAPI()
    gr.mount_gradio_app(app, build(kb), CONSOLE_PATH, theme=theme, css=_CSS, footer_links=[], ssr_mode=False)
    return app


def build(kb: KnowledgeBase) -> "gr.Blocks":
    """The console's page."""
    import gradio as gr

    def search(query: str, department: str, status: str, year_from: str, year_to: str) -> str:
        if not query.strip():
            return _note(_HINT)
        try:
            filters = make_filters(department, status, year_from, year_to)
            return hits_html(query, kb.retriever.retrieve(query, filters, _LIMIT).kept)
        except KbError as error:
            return _note(sentence_for(error))

    years = [_ANY, *(str(year) for year in range(date.today().year, 1999, -1))]
    with gr.Blocks(title="政策问答知识库 控制台", analytics_enabled=False) as blocks:
        gr.Markdown("## 政策问答知识库 控制台")
        with gr.Tab("检索"):
            query = gr.Textbox(label="检索", placeholder=_HINT, autofocus=True, max_lines=1)
            with gr.Row():
                department = gr.Textbox(
                    label="单位（牵头、责任或发文）", placeholder="例如 区司法局", max_lines=1
                )
                status = gr.Dropdown([_ANY, *(item.value for item in Status)], value=_ANY, label="时效性")
                year_from = gr.Dropdown(years, value=_ANY, label="年份从")
                year_to = gr.Dropdown(years, value=_ANY, label="到")
            button = gr.Button("检索", variant="primary")
            results = gr.HTML(_note(_HINT), label="结果")
            inputs = [query, department, status, year_from, year_to]
            for trigger in (query.submit, department.submit, button.click):
                trigger(search, inputs, results, api_visibility="private")
    return blocks


def make_filters(department: str, status: str, year_from: str, year_to: str) -> Filters:
    """Filters from what the form holds."""
    return Filters(
        department=department.strip() or None,
        status=None if status == _ANY else Status(status),
        date_from=None if year_from == _ANY else date(int(year_from), 1, 1),
        date_to=None if year_to == _ANY else date(int(year_to), 12, 31),
    )


def hits_html(query: str, hits: Sequence[Hit]) -> str:
    """Hits as HTML; every word from a document or a person is escaped."""
    if not hits:
        return _note(_NOTHING)
    return "".join(_hit_html(query, hit) for hit in hits)


def _hit_html(query: str, hit: Hit) -> str:
    place = html.escape(" > ".join((hit.document.title, *hit.chunk.heading_path)))
    dated = hit.document.dated.isoformat() if hit.document.dated else None
    facts = [hit.document.number, dated, hit.document.status.value]
    units = [f"牵头单位：{'、'.join(hit.chunk.lead_units)}" if hit.chunk.lead_units else None]
    units += [f"责任单位：{'、'.join(hit.chunk.responsible_units)}" if hit.chunk.responsible_units else None]
    url = html.escape(viewer_url(hit.document.id, hit.chunk.span))
    return (
        f'<div class="hit"><div class="place">{place}</div>'
        f'<div class="passage">{_highlight(query, hit.chunk.text)}</div>'
        f'<div class="facts">{html.escape(" · ".join(filter(None, [*facts, *units])))} · '
        f'<a href="{url}" target="_blank">查看原文</a></div></div>'
    )


def _highlight(query: str, text: str) -> str:
    """`text` escaped, with the query's words (two characters or more) marked."""
    terms = sorted({word for word in words(query) if len(word) > 1}, key=len, reverse=True)
    if not terms:
        return html.escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, terms))})", text, flags=re.IGNORECASE)
    return "".join(
        f"<mark>{html.escape(part)}</mark>" if index % 2 else html.escape(part)
        for index, part in enumerate(parts)
    )


def _note(sentence: str) -> str:
    return f"<p>{html.escape(sentence)}</p>"
