"""Questions about a document itself."""

import pytest
from factories import make_document

from kb.answering.document_facts import document_fact

TEXT = (
    "物业服务收费管理办法\n浔府发〔2018〕3号\n第一条 为了规范收费，制定本办法。\n"
    "浔阳区人民政府\n2018年3月19日\n"
)
NOTICE = make_document(
    TEXT, title="物业服务收费管理办法", number="浔府发〔2018〕3号", issuer="浔阳区人民政府"
)
WEIGHTS = {"物业": 3.0, "收费": 3.0, "办法": 2.0}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("物业服务收费管理办法是哪天印发的？", "2018年3月19日"),
        ("物业服务收费管理办法的文号是什么？", "浔府发〔2018〕3号"),
        ("物业服务收费管理办法是谁印发的？", "浔阳区人民政府"),
    ],
)
def test_document_fact_is_quoted_from_head_or_signature(question: str, answer: str):
    span = document_fact(question, WEIGHTS, NOTICE)
    assert span is not None and span.of(TEXT) == answer


@pytest.mark.parametrize(
    ("question", "weights"),
    [("物业收费标准是多少？", WEIGHTS), ("低保名单是哪天公布的？", {"低保": 4.0, "名单": 4.0})],
    ids=["about_the_matter", "another_document"],
)
def test_other_questions_give_no_document_fact(question: str, weights: dict[str, float]):
    assert document_fact(question, weights, NOTICE) is None
