"""GET / and /privacy: the front page, and how citizens' input is kept.

Neither needs the model, so both work while it is still loading.
"""

from collections.abc import Set
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from kb.citizens.suggestions import Welcome
from kb.controls.rules import Mode
from kb.models import DocumentSummary, Status
from kb.storage.documents import Documents
from web.display import page, site_url
from web.shelf.structured import data_block, service
from web.state import knowledge_base, notice

router = APIRouter()

STATIC = Path(__file__).parents[1] / "static"
_NEWEST = 6
_QUESTIONS_A_TOPIC = 2


@router.get("/")
def portal(request: Request) -> Response:
    """The front page of the column (栏目)."""
    kb = knowledge_base(request)
    rules = kb.controls.rules()
    welcome = Welcome() if rules.mode is Mode.OFF else kb.citizens.suggestions.welcome(datetime.now(UTC))
    content = {
        "notice": notice(request),
        "topics": welcome.topics,
        "questions_a_topic": _QUESTIONS_A_TOPIC,
        "newest": newest(kb.storage.documents, rules.excluded),
        "contacts": kb.staff.contacts.all(),
        "structured": [data_block(service(kb.settings, site_url(request)))],
    }
    return page(request, "portal.html", content)


@router.get("/privacy")
def privacy(request: Request) -> Response:
    """What is kept of citizens' input, for how long, and how to have it deleted."""
    return page(request, "privacy.html", {"settings": knowledge_base(request).settings})


def no_page(request: Request) -> Response:
    """The page at an address that there is not."""
    return page(request, "no_page.html", {}, HTTPStatus.NOT_FOUND)


def newest(documents: Documents, excluded: Set[str] = frozenset()) -> list[DocumentSummary]:
    """The newest documents in force, without the ids in `excluded`."""
    summaries = (item for item in documents.summaries() if item.id not in excluded)
    return [item for item in summaries if item.status is Status.IN_FORCE][:_NEWEST]


def icon() -> FileResponse:
    """The icon for pages that name none."""
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


def manifest() -> FileResponse:
    """What a phone needs to put the column on its home screen."""
    return FileResponse(STATIC / "manifest.json", media_type="application/manifest+json")


# Not part of the API: Gradio's page makes browsers request these two paths.
router.add_api_route("/favicon.ico", icon, include_in_schema=False)
router.add_api_route("/manifest.json", manifest, include_in_schema=False)
