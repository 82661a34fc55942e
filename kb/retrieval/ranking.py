"""The second, closer ranking, which reads the texts of the best passages (pure functions).

1. The share of the question's content words that the best passage holds tells how official the question's
   wording is; it sets the weights of the signals (kb.retrieval.fusion.weights_for), which differ for articles
   of laws. One of the signals is the whole document's evidence: the share that its passages hold together.
2. A document ranks by its best passage. Among its passages, answers come before introductions: an opening
   that repeats the title seldom answers (TITLE_REPEATED); a passage of nothing but title, labels, signature
   and date answers only a question for them (BARE_HEAD); an open question (哪些, 如何) is answered by a
   passage with list marks (LIST_FORM), a question for the meaning of a word by a passage that defines it
   (DEFINING_FORM).

Tuned on ncp_dev, leco_dev and docx_laws together, figures in docs/decisions/0007-ranking.md.
"""

import re
from collections.abc import Mapping, Sequence

from kb.hits import Chunk, Hit
from kb.language.facets import EVIDENT, Facet, facets_of
from kb.language.normalise import canonical
from kb.language.tokens import bigrams
from kb.language.word_weights import share_held
from kb.models import Signal
from kb.retrieval.fusion import weighted, weights_for

POOL = 40  # chunks whose texts are read
TITLE_REPEATED = -0.1
BARE_HEAD = -0.2
LIST_FORM = 0.1
DEFINING_FORM = 0.15
KNOWN = 0.8  # of the way to 1, for a passage known to answer the very question (kb.retrieval.questions)
UNLIKELY = 0.25  # chance that changes nothing: the other signals know better
_FULL_LIST = 4  # list marks that earn all of LIST_FORM

_OPEN_QUESTION = re.compile(r"哪些|哪几|怎么|怎样|如何|什么(?!时候|时间)")
_ARTICLE = re.compile(r"第[零〇一二三四五六七八九十百千\d]{1,12}条")
_SINGLE_ARTICLE = re.compile(rf"{_ARTICLE.pattern}(?:之[一二三四五六七八九十])?$")
_ISSUE_ASKED = re.compile(
    r"谁|文号|发布|印发|公布|出台|制定|通过|批准|哪[年天个]|什么时候|何时|时间|日期|时效"
)
_HEAD_LINE = re.compile(  # a label with its value, a signature, a date of passing or signing
    r"\A(?:(?:发文|发布|制定|成文|施行|实施|生效|时\s*效|文\s*号|索引号|主题|效力|名\s*称|附加码).{0,6}[:：].*"
    r"|.{2,30}(?:政府|办公厅|办公室|委员会|局|厅|部|院|署|会)"
    r"|(?![一二三四五六七八九十]{1,8}、|\d{1,8}[.、])"
    r"(?>[^。；]{0,40}?\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日)++[^。；]{0,40}"
    r"|[零〇○一二三四五六七八九十0]{4} ?年[一二三四五六七八九十]{1,4}月[一二三四五六七八九十]{1,4}日)"
)
_LIST_MARK = re.compile(r"[；;●]|[(（][一二三四五六七八九十\d]{1,8}[)）]|\d[.．、]|[一二三四五六七八九十]是")


def blended(hits: Sequence[Hit], weights: Mapping[str, float]) -> list[Hit]:
    """`hits` scored anew, with the blend for the share of the question's words (`weights`) that they hold."""
    texts = [canonical(hit.chunk.indexed_text) for hit in hits[:POOL]]
    together: dict[str, str] = {}
    for hit, text in zip(hits, texts, strict=False):
        together[hit.document.id] = f"{together.get(hit.document.id, '')}\n{text}"
    documents = {document_id: share_held(weights, text) for document_id, text in together.items()}
    coverage = max((share_held(weights, text) for text in texts), default=0.0)
    blends = {article: weights_for(coverage, article=article) for article in (True, False)}
    scored = []
    for hit in hits:
        blend = blends[is_article(hit.chunk)]
        signals = {**hit.signals, Signal.DOCUMENT: documents.get(hit.document.id, 0.0)}
        score = weighted(signals, blend)
        near = max(0.0, signals.get(Signal.ASKED, 0.0) - UNLIKELY) / (1 - UNLIKELY)
        score += KNOWN * near * max(0.0, 1 - score)
        scored.append(hit.model_copy(update={"signals": signals, "score": score}))
    return scored


def is_article(chunk: Chunk) -> bool:
    """Whether a chunk is (part of) an article (条), or its document is one: 个体工商户条例第十七条."""
    inside = any(_ARTICLE.match(name) for name in chunk.heading_path)
    return inside or bool(_SINGLE_ARTICLE.search(chunk.document_title))


def ordered(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """`hits` best first: documents by their best score, the passages of each by score plus `form`.

    The passage of a document that is best by that sum takes the document's best score; the others keep
    their distance to it.
    """
    question = canonical(query)
    is_open = bool(_OPEN_QUESTION.search(question))
    defines = Facet.DEFINITION in facets_of(query)
    of_issue = bool(_ISSUE_ASKED.search(question))
    looks = [hit.score + form(hit, is_open=is_open, defines=defines, of_issue=of_issue) for hit in hits]
    best_score: dict[str, float] = {}
    best_look: dict[str, float] = {}
    for hit, look in zip(hits, looks, strict=True):
        name = hit.document.id
        best_score[name] = max(hit.score, best_score.get(name, 0.0))
        best_look[name] = max(look, best_look.get(name, look))
    placed = [
        hit.model_copy(
            update={"score": max(0.0, best_score[hit.document.id] - best_look[hit.document.id] + look)}
        )
        for hit, look in zip(hits, looks, strict=True)
    ]
    return sorted(placed, key=lambda hit: -hit.score)


def form(hit: Hit, *, is_open: bool, defines: bool = False, of_issue: bool = False) -> float:
    """What the form of a passage adds to its score; `of_issue`: the question is who issued it, or when."""
    title, text = set(bigrams(hit.chunk.document_title)), canonical(hit.chunk.text)
    repeated = len(title & set(bigrams(text))) / len(title) if title else 0.0
    marks = min(1.0, len(_LIST_MARK.findall(text)) / _FULL_LIST) if is_open else 0.0
    defining = DEFINING_FORM * (defines and bool(EVIDENT[Facet.DEFINITION].search(text)))
    bare = BARE_HEAD * (not of_issue and is_bare_head(hit.chunk))
    return TITLE_REPEATED * repeated + LIST_FORM * marks + defining + bare


def is_bare_head(chunk: Chunk) -> bool:
    """Whether every line of a chunk is part of the title, a label with its value, a signature or a date."""
    lines = [canonical(line).strip("# 　") for line in chunk.text.splitlines() if line.strip()]
    return all(line in chunk.document_title or _HEAD_LINE.fullmatch(line) for line in lines)
