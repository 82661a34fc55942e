"""Import of editors' files: the filled template, every fault named by row and column, all or nothing."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from factories import CORPUS, WORK_PLAN
from openpyxl import load_workbook

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.errors import InputError, NotAllowedError
from kb.faq.files import ExportFormat, read_entries, write_entries
from kb.faq.importing import import_file, template
from kb.faq.models import FaqEntry, FaqRecord, FaqStatus
from kb.faq.reading import export_all
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role, Staff

NOW = datetime(2024, 5, 10, 1, 0, tzinfo=UTC)
EDITOR = Staff(name="wangfang", title="王芳", role=Role.EDITOR)
HEAD = "问题,其他问法,答案,部门,出处文件,引文,有效期自,有效期至"
PLAN = "2023年浔阳区政务公开工作要点"


@pytest.fixture(scope="module")
def desk(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        law = CORPUS / "政府信息公开条例(2019-04-03).md"
        assert not ingest([WORK_PLAN, law], kb, progress=False).failed
        yield kb


def filled_template(tmp_path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """The template as downloaded, with rows typed below the example."""
    book = load_workbook(BytesIO(template()))
    for row in rows:
        book.worksheets[0].append(row)
    path = tmp_path / "常见问答.xlsx"
    book.save(path)
    return path


def written(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "常见问答.csv"
    path.write_text("\n".join((HEAD, *rows)), encoding="gb18030")
    return path


def brought(desk: KnowledgeBase, path: Path, staff: Staff = EDITOR, submit: bool = False) -> list[FaqRecord]:
    content = path.read_bytes()
    return import_file(desk.faq.life, desk.storage.documents, staff, path.name, content, submit, NOW)


def test_template_has_notes_and_its_example_is_not_imported(desk: KnowledgeBase, tmp_path: Path):
    book = load_workbook(BytesIO(template()))
    assert book.sheetnames == ["常见问答", "填写说明"]
    assert [cell.value for cell in book.worksheets[0][1]] == HEAD.split(",")
    with pytest.raises(InputError, match="没有要导入的问答"):
        brought(desk, filled_template(tmp_path, []))


def test_filled_template_becomes_drafts_of_the_importer(desk: KnowledgeBase, tmp_path: Path):
    quote = "各街道至少安排1-2名政策解答员"
    rows = [
        (
            "解答员有几名？",
            "解答员人数|每个街道几个",
            "一至两名。",
            "区数字中心",
            PLAN,
            quote,
            "2024-01-01",
            None,
        ),
        (
            "开放日怎么参加？",
            "开放日报名\n参观政府",
            "请网上预约。",
            None,
            None,
            None,
            date(2024, 5, 1),
            None,
        ),
    ]
    first, second = brought(desk, filled_template(tmp_path, rows))
    assert (first.author, first.entry.status, first.quote) == ("wangfang", FaqStatus.DRAFT, quote)
    assert first.entry.variants == ("解答员人数", "每个街道几个")
    assert first.entry.valid_from == date(2024, 1, 1)
    document = desk.storage.documents.get(first.entry.document_id or "")
    assert document is not None and first.entry.span is not None
    assert first.entry.span.of(document.text) == quote
    assert second.entry.variants == ("开放日报名", "参观政府")
    assert second.entry.valid_from == date(2024, 5, 1)
    assert [desk.faq.life.records.get(record.entry.id) for record in (first, second)] == [first, second]


def test_import_with_submit_is_submitted_and_audited(desk: KnowledgeBase, tmp_path: Path):
    (record,) = brought(
        desk, written(tmp_path, "居家养老怎么申请？,,请到社区申请。,区民政局,,,,"), submit=True
    )
    assert record.entry.status is FaqStatus.SUBMITTED
    (logged,) = desk.staff.audit.entries(1)
    assert (logged.actor, logged.action) == ("wangfang", "导入问答")
    assert logged.after == {"count": 1, "status": "待审核", "ids": [record.entry.id]}


WRONG_ROWS = (
    "灵活就业怎么参保？,,请到人社窗口办理。,,,,,",
    ",,没有问题的答案。,,,,,",
    "没有答案的问题？,,,,,,,",
    "灵活就业怎么参保？,,重复的问题。,,,,,",
    "日期不对？,,答。,,,,明年,",
    "日期颠倒？,,答。,,,,2024-05-01,2024-01-01",
    "出处不对？,,答。,,没有这份文件,引文,,",
    f"引文不对？,,答。,,{PLAN},各街道安排9名解答员,,",
    "列太多？,,答。,,,,,,多出来",
)
ERRORS = [
    "有 8 处不对，整份文件没有导入：",
    "第 3 行“问题”：缺少这一项",
    "第 4 行“答案”：缺少这一项",
    "第 5 行“问题”：与第 2 行重复",
    "第 6 行“有效期自”：应为日期，如 2023-09-01",
    "第 7 行“有效期至”：早于有效期自",
    "第 8 行“出处文件”：知识库里没有这份文件，请核对题名或发文字号",
    f"第 9 行“引文”：《{PLAN}》里找不到引文“各街道安排9名解答员”；"
    "请打开原文，整句复制后再粘贴，或者换一份出处文件",
    "第 10 行：有 9 列，表头只有 8 列",
]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_import_with_faults_names_each_and_stores_nothing(desk: KnowledgeBase, tmp_path: Path, form: str):
    before = desk.faq.life.records.all()
    if form == "csv":
        path = written(tmp_path, *WRONG_ROWS)
    else:
        path = filled_template(tmp_path, [row.split(",") for row in WRONG_ROWS])
        book = load_workbook(path)
        book.worksheets[0].delete_rows(2)  # the example, so that rows count as in the other file
        book.save(path)
    with pytest.raises(InputError) as caught:
        brought(desk, path)
    assert str(caught.value).splitlines() == ERRORS
    assert desk.faq.life.records.all() == before


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        pytest.param("问题,答复", "缺少 答案，不认识 答复", id="misspelt"),
        pytest.param("问题,答案,答案", "列名不能重复", id="twice"),
        pytest.param("", "缺少 问题、答案", id="empty"),
    ],
)
def test_import_refused_when_head_is_wrong(desk: KnowledgeBase, tmp_path: Path, head: str, sentence: str):
    path = tmp_path / "问答.csv"
    path.write_text(f"{head}\n问,答\n", encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        brought(desk, path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        pytest.param("问答.docx", "只认识 .csv 和 .xlsx", id="other_format"),
        pytest.param("问答.xlsx", "不是能读的 Excel 文件", id="broken"),
    ],
)
def test_import_refused_when_file_is_no_table(desk: KnowledgeBase, tmp_path: Path, name: str, sentence: str):
    (tmp_path / name).write_bytes(b"%PDF-1.4")
    with pytest.raises(InputError, match=sentence):
        brought(desk, tmp_path / name)


def test_import_refused_when_question_exists_already(desk: KnowledgeBase, tmp_path: Path):
    path = written(tmp_path, "暂住证怎么办？,,请到派出所办理。,,,,,")
    (record,) = brought(desk, path)
    with pytest.raises(InputError, match=f"第 2 行“问题”：已有相同的问答 {record.entry.id}"):
        brought(desk, path)


def test_import_by_department_staff_refuses_entries_of_other_departments(desk: KnowledgeBase, tmp_path: Path):
    bound = EDITOR.model_copy(update={"departments": ("区民政局",)})
    rows = (
        "救助站在哪里？,,在城西。,区民政局,,,,",
        "校车几点发车？,,七点。,区教体局,,,,",
        "热线几点下班？,,六点。,,,,,",
    )
    with pytest.raises(InputError) as caught:
        brought(desk, written(tmp_path, *rows), bound)
    lines = str(caught.value).splitlines()
    assert lines[1].startswith("第 3 行“部门”：这项内容属于区教体局")
    assert lines[2].startswith("第 4 行“部门”：这条问答没有填部门")
    answerer = EDITOR.model_copy(update={"role": Role.ANSWERER})
    with pytest.raises(NotAllowedError):
        brought(desk, written(tmp_path, rows[0]), answerer)


def test_import_reports_progress_by_wordings_embedded(desk: KnowledgeBase, tmp_path: Path):
    reports: list[tuple[int, int]] = []
    rows = [f"第{number}号窗口办什么？,{number}号窗口|窗口{number},综合业务。,,,,," for number in range(100)]
    path = written(tmp_path, *rows)
    content, report = path.read_bytes(), lambda *done: reports.append(done)
    import_file(desk.faq.life, desk.storage.documents, EDITOR, path.name, content, False, NOW, report)
    assert reports == [(200, 300), (300, 300)]


def test_excel_export_is_read_back_as_the_same_entries(desk: KnowledgeBase, tmp_path: Path):
    content = export_all(desk.faq.life.records, desk.storage.documents, EDITOR, ExportFormat.XLSX)
    (tmp_path / "导出.xlsx").write_bytes(content)
    stored = [record.entry for record in desk.faq.life.records.all()]
    assert read_entries(tmp_path / "导出.xlsx") == stored
    head = [cell.value for cell in load_workbook(BytesIO(content)).worksheets[0][1]]
    assert head[-8:] == ["需复核", "文件标题", "发文字号", "引文", "作者", "审核人", "审核时间", "更新时间"]


FORMULAS = ("=HYPERLINK(1)", "+86-792", "-3度", "@所有人", "'=1", "''+2", "'好'")


def test_exported_csv_has_no_cell_that_starts_a_formula(tmp_path: Path):
    entries = [
        FaqEntry(id=f"f{number}", question=f"问{text}", variants=(text,), answer=text)
        for number, text in enumerate(FORMULAS)
    ]
    write_entries(entries, tmp_path / "导出.csv")
    with (tmp_path / "导出.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert read_entries(tmp_path / "导出.csv") == entries
