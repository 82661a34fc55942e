"""Entries in SQL and in files: a file is read whole or not at all, every fault named."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from kb.embedding.embedder import Vectors
from kb.errors import DatasetError
from kb.faq.entries import FaqEntries, ImportCounts
from kb.faq.files import read_entries, write_entries
from kb.faq.models import FaqEntry, FaqStatus
from kb.faq.vectors import FaqVectors
from kb.models import Span
from kb.storage.database import open_database

ENTRIES = [
    FaqEntry(
        id="mz-001",
        question="低保怎么申请？",
        variants=("办低保要怎么弄", "最低生活保障如何申请"),
        answer='向户籍所在地的街道提出申请，\n带上"户口簿"、身份证。',
        department="区民政局",
        document_id="低保办法",
        span=Span(start=10, end=42),
        valid_from=date(2023, 1, 1),
        valid_until=date(2024, 12, 31),
    ),
    FaqEntry(id="zj-002", question="物业费可以不交吗？", answer="不可以。", status=FaqStatus.DRAFT),
]
HEAD = "编号,问题,其他问法,答案,部门,有效期自,有效期至\n"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "kb.sqlite")


def written(tmp_path: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("name", ["常见问答.jsonl", "常见问答.csv", "常见问答.xlsx"])
def test_written_entries_are_read_back_unchanged(tmp_path: Path, name: str):
    write_entries(ENTRIES, tmp_path / name)
    assert read_entries(tmp_path / name) == ENTRIES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_without_ids_and_with_chinese_dates_is_read(tmp_path: Path, encoding: str):
    row = ",居住证收费吗,办居住证要钱吗|居住证多少钱,首次申领免费。,区公安分局,2023/9/1,2024年1月31日\n"
    (entry,) = read_entries(written(tmp_path, "问答.csv", HEAD + row, encoding))
    assert entry.variants == ("办居住证要钱吗", "居住证多少钱")
    assert (entry.valid_from, entry.valid_until) == (date(2023, 9, 1), date(2024, 1, 31))
    assert (entry.department, entry.status) == ("区公安分局", FaqStatus.APPROVED)
    assert entry.id == read_entries(tmp_path / "问答.csv")[0].id  # made from the question


def test_wrong_rows_are_all_named_with_their_columns(tmp_path: Path):
    rows = (
        "a,低保怎么申请,,带户口簿。,,,\n"
        "b,,,没有问题,,,\n"
        "c,社保卡丢了怎么办,,补办。,,明年,\n"
        "d,居住证收费吗,,免费。,,2024-01-01,2023-01-01\n"
        "a,物业费谁定,,业主大会。,,,\n"
        "e,低保怎么申请,,重复。,,,\n"
        "f,多一列,,答。,,,,,\n"
    )
    with pytest.raises(DatasetError) as caught:
        read_entries(written(tmp_path, "问答.csv", HEAD + rows))
    assert str(caught.value).splitlines() == [
        "问答.csv 第 3 行“问题”：缺少这一项",
        "问答.csv 第 4 行“有效期自”：应为日期，如 2023-09-01",
        "问答.csv 第 5 行：有效期至早于有效期自",
        "问答.csv 第 6 行“编号”：与第 2 行重复",
        "问答.csv 第 7 行“问题”：与第 2 行重复",
        "问答.csv 第 8 行：有 9 列，表头只有 7 列",
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        pytest.param("{", "第 1 行：不是 JSON", id="not_json"),
        pytest.param("[1]", "第 1 行：应为一个 JSON 对象", id="not_an_object"),
        pytest.param('{"question": "问"}', "第 1 行“answer”：缺少这一项", id="no_answer"),
        pytest.param(
            '{"question": "问", "answer": "答", "anwser": 1}', "“anwser”：没有这一项", id="misspelt"
        ),
        pytest.param(
            '{"question": "问", "answer": "答", "status": "好"}', "“status”：应为 草稿", id="status"
        ),
    ],
)
def test_wrong_json_line_is_refused_with_its_reason(tmp_path: Path, line: str, error: str):
    with pytest.raises(DatasetError, match=error):
        read_entries(written(tmp_path, "faq.jsonl", line))


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        pytest.param("问答.csv", "问题,答复\n", "答复", id="unknown_column"),
        pytest.param("问答.csv", "", "表头", id="empty_csv"),
        pytest.param("问答.docx", "x", "只认识", id="other_format"),
        pytest.param("问答.xlsx", "x", "不是能读的 Excel 文件", id="not_excel"),
    ],
)
def test_wrong_file_is_refused_with_its_reason(tmp_path: Path, name: str, text: str, error: str):
    with pytest.raises(DatasetError, match=error):
        read_entries(written(tmp_path, name, text))


def test_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="读不出来"):
        read_entries(tmp_path / "没有.csv")


def test_put_replaces_entries_with_the_same_id(engine: Engine):
    entries = FaqEntries(engine)
    assert entries.put(ENTRIES) == ImportCounts(added=2, changed=0, unchanged=0)
    approved = ENTRIES[1].model_copy(update={"status": FaqStatus.APPROVED})
    assert entries.put([ENTRIES[0], approved]) == ImportCounts(added=0, changed=1, unchanged=1)
    assert entries.all() == [ENTRIES[0], approved]


def test_approved_leaves_out_drafts(engine: Engine):
    entries = FaqEntries(engine)
    entries.put(ENTRIES)
    assert entries.approved() == ENTRIES[:1]


class CountingEmbed:
    """Embeds a text as its length, and keeps the texts it was given."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


def test_vectors_are_computed_once_for_each_model(engine: Engine):
    embed = CountingEmbed()
    texts = ["低保怎么申请", "物业费", "低保怎么申请"]
    assert FaqVectors(engine, "bundled", embed)(texts).tolist() == [[6, 1], [3, 1], [6, 1]]
    assert FaqVectors(engine, "bundled", embed)(["物业费", "社保卡"]).tolist() == [[3, 1], [3, 1]]
    assert embed.asked == ["低保怎么申请", "物业费", "社保卡"]
    FaqVectors(engine, "another", embed)(["物业费"])
    assert embed.asked[3:] == ["物业费"]
