"""The paragraph styles of a Word file: their names, outline levels and numbering."""

import re
from dataclasses import dataclass

from ingest.readers.word.xml import Element, attribute, child_value, number_of, w

BODY_LEVEL = 9  # the outline level of running text

_HEADING_STYLE = re.compile(r"(?:heading|标题) ?([1-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Style:
    """The properties of a paragraph style that readers use, inherited ones included."""

    name: str = ""
    outline: int | None = None
    instance: str = ""
    level: int | None = None


def read_styles(root: Element) -> dict[str, Style]:
    """Id -> paragraph style; a style inherits what it does not set from the style it is based on."""
    elements = {attribute(child, "styleId"): child for child in root.iterchildren(w("style"))}

    def style(key: str, seen: frozenset[str]) -> Style:
        element = elements.get(key)
        if element is None or key in seen:
            return Style()
        base = style(child_value(element, "basedOn"), seen | {key})
        properties = element.find(w("pPr"))
        numbers = None if properties is None else properties.find(w("numPr"))
        outline = child_value(properties, "outlineLvl")
        name = child_value(element, "name").strip().lower()
        heading_match = _HEADING_STYLE.fullmatch(name)
        level = child_value(numbers, "ilvl")
        return Style(
            name=name,
            outline=int(heading_match[1]) - 1
            if heading_match
            else number_of(outline, BODY_LEVEL)
            if outline
            else base.outline,
            instance=child_value(numbers, "numId") or base.instance,
            level=number_of(level, 0) if level else base.level,
        )

    return {key: style(key, frozenset()) for key in elements}


def numbering_styles(root: Element) -> dict[str, str]:
    """Numbering style -> the numbering instance that it names."""
    return {
        attribute(element, "styleId"): child_value(element.find(f"{w('pPr')}/{w('numPr')}"), "numId")
        for element in root.iterchildren(w("style"))
        if attribute(element, "type") == "numbering"
    }
