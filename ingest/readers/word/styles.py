"""The paragraph styles of a Word file, as far as they say what a paragraph is."""

import re
from dataclasses import dataclass

from ingest.readers.word.xml import Element, attribute, child_value, number_of, w

BODY_LEVEL = 9  # the outline level of running text

_HEADING_STYLE = re.compile(r"(?:heading|标题) ?([1-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Style:
    """What matters of a paragraph style, inherited properties included."""

    name: str = ""
    outline: int | None = None
    instance: str = ""
    level: int | None = None


def read_styles(root: Element) -> dict[str, Style]:
    """Paragraph styles by id; a style has what it is based on has, unless it says otherwise."""
    elements = {attribute(each, "styleId"): each for each in root.iterchildren(w("style"))}

    def style(key: str, seen: frozenset[str]) -> Style:
        element = elements.get(key)
        if element is None or key in seen:
            return Style()
        based = style(child_value(element, "basedOn"), seen | {key})
        properties = element.find(w("pPr"))
        numbers = None if properties is None else properties.find(w("numPr"))
        outline = child_value(properties, "outlineLvl")
        name = child_value(element, "name").strip().lower()
        named = _HEADING_STYLE.fullmatch(name)
        level = child_value(numbers, "ilvl")
        return Style(
            name=name,
            outline=int(named[1]) - 1
            if named
            else number_of(outline, BODY_LEVEL)
            if outline
            else based.outline,
            instance=child_value(numbers, "numId") or based.instance,
            level=number_of(level, 0) if level else based.level,
        )

    return {key: style(key, frozenset()) for key in elements}


def numbering_styles(root: Element) -> dict[str, str]:
    """Numbering style -> the numbering instance that it names."""
    return {
        attribute(each, "styleId"): child_value(each.find(f"{w('pPr')}/{w('numPr')}"), "numId")
        for each in root.iterchildren(w("style"))
        if attribute(each, "type") == "numbering"
    }
