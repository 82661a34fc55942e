"""成批上线: a reviewer puts several uploads of others live at once."""

from collections.abc import Iterator
from dataclasses import replace
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


def test_two_uploads_of_one_name_are_refused_before_any_goes_live(house: KnowledgeBase):
    ids = [*staged(house, Role.EDITOR, "喂鸽办法", "遛鸟办法"), *staged(house, Role.EDITOR, "喂鸽办法")]
    before = titles(house)
    with pytest.raises(InputError, match=r"同名：喂鸽办法\.md"):
        Uploads(house).publish_many(REVIEWER, told, ids, True, None)
    assert titles(house) == before


def test_editors_put_their_own_uploads_live_where_nobody_reviews(house: KnowledgeBase):
    alone = replace(house, settings=house.settings.model_copy(update={"document_review": "off"}))
    ids, before = staged(alone, Role.EDITOR, "种树办法", "浇花办法"), titles(alone)
    with pytest.raises(NotAllowedError):
        Uploads(alone).publish_many(make_staff(Role.ANSWERER), told, ids, False, None)
    said, *_ = Uploads(alone).publish_many(EDITOR, told, ids, False, None)
    assert titles(alone) - before == {"种树办法", "浇花办法"} and str(said).count("已上线") == 2


def test_error_that_nobody_expected_leaves_the_report_of_what_went_live(
    house: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
):
    ids, publish = staged(house, Role.EDITOR, "堆雪办法", "扫雪办法"), staging.publish

    def breaking(kb, staged_id, *arguments, **options):
        if staged_id == ids[1]:
            raise RuntimeError("断了")
        return publish(kb, staged_id, *arguments, **options)

    monkeypatch.setattr(staging, "publish", breaking)
    said, *_ = Uploads(house).publish_many(REVIEWER, told, ids, True, None)
    assert "《堆雪办法》已上线" in str(said) and "扫雪办法.md：系统出错了" in str(said)
