"""Imports entries from an Excel or CSV file that an editor sends, and makes the template for it.

A file is imported whole or not at all; all faults are reported at once, by row and column. The rows become
new drafts: an entry that exists already is changed in the console, where its version is shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BytesIO

from openpyxl import load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import ValidationError

from kb.errors import DatasetError, InputError, NotAllowedError
from kb.faq.drafting import check_size, entry_of, require_for
from kb.faq.files import SHEET, explain, fields_of
from kb.faq.life import FaqLife, OnImported
from kb.faq.models import FaqDraft, FaqRecord, FaqStep
from kb.files.limits import megabytes
from kb.language.normalise import canonical
from kb.models import DocumentSummary, PolicyDocument, Status
from kb.staff.permissions import Action, Staff, require
from kb.storage.documents import Documents
from kb.storage.spreadsheets import EXAMPLE_MARK, MOST_BYTES, few, is_example, list_template, read_rows, told

_COLUMNS = {
    "问题": "question",
    "其他问法": "variants",
    "答案": "answer",
    "部门": "department",
    "出处文件": "document_id",
    "引文": "quote",
    "有效期自": "valid_from",
    "有效期至": "valid_until",
}
_COLUMN_OF = {field: column for column, field in _COLUMNS.items()}
_NEEDED = ("问题", "答案")
_EXAMPLE = (
    "申请公开政府信息，多少天能答复？",
    "依申请公开的答复期限|信息公开申请几天答复",
    "能当场答复的当场答复；不能当场答复的，自收到申请之日起20个工作日内答复。",
    "区数字中心",
    "中华人民共和国政府信息公开条例",
    "行政机关不能当场答复的，应当自收到申请之日起20个工作日内予以答复",
    "2024-01-01",
    "",
)
_WIDTHS = (36, 36, 60, 14, 30, 40, 12, 12)
_NOTES = (
    ("列", "怎么填"),
    ("问题", "必填。群众会怎么问就怎么写，不超过 500 字；一个文件里不能有两行问题相同。"),
    ("其他问法", "同一个问题的其他说法，用竖线 | 隔开，或在单元格里换行（Alt+回车）。"),
    ("答案", "必填。群众看到的就是这段文字。"),
    ("部门", "归口部门，如 区民政局；账号限定了部门的必须填自己的部门。"),
    ("出处文件", "答案依据的政策文件：题名或发文字号，须已在知识库里。"),
    ("引文", "从出处文件里原样复制的一段话，一字不差；文件改动后据此提醒复核。"),
    ("有效期自", "从哪一天起可以回答，如 2024-01-01；不填为即日起。"),
    ("有效期至", "到哪一天为止（含当天）；不填为长期。"),
    ("说明", f"问题以{EXAMPLE_MARK}开头的行不导入。有一处不对，整份文件都不导入，并逐行逐列说明。"),
    ("说明", "导入后是草稿，提交并经审核人员通过后才会用来回答。"),
)


def import_file(
    life: FaqLife,
    documents: Documents,
    staff: Staff,
    name: str,
    content: bytes,
    submit: bool,
    now: datetime,
    progress: OnImported | None = None,
) -> list[FaqRecord]:
    """Import the entries of a .xlsx or .csv file, called `name` with `content`, as new drafts of `staff`.

    With `submit` they are submitted for review at once. `progress`: see kb.faq.life.Progress.

    Raises:
        InputError: one line for each row and column that is wrong; nothing was imported.
        NotAllowedError: the role may not edit entries.
    """
    require(staff, Action.FAQ_EDIT)
    if len(content) > MOST_BYTES:
        raise InputError(f"文件超过 {megabytes(MOST_BYTES)}，请分成几份导入。")
    try:
        table = read_rows(name, content)
    except DatasetError as error:
        raise InputError(f"{error}。") from error
    reading = _Reading(staff, documents, life.records.keys(staff.bound_to))
    drafts = list(reading.drafts(table))
    if reading.errors:
        head = f"有 {len(reading.errors)} 处不对，整份文件没有导入："
        raise InputError("\n".join((head, *told(reading.errors))))
    if not drafts:
        raise InputError("文件里没有要导入的问答；请从第 2 行起填写。")
    return life.add(staff, drafts, submit, FaqStep.IMPORTED, now, progress)


def template() -> bytes:
    """The .xlsx file to fill in: the head, an example that is not imported, and a sheet that explains."""
    book = load_workbook(BytesIO(list_template(SHEET, list(_COLUMNS), _WIDTHS, _EXAMPLE)))
    sheet = book.worksheets[0]
    _lay_out(sheet, _WIDTHS)
    for cell in sheet[2]:
        cell.font = Font(italic=True, color="808080")
    for column in ("G", "H"):  # or Excel makes a date of its own of what is typed
        sheet.column_dimensions[column].number_format = "@"
    notes = book.create_sheet("填写说明")
    for note in _NOTES:
        notes.append(note)
    _lay_out(notes, (14, 90))
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _lay_out(sheet: Worksheet, widths: Iterable[int]) -> None:
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DCE6F1")


class _Reading:
    """Turns the rows of one file into drafts; the faults are gathered in `errors`."""

    def __init__(self, staff: Staff, documents: Documents, known: Mapping[str, str]) -> None:
        self._staff = staff
        self._documents = documents
        self._known = known
        self._first_seen: dict[str, int] = {}
        self._by_name: dict[str, list[DocumentSummary]] | None = None
        self._found: dict[str, PolicyDocument | None] = {}
        self.errors: list[str] = []

    def drafts(self, table: list[list[str]]) -> Iterator[FaqDraft]:
        """The drafts of the rows without faults."""
        head = table[0] if table else []
        unknown = [name for name in head if name not in _COLUMNS]
        missing = [name for name in _NEEDED if name not in head]
        if unknown or missing or len(set(head)) != len(head):
            self.errors.append(
                f"第 1 行：表头应为 {'、'.join(_COLUMNS)}；缺少 {few(missing)}，"
                f"不认识 {few(unknown)}，列名不能重复；请用模板填写"
            )
            return
        for number, cells in enumerate(table[1:], start=2):
            if len(cells) > len(head):
                self.errors.append(f"第 {number} 行：有 {len(cells)} 列，表头只有 {len(head)} 列")
            elif any(cells):
                named = dict(zip(head, cells, strict=False))
                if not is_example(named.get("问题", "")):
                    yield from self._row(number, {_COLUMNS[name]: cell for name, cell in named.items()})

    def _row(self, number: int, cells: Mapping[str, str]) -> Iterator[FaqDraft]:
        before = len(self.errors)
        fields = fields_of(cells)
        if "document_id" in fields:
            fields["document_id"] = self._document_id(number, fields["document_id"])
        try:
            draft = FaqDraft.model_validate(fields)
        except ValidationError as error:
            self.errors += [f"第 {number} 行{explain(detail, _COLUMN_OF)}" for detail in error.errors()]
            return
        self._check(number, draft)
        if len(self.errors) == before:
            self._check_source(number, draft)
        if len(self.errors) == before:
            yield draft

    def _check(self, number: int, draft: FaqDraft) -> None:
        key = canonical(draft.question)
        first = self._first_seen.setdefault(key, number)
        if first != number:
            self._wrong(number, "question", f"与第 {first} 行重复")
        elif key in self._known:
            self._wrong(number, "question", f"已有相同的问答 {self._known[key]}，请在控制台修改那一条")
        try:
            require_for(self._staff, Action.FAQ_EDIT, draft.department)
        except NotAllowedError as error:
            self._wrong(number, "department", error.citizen.rstrip("。"))
        try:
            check_size(draft)
        except InputError as error:
            self._wrong(number, "answer", error.citizen.rstrip("。"))
        if draft.valid_from and draft.valid_until and draft.valid_until < draft.valid_from:
            self._wrong(number, "valid_until", "早于有效期自")

    def _check_source(self, number: int, draft: FaqDraft) -> None:
        try:
            entry_of(draft, "new", self._find)
        except InputError as error:
            self._wrong(number, "quote", error.citizen.rstrip("。"))

    def _document_id(self, number: int, name: str) -> str | None:
        """The id of the document with that id, title or number; of several editions, the one in force.

        None when that is no single document; the error is noted.
        """
        if self._by_name is None:
            self._by_name = {}
            for summary in self._documents.summaries():
                for key in {summary.id, canonical(summary.title), canonical(summary.number or "")} - {""}:
                    self._by_name.setdefault(key, []).append(summary)
        matches = self._by_name.get(name) or self._by_name.get(canonical(name.strip("《》")), [])
        in_force = [summary for summary in matches if summary.status is Status.IN_FORCE]
        if len(matches) == 1 or len(in_force) == 1:
            return (in_force or matches)[0].id
        reason = (
            "有几份文件叫这个名字，请改填发文字号"
            if matches
            else "知识库里没有这份文件，请核对题名或发文字号"
        )
        self._wrong(number, "document_id", reason)
        return None

    def _wrong(self, number: int, field: str, reason: str) -> None:
        self.errors.append(f"第 {number} 行“{_COLUMN_OF[field]}”：{reason}")

    def _find(self, document_id: str) -> PolicyDocument | None:
        if document_id not in self._found:
            self._found[document_id] = self._documents.get(document_id)
        return self._found[document_id]
