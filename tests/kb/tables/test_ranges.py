"""kb.tables.ranges: which numbers a cell means."""

import pytest

from kb.tables.ranges import amounts_in, range_of


@pytest.mark.parametrize(
    ("cell", "inside", "outside"),
    [
        pytest.param("80—89岁", (80, 89), (79, 90), id="dash"),
        pytest.param("801－1500元", (801, 1500), (800, 1501), id="full_width_dash"),
        pytest.param("100周岁及以上", (100, 110), (99,), id="and_more"),
        pytest.param("60㎡及以下", (60, 1), (61,), id="and_less"),
        pytest.param("不满15年", (14, 1), (15,), id="less_without_the_number"),
        pytest.param("满10年不满20年", (10, 19), (9, 20), id="two_bounds"),
        pytest.param("1000元以上3000元以下", (1000, 3000), (999, 3001), id="bounds_behind"),
        pytest.param("超过3000元至12000元的部分", (3001, 12000), (3000, 12001), id="exceeding_to"),
        pytest.param("50-100万元", (500_000, 1_000_000), (50, 100), id="multiplier_of_both"),
        pytest.param("十八至三十五周岁", (18, 35), (17, 36), id="Chinese_numerals"),
    ],
)
def test_range_holds_what_it_says(cell: str, inside: tuple[int, ...], outside: tuple[int, ...]) -> None:
    stated = range_of(cell, "")
    assert stated is not None
    assert all(stated.holds(value) for value in inside)
    assert not any(stated.holds(value) for value in outside)


@pytest.mark.parametrize("cell", ["区民政局", "2023年", "300", "2024年7月1日", "第二阶梯"])
def test_other_text_is_no_range(cell: str) -> None:
    assert range_of(cell, "") is None


def test_amounts_are_read_with_units_and_without_years() -> None:
    found = amounts_in("2024年，九十岁老人月收入2000元，一家3口，住60平米")
    assert [(one.value, one.unit) for one in found] == [(90, "岁"), (2000, "元"), (3, "人"), (60, "平方米")]
