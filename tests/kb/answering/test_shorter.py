"""kb.answering.shorter: the short version of an answer, in the document's words."""

import pytest

from kb.answering.shorter import shorter
from kb.answers import Answer, AnswerKind, Ending

CONDITIONS = """失业人员符合下列条件的，从失业保险基金中领取失业保险金：
（一）失业前用人单位和本人已经缴纳失业保险费满一年的；
（二）非因本人意愿中断就业的；
（三）已经进行失业登记，并有求职要求的。"""


def answer(question: str, text: str) -> Answer:
    return Answer(
        question=question,
        rewritten=question,
        kind=AnswerKind.EXTRACT,
        ending=Ending.QUOTED,
        text=text,
        confidence=1,
    )


def test_sentence_with_what_was_asked_is_kept_and_cut() -> None:
    text = (
        "行政机关收到政府信息公开申请，能够当场答复的，应当当场予以答复。"
        "行政机关不能当场答复的，应当自收到申请之日起20个工作日内予以答复；需要延长答复期限的，"
        "应当经政府信息公开工作机构负责人同意并告知申请人，延长的期限最长不得超过20个工作日。"
    )
    short = shorter(answer("信息公开申请多少天答复", text))
    assert "自收到申请之日起20个工作日内予以答复" in short
    assert short.endswith("……") and short.strip("…") in text


def test_conditions_are_given_all_or_counted_never_in_part() -> None:
    assert shorter(answer("失业保险金怎么领", CONDITIONS)) == CONDITIONS
    longer = CONDITIONS.replace("求职要求的", "求职要求的" + "，按照规定办理登记手续" * 10)
    assert shorter(answer("失业保险金怎么领", longer)) == (
        "失业人员符合下列条件的，从失业保险基金中领取失业保险金（3 项，见出处）。"
    )


@pytest.mark.parametrize("text", ["不收费。", "区司法局牵头。"])
def test_short_answer_stays_as_it_is(text: str) -> None:
    assert shorter(answer("收费吗", text)) == text
