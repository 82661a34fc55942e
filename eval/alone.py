"""Whether an answer cites what was asked for and nothing beside it."""

import re
from collections.abc import Mapping, Sequence

from eval import metrics
from eval.dataset import Item
from kb.answers import Citation

_ARTICLE = re.compile(r"第[一二三四五六七八九十百千零]+条")
_ARTICLE_LINE = re.compile(r"^[#\s]{0,8}(第[一二三四五六七八九十百千零]+条)", re.MULTILINE)


def stands_alone(item: Item, citations: Sequence[Citation], texts: Mapping[str, str]) -> bool:
    """Whether every one of `citations`, and there is one, is of what `item` asks for.

    `texts` holds the text of the documents that the item names, by id. Where the item's section is an
    article (第二十六条; several may be named), a citation lies within it; else it says a key point, or is
    part of the evidence.
    """
    labels = set(_ARTICLE.findall(item.section or ""))
    if labels:
        spans = {name: articles(text, labels) for name, text in texts.items()}
        return bool(citations) and all(
            any(start <= one.start and one.end <= end for start, end in spans.get(one.document_id, []))
            for one in citations
        )
    return bool(citations) and all(
        one.document_id in texts and _is_expected(item, one.quote) for one in citations
    )


def articles(text: str, labels: set[str]) -> list[tuple[int, int]]:
    """Start and end of each article of `labels` in `text`: from its number to that of the next article."""
    starts = [(found[1], found.start()) for found in _ARTICLE_LINE.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    return [(start, end) for (label, start), end in zip(starts, ends, strict=True) if label in labels]


def _is_expected(item: Item, quote: str) -> bool:
    return any(metrics.says(point, quote) for point in item.key_points) or any(
        metrics.mostly_stands_in(quote, evidence) or metrics.mostly_stands_in(evidence, quote)
        for evidence in item.evidence
    )
