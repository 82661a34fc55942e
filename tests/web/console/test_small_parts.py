"""Small parts of the console that went wrong once: charts of one day, sentences, a form after its use."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kb.reports.figures import Counts, DayFigures
from kb.staff.audit import AuditEntry
from kb.staff.parts import StaffParts, open_staff
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role, Staff
from kb.storage.database import open_database
from web.console.audit_tab import entries_html
from web.console.faq.form import many_html, told
from web.console.figures import view
from web.console.users_tab import _UsersPage


def day(number: int, **counts: object) -> DayFigures:
    """A day of May 2024."""
    none = {"helpful_share": None, "p50_ms": None, "p95_ms": None}
    zero = dict.fromkeys(set(Counts.model_fields) - set(none), 0)
    return DayFigures(day=date(2024, 5, number), counts=Counts.model_validate(none | zero | counts))


def test_chart_of_an_only_day_is_a_line_over_that_day():
    frame = view.days_frame([day(10, answered=3)])
    assert frame[view.TIMES].tolist() == [3, 3]
    first, last = frame[view.DAY]
    assert (last - first).total_seconds() == 23 * 3600 + 59 * 60


def test_chart_of_several_days_has_one_point_a_day():
    assert len(view.latency_frame([day(10, p50_ms=900, p95_ms=900), day(11, p50_ms=800, p95_ms=800)])) == 4


def test_chart_without_a_day_is_empty():
    assert view.helpful_frame([day(10), day(11)]).empty


@pytest.mark.parametrize(
    ("done", "picked", "sentence"),
    [
        pytest.param(2, 2, "已通过 2 条。", id="all"),
        pytest.param(2, 4, "已通过 2 条，另 2 条状态不符。", id="some"),
    ],
)
def test_batch_tells_how_many_were_done_and_how_many_could_not_be(done: int, picked: int, sentence: str):
    assert told("已通过", done, picked) == sentence


def test_entries_done_together_are_named_by_their_questions():
    shown = many_html("已通过", ["低保怎么申请？"], ["<b>居住证怎么补？：不能审核自己写的。"])
    assert "已通过 1 条，另 1 条状态不符。" in shown
    assert "<li>低保怎么申请？</li>" in shown
    assert "<p>&lt;b&gt;居住证怎么补？：不能审核自己写的。</p>" in shown


@pytest.fixture
def staff_parts(tmp_path: Path) -> StaffParts:
    engine = open_database(tmp_path / "kb.sqlite")
    return open_staff(engine, key=b"k" * 32, required=frozenset, passwords=Passwords())


def test_audit_entry_shows_its_sentence_and_keeps_the_record_one_click_away():
    at = datetime(2024, 5, 10, 1, 30, tzinfo=UTC)
    values = {"before": None, "after": {"question": "<b>低保</b>"}, "hash": "c0ffee" * 10}
    entry = AuditEntry(id=3, at=at, actor="wang", action="新建问答", subject="问答 f-1", **values)
    shown = entries_html([entry], {"wang": "王芳"}, {"问答 f-1": "问答“低保”"})
    plain, _, record = shown.partition("<details>")
    assert "2024-05-10 09:30" in plain and "王芳 新写了问答“低保”" in plain
    assert "问题：&lt;b&gt;低保&lt;/b&gt;" in plain
    assert "c0ffee" not in plain and "c0ffee" in record


def test_form_of_a_new_account_is_empty_once_the_account_is_made(staff_parts: StaffParts):
    head = Staff(name="head", title="主任", role=Role.ADMIN)
    staff_parts.users.add(OPERATOR, head, "correct horse 电池", datetime.now(UTC))
    page = _UsersPage(staff_parts.users, staff_parts.second_step)
    shown = page.add(head, "wangfang", "王芳", Role.EDITOR.value, "区民政局")
    assert shown[-4:] == ["", "", Role.ANSWERER.value, ""]
    assert staff_parts.users.find(head, "wangfang").staff.departments == ("区民政局",)
