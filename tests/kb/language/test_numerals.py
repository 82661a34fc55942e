"""kb.language.numerals; number_value as ingest uses it: tests/ingest/notation."""

import pytest

from kb.language.numerals import number_value


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("零", 0),
        ("两百", 200),
        ("十万", 100_000),
        ("三万五千", 35_000),
        ("一亿二千万零三", 120_000_003),
        ("百二十", 120),
        ("三万亿", 3_000_000_000_000),
        ("一万二千亿", 1_200_000_000_000),
        ("三亿五千万", 350_000_000),
    ],
)
def test_number_value_of_chinese_numerals_with_large_units(numeral: str, value: int) -> None:
    assert number_value(numeral) == value
