"""The panel on the right of a page: it opens when it is asked for, and Escape closes it (shell.js)."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

_HIDDEN = "{ __type__: 'update', visible: false }"


@contextmanager
def panel(
    name: str, title: str, *, narrow: bool = False, emptied: "gr.HTML | None" = None
) -> Iterator["gr.Column"]:
    """Build the panel `name`, closed at first; what is built inside belongs to it.

    `emptied` is what must not stay in the page when the panel closes, which only hides it.
    """
    import gradio as gr

    # An id: Gradio forgets the classes of a column that was not shown at first.
    width = "narrow-" if narrow else ""
    with gr.Column(visible=False, elem_id=f"panel-{width}{name}") as column:
        with gr.Row(elem_classes="panel-head"):
            gr.HTML(f"<h2>{html.escape(title)}</h2>", label="标题")
            close = gr.Button("关闭", size="sm", elem_classes="panel-close")
        yield column
    js, outputs = f"() => ({_HIDDEN})", [column]
    if emptied is not None:
        js, outputs = f"() => [{_HIDDEN}, '']", [column, emptied]
    close.click(None, None, outputs, js=js, api_visibility="private")


def shown(is_open: bool = True) -> "gr.Column":
    """The panel open, or closed."""
    import gradio as gr

    return gr.Column(visible=is_open)
