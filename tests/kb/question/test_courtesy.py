"""kb.question.courtesy: what asks the documents nothing, on labelled utterances and on real questions."""

import json
from pathlib import Path
from typing import Any

import pytest

from kb.answers import ENDING_KIND, AnswerKind, Ending
from kb.question.courtesy import courtesy_of, in_chinese, without_courtesies, without_frame

EVAL = Path(__file__).parents[3] / "eval"
SETS = EVAL / "sets" / "desk"


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("name", "most"), [("dev", 5), ("held_back", 2)])
def test_labelled_utterances_are_recognised(name: str, most: int) -> None:
    wrong = [
        (row["text"], row["kind"], courtesy_of(row["text"]))
        for row in rows(SETS / f"{name}.jsonl")
        if courtesy_of(row["text"]) != row["kind"]
    ]
    assert len(wrong) <= most, wrong


def test_no_real_question_is_taken_for_a_courtesy() -> None:
    files = [*(EVAL / "sets").glob("*.jsonl"), EVAL / "reader" / "questions.jsonl"]
    asked = [row for file in files for row in rows(file)]
    endings = {kind.value for kind, made_of in ENDING_KIND.items() if made_of is AnswerKind.COURTESY}
    questions = [row["question"] for row in asked if row.get("ending") not in endings]
    assert len(questions) > 10_000
    assert [question for question in questions if courtesy_of(question)] == []


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        pytest.param("你好，麻烦帮我转一下人工，谢谢", Ending.PERSON, id="greeting and a wish"),
        pytest.param("我要投诉楼下饭店油烟扰民", Ending.COMPLAINT, id="wish with a story"),
        pytest.param("家里着火了怎么办！", Ending.EMERGENCY, id="emergency asked as a question"),
        pytest.param("轉人工客服", Ending.PERSON, id="traditional characters"),
        pytest.param("１１１", Ending.NONSENSE, id="full-width digits"),
        pytest.param("where can I apply for a residence permit?", Ending.ENGLISH, id="English"),
        ("有人值班吗", Ending.GREETING),
        ("别用机器人回我", Ending.PERSON),
        ("给我接人工坐席", Ending.PERSON),
        ("有没有工作人员能聊", Ending.PERSON),
        ("电话号码给我一个", Ending.REACH),
        ("你们都是吃干饭的", Ending.UPSET),
        ("能讲简单点不", Ending.SIMPLER),
    ],
)
def test_whole_utterance_is_recognised(text: str, ending: Ending) -> None:
    assert courtesy_of(text) is ending


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("你好，请问低保怎么申请", id="greeting and a question"),
        pytest.param("物业收费投诉归谁管", id="rule on complaints"),
        pytest.param("我要投诉物业，应该找哪个部门", id="wish that asks"),
        pytest.param("被打了能要求赔偿吗", id="rule on violence"),
        pytest.param("zhengwu gongkai", id="pinyin"),
        pytest.param("2023", id="a year"),
        pytest.param("谢谢，那需要什么材料", id="thanks and a follow-up"),
        pytest.param("投诉处理期限", id="a term"),
    ],
)
def test_question_is_left_alone(text: str) -> None:
    assert courtesy_of(text) is None


def test_courtesies_are_left_out_of_the_history() -> None:
    assert without_courtesies(("你好", "失业金怎么领", "谢谢")) == ("失业金怎么领",)


def test_english_terms_become_a_chinese_query() -> None:
    assert in_chinese("how much is the property fee?") == "物业费 多少钱"
    assert in_chinese("tell me a joke") == ""


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("你好，我想问下低保怎么办", "低保怎么办"),
        ("师傅，请问产假多少天？谢谢", "产假多少天"),
        ("您好请问城市低保标准是多少", "城市低保标准是多少"),
        ("不好意思打扰了，想问一下工伤认定的流程", "工伤认定的流程"),
        ("老师退休年龄多大", "老师退休年龄多大"),
        ("hill street 的公园几点开门", "hill street 的公园几点开门"),
        pytest.param("你好，在吗", "你好，在吗", id="nothing but a greeting"),
    ],
)
def test_greeting_and_thanks_around_a_question_are_taken_off(text: str, asked: str) -> None:
    assert without_frame(text) == asked


@pytest.mark.parametrize(
    ("text", "ending"),
    [("你叫啥名", Ending.IDENTITY), ("有人没", Ending.GREETING), ("俺要告状", Ending.COMPLAINT)],
)
def test_dialect_is_understood_as_the_usual_words(text: str, ending: Ending) -> None:
    assert courtesy_of(text) is ending
