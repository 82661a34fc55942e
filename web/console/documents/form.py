"""The form to correct a document, and documents and previews as HTML (no Gradio here)."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date

from ingest.anatomy.doubts import FIELD_NAMES, SURE
from ingest.editing.listing import Card, Detail
from ingest.editing.previews import Heading, Preview, PreviewPassage
from kb.errors import InputError
from kb.models import Correction, Finding, Particulars, Status
from web.console.documents.beside import beside_html
from web.console.parts import note
from web.console.tables import Marked, Tone, badge, marked, table

# The fields of the form in their order: name -> label.
LABELS: Mapping[str, str] = {
    **FIELD_NAMES,
    "departments": "单位（用顿号隔开）",
    "replaced_by": "被哪份文件替代",
}
_DATES = ("written_date", "published_date", "effective_date", "expiry_date")
_DATE = re.compile(r"(\d{4})\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})\s*日?")
_SEPARATORS = re.compile(r"[,，、;；\s]+")
_TONES = {
    Status.IN_FORCE: Tone.GOOD,
    Status.AMENDED: Tone.WAIT,
    Status.REPEALED: Tone.BAD,
    Status.EXPIRED: Tone.BAD,
}
_SHOWN = 400  # outline entries and passages on the page: more hangs browsers


def form_values(detail: Detail) -> dict[str, str]:
    """The values of the form for a document."""
    values = {name: getattr(detail, name) for name in LABELS}
    values["departments"] = "、".join(detail.departments)
    return {name: "" if value is None else str(value) for name, value in values.items()}


def read_form(detail: Detail, form: Mapping[str, str]) -> Correction:
    """The changes in the form against `detail`; an emptied field clears its value.

    Raises:
        InputError: a field is invalid; the sentence names it.
    """
    before = form_values(detail)
    changed = {name: text.strip() for name, text in form.items() if text.strip() != before[name]}
    values: dict[str, object] = {}
    for name, text in changed.items():
        if name in _DATES:
            values[name] = read_date(LABELS[name], text)
        elif name == "departments":
            values[name] = split_departments(text)
        else:
            values[name] = text or None
    if values.get("title", "") is None:
        raise InputError("题名不能为空。")
    return Correction.model_validate(values)


def split_departments(text: str) -> tuple[str, ...]:
    """The departments typed in one field."""
    return tuple(filter(None, _SEPARATORS.split(text)))


def read_date(label: str, text: str) -> date | None:
    """The date typed in the field `label`, in a common notation; None for an empty field.

    Raises:
        InputError: `text` is not a date.
    """
    if not text:
        return None
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{label}“{text}”不是日期，应如 2023-09-01。") from error


def choice_of(card: Card) -> tuple[str, str]:
    """A document as a choice in a list: label and id."""
    facts = "，".join(str(fact) for fact in (card.number, card.dated) if fact)
    return (f"{card.title}（{facts}）" if facts else card.title, card.id)


def in_order(cards: Sequence[Card]) -> Sequence[Card]:
    """The documents as the list shows them: those with doubts first."""
    return sorted(cards, key=lambda card: not card.doubts)


def cards_html(cards: Sequence[Card]) -> str:
    """The documents as an HTML table whose rows open."""
    rows = [
        (
            card.title,
            card.number,
            card.dated,
            _status(card.status),
            card.passages,
            "上传" if card.uploaded else "随软件",
            _marks(card),
        )
        for card in cards
    ]
    head = ("题名", "发文字号", "日期", "时效性", "段落", "来源", "说明")
    return table(f"共 {len(rows)} 份", head, rows, opens=True)


def head_html(detail: Detail) -> str:
    """Title, number, issuer and validity of a document, and the link to it."""
    facts = html.escape("　".join(filter(None, (detail.number, detail.issuer))))
    return (
        f"<h3>{html.escape(detail.title)}</h3><p>{_status(detail.status).html} {facts}　"
        f'<a href="{html.escape(f"/doc/{detail.id}")}" target="_blank">打开原文</a></p>'
    )


def removed_html(title: str) -> str:
    """The head of the panel for a removed document."""
    return f"<h3>{html.escape(title)}</h3>" + note("已移除，不用于回答；恢复后重新用于回答。")


def detail_html(detail: Detail) -> str:
    """Details and outline of a published document."""
    stated = "、".join(LABELS[name] for name in detail.stated)
    lines = [f"文件名：{detail.source}；编号：{detail.id}"]
    lines += [f"人工填写过：{stated}（{detail.edited_by}）"] if stated else []
    lines += [f"时效依据：{detail.standing.sentence}"] if detail.standing else []
    summary = "".join(map(note, lines)) + _doubts_html(detail.doubts)
    return summary + _findings_html(detail, detail.findings) + _outline_html(detail.outline)


def preview_html(preview: Preview) -> str:
    """The preview of a staged file as HTML."""
    rows = [("题名", preview.title), *_particulars(preview)]
    rows += [("单位", "、".join(preview.departments)), ("时效性", preview.status.value)]
    rows += [
        ("全文", f"{preview.characters} 字，{len(preview.passages)} 段"),
        ("页数", preview.pages or None),
    ]
    facts = table(
        f"文件名：{preview.name}", ("项目", "识别结果"), [(a, b or "（没有识别到）") for a, b in rows]
    )
    findings = _findings_html(preview, preview.findings)
    body = _outline_html(preview.outline) + _passages_html(preview.passages)
    return f"{_doubts_html(preview.warnings)}{facts}{findings}{beside_html(preview)}{body}"


def _doubts_html(doubts: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(doubt)}</li>" for doubt in doubts)
    return f"<p><strong>请核对</strong></p><ul>{items}</ul>" if items else ""


def _findings_html(read: Detail | Preview, findings: Sequence[Finding]) -> str:
    """The confidence of each field and where it was found, least confident first."""
    rows = [
        (
            LABELS[finding.field],
            getattr(read, finding.field),
            f"{finding.confidence:.0%}{'（存疑）' if finding.confidence < SURE else ''}",
            finding.reason,
        )
        for finding in findings
        if finding.field in LABELS
    ]
    evidence = table("可信度从低到高", ("项目", "识别结果", "可信度", "依据"), rows)
    return f"<details><summary>识别依据（{len(rows)} 项）</summary>{evidence}</details>" if rows else ""


def _particulars(preview: Preview) -> list[tuple[str, object]]:
    return [(LABELS[name], getattr(preview, name)) for name in Particulars.model_fields]


def _status(status: Status | None) -> Marked:
    return badge(status.value, _TONES[status]) if status else badge("已移除", Tone.BAD)


def _marks(card: Card) -> Marked:
    """The remarks on a document in the list."""
    marks: list[object] = [badge("已排除", Tone.BAD)] if card.excluded else []
    marks += [badge(f"{len(card.doubts)} 处待核对", Tone.WAIT)] if card.doubts else []
    return marked(*marks, *([f"{card.edited_by} 改过"] if card.edited_by else []))


def _outline_html(outline: Sequence[Heading]) -> str:
    """The outline in a block that can be opened."""
    headings = "".join(
        f'<li style="margin-left:{(heading.level - 1) * 1.2}em">{html.escape(heading.label)}</li>'
        for heading in outline[:_SHOWN]
    )
    summary = f"<summary>大纲（{len(outline)} 条）</summary>"
    return f'<details>{summary}<ul class="outline">{headings}</ul></details>'


def _passages_html(passages: Sequence[PreviewPassage]) -> str:
    """The passages in a block that can be opened."""
    rows = [
        (
            number,
            "\n".join(filter(None, (passage.place, "、".join(passage.units)))),
            passage.page,
            passage.text,
        )
        for number, passage in enumerate(passages[:_SHOWN], start=1)
    ]
    cut = f"，这里列出前 {_SHOWN} 段" if len(passages) > _SHOWN else ""
    texts = table(f"共 {len(passages)} 段{cut}", ("序号", "位置与单位", "页", "段落原文"), rows)
    return (
        f'<details><summary>段落（{len(passages)} 段）</summary><div class="scroll">{texts}</div></details>'
    )


STATUSES = tuple(status.value for status in Status)
