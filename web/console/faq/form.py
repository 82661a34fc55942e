"""The form of an FAQ entry and the HTML around it: state, findings, history with coloured changes."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from kb.clock import CHINA_TIME, china_today, clock_time
from kb.errors import InputError
from kb.faq.drafting import draft_of
from kb.faq.findings import FaqFinding, FindingKind
from kb.faq.models import FaqDraft, FaqPage, FaqRecord, FaqState
from kb.faq.reading import DiffKind, FieldChange, HistoryLine
from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument, viewer_url
from kb.staff.permissions import Staff
from kb.storage.text_files import FIELD_ERRORS
from web.console.parts import note
from web.console.tables import Marked, Tone, badge, marked, table, turns_html

if TYPE_CHECKING:
    from gradio.components import Component

LABELS = {
    "question": "问题",
    "variants": "其他问法",
    "answer": "答案",
    "department": "部门",
    "document_id": "出处文件",
    "quote": "引文",
    "valid_from": "有效期自",
    "valid_until": "有效期至",
}
EMPTY = tuple("" for _ in LABELS)
NO_DOCUMENT = ("（没有）", "")
_HEADINGS = ("问题", "状态", "部门", "编辑", "更新")
_TONES = {
    FaqState.DRAFT: Tone.PLAIN,
    FaqState.SUBMITTED: Tone.WAIT,
    FaqState.APPROVED: Tone.GOOD,
    FaqState.EXPIRED: Tone.BAD,
    FaqState.WITHDRAWN: Tone.BAD,
}
_MARKS = {DiffKind.SAME: "{}", DiffKind.ADDED: "<ins>{}</ins>", DiffKind.REMOVED: "<del>{}</del>"}


def fields() -> "list[Component]":
    """Build the fields, in the order of LABELS."""
    import gradio as gr

    question = gr.Textbox(label=LABELS["question"], max_lines=2)
    variants = gr.Textbox(label=LABELS["variants"], placeholder="一行一个", lines=2, max_lines=8)
    answer = gr.Textbox(label=LABELS["answer"], lines=5, max_lines=14)
    with gr.Row():
        department = gr.Dropdown([""], value="", label=LABELS["department"], allow_custom_value=True)
        document = gr.Dropdown([NO_DOCUMENT], value="", label=LABELS["document_id"])
    with gr.Row():
        first = gr.Textbox(label=LABELS["valid_from"], info="不填为即日起", max_lines=1, elem_classes="date")
        last = gr.Textbox(
            label=LABELS["valid_until"], info="含当天，不填为长期", max_lines=1, elem_classes="date"
        )
    quote = gr.Textbox(label=LABELS["quote"], placeholder="从出处文件原样复制一段", lines=2, max_lines=6)
    return [question, variants, answer, department, document, quote, first, last]


def read_form(values: Sequence[object]) -> FaqDraft:
    """The draft from the form's `values`, in the order of LABELS.

    Raises:
        InputError: a field is empty, too long, or not a date.
    """
    texts: dict[str, object] = {
        name: value.strip() for name, value in zip(LABELS, values, strict=True) if isinstance(value, str)
    }
    content = {name: value for name, value in texts.items() if value}
    lines = str(texts.get("variants", "")).splitlines()
    content["variants"] = tuple(line.strip() for line in lines if line.strip())
    try:
        return FaqDraft.model_validate(content)
    except ValidationError as error:
        faults = "；".join(_wrong(detail) for detail in error.errors())
        raise InputError(f"没有保存：{faults}。") from error


def form_values(record: FaqRecord) -> list[object]:
    """The values of the form for an entry."""
    draft = draft_of(record)
    values = draft.model_dump(mode="json") | {"variants": "\n".join(draft.variants)}
    return [values[name] or "" for name in LABELS]


def choices(kb: KnowledgeBase, staff: Staff) -> "list[Component]":
    """The choices of the department field and of the document field."""
    import gradio as gr

    departments = staff.bound_to or sorted(
        {*kb.faq.life.records.departments(), *kb.storage.documents.units()}
    )
    documents = [
        (_name(summary.title, summary.number), summary.id) for summary in kb.storage.documents.summaries()
    ]
    return [gr.Dropdown(["", *departments]), gr.Dropdown([NO_DOCUMENT, *documents])]


def choice_of(record: FaqRecord) -> tuple[str, str]:
    """An entry as a choice in a list: label and id."""
    flag = "，需复核" if record.review_reason else ""
    return f"{record.entry.question}（{record.state(china_today()).label}{flag}）", record.entry.id


def list_html(page: FaqPage, number: int, size: int) -> str:
    """A page of entries as an HTML table whose rows open; entries that need review are marked."""
    rows = table(f"共 {page.total} 条", _HEADINGS, map(_row, page.records), opens=True)
    return rows + turns_html(number, max(1, -(-page.total // size)))


def state_html(record: FaqRecord | None, document: PolicyDocument | None) -> str:
    """The state of the entry, in a few sentences."""
    if record is None:
        return note("新问答，还没有保存。")
    state = record.state(china_today()).label
    lines = [f"{record.entry.id}　{state}　第 {record.version} 版　最后由{record.editor_title}编辑"]
    if record.review_reason:
        lines.append(f"需复核：{record.review_reason}。复核通过前不会用来回答。")
    if record.note:
        lines.append(f"退回意见：{record.note}")
    if record.checked_at and record.checked_title:
        lines.append(f"{clock_time(record.checked_at)} 由{record.checked_title}做保密审查并通过。")
    text = "".join(map(note, lines))
    if document is not None and record.entry.span is not None:
        url = html.escape(viewer_url(document.id, record.entry.span))
        text += f'<p><a href="{url}" target="_blank">在《{html.escape(document.title)}》中查看引文</a></p>'
    return f'<div class="faq-state">{text}</div>'


def findings_html(sentence: str, findings: Iterable[FaqFinding]) -> str:
    """`sentence` and the findings; contradictions are highlighted."""
    items = "".join(
        f'<li class="{"clash" if finding.kind is FindingKind.CONTRADICTION else "hint"}">'
        f"{html.escape(finding.sentence)}</li>"
        for finding in findings
    )
    return note(sentence) + (f'<p>请留意：</p><ul class="findings">{items}</ul>' if items else "")


def history_html(lines: Sequence[HistoryLine]) -> str:
    """Each step with its changes; added and removed words are coloured."""
    if not lines:
        return ""
    return f'<div class="history"><h3>历史</h3>{"".join(map(_step_html, lines))}</div>'


def _row(record: FaqRecord) -> tuple[object, ...]:
    return (
        record.entry.question,
        _badges(record),
        record.entry.department or "",
        record.editor_title,
        f"{record.updated.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}",
    )


def _badges(record: FaqRecord) -> Marked:
    state = record.state(china_today())
    flag = [badge("需复核", Tone.BAD)] if record.review_reason else []
    return marked(badge(state.label, _TONES[state]), *flag)


def _step_html(line: HistoryLine) -> str:
    version = line.version
    heading = f"第 {version.version} 版　{version.saved_at.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}"
    heading += f"　{version.saved_title}{version.step}" + (f"：{version.note}" if version.note else "")
    return f"<div><strong>{html.escape(heading)}</strong>{''.join(map(_change_html, line.changes))}</div>"


def _change_html(change: FieldChange) -> str:
    pieces = "".join(_MARKS[piece.kind].format(html.escape(piece.text)) for piece in change.pieces)
    return f'<p class="change">{change.field}：{pieces}</p>'


def _wrong(detail: Mapping[str, object]) -> str:
    place = detail["loc"]
    name = str(place[0]) if isinstance(place, tuple) and place else ""
    label = LABELS.get(name, name)
    reason = "应为日期，如 2024-01-01" if name.startswith("valid") else FIELD_ERRORS.get(str(detail["type"]))
    return f"{label}{reason or '填得不对'}"


def _name(title: str, number: str | None) -> str:
    return f"{title}（{number}）" if number else title


def many_fields() -> "list[Component]":
    """Build the choice, the button to choose all, the secrecy check, both step buttons and the result."""
    import gradio as gr

    picked = gr.Dropdown([], label="选中的问答", multiselect=True)
    with gr.Row(elem_classes="acts-row"):
        whole = gr.Button("选中本页全部")
        secrecy = gr.Checkbox(label="选中的每一条都已做保密审查")
        submit = gr.Button("提交选中的")
        approve = gr.Button("通过选中的", variant="primary")
    return [picked, whole, secrecy, submit, approve, gr.HTML(label="成批处理结果")]


def told(said: str, done: int, picked: int) -> str:
    """What became of the entries picked: `said` (已通过) of how many, and how many could not be."""
    rest = f"，另 {picked - done} 条状态不符" if done < picked else ""
    return f"{said} {done} 条{rest}。"


def many_html(said: str, done: Sequence[str], failed: Sequence[str]) -> str:
    """`told`, with the questions of the entries that were done, and a line for each that could not be."""
    lines = "".join(f"<li>{html.escape(question)}</li>" for question in done)
    named = f"<ul>{lines}</ul>" if done else ""
    return note(told(said, len(done), len(done) + len(failed))) + named + "".join(map(note, failed))
