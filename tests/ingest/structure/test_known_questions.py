"""ingest.structure.known_questions: questions of a side file go to the passages that answer them."""

import pytest

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from ingest.structure.chunks import chunk_document
from ingest.structure.known_questions import with_questions
from kb.errors import DocumentError
from kb.models import Stretch

LEAVE = """职工休假办法

第三条 职工累计工作已满1年不满10年的，年休假5天。

第三条之一 职工请事假累计20天以上且单位不扣工资的，不享受当年的年休假。

第四条 单位确因工作需要不能安排职工休年休假的，应当按照第三条的天数支付年休假工资报酬。
对应休未休的年休假天数，按照该职工日工资收入的300%支付。
"""


def asked(questions: dict[str, tuple[str, ...]]) -> list[Stretch]:
    """The passages of LEAVE that bring questions."""
    document = build_document(RawText(text=LEAVE), source="a", path="a", sha256="0", document_id="d")
    document = document.model_copy(update={"questions": tuple(questions.items())})
    passages = with_questions(document, chunk_document(document, lambda text: len(text) // 2))
    return [passage for passage in passages if passage.questions]


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        pytest.param("第三条", "第三条 职工累计", id="article"),
        pytest.param("第三条之一", "第三条之一 职工请事假", id="inserted_article"),
        pytest.param("第四条", "第四条 单位", id="article_named_before"),
        pytest.param("按照该职工日工资收入", "第四条 单位", id="words_within"),
    ],
)
def test_question_goes_to_the_passage_with_these_words(words: str, begins: str):
    (passage,) = asked({words: ("干满一年能歇几天？",)})
    assert passage.text.startswith(begins)
    assert passage.questions == ("干满一年能歇几天？",)


def test_questions_under_two_words_of_one_passage_are_all_kept():
    (passage,) = asked(
        {"第四条": ("忙得没法休怎么补？",), "对应休未休": ("没休的年假赔几倍？", "补多少钱？")}
    )
    assert passage.questions == ("忙得没法休怎么补？", "没休的年假赔几倍？", "补多少钱？")
    lines = [passage.text[at:].splitlines()[0][:6] for at in passage.answers_at]
    assert lines == ["第四条 单位", "对应休未休的", "对应休未休的"]


@pytest.mark.parametrize("words", ["第九条", " ", ""])
def test_words_that_the_text_lacks_are_refused_by_name(words: str):
    with pytest.raises(DocumentError, match=f"“{words}”，正文里没有这些字"):
        asked({words: ("能歇几天？",)})


def test_question_does_not_change_what_is_indexed():
    (passage,) = asked({"第三条": ("干满一年能歇几天？",)})
    assert "歇" not in passage.indexed_text
