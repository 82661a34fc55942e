"""The parts of the room trials, over what answers citizens."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from kb.answering.answerer import Answerer
from kb.controls.rules import CurrentRules
from kb.embedding.embedder import Embedder
from kb.faq.matching import Faq
from kb.models import Filters
from kb.question.understanding import Understanding
from kb.retrieval.retriever import Retriever
from kb.staff.audit import Audit
from kb.storage.documents import Documents
from kb.storage.sharing.keeper import Keeper
from kb.trials.explaining import Explaining
from kb.trials.pairs import Pairs
from kb.trials.running import Running

_RANKED = 50  # passages, so that five documents can be counted; as many as `python -m eval run` looks at


@dataclass(frozen=True)
class TrialsParts:
    """Questions that staff try, those whose right answer they know, and evaluations over these."""

    explaining: Explaining
    pairs: Pairs
    running: Running


def open_trials(
    engine: Engine,
    audit: Audit,
    *,
    documents: Documents,
    answerer: Answerer,
    understanding: Understanding,
    retriever: Retriever,
    faq: Faq,
    embedder: Embedder,
    rules: CurrentRules,
    keeper: Keeper | None = None,
) -> TrialsParts:
    """The room's parts; `keeper` holds locks where several processes work over the database."""

    def ranked(query: str) -> Sequence[str]:
        hits = retriever.retrieve(query, Filters(), _RANKED).kept
        return tuple(dict.fromkeys(hit.document.id for hit in hits))

    pairs = Pairs(engine, audit, documents)
    return TrialsParts(
        explaining=Explaining(
            answerer=answerer, understanding=understanding, faq=faq, embedder=embedder, rules=rules
        ),
        pairs=pairs,
        running=Running(engine, pairs, answerer.quote, ranked, keeper),
    )
