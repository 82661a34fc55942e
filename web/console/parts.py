"""What the console's tabs share: fonts, styles, sentences and tables as HTML, errors as a notice."""

import html
from collections.abc import Callable, Iterable, Sequence

from kb.errors import KbError
from web.errors import sentence_for
from web.staff import staff_in_console

FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
CSS = """
.hit { border: 1px solid #dde3ea; border-left: 4px solid #1553a5; border-radius: 8px;
  padding: 10px 14px; margin: 0 0 12px; background: #fff; color: #1c2430; }
.hit .place { color: #0f3f80; font-weight: 600; }
.hit .facts { color: #566273; font-size: .9em; }
.hit .passage { white-space: pre-wrap; margin: 6px 0; line-height: 1.7; }
.hit mark { background: #fff0b8; color: inherit; }
.hit a { color: #1553a5; }
.hit:focus { outline: 3px solid #f0a020; outline-offset: 1px; }
.hit .kind { border: 1px solid #1553a5; border-radius: 4px; padding: 0 6px; font-size: .85em; }
.hit .question { font-weight: 600; margin-top: 6px; }
.hit .acts { display: flex; flex-wrap: wrap; gap: 6px 18px; margin-top: 6px; }
.hit .acts button { color: #1553a5; text-decoration: underline; background: none; border: 0; padding: 0;
  font: inherit; cursor: pointer; }
.keys { color: #566273; font-size: .9em; margin: 0; }
.keys kbd { border: 1px solid #b8c2cf; border-radius: 4px; padding: 0 5px; background: #f5f7fa; }
.overdue { color: #b3261e; font-weight: 600; }
.console-head { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; }
.console-head h1 { font-size: 1.25rem; font-weight: 600; margin: 0 auto 0 0; }
.console-head form { margin: 0; }
.console-head a, .console-head button { color: #1553a5; text-decoration: underline; background: none;
  border: 0; padding: 4px; font: inherit; cursor: pointer; }
/* Gradio heads its notices in English, whatever their title. */
.toast-title { font-size: 0 !important; }
.toast-title::before { font-size: 1rem; content: "提示"; }
.toast-title.warning::before { content: "没有完成"; }
.toast-title.error::before { content: "出错了"; }
.list { width: 100%; border-collapse: collapse; font-size: .95em; }
.list caption { text-align: left; padding: 4px 0; color: #566273; }
.list th, .list td { text-align: left; vertical-align: top; padding: 6px 10px; border: 1px solid #dde3ea;
  overflow-wrap: anywhere; }
.list th { background: #eef3f9; white-space: nowrap; }
.scroll { max-height: 22rem; overflow: auto; }
.scroll .list td:last-child { min-width: 6rem; }
.totals { display: flex; flex-wrap: wrap; gap: 8px; margin: 4px 0; }
.totals div { flex: 1 1 8.5rem; border: 1px solid #dde3ea; border-radius: 8px; padding: 8px 12px;
  background: #fff; color: #1c2430; }
.totals dt { color: #566273; font-size: .9em; }
.totals dd { margin: 0; font-size: 1.5rem; font-weight: 600; }
.totals dd span { display: block; font-size: .85rem; font-weight: 400; color: #566273; }
.take { display: inline-block; padding: 6px 14px; border-radius: 6px; background: #1553a5;
  color: #fff !important; text-decoration: none; margin-right: 10px; }
.list button { color: #1553a5; text-decoration: underline; background: none; border: 0; padding: 0;
  font: inherit; cursor: pointer; }
.bars { min-width: 12rem; }
.bars div { display: flex; height: 1rem; }
.history ins, .history del { padding: 0 1px; }
.history ins { background: #d8f3dc; color: #14532d; text-decoration: underline; }
.history del { background: #fde2e1; color: #7f1d1d; }
.history .change { white-space: pre-wrap; margin: 4px 0 8px; }
.flag, .findings .clash { color: #9b1c1c; font-weight: 600; }
.faq-state p, .findings { margin: 2px 0; }
"""


def note(sentence: str) -> str:
    """A sentence as HTML."""
    return f"<p>{html.escape(sentence)}</p>"


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as an HTML table, every cell escaped; line breaks in a cell are kept."""
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<table class="list"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def handler(work: Callable[..., object]) -> Callable[..., object]:
    """`work(staff, *inputs)` as the function of an event.

    Who asks comes from the session; why something was not done is shown as a notice, and everything on the
    page stays as it is.
    """
    import gradio as gr

    def handle(request: gr.Request, *inputs: object) -> object:
        try:
            return work(staff_in_console(request), *inputs)
        except KbError as error:
            # Gradio takes it for HTML, and names and titles in it were typed by people.
            gr.Warning(html.escape(sentence_for(error)), duration=None)
            return gr.skip()

    return handle


def slow_handler(work: Callable[..., object]) -> Callable[..., object]:
    """`work(staff, tell, *inputs)` as the function of an event; tell(done, total, what) moves a bar."""
    import gradio as gr

    inner = gr.Progress()

    def handle(request: gr.Request, progress: gr.Progress = inner, *inputs: object) -> object:
        def tell(done: int, total: int, what: str) -> None:
            progress((done, total), desc=what)

        return handler(lambda staff, *given: work(staff, tell, *given))(request, *inputs)

    return handle


def _cell(value: object) -> str:
    lines = html.escape("" if value is None else str(value)).split("\n")
    return f"<td>{'<br>'.join(lines)}</td>"
