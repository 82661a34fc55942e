"""PolicyDocument -> the stretches of its text that are stored (as chunks), found and cited.

The rules, the most binding first:
1. A chunk lies within one numbered part (the innermost Section) or outside all of them.
2. In a part with unit brackets, each measure is cut apart from the others, keeps the bracket that ends it and
   carries its units; text after the last bracket carries none.
3. A list stays with the sentence that introduces it up to LIST_CHARS; other text is cut at sentence ends
   into pieces of about TARGET_CHARS (measured: DESIGN.md).
   A sentence that gives orders to a language model is a chunk of its own.
4. A table is cut between its rows; only a row that is itself too long is cut.
5. No chunk has more than HARD_MAX_TOKENS tokens of `indexed_text`, the window of the embedding model. Only
   a sentence too long for it is cut, at ；, then ，, then anywhere.

Together the chunks hold every character of the document once, except white space, Markdown marks,
separators between measures, and headings with parts below them (these are in `heading_path`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import groupby, pairwise

from ingest.structure.numbering import KINDS
from ingest.structure.packing import halves, pack
from ingest.structure.units import UnitBracket, find_unit_brackets
from kb.language.injection import addresses_software
from kb.language.sentences import clauses, sentences
from kb.models import Model, PolicyDocument, Section, Span, Stretch

TARGET_CHARS = 500
LIST_CHARS = 700
HARD_MAX_TOKENS = 512
_LEAST_CHARS = 40  # a piece this short is not cut further, however long its heading path is
_DIGEST_CHARS = 16

_ENTRY = "(?:" + "|".join(kind.pattern for kind in KINDS if kind.list_like) + ")"
_ENTRY_START = re.compile(rf"(?:(?<=\n)|(?<=[：；:;。]))[ \t\u3000]*(?={_ENTRY})")
_MARKUP = re.compile(r"[\s#*>|_=\-—·.]*")
_NOT_WORDS = re.compile(r"[\s#*：:。；;，,、.…]")


class _Region(Model):
    """A stretch of text in one section (`section` is its index), or in none (None)."""

    span: Span
    section: int | None


class _Measure(Model):
    """Atoms (sentences) up to the bracket with their units; `units` is None where none are named."""

    atoms: tuple[Span, ...]
    units: UnitBracket | None


def chunk_document(document: PolicyDocument, count_tokens: Callable[[str], int]) -> list[Stretch]:
    """Cut `document` into chunks in reading order.

    `count_tokens` gives the tokens the embedding model sees for a text, special tokens included.
    """
    cutter = _Cutter(document, count_tokens)
    chunks = [chunk for region in _regions(document) for chunk in cutter.cut(region)]
    return with_ids(document.id, chunks)


class _Cutter:
    """Cuts the regions of one document."""

    def __init__(self, document: PolicyDocument, count_tokens: Callable[[str], int]) -> None:
        self._document = document
        self._text = document.text
        self._count_tokens = count_tokens

    def cut(self, region: _Region) -> Iterator[Stretch]:
        """The chunks of a region, without ids."""
        if region.section is not None and self._document.sections[region.section].table:
            for rows in pack(self._text, _lines(self._text, region.span), TARGET_CHARS):
                for atoms in self._fitting(region, rows, None):
                    yield self._chunk(region, atoms, None)
            return
        for measure in _measures(self._text, region.span):
            for atoms in self._pieces(region, measure):
                yield self._chunk(region, atoms, measure.units)

    def _pieces(self, region: _Region, measure: _Measure) -> Iterator[list[Span]]:
        length = measure.atoms[-1].end - measure.atoms[0].start
        entries = _ENTRY_START.findall(self._text, measure.atoms[0].start, measure.atoms[-1].end)
        if len(entries) >= 2 and length <= LIST_CHARS:
            runs = [list(measure.atoms)]
        else:
            atoms = [part for atom in measure.atoms for part in _at_entries(self._text, atom)]
            runs = pack(self._text, atoms, TARGET_CHARS)
        for run in runs:
            for _, part in groupby(run, lambda atom: addresses_software(atom.of(self._text))):
                yield from self._fitting(region, list(part), measure.units)

    def _fitting(self, region: _Region, atoms: list[Span], units: UnitBracket | None) -> Iterator[list[Span]]:
        """`atoms` cut further until each piece fits the embedding model's window."""
        chunk = self._chunk(region, atoms, units)
        if len(chunk.text) <= _LEAST_CHARS or self._count_tokens(chunk.indexed_text) <= HARD_MAX_TOKENS:
            yield atoms
            return
        finer = atoms if len(atoms) > 1 else _finer(self._text, atoms[0])
        for half in halves(finer) if len(finer) > 1 else [finer]:
            yield from self._fitting(region, half, units)

    def _chunk(self, region: _Region, atoms: Sequence[Span], units: UnitBracket | None) -> Stretch:
        span = Span(start=atoms[0].start, end=atoms[-1].end)
        return Stretch(
            text=span.of(self._text),
            document_id=self._document.id,
            document_title=self._document.indexed_title or self._document.title,
            span=span,
            page=self._document.page_of(span.start),
            heading_path=heading_path(self._document.sections, region.section),
            lead_units=units.lead if units else (),
            responsible_units=units.responsible if units else (),
            units_span=units.span if units else None,
            section=region.section,
        )


def _regions(document: PolicyDocument) -> Iterator[_Region]:
    """The document's text cut where sections begin and end; parts that are only a heading are left out."""
    opened: list[int] = []
    place = 0
    for index, section in enumerate(document.sections):
        while opened and document.sections[opened[-1]].span.end <= section.span.start:
            end = document.sections[opened[-1]].span.end
            yield from _region(document, place, end, opened[-1])
            place = max(place, end)
            opened.pop()
        yield from _region(document, place, section.span.start, opened[-1] if opened else None)
        place = section.span.start
        opened.append(index)
    for index in reversed(opened):
        end = document.sections[index].span.end
        yield from _region(document, place, end, index)
        place = max(place, end)
    yield from _region(document, place, len(document.text), None)


def _region(document: PolicyDocument, start: int, end: int, section: int | None) -> Iterator[_Region]:
    """Yield the region from `start` to `end`, unless it has no words or is only a heading."""
    text = document.text
    leading = _MARKUP.match(text, start, end)
    if start >= end or (leading and leading.end() == end):
        return
    while end > start and text[end - 1] in " \t\n\u3000\xa0#*":
        end -= 1  # the marks before the next Markdown heading
    if section is not None:
        own_section = document.sections[section]
        own_words = _NOT_WORDS.sub("", text[start:end]) if end - start < 200 else None
        has_parts = section + 1 < len(document.sections) and document.sections[section + 1].parent == section
        heading = _NOT_WORDS.sub("", own_section.number + own_section.heading)
        if start == own_section.span.start and has_parts and own_words == heading:
            return
    yield _Region(span=Span(start=start, end=end), section=section)


def _measures(text: str, region: Span) -> Iterator[_Measure]:
    """The sentences of a region, grouped up to each unit bracket."""
    brackets = {bracket.span.end: bracket for bracket in find_unit_brackets(text, region)}
    ready: _Measure | None = None
    atoms: list[Span] = []
    for atom in sentences(text, region):
        units = next((b for end, b in _ending_in(text, atom, brackets)), None)
        is_bracket_only = units is not None and units.span.start == atom.start
        if is_bracket_only and atoms:
            atoms[-1] = Span(start=atoms[-1].start, end=atom.end)  # never apart from its measure
        elif is_bracket_only and units is not None and ready is not None and ready.units is not None:
            ready = _joined(ready, atom, units)  # "(牵头单位:A)(责任单位:B)"
            continue
        else:
            atoms.append(atom)
        if units is not None:
            if ready is not None:
                yield ready
            ready, atoms = _Measure(atoms=tuple(atoms), units=units), []
    if ready is not None:
        yield ready
    if atoms:
        yield _Measure(atoms=tuple(atoms), units=None)


def _ending_in(text: str, atom: Span, brackets: dict[int, UnitBracket]) -> Iterator[tuple[int, UnitBracket]]:
    """Yield the bracket that ends an atom (with its end), allowing for stops behind it; at most one."""
    end = atom.end
    while end > atom.start:
        if end in brackets:
            yield end, brackets[end]
            return
        if text[end - 1] not in "。！；":
            return
        end -= 1


def _joined(measure: _Measure, atom: Span, units: UnitBracket) -> _Measure:
    """`measure` with the units of a second bracket, `atom`, directly behind its first."""
    first = measure.units or units
    joined_units = UnitBracket(
        lead=tuple(dict.fromkeys((*first.lead, *units.lead))),
        responsible=tuple(dict.fromkeys((*first.responsible, *units.responsible))),
        span=Span(start=first.span.start, end=units.span.end),
    )
    last = Span(start=measure.atoms[-1].start, end=atom.end)
    return _Measure(atoms=(*measure.atoms[:-1], last), units=joined_units)


def _lines(text: str, region: Span) -> list[Span]:
    """The lines of a table: its caption and one line for each row."""
    places = [match.end() for match in re.compile("\n").finditer(text, region.start, region.end)]
    starts, ends = [region.start, *places], [*places, region.end]
    return _trimmed(text, (Span(start=a, end=b) for a, b in zip(starts, ends, strict=True)))


def _at_entries(text: str, atom: Span) -> list[Span]:
    """A sentence longer than LIST_CHARS cut where list entries begin; a shorter one whole."""
    if atom.end - atom.start <= LIST_CHARS:
        return [atom]
    starts = [match.end() for match in _ENTRY_START.finditer(text, atom.start, atom.end)]
    places = [atom.start, *(place for place in starts if place > atom.start), atom.end]
    return _trimmed(text, (Span(start=a, end=b) for a, b in pairwise(places)))


def _finer(text: str, atom: Span) -> list[Span]:
    """A sentence cut into clauses; a sentence of one clause cut into halves."""
    parts = clauses(text, atom)
    if len(parts) > 1:
        return list(parts)
    middle = (atom.start + atom.end) // 2
    return _trimmed(text, (Span(start=atom.start, end=middle), Span(start=middle, end=atom.end)))


def _trimmed(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans without white space at their ends; spans of white space alone are left out."""
    trimmed = []
    for span in spans:
        words = span.of(text)
        start = span.start + len(words) - len(words.lstrip())
        if words.strip():
            trimmed.append(Span(start=start, end=start + len(words.strip())))
    return trimmed


def heading_path(sections: Sequence[Section], index: int | None) -> tuple[str, ...]:
    """The labels of the section `index` and those around it, the outermost first; () for None."""
    labels: list[str] = []
    while index is not None:
        labels.append(sections[index].label)
        index = sections[index].parent
    return tuple(label for label in reversed(labels) if label)


def with_ids(document_id: str, chunks: Sequence[Stretch]) -> list[Stretch]:
    """Chunks with ids made from `indexed_text`, so that an unchanged chunk keeps its vector.

    A repeated text gets the suffix -2, -3…
    """
    seen: Counter[str] = Counter()
    named = []
    for chunk in chunks:
        digest = sha256(chunk.indexed_text.encode()).hexdigest()[:_DIGEST_CHARS]
        seen[digest] += 1
        suffix = f"-{seen[digest]}" if seen[digest] > 1 else ""
        named.append(chunk.model_copy(update={"id_": f"{document_id}:{digest}{suffix}"}))
    return named
