"""Files that staff upload: previewed first, then published or discarded.

    KB_HOME/staging/ID/    NAME and preview.json, visible to the uploader and who may approve; kept a week
    KB_HOME/documents/     the published files; ingested again at each start

Preview and published document are read by the same code (ingest.pipeline.reading). With KB_DOCUMENT_REVIEW
an upload is published by another person than its uploader, after the secrecy check (保密审查法定前置:
政府信息公开条例第十七条), as FAQ entries are (kb.faq.life).
"""

import re
import secrets
import shutil
import unicodedata
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Connection

from ingest.editing.changes import edit_of, follow_up, logged, named, require_for
from ingest.editing.placing import announce, finish_moves, place, withdraw, write_synced
from ingest.editing.previews import Preview, make_preview
from ingest.pipeline.process_pool import read_one
from ingest.pipeline.reading import Reading, correction_of
from ingest.pipeline.storing import Report, store_one
from ingest.readers.read import SUPPORTED_SUFFIXES
from ingest.sources.source import NOTES, Source, document_id_for
from kb.errors import DocumentError, InputError, NotAllowedError, NotFoundError
from kb.knowledge_base import KnowledgeBase
from kb.models import DocumentSummary
from kb.staff.permissions import Action, Staff, may, require

MAX_UPLOAD = 20_000_000  # bytes of one file
DOCUMENTS, STAGING = "documents", "staging"
_PREVIEW = "preview.json"
_ID = re.compile(r"[0-9a-f]{16}")
_OWN = "这份文件是您上传的，请由别的审核人核对后上线。"
_UNCHECKED = "上线之前请先做保密审查，并勾选“已做保密审查”。"
_KEPT = timedelta(days=7)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*/\\]')
_MAX_STEM = 60  # characters: file systems allow 255 bytes, and a Chinese character takes three


def live_folder(home: Path) -> Path:
    """The folder of the published uploads."""
    return (home / DOCUMENTS).resolve()


def stage(kb: KnowledgeBase, name: str, content: bytes, staff: Staff, now: datetime) -> Preview:
    """Store an upload for `staff` to check; give its preview.

    Raises:
        NotAllowedError: `staff` may not upload.
        InputError: the file is refused, in one sentence that names it. Nothing of it is kept.
    """
    require(staff, Action.DOCUMENT_EDIT)
    purge_staged(kb.settings.home, now)
    clean_name = safe_name(name)
    if len(content) > MAX_UPLOAD:
        size, limit = f"{len(content) / 1e6:.1f} MB", f"{MAX_UPLOAD / 1e6:.0f} MB"
        raise InputError(f"{clean_name}：文件有 {size}，超过上限 {limit}，请拆分后再上传。")
    staged_id = secrets.token_hex(8)
    folder = kb.settings.home / STAGING / staged_id
    folder.mkdir(parents=True)
    try:
        final = live_name(clean_name, kb)
        write_synced(folder / final, content)
        reading = _read(folder / final, kb)
        preview = make_preview(kb, reading, staged_id, clean_name, len(content), staff, now)
        (folder / _PREVIEW).write_text(preview.model_dump_json(), encoding="utf-8")
    except DocumentError as error:
        shutil.rmtree(folder)
        raise InputError(f"{clean_name}：{error}。") from error
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise InputError(
            f"{clean_name} 没有存下来：{error.strerror or error}；请检查服务器的磁盘空间。"
        ) from error
    return preview


def staged(kb: KnowledgeBase, staff: Staff) -> list[Preview]:
    """The uploads that are neither published nor discarded, newest first: one's own, or those to approve."""
    require(staff, Action.DOCUMENT_EDIT)
    files = (kb.settings.home / STAGING).glob(f"*/{_PREVIEW}")
    previews = [Preview.model_validate_json(file.read_text(encoding="utf-8")) for file in files]
    seen = [preview for preview in previews if _concerns(kb, preview, staff)]
    return sorted(seen, key=lambda preview: preview.staged_at, reverse=True)


def staged_one(kb: KnowledgeBase, staged_id: str, staff: Staff) -> Preview:
    """The upload with this id, of `staff` or for them to approve.

    Raises:
        NotFoundError: there is none for `staff` with this id (any more).
    """
    require(staff, Action.DOCUMENT_EDIT)
    file = kb.settings.home / STAGING / staged_id / _PREVIEW
    preview = None
    if _ID.fullmatch(staged_id) and file.is_file():
        preview = Preview.model_validate_json(file.read_text(encoding="utf-8"))
    if preview is None or not _concerns(kb, preview, staff):
        raise NotFoundError(
            f"没有编号为 {staged_id!r} 的上传", "没有找到这份待上线的文件，它可能已上线或已丢弃；请刷新。"
        )
    return preview


def discard(kb: KnowledgeBase, staged_id: str, staff: Staff) -> None:
    """Delete an upload; who may approve it may also refuse it so.

    Raises:
        NotFoundError: there is none for `staff` with this id (any more).
    """
    staged_one(kb, staged_id, staff)
    shutil.rmtree(kb.settings.home / STAGING / staged_id)


def publish(
    kb: KnowledgeBase,
    staged_id: str,
    staff: Staff,
    now: datetime,
    report: Report | None = None,
    *,
    secrecy_checked: bool = False,
) -> DocumentSummary:
    """Publish an upload: answers use it from now on.

    `report` is called with the passages embedded so far and their total. When anything fails, the upload
    stays, and so does the document that was live under its name.

    Raises:
        NotFoundError: there is no such upload (any more).
        NotAllowedError: `staff` may not approve, or uploaded it; it would replace a document of others.
        InputError: the secrecy check was not done; the file cannot be read any more.
        StoreError, ModelError: it cannot be stored.
    """
    require(staff, publishing(kb))
    by_another = is_reviewed(kb)
    with kb.storage.ingesting:
        preview = staged_one(kb, staged_id, staff)
        if by_another:
            _require_second_person(preview, staff, secrecy_checked)
        folder = kb.settings.home / STAGING / staged_id
        staged_file = folder / preview.name
        final = live_folder(kb.settings.home) / live_name(preview.uploaded_as, kb)
        try:
            reading = _read(staged_file, kb, final)
        except DocumentError as error:
            raise InputError(f"{preview.name}：{error}。") from error
        before = kb.storage.documents.get(reading.document.id)
        if before is not None:
            require_for(staff, Action.DOCUMENT_EDIT, before.departments)
        edit = edit_of(kb, reading.document)

        def also(connection: Connection) -> None:
            if edit.removed:
                back = edit.model_copy(update={"removed": False})
                kb.storage.edits.put(connection, back, staff.name, now)
            kb.staff.audit.write(
                connection,
                staff.name,
                "上线文件",
                named(reading.document.title),
                None if before is None else logged(before),
                {**logged(reading.document), **_uploader(preview, staff)},
                now,
            )

        announce(staged_file, final, reading.document.id, reading.document.sha256)
        try:
            store_one(reading, kb, report, also)
        except BaseException:
            withdraw(staged_file)
            raise
        place(staged_file, final)
        follow_up(kb, reading.document.id)
        (summary,) = kb.storage.documents.summaries([reading.document.id])
        return summary


def is_reviewed(kb: KnowledgeBase) -> bool:
    """Whether uploads are published by another person than their uploader (KB_DOCUMENT_REVIEW)."""
    return kb.settings.document_review == "required"


def publishing(kb: KnowledgeBase) -> Action:
    """What staff who publish uploads must be allowed: where nobody reviews, editors publish their own."""
    return Action.DOCUMENT_APPROVE if is_reviewed(kb) else Action.DOCUMENT_EDIT


def may_publish(kb: KnowledgeBase, preview: Preview, staff: Staff) -> bool:
    """Whether it is for `staff` to publish this upload."""
    if not is_reviewed(kb):
        return True
    return preview.owner != staff.name and may(staff, Action.DOCUMENT_APPROVE)


def _concerns(kb: KnowledgeBase, preview: Preview, staff: Staff) -> bool:
    """Whether `staff` uploaded a file, or may approve it: staff bound to departments those of these only."""
    if preview.owner == staff.name:
        return True
    if not is_reviewed(kb) or not may(staff, Action.DOCUMENT_APPROVE):
        return False
    return not staff.bound_to or bool(set(staff.bound_to) & set(preview.owner_departments))


def _require_second_person(preview: Preview, staff: Staff, secrecy_checked: bool) -> None:
    if preview.owner == staff.name:
        raise NotAllowedError(_OWN)
    if not secrecy_checked:
        raise InputError(_UNCHECKED)


def _uploader(preview: Preview, staff: Staff) -> dict[str, object]:
    """Who uploaded what `staff` publish, for the audit log; nothing when they did themselves."""
    return {} if preview.owner == staff.name else {"uploaded_by": preview.owner_title or preview.owner}


def safe_name(name: str) -> str:
    """The file name without folders and without characters that trouble file systems or browsers.

    >>> safe_name("C:\\\\下载\\\\关于 停车.txt"), safe_name("../../etc/通知.MD")
    ('关于 停车.txt', '通知.md')

    Raises:
        InputError: nothing is left of the name, or its format cannot be read.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, suffix = _UNSAFE.sub("", last).strip().rpartition(".")
    stem, suffix = stem.strip(" ."), f".{suffix.lower()}"
    if not dot or suffix not in SUPPORTED_SUFFIXES:
        raise InputError(
            f"{last[:80]}：只能上传 Word、PDF、网页、Excel、CSV、Markdown 和文本文件；"
            "其他格式请另存为 PDF 或纯文本后再上传。"
        )
    if not stem or f"{stem}{suffix}".lower() in NOTES:
        raise InputError(f"{last[:80]}：这个文件名不能用，请改名后再上传。")
    return f"{stem[:_MAX_STEM].strip()}{suffix}"


def live_name(name: str, kb: KnowledgeBase) -> str:
    """The name under which an upload goes live: `name`, or `name（2）` when another file has that name.

    The id of a document is made from its name (ingest.sources.source), so a name belongs to one file only. An
    upload replaces an earlier upload of the same name, and no other document.
    """
    owners = {summary.id: summary.path for summary in kb.storage.documents.summaries()}
    owners |= {edit.document_id: edit.path for edit in kb.storage.edits.all().values() if edit.removed}
    folder, path = live_folder(kb.settings.home), Path(name)
    for number in count(1):
        candidate = name if number == 1 else f"{path.stem}（{number}）{path.suffix}"
        final = str(folder / candidate)
        if owners.get(document_id_for(Source(path=final, name=candidate), {}), final) == final:
            return candidate
    raise AssertionError  # count() does not end


def finish_publishing(kb: KnowledgeBase) -> None:
    """Move the uploads into place that were published right before the program was killed."""
    finish_moves(kb.settings.home / STAGING, kb.storage.documents)


def purge_staged(home: Path, now: datetime) -> None:
    """Delete the uploads that are older than a week."""
    oldest = (now - _KEPT).timestamp()
    for folder in (home / STAGING).glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def _read(held: Path, kb: KnowledgeBase, final: Path | None = None) -> Reading:
    """Read the staged file `held` as it would be live at `final`."""
    final = final or live_folder(kb.settings.home) / held.name
    document_id = document_id_for(Source(path=str(final), name=final.name), {})
    source = Source(path=str(held), name=final.name)
    edit = kb.storage.edits.get(document_id)
    live = source.model_copy(update={"path": str(final)})  # where a side file would be
    correction = correction_of(live, edit.correction if edit else None)
    reading = read_one(source, document_id, correction, kb.embedder)
    document = reading.document.model_copy(update={"path": str(final)})
    return reading.model_copy(update={"document": document})
