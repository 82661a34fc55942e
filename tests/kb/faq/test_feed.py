"""The feed for the portal's own Q&A base: every change once, in order, with removals."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.embedding.embedder import Embedder
from kb.faq.feed import FeedItem
from kb.faq.models import FaqDraft, FaqEntry, FaqRecord, FaqStatus
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role, Staff

NOW = datetime(2024, 5, 10, 1, 0, tzinfo=UTC)
EDITOR = Staff(name="wangfang", title="王芳", role=Role.EDITOR)
REVIEWER = Staff(name="lijie", title="李洁", role=Role.REVIEWER)


@pytest.fixture
def desk(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        yield kb


def approved(desk: KnowledgeBase, question: str, now: datetime = NOW, **fields: object) -> FaqRecord:
    draft = FaqDraft(**{"question": question, "answer": "请到窗口办理。", **fields})
    entry_id = desk.faq.life.create(EDITOR, draft, now).entry.id
    desk.faq.life.submit(EDITOR, entry_id, 1, now)
    return desk.faq.life.approve(REVIEWER, entry_id, 2, True, now)


def read_all(desk: KnowledgeBase, limit: int, after: int = 0, now: datetime = NOW) -> list[FeedItem]:
    """Every change, page by page as a portal reads them."""
    items: list[FeedItem] = []
    while True:
        page = desk.faq.feed.read(after, None, now, limit)
        items += page.items
        after = page.next
        if not page.more:
            return items


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_changes_of_one_moment_are_each_read_once_at_any_page_size(desk: KnowledgeBase, limit: int):
    ids = [approved(desk, f"{number}号窗口怎么预约？").entry.id for number in range(5)]
    assert [item.id for item in read_all(desk, limit)] == ids
    assert {item.updated for item in read_all(desk, limit)} == {NOW}


def test_reading_after_the_cursor_gives_only_later_changes(desk: KnowledgeBase):
    first, second = approved(desk, "户口怎么迁移？"), approved(desk, "护照怎么办理？")
    cursor = desk.faq.feed.read(0, None, NOW).next
    assert desk.faq.feed.read(cursor, None, NOW).items == ()
    desk.faq.life.withdraw(REVIEWER, first.entry.id, first.version, NOW)
    third = approved(desk, "驾照怎么换证？")
    assert [(item.id, item.removed) for item in read_all(desk, 10, cursor)] == [
        (first.entry.id, True),
        (third.entry.id, False),
    ]
    assert [item.id for item in read_all(desk, 10)] == [second.entry.id, first.entry.id, third.entry.id]


def test_removal_has_the_id_and_no_words(desk: KnowledgeBase):
    record = approved(desk, "准生证怎么办？")
    desk.faq.life.withdraw(REVIEWER, record.entry.id, record.version, NOW)
    (item,) = read_all(desk, 10)
    removal = {"id": record.entry.id, "removed": True, "sequence": 2, "updated": "2024-05-10T01:00:00Z"}
    assert item.as_json() == removal


def test_draft_never_shown_is_not_in_the_feed(desk: KnowledgeBase):
    draft = FaqDraft(question="还没有写完的问题", answer="草稿。")
    record = desk.faq.life.create(EDITOR, draft, NOW)
    desk.faq.life.withdraw(REVIEWER, record.entry.id, 1, NOW)
    assert read_all(desk, 10) == []


def test_entry_being_changed_or_reviewed_is_a_removal(desk: KnowledgeBase):
    record = approved(desk, "社保卡怎么激活？")
    changed = FaqDraft(question="社保卡怎么激活？", answer="请到银行网点激活。")
    saved = desk.faq.life.save(EDITOR, record.entry.id, record.version, changed, NOW)
    assert [item.removed for item in read_all(desk, 10)] == [True]
    desk.faq.life.submit(EDITOR, record.entry.id, saved.version, NOW)
    desk.faq.life.approve(REVIEWER, record.entry.id, saved.version + 1, True, NOW)
    (item,) = read_all(desk, 10)
    assert (item.removed, item.answer) == (False, "请到银行网点激活。")
    entry = FaqEntry(id="op", question="问", answer="答", document_id="已移除的文件")
    desk.faq.entries.put([entry])
    assert read_all(desk, 10)[-1].id == "op"
    assert desk.faq.life.review() == ("op",)
    assert read_all(desk, 10)[-1].removed


def test_entry_is_shown_and_removed_with_its_validity(desk: KnowledgeBase):
    record = approved(desk, "秋季招生怎么报名？", valid_from="2024-06-01", valid_until="2024-08-31")
    assert read_all(desk, 10) == []
    june, september = NOW + timedelta(days=30), NOW + timedelta(days=120)
    (shown,) = read_all(desk, 10, now=june)
    assert (shown.id, shown.removed, shown.updated) == (record.entry.id, False, june)
    assert read_all(desk, 10, now=june) == [shown]
    (removal,) = read_all(desk, 10, after=shown.sequence, now=september)
    assert (removal.id, removal.removed) == (record.entry.id, True)


def test_since_leaves_out_earlier_changes(desk: KnowledgeBase):
    approved(desk, "公交卡怎么办？", NOW)
    later = NOW + timedelta(hours=2)
    second = approved(desk, "公园年票怎么办？", later)
    assert [item.id for item in desk.faq.feed.read(0, later, later).items] == [second.entry.id]


def test_operator_entries_are_in_the_feed(desk: KnowledgeBase):
    entry = FaqEntry(id="F1", question="办公时间？", answer="工作日。")
    desk.faq.entries.put([entry])
    desk.faq.entries.put([entry.model_copy(update={"answer": "工作日九点到五点。"})])
    (item,) = read_all(desk, 10)
    assert (item.id, item.answer, item.sequence) == ("F1", "工作日九点到五点。", 2)
    desk.faq.entries.put([entry.model_copy(update={"status": FaqStatus.WITHDRAWN})])
    assert [(item.removed, item.sequence) for item in read_all(desk, 10)] == [(True, 3)]
