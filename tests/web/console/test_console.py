"""The console's search: filters from the form, results as safe HTML."""

from datetime import date

import pytest
from factories import make_hit
from staffing import make_staff

from kb.desk.search import Found, Searched, passage
from kb.models import Filters, Status
from kb.staff.permissions import Role
from web.console.cards import Act, found_html, highlight
from web.console.parts import entry_link
from web.console.queue.views import department_choices, departments_of
from web.console.search.tab import make_filters


@pytest.mark.parametrize(
    ("form", "filters"),
    [
        pytest.param(("不限", "不限", "不限", "不限"), Filters(), id="nothing chosen"),
        pytest.param(("区司法局", "不限", "不限", "不限"), Filters(department="区司法局"), id="unit"),
        pytest.param(("不限", "已废止", "不限", "不限"), Filters(status=Status.REPEALED), id="status"),
        pytest.param(
            ("不限", "不限", "2021", "2023"),
            Filters(date_from=date(2021, 1, 1), date_to=date(2023, 12, 31)),
            id="years",
        ),
    ],
)
def test_make_filters_reads_the_form(form: tuple[str, str, str, str], filters: Filters):
    assert make_filters(*form) == filters


def shown_for(typed: str, *found: Found, terms: frozenset[str] = frozenset()) -> str:
    searched = Searched(query=typed, terms=terms, found=found)
    return found_html(typed, searched, lambda _: (Act(action="draft", label="写成问答", key="n"),))


def test_card_shows_place_status_and_link():
    hit = make_hit("第二条 业主应当交费。", start=7, heading_path=("第一章 总则",), lead_units=("区住建局",))
    page = shown_for("业主交费", passage(hit), terms=frozenset({"业主", "交费"}))
    assert "物业管理条例 &gt; 第一章 总则" in page
    assert "现行有效" in page
    assert "区住建局" in page
    assert 'href="/doc/doc?start=7&amp;end=18"' in page
    assert "<mark>业主</mark>" in page


def test_card_escapes_texts_of_documents_and_people():
    evil = "<img src=x onerror=alert(1)>"
    hit = make_hit(evil, heading_path=(evil,), lead_units=(evil,))
    page = shown_for(evil, passage(hit), terms=frozenset({"src", "img"}))
    assert "<img" not in page
    assert "onerror=" in page.replace("<mark>", "").replace("</mark>", "")


def test_no_results_show_a_sentence():
    assert "没有找到" in shown_for("问")


def test_rewritten_query_is_shown():
    hit = passage(make_hit("规范性文件清理由区司法局牵头。"))
    searched = Searched(query="规范性文件清理", terms=frozenset({"规范性文件", "规范性"}), found=(hit,))
    page = found_html("红头文件清理", searched, lambda _: ())
    assert "找到 1 条，按“规范性文件清理”查找" in page
    assert "<mark>规范性文件</mark>清理" in page  # the longest word is marked whole


def test_adjacent_words_get_one_mark():
    assert (
        highlight({"解答员", "政策", "解答"}, "政策解答员的政策")
        == "<mark>政策解答员</mark>的<mark>政策</mark>"
    )


@pytest.mark.parametrize(
    ("own", "choices"),
    [
        pytest.param((), ["不限", "区司法局", "区民政局"], id="all departments"),
        pytest.param(("区民政局",), ["不限", "本部门"], id="one"),
        pytest.param(("区司法局", "区民政局"), ["不限", "本部门", "区司法局", "区民政局"], id="two"),
    ],
)
def test_queue_department_choices_by_staff_departments(own: tuple[str, ...], choices: list[str]):
    staff = make_staff(Role.ANSWERER, own)
    assert department_choices(staff, own or ("区司法局", "区民政局")) == choices
    assert departments_of(staff, "不限") == ()
    assert departments_of(staff, "区司法局") == ("区司法局",)
    assert departments_of(staff, "本部门") == own


def test_entry_link_only_for_editors():
    assert entry_link(make_staff(Role.ANSWERER), "faq-1") == "faq-1"
    assert 'href="?entry=faq-1"' in entry_link(make_staff(Role.EDITOR), "faq-1")
    assert "<b>" not in entry_link(make_staff(Role.EDITOR), "<b>")
