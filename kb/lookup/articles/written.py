"""Writes places and documents as official texts do: 第二十九条第二款, 《社会保险法》（2018-12-29）."""

from collections.abc import Iterable

from kb.lookup.articles.places import Place
from kb.lookup.articles.provisions import Article, Series, paragraphs
from kb.models import DocumentSummary

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_COUNTRY = "中华人民共和国"


def numeral(number: int) -> str:
    """`number`, 0 to 9999, as articles are numbered.

    >>> numeral(29), numeral(10), numeral(103), numeral(1042)
    ('二十九', '十', '一百零三', '一千零四十二')
    """
    if not number:
        return _DIGITS[0]
    written, gap = "", False
    for place, digit in zip(range(len(str(number)) - 1, -1, -1), map(int, str(number)), strict=True):
        gap = gap or not digit
        if digit:
            written += (_DIGITS[0] if gap and written else "") + _DIGITS[digit] + _UNITS[place]
            gap = False
    return written.removeprefix("一") if 10 <= number < 20 else written


def label_of(place: Place) -> str:
    """The place in words: 第四十二条之一第二款第（三）项."""
    parts = [f"第{numeral(place.article)}条" if place.article else ""]
    parts.append(f"之{numeral(place.sub)}" if place.sub else "")
    parts.append(f"第{numeral(place.paragraph)}款" if place.paragraph is not None else "")
    parts.append(f"第（{numeral(place.item)}）项" if place.item is not None else "")
    return "".join(parts)


def range_of(series: Series | None, place: Place) -> str:
    """How far the articles of a text go, which does not have the article at `place`: 共七十条."""
    if series is None:
        return "不是按条编写的"
    last = max(one.number for one in series.articles)
    if series.is_whole:
        return f"共{numeral(last)}条"
    spread = f"从{series.articles[0].label}到第{numeral(last)}条"
    return f"{spread}，但读到的文字里" if place.article < last else spread  # repealed, or not read


def parts_of(text: str, article: Article, place: Place) -> str:
    """What `article` has instead of the paragraph or item at `place`: 共两款, 没有分项."""
    parts = paragraphs(text, article)
    if place.paragraph is not None and not 1 <= place.paragraph <= len(parts):
        return f"共{numeral(len(parts)).replace('二', '两') if len(parts) == 2 else numeral(len(parts))}款"
    within = parts if place.paragraph is None else parts[place.paragraph - 1 : place.paragraph]
    items = [number for part in within for number in part.items]
    return f"列有（{numeral(min(items))}）至（{numeral(max(items))}）项" if items else "没有分项"


def bare_title(title: str) -> str:
    """`title` without 中华人民共和国, as printed."""
    return title.removeprefix(_COUNTRY) or title


def quoted(titles: Iterable[str]) -> str:
    """Titles in 《》, each once."""
    return "、".join(dict.fromkeys(f"《{title}》" for title in titles))


def dated_titles(documents: Iterable[DocumentSummary], undated: str) -> str:
    """The titles of `documents` with their dates, or `undated`, and numbers."""
    named = (
        f"《{one.title}》（{'，'.join(filter(None, (str(one.dated or undated), one.number)))}）"
        for one in documents
    )
    return "、".join(dict.fromkeys(named))
