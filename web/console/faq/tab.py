"""常见问答: find entries, write and submit them, approve or reject them; import and export files."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from kb.errors import InputError, KbError
from kb.faq.drafting import draft_of
from kb.faq.models import FaqFilter, FaqPage, FaqRecord, FaqState
from kb.faq.reading import PAGE_SIZE, detail, look_up, opened
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Staff
from web.console.faq import steps
from web.console.faq.entry_panel import SHOWN, EntryPanel, new_entry, open_entry
from web.console.faq.files import files_part
from web.console.faq.form import (
    EMPTY,
    LABELS,
    choice_of,
    choices,
    findings_html,
    form_values,
    history_html,
    list_html,
    many_fields,
    many_html,
)
from web.console.filling import filled_when, filled_when_opened
from web.console.parts import FAQ_TAB, handler, numbered, press_handler, when_linked
from web.console.tables import ROWS_SCRIPT
from web.errors import sentence_for
from web.sessions import now_utc

if TYPE_CHECKING:
    import gradio as gr
    from gradio.events import Dependency

_ANY = "不限"
_STATES = {state.label: state for state in FaqState}
_LISTED = 4  # values that show the list
_Work = Callable[[KnowledgeBase, Staff, steps.FormStep], tuple[FaqRecord, str]]


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("常见问答", id=FAQ_TAB, elem_id="tab-faq") as page, gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("清单与编辑"):
            list_again = _desk_part(kb, page)
        with gr.Tab("导入与导出"):
            list_again(files_part(kb))


def _desk_part(kb: KnowledgeBase, page: "gr.Tab") -> "Callable[[Dependency], object]":
    """Build the list and the panel; the function returned lists anew after an event of another part."""
    import gradio as gr

    desk = _Desk(kb)
    with gr.Row(elem_classes="toolbar"):
        words = gr.Textbox(label="问题、答案或编号", max_lines=1, scale=3, min_width=180)
        state = gr.Dropdown([_ANY, *_STATES], value=_ANY, label="状态", scale=1, min_width=110)
        department = gr.Textbox(label="所属部门", max_lines=1, scale=1, min_width=120)
        flagged = gr.Checkbox(label="只看需复核", scale=1, min_width=120)
        number = gr.Number(1, label="页", precision=0, minimum=1, visible=False)
        find = gr.Button("查询", min_width=70)
        blank = gr.Button("写一条新问答", variant="primary", min_width=130)
    listing = gr.HTML(label="问答清单", js_on_load=ROWS_SCRIPT, elem_id="faq-list")
    with gr.Accordion("成批处理本页的问答", open=False):
        many = many_fields()
    ids = gr.State(())
    entry = EntryPanel(kb)
    filters = [words, state, department, flagged, number]
    listed = [listing, ids, number, many[0]]
    filled_when_opened(page, [(handler(desk.begin), filters, [*listed, *entry.choices])])
    for trigger in (find.click, words.submit, department.submit, state.change, flagged.change):
        trigger(handler(desk.list), filters, listed, api_visibility="private")
    pressed = press_handler(desk.pressed)
    filled_when(listing.click, pressed, [ids, *filters], [*listed, *entry.shown])
    when_linked(desk.open, entry.shown)
    filled_when(blank.click, handler(desk.blank), (), entry.shown)
    for button, work in entry.buttons:
        button.click(
            handler(desk.doing(work)),
            [*filters, *entry.inputs],
            [*listed, *entry.shown],
            api_visibility="private",
        )
    picked, whole, secrecy, submit_many, approve_many, result = many
    whole.click(handler(desk.whole_page), filters, picked, api_visibility="private")
    for button, step, said in (
        (submit_many, steps.submit_as_it_is, "已提交"),
        (approve_many, steps.approve_as_it_is, "已通过"),
    ):
        button.click(
            handler(desk.doing_many(step, said)),
            [*filters, picked, secrecy],
            [*listed, secrecy, result],
            api_visibility="private",
        )
    return lambda event: event.success(handler(desk.list), filters, listed, api_visibility="private")


class _Desk:
    """The handlers of the part's events: values of the list and its choices, then of the form."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def begin(self, staff: Staff, *filters: object) -> Sequence[object]:
        """The list, and the choices in the form."""
        return [*self.list(staff, *filters), *choices(self._kb, staff)]

    def list(self, staff: Staff, *filters: object) -> Sequence[object]:
        """The entries that match the filters."""
        import gradio as gr

        page, number = self._page(staff, filters), _number(filters)
        last = max(1, -(-page.total // PAGE_SIZE))
        if number > last:  # the list has become shorter
            return self.list(staff, *filters[:4], last)
        options = [choice_of(record) for record in page.records]
        return [
            list_html(page, number, PAGE_SIZE),
            tuple(record.entry.id for record in page.records),
            number,
            gr.Dropdown(options, value=[]),
        ]

    def pressed(
        self, staff: Staff, action: str, number: int, ids: Sequence[str], *filters: object
    ) -> Sequence[object]:
        """Turn to page `number`, or open the entry in row `number`."""
        import gradio as gr

        if action == "turn":
            return [*self.list(staff, *filters[:4], number), *(gr.skip() for _ in range(SHOWN))]
        return [*(gr.skip() for _ in range(_LISTED)), *self._form(staff, numbered(ids, number), "")]

    def open(self, staff: Staff, chosen: str | None) -> Sequence[object]:
        """The form for the chosen entry."""
        if not chosen:
            raise InputError("请先选一条问答。")
        return self._form(staff, chosen, "")

    def blank(self, staff: Staff) -> Sequence[object]:
        """An empty form; the department is filled in for staff with only one."""
        form = dict.fromkeys(LABELS, "")
        if len(staff.departments) == 1:
            form["department"] = staff.departments[0]
        return [*new_entry(), *form.values(), False, "", "", ""]

    def doing(self, work: _Work) -> Callable[..., object]:
        """The handler of a button: does `work`, returns all values of the page."""

        def do(staff: Staff, *inputs: object) -> Sequence[object]:
            filters, (entry_id, version, checked, reason, *form) = inputs[:5], inputs[5:]
            step = steps.FormStep.model_validate(
                {
                    "entry_id": entry_id,
                    "version": version,
                    "checked": checked,
                    "note": reason or "",
                    "form": tuple(form),
                }
            )
            record, sentence = work(self._kb, staff, step)
            findings = self._kb.faq.life.findings(staff, draft_of(record), record.entry.id)
            result = findings_html(sentence, findings if work in (steps.save, steps.submit) else ())
            return [*self.list(staff, *filters), *self._form(staff, record.entry.id, result)]

        return do

    def whole_page(self, staff: Staff, *filters: object) -> object:
        """Choose every entry of the page."""
        import gradio as gr

        options = [choice_of(record) for record in self._page(staff, filters).records]
        return gr.Dropdown(options, value=[value for _, value in options])

    def doing_many(self, work: _Work, said: str) -> Callable[..., object]:
        """The handler that does `work` (`said`: 已通过) for each chosen entry and lists what failed."""

        def do(staff: Staff, *inputs: object) -> Sequence[object]:
            filters, (picked, checked) = inputs[:5], inputs[5:]
            ids = [str(value) for value in picked] if isinstance(picked, Iterable) else []
            if not ids:
                raise InputError("请先选中要处理的问答。")
            done: list[str] = []
            failed: list[str] = []
            for entry_id in ids:
                name = f"编号 {entry_id}"  # until it is known that they may read it
                try:
                    record = opened(self._kb.faq.life.records, staff, entry_id)
                    name = record.entry.question
                    step = steps.FormStep(
                        entry_id=entry_id, version=record.version, checked=bool(checked), note="", form=EMPTY
                    )
                    work(self._kb, staff, step)
                    done.append(name)
                except KbError as error:
                    failed.append(f"{name}：{sentence_for(error)}")
            result = many_html(said, done, failed)
            return [*self.list(staff, *filters), False, result]

        return do

    def _page(self, staff: Staff, filters: Sequence[object]) -> FaqPage:
        words, state, department, flagged, _ = filters
        conditions = FaqFilter(
            text=str(words or ""),
            state=_STATES.get(str(state)),
            department=str(department or "").strip() or None,
            in_review=bool(flagged),
        )
        return look_up(self._kb.faq.life.records, staff, conditions, _number(filters), now_utc())

    def _form(self, staff: Staff, entry_id: str, message: str) -> Sequence[object]:
        entry = detail(self._kb.faq.life.records, staff, entry_id)
        record = entry.record
        document = (
            self._kb.storage.documents.get(record.entry.document_id) if record.entry.document_id else None
        )
        return [
            *open_entry(staff, record, document),
            *form_values(record),
            False,
            "",
            message,
            history_html(entry.history),
        ]


def _number(filters: Sequence[object]) -> int:
    """The page that the list shows, from 1."""
    number = filters[4]
    return max(1, number) if isinstance(number, int) else 1
