"""kb.answering.answer_text: the answers to the parts of a question as one answer."""

from kb.answering.answer_text import together
from kb.answers import ENDING_KIND, Answer, Citation, Ending
from kb.controls.rules import Rules


def _answer(ending: Ending, text: str, document: str = "居住证暂行条例", start: int = 0) -> Answer:
    citation = Citation(
        document=document,
        document_id=document,
        number=None,
        section="",
        page=None,
        quote=text,
        start=start,
        end=start + len(text),
        url="/doc/d",
        chunk_id=None,
        date="2015-11-26",
    )
    refused = ENDING_KIND[ending].value == "refused"
    return Answer(
        question="q",
        rewritten="q",
        kind=ENDING_KIND[ending],
        ending=ending,
        text=text,
        confidence=0.8,
        citations=() if refused else (citation,),
    )


def test_parts_are_answered_in_their_order():
    first = _answer(Ending.QUOTED, "居住证每年签注1次。")
    second = _answer(Ending.QUOTED, "补领居住证，应当缴纳证件工本费。", start=50)
    answer = together([first, second], Rules())
    assert answer is not None and answer.text == f"{first.text}\n\n{second.text}"
    assert len(answer.citations) == 2


def test_part_without_an_answer_is_named():
    first = _answer(Ending.QUOTED, "居住证每年签注1次。")
    second = _answer(Ending.WEAK_EVIDENCE, "目前收录的文件里没有查到。")
    answer = together([first, second], Rules())
    assert answer is not None and answer.text.endswith(
        "您问的第二件事，目前收录的文件里没有查到，可以单独再问一次。"
    )


def test_part_from_another_document_says_which():
    first = _answer(Ending.QUOTED, "居住证每年签注1次。")
    second = _answer(Ending.QUOTED, "信访事项应当自受理之日起60日内办结。", "信访工作条例")
    answer = together([first, second], Rules())
    assert answer is not None and "《信访工作条例》" in answer.text


def test_question_whose_parts_are_all_refused_is_left_whole():
    refused = _answer(Ending.WEAK_EVIDENCE, "目前收录的文件里没有查到。")
    assert together([refused, refused], Rules()) is None
