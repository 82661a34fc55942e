"""Why a question is answered so, as HTML: how it was read, what was found, what decided. All escaped."""

import html
from collections.abc import Iterator, Mapping, Sequence

from kb.answering.evidence import Evidence
from kb.answers import AnswerKind
from kb.faq.matching import FaqGrade, FaqMatch
from kb.models import Filters, Signal
from kb.trials.explanation import Candidate, Explanation, Fate
from kb.trials.words import ENDINGS
from web.console.cards import Act, button_html
from web.console.tables import Tone, badge
from web.console.trial.answer_html import how_asked

SIGNALS: Mapping[Signal, str] = {
    Signal.DENSE: "意思相近",
    Signal.MAPPED: "意思相近（按口语校正）",
    Signal.BIGRAM: "字面相同",
    Signal.WORD: "词语相同",
    Signal.DOCUMENT: "整份文件对题",
    Signal.ASKED: "像写好的问法",
}
_TONES = {Fate.QUOTED: Tone.GOOD, Fate.OUTDATED: Tone.BAD, Fate.READ: Tone.WORK}
_NONE_FOUND = "没有查段落：答案不从段落里来。"
Line = tuple[str, str]  # what it is about, and what is said of it, as HTML


def why_html(explanation: Explanation) -> str:
    """The steps from the question to the answer, as a list of terms; the decision comes first."""
    rows = "".join(f"<div><dt>{term}</dt><dd>{told}</dd></div>" for term, told in _lines(explanation))
    return f'<dl class="why">{rows}</dl>'


def candidates_html(candidates: Sequence[Candidate], act: Act | None) -> str:
    """The passages as cards, in the order in which an answer was sought, each with the button `act`."""
    if not candidates:
        return f'<p class="hint-line">{_NONE_FOUND}</p>'
    cards = "".join(_card(number, one, act) for number, one in enumerate(candidates))
    return f'<p class="told" role="status">查到的段落（{len(candidates)} 段，按选用的先后）</p>{cards}'


def _lines(explanation: Explanation) -> Iterator[Line]:
    answer = explanation.answer
    is_refused = answer.kind is AnswerKind.REFUSED
    tone = Tone.BAD if is_refused else Tone.GOOD
    verdict = badge("不回答" if is_refused else "回答", tone).html
    yield "结论", f"{verdict} {html.escape(ENDINGS[answer.ending])}。"
    if explanation.evidence is not None:
        yield "把握", _confidence(explanation, explanation.evidence)
    if explanation.canned:
        yield "固定用语", f"{html.escape(explanation.canned)}（管理员可在“设置”的固定用语里改）"
    if answer.corrections:
        yield "错别字", _changes(answer.corrections)
    if explanation.substituted:
        yield "换成文件里的说法", _changes(explanation.substituted)
    if explanation.question.history:
        yield "上一问", html.escape((answer.topic and how_asked(answer)) or "没有接上，当作单独的问题")
    yield "查的是", html.escape(explanation.asked_as)
    if explanation.parts:
        yield "分成两问", html.escape("；".join(explanation.parts))
    if narrowed := filters_in_words(explanation.filters):
        yield "只查", html.escape(narrowed)
    yield "常见问答", _entries(explanation)
    if answer.departments:
        yield "负责的部门", html.escape("、".join(answer.departments))


def _confidence(explanation: Explanation, evidence: Evidence) -> str:
    """The confidence beside the threshold, and what it is made of."""
    confidence = evidence.confidence
    low = confidence < explanation.threshold
    held = "没有达到" if low else "达到"
    read = evidence.relevance is not None
    made = f"只看检索是 {evidence.retrieved:.2f}" + ("，阅读模型读了前几段后定为这个数" if read else "")
    words = f"问题里有分量的字词，最相近的文件里有 {evidence.coverage:.0%}"
    return (
        f"<strong>{confidence:.2f}</strong>，{held}门槛 {explanation.threshold:.2f}"
        f'<meter min="0" max="1" low="{explanation.threshold:.2f}" value="{confidence:.4f}" '
        f'aria-label="把握"></meter><span class="hint-line">{html.escape(f"{made}；{words}。")}</span>'
    )


def _changes(pairs: Sequence[tuple[str, str]]) -> str:
    return html.escape("；".join(f"“{typed}” → “{put}”" for typed, put in pairs))


def _entries(explanation: Explanation) -> str:
    """The entry that answered, else the nearest one and why it did not."""
    if not explanation.entries:
        return "没有相近的"
    nearest = explanation.entries[0]
    said = f"“{nearest.entry.question}”，相似 {nearest.score:.0%}"
    if explanation.answer.faq_id is not None:
        return html.escape(f"用了{said}")
    return html.escape(f"最相近的是{said}{_kept_back(nearest)}")


def _kept_back(match: FaqMatch) -> str:
    if match.difference is not None:
        first, second = match.difference.first or "未提", match.difference.second or "未提"
        return f"；{match.difference.kind}不同（“{first}”与“{second}”），没有用"
    return "，没有用" if match.grade is FaqGrade.SAME else "，不够像，没有用"


def filters_in_words(filters: Filters) -> str:
    """What a search was narrowed to; empty for no restriction."""
    days = f"{filters.date_from or ''} 至 {filters.date_to or ''}" if filters.has_dates else None
    status = filters.status.value if filters.status else None
    named = f"指明的 {len(filters.document_ids)} 份文件" if filters.document_ids else None
    return "；".join(filter(None, (filters.department, status, days, named)))


def _card(number: int, candidate: Candidate, act: Act | None) -> str:
    hit = candidate.hit
    place = html.escape(" > ".join((hit.document.title, *hit.chunk.heading_path)))
    url = html.escape(f"/doc/{hit.document.id}?start={hit.chunk.span.start}&end={hit.chunk.span.end}")
    fate = badge(candidate.fate.label, _TONES.get(candidate.fate, Tone.PLAIN)).html
    button = button_html(act) if act else ""
    return (
        f'<article class="hit" tabindex="0" data-number="{number}"><div class="marks">'
        f"<strong>第 {number + 1} 段</strong> {fate} <span>检索排第 {candidate.rank}</span></div>"
        f'<div class="place">{place}</div>{passage_html(hit.chunk.text)}{_signals(candidate)}'
        f'<div class="acts">{button}<a data-key="o" href="{url}" target="_blank">打开原文</a></div></article>'
    )


def passage_html(text: str) -> str:
    """A passage without the blank lines between its paragraphs."""
    lines = "\n".join(line for line in text.splitlines() if line.strip())
    return f'<div class="passage">{html.escape(lines)}</div>'


def _signals(candidate: Candidate) -> str:
    """Each signal from 0 to 100, the search's score, and what the reader thinks."""
    hit = candidate.hit
    shares = [(label, hit.signals.get(signal, 0.0)) for signal, label in SIGNALS.items()]
    reading = [("阅读模型认为能回答", hit.reading.likelihood)] if hit.reading else []
    rows = "".join(
        f'<li><span>{label}</span><meter min="0" max="1" value="{share:.3f}" aria-label="{label}"></meter>'
        f"<b>{share * 100:.0f}</b></li>"
        for label, share in (*shares, ("综合得分", min(1.0, hit.score)), *reading)
    )
    return f'<ul class="signals" aria-label="各项信号，满分 100">{rows}</ul>'
