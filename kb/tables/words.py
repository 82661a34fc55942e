"""The words of a question about a table: what they name, and whether a text of the table holds them."""

import re
from collections.abc import Iterable, Sequence

import rjieba

from kb.language.word_lists import word_list
from kb.language.word_weights import part_of_speech_factor, read_question_words
from kb.models import Model
from kb.tables.ranges import amounts_in

_NOUN = 1.0  # least part-of-speech factor of a word that names a thing
_LEAST = 0.5
_ORDINAL = re.compile(r"(?<![\da-z.])(?:\d{1,6}|[a-z])(?:级|类|档|等|期|批|组|星|孩|胎|区|型|号线?|种)(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?=年|\D|$)")
_ASKING = re.compile(
    r"百分之几|哪[些个几种类]?|什么|怎么|如何|(?:多少|几)个?(?:个?月|年|天|日|小时|工作日|[个项种元块])|多少"
)
_PHRASE_TAGS = "lixnjb"  # set phrases and unknown words of three characters or more: 退役军人, 失独家庭
_PLACES = tuple("镇乡村区县街市州省局院校站所园")  # what a name is the name of: 青云镇
_LATIN = re.compile(r"[\da-z]")
# Words of asking and of paying that name no item; persons whom every item is for.
_NEUTRAL = frozenset(word for line in word_list("table_words.txt") for word in line.split())


class Word(Model):
    """A word of a question at [start, end) of its plain text; `noun`: it names a thing."""

    text: str
    start: int
    end: int
    noun: bool


def words_of(question: str) -> tuple[Word, ...]:
    """The words of `question` in plain form that may name an item, a column or a year; in their order."""
    amounts = _amount_places(question)
    found = [
        Word(text=match[0], start=match.start(), end=match.end(), noun=True)
        for pattern in (_ORDINAL, _YEAR)
        for match in pattern.finditer(question)
        if not any(place.start <= match.start() < place.end for place in amounts)
    ]
    taken = [*found, *amounts]
    place = 0
    unasked = _ASKING.sub(lambda match: " " * len(match[0]), question)  # 哪些项目 is one word to the tagger
    for word, tag in rjieba.tag(unasked, False):
        start, place = place, place + len(word)
        factor = part_of_speech_factor(word, tag)
        is_new = not any(start < other.end and other.start < place for other in taken)
        is_phrase = len(word) > 2 and tag[0] in _PHRASE_TAGS and not word.isspace()
        if not is_new or len(word) < 2 or word in read_question_words() | _NEUTRAL:
            continue
        if factor >= _LEAST or is_phrase:
            noun = factor >= _NOUN or tag[0] in "ts" or is_phrase
            found.append(Word(text=word, start=start, end=place, noun=noun))
    return tuple(sorted(found, key=lambda word: word.start))


def holds(text: str, word: str) -> bool:
    """Whether plain `text` holds `word`: whole, or by all its pairs of characters."""
    if _LATIN.search(word):
        return _holds_whole(text, word)
    if len(word) > 2 and word.endswith("费") and word[:-1] in text:
        return True  # 停车费 is what 停车收费标准 is about
    return word in text or (len(word) > 2 and all(word[at : at + 2] in text for at in range(len(word) - 1)))


def _holds_whole(text: str, word: str) -> bool:
    """Whether `text` holds `word` with no further letter or digit beside it: 2级, not 12级."""
    start = text.find(word)
    while start >= 0:
        before, after = text[:start][-1:], text[start + len(word) :][:1]
        if not _LATIN.search(before) and not after.isdigit():
            return True
        start = text.find(word, start + 1)
    return False


def held_in(text: str, words: Iterable[Word]) -> tuple[Word, ...]:
    """Those of `words` that plain `text` holds."""
    return tuple(word for word in words if holds(text, word.text))


def cuts_word(question: str, start: int, end: int) -> bool:
    """Whether [start, end) of `question` leaves a single character of a word over: 博士 in 博士后."""
    place = 0
    for word in rjieba.cut(question, False):
        begin, place = place, place + len(word)
        if (begin < start < place and start - begin == 1) or (begin < end < place and place - end == 1):
            return True
    return False


def phrase(question: str, missing: Sequence[Word], known: Sequence[Word]) -> str:
    """The words of `question` from the first to the last of `missing`, with the `known` words beside them."""
    start, end = missing[0].start, missing[0].end
    for word in missing[1:]:
        end = word.end if word.start <= end + 1 else end
    for word in reversed(known):
        start = word.start if word.end == start else start
    following = next((word for word in known if word.start == end), None)
    if following is None and question[end : end + 1] in _PLACES:
        end += 1
    return question[start : following.end if following else end]


def _amount_places(question: str) -> list[Word]:
    places = []
    for amount in amounts_in(question):
        at = question.find(amount.said)
        if at >= 0:
            places.append(Word(text=amount.said, start=at, end=at + len(amount.said), noun=False))
    return places
