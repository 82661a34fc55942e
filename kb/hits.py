"""What is stored of a document and what a search finds: Chunk, Hit, Hits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from llama_index.core.schema import TextNode
from pydantic import ConfigDict, Field

from kb.models import DocumentSummary, Model, Signal, Stretch, viewer_url


class Chunk(Stretch, TextNode):
    """The stored and retrieved unit: one measure (举措), article (条) or part of one; a llama-index TextNode.

    `id_` is "{document_id}:{digest of what is indexed}"; `text` equals `span.of(document.text)`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, stretch: Stretch) -> "Chunk":
        """The chunk that stores `stretch`."""
        return cls(**dict(stretch))


class Marked(NamedTuple):
    """Characters `start` to `end` of a passage, and how likely they belong to the answer (0 to 1)."""

    start: int
    end: int
    likelihood: float


@dataclass(frozen=True)
class PassageReading:
    """What the reader makes of one passage: logit of "it answers", and its words."""

    relevance: float
    marks: tuple[Marked, ...]

    @property
    def likelihood(self) -> float:
        """How likely the passage answers, 0 to 1."""
        return 1 / (1 + math.exp(-self.relevance))


class Hit(Model):
    """A chunk and its document, with the blended score (0 to 1) and the normalised score of each signal.

    `reading` is what the reader made of the chunk's `indexed_text`, if it read it; `answers_at` is where in
    the chunk's text the known question nearest to the query is answered, if any is near.
    """

    chunk: Chunk
    document: DocumentSummary
    score: float
    signals: dict[Signal, float] = Field(default_factory=dict)
    reading: PassageReading | None = None
    answers_at: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The hit as other programs see it."""
        chunk, document = self.chunk, self.document
        return {
            "document_id": document.id,
            "document": document.title,
            "source": document.source,
            "number": document.number,
            "status": document.status.value,
            "standing": document.standing.sentence if document.standing else None,
            "standing_url": document.standing.url if document.standing else None,
            "dated": document.dated.isoformat() if document.dated else None,
            "section": " > ".join(chunk.heading_path),
            "page": chunk.page,
            "chunk_id": chunk.id_,
            "score": round(self.score, 4),
            "start": chunk.span.start,
            "end": chunk.span.end,
            "url": viewer_url(document.id, chunk.span),
            "lead_units": list(chunk.lead_units),
            "responsible_units": list(chunk.responsible_units),
            "text": chunk.text,
        }


class Hits(Model):
    """Hits of a query, best first, and the raw signals' strength: evidence for answering or refusing."""

    kept: tuple[Hit, ...] = ()
    weights: dict[str, float] = Field(default_factory=dict)  # content words of the query, with weights
    cosine: float = 0.0  # the best one
    cosine_spread: float = 0.0  # the best cosine minus the last of the list
    bigram_strength: float = 0.0  # best BM25 score for each character pair of the query, scaled to 0-1
    timings_ms: dict[str, float] = Field(default_factory=dict)


def in_turn(found: Sequence[Hits]) -> Hits:
    """The hits of several queries as one: the best of each, then the second of each, each chunk once."""
    kept: dict[str, Hit] = {}
    for rank in zip_longest(*(hits.kept for hits in found)):
        for hit in rank:
            if hit is not None:
                kept.setdefault(hit.chunk.id_, hit)
    return Hits(
        kept=tuple(kept.values()),
        weights={word: weight for hits in found for word, weight in hits.weights.items()},
        cosine=max((hits.cosine for hits in found), default=0.0),
        cosine_spread=max((hits.cosine_spread for hits in found), default=0.0),
        bigram_strength=max((hits.bigram_strength for hits in found), default=0.0),
    )
