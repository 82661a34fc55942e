"""Unit brackets of work plans: (牵头单位:区商务局;责任单位:各街道) -> leading and responsible units.

Work plans name behind each measure the unit that leads it (牵头单位) and the units that carry it out
(责任单位). Brackets come in every kind, 〔〕 and 【】 included, and the two ends may differ; colons,
semicolons and commas come in either width. The values of other labels (完成时限:12月底) are ignored. The
State Council says the same without labels: （国家发展改革委牵头，财政部、水利部等部门按职责分工负责）.
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
# What follows the names where they are said to lead or to be responsible.
_DOES = re.compile(
    r"(?:等(?:有关|相关|各有关)?(?:部门|单位|地方|地区)?)?(?:会同(?:有关|相关|各有关)?(?:部门|单位|地方|地区)?)?"
    r"(?:(?:按照?|依据|根据)(?:各自)?(?:职责|职能)?(?:分工)?)?(?:分别|共同|具体|组织)?"
    r"(?:牵头负责|牵头|负责|参与|参加|配合|落实|实施)$"
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
    if not labels:
        return _said(inner, span)
    for label, following in zip_longest(labels, labels[1:]):
        end = following.start() if following else len(inner)
        role = next((role for word, role in _ROLES if word in label[1]), "")
        names[role].extend(_split_names(inner[label.end() : end]))
    return UnitBracket(lead=_unique(names["lead"]), responsible=_unique(names["responsible"]), span=span)


def _said(inner: str, span: Span) -> UnitBracket:
    """The units of "A牵头，B、C等部门参与": those before 牵头 lead."""
    names: dict[str, list[str]] = {"lead": [], "responsible": []}
    for part in re.split("[，,；;]", inner):
        does = _DOES.search(part)
        if does:
            role = "lead" if "牵头" in does[0] else "responsible"
            names[role].extend(_split_names(part[: does.start()]))
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
