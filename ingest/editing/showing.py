"""Pages of staged files as pictures, for staff who check what was read of them."""

from ingest.editing.staging import STAGING, staged_one
from ingest.limits import LIMITS
from kb.errors import NotFoundError
from kb.files.limited_process import ProcessLimits, run_confined
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Staff

_LIMITS = ProcessLimits(memory_bytes=LIMITS.memory_bytes, seconds=30.0)
_MODULE = "ingest.readers.paged.showing"


def page_picture(kb: KnowledgeBase, staged_id: str, page: int, staff: Staff) -> bytes:
    """The picture (PNG or SVG) of page `page` of an upload of `staff`.

    Raises:
        NotFoundError: there is no such upload, or no such page that can be shown.
        DocumentError: it takes too long or too much memory.
    """
    preview = staged_one(kb, staged_id, staff)
    picture = b""
    if preview.pictured and 1 <= page <= preview.pages:
        content = (kb.settings.home / STAGING / preview.id / preview.name).read_bytes()
        picture = run_confined(_MODULE, (str(page),), content, _LIMITS)
    if not picture:
        raise NotFoundError(f"{preview.name} 没有第 {page} 页的图", "这一页显示不出来，请对照原件。")
    return picture
