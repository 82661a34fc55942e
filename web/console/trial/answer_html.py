"""The answer as a citizen sees it in the chat window, as HTML; all text is escaped."""

import html
from collections.abc import Iterable, Sequence

from kb.answers import GENERATED_LABEL, Answer, AnswerKind, Citation, Contact
from kb.models import Status

_APPROVED = "来自常见问答（已审定）"


def answer_html(answer: Answer, hotline: str) -> str:
    """The answer with its sources, contacts and what can be asked next."""
    words = f'<div class="marked">{answer.html}</div>' if answer.html else _paragraphs(answer.text)
    headline = f'<p class="headline">{html.escape(answer.headline)}</p>' if answer.headline else ""
    return (
        f'<section class="tried" aria-label="群众看到的答复">{_notes(answer)}{headline}{words}'
        f"{_clarifying(answer)}{_below(answer, hotline)}</section>"
    )


def how_asked(answer: Answer) -> str | None:
    """How the question was understood, as the citizen is told; None where it is asked as typed."""
    if answer.topic:
        return f"接着上一问：{answer.topic}"
    if answer.rewritten != answer.question.strip():
        return f"已按“{answer.rewritten}”为您查找"
    return None


def _notes(answer: Answer) -> str:
    """The lines above the text."""
    lines = (
        GENERATED_LABEL if answer.kind is AnswerKind.GENERATED else None,
        answer.notice,
        _APPROVED if answer.kind is AnswerKind.FAQ else None,
        how_asked(answer),
    )
    return "".join(f'<p class="hint-line">{html.escape(line)}</p>' for line in lines if line)


def _paragraphs(text: str) -> str:
    return f'<p class="words">{html.escape(text)}</p>'


def _clarifying(answer: Answer) -> str:
    """The question back, and what it offers."""
    if answer.clarifying is None:
        return ""
    options = "、".join(f"“{option.label}”" for option in answer.clarifying.options)
    return f"<p><strong>{html.escape(answer.clarifying.question)}</strong>（可点 {html.escape(options)}）</p>"


def _below(answer: Answer, hotline: str) -> str:
    near = (_link(one.url, one.document, one.section) for one in answer.candidates)
    return "".join(
        (
            _titled("出处", map(_citation, answer.citations)),
            _titled("内容相近的文件", near),
            _titled("可以打电话问", _contacts(answer, hotline)),
            _titled("接着问", map(html.escape, answer.suggestions)),
        )
    )


def _contacts(answer: Answer, hotline: str) -> Sequence[str]:
    """Whom to call; the hotline where a refusal knows nobody."""
    if not answer.contacts and answer.kind is AnswerKind.REFUSED:
        return [html.escape(f"热线 {hotline}")]
    return [html.escape(contact_line(contact)) for contact in answer.contacts]


def contact_line(contact: Contact) -> str:
    """A contact in one line."""
    hours = f"（{contact.hours}）" if contact.hours else ""
    return f"{contact.department} {contact.name} {contact.phone}{hours}"


def _citation(citation: Citation) -> str:
    number = f"（{citation.number}）" if citation.number else ""
    status = "" if citation.status is Status.IN_FORCE else f" · {citation.status_said}"
    return _link(citation.url, f"{citation.document}{number}", f"{citation.section}{status}")


def _link(url: str, title: str, place: str) -> str:
    link = f'<a href="{html.escape(url)}" target="_blank">《{html.escape(title)}》</a>'
    return f"{link} {html.escape(place)}"


def _titled(title: str, items: Iterable[str]) -> str:
    """A list under its title; nothing without items."""
    rows = "".join(f"<li>{item}</li>" for item in items)
    return f"<h3>{title}</h3><ul>{rows}</ul>" if rows else ""
