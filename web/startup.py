"""What takes seconds and happens while the program already serves: load the model, then bring up the console.

The model first, because questions wait for it; importing Gradio at the same time makes both late, as Python
runs one of them at a time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from kb.errors import KbError
from kb.knowledge_base import KnowledgeBase
from web.console import CONSOLE_PATH, make_console
from web.errors import sentence_for

router = APIRouter()

_templates = Jinja2Templates(Path(__file__).parent / "templates")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start what takes long, serve, and end it in order."""
    stop = asyncio.Event()
    console = asyncio.create_task(_serve_console(app, app.state.kb, stop))
    yield
    stop.set()
    await console


async def _serve_console(app: FastAPI, kb: KnowledgeBase, stop: asyncio.Event) -> None:
    """Load the model; then put the console in front of the page that says it is starting."""
    try:
        await asyncio.to_thread(kb.embedder.load)
        await asyncio.to_thread(kb.faq.prepare)
    except KbError as error:
        sentence_for(error)  # logs it; whoever asks is told again
    if stop.is_set():
        return
    console = await asyncio.to_thread(make_console, kb)
    async with console.router.lifespan_context(console):
        app.router.routes.insert(0, console.router.routes[-1])
        await stop.wait()


@router.get(f"{CONSOLE_PATH}/", include_in_schema=False, response_class=HTMLResponse)
def starting(request: Request) -> Response:
    """Shown in the console's place during the first seconds; it reloads itself."""
    headers = {"Retry-After": "2"}
    return _templates.TemplateResponse(request, "starting.html", {}, status_code=503, headers=headers)
