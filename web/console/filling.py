"""Fields that the server fills: nobody can change one between asking for its value and getting it.

Otherwise what a person has ticked or typed meanwhile is replaced without a word, and 保存 stores the value
from before. Gradio's page runs the functions of one event one after the other, so that a part may wait for
all those before it.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from web.console.parts import Part

if TYPE_CHECKING:
    import gradio as gr
    from gradio.components import Component


def filled_when_opened(page: "gr.Tab", parts: Sequence[Part]) -> None:
    """Fill `parts` each time `page` is opened; their fields can be changed once they are filled."""
    fields = [field for _, _, outputs in parts for field in _fields(outputs)]
    for field in fields:
        field.interactive = False
    _let_change(page.select, fields, False)
    for work, inputs, outputs in parts:
        filled = page.select(work, inputs, outputs, api_visibility="private")
        _let_change(filled.then, _fields(outputs), True)


def filled_when(
    trigger: Callable[..., Any],
    work: Callable[..., object],
    inputs: "Sequence[Component]",
    outputs: "Sequence[Component]",
    chosen: "Component | None" = None,
) -> None:
    """Fill a form on `trigger`, say a choice in the field `chosen`, which stays open for another choice.

    Of several choices in a row the last is filled in, so that the form is never that of another choice.
    """
    fields = [field for field in _fields(outputs) if field is not chosen]
    _let_change(trigger, fields, False)
    filled = trigger(work, inputs, outputs, trigger_mode="always_last", api_visibility="private")
    _let_change(filled.then, fields, True)


def _fields(outputs: "Sequence[Component]") -> "list[Component]":
    """Those of `outputs` that a person can change."""
    from gradio.components import FormComponent

    return [output for output in outputs if isinstance(output, FormComponent)]


def _let_change(trigger: Callable[..., Any], fields: "Collection[Component]", is_open: bool) -> None:
    """On `trigger`, without asking the server, let people change `fields`, or no longer."""
    if not fields:
        return
    update = f"{{__type__: 'update', interactive: {str(is_open).lower()}}}"
    js = f"() => Array({len(fields)}).fill({update})"
    trigger(None, None, list(fields), js=js, api_visibility="private")
