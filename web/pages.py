"""GET /: the question page (static, so that it shows even while the model is still loading)."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter()

STATIC = Path(__file__).parent / "static"


@router.get("/", include_in_schema=False)
def index() -> FileResponse:
    """The question page."""
    return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")


def icon() -> FileResponse:
    """The icon of pages that name none."""
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


def manifest() -> FileResponse:
    """What a phone needs to put the question page on its home screen."""
    return FileResponse(STATIC / "manifest.json", media_type="application/manifest+json")


# Not interfaces: Gradio's page makes browsers look for them there.
router.add_api_route("/favicon.ico", icon, include_in_schema=False)
router.add_api_route("/manifest.json", manifest, include_in_schema=False)
