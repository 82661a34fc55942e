"""The worst failures, and the texts a reader needs to understand them."""

from collections.abc import Sequence

from eval.records import Record

WORST = 20
_SHOWN_CHARS = 160


def worst(records: Sequence[Record]) -> list[Record]:
    """The WORST failures: lowest quality first, among equals the more confident (misleading) first."""
    failed = [record for record in records if record.cause is not None]
    return sorted(failed, key=lambda r: (r.quality, -r.answer.confidence, r.item.qid))[:WORST]


def expectation(record: Record) -> str:
    """The expected answer, its document and section; the phrases that must not be said."""
    item = record.item
    forbidden = f"；不得说：{'、'.join(item.must_not)}" if item.must_not else ""
    if not item.answerable:
        return shorten(f"应当拒答{forbidden}")
    kind = (f"应答类别 {item.ending}",) if item.ending else ()
    words = "；".join((*kind, *item.expected))
    place = " ".join(part for part in ("、".join(item.doc_ids[:3]), item.section or "") if part)
    return shorten(f"{words}（{place}）" if place else words) + shorten(forbidden)


def lookup(record: Record) -> str:
    """The query that was used; "" where it is the question itself."""
    query = record.answer.rewritten
    return "" if query == record.item.question else shorten(query)


def reply(record: Record) -> str:
    """The actual answer: its text and its sources (or its kind, for an FAQ entry), or the refusal."""
    answer = record.answer
    if record.refused:
        near = "、".join(candidate.document for candidate in answer.candidates[:2])
        return shorten(f"拒答（相近文件：{near}）" if near else "拒答")
    sources = "、".join(dict.fromkeys(f"{c.document} {c.section}".strip() for c in answer.citations))
    return f"{shorten(answer.text)}（{shorten(sources) or answer.kind.value}）"


def shorten(text: str) -> str:
    """`text` in one line of at most _SHOWN_CHARS characters."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARS else f"{line[: _SHOWN_CHARS - 1]}…"
