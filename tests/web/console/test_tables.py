"""Tables of the console: what people typed stays text, rows that open carry their number."""

import json
import re
from pathlib import Path

import pytest

import web.console
from kb.faq.models import FaqPage
from web.console.faq.form import list_html
from web.console.shell.script import page_script
from web.console.tables import Tone, badge, marked, table, turns_html


def test_cells_are_escaped_but_for_the_states_of_our_own():
    page = table("共 1 条", ("问题", "状态"), [("<b>低保</b>\n怎么办", badge("<待审核>", Tone.WAIT))])
    assert "&lt;b&gt;低保&lt;/b&gt;<br>怎么办" in page
    assert '<span class="badge wait">&lt;待审核&gt;</span>' in page


def test_cell_carries_its_heading_for_the_cards_of_a_phone():
    assert '<td data-label="部门">区民政局</td>' in table("", ("姓名", "部门"), [("王芳", "区民政局")])


def test_row_that_opens_is_a_button_with_its_number_and_other_tables_have_none():
    rows = [("甲",), ("乙",)]
    page = table("", ("姓名",), rows, opens=True)
    assert re.findall(r'<tr data-number="(\d)">', page) == ["0", "1"]
    assert page.count('data-action="open"') == 2
    assert "button" not in table("", ("姓名",), rows)


def test_several_states_stand_in_one_cell():
    assert marked(badge("正常"), "甲 & 乙").html == '<span class="badge ">正常</span> 甲 &amp; 乙'


@pytest.mark.parametrize(
    ("number", "pages", "turns"),
    [
        pytest.param(1, 1, [], id="only page"),
        pytest.param(1, 3, ["2"], id="first"),
        pytest.param(2, 3, ["1", "3"], id="middle"),
        pytest.param(3, 3, ["2"], id="last"),
    ],
)
def test_long_list_has_buttons_to_the_pages_beside(number: int, pages: int, turns: list[str]):
    assert re.findall(r'data-number="(\d)"', turns_html(number, pages)) == turns


def test_empty_list_of_entries_says_so():
    assert "共 0 条" in list_html(FaqPage(records=(), total=0), 1, 20)


def test_every_button_that_asks_before_it_acts_says_what_it_will_do():
    folder = Path(web.console.__file__).parent
    source = "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    asking = set(re.findall(r'gr\.Button\(\s*"([^"]+)"[^)]*elem_classes="confirm"', source))
    asked = re.search(r"const ASKED = (\{.*?\});", page_script())
    assert asked is not None
    assert asking == set(json.loads(asked[1]))
    assert len(asking) >= 9
