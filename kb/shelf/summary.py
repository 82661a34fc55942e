"""What a page says of a document before its text: whom it is for, and its main parts.

Nothing is made up: each line is a fact read from the document, or its own words with their place. Whom it is
for is said only where the text says so (适用于…, a part headed 补贴对象).
"""

from kb.language.sentences import sentences
from kb.models import Model, PolicyDocument, Section, Span, viewer_url

_AUDIENCE_HEADS = frozenset(
    f"{whose}{what}"
    for whose in (
        "适用",
        "补贴",
        "补助",
        "扶持",
        "支持",
        "申报",
        "申请",
        "发放",
        "保障",
        "服务",
        "救助",
        "奖励",
    )
    for what in ("对象", "范围", "人群")
)
_APPLIES = ("适用于", "适用本", "，适用", "本办法的适用范围")
_NOT_SAYING = ("不适用", "参照", "依照", "准用")
_AUDIENCE_WITHIN = 0.34  # of the text: what is said further on is about a part of it
_SHORTEST_TEXT = 3_000  # characters: a short document may say it anywhere
_LONGEST = 160
_PARTS = 12
_FEW = 2
_NUMBERING = " \u3000、.．"


class Passage(Model):
    """Words of a document and where they stand."""

    text: str
    url: str


class DocumentOutline(Model):
    """The summary of a document; empty where the text says nothing of the kind."""

    audience: Passage | None = None
    parts: tuple[Passage, ...] = ()
    more_parts: int = 0


def outline_of(document: PolicyDocument) -> DocumentOutline:
    """The summary of `document`."""
    parts = _main_parts(document)
    return DocumentOutline(
        audience=_audience(document),
        parts=tuple(_passage(document, " ".join(part.label.split()), part.span) for part in parts[:_PARTS]),
        more_parts=max(0, len(parts) - _PARTS),
    )


def _main_parts(document: PolicyDocument) -> list[Section]:
    """The parts of the outermost level that have a heading; of one with too few those below as well."""
    for level in (1, 2):
        parts = [
            part for part in document.sections if part.level <= level and part.heading and not part.table
        ]
        if len(parts) >= _FEW:
            return parts
    return []


def _audience(document: PolicyDocument) -> Passage | None:
    """The sentence that says whom the document is for, in its own words."""
    for part in document.sections:
        if part.heading.strip(_NUMBERING) in _AUDIENCE_HEADS:
            return _first_below(document, part)
    text = document.text
    end = max(int(len(text) * _AUDIENCE_WITHIN), min(len(text), _SHORTEST_TEXT))
    first = min((at for words in _APPLIES if (at := text.find(words, 0, end)) >= 0), default=None)
    if first is None:
        return None
    window = Span(start=max(0, first - 2 * _LONGEST), end=min(len(text), end + 2 * _LONGEST))
    return next(
        (
            _passage(document, words, place)
            for place in sentences(text, window)
            if (words := _said(document, place))
        ),
        None,
    )


def _said(document: PolicyDocument, place: Span) -> str:
    """The words at `place` without their numbering, if they say whom the document is for; else ""."""
    words = place.of(document.text)
    if not any(sign in words for sign in _APPLIES) or any(sign in words for sign in _NOT_SAYING):
        return ""
    number = next((one.number for one in document.sections if one.span.start == place.start), "")
    return words.removeprefix(number).strip(_NUMBERING) if len(words) <= 2 * _LONGEST else ""


def _first_below(document: PolicyDocument, part: Section) -> Passage | None:
    """The first sentence under the heading of `part`."""
    at = document.text.find(part.heading, part.span.start, part.span.end)
    start = (at if at >= 0 else part.span.start) + len(part.heading)
    for place in sentences(document.text, Span(start=start, end=part.span.end)):
        words = place.of(document.text).strip(_NUMBERING)
        if len(words) > _FEW:
            return _passage(document, words, place)
    return None


def _passage(document: PolicyDocument, words: str, place: Span) -> Passage:
    bare = " ".join(words.split())
    cut = bare if len(bare) <= _LONGEST else f"{bare[:_LONGEST]}……"
    return Passage(text=cut, url=viewer_url(document.id, place))
