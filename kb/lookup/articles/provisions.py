"""The articles (条) of a document, their paragraphs (款) and items (项), as places in its text.

A document may hold several texts that count from 第一条: its own and those of its attachments, each a
`Series` with the name that stands above it. A paragraph is a line of an article that opens no item; items
belong to the paragraph before them (立法法 第六十五条: 条、款、项、目).
"""

import re
from collections.abc import Iterator, Sequence

from kb.language.numerals import CHINESE, number_value
from kb.lookup.articles.places import Place
from kb.lookup.articles.titles import bare_name, is_name
from kb.models import Model, PolicyDocument, Section, Span

_ARTICLE = re.compile(
    rf"第(?P<number>[{CHINESE}0-9０-９]{{1,9}})条(?:之(?P<sub>[{CHINESE}0-9０-９]{{1,3}}))?"
)
_ANNEX = re.compile(r"附件[\s\S]{0,6}")
_LINE = re.compile(r"[^\n]+")
_ITEM = re.compile(
    rf"[ \t\u3000]{{0,8}}(?:[(（〔][ ]?(?P<number>[{CHINESE}]{{1,4}})[ ]?[)）〕]"
    rf"|(?P<old>[{CHINESE}]{{1,3}})、)"
)
_BELOW_ITEM = re.compile(r"[ \t\u3000]{0,8}(?:\d{1,2}[ ]?[.．、]|[(（]\d{1,2}[)）]|[①-⑳])")
_APPENDIX = re.compile(
    r"附[ \u3000]?[件录表图则注][^。]{0,40}\Z|附[:：]|"
    r"[^。；：，,;:]{4,40}表[一二三四五六七八九十\d]{0,3}(?:[(（][^()（）]{1,20}[)）])?\Z"
)
_SPACES = re.compile(r"[\s、]")  # between the parts of a title that is printed on several lines
_LONGEST_NAME = 60  # characters
_LINES_ABOVE = 6
_ENDS = "。；：;:！？!?）)”」"


class Article(Model):
    """An article, its number (`sub`: 之一), its label as printed, and its place from the label on."""

    number: int
    sub: int
    label: str
    span: Span


class Series(Model):
    """The articles of one text, in order; `name` is that of an attachment, "" for the document's own text.

    `annex` is the attachment's number, 0 for an attachment without one, None for other texts.
    """

    name: str
    annex: int | None = None
    articles: tuple[Article, ...]

    def article(self, place: Place) -> Article | None:
        """The article that `place` names, None when there is none."""
        return next(
            (one for one in self.articles if (one.number, one.sub) == (place.article, place.sub)), None
        )

    @property
    def is_whole(self) -> bool:
        """Whether the numbers run from 1 without a gap."""
        numbers = sorted({one.number for one in self.articles})
        return numbers == list(range(1, len(numbers) + 1))


class Paragraph(Model):
    """A paragraph (款) with its place, and the places of its items (项) by number."""

    span: Span
    items: dict[int, Span]


def series_of(document: PolicyDocument) -> tuple[Series, ...]:
    """The texts of `document` that are written in articles, in reading order."""
    runs: list[list[tuple[Article, Section]]] = []
    for section in document.sections:
        if not section.table and (found := _ARTICLE.fullmatch(section.number)):
            article = Article(
                number=number_value(found["number"]),
                sub=number_value(found["sub"] or ""),
                label=section.number,
                span=section.span,
            )
            if not runs or (article.number == 1 and not article.sub):
                runs.append([])
            runs[-1].append((article, section))
    return tuple(
        Series(
            name=_name_above(document, run[0][1]) if place else _own_name(document, run[0][1]),
            annex=_annex_of(document, run[0][1]),
            articles=(*(one for one, _ in run[:-1]), _without_appendix(document.text, run[-1][0])),
        )
        for place, run in enumerate(runs)
    )


def _without_appendix(text: str, last: Article) -> Article:
    """The `last` article of a text without what is appended to the text: 附录, a table and its title."""
    end = last.span.end
    for line in _LINE.finditer(text, last.span.start, last.span.end):
        words = line[0].strip(" \t\u3000#*")
        if line.start() > last.span.start and _APPENDIX.match(words):
            end = line.start()
            break
    return last.model_copy(
        update={"span": Span(start=last.span.start, end=len(text[:end].rstrip()) if end else end)}
    )


def _own_name(document: PolicyDocument, first: Section) -> str:
    """The name above the first articles of `document`, "" where that is its own title or the end of it."""
    name = _name_above(document, first)
    return (
        "" if _SPACES.sub("", bare_name(document.title)).endswith(_SPACES.sub("", bare_name(name))) else name
    )


def _annex_of(document: PolicyDocument, first: Section) -> int | None:
    """The number of the 附件 that holds the section `first`, None when none does."""
    while first.parent is not None:
        first = document.sections[first.parent]
        if _ANNEX.fullmatch(first.number):
            return number_value(first.number)
    return None


def _name_above(document: PolicyDocument, first: Section) -> str:
    """The name of the text that the section `first` begins: of its 附件, or the title line above it."""
    top = first
    while top.parent is not None:
        outer = document.sections[top.parent]
        if (_ANNEX.fullmatch(outer.number) or not outer.number) and is_name(bare_name(outer.heading)):
            return outer.heading
        if _ANNEX.fullmatch(outer.number):
            break
        top = outer
    lines = [line.strip(" \t\u3000#*") for line in document.text[: top.span.start].split("\n")]
    above = [line for line in lines if line][-_LINES_ABOVE:]
    return next((line for line in reversed(above) if _is_title(line)), "")


def _is_title(line: str) -> bool:
    name = bare_name(line)
    return len(name) <= _LONGEST_NAME and is_name(name) and not re.search("[。；，,]", line)


def paragraphs(text: str, article: Article) -> tuple[Paragraph, ...]:
    """The paragraphs of `article` in the document's `text`."""
    found: list[Paragraph] = []
    item = 0
    for line in _lines(text, article):
        words = line.of(text)
        if (numbered := _ITEM.match(words)) and found:
            item = number_value(numbered["number"] or numbered["old"])
            found[-1] = _with_item(found[-1], item, line)
        elif found and (_BELOW_ITEM.match(words) or _is_broken(text, found[-1])):
            found[-1] = _with_item(found[-1], item, line)
        else:
            item = number_value(numbered["number"] or numbered["old"]) if numbered else 0
            found.append(Paragraph(span=line, items={item: line} if item else {}))
    return tuple(found)


def _is_broken(text: str, paragraph: Paragraph) -> bool:
    """Whether the line that `paragraph` ends with breaks off in its sentence."""
    return text[paragraph.span.end - 1] not in _ENDS


def _lines(text: str, article: Article) -> Iterator[Span]:
    """The lines of `article` without its number and without white space at their ends."""
    start = article.span.start + len(_printed(text, article))
    for line in _LINE.finditer(text, start, article.span.end):
        words = line[0].strip(" \t\u3000\xa0*：:" if line.start() == start else " \t\u3000\xa0")
        if words:
            place = text.index(words, line.start())
            yield Span(start=place, end=place + len(words))


def _printed(text: str, article: Article) -> str:
    """The article's number as it stands in the text, perhaps with spaces in it."""
    end = article.span.start
    missing = len(article.label)
    while missing and end < article.span.end:
        missing -= not text[end].isspace()
        end += 1
    return text[article.span.start : end]


def _with_item(paragraph: Paragraph, item: int, line: Span) -> Paragraph:
    """`paragraph` with one more line, which belongs to `item` (0 for none)."""
    items = dict(paragraph.items)
    if item:
        items[item] = Span(start=items[item].start if item in items else line.start, end=line.end)
    return Paragraph(span=Span(start=paragraph.span.start, end=line.end), items=items)


def spans_at(text: str, article: Article, place: Place) -> Sequence[Span]:
    """What stands in `article` at `place`: the article, its paragraph or its item; empty when nothing does.

    An item without its paragraph is sought in all of them; where several have it, the article stands for it.
    """
    if place.paragraph is None and place.item is None:
        return [article.span]
    parts = paragraphs(text, article)
    if place.paragraph is not None:
        parts = parts[place.paragraph - 1 : place.paragraph] if place.paragraph else ()
    if place.item is None:
        return [part.span for part in parts]
    found = [part.items[place.item] for part in parts if place.item in part.items]
    return found if len(found) < 2 else [article.span]
