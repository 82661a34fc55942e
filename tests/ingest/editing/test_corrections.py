"""Changes to live documents by staff: corrections outlive every ingest, and answers follow at once."""

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from factories import CORPUS
from staffing import make_staff

from ingest.editing.corrections import bring_back, correct, read_again, reset, take_out
from ingest.editing.listing import cards, detail
from ingest.pipeline.run import ingest
from kb.answers import Ending
from kb.embedding.embedder import Embedder
from kb.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Correction, Filters, Question, Status
from kb.settings import Settings
from kb.staff.permissions import Role

NOW = datetime(2024, 5, 10, 3, tzinfo=UTC)
EDITOR, REVIEWER = make_staff(Role.EDITOR), make_staff(Role.REVIEWER)
OLD, NEW = "保守国家秘密法(2010-04-29).md", "保守国家秘密法(2024-02-27).md"
PARKING = """关于规范停车收费的通知

一、收费标准
（一）小型汽车首小时收费五元，此后每小时两元。
二、施行时间
本通知自2022年3月1日起施行。
浔阳区城市管理局
2022年2月15日
"""
FEE = Question(text="小型汽车停车首小时收费多少？")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like corpus/: a notice, and the beginnings of two editions of a law."""
    (tmp_path / "停车收费.txt").write_text(PARKING, encoding="utf-8")
    for name in (OLD, NEW):
        beginning = (CORPUS / name).read_text(encoding="utf-8")[:900]
        (tmp_path / name).write_text(beginning, encoding="utf-8")
    return tmp_path


@pytest.fixture
def home(make_home: Callable[[], Path]) -> Path:
    return make_home()


@pytest.fixture
def own_kb(home: Path, folder: Path, embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=home), embedder=embedder) as opened:
        ingest([folder], opened, progress=False)
        yield opened


def id_of(kb: KnowledgeBase, source: str = "停车收费.txt") -> str:
    return next(summary.id for summary in kb.storage.documents.summaries() if summary.source == source)


def say(kb: KnowledgeBase, document_id: str, version: int = 0, **fields: object) -> None:
    correct(kb, document_id, Correction.model_validate(fields), version, EDITOR, NOW)


def statuses(kb: KnowledgeBase) -> dict[str, Status]:
    return {summary.source: summary.status for summary in kb.storage.documents.summaries()}


def test_answer_warns_after_document_marked_repealed(own_kb: KnowledgeBase):
    parking = id_of(own_kb)
    assert own_kb.answerer.answer(FEE).text.startswith("（一）小型汽车首小时收费五元")
    say(own_kb, parking, status="已废止", replaced_by=id_of(own_kb, NEW))
    assert own_kb.answerer.answer(FEE).ending is Ending.ONLY_OUTDATED
    answer = own_kb.answerer.answer(Question(text=f"关于规范停车收费的通知里，{FEE.text}"))
    assert answer.citations[0].status is Status.REPEALED
    assert answer.text.startswith("注意：《关于规范停车收费的通知》已废止")
    repealed = own_kb.retrieval.retriever.retrieve("停车收费", Filters(status=Status.REPEALED), 3)
    assert {hit.document.id for hit in repealed.kept} == {parking}


def test_corrections_outlive_ingests_and_restarts(
    own_kb: KnowledgeBase, home: Path, folder: Path, embedder: Embedder
):
    parking = id_of(own_kb)
    corrections = {
        "status": "已失效",
        "number": "浔城管〔2022〕3号",
        "title": "停车收费通知",
        "effective_date": None,
    }
    say(own_kb, parking, **corrections)
    assert ingest([folder], own_kb, progress=False).unchanged  # its fingerprint includes the corrections
    (folder / "停车收费.txt").write_text(PARKING.replace("五元", "六元"), encoding="utf-8")
    own_kb.close()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as again:
        assert ingest([folder], again, progress=False).replaced == ("停车收费.txt",)
        document = again.storage.documents.get(parking)
        assert (document.status, document.number) == (Status.EXPIRED, "浔城管〔2022〕3号")
        assert (document.title, document.effective_date) == ("停车收费通知", None)
        assert "六元" in document.text
        assert again.storage.documents.chunks_of(parking)[0].document_title == "停车收费通知"


def test_corrected_document_unchanged_at_next_ingest(own_kb: KnowledgeBase, folder: Path):
    say(own_kb, id_of(own_kb), number="浔城管〔2022〕3号")
    result = ingest([folder], own_kb, progress=False)
    assert set(result.unchanged) == {"停车收费.txt", OLD, NEW}
    assert own_kb.retrieval.store.chunk_ids() == own_kb.storage.documents.chunk_ids()


def test_stated_status_wins_over_inferred_status(own_kb: KnowledgeBase):
    assert statuses(own_kb)[OLD] is Status.AMENDED
    say(own_kb, id_of(own_kb, OLD), status="现行有效")
    assert statuses(own_kb)[OLD] is Status.IN_FORCE
    say(own_kb, id_of(own_kb), status="已修改")  # the only one with its title: would be inferred as in force
    assert statuses(own_kb)["停车收费.txt"] is Status.AMENDED
    reset(own_kb, id_of(own_kb, OLD), 1, EDITOR, NOW)
    assert statuses(own_kb)[OLD] is Status.AMENDED


def test_reset_drops_all_corrections(own_kb: KnowledgeBase):
    parking = id_of(own_kb)
    before = own_kb.storage.documents.get(parking)
    say(own_kb, parking, title="停车", issuer=None, status="已废止")
    assert detail(own_kb, parking, EDITOR).stated
    reset(own_kb, parking, 1, EDITOR, NOW)
    assert own_kb.storage.documents.get(parking) == before
    assert detail(own_kb, parking, EDITOR).stated == ()


def test_save_of_stale_version_refused_and_first_save_kept(own_kb: KnowledgeBase):
    parking = id_of(own_kb)
    say(own_kb, parking, number="浔城管〔2022〕3号")
    with pytest.raises(ConflictError, match="刚刚由 editor 改过"):
        say(own_kb, parking, version=0, number="浔城管〔2022〕9号", issuer="区交通局")
    document = own_kb.storage.documents.get(parking)
    assert (document.number, document.issuer) == ("浔城管〔2022〕3号", "浔阳区城市管理局")
    say(own_kb, parking, version=1, issuer="区交通局")
    document = own_kb.storage.documents.get(parking)
    assert (document.number, document.issuer) == ("浔城管〔2022〕3号", "区交通局")


def test_every_change_logged_with_before_and_after(own_kb: KnowledgeBase):
    parking = id_of(own_kb)
    say(own_kb, parking, status="已废止")
    take_out(own_kb, parking, 1, REVIEWER, NOW)
    bring_back(own_kb, parking, REVIEWER, NOW)
    back, removed, changed = own_kb.staff.audit.entries(3)
    assert (changed.before["status"], changed.after["status"]) == ("现行有效", "已废止")
    assert (removed.action, removed.after, removed.before["title"]) == (
        "移除文件",
        None,
        "关于规范停车收费的通知",
    )
    assert (back.actor, back.before, back.after["status"]) == (REVIEWER.name, None, "已废止")
    assert own_kb.staff.audit.verify() is None


def test_removed_document_stays_out_until_restored(
    own_kb: KnowledgeBase, home: Path, folder: Path, embedder: Embedder
):
    parking = id_of(own_kb)
    take_out(own_kb, parking, 0, REVIEWER, NOW)
    assert (folder / "停车收费.txt").exists()
    assert "五元" not in own_kb.answerer.answer(FEE).text
    assert own_kb.retrieval.store.chunk_ids() == own_kb.storage.documents.chunk_ids()
    own_kb.close()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as again:
        result = ingest([folder], again, progress=False)
        assert (result.withheld, result.created) == (("停车收费.txt",), ())
        assert "管理员已移除而不导入 1" in str(result)
        (card,) = cards(again, REVIEWER, removed=True)
        assert (card.title, card.removed) == ("关于规范停车收费的通知", True)
        bring_back(again, parking, REVIEWER, NOW)
        assert "首小时收费五元" in again.answerer.answer(FEE).text
        assert ingest([folder], again, progress=False).withheld == ()
        with pytest.raises(NotFoundError):
            bring_back(again, parking, REVIEWER, NOW)


def test_removing_new_edition_puts_old_edition_in_force(own_kb: KnowledgeBase):
    take_out(own_kb, id_of(own_kb, NEW), 0, REVIEWER, NOW)
    assert statuses(own_kb)[OLD] is Status.IN_FORCE


def test_document_without_file_can_be_corrected_but_not_read_again(own_kb: KnowledgeBase, folder: Path):
    parking = id_of(own_kb)
    (folder / "停车收费.txt").unlink()
    say(own_kb, parking, status="已废止")
    assert own_kb.storage.documents.get(parking).status is Status.REPEALED
    for work in (
        lambda: reset(own_kb, parking, 1, EDITOR, NOW),
        lambda: read_again(own_kb, parking, EDITOR, NOW),
    ):
        with pytest.raises(InputError, match="《关于规范停车收费的通知》的原件不能读取：没有这个文件或目录"):
            work()
    assert own_kb.storage.documents.get(parking).status is Status.REPEALED


def test_read_again_stores_a_changed_file(own_kb: KnowledgeBase, folder: Path):
    parking = id_of(own_kb)
    assert read_again(own_kb, parking, EDITOR, NOW) is False
    (folder / "停车收费.txt").write_text(PARKING.replace("五元", "六元"), encoding="utf-8")
    assert read_again(own_kb, parking, EDITOR, NOW) is True
    assert "首小时收费六元" in own_kb.answerer.answer(FEE).text
    (folder / "停车收费.txt").write_bytes(b"")
    with pytest.raises(InputError, match="空的"):
        read_again(own_kb, parking, EDITOR, NOW)
    assert "首小时收费六元" in own_kb.answerer.answer(FEE).text


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"expiry_date": date(2021, 1, 1)}, "失效日期 2021-01-01 早于 2022-03-01", id="expiry"),
        pytest.param({"replaced_by": "没有"}, "不在知识库里", id="unknown_successor"),
        pytest.param({"title": " "}, "题名不能为空", id="blank_title"),
        pytest.param({"url": "javascript:alert(1)"}, "https://", id="script_as_address"),
    ],
)
def test_contradictory_correction_refused_and_nothing_changes(
    own_kb: KnowledgeBase, fields: dict, reason: str
):
    parking = id_of(own_kb)
    before = own_kb.storage.documents.get(parking)
    with pytest.raises(InputError, match=reason):
        say(own_kb, parking, **fields)
    with pytest.raises(InputError, match="自己"):
        say(own_kb, parking, replaced_by=parking)
    assert own_kb.storage.documents.get(parking) == before
    assert own_kb.storage.edits.get(parking) is None


def test_corrections_limited_by_department_and_role(own_kb: KnowledgeBase):
    parking = id_of(own_kb)
    stranger, owner = make_staff(Role.REVIEWER, ["区民政局"]), make_staff(Role.REVIEWER, ["浔阳区城市管理局"])
    with pytest.raises(NotAllowedError, match="这份文件属于浔阳区城市管理局"):
        correct(own_kb, parking, Correction(number="x"), 0, stranger, NOW)
    with pytest.raises(NotAllowedError):
        take_out(own_kb, parking, 0, EDITOR, NOW)
    with pytest.raises(NotAllowedError):
        cards(own_kb, make_staff(Role.ANSWERER))
    take_out(own_kb, parking, 0, owner, NOW)


@pytest.mark.slow
def test_questions_answered_while_long_document_is_embedded(own_kb: KnowledgeBase, folder: Path):
    """A new title changes the vector of every passage, which makes it the longest of all corrections."""
    shutil.copy(CORPUS / NEW, folder)
    ingest([folder], own_kb, progress=False)
    law = id_of(own_kb, NEW)
    reports: list[tuple[int, int]] = []
    own_kb.answerer.answer(FEE)

    def retitle() -> None:
        title = Correction(title="保密法（二〇二四年）")
        correct(own_kb, law, title, 0, EDITOR, NOW, lambda done, total: reports.append((done, total)))

    work = threading.Thread(target=retitle)
    work.start()
    answered = 0
    while work.is_alive():
        own_kb.answerer.answer(FEE)
        answered += 1
    work.join()
    assert own_kb.storage.documents.get(law).title == "保密法（二〇二四年）"
    assert answered >= 3
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert reports and reports[-1][0] == reports[-1][1]
