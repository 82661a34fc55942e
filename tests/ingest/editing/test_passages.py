"""Passages joined and parted by staff: the index follows, nothing else is embedded, re-readings keep it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from staffing import make_staff

from ingest.editing.corrections import correct, read_again, reset
from ingest.editing.listing import cards, detail
from ingest.editing.passages import as_cut, join, part, passage
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.errors import ConflictError, InputError, NotAllowedError
from kb.hits import Chunk
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Correction, Filters, Question
from kb.settings import Settings
from kb.staff.audit_sentences import changes, sentence
from kb.staff.permissions import Role

NOW = datetime(2024, 5, 10, 3, tzinfo=UTC)
EDITOR = make_staff(Role.EDITOR)
NOTICE = """关于渡口摆渡的通知

一、收费标准
（一）行人摆渡每次收费一元，自行车每次收费两元。
（二）残疾人凭证免费。学生凭学生证半价。
二、开放时间
（一）夏季每天六时至二十时开放。（责任单位：区交通运输局）
（二）冬季每天七时至十八时开放。（责任单位：区应急管理局）
三、施行时间
本通知自2023年5月1日起施行。
浔阳区交通运输局
2023年4月10日
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "摆渡.txt"
    file.write_text(NOTICE, encoding="utf-8")
    return file


@pytest.fixture
def home(make_home: Callable[[], Path]) -> Path:
    return make_home()


@pytest.fixture
def kb(home: Path, file: Path, embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=home), embedder=embedder) as opened:
        assert not ingest([file], opened, progress=False).failed
        yield opened


def the_id(kb: KnowledgeBase) -> str:
    (summary,) = kb.storage.documents.summaries()
    return summary.id


def chunks(kb: KnowledgeBase) -> Sequence[Chunk]:
    return kb.storage.documents.chunks_of(the_id(kb))


def texts(kb: KnowledgeBase) -> list[str]:
    return [chunk.text for chunk in chunks(kb)]


def number_of(kb: KnowledgeBase, words: str) -> int:
    return next(number for number, text in enumerate(texts(kb)) if words in text)


def join_at(kb: KnowledgeBase, words: str, version: int = 0) -> None:
    """Join the passage that holds `words` with the one behind it."""
    join(kb, the_id(kb), chunks(kb)[number_of(kb, words)].id_, version, EDITOR, NOW)


def part_at(kb: KnowledgeBase, words: str, version: int = 0) -> None:
    """Part the passage that holds `words` before them."""
    chunk = chunks(kb)[number_of(kb, words)]
    part(kb, the_id(kb), chunk.id_, chunk.text.index(words), version, EDITOR, NOW)


def embedded(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are embedded from now on."""
    seen: list[str] = []
    real = kb.embedder.embed_passages

    def watched(passages: Sequence[str]) -> object:
        seen.extend(passages)
        return real(passages)

    monkeypatch.setattr(kb.embedder, "embed_passages", watched)
    return seen


def test_joined_passages_are_one_in_store_index_and_answer(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
):
    before, seen = texts(kb), embedded(kb, monkeypatch)
    join_at(kb, "行人摆渡")
    joined = chunks(kb)[number_of(kb, "行人摆渡")]
    document = kb.storage.documents.get(the_id(kb))
    assert document is not None and "残疾人" in joined.text
    assert joined.text == joined.span.of(document.text)
    assert joined.heading_path == ("一、收费标准",)
    assert len(texts(kb)) == len(before) - 1
    assert seen == [joined.indexed_text]
    assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()
    (citation, *_) = kb.answerer.answer(Question(text="残疾人摆渡收费吗？")).citations
    assert citation.document_id == document.id
    assert document.text[citation.start : citation.end] in joined.text


def test_parted_passage_is_two_and_only_they_are_embedded(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch):
    before, seen = texts(kb), embedded(kb, monkeypatch)
    part_at(kb, "学生凭学生证")
    assert set(texts(kb)) - set(before) == {"（二）残疾人凭证免费。", "学生凭学生证半价。"}
    assert sorted(text.split("\n")[-1] for text in seen) == ["学生凭学生证半价。", "（二）残疾人凭证免费。"]
    assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()
    (best, *_) = kb.retrieval.retriever.retrieve("学生凭学生证半价", Filters(), 1).kept
    assert best.chunk.text == "学生凭学生证半价。"


def test_change_outlives_ingest_restart_and_new_reading(
    kb: KnowledgeBase, home: Path, file: Path, embedder: Embedder
):
    part_at(kb, "学生凭学生证")
    join_at(kb, "行人摆渡", version=1)
    changed = texts(kb)
    assert "（二）残疾人凭证免费。" in changed[number_of(kb, "行人摆渡")]
    assert ingest([file], kb, progress=False).unchanged
    assert not read_again(kb, the_id(kb), EDITOR, NOW)
    correct(kb, the_id(kb), Correction(title="摆渡通知"), 2, EDITOR, NOW)
    assert texts(kb) == changed
    file.write_text(NOTICE.replace("六时", "五时"), encoding="utf-8")
    kb.close()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as again:
        assert ingest([file], again, progress=False).replaced
        assert texts(again) == [text.replace("六时", "五时") for text in changed]
        assert again.retrieval.store.chunk_ids() == again.storage.documents.chunk_ids()


def test_new_version_without_the_place_is_told_and_not_changed_wrongly(kb: KnowledgeBase, file: Path):
    part_at(kb, "学生凭学生证")
    file.write_text(NOTICE.replace("学生凭学生证半价。", "学生不收费。"), encoding="utf-8")
    (row,) = ingest([file], kb, progress=False).rows
    (lost,) = [doubt for doubt in row.doubts if doubt.startswith("人工拆开过的一处分段")]
    assert "与“学生凭学生证半价。" in lost and lost.endswith("没有用上：现在的原文里没有这个地方。")
    assert "（二）残疾人凭证免费。学生不收费。" in texts(kb)
    (card,) = cards(kb, EDITOR)
    assert any(doubt.startswith("人工拆开过的一处分段") for doubt in card.doubts)
    part_at(kb, "学生不收费", version=1)
    assert not [one for one in detail(kb, the_id(kb), EDITOR).doubts if "分段" in one]


def test_join_undoes_part_and_all_can_be_undone(kb: KnowledgeBase):
    before = texts(kb)
    part_at(kb, "学生凭学生证")
    join_at(kb, "残疾人凭证", version=1)
    assert texts(kb) == before
    assert detail(kb, the_id(kb), EDITOR).rebounded == 0
    join_at(kb, "行人摆渡", version=2)
    as_cut(kb, the_id(kb), 3, EDITOR, NOW)
    assert texts(kb) == before
    join_at(kb, "行人摆渡", version=4)
    reset(kb, the_id(kb), 5, EDITOR, NOW)
    assert texts(kb) == before
    with pytest.raises(InputError, match="没有改过"):
        as_cut(kb, the_id(kb), 6, EDITOR, NOW)


def test_passages_that_must_stay_apart_are_refused_with_the_reason(kb: KnowledgeBase):
    summer = number_of(kb, "夏季")
    assert "分不清由谁负责" in (passage(kb, the_id(kb), summer, EDITOR).fault or "")
    before = texts(kb)
    with pytest.raises(InputError, match="分不清由谁负责"):
        join_at(kb, "夏季")
    with pytest.raises(InputError, match="最后一段"):
        join_at(kb, before[-1][-8:])
    with pytest.raises(InputError, match="一句话或一行的开头"):
        part_at(kb, "证免费")
    with pytest.raises(InputError, match="分段请在这份文件的段落里改"):
        correct(kb, the_id(kb), Correction(boundaries=()), 0, EDITOR, NOW)
    assert texts(kb) == before


def test_change_of_others_meanwhile_is_a_conflict(kb: KnowledgeBase, file: Path):
    shown = passage(kb, the_id(kb), number_of(kb, "行人摆渡"), EDITOR)
    part_at(kb, "学生凭学生证")
    with pytest.raises(ConflictError, match="刚刚由 editor 改过"):
        join(kb, the_id(kb), shown.id, shown.version, EDITOR, NOW)
    file.write_text(NOTICE.replace("一元", "三元"), encoding="utf-8")
    ingest([file], kb, progress=False)
    with pytest.raises(ConflictError, match="刚刚重新导入过"):
        join(kb, the_id(kb), shown.id, 1, EDITOR, NOW)


def test_staff_who_may_not_edit_the_document_are_refused(kb: KnowledgeBase):
    correct(kb, the_id(kb), Correction(departments=("区交通运输局",)), 0, EDITOR, NOW)
    shown = passage(kb, the_id(kb), 0, EDITOR)
    for staff in (make_staff(Role.ANSWERER), make_staff(Role.EDITOR, ("区医保局",))):
        with pytest.raises(NotAllowedError):
            join(kb, the_id(kb), shown.id, 1, staff, NOW)
        with pytest.raises(NotAllowedError):
            passage(kb, the_id(kb), 0, staff)


def test_audit_tells_the_change_in_plain_chinese(kb: KnowledgeBase):
    part_at(kb, "学生凭学生证")
    (entry,) = kb.staff.audit.entries(1)
    assert sentence(entry, {"editor": "王芳"}, {}) == "王芳 把文件《关于渡口摆渡的通知》的一段拆成两段"
    count = len(texts(kb))
    told = changes(entry)
    assert f"段落数：{count - 1} → {count}" in told
    assert any(line.startswith("在哪里：“……") and "学生凭学生证半价。" in line for line in told)
