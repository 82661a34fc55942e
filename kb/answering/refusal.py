"""Refusals, which a citizen gets instead of a guess, and the notice shown while answering is switched off."""

from collections.abc import Iterable, Sequence

from kb.answers import ENDING_KIND, Answer, Candidate, Ending
from kb.controls import wording
from kb.controls.rules import Rules
from kb.hits import Hit, Hits
from kb.models import Question, viewer_url
from kb.question.understanding import Query

NEAREST = 3  # documents named by a refusal


def refuse(
    question: Question,
    query: Query,
    hits: Hits,
    ending: Ending,
    confidence: float,
    rules: Rules,
    point: str | None = None,
) -> Answer:
    """A refusal that names the nearest documents and whom to call; `point`: what they do not say."""
    nearest = candidates(hits)
    sentence = wording.ONLY_OUTDATED if ending is Ending.ONLY_OUTDATED else wording.REFUSAL
    first = rules.say(wording.NOT_SAID).replace("{point}", point) if point else rules.say(sentence)
    lines = [
        first,
        rules.say(wording.REFUSAL_NEXT),
        *([rules.say(wording.REFUSAL_NEAREST)] if nearest else []),
    ]
    return refusal_saying("".join(lines), question, query, hits, ending, confidence)


def closed(question: Question, query: Query, hits: Hits, rules: Rules) -> Answer:
    """The answer while answering is switched off: the notice, the units to call, the documents of `hits`."""
    return refusal_saying(rules.announcement, question, query, hits, Ending.CLOSED)


def refusal_saying(
    text: str,
    question: Question,
    query: Query,
    hits: Hits,
    ending: Ending,
    confidence: float = 0.0,
    *,
    units_from: int = NEAREST,
) -> Answer:
    """The refusal `text` with the nearest documents, and the units that the first `units_from` hits name."""
    return Answer(
        question=question.text,
        rewritten=query.text,
        kind=ENDING_KIND[ending],
        ending=ending,
        text=text,
        confidence=confidence,
        candidates=candidates(hits),
        departments=each_once((*query.units, *units_of(hits.kept[:units_from]))),
    )


def candidates(hits: Hits) -> tuple[Candidate, ...]:
    """The NEAREST best documents of `hits`, each with its best passage."""
    nearest: dict[str, Candidate] = {}
    for hit in hits.kept:
        if len(nearest) < NEAREST and hit.document.id not in nearest:
            nearest[hit.document.id] = Candidate(
                document=hit.document.title,
                document_id=hit.document.id,
                section=" > ".join(hit.chunk.heading_path),
                url=viewer_url(hit.document.id, hit.chunk.span),
                score=round(hit.score, 4),
            )
    return tuple(nearest.values())


def units_of(hits: Sequence[Hit]) -> tuple[str, ...]:
    """The units that `hits` name, lead units (牵头单位) of each hit before the responsible ones."""
    return each_once(unit for hit in hits for unit in (*hit.chunk.lead_units, *hit.chunk.responsible_units))


def each_once(units: Iterable[str]) -> tuple[str, ...]:
    """`units` in their order, without repetitions."""
    return tuple(dict.fromkeys(units))
