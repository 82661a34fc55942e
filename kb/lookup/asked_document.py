"""Reads from a question that it asks about a document itself: its outline, validity, issuer, dates, number.

The question names the document (《…》, its title, 保密法), or points to the one spoken of (这个文件), or only
asks (谁印发的？). Nothing else may be left of it (kb/lexicon/collection_words.txt). 它 and a bare
question may mean the matter before instead of its document: they count only with words that fit no matter.
"""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from kb.language.normalise import canonical, question_key, short_title
from kb.lookup.asked_collection import collection_words
from kb.models import Model, PolicyDocument, Status
from kb.question.understanding import is_short_for

_BRACKETED = re.compile(r"《(?P<title>[^《》]{2,80})》")
_POINTING = re.compile(
    r"(?:这|那|该|此|本|上述|上面|刚才|前面)(?:个|份|部|件|项|篇|条(?!例)|的|那个|那份|说的|这个|提到的){0,4}+"
    r"(?:政策文件|文件|政策|通知|规定|条例|办法|法律|法规|法|意见|方案|公告|决定|细则|文|资料|要点)"
)
_IT = re.compile(r"^(?:那|那么)?(?:它|这个?|该)(?!文|政|通|规|条|办|法|意|方|公|决|细|资|要)")
_OF_DOCUMENTS = re.compile(
    r"印发|发文|谁发的|哪个(?:单位|部门|机关)发的|文号|字号|施行|有效|失效|废止|作废|时效"
)
_NAME_END = re.compile(
    r"(?:法|条例|办法|规定|细则|要点|通知|意见|方案|决定|规则|规划|公告|报告|标准|纲要|指南)$"
)
_BEFORE_NAME = re.compile(
    r"^(?:请问一?下?|请|我想知道|想问一?下?|查一?下?|帮我|看看|介绍一下|(?:你们?)?说的|(?:那么?)?[这那]一?[个部份件项篇])++"
)
_SHORTEST_NAME = 3  # characters: 保密法
_LONGEST_ASK = 24


FindHeads = Callable[[], Sequence[PolicyDocument]]


class DocumentAsk(StrEnum):
    """What is asked about a document; the names of the groups of collection_words.txt."""

    OUTLINE = "outline"
    VALIDITY = "validity"
    ISSUER = "issuer"
    ISSUED = "issued"
    EFFECTIVE = "effective"
    NUMBER = "number"


class DocumentRequest(Model):
    """What is asked about a document: the one with this id, named so, or (neither) the one spoken of.

    `words` are those that ask.
    """

    ask: DocumentAsk
    words: str = ""
    document_id: str | None = None
    name: str | None = None
    pointing: bool = False


def asked_of_document(text: str, heads: FindHeads, *, spoken_of: bool = False) -> DocumentRequest | None:
    """The request about a document, one of `heads()`, that `text` is; None for any other question.

    Heads are read only when the rest of the text asks something about a document. `spoken_of`: the turn
    before asked for documents or about one, so that 它 means it (它讲了些什么).
    """
    plain = canonical(text).strip(" ?。!")
    if bracketed := _BRACKETED.search(plain):
        rest = plain[: bracketed.start()] + plain[bracketed.end() :]
        ask = _ask(rest)
        if ask is None:
            return None
        document = _named(bracketed["title"], heads())
        return DocumentRequest(
            ask=ask, words=rest, document_id=document and document.id, name=bracketed["title"]
        )
    if pointed := _POINTING.search(plain):
        rest = plain[: pointed.start()] + plain[pointed.end() :]
        ask = _ask(rest)
        if ask is not None:
            return DocumentRequest(ask=ask, words=rest, pointing=True)
    rest = _IT.sub("", plain)
    points = spoken_of and rest != plain
    if (points or _OF_DOCUMENTS.search(plain)) and (whole := _ask(rest)):
        return DocumentRequest(ask=whole, words=rest)
    return _by_name(plain, heads)


def _by_name(plain: str, heads: FindHeads) -> DocumentRequest | None:
    """The request that names one of `heads()` without brackets, as its first words."""
    for end in range(len(plain) - 1, max(_SHORTEST_NAME, len(plain) - _LONGEST_ASK) - 1, -1):
        ask = _ask(plain[end:])
        name = _BEFORE_NAME.sub("", plain[:end])
        if ask is not None and (document := _named(name, heads())):
            return DocumentRequest(ask=ask, words=plain[end:], document_id=document.id, name=name)
    return None


def _ask(rest: str) -> DocumentAsk | None:
    key = question_key(rest)
    return next((ask for ask in DocumentAsk if collection_words()[ask].make(key)), None)


def _named(name: str, heads: Sequence[PolicyDocument]) -> PolicyDocument | None:
    """The document called `name`: by its whole title, else by a short form; one in force, the newest."""
    plain = canonical(name).strip("《》 ")
    exact = [head for head in heads if plain in (short_title(head.title), canonical(head.title))]
    if not exact and len(plain) >= _SHORTEST_NAME and _NAME_END.search(plain):
        fitting = [head for head in heads if is_short_for(plain, head.title)]
        closest = min((len(head.title) for head in fitting), default=0)
        exact = [head for head in fitting if len(head.title) == closest]
    in_force = [head for head in exact if head.status is Status.IN_FORCE]
    return max(in_force or exact, key=lambda head: str(head.dated or ""), default=None)
