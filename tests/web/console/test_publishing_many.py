"""成批上线: a reviewer puts several uploads of others live at once, over HTTP as the page does."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from at_console import Answer, Member
from staffing import make_staff

from ingest.editing import staging
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role

REVIEWER = make_staff(Role.REVIEWER)
At = Callable[[Role], Member]


def pressed(member: Member, *data: object) -> Answer:
    """Press 上线选中的 with the values of picked, checked and the open upload."""
    numbers = [
        number
        for number, fn in member.blocks.fns.items()
        for target, _ in fn.targets
        if getattr(member.blocks.blocks.get(target), "value", None) == "上线选中的"
    ]
    assert len(numbers) == 1
    return member.call(numbers[0], data)


def staged(house: KnowledgeBase, role: Role, *names: str) -> list[str]:
    now = datetime.now(UTC)
    texts = [f"# {name}\n\n第一条 {name}由区城管局负责。\n".encode() for name in names]
    files = zip(names, texts, strict=True)
    return [staging.stage(house, f"{name}.md", text, make_staff(role), now).id for name, text in files]


def titles(house: KnowledgeBase) -> set[str]:
    return {summary.title for summary in house.storage.documents.summaries()}


@pytest.fixture(autouse=True)
def tidy(house: KnowledgeBase):
    yield
    for upload in staging.staged(house, REVIEWER):
        staging.discard(house, upload.id, REVIEWER)


def test_reviewer_puts_others_uploads_live_and_is_told_which_stay(house: KnowledgeBase, at_console: At):
    ids = staged(house, Role.EDITOR, "养犬办法", "摆摊办法")
    own = staged(house, Role.REVIEWER, "广告牌办法")
    before = titles(house)
    reviewer = at_console(Role.REVIEWER)
    assert "逐份核对" in pressed(reviewer, ids, False, None).text
    assert titles(house) == before
    told = pressed(reviewer, [*ids, *own, "gone"], True, None).text
    assert titles(house) - before == {"养犬办法", "摆摊办法"}
    assert "《养犬办法》已上线" in told and "《摆摊办法》已上线" in told
    assert [upload.id for upload in staging.staged(house, REVIEWER)] == own


def test_editor_cannot_put_anything_live(house: KnowledgeBase, at_console: At):
    ids = staged(house, Role.EDITOR, "夜市办法", "停车费办法")
    before = titles(house)
    pressed(at_console(Role.EDITOR), ids, True, None)
    assert titles(house) == before
