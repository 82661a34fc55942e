"""Which of the passages that fit a question nearly equally well comes first, and places without documents.

    a rule before a plan       要点, 工作方案, 总结 say what offices are to do; unless that is asked for
    local before national      when both rule the point; a document of another place comes last
    a place by its name        浔阳区的… is answered from that place's documents; a place that no document
                               speaks of is refused by name

The places of the service are those that titles and issuers of its documents name most often; no setting says
them. Only the order of passages is changed, and only among those of nearly the same score.
"""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum

from kb.answering.refusal import refusal_saying
from kb.answers import Answer, Ending
from kb.controls import wording
from kb.controls.rules import Rules
from kb.hits import Hit, Hits
from kb.language.facets import Facet, facets_of
from kb.language.normalise import canonical
from kb.language.word_weights import share_held
from kb.lookup.document_places import DocumentPlaces, Map
from kb.lookup.saying import filled
from kb.models import Question
from kb.question.places import bare, places_in
from kb.question.understanding import Query

NEAR = 0.86  # share of the best score from which a passage fits nearly as well
_NEAR_PLAN = 0.8  # the same for a rule behind a passage of a plan
_NEAR_OTHER = 0.8  # and for a rule that holds here behind one of another place
_HELD = 0.9  # share of what the best passage holds of the question's words
_PLAN = re.compile(
    r"要点|工作(?:安排|计划|方案|总结|报告)|行动(?:方案|计划)|任务(?:分工|清单)|年度报告|年报|总结$|情况的?通报"
)
_PLAN_ASKED = re.compile(
    r"要点|工作安排|计划|工作方案|行动|任务|牵头|责任(?:单位|部门)|举措|今年|本年|年度|年底|20\d\d年?|月底|总结|报告|"
    r"台账|推进|落实|部署|完成"
)
_LEFT = ("从", "由", "离开")
_CAME = re.compile(r"[市省]?(?:的?户口|户籍|籍|人(?![民员大社])|来|回来|毕业|转|迁|办下来|办的|交的|参保)")


class Level(IntEnum):
    """How near the issuer of a document is to the people who ask; the nearest comes first."""

    NAMED = 0  # of the place that the question names
    LOCAL = 1
    NATIONAL = 2
    ELSEWHERE = 3


class Priorities:
    """A HitLookUp; `places` are those of the documents."""

    def __init__(self, places: DocumentPlaces) -> None:
        self._places = places

    def look(self, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer | Hits:
        """`hits` in the right order; the refusal when the question names a place without documents."""
        named = places_in(query.own)
        places = self._places.current()
        if missing := self._missing(named, query.own, places):
            return no_place(missing, question, query, hits, rules)
        ranked = _nearest_first(hits, places, frozenset(named))
        if not _asks_for_plan(query.text):
            ranked = _rules_first(ranked, hits.weights)
        return hits.model_copy(update={"kept": tuple(ranked)})

    def _missing(self, named: Sequence[str], text: str, places: Map) -> str:
        """The place in `named` that no document speaks of; "" when there is none.

        With several places (九江市浔阳区) one that is known is enough; where somebody comes from is no place
        that is asked about.
        """
        asked = [place for place in named if not _comes_from(place, text)]
        if not asked or any(bare(place) in map(bare, places.own) for place in asked):
            return ""
        known = any(self._places.speak_of(bare(place)) for place in asked)
        return "" if known else asked[-1]


def no_place(place: str, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer:
    """The refusal that says that nothing is known of `place`, with the nearest documents."""
    lines = (wording.REFUSAL_NEXT, wording.REFUSAL_NEAREST)
    text = filled(rules.say(wording.NO_PLACE), place=place) + "".join(map(rules.say, lines))
    return refusal_saying(text, question, query, hits, Ending.NOT_SAID, units_from=1)


def is_plan(title: str) -> bool:
    """Whether a document of this title tells what offices are to do or have done, instead of a rule.

    >>> is_plan("2023年浔阳区政务公开工作要点"), is_plan("浔阳区临时救助实施办法")
    (True, False)
    """
    return bool(_PLAN.search(canonical(title)))


def _comes_from(place: str, text: str) -> bool:
    """Whether `text` only says that somebody comes from `place`, or left it."""
    before, _, after = canonical(text).partition(bare(place))
    return before.endswith(_LEFT) or bool(_CAME.match(after))


def _asks_for_plan(text: str) -> bool:
    return bool(_PLAN_ASKED.search(canonical(text))) or Facet.UNITS in facets_of(text)


def _nearest_first(hits: Hits, places: Map, named: frozenset[str]) -> Sequence[Hit]:
    """The hits with the first of the nearest level first, if it speaks of the point nearly as well."""
    kept, best = hits.kept, hits.kept[0]
    levels = [_level(frozenset(places.of(hit.document.id)), places.own, named) for hit in kept]
    least = (_NEAR_OTHER if levels[0] is Level.ELSEWHERE else NEAR) * best.score
    near = [
        (level, place)
        for place, (hit, level) in enumerate(zip(kept, levels, strict=True))
        if level < levels[0]
        and hit.score >= least
        and is_plan(hit.document.title) <= is_plan(best.document.title)
        and _speaks_as_well(hit, best, hits.weights)
    ]
    return _lifted(kept, min(near)[1]) if near else kept


def _speaks_as_well(hit: Hit, best: Hit, weights: Mapping[str, float]) -> bool:
    """Whether a passage holds nearly as much of the question's words as the best one."""
    own, other = (share_held(weights, canonical(one.chunk.indexed_text)) for one in (hit, best))
    return own >= _HELD * other


def _level(places: frozenset[str], own: frozenset[str], named: frozenset[str]) -> Level:
    if named & places:
        return Level.NAMED
    if own & places:
        return Level.LOCAL
    return Level.ELSEWHERE if places else Level.NATIONAL


def _rules_first(hits: Sequence[Hit], weights: Mapping[str, float]) -> Sequence[Hit]:
    """`hits` with the best rule first where a plan is, when the rule speaks of the point nearly as well."""
    best = hits[0]
    if not is_plan(best.document.title):
        return hits
    place = next(
        (
            place
            for place, hit in enumerate(hits)
            if not is_plan(hit.document.title)
            and hit.score >= _NEAR_PLAN * best.score
            and _speaks_as_well(hit, best, weights)
        ),
        0,
    )
    return _lifted(hits, place)


def _lifted(hits: Sequence[Hit], place: int) -> Sequence[Hit]:
    """`hits` with the one at `place` first; the scores stay in their order."""
    order = [hits[place], *hits[:place], *hits[place + 1 :]]
    return [hit.model_copy(update={"score": earlier.score}) for hit, earlier in zip(order, hits, strict=True)]
