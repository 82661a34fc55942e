"""The short version of an answer: the one clause that decides, in the document's words."""

import re
from collections.abc import Sequence
from itertools import takewhile

from kb.answers import Answer
from kb.language.facets import EVIDENT, facets_of
from kb.language.normalise import canonical
from kb.language.sentences import clauses, sentences
from kb.language.word_weights import content_words, share_held
from kb.models import Span

_SHORT = 45  # characters that need not be cut
_SHORT_LIST = 160
_ENTRY = re.compile(r"[(（]?[一二三四五六七八九十\d]{1,3}[)）、.．]")
_EVIDENT = 0.5  # a number where one is asked for weighs as much as half of the question's words
_NOT_ALONE = ("但", "并", "且", "或", "其中", "除", "不")  # a clause that leans on the one before it


def shorter(answer: Answer) -> str:
    """The sentence of `answer` that holds most of what was asked, cut to its decisive clauses when long.

    Of a list it is the line before the entries, with all of them when they are few words: half of the
    conditions would be worse than none. A clause that begins with 但 or 除 keeps the one before.
    """
    lines = [line.strip() for line in answer.text.split("\n") if line.strip()]
    if len(lines) > 1 and lines[0].endswith(("：", ":")):
        return _list(lines)
    text = answer.text
    best = max(sentences(text), key=lambda span: (_worth(answer.rewritten, span.of(text)), -span.start))
    if best.end - best.start <= _SHORT:
        return best.of(text)
    return _decisive(answer.rewritten, text, best)


def _list(lines: Sequence[str]) -> str:
    """The first line of a list with all its entries, or with their number when they are long."""
    entries = list(takewhile(_ENTRY.match, lines[1:]))
    whole = "\n".join((lines[0], *entries))
    if entries and len(whole) <= _SHORT_LIST:
        return whole
    return f"{lines[0].rstrip('：:')}（{f'{len(entries)} 项，' if entries else ''}见出处）。"


def _decisive(question: str, text: str, sentence: Span) -> str:
    """The clauses of `sentence` around the one that answers most, as many as are short."""
    parts = clauses(text, sentence)
    best = max(range(len(parts)), key=lambda place: _worth(question, parts[place].of(text)))
    first = last = best
    while first and parts[first].of(text).startswith(_NOT_ALONE):
        first -= 1
    while last + 1 < len(parts) and parts[last + 1].end - parts[first].start <= _SHORT:
        last += 1
    while last > best and parts[last].of(text).rstrip("，,；;").endswith("的"):
        last -= 1  # a condition without what follows from it
    while first and parts[last].end - parts[first - 1].start <= _SHORT:
        first -= 1
    words = text[parts[first].start : parts[last].end].rstrip("，,；;")
    return f"{'……' if first else ''}{words}{'……' if last + 1 < len(parts) else ''}"


def _worth(question: str, words: str) -> float:
    """How much of what `question` asks `words` say."""
    evident = any(facet in EVIDENT and EVIDENT[facet].search(words) for facet in facets_of(question))
    return share_held(content_words(question), canonical(words)) + _EVIDENT * evident
