"""kb.question.places: places named in a question, and words that only look like them."""

import pytest

from kb.question.places import places_in


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param("南昌市低保标准是多少", ("南昌市",), id="city"),
        pytest.param("在南昌怎么申请低保", ("南昌市",), id="city_without_level"),
        pytest.param("濂溪区的政策解答员", ("濂溪区",), id="district_unknown_to_jieba"),
        pytest.param("九江市浔阳区的低保", ("九江市", "浔阳区"), id="city_and_district"),
        pytest.param("江西省有什么规定", ("江西省",), id="province"),
        pytest.param("小区物业归社区管吗", (), id="quarters"),
        pytest.param("开发区的企业、老城区的住户", (), id="zones"),
        pytest.param("镶牙能报销吗，有什么福利", (), id="words_that_jieba_takes_for_places"),
        pytest.param("区里和市里谁管，我们县呢", (), id="levels_without_names"),
    ],
)
def test_places_are_named_with_their_level(text: str, places: tuple[str, ...]) -> None:
    assert places_in(text) == places
