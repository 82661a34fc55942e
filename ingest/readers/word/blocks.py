"""The blocks of a Word file: paragraphs, tables, rows, cells, also in content controls and insertions."""

from collections.abc import Iterator

from ingest.readers.word.xml import Element, attribute, child_value, is_on, local_name, number_of, w


def blocks(container: Element) -> Iterator[Element]:
    """Paragraphs and tables in order, also in content controls and insertions; no tables of contents."""
    for child in container:
        name = local_name(child)
        if name in ("p", "tbl"):
            yield child
        elif name == "sdt":
            gallery = child.find(f"{w('sdtPr')}/{w('docPartObj')}")
            if not child_value(gallery, "docPartGallery").startswith("Table of Contents"):
                for content in child.iterchildren(w("sdtContent")):
                    yield from blocks(content)
        elif name == "AlternateContent":
            if len(child):  # the same content for new and for old versions of Word
                yield from blocks(child[0])
        elif name in ("ins", "moveTo", "customXml", "smartTag"):
            yield from blocks(child)


def rows(table: Element) -> Iterator[Element]:
    """The rows of a table that were not deleted under track changes."""
    for row in _found(table, "tr"):
        if not is_on(row.find(w("trPr")), "del"):
            yield row


def cells(row: Element) -> Iterator[Element]:
    """The cells of a row that were not deleted under track changes."""
    for cell in _found(row, "tc"):
        properties = cell.find(w("tcPr"))
        if properties is None or properties.find(w("cellDel")) is None:
            yield cell


def _found(parent: Element, wanted: str) -> Iterator[Element]:
    """Children named `wanted`, also those in content controls and insertions."""
    for child in parent:
        name = local_name(child)
        if name == wanted:
            yield child
        elif name in ("sdt", "sdtContent", "ins", "customXml", "smartTag"):
            yield from _found(child, wanted)


def span(cell: Element) -> int:
    """How many columns a cell spans."""
    return max(1, number_of(child_value(cell.find(w("tcPr")), "gridSpan"), 1))


def merge(cell: Element) -> str:
    """The vertical merge of a cell: "restart", "continue", or "" when it is not merged."""
    merge_mark = cell.find(f"{w('tcPr')}/{w('vMerge')}")
    return "" if merge_mark is None else attribute(merge_mark, "val") or "continue"
