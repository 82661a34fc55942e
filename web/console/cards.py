"""Search results as HTML cards; all text from documents, entries and people is escaped.

cards.js moves between cards and copies them; their other buttons send a click event to the page.
"""

import html
import json
import re
from collections.abc import Callable, Sequence, Set
from pathlib import Path

from kb.desk.search import Found, Searched
from kb.language.normalise import canonical
from kb.models import Model, Status
from web.console.parts import note

_NOTHING = "没有找到符合条件的内容，可以换个说法或放宽筛选条件。"
_SCRIPT = (Path(__file__).parent / "cards.js").read_text(encoding="utf-8")
CARDS_CSS = (Path(__file__).parent / "cards.css").read_text(encoding="utf-8")


class Act(Model):
    """A button of a card: the name of its click event, its label, its key."""

    action: str
    label: str
    key: str | None = None


Acts = Callable[[Found], Sequence[Act]]


def cards_script(home: str, aside: str | None = None) -> str:
    """The script of an HTML component with cards; Esc goes to the selector `home`, → to `aside`."""
    return f"const HOME = {json.dumps(home)}, ASIDE = {json.dumps(aside)};\n{_SCRIPT}"


def found_html(typed: str, searched: Searched, acts: Acts) -> str:
    """The results as cards, each with buttons to copy it and to open its document, and with `acts`."""
    if not searched.found:
        return note(searched.notice or _NOTHING)
    cards = "".join(_card(searched.terms, n, hit, acts) for n, hit in enumerate(searched.found))
    return f'<p class="told" role="status">{html.escape(_summary(typed, searched))}</p>{cards}'


def button_html(act: Act) -> str:
    """A button that sends its click to the page as an event."""
    key = f' data-key="{act.key}"' if act.key else ""
    return f'<button type="button" data-action="{act.action}"{key}>{act.label}</button>'


def highlight(terms: Set[str], text: str) -> str:
    """`text` escaped, with `terms` marked; adjacent terms get one mark."""
    longest_first = sorted(terms, key=len, reverse=True)
    if not longest_first:
        return html.escape(text)
    parts = re.split(f"((?:{'|'.join(map(re.escape, longest_first))})++)", text, flags=re.IGNORECASE)
    return "".join(
        f"<mark>{html.escape(part)}</mark>" if index % 2 else html.escape(part)
        for index, part in enumerate(parts)
    )


def _summary(typed: str, searched: Searched) -> str:
    """The number of results, and the query used if it differs from the typed one, what was not searched."""
    is_rewritten = canonical(searched.query) != canonical(typed)
    rewritten = f"，按“{searched.query}”查找" if is_rewritten else ""
    notice = f"。{searched.notice}" if searched.notice else ""
    return f"找到 {len(searched.found)} 条{rewritten}{notice}"


def _card(terms: Set[str], number: int, found: Found, acts: Acts) -> str:
    place = html.escape(" > ".join(found.place) or found.source)
    question = f'<div class="question">{highlight(terms, found.question)}</div>' if found.question else ""
    return (
        f'<article class="hit" tabindex="0" data-number="{number}">'
        f'<div class="place"><span class="kind">{found.kind.value}</span> {place}</div>{question}'
        f'<div class="passage">{highlight(terms, found.text)}</div>'
        f'<div class="facts">{_facts(found)}</div>{_standing(found)}'
        f'<div class="acts">{_buttons(found, acts)}</div></article>'
    )


def _facts(found: Found) -> str:
    """Number, date, validity and units, if known; a document not in force is highlighted."""
    status = ""
    if found.status:
        kind = "valid" if found.status is Status.IN_FORCE else "outdated"
        status = f'<span class="status {kind}">{found.status.value}</span> '
    dated = found.dated.isoformat() if found.dated else None
    lead = f"牵头单位：{'、'.join(found.lead_units)}" if found.lead_units else None
    responsible = f"责任单位：{'、'.join(found.responsible_units)}" if found.responsible_units else None
    entry = f"问答编号：{found.entry_id}" if found.entry_id else None
    department = f"部门：{found.department}" if found.department else None
    facts = " · ".join(filter(None, (found.number, dated, lead, responsible, entry, department)))
    return status + html.escape(facts)


def _standing(found: Found) -> str:
    """Why the document is no longer in force, with a link to the source."""
    standing = found.standing
    if standing is None:
        return ""
    url = standing.url
    link = f' <a href="{html.escape(url)}" target="_blank">查看依据</a>' if url else ""
    return f'<div class="facts">时效依据：{html.escape(standing.sentence)}{link}</div>'


def _buttons(found: Found, acts: Acts) -> str:
    to_copy = html.escape(found.to_copy, quote=True)
    buttons = [
        f'<button type="button" data-action="copy" data-key="c" data-copy="{to_copy}">复制答案和出处</button>'
    ]
    if found.url:
        buttons.append(f'<a data-key="o" href="{html.escape(found.url)}" target="_blank">打开原文</a>')
    return "".join([*buttons, *map(button_html, acts(found))])
