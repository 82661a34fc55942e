"""kb.language.joined_texts."""

import pytest

from kb.language.joined_texts import JoinedTexts

TEXTS = JoinedTexts(["低保申请", "", "办理低保，续办低保", "aaa"])


@pytest.mark.parametrize(
    ("words", "places"),
    [
        pytest.param("低保", [(0, 0), (2, 2), (2, 7)], id="several_texts"),
        pytest.param("aa", [(3, 0), (3, 1)], id="overlapping"),
        pytest.param("申请办理", [], id="across_two_texts"),
    ],
)
def test_places_give_position_and_offset(words: str, places: list[tuple[int, int]]) -> None:
    assert list(TEXTS.places(words)) == places


def test_having_flags_each_text_that_holds_the_words() -> None:
    assert TEXTS.having("低保").tolist() == [True, False, True, False]
    assert JoinedTexts([]).having("低保").tolist() == []
