"""GET /api/faq/feed: approved questions and answers for the portal's own Q&A base, and removals from it.

Call it once without parameters, or with `since`; then keep `next` and pass it as `cursor` in later calls.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from kb.faq.feed import FEED_PAGE
from web.sessions import now_utc
from web.state import knowledge_base

router = APIRouter()


@router.get("/api/faq/feed")
def feed(
    request: Request,
    since: datetime | None = None,
    cursor: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=FEED_PAGE)] = FEED_PAGE,
) -> dict[str, object]:
    """The changes after `cursor` in order, none from before `since` (UTC when it names no zone)."""
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    page = knowledge_base(request).faq.feed.read(cursor, since, now_utc(), limit)
    items = [item.as_json() for item in page.items]
    return {"items": items, "next": page.next, "more": page.more}
