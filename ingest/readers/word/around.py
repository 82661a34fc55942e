"""What stands around the text of a Word file: the red head in a page header, revisions, comments, objects.

Running headers and footers are no text. But many offices set the red head (红头) and the number of the
document in the header of the first page: those are the document's own words and come first.
"""

import re
from collections.abc import Iterator

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part

from ingest.notation.document_number import read_number
from ingest.notation.signature import ORGAN_ENDINGS
from ingest.readers.word.xml import Element, attribute, is_on, local_name, parsed, w
from kb.errors import DocumentError

_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PAGES = re.compile(rb"<Pages>\s{0,9}(\d{1,6})\s{0,9}</Pages>")
_MOST_HEAD = 60  # characters of a line of the red head
_REDHEAD = re.compile(r"[一-鿿、（）()〇○]{3,50}(?:文件|令|公告|通告)(?:[（(][一-鿿]{1,4}[）)])?")
_ORGAN = re.compile(rf"[一-鿿]{{2,40}}?(?:{ORGAN_ENDINGS})")
_SIGNER = re.compile(r"签\s{0,4}发\s{0,4}人\s{0,4}[:：].{0,40}")
_SPREAD = re.compile(r"(?:\S[ \u3000\xa0]{1,4}){3,60}\S")  # 溪 口 区 人 民 政 府 文 件
_DRAWN = (("/chart", "图表"), ("/diagram", "图示（SmartArt）"))  # the end of what a drawing names as its kind


def part_of(main: Part, relation: str) -> Element | None:
    """The root of the part that has `relation` to the main one; None without such a part."""
    try:
        return parsed(main.part_related_by(relation).blob)
    except (KeyError, ValueError):
        return None


def linked_part(main: Part, element: Element) -> Part | None:
    """The part that an element names; None when the file has no such part."""
    part = main.related_parts.get(str(element.get(_LINK, "")))
    return part if isinstance(part, Part) else None


def first_header(main: Part, body: Element) -> Element | None:
    """The page header of the first page; None without one."""
    section = next(body.iter(w("sectPr")), None)
    if section is None:
        return None
    wanted = "first" if is_on(section, "titlePg") else "default"
    for reference in section.iterchildren(w("headerReference")):
        part = linked_part(main, reference)
        if attribute(reference, "type") == wanted and part is not None:
            try:
                return parsed(part.blob)
            except DocumentError:
                return None
    return None


def head_words(line: str) -> str:
    """A line as one of the red head: an organ, "…文件", a number, a signer; "" when it is none of them.

    >>> head_words("溪 口 区 人 民 政 府 文 件"), head_words("住房租赁管理资料汇编")
    ('溪口区人民政府文件', '')
    """
    line = line.strip()
    words = "".join(line.split()) if _SPREAD.fullmatch(line) else line
    if len(words) > _MOST_HEAD:
        return ""
    is_head = _REDHEAD.fullmatch(words) or _ORGAN.fullmatch(words) or _SIGNER.fullmatch(words)
    number = read_number(_SIGNER.sub("", words))
    return words if is_head or number else ""


def number_pages(package_parts: Iterator[Part], root: Element) -> None:
    """Give each mark of the last rendering the number of the page that begins there.

    A program that renders the file leaves such marks and the count of pages; where it counted more pages than
    it left marks, or left none, no page of the text is known, and none is numbered.
    """
    marks = list(root.iter(w("lastRenderedPageBreak")))
    counted = 0
    for part in package_parts:
        if str(part.partname) == "/docProps/app.xml" and (pages := _PAGES.search(part.blob)):
            counted = int(pages[1])
    if counted <= len(marks) + 1:
        for number, mark in enumerate(marks, start=2):
            mark.set("page", str(number))


def remarks_on(main: Part, body: Element) -> Iterator[str]:
    """Sentences on what was not accepted yet, and on what is no text."""
    added = sum(1 for name in ("ins", "moveTo") for mark in body.iter(w(name)) if _has_words(mark))
    taken = sum(1 for name in ("del", "moveFrom") for mark in body.iter(w(name)) if _has_words(mark))
    if added or taken:
        yield (
            f"文件里有没有定稿的修订：插入 {added} 处，按正文读入；删除 {taken} 处，没有读入。"
            "请在 Word 或 WPS 中接受或拒绝修订后再上线。"
        )
    comments = part_of(main, RELATIONSHIP_TYPE.COMMENTS)
    count = 0 if comments is None else sum(1 for _ in comments.iter(w("comment")))
    if count:
        yield f"文件里有 {count} 条批注，没有读入。"
    for ending, name in _DRAWN:
        drawn = [
            one for one in body.iter() if local_name(one) == "graphicData" and _kind(one).endswith(ending)
        ]
        if drawn:
            yield f"文件里有 {len(drawn)} 个{name}，里面的文字没有读入，请对照原件核对。"
    parts = sum(1 for _ in body.iter(w("altChunk")))
    if parts:
        yield f"文件里插入了 {parts} 份外部文档，没有读入；请用 Word 或 WPS 打开后另存一份再导入。"


def _has_words(mark: Element) -> bool:
    """Whether a revision has words in it, or is that of a paragraph mark or a row."""
    return any(local_name(one) in ("t", "delText") and one.text for one in mark.iter())


def _kind(data: Element) -> str:
    return str(data.get("uri", ""))
