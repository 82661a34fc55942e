"""The answerers' console: filters from the form, hits as safe HTML."""

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
def test_filters_of_the_form(form: tuple[str, str, str, str], filters: Filters):
    assert make_filters(*form) == filters


def shown_for(typed: str, *found: Found, terms: frozenset[str] = frozenset()) -> str:
    searched = Searched(query=typed, terms=terms, found=found)
    return found_html(typed, searched, lambda _: (Act(action="draft", label="写成问答", key="n"),))


def test_hit_shows_place_status_and_link():
    hit = make_hit("第二条 业主应当交费。", start=7, heading_path=("第一章 总则",), lead_units=("区住建局",))
    shown = shown_for("业主交费", passage(hit), terms=frozenset({"业主", "交费"}))
    assert "物业管理条例 &gt; 第一章 总则" in shown
    assert "现行有效" in shown
    assert "区住建局" in shown
    assert 'href="/doc/doc?start=7&amp;end=18"' in shown
    assert "<mark>业主</mark>" in shown


def test_nothing_from_documents_or_people_is_html():
    evil = "<img src=x onerror=alert(1)>"
    hit = make_hit(evil, heading_path=(evil,), lead_units=(evil,))
    shown = shown_for(evil, passage(hit), terms=frozenset({"src", "img"}))
    assert "<img" not in shown
    assert "onerror=" in shown.replace("<mark>", "").replace("</mark>", "")


def test_no_hits_is_said():
    assert "没有找到" in shown_for("问")


def test_what_was_searched_for_is_said_when_it_is_not_what_was_typed():
    hit = passage(make_hit("规范性文件清理由区司法局牵头。"))
    searched = Searched(query="规范性文件清理", terms=frozenset({"规范性文件", "规范性"}), found=(hit,))
    shown = found_html("红头文件清理", searched, lambda _: ())
    assert "找到 1 条，按“规范性文件清理”查找" in shown
    assert "<mark>规范性文件</mark>清理" in shown  # the longest word is marked whole


def test_words_side_by_side_are_marked_as_one():
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
def test_departments_of_the_queue(own: tuple[str, ...], choices: list[str]):
    staff = make_staff(Role.ANSWERER, own)
    assert department_choices(staff, own or ("区司法局", "区民政局")) == choices
    assert departments_of(staff, "不限") == ()
    assert departments_of(staff, "区司法局") == ("区司法局",)
    assert departments_of(staff, "本部门") == own


def test_links_to_an_entry_are_for_those_who_may_edit_it():
    assert entry_link(make_staff(Role.ANSWERER), "faq-1") == "faq-1"
    assert 'href="?entry=faq-1"' in entry_link(make_staff(Role.EDITOR), "faq-1")
    assert "<b>" not in entry_link(make_staff(Role.EDITOR), "<b>")
