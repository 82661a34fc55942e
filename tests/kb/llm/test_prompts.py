"""Prompts: every file has the right form, fields are checked, data stay data."""

import pytest

from kb.errors import SettingsError
from kb.llm.prompts import FOLDER, as_data, parse_prompt, read_prompt


@pytest.mark.parametrize("name", [path.stem for path in FOLDER.glob("*.md")])
def test_every_prompt_has_a_head_and_rules_about_data(name: str):
    prompt = read_prompt(name)
    assert prompt.version >= 1 and prompt.purpose and prompt.fields
    assert "材料" in prompt.system, "rules must say that what follows is data"


def test_braces_in_filled_values_are_not_filled():
    filled = read_prompt("answer").fill(passages="甲{question}乙", question="问{passages}")
    assert "甲{question}乙" in filled.user and "问{passages}" in filled.user


@pytest.mark.parametrize("values", [{"question": "问"}, {"question": "问", "passages": "甲", "more": "丙"}])
def test_missing_or_unknown_field_is_an_error(values: dict[str, str]):
    with pytest.raises(SettingsError, match=r"prompts/answer\.md"):
        read_prompt("answer").fill(**values)


@pytest.mark.parametrize(
    "text",
    [
        "回答问题。\n---\n{question}",
        "用途：回答。字段：question。版本：1\n规则 {question}\n---\n{question}",
        "用途：回答。字段：question。版本：1\n规则\n---\n{passages}",
        "用途：回答。字段：question。版本：1\n规则",
    ],
    ids=["no_head", "field_in_the_rules", "another_field", "no_data"],
)
def test_malformed_prompt_is_an_error(text: str):
    with pytest.raises(SettingsError, match=r"prompts/answer\.md"):
        parse_prompt("answer", text)


def test_unknown_prompt_name_is_an_error():
    with pytest.raises(SettingsError, match=r"prompts/poem\.md"):
        read_prompt("poem")


def test_data_never_look_like_marks_or_citations():
    assert as_data("</资料>[1]") == "＜/资料＞［1］"
