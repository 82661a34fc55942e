"""kb.language.normalise: one canonical form, however a text was typed."""

import pytest

from kb.language.normalise import canonical, short_title


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("ＩＰｖ６支持度", "ipv6支持度", id="full_width"),
        pytest.param("義務教育收學費嗎？", "义务教育收学费吗?", id="traditional"),
        pytest.param("第 一 章  总 则", "第一章总则", id="spaces_between_characters"),
        pytest.param("IPv6 改造  工作", "ipv6 改造工作", id="space_beside_latin_stays_single"),
        pytest.param("２０個工作日", "20个工作日", id="digits"),
    ],
)
def test_canonical_form_of_typed_text_is_stable(typed: str, expected: str):
    assert canonical(typed) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("中华人民共和国政府信息公开条例", "政府信息公开条例"),
        ("中華人民共和國教育法", "教育法"),
        ("《中华人民共和国教育法》", "《中华人民共和国教育法》"),
    ],
)
def test_short_title_drops_leading_name_of_the_country(title: str, expected: str) -> None:
    assert short_title(title) == expected
