"""A field that the server fills cannot be changed in the meantime: in every tab, and in every form."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.components import Component, FormComponent
from loops import finished

from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from web.console import build

CHOICES_ONLY = ("单位（牵头、责任或发文）",)  # of the search: what has been chosen stays


async def built(kb: KnowledgeBase) -> gr.Blocks:
    """The console's page; Gradio would leave open an event loop that it has to make itself."""
    return build(kb)


@pytest.fixture(scope="module")
def functions(make_home: Callable[[], Path], embedder: Embedder) -> list[Any]:
    """The functions of the page, in the order in which it runs those of one event."""
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        return list(finished(built(kb)).fns.values())


def fields(function: Any) -> list[Component]:
    return [output for output in function.outputs if isinstance(output, FormComponent)]


def numbers(function: Any) -> set[int]:
    return {field._id for field in fields(function)}


def filling(functions: list[Any], event: str) -> Iterator[Any]:
    """The functions that fill fields on `event`."""
    for function in functions:
        starts = [happened for _, happened in function.targets]
        is_search = any(field.label in CHOICES_ONLY for field in fields(function))
        if function.fn is not None and starts == [event] and fields(function) and not is_search:
            yield function


def lets_change(function: Any, answer: str) -> bool:
    return function.fn is None and f"interactive: {answer}" in str(function.js)


def around(function: Any, functions: list[Any]) -> tuple[Any, Any]:
    """The functions that close the fields before `function` fills them, and open them afterwards."""
    before = functions[: functions.index(function)]
    (closing,) = (one for one in before if one.targets == function.targets and lets_change(one, "false"))
    (opening,) = (one for one in functions if one.trigger_after == function._id)
    assert lets_change(opening, "true")
    return closing, opening


def test_fields_of_a_tab_open_once_it_is_filled(functions: list[Any]):
    filled = list(filling(functions, "select"))
    assert len(filled) >= 10  # six of 设置; 群众提问, 常见问答, 上传文件, 统计, 审计
    for function in filled:
        closing, opening = around(function, functions)
        assert numbers(function) <= numbers(closing)
        assert numbers(function) == numbers(opening)
        assert [field.interactive for field in fields(function)] == [False] * len(fields(function))


def test_form_of_a_choice_opens_once_it_is_filled_and_belongs_to_the_last_choice(functions: list[Any]):
    forms = 0
    for function in (*filling(functions, "input"), *filling(functions, "click")):
        chosen = {target for target, _ in function.targets}
        if function.trigger_mode == "always_last" and numbers(function) - chosen:
            closing, opening = around(function, functions)
            assert numbers(closing) == numbers(opening) == numbers(function) - chosen
            forms += 1
    assert forms >= 7  # 答复模板; rows of 常见问答, 文件, 账号, 固定用语, 日常说法, 通知
