"""Unit brackets of work plans: (牵头单位:区商务局;责任单位:各街道) -> leading and responsible units.

Work plans name behind each measure the unit that leads it (牵头单位) and the units that carry it out
(责任单位). Brackets come in every kind, 〔〕 and 【】 included, and the two ends may differ; colons,
semicolons and commas come in either width. The values of other labels (完成时限:12月底) are ignored.
"""

import re
from itertools import zip_longest

from kb.language.sentences import UNIT_ROLES, unit_brackets
from kb.models import Model, Span

# Word in a label -> the list for its names; the first word that the label contains decides. 责任人 and
# 责任领导 are people, not units.
_ROLES: tuple[tuple[str, str], ...] = (
    ("人", ""),
    ("领导", ""),
    ("牵头", "lead"),
    ("主办", "lead"),
    ("主责", "lead"),
    ("责任", "responsible"),
    ("配合", "responsible"),
    ("协办", "responsible"),
    ("承办", "responsible"),
    ("参与", "responsible"),
    ("参加", "responsible"),
    ("协同", "responsible"),
    ("落实", "responsible"),
    ("负责", "responsible"),
    ("实施", "responsible"),
    ("主管", "responsible"),
)
_LABEL = re.compile(
    rf"(?:^|(?<=[;；。,，、\s]))\s{{0,20}}((?:[一-鿿]{{0,4}}(?:{UNIT_ROLES})[一-鿿、()（）]{{0,8}}|[一-鿿]{{2,6}}))\s*[:：]"
)
_NAME_ENDS = "、,，;；。\n\t \u3000"
_OPENS, _CLOSES = "(（[［〔【", ")）]］〕】"


class UnitBracket(Model):
    """Units of a measure: `lead` 牵头单位, `responsible` 责任单位 (and 配合, 协办…), `span` the bracket."""

    lead: tuple[str, ...]
    responsible: tuple[str, ...]
    span: Span


def find_unit_brackets(text: str, within: Span | None = None) -> tuple[UnitBracket, ...]:
    """Every unit bracket of `text` (or of the part `within`) that names at least one unit, in order."""
    brackets = (_read_bracket(text, span) for span in unit_brackets(text, within))
    return tuple(bracket for bracket in brackets if bracket.lead or bracket.responsible)


def _read_bracket(text: str, span: Span) -> UnitBracket:
    inner_end = span.end - 1 if text[span.end - 1] in _CLOSES else span.end
    inner = text[span.start + (text[span.start] in _OPENS) : inner_end]
    names: dict[str, list[str]] = {"lead": [], "responsible": [], "": []}
    labels = list(_LABEL.finditer(inner))
    for label, following in zip_longest(labels, labels[1:]):
        end = following.start() if following else len(inner)
        role = next((role for word, role in _ROLES if word in label[1]), "")
        names[role].extend(_split_names(inner[label.end() : end]))
    return UnitBracket(lead=_unique(names["lead"]), responsible=_unique(names["responsible"]), span=span)


def _split_names(listed: str) -> list[str]:
    """The names between separators; a separator inside brackets belongs to the name: "各县(市、区)"."""
    names: list[str] = []
    depth = start = 0
    for place, char in enumerate(listed):
        if char in _OPENS:
            depth += 1
        elif char in _CLOSES:
            depth = max(0, depth - 1)
        elif depth == 0 and char in _NAME_ENDS:
            names.append(listed[start:place])
            start = place + 1
    names.append(listed[start:])
    return [name.strip() for name in names if name.strip()]


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
