"""What a search found, as cards of HTML; every word from a document, an entry or a person is escaped."""

import html
import re
from collections.abc import Sequence

from kb.desk import Found
from kb.tokens import words
from web.console.parts import note

_NOTHING = "没有找到符合条件的内容，可以换个说法或放宽筛选条件。"
_COPY = "复制答案"


def found_html(query: str, found: Sequence[Found]) -> str:
    """The cards, in order; their buttons are made to work by desk.js."""
    if not found:
        return note(_NOTHING)
    return "".join(_card(query, number, each) for number, each in enumerate(found))


def _card(query: str, number: int, found: Found) -> str:
    place = html.escape(" > ".join(found.place) or found.source)
    question = f'<div class="question">{highlight(query, found.question)}</div>' if found.question else ""
    return (
        f'<article class="hit" tabindex="0" data-number="{number}">'
        f'<div class="place"><span class="kind">{found.kind.value}</span> {place}</div>{question}'
        f'<div class="passage">{highlight(query, found.text)}</div>'
        f'<div class="facts">{html.escape(_facts(found))}</div>{_standing(found)}'
        f'<div class="acts">{_acts(found)}</div></article>'
    )


def _facts(found: Found) -> str:
    """Number, date, validity and units, as far as they are known."""
    dated = found.dated.isoformat() if found.dated else None
    status = found.status.value if found.status else None
    lead = f"牵头单位：{'、'.join(found.lead_units)}" if found.lead_units else None
    others = f"责任单位：{'、'.join(found.responsible_units)}" if found.responsible_units else None
    entry = f"问答编号：{found.entry_id}" if found.entry_id else None
    department = f"部门：{found.department}" if found.department else None
    return " · ".join(filter(None, (found.number, dated, status, lead, others, entry, department)))


def _standing(found: Found) -> str:
    """Why the document is no longer in force, with a link to what says so."""
    standing = found.standing
    if standing is None:
        return ""
    url = standing.url
    link = f' <a href="{html.escape(url)}" target="_blank">查看依据</a>' if url else ""
    return f'<div class="facts">时效依据：{html.escape(standing.sentence)}{link}</div>'


def _acts(found: Found) -> str:
    copied = html.escape(found.to_copy, quote=True)
    acts = [
        f'<button type="button" data-action="copy" data-label="{_COPY}" data-copy="{copied}">{_COPY}</button>'
    ]
    if found.url:
        acts.append(f'<a class="original" href="{html.escape(found.url)}" target="_blank">打开原文</a>')
    if not found.entry_id:
        acts.append('<button type="button" data-action="draft">写成问答</button>')
    acts.append('<button type="button" data-action="report">答案有误</button>')
    return "".join(acts)


def highlight(query: str, text: str) -> str:
    """`text` escaped, with the query's words (two characters or more) marked."""
    terms = sorted({word for word in words(query) if len(word) > 1}, key=len, reverse=True)
    if not terms:
        return html.escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, terms))})", text, flags=re.IGNORECASE)
    return "".join(
        f"<mark>{html.escape(part)}</mark>" if index % 2 else html.escape(part)
        for index, part in enumerate(parts)
    )
