"""Every function of the console x every role x own and other departments: nothing beyond the role.

The functions are those of the page itself, called as Gradio calls them, with forged values also for what only
the server holds. To add one, add a line to FUNCTIONS: its name (the test tells it), the action it needs (None
for every role), and whether it acts on a matter of one department.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from loops import finished
from staffing import make_staff
from starlette.requests import Request
from two_departments import CASES, OTHER, OWN, SECRET, stored, two_departments

from kb.clock import china_today
from kb.controls.rules import Mode
from kb.desk.search import Found, ResultKind
from kb.embedding.embedder import Embedder
from kb.errors import KbError, NotAllowedError
from kb.knowledge_base import KnowledgeBase
from kb.queue.items import QueueState
from kb.reports.figures import WriteNext
from kb.staff.permissions import MAY, Action, Role
from web.console import build, parts
from web.console.queue import page as queue_page
from web.console.queue.widgets import Held
from web.staff.identity import SCOPE_KEY

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.filterwarnings("ignore:The value passed into gr.Dropdown:UserWarning"),
]

FUNCTIONS: Mapping[str, tuple[Action | None, bool]] = {
    "console build.<locals>.welcome": (None, False),
    "console build.<locals>.counted": (None, False),
    "shell.counts counts_part.<locals>.again": (None, False),
    "search.found FoundPart._save": (Action.QUEUE, True),
    "search.found FoundPart._send": (Action.QUEUE, False),
    "search.found FoundPart._close": (None, False),
    "search.tab _Desk.choices": (None, False),
    "search.tab _Desk.search": (Action.SEARCH, False),
    "search.tab tab.<locals>.opened": (None, False),
    "queue.page QueuePage.look": (Action.QUEUE, False),
    "queue.page QueuePage.claim": (Action.QUEUE, True),
    "queue.page QueuePage.release": (Action.QUEUE, True),
    "queue.page QueuePage.send": (Action.QUEUE, True),
    "queue.page QueuePage.draft": (Action.QUEUE, True),
    "queue.page QueuePage.dismiss": (Action.QUEUE, True),
    "queue.page QueuePage.template": (Action.QUEUE, False),
    "queue.handing HandingSteps.hand_over": (Action.QUEUE, True),
    "queue.handing HandingSteps.assign": (Action.QUEUE, True),
    "queue.handing HandingSteps.send_back": (Action.QUEUE, True),
    "queue.handing HandingSteps.add_note": (Action.QUEUE, True),
    "queue.templates_part TemplatesPart.show": (Action.QUEUE, False),
    "queue.templates_part TemplatesPart.choose": (Action.QUEUE, False),
    "queue.templates_part TemplatesPart.save": (Action.TEMPLATES, True),
    "queue.templates_part TemplatesPart.remove": (Action.TEMPLATES, False),
    "queue.page QueuePage.search": (Action.SEARCH, False),
    "queue.page QueuePage.pressed": (Action.QUEUE, True),
    "faq.tab _Desk.begin": (Action.SEARCH, False),
    "faq.tab _Desk.list": (Action.SEARCH, False),
    "faq.tab _Desk.open": (Action.SEARCH, True),
    "faq.tab _Desk.pressed": (Action.SEARCH, True),
    "faq.tab _Desk.blank": (None, False),
    "faq.steps save": (Action.FAQ_EDIT, True),
    "faq.steps submit": (Action.FAQ_EDIT, True),
    "faq.steps approve": (Action.FAQ_APPROVE, True),
    "faq.steps reject": (Action.FAQ_APPROVE, True),
    "faq.steps withdraw": (Action.FAQ_APPROVE, True),
    "faq.tab _Desk.whole_page": (Action.SEARCH, False),
    "faq.steps submit_as_it_is": (Action.FAQ_EDIT, True),
    "faq.steps approve_as_it_is": (Action.FAQ_APPROVE, True),
    "faq.files files_part.<locals>.work": (Action.FAQ_EDIT, False),
    "faq.shown shown_part.<locals>.show": (None, False),
    "faq.shown shown_part.<locals>.put": (Action.FAQ_EDIT, False),
    "documents.tab _DocumentsPage.list": (Action.DOCUMENT_EDIT, False),
    "documents.tab _DocumentsPage.pressed": (Action.DOCUMENT_EDIT, True),
    "documents.tab _save": (Action.DOCUMENT_EDIT, True),
    "documents.tab _read_again": (Action.DOCUMENT_EDIT, True),
    "documents.tab _reset": (Action.DOCUMENT_EDIT, True),
    "documents.tab _restore": (Action.DOCUMENT_REMOVE, True),
    "documents.tab _remove": (Action.DOCUMENT_REMOVE, True),
    "documents.many ManyPart.preview": (Action.DOCUMENT_EDIT, True),
    "documents.many ManyPart.save": (Action.DOCUMENT_EDIT, True),
    "documents.passages PassagesPart.pressed": (Action.DOCUMENT_EDIT, True),
    "documents.passages PassagesPart.changed": (Action.DOCUMENT_EDIT, True),
    "documents.passages PassagesPart.as_cut": (Action.DOCUMENT_EDIT, True),
    "documents.upload Uploads.show": (Action.DOCUMENT_EDIT, False),
    "documents.upload Uploads.stage": (Action.DOCUMENT_EDIT, False),
    "documents.upload Uploads.publish": (Action.DOCUMENT_APPROVE, False),
    "documents.upload Uploads.publish_many": (Action.DOCUMENT_APPROVE, False),
    "documents.upload Uploads.discard": (Action.DOCUMENT_EDIT, False),
    "trial.tab _Trying.choices": (Action.TRY, False),
    "trial.tab _Trying.ask": (Action.TRY, False),
    "trial.tab _Trying.picked": (Action.PAIRS, False),
    "trial.tab _Trying.none_answers": (Action.PAIRS, False),
    "trial.tab _Trying.another": (Action.PAIRS, False),
    "trial.pair_panel PairPanel.find": (Action.PAIRS, False),
    "trial.pair_panel PairPanel.pick": (Action.PAIRS, False),
    "trial.pair_panel PairPanel.save": (Action.PAIRS, False),
    "trial.pairs_part PairsPart.show": (Action.TRY, False),
    "trial.pairs_part PairsPart.listing": (Action.TRY, False),
    "trial.pairs_part PairsPart.pressed": (Action.TRY, False),
    "trial.pairs_part PairsPart.remove": (Action.PAIRS, False),
    "trial.pairs_part PairsPart.start": (Action.PAIRS, False),
    "trial.pairs_part PairsPart.again": (Action.TRY, False),
    "contacts_tab _ContactsPage.show": (Action.SEARCH, False),
    "contacts_tab _ContactsPage.replace": (Action.CONTACTS, False),
    "department_map_part _MapPart.show": (Action.SETTINGS, False),
    "department_map_part _MapPart.blank": (Action.SETTINGS, False),
    "department_map_part _MapPart.pressed": (Action.SETTINGS, False),
    "department_map_part _MapPart.preview": (Action.SETTINGS, False),
    "department_map_part _MapPart.save": (Action.SETTINGS, False),
    "department_map_part _MapPart.remove": (Action.SETTINGS, False),
    "figures.tab _FiguresPage.begin": (Action.FIGURES, True),
    "figures.tab _FiguresPage.by_period": (Action.FIGURES, True),
    "figures.tab _FiguresPage.show": (Action.FIGURES, True),
    "figures.tab tab.<locals>.pressed": (None, False),
    "figures.tab _DraftPart.saved": (Action.QUEUE, True),
    "settings.tab _Switch.show": (Action.SETTINGS, False),
    "settings.tab _Switch.save": (Action.SETTINGS, False),
    "settings.sentences_part SentencesPart.show": (Action.SETTINGS, False),
    "settings.sentences_part SentencesPart.pressed": (Action.SETTINGS, False),
    "settings.sentences_part SentencesPart.save": (Action.SETTINGS, False),
    "settings.sentences_part SentencesPart.restore": (Action.SETTINGS, False),
    "settings.sentences_part SentencesPart.put_back": (Action.SETTINGS, False),
    "settings.everyday_part _EverydayPart.show": (Action.SETTINGS, False),
    "settings.everyday_part _EverydayPart.pressed": (Action.SETTINGS, False),
    "settings.everyday_part _EverydayPart.preview": (Action.SETTINGS, False),
    "settings.everyday_part _EverydayPart.save": (Action.SETTINGS, False),
    "settings.everyday_part _EverydayPart.restore": (Action.SETTINGS, False),
    "settings.everyday_part _EverydayPart.put_back": (Action.SETTINGS, False),
    "settings.tab _Threshold.show": (Action.SETTINGS, False),
    "settings.tab _Threshold.save": (Action.SETTINGS, False),
    "settings.second_step_part _SecondStepPart.show": (Action.SETTINGS, False),
    "settings.second_step_part _SecondStepPart.save": (Action.SETTINGS, False),
    "settings.notices_part NoticesPart.show": (Action.SETTINGS, False),
    "settings.notices_part NoticesPart.blank": (Action.SETTINGS, False),
    "settings.notices_part NoticesPart.pressed": (Action.SETTINGS, False),
    "settings.notices_part NoticesPart.save": (Action.SETTINGS, False),
    "settings.notices_part NoticesPart.test": (Action.SETTINGS, False),
    "settings.notices_part NoticesPart.remove": (Action.SETTINGS, False),
    "settings.starters_part StartersPart.show": (Action.SETTINGS, False),
    "settings.starters_part StartersPart.preview": (Action.SETTINGS, False),
    "settings.starters_part StartersPart.save": (Action.SETTINGS, False),
    "settings.starters_part StartersPart.restore": (Action.SETTINGS, False),
    "settings.starters_part StartersPart.put_back": (Action.SETTINGS, False),
    "settings.keys_part KeysPart.show": (Action.API_KEYS, False),
    "settings.keys_part KeysPart.blank": (Action.API_KEYS, False),
    "settings.keys_part KeysPart.make": (Action.API_KEYS, False),
    "settings.keys_part KeysPart.pressed": (Action.API_KEYS, False),
    "settings.keys_part KeysPart.stop": (Action.API_KEYS, False),
    "settings.tab _Excluded.show": (Action.SETTINGS, False),
    "settings.tab _Excluded.leave_out": (Action.SETTINGS, False),
    "settings.tab _Excluded.take_in": (Action.SETTINGS, False),
    "users_tab _UsersPage.show": (Action.USERS, False),
    "users_tab _UsersPage.pressed": (Action.USERS, False),
    "users_tab _UsersPage.save": (Action.USERS, False),
    "users_tab _UsersPage.reset_password": (Action.USERS, False),
    "users_tab _UsersPage.unlock": (Action.USERS, False),
    "users_tab _UsersPage.reset_second_step": (Action.USERS, False),
    "users_tab _UsersPage.add": (Action.USERS, False),
    "audit_tab tab.<locals>.show": (Action.AUDIT, False),
}
REFUSAL = re.compile("您只能处理|您的角色")
KEYS = {"users_tab": "nobody", "settings.sentences_part": "REFUSAL"}  # of what is open, by the part's name
REPLACED = ("faq.steps submit_as_it_is", "faq.steps approve_as_it_is")  # their refusals stand in the result


@dataclass(frozen=True)
class Console:
    """The page's functions by name; `refusals` gathers the errors that would be shown as notices."""

    kb: KnowledgeBase
    matters: Mapping[str, Mapping[str, str]]
    functions: Mapping[str, list[Any]]
    refusals: list[KbError]
    file: Path

    def call(self, name: str, role: Role, bound: bool, about: str) -> tuple[str, list[KbError]]:
        """What staff of OWN (if `bound`) get from the functions `name` about a matter of `about`."""
        import gradio as gr
        from gradio.helpers import special_args

        staff = make_staff(role, (OWN,) if bound else ())
        request = gr.Request(Request({"type": "http", "headers": [], "query_string": b"", SCOPE_KEY: staff}))
        matter, shown = self.matters[about], []
        self.refusals.clear()
        action, number = ("open", int(matter["group"])) if name.startswith("queue") else ("draft", 0)
        event = gr.EventData(None, {"action": action, "number": number})
        for function in self.functions[name]:
            inputs = [self._value(name, component, matter) for component in function.inputs]
            arguments, *_ = special_args(function.fn, inputs, request, event)
            shown.append(texts(function.fn(*arguments)))
        return "\n".join(shown), list(self.refusals)

    def _value(self, name: str, component: Any, matter: Mapping[str, str]) -> object:
        """What stands in `component`: the matter's id or department where its label names one."""
        if type(component).__name__ == "State":
            return self._state(name, component.value, matter)
        entry = self._entry(name, matter)
        special = {
            "编号": entry,
            "选中的问答": [entry],
            "选中的每一条都已做保密审查": True,
            "选一份文件": matter["document"],
            "待上线的文件": matter["staged"],
            "选中的文件": [matter["staged"]],
            "要改的文件": [matter["document"]],
            "所属部门": matter["department"],
            "开始日期": str(china_today()),
            "结束日期": str(china_today()),
            "选择文件": [str(self.file)] if name.startswith("documents") else str(self.file),
            "图片或附件（10 MB 以内）": str(self.file),
            "栏目状态": Mode.ON.value,
            "用语": "没有。",
            "退回意见": "请改。",
            "日常说法": "工钱",
            "文件里的说法": "工资",
            "问题": "怎么办？",
            "答案": "这样办。",
            "答复": "这样办。",
            "搁置的原因": "重复。",
            "写备注": "已核实。",
            "通知名称": "值班",
            "邮箱或网址": "duty@example.gov.cn",
            "主题和问题": "[就业]\n怎么登记失业？",
            "哪个程序用": "区政务服务 App",
            "用途": ["ask"],
            "每分钟次数": "60",
            "有效天数": "365",
            "模板名称": "收件",
            "模板内容": "收悉。",
            "模板所属部门": matter["department"],
        }
        if component.label == "部门" and name.startswith(("figures", "faq")):
            return matter["department"]
        empty = "" if type(component).__name__ == "Textbox" else None
        return special.get(component.label, empty if component.value is None else component.value)

    def _entry(self, name: str, matter: Mapping[str, str]) -> str:
        return matter["submitted" if "approve" in name or "reject" in name else "draft"]

    def _state(self, name: str, initial: object, matter: Mapping[str, str]) -> object:
        """A value for a State, which only the server can set, as if the client could."""
        if name.startswith("queue"):
            now, admin = datetime.now(UTC), make_staff(Role.ADMIN)
            group = self.kb.queue.group(admin, int(matter["group"]), now).group
            return Held(group=group) if isinstance(initial, Held) else initial
        if name.startswith("search"):
            found = Found(kind=ResultKind.PASSAGE, text="第一条", lead_units=(OWN,))
            return (found,) if initial == () else found
        if name.startswith("figures"):
            row = WriteNext(group_id=0, text="？", asked=1, departments=(), state=QueueState.WAITING)
            return (row,) if initial == () else int(matter["group"])
        if name.startswith("faq"):
            key = matter["submitted" if name.removeprefix("faq.steps ") in ("approve", "reject") else "draft"]
        elif name.startswith("documents"):
            key = matter["removed" if name.endswith("_restore") else "document"]
        else:
            key = KEYS.get(name.split()[0], "")
        if initial == ():  # the keys of the rows in a list
            return (("工钱", "工资") if "everyday" in name else key,)
        if initial == "":  # the key of what is open
            return key
        return None if name.startswith("audit") else 99


def texts(value: object) -> str:
    """All that `value`, which a function returns, would show."""
    from gradio.blocks import Block

    if isinstance(value, Mapping):
        return "\n".join(map(texts, value.values()))
    if isinstance(value, list | tuple):
        return "\n".join(map(texts, value))
    return str(value.get_config() if isinstance(value, Block) else value)


def name_of(function: Callable[..., object]) -> str:
    """Module and name of what a handler does: the innermost function that it calls."""
    inner = [
        cell.cell_contents
        for cell in getattr(function, "__closure__", None) or ()
        if callable(cell.cell_contents) and hasattr(cell.cell_contents, "__qualname__")
    ]
    if inner and not isinstance(inner[0], type):
        return name_of(inner[0])
    return f"{function.__module__.removeprefix('web.').removeprefix('console.')} {function.__qualname__}"


async def page(kb: KnowledgeBase) -> Any:
    """The console's page, built while an event loop runs: without one Gradio makes its own and leaves it."""
    return build(kb)


@pytest.fixture(scope="module")
def console(
    make_home: Callable[[], Path], embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    folder, refusals = tmp_path_factory.mktemp("documents"), list[KbError]()
    with (
        two_departments(make_home(), folder, embedder) as (kb, matters),
        pytest.MonkeyPatch.context() as patch,
    ):
        functions: dict[str, list[Any]] = {}
        for function in finished(page(kb)).fns.values():
            if function.fn is not None:
                functions.setdefault(name_of(function.fn), []).append(function)
        file = folder / "空.txt"
        file.touch()
        patch.setattr(parts, "warn", refusals.append)
        patch.setattr(queue_page, "warn", refusals.append)
        yield Console(kb, matters, functions, refusals, file)


def test_every_function_of_the_console_is_listed(console: Console):
    assert console.functions.keys() == FUNCTIONS.keys()


def is_limited(role: Role, bound: bool) -> bool:
    """Whether the staff of a case are limited to OWN; administrators never are."""
    return bound and role is not Role.ADMIN


@pytest.mark.parametrize("name", FUNCTIONS)
def test_console_function_does_what_role_and_department_allow_and_no_more(console: Console, name: str):
    action, concerns = FUNCTIONS[name]

    def is_allowed(role: Role, bound: bool, about: str) -> bool:
        has_role = action is None or role in MAY[action]
        return has_role and (not concerns or not is_limited(role, bound) or about == OWN)

    before = stored(console.kb)
    for case in CASES:
        if not is_allowed(*case):
            shown, refusals = console.call(name, *case)
            is_refused = any(isinstance(error, NotAllowedError) for error in refusals)
            assert is_refused or (name in REPLACED and REFUSAL.search(shown)), (case, shown)
            assert SECRET[OTHER] not in shown or not is_limited(*case[:2]), case
    assert stored(console.kb) == before  # no refused call changed anything
    for role, bound, about in CASES:
        if is_allowed(role, bound, about):
            shown, refusals = console.call(name, role, bound, about)
            refused = [error for error in refusals if isinstance(error, NotAllowedError)]
            assert not refused, (role, bound, about)
            assert SECRET[OTHER] not in shown or not is_limited(role, bound), (role, about)


def test_console_shows_the_own_departments_matters(console: Console):
    """That the secrets of others are missing says something only where one's own are there."""
    for name in ("faq.tab _Desk.list", "faq.tab _Desk.open", "queue.page QueuePage.pressed"):
        assert SECRET[OWN] in console.call(name, Role.EDITOR, True, OWN)[0]
        assert SECRET[OTHER] in console.call(name, Role.EDITOR, False, OTHER)[0]
