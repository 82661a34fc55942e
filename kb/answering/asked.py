"""What may be asked, which of the earlier questions count, and whether a question goes on with them."""

from collections.abc import Callable, Mapping

from kb.controls import wording
from kb.controls.rules import Rules
from kb.errors import QuestionError
from kb.hits import Hits
from kb.language.normalise import canonical
from kb.language.word_weights import share_held
from kb.models import MAX_QUESTION_CHARS, Question
from kb.question.courtesy import without_courtesies, without_frame
from kb.question.rewrite import names_a_thing, things_named
from kb.question.understanding import Query
from kb.reading.reader import Reader
from kb.retrieval.second_reading import likelihood, with_readings

Search = Callable[[str], Hits]  # the best hits for a query
_EVERYDAY = frozenset(("案子", "房子", "车子", "孩子", "票子", "摊子", "厂子", "本子"))
LIKELY = 0.2  # of a passage that answers a follow-up; 0.04 at most where the matter was given up
LEANING = 0.4  # of the likelihood alone is enough together, for a question that names no thing
OWN_HELD, BEFORE_HELD = 0.9, 0.5  # shares of a follow-up's words, and of those of the matter before


def check(question: Question, rules: Rules) -> None:
    """Raise QuestionError for a question that cannot be asked."""
    length = len(question.text.strip())
    if not length:
        raise QuestionError("问题是空的", rules.say(wording.QUESTION_EMPTY))
    if length > MAX_QUESTION_CHARS:
        sentence = rules.say(wording.QUESTION_TOO_LONG).format(length=length, limit=MAX_QUESTION_CHARS)
        raise QuestionError(sentence, sentence)


def with_useful_history(question: Question) -> Question:
    """`question` without greeting and thanks around it, its history cut and without what was no question.

    No earlier question was longer than this one may be.
    """
    turns = without_courtesies(tuple(turn[:MAX_QUESTION_CHARS] for turn in question.history))
    history = tuple(map(without_frame, turns))
    return question.model_copy(update={"text": without_frame(question.text), "history": history})


def as_it_goes_on(query: Query, own: Hits, search: Search, reader: Reader | None) -> tuple[Query, Hits]:
    """`query` and its hits: its `own`, or those found with what was talked about before, if it goes on.

    The question before is tried first, then the matter that the conversation named last. A sure follow-up is
    joined to the question before already; where that names no matter (租房能提吗), it goes on with the last
    one named.
    """
    own = with_readings(reader, query.text, own)
    # an everyday word that was put into the documents' words (低保) is a thing named
    leaning = query.text == query.own and not names_a_thing(query.text)
    for joined in filter(None, (query.joined, query.named)):
        together = with_readings(reader, joined, search(joined))
        if goes_on(own, together, leaning=leaning):
            return query.model_copy(update={"text": joined, "follows": True}), together
    return query, own


def goes_on(own: Hits, together: Hits, *, leaning: bool = False) -> bool:
    """Whether a question that may be a follow-up is one.

    `own` are its hits when it stands alone, `together` those found with the matter before it. Where the words
    do not tell (单位不让休怎么补钱, after 年休假), the reader does: it finds the answer only together. One
    that names no thing (证什么时候送到) is rather `leaning` on the question before.
    """
    if speaks_of_both(together, own.weights):
        return True
    return _likelihood(together) >= max(LIKELY, _likelihood(own) * (LEANING if leaning else 1))


def _likelihood(hits: Hits) -> float:
    """How likely one of `hits` answers, by the reader or because it is known to; 0 when neither tells."""
    return max(map(likelihood, hits.kept), default=0.0)


def is_beside(matter: str, text: str) -> bool:
    """Whether `text` speaks of something else: it holds none of the things that `matter` names.

    What a follow-up asks (多久能办好) stands in many documents; one that knows nothing of 护照 is no answer.
    """
    things, plain = things_named(matter), canonical(text)
    return bool(things) and not any(_stands_in(thing, plain) for thing in things)


def _stands_in(thing: str, text: str) -> bool:
    """Whether `text` holds `thing`, or the two characters that it begins or ends with (双胞胎, 多胞胎).

    What people call 案子 or 房子 is 案件 or 房屋 in documents.
    """
    if thing in _EVERYDAY and thing[0] in text:
        return True
    return thing in text or (len(thing) > 2 and (thing[:2] in text or thing[-2:] in text))


def speaks_of_both(hits: Hits, own: Mapping[str, float]) -> bool:
    """Whether the best passage holds a follow-up's `own` words and the matter before it.

    A worse one that does is no sign: a question that stands alone has its answer there by itself.
    """
    text = canonical(hits.kept[0].chunk.indexed_text) if hits.kept else ""
    before = {word: weight for word, weight in hits.weights.items() if word not in own}
    return share_held(own, text) >= OWN_HELD and share_held(before, text) >= BEFORE_HELD
