"""Work done while the program already serves: load the model, start the console, run the daily chores.

The model comes first, because questions wait for it; importing Gradio at the same time would delay both, as
Python runs one of them at a time. Once the model is loaded, the starter questions are tried. At the start and
every day, what citizens left is deleted when its retention ends, and expired documents lose their validity.
When the index is open, the folders of app.state.folders are ingested.

Of several processes over one database one at a time keeps house (_HOUSE); when it ends, however, another one
does. All ingest, each a part.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates
from starlette.routing import Mount

from ingest.pipeline.run import ingest
from ingest.pipeline.storing import settle_validity
from kb import retention
from kb.errors import KbError
from kb.knowledge_base import KnowledgeBase
from web.channels.telling import tell_replies
from web.console import make_console
from web.errors import sentence_for
from web.staff.identity import CONSOLE_PATH
from web.state import BringingIn
from web.uploads import purge as purge_uploads

logger = logging.getLogger(__name__)
router = APIRouter()

_templates = Jinja2Templates(Path(__file__).parent / "templates")
_HOUSE = "house"
_PLACES_A_CORE, _LEAST_PLACES, _MOST_PLACES = 4, 8, 32  # of the 40 threads; the others serve pages
_POST, _MINUTE, _DAY = 5.0, 60.0, 86_400.0  # seconds between turns: notices, grouping, chores


def places(kb: KnowledgeBase) -> int:
    """How many questions are answered at once: for a few more than compute, the next has its data ready."""
    computing = min(_MOST_PLACES, max(_LEAST_PLACES, _PLACES_A_CORE * (os.cpu_count() or 1)))
    return computing if kb.model is None else _MOST_PLACES + kb.model.most_at_once


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the slow parts in the background, serve, and stop them in order."""
    kb: KnowledgeBase = app.state.kb
    if kb.model is not None:
        # Each question that waits for the language model occupies a thread; the other requests need theirs.
        to_thread.current_default_thread_limiter().total_tokens += kb.model.most_at_once
    loaded, stop = asyncio.Event(), asyncio.Event()
    tasks = asyncio.gather(
        _serve_console(app, kb, loaded, stop),
        keep_house(kb, loaded, stop),
        _bring_in(app, kb, loaded, stop),
    )
    yield
    stop.set()
    await tasks


async def keep_house(kb: KnowledgeBase, loaded: asyncio.Event, stop: asyncio.Event) -> None:
    """Until `stop`: run `begin_day` daily, `post` every 5 seconds, and `catch_up` every minute."""

    def leads() -> bool:
        return kb.storage.leads(_HOUSE)

    purging = asyncio.create_task(_every(_DAY, lambda: begin_day(kb, datetime.now(UTC)), stop, leads))
    telling = asyncio.create_task(_every(_POST, lambda: post(kb, datetime.now(UTC)), stop, leads))
    await loaded.wait()
    await _every(_MINUTE, lambda: catch_up(kb, stop.is_set), stop)
    await purging
    await telling


def post(kb: KnowledgeBase, now: datetime) -> None:
    """Tell staff what there is to tell, and citizens in 微信 that their questions were answered.

    Raises:
        StoreError: the database fails.
    """
    kb.notices.turn(now)
    tell_replies(kb, now)


def catch_up(kb: KnowledgeBase, is_stopped: Callable[[], bool]) -> None:
    """Delete what is over, try the starter questions again when documents changed, group new questions.

    A model that could not be loaded is tried again first.
    """
    if kb.storage.sharing is not None:
        kb.storage.sharing.purge(datetime.now(UTC))
    purge_uploads(kb.settings.home, datetime.now(UTC) - timedelta(hours=kb.settings.upload_hours))
    load_models(kb)
    kb.citizens.suggestions.refresh(is_stopped)
    kb.queue.grouping.gather_all(is_stopped)


def load_models(kb: KnowledgeBase) -> None:
    """Load what questions need, so that none waits for it; what is loaded already stays.

    Raises:
        ModelError, NoSpaceError: the embedding model cannot be loaded.
    """
    kb.embedder.load()
    if kb.retrieval.reader is not None:
        kb.retrieval.reader.load()


def begin_day(kb: KnowledgeBase, now: datetime) -> None:
    """Daily chores: count the days that are over, delete old questions, update the validity of documents."""
    try:
        try:
            kb.reports.days.roll_up(now)  # before its questions are deleted
        finally:  # which never waits for the numbers
            purge(kb, now)
    finally:  # a full disk holds up the one, not the other
        with kb.storage.ingesting:
            kb.faq.life.review(settle_validity(kb, now.astimezone().date()))
        kb.retrieval.purge()


def purge(kb: KnowledgeBase, now: datetime) -> None:
    """Delete what citizens asked and left before the retention period of the settings, from the files too.

    Raises:
        StoreError: the database cannot be written, or its files cannot be cleared now.
    """
    purged = retention.purge(
        kb.storage.engine,
        journal=kb.citizens.journal,
        questions=kb.citizens.questions,
        purge_groups=kb.queue.grouping.purge,
        audit=kb.staff.audit,
        embed_model=kb.settings.embed_model,
        before=now - timedelta(days=kb.settings.retention_days),
        now=now,
    )
    if purged.drafts:
        kb.faq.life.tell(purged.drafts)
    retention.wipe_owed(kb.storage.engine)


async def _serve_console(app: FastAPI, kb: KnowledgeBase, loaded: asyncio.Event, stop: asyncio.Event) -> None:
    """Load the model, then mount the console in place of the page that says it is starting."""
    try:
        await asyncio.to_thread(load_models, kb)
        await asyncio.to_thread(kb.faq.matcher.prepare)
        await asyncio.to_thread(kb.retrieval.known.prepare)
    except KbError as error:
        sentence_for(error)  # logs it; every question gets the error again
    loaded.set()
    if not app.state.has_console:
        await stop.wait()
    if stop.is_set():
        return
    made: list[FastAPI] = []
    while not await _done(lambda: made.append(build_console(kb))):
        await _pause(_MINUTE, stop)
        if stop.is_set():
            return
    async with console_mounted(app, made[0]):
        await stop.wait()


def build_console(kb: KnowledgeBase) -> FastAPI:
    """The console, made in an event loop of its own: without one Gradio makes loops that it never closes."""

    async def made() -> FastAPI:
        return make_console(kb)

    return asyncio.run(made())


@asynccontextmanager
async def console_mounted(app: FastAPI, console: FastAPI) -> AsyncIterator[None]:
    """Context manager: the console is part of `app`, before all other routes."""
    async with console.router.lifespan_context(console):
        mounted = console.router.routes[-1]
        assert isinstance(mounted, Mount)
        app.router.routes.insert(0, mounted)
        app.state.console = mounted.app
        yield


def end_streams(app: FastAPI) -> None:
    """Close the connection that each open console page keeps; the server's shutdown would wait for it."""
    console = getattr(app.state, "console", None)
    if console is not None:
        console.stop_event.set()


async def _bring_in(app: FastAPI, kb: KnowledgeBase, loaded: asyncio.Event, stop: asyncio.Event) -> None:
    """Once the model is loaded, ingest what changed in the folders; try again until that succeeds.

    Meanwhile the pages say how far it is. Then the starter questions are tried, so that the first visitors of
    a new service need not wait for them.
    """
    folders: Sequence[Path] = app.state.folders
    if not folders:
        return
    await loaded.wait()
    terminal = app.state.bringing_in = BringingIn(stop.is_set)
    while not stop.is_set() and not await _done(lambda: say(str(ingest(folders, kb, terminal=terminal)))):
        await _pause(_MINUTE, stop)
    app.state.bringing_in = None
    if not stop.is_set():
        await _done(lambda: kb.citizens.suggestions.refresh(stop.is_set))


def say(line: str) -> None:
    """Print a line, or log it as JSON, unless the disk with the program's log is full."""
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s", line)
        return
    with suppress(OSError):
        print(line, flush=True)


async def _every(
    seconds: float, work: Callable[[], object], stop: asyncio.Event, leads: Callable[[], bool] = lambda: True
) -> None:
    """Run `work` now and every `seconds` until `stop` is set; what fails is tried again after a minute.

    While this process does not lead, nothing is run; whether it does is asked at least every minute.
    """
    done: list[bool] = []

    def as_leader() -> None:
        done[:] = [leads()]
        if done[0]:
            work()

    while not stop.is_set():
        is_done = await _done(as_leader) and done[0]
        await _pause(seconds if is_done else min(seconds, _MINUTE), stop)


async def _done(work: Callable[[], object]) -> bool:
    """Run `work` in a thread; whether it succeeded. No request waits for it, so its error is logged."""
    try:
        await asyncio.to_thread(work)
    except Exception as error:
        sentence_for(error)
        return False
    return True


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


@router.get(f"{CONSOLE_PATH}/", include_in_schema=False, response_class=HTMLResponse)
def starting(request: Request) -> Response:
    """The page shown in place of the console during the first seconds; it reloads itself."""
    headers = {"Retry-After": "2"}
    return _templates.TemplateResponse(request, "starting.html", {}, status_code=503, headers=headers)
