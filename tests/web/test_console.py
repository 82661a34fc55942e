"""The answerers' console: filters from the form, hits as safe HTML."""

from datetime import date

import pytest
from factories import make_hit

from kb.desk import passage
from kb.models import Filters, Status
from web.console.found_html import found_html
from web.console.search_tab import make_filters


@pytest.mark.parametrize(
    ("form", "filters"),
    [
        pytest.param(("", "不限", "不限", "不限"), Filters(), id="nothing chosen"),
        pytest.param((" 区司法局 ", "不限", "不限", "不限"), Filters(department="区司法局"), id="unit"),
        pytest.param(("", "已废止", "不限", "不限"), Filters(status=Status.REPEALED), id="status"),
        pytest.param(
            ("", "不限", "2021", "2023"),
            Filters(date_from=date(2021, 1, 1), date_to=date(2023, 12, 31)),
            id="years",
        ),
    ],
)
def test_filters_of_the_form(form: tuple[str, str, str, str], filters: Filters):
    assert make_filters(*form) == filters


def test_hit_shows_place_status_and_link():
    hit = make_hit("第二条 业主应当交费。", start=7, heading_path=("第一章 总则",), lead_units=("区住建局",))
    shown = found_html("业主交费", [passage(hit)])
    assert "物业管理条例 &gt; 第一章 总则" in shown
    assert "现行有效" in shown
    assert "区住建局" in shown
    assert 'href="/doc/doc?start=7&amp;end=18"' in shown
    assert "<mark>业主</mark>" in shown


def test_nothing_from_documents_or_people_is_html():
    evil = "<img src=x onerror=alert(1)>"
    shown = found_html(evil, [passage(make_hit(evil, heading_path=(evil,), lead_units=(evil,)))])
    assert "<img" not in shown
    assert "onerror=" in shown.replace("<mark>", "").replace("</mark>", "")


def test_no_hits_is_said():
    assert "没有找到" in found_html("问", [])
