"""Follow-ups lean on the question before; new topics do not."""

import pytest
from factories import CORPUS

from kb.models import Question
from kb.rewrite import read_synonyms, rewrite

EARLIER = "规范性文件清理什么时候完成？"


@pytest.mark.parametrize(
    "text",
    [
        "谁牵头？",
        "那街道呢？",
        "什么时候?",
        "还有吗？",
        "由谁负责？",
        "它的依据是什么？",
        "多久",
        "哪个部门负责？",
        "要多少天？",
        "责任单位呢？",
    ],
)
def test_follow_up_gets_the_earlier_question(text: str):
    query = rewrite(Question(text=text, history=("物业费谁定？", EARLIER)), {})
    assert query == f"规范性文件清理什么时候完成 {text}"


@pytest.mark.parametrize(
    "text",
    [
        "IPv6支持度要达到多少？",
        "怎么办离婚登记？",
        "街道要安排几名政策解答员？",
        "什么是国家秘密？",
        "负责人是谁任命的？",
    ],
)
def test_new_topic_is_left_as_typed(text: str):
    assert rewrite(Question(text=text, history=(EARLIER,)), {}) == text


def test_without_history_nothing_changes():
    assert rewrite(Question(text=" 谁牵头？ "), {}) == "谁牵头？"


SYNONYMS = {"红头文件": "规范性文件", "娃": "适龄儿童", "娃上学": "义务教育入学"}


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        pytest.param("红头文件清理归哪个局管", "规范性文件清理归哪个局管", id="word"),
        pytest.param("娃上学要交钱吗", "义务教育入学要交钱吗", id="longest_first"),
        pytest.param("紅頭文件清理", "规范性文件清理", id="traditional"),
        pytest.param("規範性文件", "規範性文件", id="left_as_typed_without_lay_words"),
    ],
)
def test_lay_words_become_official_ones(typed: str, query: str):
    assert rewrite(Question(text=typed), SYNONYMS) == query


def test_lay_word_in_the_earlier_question():
    follow_up = Question(text="谁牵头？", history=("红头文件清理什么时候完成？",))
    assert rewrite(follow_up, SYNONYMS) == "规范性文件清理什么时候完成 谁牵头？"


def test_shipped_synonyms_leave_the_documents_own_words_alone():
    """A word that the shipped documents use must not be replaced, or they could not be found by it."""
    shipped = "".join(path.read_text(encoding="utf-8") for path in CORPUS.glob("*.*"))
    synonyms = read_synonyms()
    assert len(synonyms) > 40
    assert [word for word in synonyms if word in shipped] == []
    assert all(word != official for word, official in synonyms.items())
