"""The move of a published upload to its place, after the commit that makes it live.

    1. the upload and a note of its place-to-be are on disk
    2. commit: the document is live
    3. the upload is moved to its place, over the file that it replaces

Before the commit nothing of the live document is touched, so nothing has to be taken back. A kill between the
last two steps leaves the note, and `finish_moves` does the move at the next start.
"""

import os
import shutil
from pathlib import Path

from pydantic import ValidationError

from kb.models import Model
from kb.storage.documents import Documents

_NOTE = "placing.json"


class _Move(Model):
    """A move that is due once the document with this id and content is live."""

    document_id: str
    sha256: str
    name: str  # of the upload, in the folder of the note
    final: str


def write_synced(file: Path, content: bytes) -> None:
    """Write `content` to `file`; it outlasts a power cut from now on."""
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    _sync_folder(file.parent)


def announce(held: Path, final: Path, document_id: str, sha256: str) -> None:
    """Note that the upload `held` is to be moved to `final` once its document is live."""
    move = _Move(document_id=document_id, sha256=sha256, name=held.name, final=str(final))
    write_synced(held.with_name(_NOTE), move.model_dump_json().encode())


def withdraw(held: Path) -> None:
    """Drop the note on `held`: it was not published."""
    held.with_name(_NOTE).unlink(missing_ok=True)


def place(held: Path, final: Path) -> None:
    """Move the upload `held` to `final`, and delete the folder that it was in."""
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(held, final)
    _sync_folder(final.parent)
    shutil.rmtree(held.parent)


def finish_moves(staging: Path, documents: Documents) -> None:
    """Do the moves below the folder `staging` whose documents went live before a kill; drop other notes."""
    for note in staging.glob(f"*/{_NOTE}"):
        try:
            move = _Move.model_validate_json(note.read_bytes())
        except ValidationError:  # cut off by the kill: nothing was committed
            note.unlink()
            continue
        held, final = note.with_name(move.name), Path(move.final)
        live = documents.summaries([move.document_id])
        is_live = bool(live) and (live[0].sha256, live[0].path) == (move.sha256, move.final)
        if is_live and held.exists():
            place(held, final)
        elif is_live:
            shutil.rmtree(note.parent)
        else:
            withdraw(held)


def _sync_folder(folder: Path) -> None:
    """Make the names in `folder` outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
