"""One correction for many documents: the preview says what changes; all of them are saved or none."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from staffing import make_staff

from ingest.editing.corrections import correct
from ingest.editing.many import MOST, correct_many, preview
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.errors import ConflictError, InputError, NotAllowedError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Correction, PolicyDocument
from kb.settings import Settings
from kb.staff.permissions import Role

NOW = datetime(2024, 5, 10, 3, tzinfo=UTC)
EDITOR = make_staff(Role.EDITOR)
NAMES = ("养犬管理办法", "摆摊管理办法", "广告牌管理办法")
TO_CITY = Correction(topic="城市管理", departments=("区城管局",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}.txt").write_text(f"{name}\n\n第一条 {name}另行公布。\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def kb(make_home: Callable[[], Path], folder: Path, embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as opened:
        assert not ingest([folder], opened, progress=False).failed
        yield opened


def ids(kb: KnowledgeBase) -> list[str]:
    by_title = {summary.title: summary.id for summary in kb.storage.documents.summaries()}
    return [by_title[name] for name in NAMES]


def documents(kb: KnowledgeBase) -> list[PolicyDocument | None]:
    return [kb.storage.documents.get(each) for each in ids(kb)]


def test_preview_names_documents_and_changes_and_saves_nothing(kb: KnowledgeBase):
    first, *_ = ids(kb)
    correct(kb, first, TO_CITY, 0, EDITOR, NOW)
    before = documents(kb)
    affected = preview(kb, ids(kb), TO_CITY, EDITOR)
    assert [one.title for one in affected] == list(NAMES)
    assert [one.version for one in affected] == [1, 0, 0]
    assert affected[0].changes == ()
    told = [(change.name, change.before, change.after) for change in affected[1].changes]
    assert told == [("主题分类", "", "城市管理"), ("单位", "", "区城管局")]
    assert documents(kb) == before


def test_all_are_changed_logged_and_kept_by_the_next_ingest(kb: KnowledgeBase, folder: Path):
    correct_many(kb, dict.fromkeys(ids(kb), 0), TO_CITY, EDITOR, NOW)
    assert all(one and one.topic == "城市管理" and one.departments == ("区城管局",) for one in documents(kb))
    entries = kb.staff.audit.entries(3)
    assert {entry.subject for entry in entries} == {f"文件《{name}》" for name in NAMES}
    assert {entry.action for entry in entries} == {"修改文件信息"}
    assert len(ingest([folder], kb, progress=False).unchanged) == len(NAMES)


def test_one_that_cannot_be_changed_keeps_all_as_they_were(kb: KnowledgeBase):
    *_, last = ids(kb)
    correct(kb, last, Correction(departments=("区市场监管局",)), 0, EDITOR, NOW)
    before, logged = documents(kb), len(kb.staff.audit.entries(50))
    with pytest.raises(ConflictError, match="《广告牌管理办法》刚刚由 editor 改过"):
        correct_many(kb, dict.fromkeys(ids(kb), 0), TO_CITY, EDITOR, NOW)
    city = make_staff(Role.EDITOR, ("区城管局",))
    with pytest.raises(NotAllowedError, match="区市场监管局"):
        correct_many(kb, {**dict.fromkeys(ids(kb), 0), last: 1}, TO_CITY, city, NOW)
    with pytest.raises(NotAllowedError, match="区市场监管局"):
        preview(kb, ids(kb), TO_CITY, city)
    assert documents(kb) == before
    assert len(kb.staff.audit.entries(50)) == logged


def test_nothing_chosen_or_filled_in_or_too_much_is_refused(kb: KnowledgeBase):
    with pytest.raises(InputError, match="先选中"):
        preview(kb, [], TO_CITY, EDITOR)
    with pytest.raises(InputError, match="不填的不改"):
        preview(kb, ids(kb), Correction(), EDITOR)
    with pytest.raises(InputError, match=f"一次最多改 {MOST} 份"):
        preview(kb, ids(kb)[:1] * (MOST + 1), TO_CITY, EDITOR)
    with pytest.raises(NotAllowedError):
        preview(kb, ids(kb), TO_CITY, make_staff(Role.ANSWERER))
