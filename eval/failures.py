"""The questions that went worst, and what a reader needs to see of them."""

from collections.abc import Sequence

from eval.records import Record

WORST = 20
_SHOWN_CHARS = 160


def worst(records: Sequence[Record]) -> list[Record]:
    """The WORST failures: furthest from right first, among equals the more confident (misleading) first."""
    failed = [record for record in records if record.cause is not None]
    return sorted(failed, key=lambda r: (r.quality, -r.answer.confidence, r.item.qid))[:WORST]


def expectation(record: Record) -> str:
    """What should have come, and from where."""
    item = record.item
    if not item.answerable:
        return "应当拒答"
    words = "；".join(item.expected)
    place = " ".join(part for part in ("、".join(item.doc_ids[:3]), item.section or "") if part)
    return shorten(f"{words}（{place}）" if place else words)


def reply(record: Record) -> str:
    """What came: the words and the document they were quoted from."""
    answer = record.answer
    if record.refused:
        near = "、".join(candidate.document for candidate in answer.candidates[:2])
        return shorten(f"拒答（相近文件：{near}）" if near else "拒答")
    sources = "、".join(dict.fromkeys(f"{c.document} {c.section}".strip() for c in answer.citations))
    return f"{shorten(answer.text)}（{shorten(sources)}）"


def shorten(text: str) -> str:
    """One line of at most _SHOWN_CHARS characters."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARS else f"{line[: _SHOWN_CHARS - 1]}…"
