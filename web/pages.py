"""GET /: the question page (static, so that it shows even while the model is still loading).

Beside it, at the root because browsers and the console's page look for them there: icon and manifest.
"""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter()

STATIC = Path(__file__).parent / "static"


@router.get("/", include_in_schema=False)
def index() -> FileResponse:
    """The question page."""
    return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")


@router.get("/favicon.ico", include_in_schema=False)
def icon() -> FileResponse:
    """The icon, for pages that name none."""
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


@router.get("/manifest.json", include_in_schema=False)
def manifest() -> FileResponse:
    """What a phone needs to put the page on its home screen."""
    return FileResponse(STATIC / "manifest.json", media_type="application/manifest+json")
