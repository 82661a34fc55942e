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
