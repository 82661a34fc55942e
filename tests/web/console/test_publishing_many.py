"""成批上线: a reviewer puts several uploads of others live at once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from staffing import make_staff

from ingest.editing import staging
from kb.errors import InputError, NotAllowedError
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role
from web.console.documents.upload import Uploads

EDITOR, REVIEWER = make_staff(Role.EDITOR), make_staff(Role.REVIEWER)


def told(done: int, total: int, what: str) -> None:
    """Progress that nobody watches."""


def staged(house: KnowledgeBase, role: Role, *names: str) -> list[str]:
    texts = {name: f"# {name}\n\n第一条 {name}由区城管局负责。\n".encode() for name in names}
    now, staff = datetime.now(UTC), make_staff(role)
    return [staging.stage(house, f"{name}.md", text, staff, now).id for name, text in texts.items()]


def titles(house: KnowledgeBase) -> set[str]:
    return {summary.title for summary in house.storage.documents.summaries()}


@pytest.fixture(autouse=True)
def tidy(house: KnowledgeBase) -> Iterator[None]:
    yield
    for upload in staging.staged(house, REVIEWER):
        staging.discard(house, upload.id, REVIEWER)


def test_reviewer_puts_others_uploads_live_and_is_told_which_stay(house: KnowledgeBase):
    ids = staged(house, Role.EDITOR, "养犬办法", "摆摊办法")
    own = staged(house, Role.REVIEWER, "广告牌办法")
    before, uploads = titles(house), Uploads(house)
    with pytest.raises(InputError, match="逐份核对"):
        uploads.publish_many(REVIEWER, told, ids, False, None)
    with pytest.raises(NotAllowedError):
        uploads.publish_many(EDITOR, told, ids, True, None)
    assert titles(house) == before
    said, *_ = uploads.publish_many(REVIEWER, told, [*ids, *own, "gone"], True, None)
    assert titles(house) - before == {"养犬办法", "摆摊办法"}
    assert "《养犬办法》已上线" in str(said) and str(said).count("<p>") == 4
    assert [upload.id for upload in staging.staged(house, REVIEWER)] == own
