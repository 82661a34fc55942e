"""The numbers that Word generates and does not store: numbering.xml -> "第三条", "（二）", "1.2".

Follows ISO/IEC 29500-1, 17.9. A paragraph names a numbering instance (w:num) and a level, itself or through
its style. The instance points to an abstract numbering (w:abstractNum), whose counters all its instances
share, unless one of them restarts. Using a level restarts all deeper levels. Bullets give no number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.notation.number_formats import formatted
from ingest.readers.word.xml import Element, attribute, child_value, number_of, w

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True)
class _Level:
    """One level of a list. Levels below `restart` restart it (None: all outer levels, 0: never)."""

    start: int
    number_format: str
    text: str
    suffix: str
    all_digits: bool
    restart: int | None
    style: str | None


@dataclass
class _Abstract:
    """An abstract numbering and the state of its counters by level; None: not used yet."""

    levels: Mapping[int, _Level]
    counters: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


@dataclass
class _Instance:
    """A numbering instance; `starts`: level -> number at which it restarts it, until it has done so."""

    abstract: _Abstract
    levels: Mapping[int, _Level]
    starts: dict[int, int]


class Numbering:
    """The lists of one document. It keeps count: call `next` for the paragraphs in document order."""

    def __init__(self, root: Element | None, style_numbers: Mapping[str, str]) -> None:
        """`root` is that of numbering.xml; `style_numbers`: numbering style -> the instance that it names."""
        self._instances: dict[str, _Instance] = {}
        if root is None:
            return
        definitions = {
            attribute(element, "abstractNumId"): element for element in root.iterchildren(w("abstractNum"))
        }
        targets = {
            attribute(element, "numId"): child_value(element, "abstractNumId")
            for element in root.iter(w("num"))
        }
        abstracts = {
            key: _Abstract(_levels(self._defined(element, definitions, targets, style_numbers)))
            for key, element in definitions.items()
        }
        for element in root.iterchildren(w("num")):
            abstract = abstracts.get(targets[attribute(element, "numId")])
            if abstract is not None:
                overrides = list(element.iterchildren(w("lvlOverride")))
                levels = dict(abstract.levels)
                starts = {}
                for override in overrides:
                    level = number_of(attribute(override, "ilvl"), 0)
                    levels.update(_levels(override))
                    start = child_value(override, "startOverride")
                    if start:
                        starts[level] = number_of(start, 1)
                self._instances[attribute(element, "numId")] = _Instance(abstract, levels, starts)

    @staticmethod
    def _defined(
        definition: Element,
        definitions: Mapping[str, Element],
        targets: Mapping[str, str],
        style_numbers: Mapping[str, str],
    ) -> Element:
        """The abstract numbering that `definition` links to through a numbering style, else itself."""
        style = child_value(definition, "numStyleLink")
        target = definitions.get(targets.get(style_numbers.get(style, ""), ""))
        return definition if target is None else target

    def level_of_style(self, instance: str, style: str) -> int:
        """The level that belongs to a paragraph style; 0 when none does."""
        numbering = self._instances.get(instance)
        levels = numbering.levels.items() if numbering else ()
        return next((index for index, level in levels if level.style == style), 0)

    def next(self, instance: str, level: int) -> str:
        """The number to print before the next paragraph at `level` (from 0), with its space; "" for none."""
        numbering = self._instances.get(instance)
        if numbering is None or not 0 <= level < _LEVELS or level not in numbering.levels:
            return ""
        counters = numbering.abstract.counters
        start = numbering.starts.pop(level, None)
        current = counters[level]
        if start is not None or current is None:
            counters[level] = numbering.levels[level].start if start is None else start
        else:
            counters[level] = current + 1
        for deeper in range(level + 1, _LEVELS):
            restart = numbering.levels[deeper].restart if deeper in numbering.levels else None
            if restart is None or (restart and level < restart):
                counters[deeper] = None
        return self._printed(numbering, level)

    def _printed(self, instance: _Instance, level: int) -> str:
        rule = instance.levels[level]

        def number(place: re.Match[str]) -> str:
            index = int(place[1]) - 1
            outer = instance.levels.get(index)
            value = instance.abstract.counters[index]
            if value is None:
                value = outer.start if outer else 1
            number_format = outer.number_format if outer else "decimal"
            if rule.all_digits and index != level:
                number_format = "decimal"
            return formatted(value, number_format)

        if rule.number_format in ("bullet", "none") and not _PLACE.search(rule.text):
            return ""
        text = _PLACE.sub(number, rule.text)
        closed = not text or text[-1] in "、）)．。：" or rule.suffix == "nothing"
        return text if closed else f"{text} "


def _levels(parent: Element) -> dict[int, _Level]:
    return {
        number_of(attribute(element, "ilvl"), 0): _level(element) for element in parent.iterchildren(w("lvl"))
    }


def _level(element: Element) -> _Level:
    restart = child_value(element, "lvlRestart")
    legal = element.find(w("isLgl"))
    return _Level(
        start=number_of(child_value(element, "start"), 0),
        number_format=_number_format(element),
        text=child_value(element, "lvlText"),
        suffix=child_value(element, "suff") or "tab",
        all_digits=legal is not None and attribute(legal, "val") not in ("0", "false"),
        restart=number_of(restart, 0) if restart else None,
        style=child_value(element, "pStyle") or None,
    )


def _number_format(element: Element) -> str:
    """The number format of a level; of the newer one and the fallback in mc:AlternateContent the first."""
    format_element = next(element.iter(w("numFmt")), None)
    return "decimal" if format_element is None else attribute(format_element, "val")
