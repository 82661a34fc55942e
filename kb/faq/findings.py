"""Findings that a person should know before an FAQ entry is saved or approved; none forbids the step.

A finding is an entry that asks the same or nearly the same question (kb.faq.matching), an answer to it that
gives other quantities (kb.language.quantities) or other units, or a source that is missing or not in force.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from kb.faq.marked.markdown import plain_text
from kb.faq.matching import FaqGrade, FaqMatch
from kb.faq.models import FaqDraft, FaqRecord
from kb.language.quantities import Clash, clashes
from kb.models import Model, PolicyDocument, Status

_UNITS = "单位"
_ADDRESS = re.compile(r"https?://[!-~]+|/files/[0-9a-z.]+")


class FindingKind(StrEnum):
    """What a finding is about."""

    SAME = "same"
    NEAR = "near"
    CONTRADICTION = "contradiction"
    SOURCE = "source"


class FaqFinding(Model):
    """One sentence for the person; `entry_id` and `question` belong to the other entry."""

    kind: FindingKind
    sentence: str
    entry_id: str | None = None
    question: str | None = None


def compare(
    draft: FaqDraft, matches: Sequence[FaqMatch], others: Mapping[str, FaqRecord], units: Sequence[str]
) -> list[FaqFinding]:
    """The findings on `draft` from the entries that its question resembles, contradictions first.

    `others`: the records of the matched entries by id; `units`: every unit that documents name.
    """
    findings = []
    for match in matches:
        other = others.get(match.entry.id)
        if other is None:
            continue
        question, status = other.entry.question, other.entry.status.label
        place = f"“{question}”（{status}，{other.entry.id}）"
        if match.grade is FaqGrade.SAME:
            kind, sentence = FindingKind.SAME, f"与{place}问的是同一件事，请并成一条，或写清区别。"
        else:
            kind, sentence = FindingKind.NEAR, f"与{place}相近{_difference(match)}，请核对是否重复。"
        findings.append(FaqFinding(kind=kind, sentence=sentence, entry_id=other.entry.id, question=question))
        for clash in [*clashes(_said(draft.answer), _said(other.entry.answer)), *_units(draft, other, units)]:
            sentence = f"与{place}的答案说法不一：{_told(clash)}。"
            findings.append(
                FaqFinding(
                    kind=FindingKind.CONTRADICTION,
                    sentence=sentence,
                    entry_id=other.entry.id,
                    question=question,
                )
            )
    return sorted(findings, key=lambda finding: finding.kind is not FindingKind.CONTRADICTION)


def look_at_source(draft: FaqDraft, document: PolicyDocument | None) -> list[FaqFinding]:
    """The findings on the source of `draft`; `document`: the cited one, None when none is cited."""
    sentences = []
    if document is None:
        sentences.append("没有出处文件，群众看不到答案的依据。")
    elif not draft.quote:
        sentences.append("没有引文，文件改动时无法提醒复核，群众也看不到原文位置。")
    if document is not None and document.status is not Status.IN_FORCE:
        sentences.append(f"出处《{document.title}》{document.status.value}，请确认答案仍然适用。")
    if document is not None and draft.quote:
        sentences += [
            f"答案与引文说法不一：{_told(clash, '引文')}。"
            for clash in clashes(_said(draft.answer), draft.quote)
        ]
    return [FaqFinding(kind=FindingKind.SOURCE, sentence=sentence) for sentence in sentences]


def _said(answer: str) -> str:
    """The answer without addresses, whose digits say nothing."""
    return _ADDRESS.sub("", plain_text(answer))


def _difference(match: FaqMatch) -> str:
    difference = match.difference
    if difference is None:
        return ""
    return f"（{difference.kind}：“{difference.first or '未提'}”与“{difference.second or '未提'}”）"


def _told(clash: Clash, other: str = "那条") -> str:
    return f"{clash.unit}，本条为{'、'.join(clash.first)}，{other}为{'、'.join(clash.second)}"


def _units(draft: FaqDraft, other: FaqRecord, units: Sequence[str]) -> list[Clash]:
    """A clash if both answers name units and each names one that the other does not."""
    ours = {unit for unit in units if unit in draft.answer}
    theirs = {unit for unit in units if unit in other.entry.answer}
    if not ours or not theirs or ours <= theirs or theirs <= ours:
        return []
    return [Clash(unit=_UNITS, first=tuple(sorted(ours)), second=tuple(sorted(theirs)))]
