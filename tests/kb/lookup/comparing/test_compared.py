"""kb.lookup.comparing.compared: more wordings of asking for a difference, and the purpose of a law."""

import pytest

from kb.lookup.comparing.compared import compared


@pytest.mark.parametrize(
    "question",
    [
        "新旧保密法关于保密期限各是怎么规定的",
        "2010年和2024年的保密法，定密责任人分别是什么",
        "新旧放假办法，劳动节多了几天",
        "新旧信访条例在办理期限上改了哪些",
        "旧职业教育法和新职业教育法，学生上岗实习的报酬怎么规定的",
        "现行保密法与以前的保密法，脱密期怎么规定",
    ],
)
def test_question_for_a_difference_is_a_comparison(question: str):
    assert compared(question, lambda law: True) is not None


def test_purpose_of_laws_is_compared_by_their_first_articles():
    asked = compared("新旧保密法的立法目的有什么不一样", lambda law: True)
    assert asked is not None and [place.article for place in asked.places] == [1]


@pytest.mark.parametrize(
    "question",
    [
        "保密法规定的绝密和机密有什么不同",
        "年休假多了几天怎么办",
        "旧条例和新条例各列了哪些",
        "旧城改造和新区建设谁负责",
    ],
)
def test_question_without_two_sides_is_no_comparison(question: str):
    assert compared(question, lambda law: True) is None
