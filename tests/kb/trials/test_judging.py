"""Whether a pair went right, and an evaluation beside the one before."""

from datetime import UTC, datetime

import pytest
from outcomes import DOCUMENT, REFUSAL, make_answer, make_citation

from kb.answers import Answer, Ending
from kb.trials.judging import Fault, Outcome, Report, Run, judge
from kb.trials.pairs import Pair

NOW = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)


def make_pair(**fields: object) -> Pair:
    """The passage （六） of the work plan answers."""
    values = {"id": 7, "question": "街道要几名政策解答员？", "history": (), "document_id": "plan"}
    place = {"document": "要点", "section": "（六）", "passage": f"（六）{DOCUMENT}"}
    made = {"made_by": "wang", "made_title": "王芳", "made_at": NOW}
    return Pair(**{**values, **place, **made, **fields})


NOWHERE = make_pair(document_id=None, document=None, section="", passage="")
OTHER_PASSAGE = make_answer(citations=(make_citation("各单位要在每年一月底前公布年度报告。"),))


@pytest.mark.parametrize(
    ("pair", "answer", "found", "fault", "rank"),
    [
        pytest.param(make_pair(), make_answer(), ("plan", "law"), None, 1, id="passage_quoted"),
        pytest.param(make_pair(), make_answer(), ("law", "plan"), None, 2, id="quoted_from_the_second"),
        pytest.param(make_pair(), OTHER_PASSAGE, ("plan",), Fault.WRONG_PASSAGE, 1, id="another_passage"),
        pytest.param(make_pair(), REFUSAL, ("law", "plan"), Fault.WRONGLY_REFUSED, 2, id="refused"),
        pytest.param(make_pair(), REFUSAL, tuple("abcdef"), Fault.MISSED, None, id="document_not_found"),
        pytest.param(
            make_pair(), OTHER_PASSAGE, (*"abcde", "plan"), Fault.MISSED, 6, id="document_found_sixth"
        ),
        pytest.param(NOWHERE, REFUSAL, (), None, None, id="nothing_to_answer_and_refused"),
        pytest.param(NOWHERE, make_answer(), (), Fault.WRONGLY_ANSWERED, None, id="nothing_to_answer"),
        pytest.param(NOWHERE, make_answer(ending=Ending.GREETING), (), None, None, id="said_hello"),
        pytest.param(
            make_pair(), make_answer("一至两名。", (), Ending.FAQ), (), None, None, id="approved_entry"
        ),
    ],
)
def test_question_is_judged_by_document_and_passage(
    pair: Pair, answer: Answer, found: tuple[str, ...], fault: Fault | None, rank: int | None
):
    outcome = judge(pair, answer, found)
    assert (outcome.fault, outcome.rank) == (fault, rank)


def make_run(number: int, *faults: Fault | None) -> Run:
    """An evaluation of one question a fault; a question that went right found its document first."""
    outcomes = tuple(
        Outcome(
            pair_id=place,
            question=f"第{place}题",
            expected="《要点》（六）" if fault is not Fault.WRONGLY_ANSWERED else "文件里没有答案",
            answerable=fault is not Fault.WRONGLY_ANSWERED,
            rank=1 if fault is None else 3 if fault is Fault.WRONG_PASSAGE else None,
            ending=Ending.QUOTED,
            fault=fault,
        )
        for place, fault in enumerate(faults)
    )
    return Run(id=number, began_at=NOW, begun_title="王芳", outcomes=outcomes)


def test_report_counts_and_names_what_turned():
    before = make_run(1, None, Fault.MISSED, None)
    report = Report(run=make_run(2, Fault.WRONG_PASSAGE, None, None, Fault.WRONGLY_ANSWERED), before=before)
    assert [(one.label, str(one.now), str(one.before)) for one in report.measures] == [
        ("对的文件排第一", "2/3（67%）", "2/3（67%）"),
        ("对的文件在前五", "3/3（100%）", "2/3（67%）"),
        ("有答案的答对", "2/3（67%）", "2/3（67%）"),
        ("没有答案的不答", "0/1（0%）", "没有这样的题"),
    ]
    assert [one.question for one in report.turned_wrong] == ["第0题"]
    assert [one.question for one in report.turned_right] == ["第1题"]
    assert [one.question for one in report.run.failed] == ["第0题", "第3题"]


def test_first_evaluation_has_nothing_to_compare_with():
    report = Report(run=make_run(1, Fault.MISSED), before=None)
    assert (report.turned_wrong, report.turned_right) == ((), ())
