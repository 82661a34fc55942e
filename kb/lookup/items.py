"""Questions about one item of a list in prose: the item answers, not the sentence that introduces all.

    2019年清明节放几天      三、清明节：4月5日放假…, not 现将元旦、春节、清明节…安排通知如下
    2019年重阳节放假几天    refused: the list names seven holidays, and not this one

Answers are quoted as ever (kb.answering.quoting); only the passages to quote from are chosen here.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from kb.answers import Answer
from kb.controls import wording
from kb.controls.rules import Rules
from kb.hits import Hit, Hits
from kb.lookup.tables import as_typed, listed, newest_of, not_listed
from kb.models import PolicyDocument, Question
from kb.question.understanding import Query
from kb.storage.documents import Documents
from kb.tables.grid import plain
from kb.tables.items import Item, ItemList, lists_of
from kb.tables.words import Word, holds, words_of

_UNFOUND_SCORE = 0.5  # share of the best score for a passage of the item that the search did not find
_SILENT = 0.8  # share of their score for passages of the item that do not tell what was asked
_FEW = 2  # words between an item that is missing and what the list is about: 生育 支出 专项附加扣除
_ASKS_AMOUNT = re.compile(r"多少钱|多少元|标准|金额|额度|[扣补交缴领]多少|每月多少|每年多少")
_ASKS_DAYS = re.compile(r"(?:几|多少)天")
_AMOUNT = re.compile(r"\d元|[一二三四五六七八九十百千万]元")
_DAYS = re.compile(r"\d{1,2}(?:月|日|天)")


class ItemLookUp:
    """Finds the item of a list that a question asks for; `documents` gives texts and passages."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def look(self, question: Question, query: Query, hits: Hits, rules: Rules) -> Answer | Hits:
        """The passages about the item asked for, or the refusal that names it; else `hits`."""
        first = hits.kept[0]
        document = self._documents.get(first.document.id)
        if document is None:
            return hits
        text, newest = plain(query.text), plain(newest_of(question))
        for one in lists_of(document, first.chunk.span):
            if not one.holds(first.chunk.span):
                continue
            named = _named(one, newest) if newest else _named(one, text)
            if len(named) == 1:
                return self._about(one, named[0], document, text, hits)
            missing = "" if named else _missing(one, newest, text, document)
            if missing and not _elsewhere(missing, hits, document):
                names = (item.name for item in one.items)
                sentence = rules.say(wording.NOT_LISTED).format(
                    title=document.title, listed=listed(names), item=as_typed(missing, query.own)
                )
                return not_listed(question, query, hits, sentence)
        return hits

    def _about(self, one: ItemList, item: Item, document: PolicyDocument, text: str, hits: Hits) -> Hits:
        """`hits` with the passages of `item` first, and none of the rest of its document."""
        best = hits.kept[0]
        scores = {hit.chunk.id_: hit.score for hit in hits.kept}
        inside = [
            Hit(
                chunk=chunk,
                document=best.document,
                score=scores.get(chunk.id_, _UNFOUND_SCORE * best.score),
                signals=best.signals,
            )
            for chunk in self._documents.chunks_of(document.id)
            if chunk.span.start < item.span.end and item.span.start < chunk.span.end
        ]
        if not inside:
            return hits
        inside.sort(key=lambda hit: (_tells(text, hit.chunk.text), hit.score), reverse=True)
        telling = [hit for hit in inside if _tells(text, hit.chunk.text)] or inside
        ranked = [
            hit.model_copy(update={"score": best.score if hit is telling[0] else _SILENT * hit.score})
            for hit in inside
        ]
        others = [hit for hit in hits.kept if hit.document.id != document.id]
        rest = [name for name in (other.name for other in one.items) if name != item.name]
        weights = {
            word: weight
            for word, weight in hits.weights.items()
            if word in item.name or not any(word in name for name in rest)
        }
        kept = (*ranked, *others)
        return hits.model_copy(update={"kept": kept, "weights": weights or hits.weights})


def _tells(question: str, passage: str) -> bool:
    """Whether `passage` holds the amount or the days that `question` asks for."""
    if _ASKS_AMOUNT.search(question):
        return _AMOUNT.search(plain(passage)) is not None
    return bool(_ASKS_DAYS.search(question)) and _DAYS.search(plain(passage)) is not None


def _named(one: ItemList, text: str) -> list[Item]:
    """The items that `text` names; one named only as part of a longer one is not meant."""
    found = [item for item in one.items if item.name in text and (not one.kind or _is_kind(one, item, text))]
    return [
        item
        for item in found
        if not any(item.name != other.name and item.name in other.name for other in found)
    ]


def _is_kind(one: ItemList, item: Item, text: str) -> bool:
    """Whether `text` says the item with what the items are kinds of, or nothing but the item."""
    return text.strip() == item.name or f"{item.name}{one.kind[:3]}" in text


def _missing(one: ItemList, newest: str, text: str, document: PolicyDocument) -> str:
    """The thing that a question asks for like an item of the list, and the document does not speak of."""
    whole = plain(f"{document.title}\n{document.text}")
    words = words_of(newest or text)
    for place, word in enumerate(words):
        if not word.noun or holds(whole, word.text) or holds(one.about, word.text):
            continue
        end = _end_of_item(words[place:], one, whole)
        if newest and len(words) == 1:
            return word.text
        if end is not None:
            return (newest or text)[word.start : end]
    return ""


def _end_of_item(words: Sequence[Word], one: ItemList, whole: str) -> int | None:
    """Where the item ends that begins with the first of `words`: before what the list is about.

    Words of the document behind it (全国, in 重阳节全国放假) are no part of it.
    """
    end = words[0].end
    for before, after in pairwise(words[: _FEW + 2]):
        if after.start - before.end > 1:
            return None
        if holds(one.about, after.text):
            return end
        end = end if holds(whole, after.text) else after.end
    return None


def _elsewhere(missing: str, hits: Hits, document: PolicyDocument) -> bool:
    """Whether a passage of another document speaks of `missing`."""
    others = (hit for hit in hits.kept if hit.document.id != document.id)
    words = [word.text for word in words_of(missing)] or [missing]
    return any(all(holds(plain(hit.chunk.indexed_text), word) for word in words) for hit in others)
