"""Writes two articles one under the other, the older first, and what differs between them."""

from collections.abc import Sequence

from kb.controls import wording
from kb.language.normalise import canonical
from kb.language.word_weights import content_words
from kb.lookup.articles.provisions import Article
from kb.lookup.articles.replies import Replies
from kb.lookup.articles.titles import bare_name
from kb.lookup.articles.written import bare_title
from kb.lookup.comparing.differences import Change, differences
from kb.lookup.comparing.matters import Text
from kb.models import Status

Pair = tuple[Article | None, Article | None]  # in the older text and in the newer
_OF_EDITIONS = {
    Change.REPLACED: wording.COMPARED_REPLACED,
    Change.ADDED: wording.COMPARED_ADDED,
    Change.LEFT_OUT: wording.COMPARED_LEFT_OUT,
}
_OF_OTHERS = {
    Change.REPLACED: wording.COMPARED_BOTH,
    Change.ADDED: wording.COMPARED_ONLY_NEWER,
    Change.LEFT_OUT: wording.COMPARED_ONLY_OLDER,
}


def side_by_side(pair: Pair, texts: Sequence[Text], topic: str, replies: Replies) -> str:
    """The articles of `pair`, each of one of `texts`, under their heads, then what differs.

    `topic` is the matter that was asked for, "" where the article was asked for by its number.
    """
    editions = bare_name(texts[0].document.title) == bare_name(texts[1].document.title)
    heads = (wording.COMPARED_OLDER, wording.COMPARED_NEWER) if editions else (wording.COMPARED_OTHER,) * 2
    parts = [
        _one(head, text, article, topic, replies)
        for head, text, article in zip(heads, texts, pair, strict=True)
    ]
    if pair[0] and pair[1]:
        parts.append(_changes(texts[0].words(pair[0]), texts[1].words(pair[1]), editions, replies))
    return "\n\n".join(parts)


def _one(head: str, text: Text, article: Article | None, topic: str, replies: Replies) -> str:
    """One side: its head, and the article or that there is none."""
    document = text.document
    dated = str(document.dated or replies.say(wording.UNDATED))
    lines = [
        replies.say(
            head,
            title=bare_title(document.title),
            date=f"{dated}，{document.status.value}" if document.status is not Status.IN_FORCE else dated,
            place=article.label if article else "",
        )
    ]
    lines.append(text.words(article) if article else replies.say(wording.COMPARED_NOTHING))
    if article and topic and not _mentions(topic, lines[-1]):
        lines.append(replies.say(wording.COMPARED_UNSAID, topic=topic))
    return "\n".join(lines)


def _mentions(topic: str, words: str) -> bool:
    """Whether `words` hold any word of `topic`."""
    text = canonical(words)
    return any(part in text for part in (canonical(topic), *content_words(topic)) if len(part) > 1)


def _changes(older: str, newer: str, editions: bool, replies: Replies) -> str:
    """What differs between two texts, a line for each difference."""
    found = differences(older, newer)
    if found is None:
        return replies.say(wording.COMPARED_FAR)
    if not found:
        return replies.say(wording.COMPARED_SAME)
    sentences = _OF_EDITIONS if editions else _OF_OTHERS
    lines = [replies.say(sentences[one.change], older=one.older, newer=one.newer) for one in found]
    return "\n".join([replies.say(wording.COMPARED_CHANGES), *lines])
