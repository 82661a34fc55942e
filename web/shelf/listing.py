"""GET /documents: the documents to browse and search, by topic, year, issuer and validity.

One form sent with GET: it works without JavaScript, and every view has an address of its own.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from kb.models import MAX_QUESTION_CHARS, Status
from kb.shelf.listing import FilterChoice, ListFilter, ListPage
from web.display import page
from web.state import knowledge_base

router = APIRouter()

_LONGEST = 100  # characters of a filter's value
_MOST_PAGES = 100_000
Value = Annotated[str, Query(max_length=_LONGEST)]


@router.get("/documents")
def browse(
    request: Request,
    q: Annotated[str, Query(max_length=MAX_QUESTION_CHARS)] = "",
    topic: Value = "",
    year: Value = "",
    issuer: Value = "",
    status: Value = "",
    page_number: Annotated[str, Query(alias="page", max_length=9)] = "1",
) -> Response:
    """A page of the documents that match; a filter that nothing has gives an empty list, not an error."""
    kb = knowledge_base(request)
    known = next((one for one in Status if one.value == status), None)
    wanted = ListFilter(words=q.strip(), topic=topic, year=year, issuer=issuer, status=known)
    number = int(page_number) if page_number.isdecimal() else 1
    excluded = kb.controls.rules().excluded
    topics = kb.citizens.suggestions.topics_of_documents()
    listed = kb.shelf.listing.page(wanted, min(max(number, 1), _MOST_PAGES), excluded, topics)
    chosen = {"q": wanted.words, "topic": topic, "year": year, "issuer": issuer, "status": known or ""}
    chosen = {name: str(value) for name, value in chosen.items() if value}
    content = {
        "listed": listed,
        "chosen": chosen,
        "filters": _filters(listed, chosen),
        "without": {name: _without(chosen, name) for name in chosen},
        "before": {**chosen, "page": str(listed.number - 1)} if listed.number > 1 else None,
        "after": {**chosen, "page": str(listed.number + 1)} if listed.number < listed.pages else None,
    }
    return page(request, "documents.html", content)


def _filters(listed: ListPage, chosen: Mapping[str, str]) -> list[tuple[str, str, tuple[FilterChoice, ...]]]:
    """Each filter's name, its label and its values; one that offers nothing is left out."""
    offered = (
        ("topic", "主题", listed.topics),
        ("year", "年份", listed.years),
        ("issuer", "发文机关", listed.issuers),
        ("status", "时效性", listed.statuses),
    )
    return [one for one in offered if one[2] or one[0] in chosen]


def _without(chosen: Mapping[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in chosen.items() if other != name}
