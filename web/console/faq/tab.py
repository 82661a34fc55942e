"""常见问答: find entries, write and submit them, approve or reject them; import and export files."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from kb.errors import InputError, KbError
from kb.faq.drafting import draft_of
from kb.faq.models import FaqFilter, FaqPage, FaqRecord, FaqState
from kb.faq.reading import PAGE_SIZE, detail, look_up, opened
from kb.knowledge_base import KnowledgeBase
from kb.models import Model
from kb.staff.permissions import Staff
from web.console.assist_part import faq_assist
from web.console.faq.files import files_part
from web.console.faq.form import (
    EMPTY,
    LABELS,
    choice_of,
    choices,
    fields,
    findings_html,
    form_values,
    history_html,
    list_html,
    many_fields,
    read_form,
    state_html,
    told,
)
from web.console.filling import filled_when, filled_when_opened
from web.console.parts import FAQ_TAB, handler, note, when_linked
from web.errors import sentence_for
from web.sessions import now_utc

if TYPE_CHECKING:
    import gradio as gr
    from gradio.components import Component
    from gradio.events import Dependency

_ANY = "不限"
_STATES = {state.label: state for state in FaqState}


class FormStep(Model):
    """The values of the page when a button is pressed."""

    entry_id: str
    version: int
    checked: bool  # the secrecy check (保密审查) was done
    note: str
    form: tuple[object, ...]


_Work = Callable[[KnowledgeBase, Staff, FormStep], tuple[FaqRecord, str]]


def tab(kb: KnowledgeBase) -> None:
    """Build the tab inside the console's page."""
    import gradio as gr

    with gr.Tab("常见问答", id=FAQ_TAB, elem_id="tab-faq") as page, gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("清单与编辑"):
            list_again = _desk_part(kb, page)
        with gr.Tab("导入与导出"):
            list_again(files_part(kb))


def _desk_part(kb: KnowledgeBase, page: "gr.Tab") -> "Callable[[Dependency], object]":
    """Build the list with the form; the function returned lists anew after an event of another part."""
    import gradio as gr

    with gr.Row():
        words = gr.Textbox(label="问题、答案或编号", max_lines=1, scale=3)
        state = gr.Dropdown([_ANY, *_STATES], value=_ANY, label="状态", scale=1)
        department = gr.Textbox(label="所属部门", max_lines=1, scale=1)
        flagged = gr.Checkbox(label="只看需复核", scale=1)
        number = gr.Number(1, label="页", precision=0, minimum=1, scale=1)
        find = gr.Button("查询", scale=1)
    listing = gr.HTML(label="问答清单")
    with gr.Row():
        chosen = gr.Dropdown([], label="打开一条问答", info="可输入几个字查找", scale=3)
        blank = gr.Button("写一条新问答", scale=1)
    entry_id, version = gr.State(""), gr.State(0)
    status = gr.HTML(state_html(None, None), label="状态")
    form = fields()
    faq_assist(kb, form)
    with gr.Row():
        save, submit = gr.Button("保存草稿", variant="primary"), gr.Button("提交审核")
        checked = gr.Checkbox(label="已做保密审查")
        approve = gr.Button("通过")
    with gr.Row():
        reason = gr.Textbox(label="退回意见", max_lines=2, scale=3)
        reject = gr.Button("退回", scale=1)
        withdraw = gr.Button("撤下", variant="stop", scale=1)
    outcome = gr.HTML(label="结果")
    history = gr.HTML(label="历史")
    with gr.Accordion("成批处理本页的问答", open=False):
        many = many_fields()
    desk = _Desk(kb)
    filters = [words, state, department, flagged, number]
    listed = [listing, chosen, many[0]]
    shown: list[Component] = [entry_id, version, status, *form, checked, reason, outcome, history]
    inputs = [entry_id, version, checked, reason, *form]
    filled_when_opened(page, [(handler(desk.begin), filters, [*listed, form[3], form[4]])])
    for trigger in (find.click, words.submit, number.submit, state.change, flagged.change):
        trigger(handler(desk.list), filters, listed, api_visibility="private")
    filled_when(chosen.input, handler(desk.open), [chosen], shown)
    when_linked(desk.open, shown)
    filled_when(blank.click, handler(desk.blank), (), [chosen, *shown])
    for button, work in (
        (save, _save),
        (submit, _submit),
        (approve, _approve),
        (reject, _reject),
        (withdraw, _withdraw),
    ):
        button.click(
            handler(desk.doing(work)), [*filters, *inputs], [*listed, *shown], api_visibility="private"
        )
    picked, whole, secrecy, submit_many, approve_many, result = many
    whole.click(handler(desk.whole_page), filters, picked, api_visibility="private")
    for button, step, said in (
        (submit_many, _submit_as_it_is, "已提交"),
        (approve_many, _approve_as_it_is, "已通过"),
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

        page = self._page(staff, filters)
        number = max(1, int(str(filters[4] or 1)))
        options = [choice_of(record) for record in page.records]
        return [
            list_html(page, number, PAGE_SIZE),
            gr.Dropdown(options, value=None),
            gr.Dropdown(options, value=[]),
        ]

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
        return [None, "", 0, state_html(None, None), *form.values(), False, "", "", ""]

    def doing(self, work: _Work) -> Callable[..., object]:
        """The handler of a button: does `work`, returns all values of the page."""

        def do(staff: Staff, *inputs: object) -> Sequence[object]:
            filters, (entry_id, version, checked, reason, *form) = inputs[:5], inputs[5:]
            step = FormStep.model_validate(
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
            result = findings_html(sentence, findings if work in (_save, _submit) else ())
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
            done, sentences = 0, []
            for entry_id in ids:
                try:
                    version = opened(self._kb.faq.life.records, staff, entry_id).version
                    step = FormStep(
                        entry_id=entry_id, version=version, checked=bool(checked), note="", form=EMPTY
                    )
                    work(self._kb, staff, step)
                    done += 1
                except KbError as error:
                    sentences.append(f"{entry_id}：{sentence_for(error)}")
            result = note(told(said, done, len(ids))) + "".join(map(note, sentences))
            return [*self.list(staff, *filters), False, result]

        return do

    def _page(self, staff: Staff, filters: Sequence[object]) -> FaqPage:
        words, state, department, flagged, number = filters
        conditions = FaqFilter(
            text=str(words or ""),
            state=_STATES.get(str(state)),
            department=str(department or "").strip() or None,
            in_review=bool(flagged),
        )
        return look_up(self._kb.faq.life.records, staff, conditions, int(str(number or 1)), now_utc())

    def _form(self, staff: Staff, entry_id: str, message: str) -> Sequence[object]:
        entry = detail(self._kb.faq.life.records, staff, entry_id)
        record = entry.record
        document = (
            self._kb.storage.documents.get(record.entry.document_id) if record.entry.document_id else None
        )
        return [
            entry_id,
            record.version,
            state_html(record, document),
            *form_values(record),
            False,
            "",
            message,
            history_html(entry.history),
        ]


def _save(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    record = _saved(kb, staff, step)
    return record, "没有改动，不用保存。" if record.version == step.version else "已保存为草稿。"


def _submit(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    saved = _saved(kb, staff, step)
    return kb.faq.life.submit(staff, saved.entry.id, saved.version, now_utc()), "已提交，等待审核。"


def _submit_as_it_is(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    return kb.faq.life.submit(staff, step.entry_id, step.version, now_utc()), "已提交，等待审核。"


def _approve(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    record = opened(kb.faq.life.records, staff, _opened(step))
    if record.version == step.version and read_form(step.form) != draft_of(record):
        raise InputError("表单里有还没有保存的修改；请重新打开这条问答再通过，或先退回。")
    return _approve_as_it_is(kb, staff, step)


def _approve_as_it_is(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    record = kb.faq.life.approve(staff, step.entry_id, step.version, step.checked, now_utc())
    return record, "已通过，从现在起用来回答。"


def _reject(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    return kb.faq.life.reject(staff, _opened(step), step.version, step.note, now_utc()), "已退回。"


def _withdraw(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    return kb.faq.life.withdraw(staff, _opened(step), step.version, now_utc()), "已撤下，不再用来回答。"


def _saved(kb: KnowledgeBase, staff: Staff, step: FormStep) -> FaqRecord:
    draft = read_form(step.form)
    if not step.entry_id:
        return kb.faq.life.create(staff, draft, now_utc())
    return kb.faq.life.save(staff, step.entry_id, step.version, draft, now_utc())


def _opened(step: FormStep) -> str:
    if not step.entry_id:
        raise InputError("请先打开一条问答。")
    return step.entry_id
