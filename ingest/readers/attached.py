"""Files attached to a PDF, behind its own text: each is an annex (附件) with the file's name as its title.

The pages of the whole text go on through the annexes; their labels say which annex a page belongs to.
"""

from collections.abc import Sequence
from pathlib import PurePath

from ingest.raw_text import RawText, TablePlace
from kb.models import Model, Span


class Annex(Model):
    """The text of an attached file, and the file's name."""

    name: str
    raw: RawText


def with_annexes(raw: RawText, annexes: Sequence[Annex]) -> RawText:
    """`raw` with the texts of the files attached to it, and where its own text ends."""
    if not annexes:
        return raw
    text = raw.text
    tables, starts, remarks = list(raw.tables), list(raw.page_starts), list(raw.remarks)
    labels = list(raw.page_labels) or [f"第 {number} 页" for number in range(1, len(starts) + 1)]
    for number, annex in enumerate(annexes, start=1):
        sign = f"附件{number}" if len(annexes) > 1 else "附件"
        starts.append(len(text))
        labels.append(sign)
        text += f"{sign}：{PurePath(annex.name).stem}\n"
        own_title = annex.raw.text.startswith("# ")
        base = len(text) - 2 * own_title
        text += annex.raw.text.removeprefix("# ")
        for place, start in enumerate(annex.raw.page_starts[1:], start=2):
            starts.append(base + start)
            labels.append(f"{sign}第 {place} 页")
        tables += [_moved(table, base) for table in annex.raw.tables]
        remarks += [f"附件“{annex.name}”：{remark}" for remark in annex.raw.remarks]
    names = "、".join(annex.name for annex in annexes)
    return raw.model_copy(
        update={
            "text": text,
            "tables": tuple(tables),
            "page_starts": tuple(starts),
            "page_labels": tuple(labels),
            "remarks": (*remarks, f"文件里附有 {len(annexes)} 个文件（{names}），已作为附件读入，请核对。"),
            "own_end": len(raw.text),
        }
    )


def _moved(table: TablePlace, base: int) -> TablePlace:
    span = Span(start=table.span.start + base, end=table.span.end + base)
    return table.model_copy(update={"span": span})
