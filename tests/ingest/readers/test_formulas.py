"""ingest.readers.formulas: formulas that no spreadsheet ever computed."""

import pytest

from ingest.readers.formulas import computed

CELLS: dict[tuple[int, int], object] = {
    (1, 1): "每月标准（元）",
    (2, 2): 1500,
    (3, 2): 600,
    (4, 2): "=B2+B3",
    (5, 2): "=B5",
    (2, 4): "区民政局",
}

SUMMARY: dict[tuple[int, int], object] = {(1, 1): "=B1", (1, 2): 30, (2, 2): 40}


def held(sheet: str, row: int, column: int) -> object:
    cells = {"": CELLS, "发放表": CELLS, "1月 汇总": SUMMARY}.get(sheet, {})
    return cells.get((row, column))


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        pytest.param("=B2*12", 18_000, id="product"),
        pytest.param("=$B$3*12-(100+50)/2", 7_125, id="brackets_and_absolute_places"),
        pytest.param("=SUM(B2:B3)", 2_100, id="sum"),
        pytest.param("=B4*10%", 210, id="formula_of_a_formula"),
        pytest.param("=ROUND(B3/7,1)", 85.7, id="rounded"),
        pytest.param('=D2&"（窗口3）"', "区民政局（窗口3）", id="joined_words"),
        pytest.param('=CONCATENATE("区民政","局")', "区民政局", id="concatenate"),
        pytest.param("=发放表!B2/100", 15, id="of_another_sheet"),
        pytest.param("=SUM('1月 汇总'!B1:B2)+B3", 670, id="range_of_a_sheet_in_quotes"),
        pytest.param("='1月 汇总'!A1", 30, id="formula_of_another_sheet_counts_from_its_own"),
        pytest.param("=发放表!SUM(B2)", None, id="sheet_before_a_function"),
        pytest.param("=B5", None, id="refers_to_itself"),
        pytest.param("=VLOOKUP(A2,B:C,2)", None, id="look_up"),
        pytest.param("=B2/0", None, id="division_by_zero"),
        pytest.param("=A1*2", None, id="words_are_no_number"),
        pytest.param("=SUM(", None, id="cut_off"),
    ],
)
def test_plain_arithmetic_is_computed_and_nothing_else(formula: str, value: float | str | None) -> None:
    assert computed(formula, held) == value
