"""Asks one question back beside the answer to an open question, and reads what is answered to it.

    低保                 您想了解低保的哪一方面？  申请条件 | 怎么申请 | 要带什么材料
    医保由谁缴费          …有不同的情况，您问的是哪一种？  职工… | 城镇居民…

Only sides that the passages found tell are offered. Nothing is asked when an answer to the question before
asked back already, nor when one reading is clearly meant.
"""

import re
from collections.abc import Sequence

from kb.answers import Answer, Clarifying, Ending, Option
from kb.controls import wording
from kb.controls.rules import Rules
from kb.hits import Hit, Hits
from kb.language.normalise import canonical
from kb.language.numerals import number_value
from kb.lookup.clarifying.kinds import NEAR, kinds_in
from kb.lookup.clarifying.open_matter import bare_matter
from kb.lookup.clarifying.sides import forms, told_sides
from kb.lookup.courtesies import AskAgain
from kb.lookup.document_places import DocumentPlaces, Map
from kb.lookup.saying import filled
from kb.models import Question
from kb.question.places import places_in
from kb.question.rewrite import leans_on_history
from kb.question.understanding import Query

_ANSWERED = (Ending.QUOTED, Ending.GENERATED)
_LEAST, _MOST = 2, 5  # options
_EARLIER = 2  # questions before the one before, when it is asked once more
_LONGEST_REPLY = 12  # characters
_ENDS = " ?？。.!！,，、吧的了"
_ORDINAL = re.compile(
    r"(?:我?(?:选|要|问|说)的?是?)?第?(?P<number>[\d一二两三四五六])(?:个|种|项|条|样)?(?:的|方面|情况)?"
)
_LAST = re.compile(r"(?:我?(?:选|要|问)的?是?)?(?:最后|后面|后)(?:那|一|面)?(?:个|种|项|者)?")
_LEAD = re.compile(r"^(?:我?(?:想|要)?(?:选|问|说|了解|知道|看)(?:的?是)?|是|那)")


def clarify(question: Question, answer: Answer, hits: Hits, places: Map, rules: Rules) -> Clarifying | None:
    """The question back that goes with `answer`, which was found in `hits`; None when it is not open."""
    goes_on = bool(question.history) and leans_on_history(question.text)
    if answer.ending not in _ANSWERED or not hits.kept or goes_on:
        return None
    matter = bare_matter(question.text)
    if matter is not None:
        return _of_sides(matter, answer, hits.kept, rules)
    if question.history:
        return None
    return _of_places(question, hits.kept, places, rules) or _of_kinds(answer, hits, rules)


class Clarifications:
    """Asks back, and never twice in a row; `ask_again` answers an earlier question once more."""

    def __init__(self, places: DocumentPlaces, ask_again: AskAgain) -> None:
        self._places = places
        self._ask_again = ask_again

    def ask(self, question: Question, answer: Answer, hits: Hits, rules: Rules) -> Clarifying | None:
        """The question back beside `answer`, its own or another; None when nothing is to be asked."""
        asked = answer.clarifying or clarify(question, answer, hits, self._places.current(), rules)
        return asked if asked and self._asked_before(question) is None else None

    def answer(self, question: Question, query: Query, rules: Rules) -> Answer | None:
        """The answer to the option that `question` chooses; None when it chooses none (a LookUp)."""
        reply = canonical(question.text).strip(_ENDS)
        before = question.before
        if before is None or not _may_choose(reply, before, rules):
            return None
        asked = self._asked_before(question)
        chosen = asked and choice(reply, asked.options)
        if not chosen:
            return None
        found = self._ask_again(question.model_copy(update={"text": chosen.question, "history": ()}))
        return found.model_copy(update={"question": question.text, "clarifying": None})

    def _asked_before(self, question: Question) -> Clarifying | None:
        """What was asked back beside the answer to the question before."""
        before = question.before
        if before is None:
            return None
        return self._ask_again(before.model_copy(update={"history": before.history[-_EARLIER:]})).clarifying


def choice(reply: str, options: Sequence[Option]) -> Option | None:
    """The one of `options` that canonical `reply` means: by number, or by words that only its label has.

    >>> choice("第二个", (Option(label="职工", question="a"), Option(label="居民", question="b"))).label
    '居民'
    """
    if found := _ORDINAL.fullmatch(reply):
        number = number_value("二" if found["number"] == "两" else found["number"])
        return options[number - 1] if number and 0 < number <= len(options) else None
    if _LAST.fullmatch(reply):
        return options[-1]
    words = _words(reply)
    if len(words) == 1:
        return None
    labels = [canonical(option.label) for option in options]
    meant = [
        option for option, label in zip(options, labels, strict=True) if words in label or label in words
    ]
    exact = [option for option, label in zip(options, labels, strict=True) if words == label]
    return exact[0] if exact else meant[0] if len(meant) == 1 else None


def _words(reply: str) -> str:
    return _LEAD.sub("", reply).strip(_ENDS)


def _may_choose(reply: str, before: Question, rules: Rules) -> bool:
    """Whether `reply` may choose an option: only then `before`, the question before, is asked once more."""
    words = _words(reply)
    if not 0 < len(reply) <= _LONGEST_REPLY or reply.endswith("呢"):  # 居民呢 goes on by itself
        return False
    if _ORDINAL.fullmatch(reply) or _LAST.fullmatch(reply):
        return True
    if bare_matter(before.text) is None:
        return bare_matter(words) is not None or bool(places_in(words))
    labels = [canonical(rules.say(form.label)) for form in forms()]
    return bool(words) and any(words in label or label in words for label in labels)


def _of_sides(matter: str, answer: Answer, hits: Sequence[Hit], rules: Rules) -> Clarifying | None:
    official = bare_matter(answer.rewritten) or matter
    told = set(told_sides(official, hits))
    options = tuple(
        Option(label=rules.say(form.label), question=filled(rules.say(form.question), topic=matter))
        for form in forms()
        if form.side in told
    )[:_MOST]
    if len(options) < _LEAST:
        return None
    return Clarifying(question=filled(rules.say(wording.CLARIFY_SIDE), topic=matter), options=options)


def _of_places(question: Question, hits: Sequence[Hit], places: Map, rules: Rules) -> Clarifying | None:
    """Which place is meant, when near passages are of several and the service is not of one of them alone."""
    if places_in(question.text):
        return None
    near = [places.of(hit.document.id) for hit in hits if hit.score >= NEAR * hits[0].score]
    found = list(dict.fromkeys(one[-1] for one in near if one))
    is_own = len(places.own) == 1 and bool(places.own & set(found))
    if not near[0] or len(found) < _LEAST or is_own:
        return None
    text = question.text.strip()
    options = tuple(Option(label=place, question=f"{place}{text}") for place in found[:_MOST])
    return Clarifying(question=rules.say(wording.CLARIFY_PLACE), options=options)


def _of_kinds(answer: Answer, hits: Hits, rules: Rules) -> Clarifying | None:
    found = kinds_in(answer.rewritten, hits.weights, hits.kept)
    if found is None:
        return None
    text = canonical(answer.rewritten)
    options = tuple(
        Option(label=label, question=text.replace(found.word, label, 1)) for label in found.labels[:_MOST]
    )
    return Clarifying(question=filled(rules.say(wording.CLARIFY_KIND), topic=found.word), options=options)
