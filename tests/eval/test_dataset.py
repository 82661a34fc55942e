import json

import pytest

from eval.dataset import of_split, read_manifest, read_questions
from kb.errors import DatasetError

GOOD = {"qid": "1", "question": "谁牵头？", "doc_id": "要点.txt", "key_points": ["区司法局"]}


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="qa.jsonl"):
        file = tmp_path / name
        text = "\n".join(
            line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
        )
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_all_fields_of_a_line_are_read(write):
    line = {
        **GOOD,
        "doc_ids": ["要点.txt", "条例.md"],
        "history": ["清理何时完成？"],
        "type": "followup",
        "split": "dev",
    }
    (item,) = read_questions(write(line))
    assert item.doc_ids == ("要点.txt", "条例.md")
    assert item.history == ("清理何时完成？",)
    assert item.expected == ("区司法局",)
    assert item.answerable


def test_numeric_ids_and_unknown_fields_accepted(write):
    (item,) = read_questions(write({**GOOD, "qid": 7, "doc_id": 12, "url": "http://example.org"}))
    assert (item.qid, item.doc_ids) == ("7", ("12",))


def test_greeting_is_judged_by_its_ending(write):
    (item,) = read_questions(write({"qid": "1", "question": "你好", "ending": "greeting"}))
    assert (item.ending, item.answerable, item.expected) == ("greeting", True, ())


def test_outside_questions_count_as_unanswerable(write):
    outside = write(
        {"qid": "o1", "question": "明天下雨吗？", "doc_id": None, "answer": None}, name="outside.jsonl"
    )
    items = read_questions(write(GOOD), outside)
    assert [item.answerable for item in items] == [True, False]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("{不是json", "不是 JSON", id="not_json"),
        pytest.param("[1]", "这样的对象", id="not_an_object"),
        pytest.param({"qid": "2", "doc_id": "a"}, "question 缺少这一项", id="no_question"),
        pytest.param({**GOOD, "qid": "2", "question": " "}, "question 不能为空", id="blank_question"),
        pytest.param({**GOOD, "qid": "2", "question": "问" * 501}, "超过 500 个字", id="too_long"),
        pytest.param(
            {**GOOD, "qid": "2", "key_points": "区司法局"}, "key_points 应为列表", id="points_not_a_list"
        ),
        pytest.param(
            {**GOOD, "qid": "2", "answerable": "也许"}, "应为 true 或 false", id="answerable_not_bool"
        ),
        pytest.param({**GOOD, "qid": "1"}, "qid 1 与第 1 行重复", id="repeated_qid"),
        pytest.param(
            {"qid": "2", "question": "谁？", "key_point": ["局"]}, "无从判断", id="misspelt_key_points"
        ),
        pytest.param(
            {"qid": "2", "question": "谁？", "doc_id": "a", "alone": True}, "写了 alone", id="alone_with_what"
        ),
        pytest.param({**GOOD, "qid": "2", "must_not": "旧规定"}, "must_not 应为列表", id="must_not_no_list"),
        pytest.param({**GOOD, "qid": "2", "doc_ids": "a"}, "doc_ids 应为列表", id="doc_ids_not_a_list"),
        pytest.param({**GOOD, "qid": "2", "doc_ids": [["a"]]}, "doc_ids.1", id="nested_doc_ids"),
    ],
)
def test_bad_line_error_names_file_and_line(write, line, reason):
    file = write(GOOD, line)
    with pytest.raises(DatasetError) as caught:
        read_questions(file)
    assert str(caught.value).startswith(f"{file} 第 2 行：")
    assert reason in str(caught.value)


def test_line_numbers_count_blank_lines(write):
    with pytest.raises(DatasetError, match="第 4 行"):
        read_questions(write(GOOD, "", "", "{"))


def test_line_separator_inside_a_string_is_no_new_line(write):
    (item,) = read_questions(write(json.dumps({**GOOD, "answer": "甲\u2028乙"}, ensure_ascii=False)))
    assert item.answer == "甲\u2028乙"


class TestFolder:
    """`--qa` may be a folder of question files."""

    def test_files_are_read_in_name_order(self, write, tmp_path):
        write({**GOOD, "qid": "b-1"}, name="b.jsonl")
        write({**GOOD, "qid": "a-1"}, name="a.jsonl")
        assert [item.qid for item in read_questions(tmp_path)] == ["a-1", "b-1"]

    def test_manifest_readme_subfolders_and_outside_file_skipped(self, write, tmp_path):
        write(GOOD, name="a.jsonl")
        write({"doc_id": "1", "file": "a.md"}, name="manifest.jsonl")
        write("说明", name="README.md")
        (tmp_path / "deeper").mkdir()
        write("{", name="deeper/c.jsonl")
        outside = write({"qid": "o1", "question": "明天下雨吗？"}, name="outside.jsonl")
        assert [item.answerable for item in read_questions(tmp_path, outside)] == [True, False]

    def test_repeated_qid_error_names_both_places(self, write, tmp_path):
        first, second = write(GOOD, name="a.jsonl"), write("", GOOD, name="b.jsonl")
        with pytest.raises(DatasetError) as caught:
            read_questions(tmp_path)
        assert str(caught.value) == f"{second} 第 2 行：qid 1 与 {first} 第 1 行重复"

    def test_bad_line_in_folder_error_names_its_file(self, write, tmp_path):
        write(GOOD, name="a.jsonl")
        bad = write("{", name="b.jsonl")
        with pytest.raises(DatasetError, match=f"{bad} 第 1 行"):
            read_questions(tmp_path)

    def test_folder_without_question_files_is_an_error(self, tmp_path):
        with pytest.raises(DatasetError, match=r"没有 \.jsonl 问题文件"):
            read_questions(tmp_path)


def test_empty_question_file_is_an_error(write):
    with pytest.raises(DatasetError, match="没有问题"):
        read_questions(write(""))


def test_of_split_selects_items_and_refuses_unknown_split(write):
    items = read_questions(write({**GOOD, "split": "dev"}, {**GOOD, "qid": "2", "split": "test"}))
    assert [item.qid for item in of_split(items, "test")] == ["2"]
    with pytest.raises(DatasetError, match="dev、test"):
        of_split(items, "train")


def test_manifest_beside_the_questions_is_read(write, tmp_path):
    qa = write(GOOD)
    write({"doc_id": "LP006", "file": "files/社会保险法.pdf"}, name="manifest.jsonl")
    corpus = tmp_path / "files"
    corpus.mkdir()
    assert read_manifest([corpus], qa) == {"LP006": "社会保险法.pdf"}


def test_manifests_of_all_corpora_are_merged(write, tmp_path):
    for folder, name in (("laws", "A1"), ("plans", "B1")):
        (tmp_path / folder).mkdir()
        write({"doc_id": name, "file": f"{name}.md"}, name=f"{folder}/manifest.jsonl")
    names = read_manifest([tmp_path / "laws", tmp_path / "plans"], write(GOOD))
    assert names == {"A1": "A1.md", "B1": "B1.md"}


def test_manifest_line_without_file_is_an_error(write):
    qa = write(GOOD)
    write({"doc_id": "LP006"}, name="manifest.jsonl")
    with pytest.raises(DatasetError, match="第 1 行：缺少 doc_id 或 file"):
        read_manifest([qa], qa)
