"""kb.language.quantities: units and values; contradictions of answers: tests/kb/faq/test_life.py."""

import re

import pytest

from kb.language.quantities import NumberReader, quantities, unit_pattern


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("补贴0.3万元", {"元": {"3000"}}, id="multiplier"),
        pytest.param("三天内两个人到场", {"日": {"3"}, "名": {"2"}}, id="same_unit"),
        pytest.param("2024年百分之五", {"年份": {"2024"}, "%": {"5"}}, id="year_and_share"),
        pytest.param("第三条，〔2023〕5号", {}, id="numbers_of_articles_and_documents"),
    ],
)
def test_quantities_by_unit(text: str, expected: dict[str, set[str]]) -> None:
    assert quantities(text) == expected


@pytest.mark.parametrize("reader", list(NumberReader))
def test_unit_pattern_matches_whole_unit(reader: NumberReader) -> None:
    units = unit_pattern(reader).split("|")
    assert len(units) == len(set(units))
    for unit in units:
        match = re.match(unit_pattern(reader), unit)
        assert match is not None
        assert match[0] == unit
