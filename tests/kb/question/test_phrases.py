"""kb.question.phrases: utterances made of listed phrases and nothing else."""

import pytest

from kb.question.phrases import LONGEST, expanded, read_phrases

LIST = [
    "[+]",
    "请/我/要/的",
    "[person]",
    "转/找 -/个 人工/真人",
    "[person+]",
    "不要 机器人",
    "[thanks]",
    "谢谢",
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("我要找个真人", True, id="phrase and fillers"),
        pytest.param("不要机器人转人工", True, id="a word allowed beside"),
        pytest.param("不要机器人", False, id="only what may stand beside"),
        pytest.param("转人工饲养证", False, id="a rest is left"),
        pytest.param("", False, id="nothing"),
        pytest.param("找真人" * LONGEST, False, id="too long"),
    ],
)
def test_utterance_has_a_name_only_without_rest(text: str, named: bool) -> None:
    assert read_phrases(LIST)["person"].make(text) is named


def test_line_stands_for_every_combination_of_its_alternatives() -> None:
    assert expanded("说/讲 -/得 慢") == ["说慢", "说得慢", "讲慢", "讲得慢"]
