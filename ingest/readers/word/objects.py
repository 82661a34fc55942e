"""Objects embedded in a Word file: of a workbook the sheet in front is read, other objects are doubts."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from docx.opc.part import Part

from ingest.raw_text import RawText
from ingest.readers.word.around import linked_part
from ingest.readers.word.xml import Element
from ingest.readers.workbook import read_workbook
from kb.errors import DocumentError
from kb.files.archives import check_zip

_WORKBOOKS = (".xlsx", ".xlsm")
# How the name of the program that made an object begins -> what people call such an object.
_KINDS = (
    ("Excel", "表格"),
    ("Word", "Word 文档"),
    ("PowerPoint", "演示文稿"),
    ("Acro", "PDF"),
    ("Visio", "Visio 图"),
)


class Objects:
    """Reads the embedded objects of a document one after the other, and remembers what could not be read."""

    def __init__(self, main: Part) -> None:
        self._main = main
        self._unread: list[str] = []
        self._read = 0

    def text_of(self, element: Element) -> RawText | None:
        """The text of an embedded object (o:OLEObject); None when it cannot be read here."""
        program = str(element.get("ProgID", ""))
        if program.startswith("Equation"):
            return None  # a formula: its picture is what people see
        part = linked_part(self._main, element)
        if part is not None and PurePosixPath(str(part.partname)).suffix.lower() in _WORKBOOKS:
            try:
                check_zip(part.blob)
                raw = read_workbook(part.blob, shown_only=True)
            except DocumentError:
                raw = None
            if raw is not None and raw.text.strip():
                self._read += 1
                return raw
        self._unread.append(next((name for start, name in _KINDS if program.startswith(start)), "文件"))
        return None

    def remarks(self) -> Sequence[str]:
        """Sentences on the embedded objects."""
        sentences: list[str] = []
        if self._read:
            sentences.append(
                f"文件里嵌入的 {self._read} 张表格已读入（各读显示的那张工作表），请对照原件核对。"
            )
        if self._unread:
            kinds = "、".join(dict.fromkeys(self._unread))
            sentences.append(
                f"文件里嵌入的 {len(self._unread)} 个对象（{kinds}）没有读入，请把它们另存后单独导入。"
            )
        return sentences
