"""Documents that carry another text: an order (令) that promulgates, a notice that forwards or approves.

    溪口区人民政府令 / 第18号 / 《…规定》已经…通过，现予公布…/ 区长 周明 / 2024年4月22日 / …规定 / 第一条 …

An order is known by what it promulgates: the title is that of the regulation, the number the order's own, the
date the one under the order. A notice keeps its own issuer and date (转发, 批转, 印发), whatever signatures
stand at the end of what it carries.
"""

import re
from collections.abc import Sequence
from datetime import date

from ingest.anatomy.head import HeadPiece, is_organ
from ingest.anatomy.title import closed_up
from ingest.notation.dates import DATE_PATTERN, find_dates, read_date
from ingest.notation.document_number import read_bare_number
from ingest.notation.signature import Signature, find_signatures
from ingest.structure.attachments import Attachment, title_of
from kb.models import Model, Span

_ORDER = re.compile(
    r"(?P<organ>[一-鿿、]{2,80}?)(?P<kind>令|公告)(?:[（(]?(?P<number>(?:20\d\d年)?第[^\s（()）]{1,12}号)[)）]?)?"
)
_AROUND_KIND = re.compile(
    r"\s{1,8}(?=令|公\s{0,4}告|[（(]?第)|(?<=公)\s{1,8}(?=告)|(?<=[令告第])\s{1,8}|\s{1,8}(?=号)"
)
_SESSION = re.compile("第[一二三四五六七八九十]{1,3}届(?=人民代表大会)")
_STATE = "中华人民共和国"
_NAME = "[^《》]{4,100}(?:《[^《》]{2,100}》[^《》]{0,20})?"  # 关于修改《…》的决定
_PROMULGATES = re.compile(
    rf"(?<!根据)(?<!依据)(?<!依照)(?<!按照)《(?P<before>{_NAME})》[^《》]{{0,200}}?(?<!自)(?:公布|发布|颁布)"
    rf"|(?:公布|发布|颁布)[^《》。\n]{{0,20}}《(?P<behind>{_NAME})》"
)
_CARRIES = re.compile(r"转发|批转|转送|转报|转复|印发|批准|发布|公布|下发|转来|批复|复函|的函$")
_STARTS = re.compile(rf"自[ ]?({DATE_PATTERN})[ ]?起[^。；\n]{{0,6}}(?:施行|实施|执行|生效)")
_NAMED = re.compile(r"《([^《》\n]{4,100})》")
_NO_ORGAN = frozenset(("主席",))  # signs for the congress, which enacts
_ORDER_WITHIN = 10  # pieces of the head in which an order says that it is one
_PROMULGATED_WITHIN = 2_500  # characters
_LONGEST_SIGNATURE = 40  # characters of the line with the date under an order
_MOST_LINES = 5  # that a title may be broken into
_ASIDE = re.compile(r"[（(][^（）()]{2,40}[）)]")  # （本文有删减）, between a notice and what it carries
_ANNEX_LINE = re.compile(r"附\s{0,4}件\s{0,4}[一二三四五六七八九十\d]{0,3}\s{0,4}[:：]?")


class Order(Model):
    """An order that promulgates the regulation `title`; `organ` is None where it signs for another."""

    title: str
    number: str | None = None
    organ: str | None = None
    written: date | None = None
    effective: date | None = None


def read_order(text: str, pieces: Sequence[HeadPiece]) -> Order | None:
    """The order that `text` opens with; None when it is none, or promulgates nothing that follows."""
    for first in range(min(len(pieces), _ORDER_WITHIN)):
        found = _order_at(pieces, first)
        if found is None:
            continue
        order, last = found
        printed = order["number"] or (pieces[last + 1].text if last + 1 < len(pieces) else "")
        serial = read_bare_number(printed)
        promulgates = _PROMULGATES.search(
            text, pieces[last].span.end, pieces[last].span.end + _PROMULGATED_WITHIN
        )
        if promulgates is None:
            return None
        name = _plain(promulgates["before"] or promulgates["behind"])
        named = "、".join(one.removeprefix(_STATE) for one in order["organ"].split("、"))
        full = named + name if name.startswith("关于") else name
        place = _titled(text, promulgates.end(), full)
        title = full if place else name
        place = place or _titled(text, promulgates.end(), name)
        begins = place.start if place else text.find("第一条", promulgates.end())
        if begins < 0:
            return None
        starts = _STARTS.search(text, promulgates.end(), begins)
        organ = _SESSION.sub("", named)
        return Order(
            title=title,
            number=f"{named}{order['kind']}{serial}" if serial else None,
            organ=None if organ in _NO_ORGAN else organ,
            written=_last_date(text[promulgates.end() : begins]),
            effective=read_date(starts[1]) if starts else None,
        )
    return None


def _order_at(pieces: Sequence[HeadPiece], first: int) -> tuple[re.Match[str], int] | None:
    """The name of an order from piece `first` on, and its last piece; each of its organs may have a line."""
    words = ""
    for place, piece in enumerate(pieces[first : first + _MOST_LINES], start=first):
        printed = "、".join(closed_up(_AROUND_KIND.sub("", piece.text.lstrip("# "))).split())
        words += printed if not words or printed.startswith(("令", "公告")) else f"、{printed}"
        if order := _ORDER.fullmatch(words):
            return order, place
        if not is_organ(piece.text):
            return None
    return None


def _last_date(between: str) -> date | None:
    """The date that ends the last short line with one, between an order and what it promulgates."""
    for line in reversed(between.split("\n")):
        line = line.strip()
        dates = list(find_dates(line)) if len(line) <= _LONGEST_SIGNATURE else []
        if dates and dates[-1].span.end == len(line):
            return dates[-1].value
    return None


def own_signature(text: str, title: str, issuer: str | None = None) -> Signature | None:
    """The signature of the document itself, not of what it carries.

    That is the first one of the organ that its title or its information box (`issuer`) names, or the first of
    a document that carries another; else the last that names an organ, the last that closes the text, or the
    first.
    """
    signatures = find_signatures(text)
    with_organs = [signature for signature in signatures if signature.organs]
    own = [one for one in with_organs if _is_of(one.organs, title, issuer)]
    if own or (with_organs and _CARRIES.search(title)):
        return (own or with_organs)[0]
    closing_ones = [signature for signature in signatures if signature.closes]
    return next(reversed(with_organs or closing_ones), signatures[0] if signatures else None)


def _is_of(organs: Sequence[str], title: str, issuer: str | None) -> bool:
    return title.startswith(organs[0]) or bool(issuer and organs[0] in issuer)


def find_attachments(text: str, title: str) -> tuple[Attachment, ...]:
    """The texts that a notice carries behind its own signature, each by the lines of its title."""
    signature = own_signature(text, title)
    if signature is None or not _CARRIES.search(title):
        return ()
    start = signature.span.end
    names = dict.fromkeys(map(_plain, _NAMED.findall(text[:start])))
    own = _plain(title)
    places = {name: place for name in names if name != own and (place := _titled(text, start, name))}
    if not places and (following := _title_behind(text, start)):
        name, place = following
        places = {name: place} if name != own else {}
    found = (Attachment(name=name, span=place) for name, place in places.items())
    return tuple(sorted(found, key=lambda attachment: attachment.span.start))


def _titled(text: str, start: int, name: str) -> Span | None:
    """The lines behind `start` that are `name` and nothing else; None without any, or below 附件1."""
    lines = _lines(text, start)
    looked_for = _bare(name)
    for first, line in enumerate(lines):
        words = ""
        for last in range(first, min(first + _MOST_LINES, len(lines))):
            words += _bare(lines[last].of(text))
            if not words or not looked_for.startswith(words):
                break
            if words == looked_for:
                below_annex = first > 0 and _ANNEX_LINE.fullmatch(lines[first - 1].of(text).strip())
                return None if below_annex else Span(start=line.start, end=lines[last].end)
    return None


def _title_behind(text: str, start: int) -> tuple[str, Span] | None:
    """The title on the first lines behind `start`, and its place; None when they are no title."""
    lines = _lines(text, start)
    if lines and _ASIDE.fullmatch(lines[0].of(text).strip()):
        lines = lines[1:]
    name, count = title_of([line.of(text) for line in lines[: _MOST_LINES + 1]])
    if not count or _ANNEX_LINE.match(name):
        return None
    return name, Span(start=lines[0].start, end=lines[count - 1].end)


def _plain(name: str) -> str:
    """A title without spaces and marks of headings, the brackets within 《…》 as it prints them itself."""
    return re.sub(r"[\s#]", "", name).replace("〈", "《").replace("〉", "》")


def _bare(title: str) -> str:
    """A title as it is compared: organs stand in it with and without a comma between them."""
    return _plain(title).replace("、", "")


def _lines(text: str, start: int) -> list[Span]:
    """The lines with words from `start` on."""
    spans: list[Span] = []
    place = start
    for line in text[start:].split("\n"):
        if line.strip():
            spans.append(Span(start=place, end=place + len(line)))
        place += len(line) + 1
    return spans
