"""Files that staff upload: previewed, published, discarded; a bad file changes nothing."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from factories import CORPUS
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from staffing import make_staff

from ingest.editing import staging
from ingest.editing.previews import passages_of
from ingest.editing.staging import discard, finish_publishing, live_folder, publish, safe_name, stage, staged
from ingest.pipeline.run import ingest
from kb.answers import Ending
from kb.embedding.embedder import Embedder
from kb.errors import InputError, NotAllowedError, NotFoundError, StoreError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.settings import Settings
from kb.staff.permissions import Role

NOW = datetime(2024, 5, 10, 3, tzinfo=UTC)
EDITOR = make_staff(Role.EDITOR)
COLLEAGUE = make_staff(Role.EDITOR, ["区城管局"])
LAW = "物业管理条例(2018-03-19).md"
PARKING = """关于规范停车收费的通知
浔城管〔2022〕3号

一、收费标准
（一）小型汽车首小时收费五元，此后每小时两元。（牵头单位：区发改委；责任单位：区城管局）
（二）残疾人专用车辆免费停放两小时。
二、施行时间
本通知自2022年3月1日起施行。
浔阳区城市管理局
2022年2月15日
"""
FEE = Question(text="小型汽车停车首小时收费多少？")


@pytest.fixture
def own_kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """One person uploads and publishes, as with KB_DOCUMENT_REVIEW=off."""
    settings = Settings(home=make_home(), document_review="off")
    with open_knowledge_base(settings, embedder=embedder) as opened:
        yield opened


def make_pdf(lines: list[str]) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("STSong-Light", 14)
    for row, line in enumerate(lines):
        canvas.drawString(80, 760 - row * 36, line)
    canvas.save()
    return out.getvalue()


def uploaded(kb: KnowledgeBase, text: str = PARKING, name: str = "停车收费.txt"):
    return stage(kb, name, text.encode(), EDITOR, NOW)


def test_upload_answers_questions_only_once_published(own_kb: KnowledgeBase):
    preview = uploaded(own_kb)
    assert own_kb.storage.documents.summaries() == []
    assert own_kb.answerer.answer(FEE).ending is Ending.NO_HITS
    publish(own_kb, preview.id, EDITOR, NOW)
    answer = own_kb.answerer.answer(FEE)
    assert "首小时收费五元" in answer.text
    assert staged(own_kb, EDITOR) == []


def test_preview_warns_of_documents_it_would_repeal(own_kb: KnowledgeBase):
    publish(own_kb, uploaded(own_kb).id, EDITOR, NOW)
    newer = (
        "关于调整停车收费的通知\n浔城管〔2024〕9号\n一、收费标准\n首小时收费六元。\n二、施行时间\n"
        "本通知自2024年3月1日起施行，《关于规范停车收费的通知》（浔城管〔2022〕3号）同时废止。\n"
        "浔阳区城市管理局\n2024年2月15日\n"
    )
    preview = uploaded(own_kb, newer, "新通知.txt")
    assert (
        "上线后，《关于规范停车收费的通知》（2022-02-15）将标为已废止"
        "（被《关于调整停车收费的通知》废止，自 2024-03-01 起）。"
    ) in preview.warnings
    assert [finding.confidence for finding in preview.findings] == sorted(
        finding.confidence for finding in preview.findings
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("停车收费.txt", PARKING.encode(), id="text"),
        pytest.param(LAW, (CORPUS / LAW).read_bytes(), id="law"),
        pytest.param("停车收费.pdf", make_pdf(PARKING.split("\n")), id="pdf"),
        pytest.param("国标.txt", PARKING.encode("gb18030"), id="gb18030"),
    ],
)
def test_published_document_equals_its_preview(own_kb: KnowledgeBase, name: str, content: bytes):
    preview = stage(own_kb, name, content, EDITOR, NOW)
    publish(own_kb, preview.id, EDITOR, NOW)
    document = own_kb.storage.documents.get(preview.document_id)
    fields = ("title", "number", "issuer", "written_date", "published_date", "effective_date", "expiry_date")
    fields += ("status", "departments")
    assert {name: getattr(preview, name) for name in fields} == {
        name: getattr(document, name) for name in fields
    }
    assert [heading.label for heading in preview.outline] == [section.label for section in document.sections]
    assert preview.passages == passages_of(own_kb.storage.documents.chunks_of(document.id))
    assert preview.passages and preview.characters == len(document.text)
    assert own_kb.retrieval.store.chunk_ids() == own_kb.storage.documents.chunk_ids()


def test_preview_shows_metadata_outline_and_units(own_kb: KnowledgeBase):
    preview = uploaded(own_kb)
    assert (preview.title, preview.number) == ("关于规范停车收费的通知", "浔城管〔2022〕3号")
    assert preview.written_date is not None and preview.written_date.isoformat() == "2022-02-15"
    assert [heading.label for heading in preview.outline][:1] == ["一、收费标准"]
    assert any(passage.units == ("区发改委", "区城管局") for passage in preview.passages)


def test_published_file_unchanged_at_next_ingest(own_kb: KnowledgeBase):
    publish(own_kb, uploaded(own_kb).id, EDITOR, NOW)
    again = ingest([live_folder(own_kb.settings.home)], own_kb, progress=False)
    assert again.unchanged == ("停车收费.txt",)
    assert (again.created, again.replaced, again.failed) == ((), (), ())


def test_new_upload_of_same_name_replaces_the_earlier(own_kb: KnowledgeBase):
    publish(own_kb, uploaded(own_kb).id, EDITOR, NOW)
    preview = uploaded(own_kb, PARKING.replace("五元", "六元"))
    assert preview.replaces == "关于规范停车收费的通知"
    assert "已上传过同名文件，上线后由这一份替换。" in preview.warnings
    publish(own_kb, preview.id, EDITOR, NOW)
    assert "首小时收费六元" in own_kb.answerer.answer(FEE).text
    assert len(own_kb.storage.documents.summaries()) == 1
    entries = own_kb.staff.audit.entries(5)
    assert [(entry.actor, entry.action, entry.subject) for entry in entries] == [
        (EDITOR.name, "上线文件", "文件《关于规范停车收费的通知》")
    ] * 2
    assert entries[0].before == entries[1].after and entries[1].before is None
    assert own_kb.staff.audit.verify() is None


def test_upload_never_replaces_a_file_of_another_folder(own_kb: KnowledgeBase):
    ingest([CORPUS / LAW], own_kb, progress=False)
    preview = stage(own_kb, LAW, (CORPUS / LAW).read_bytes(), EDITOR, NOW)
    assert preview.name == "物业管理条例(2018-03-19)（2）.md"
    assert any("将以“物业管理条例(2018-03-19)（2）.md”保存" in warning for warning in preview.warnings)
    assert "内容与《物业管理条例》完全相同。" in preview.warnings
    publish(own_kb, preview.id, EDITOR, NOW)
    assert {summary.source for summary in own_kb.storage.documents.summaries()} == {LAW, preview.name}


def test_failure_while_publishing_keeps_upload_and_live_document(
    own_kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
):
    publish(own_kb, uploaded(own_kb).id, EDITOR, NOW)
    preview = uploaded(own_kb, PARKING.replace("五元", "六元"))

    def full(_points: object) -> None:
        raise StoreError("磁盘满了")

    with monkeypatch.context() as broken:
        broken.setattr(own_kb.retrieval.store, "upsert", full)
        with pytest.raises(StoreError):
            publish(own_kb, preview.id, EDITOR, NOW)
    assert "五元" in (live_folder(own_kb.settings.home) / "停车收费.txt").read_text(encoding="utf-8")
    assert "首小时收费五元" in own_kb.answerer.answer(FEE).text
    assert len(own_kb.staff.audit.entries(5)) == 1
    publish(own_kb, preview.id, EDITOR, NOW)  # the upload is still there
    assert "首小时收费六元" in own_kb.answerer.answer(FEE).text


class Killed(BaseException):
    """Takes the place of a kill -9: nothing catches it on the way."""


@pytest.mark.parametrize("committed", [False, True])
def test_kill_around_the_commit_leaves_old_or_new_document_with_its_file(
    own_kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, committed: bool
):
    publish(own_kb, uploaded(own_kb).id, EDITOR, NOW)
    preview = uploaded(own_kb, PARKING.replace("五元", "六元"))
    file = live_folder(own_kb.settings.home) / "停车收费.txt"
    note = own_kb.settings.home / "staging" / preview.id / "placing.json"
    kept = b""

    def killed(*_: object) -> None:
        nonlocal kept
        kept = note.read_bytes()
        raise Killed

    with monkeypatch.context() as broken:
        if committed:
            broken.setattr(staging, "place", killed)
        else:
            broken.setattr(own_kb.storage.documents, "replace_all", killed)
        with pytest.raises(Killed):
            publish(own_kb, preview.id, EDITOR, NOW)
    note.write_bytes(kept)  # a kill runs no handler that drops it
    assert "五元" in file.read_text(encoding="utf-8")
    finish_publishing(own_kb)
    assert ("六元" if committed else "五元") in file.read_text(encoding="utf-8")
    assert len(staged(own_kb, EDITOR)) == (not committed)
    assert len(own_kb.staff.audit.entries(5)) == 1 + committed
    assert ingest([live_folder(own_kb.settings.home)], own_kb, progress=False).unchanged == (file.name,)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param("空.txt", b" \n", "空的", id="empty"),
        pytest.param("坏.pdf", b"%PDF-1.7 nothing", "坏.pdf", id="damaged"),
        pytest.param("表格.txt", b"PK\x03\x04" + bytes(100), "已损坏", id="zip_in_disguise"),
        pytest.param("通知.exe", b"MZ", "只能上传 Word、PDF", id="foreign_format"),
        pytest.param("README.md", PARKING.encode(), "文件名不能用", id="note_about_a_collection"),
        pytest.param("大.txt", b"a" * 20_000_001, "超过上限 20 MB", id="too_large"),
        pytest.param("无名", PARKING.encode(), "只能上传", id="no_suffix"),
    ],
)
def test_bad_upload_refused_in_one_sentence_and_leaves_nothing(
    own_kb: KnowledgeBase, name: str, content: bytes, reason: str
):
    with pytest.raises(InputError) as refused:
        stage(own_kb, name, content, EDITOR, NOW)
    sentence = refused.value.citizen
    assert reason in sentence and sentence.startswith(name) and "\n" not in sentence
    assert staged(own_kb, EDITOR) == []
    assert not list((own_kb.settings.home / "staging").glob("*"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/etc/../通知.TXT", "通知.txt"),
        ("C:\\文件\\关于停车的通知.md", "关于停车的通知.md"),
        ("a<script>\x00b.txt", "ascriptb.txt"),
        ("。通知 .md", "。通知.md"),
        ("长" * 300 + ".pdf", "长" * 60 + ".pdf"),
    ],
)
def test_safe_name_strips_folders_and_unsafe_characters(given: str, kept: str):
    assert safe_name(given) == kept


def test_uploads_visible_to_their_owner_only(own_kb: KnowledgeBase):
    preview = uploaded(own_kb)
    assert staged(own_kb, COLLEAGUE) == []
    for work in (
        lambda: discard(own_kb, preview.id, COLLEAGUE),
        lambda: publish(own_kb, preview.id, COLLEAGUE, NOW),
    ):
        with pytest.raises(NotFoundError):
            work()
    for made_up in ("../documents", "0" * 16, ""):
        with pytest.raises(NotFoundError):
            discard(own_kb, made_up, EDITOR)
    discard(own_kb, preview.id, EDITOR)
    assert staged(own_kb, EDITOR) == []
    assert not list((own_kb.settings.home / "staging").glob("*"))


def test_uploads_deleted_after_a_week(own_kb: KnowledgeBase):
    uploaded(own_kb)
    later = datetime.now(UTC) + timedelta(days=8)
    stage(own_kb, "通知.txt", PARKING.encode(), EDITOR, later)
    assert [preview.name for preview in staged(own_kb, EDITOR)] == ["通知.txt"]


def test_publish_refused_over_document_of_another_department(own_kb: KnowledgeBase):
    publish(own_kb, uploaded(own_kb).id, EDITOR, NOW)
    stranger = make_staff(Role.EDITOR, ["区民政局"])
    preview = stage(own_kb, "停车收费.txt", PARKING.encode(), stranger, NOW)
    with pytest.raises(NotAllowedError, match="浔阳区城市管理局"):
        publish(own_kb, preview.id, stranger, NOW)


@pytest.fixture
def reviewed_kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """A second person approves each upload, as by default."""
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as opened:
        yield opened


def test_upload_goes_live_when_another_person_has_checked_its_secrecy(reviewed_kb: KnowledgeBase):
    reviewer = make_staff(Role.REVIEWER)
    preview = uploaded(reviewed_kb)
    assert [one.id for one in staged(reviewed_kb, reviewer)] == [preview.id]
    with pytest.raises(NotAllowedError, match="不能审核政策文件"):
        publish(reviewed_kb, preview.id, EDITOR, NOW, secrecy_checked=True)
    with pytest.raises(InputError, match="保密审查"):
        publish(reviewed_kb, preview.id, reviewer, NOW)
    publish(reviewed_kb, preview.id, reviewer, NOW, secrecy_checked=True)
    assert "首小时收费五元" in reviewed_kb.answerer.answer(FEE).text
    entry = reviewed_kb.staff.audit.entries(1)[0]
    assert (entry.actor, entry.after["uploaded_by"]) == (reviewer.name, EDITOR.title)


def test_reviewer_does_not_approve_own_upload_and_may_discard_others(reviewed_kb: KnowledgeBase):
    reviewer = make_staff(Role.REVIEWER)
    own = stage(reviewed_kb, "停车收费.txt", PARKING.encode(), reviewer, NOW)
    with pytest.raises(NotAllowedError, match="请由别的审核人"):
        publish(reviewed_kb, own.id, reviewer, NOW, secrecy_checked=True)
    discard(reviewed_kb, own.id, make_staff(Role.ADMIN))
    assert staged(reviewed_kb, reviewer) == []


def test_reviewer_of_a_department_sees_uploads_of_that_department_only(reviewed_kb: KnowledgeBase):
    bound = make_staff(Role.REVIEWER, ["区城管局"])
    stage(reviewed_kb, "停车收费.txt", PARKING.encode(), COLLEAGUE, NOW)
    stage(reviewed_kb, "别处.txt", PARKING.encode(), EDITOR, NOW)
    assert [preview.name for preview in staged(reviewed_kb, bound)] == ["停车收费.txt"]
    assert staged(reviewed_kb, COLLEAGUE)[0].owner == COLLEAGUE.name
    assert len(staged(reviewed_kb, make_staff(Role.ADMIN))) == 2
