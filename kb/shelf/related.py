"""Which documents belong to a document: what it ends or changes and what does so to it, what it carries out.

Each relation is read from the documents: their statements on each other's validity, the edition of the same
title, the document that a title names (…条例实施细则; 关于贯彻《…》的通知), and the basis that the opening
names (根据《…》，制定本办法). Documents with the same topic, or a title much alike, come last.
"""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from enum import StrEnum
from functools import lru_cache

from kb.language.normalise import question_key, short_title
from kb.language.overlap import Overlaps
from kb.models import Model, PolicyDocument, Status
from kb.storage.documents import Documents

_NAMED = re.compile(r"《([^《》\n]{2,60})》")
_OPENING = 1_500  # characters within which a document names its basis
_BASIS_SIGNS = ("根据", "依据", "依照", "贯彻", "落实")
_BASIS_REACH = 40  # characters before the title
_CARRIES_OUT = ("实施细则", "实施条例", "实施办法", "实施意见", "实施方案", "暂行办法", "管理办法")
_ALIKE = 0.45
_MOST_ALIKE = 5
_COMMON = re.compile(
    r"关于|印发|通知|的|中华人民共和国|人民政府|办公室|试行|暂行|若干|规定|条例|办法|意见|[()（）《》0-9年]"
)


class Relation(StrEnum):
    """How another document belongs to this one, in the words shown to citizens."""

    REPLACES = "它废止的文件"
    CHANGES = "它修改的文件"
    REPLACED_BY = "废止、取代它的文件"
    CHANGED_BY = "修改它的文件"
    EDITION = "同一文件的其他版本"
    BASIS = "制定依据"
    CARRIED_OUT_BY = "贯彻、细化它的文件"
    ALIKE = "主题相近的文件"


class RelatedDocument(Model):
    """A document that belongs to another."""

    relation: Relation
    id: str
    title: str
    dated: str
    status: Status


class RelatedGroup(Model):
    """The documents of one relation."""

    relation: Relation
    documents: tuple[RelatedDocument, ...]


def related_to(
    document: PolicyDocument, documents: Documents, excluded: Set[str], topics: Iterable[str] = ()
) -> tuple[RelatedGroup, ...]:
    """The documents that belong to `document`, by relation; each stands once, under the first that fits."""
    heads = [head for head in documents.heads() if head.id != document.id and head.id not in excluded]
    found: dict[str, RelatedDocument] = {}
    for relation, head in _relations(document, heads, frozenset(topics)):
        dated = head.dated.isoformat() if head.dated else ""
        related = RelatedDocument(
            relation=relation, id=head.id, title=head.title, dated=dated, status=head.status
        )
        found.setdefault(head.id, related)
    groups = (
        RelatedGroup(relation=each, documents=tuple(one for one in found.values() if one.relation is each))
        for each in Relation
    )
    return tuple(group for group in groups if group.documents)


def _relations(
    document: PolicyDocument, heads: Sequence[PolicyDocument], topics: Set[str]
) -> Iterator[tuple[Relation, PolicyDocument]]:
    own = _key(document.title)
    by_key: dict[str, list[PolicyDocument]] = {}
    for head in heads:
        by_key.setdefault(_key(head.title), []).append(head)
    ended_by = document.replaced_by or (document.standing.document_id if document.standing else None)
    for head in heads:
        if head.id == ended_by:
            yield _ending(document), head
        if head.replaced_by == document.id or (head.standing and head.standing.document_id == document.id):
            yield (Relation.CHANGES if head.status is Status.AMENDED else Relation.REPLACES), head
    yield from ((Relation.EDITION, head) for head in by_key.get(own, ()))
    for named in _basis(document):
        yield from ((Relation.BASIS, head) for head in by_key.get(named, ()))
    yield from ((Relation.CARRIED_OUT_BY, head) for head in heads if _carries_out(head.title, own))
    yield from ((Relation.ALIKE, head) for head in _alike(document, heads, topics))


def _ending(document: PolicyDocument) -> Relation:
    return Relation.CHANGED_BY if document.status is Status.AMENDED else Relation.REPLACED_BY


@lru_cache(maxsize=8_192)  # titles of a large collection, for every page of a document
def _key(title: str) -> str:
    return question_key(short_title(title))


def _basis(document: PolicyDocument) -> list[str]:
    """The keys of the documents that title or opening of `document` name as what it carries out."""
    named = [*_NAMED.findall(document.title)]
    opening = document.text[:_OPENING]
    for found in _NAMED.finditer(opening):
        before = opening[max(0, found.start() - _BASIS_REACH) : found.start()]
        sentence = before.rpartition("。")[2].rpartition("\n")[2]
        if any(sign in sentence for sign in _BASIS_SIGNS):
            named.append(found[1])
    own = _key(document.title)
    keys = dict.fromkeys(map(_key, named))
    for ending in _CARRIES_OUT:
        if own.endswith(ending) and len(own) > len(ending):
            keys.setdefault(own.removesuffix(ending))
    return [key for key in keys if key != own]


def _carries_out(title: str, own: str) -> bool:
    """Whether `title` says that its document carries out the one with the key `own`."""
    if any(_key(named) == own for named in _NAMED.findall(title)):
        return True
    key = _key(title)
    return any(key == f"{own}{ending}" for ending in _CARRIES_OUT)


def _alike(
    document: PolicyDocument, heads: Sequence[PolicyDocument], topics: Set[str]
) -> Iterator[PolicyDocument]:
    """Documents in force with the same topic, then those with much the same title; a few of each."""
    current = [head for head in heads if head.status is Status.IN_FORCE]
    same = [head for head in current if head.topic and head.topic in topics]
    yield from same[:_MOST_ALIKE]
    if same or not current:
        return
    shares = Overlaps([_COMMON.sub("", head.title) for head in current]).of(_COMMON.sub("", document.title))
    best = sorted(range(len(current)), key=lambda place: -float(shares[place]))[:_MOST_ALIKE]
    yield from (current[place] for place in best if float(shares[place]) >= _ALIKE)
