"""kb.language.word_weights: content words of a question."""

import pytest

from kb.language.word_weights import content_words, tagged_words


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        pytest.param(0.0, {"街道": 1.0, "安排": 0.6, "政策": 1.0, "宣传": 1.0}, id="all"),
        pytest.param(0.6, {"街道": 1.0, "安排": 0.6, "政策": 1.0, "宣传": 1.0}, id="least_is_included"),
        pytest.param(0.7, {"街道": 1.0, "政策": 1.0, "宣传": 1.0}, id="verbs_below_least"),
    ],
)
def test_content_words_without_question_and_function_words(least: float, expected: dict[str, float]) -> None:
    assert content_words("街道要安排幾次政策宣传？", least) == expected


def test_tagged_words_without_question_words_in_order() -> None:
    words = [word for word, _ in tagged_words("街道安排什么")]
    assert words == ["街道", "安排"]
