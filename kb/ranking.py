"""The second, closer ranking: the words of the best passages are known now (pure functions).

1. The share of the question's telling words that the best passage holds says how official the words of the
   question are, and with it the weights of the signals (kb.fusion.weights_for). The evidence of the whole
   document, the share that its passages hold together, is one of the signals.
2. A document stands where its best passage stands. Among its own passages those come first that look like an
   answer rather than an introduction: an opening that repeats the title seldom answers (TITLE_REPEATED), an
   open question (哪些, 如何) is answered by a passage with list marks (LIST_FORM), and a question for the
   meaning of a word by one that defines (DEFINING_FORM).

Tuned on ncp_dev and leco_dev together, figures in docs/decisions/0007-ranking.md.
"""

import re
from collections.abc import Mapping, Sequence

from kb.facets import EVIDENT, Facet, facets_of
from kb.fusion import weighted, weights_for
from kb.models import Hit, Signal
from kb.normalise import canonical
from kb.term_weights import share_held
from kb.tokens import bigrams

POOL = 40  # chunks whose words are read
TITLE_REPEATED = -0.1
LIST_FORM = 0.1
DEFINING_FORM = 0.15
_FULL_LIST = 4  # list marks

_OPEN_QUESTION = re.compile(r"哪些|哪几|怎么|怎样|如何|什么(?!时候|时间)")
_LIST_MARK = re.compile(r"[；;●]|[(（][一二三四五六七八九十\d]+[)）]|\d+[.．、]|[一二三四五六七八九十]是")


def blended(hits: Sequence[Hit], weights: Mapping[str, float]) -> list[Hit]:
    """`hits` scored with the blend that fits how official the question's words (`weights`) are."""
    texts = [canonical(hit.chunk.indexed_text) for hit in hits[:POOL]]
    together: dict[str, str] = {}
    for hit, text in zip(hits, texts, strict=False):
        together[hit.document.id] = f"{together.get(hit.document.id, '')}\n{text}"
    documents = {document_id: share_held(weights, text) for document_id, text in together.items()}
    blend = weights_for(max((share_held(weights, text) for text in texts), default=0.0))
    scored = []
    for hit in hits:
        signals = {**hit.signals, Signal.DOCUMENT: documents.get(hit.document.id, 0.0)}
        scored.append(hit.model_copy(update={"signals": signals, "score": weighted(signals, blend)}))
    return scored


def ordered(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """`hits` best first: documents by their best score, the passages of each by how they look as an answer.

    A document's best-looking passage takes the document's best score, the others follow at their distance.
    """
    is_open = bool(_OPEN_QUESTION.search(canonical(query)))
    defines = Facet.DEFINITION in facets_of(query)
    looks = [hit.score + form(hit, is_open=is_open, defines=defines) for hit in hits]
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


def form(hit: Hit, *, is_open: bool, defines: bool = False) -> float:
    """What the look of a passage adds to its score."""
    title, text = set(bigrams(hit.chunk.document_title)), canonical(hit.chunk.text)
    repeated = len(title & set(bigrams(text))) / len(title) if title else 0.0
    marks = min(1.0, len(_LIST_MARK.findall(text)) / _FULL_LIST) if is_open else 0.0
    defining = DEFINING_FORM * (defines and bool(EVIDENT[Facet.DEFINITION].search(text)))
    return TITLE_REPEATED * repeated + LIST_FORM * marks + defining
