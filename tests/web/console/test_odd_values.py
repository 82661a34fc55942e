"""Values that no field of the console has, sent by somebody signed in: a notice, no error of Gradio's."""

import inspect
import logging
from collections.abc import Callable
from types import SimpleNamespace

import gradio as gr
import pytest
from loops import finished
from staffing import PASSWORD, make_staff

from kb.embedding.embedder import Embedder
from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role
from web.console import build
from web.console.parts import handler
from web.sessions import now_utc

pytestmark = pytest.mark.hostile

STAFF = make_staff(Role.ADMIN)
ODD = (None, -1, 2**63, float("nan"), "\0", "..", "\ud800", "0001-01-01", [], [[1]], ["\ud800"])


@pytest.fixture
def notices(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the page would show: outside of an event Gradio has no page to show it on."""
    shown: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda text, duration=None: shown.append(text))
    monkeypatch.setattr(gr, "Info", lambda text, duration=None: shown.append(text))
    return shown


async def built(kb: KnowledgeBase) -> gr.Blocks:
    """The console's page; Gradio would leave open an event loop that it has to make itself."""
    return build(kb)


def request_of_staff() -> gr.Request:
    return gr.Request(SimpleNamespace(scope={"staff": STAFF}, query_params={}))


def test_every_function_of_the_console_survives_odd_values(
    make_home: Callable,
    embedder: Embedder,
    notices: list[str],
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.CRITICAL)
    called = 0
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        kb.staff.users.add(OPERATOR, STAFF, PASSWORD, now_utc())
        for function in finished(built(kb)).fns.values():
            if function.fn is None:
                continue
            names = inspect.signature(function.fn).parameters
            given = {
                "request": request_of_staff(),
                "event": SimpleNamespace(action="?", number=99, index=(99, 99)),
                "progress": lambda *_, **__: None,
            }
            first = [value for name, value in given.items() if name in names]
            for odd in ODD:
                result = function.fn(*first, *[odd] * len(function.inputs))
                if inspect.isgenerator(result):
                    list(result)
                called += 1
    assert called >= 500
    assert notices


def test_unexpected_error_is_a_notice_with_the_number_of_its_log_line(
    notices: list[str], caplog: pytest.LogCaptureFixture
):
    handler(lambda staff, value: {}[value])(request_of_staff(), "x")
    (record,) = caplog.records
    assert record.exc_info
    assert notices == [f"系统出错了，已记录（编号 {record.args[0]}），请稍后再试。"]


def test_refused_input_is_a_notice_and_not_logged(notices: list[str], caplog: pytest.LogCaptureFixture):
    def refuse(staff: object) -> None:
        raise InputError("请先选一个账号。")

    handler(refuse)(request_of_staff())
    assert (notices, caplog.records) == (["请先选一个账号。"], [])
