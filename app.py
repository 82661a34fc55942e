"""The web program: settings -> knowledge base -> FastAPI -> uvicorn. Nothing else.

`create_app` is what tests and other servers use; `main` is `make run`. With --workers there are several
processes on one socket (web.workers), each with all of this.
"""

import argparse
import errno
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from ipaddress import ip_network
from math import ceil
from pathlib import Path
from time import monotonic
from types import FrameType

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from ingest.commands import COMMANDS as INGEST_COMMANDS
from ingest.editing.staging import finish_publishing, live_folder
from ingest.pipeline.run import ingest
from kb.commands.agent_tools import AGENT_TOOLS
from kb.commands.tasks import COMMANDS as KB_COMMANDS
from kb.commands.terminal import Console
from kb.commands.trials import TRIAL_COMMANDS
from kb.errors import InputError, KbError, SettingsError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings, read_settings
from kb.staff.users import FIRST_ADMIN
from kb.storage.home import keep_private, read_key
from web import draining, errors, health, startup, traditional, widget_script
from web.access import keys, mcp, sign_on
from web.channels import wechat, wecom
from web.citizen import (
    ask,
    chat,
    documents,
    faq_feed,
    feedback,
    kept,
    openai,
    pages,
    questions,
    search,
    suggest,
)
from web.command_channel import commands_served
from web.edge import middleware
from web.edge.patience import PatientProtocol
from web.edge.request_log import log_as
from web.full_disk import needs_room
from web.sessions import Sessions
from web.shelf import entries, feeds, listing
from web.staff import (
    assist,
    contacts,
    faq,
    figures,
    handing,
    login,
    notices,
    queue,
    second_step,
    settings,
    users,
)
from web.staff import documents as staff_documents
from web.staff.trials import pairs
from web.workers.one_console import ConsoleElsewhere, ConsoleHere, close_way, open_way
from web.workers.supervising import Worker, supervise

CORPUS = Path(__file__).parent / "corpus"
_EVERYWHERE = ("0.0.0.0", "::")
_IPV4 = 4
_PATIENCE = 60.0  # seconds after which the page need not wait for more documents on the first start
_ACCEPTED_AT_ONCE = 2  # by a worker: of many visitors who come together each worker takes some
_QUEUED = 2_048  # connections that wait to be accepted
_MOST_WORKERS = 64
_IDLE_SECONDS = 75  # between two requests; longer than a proxy keeps a connection (60 s)


class _Server(uvicorn.Server):
    """A uvicorn server that says `ready` once it listens and, when stopped, drains `app`.

    A second signal ends the time in which requests are still taken; answers under way are still finished.
    """

    _signals = 0

    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: str) -> None:
        super().__init__(config)
        self._app, self._ready = app, ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._signals += 1
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            for bound in sockets or ():
                bound.listen(_QUEUED)
            startup.say(self._ready)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        seconds = self._app.state.kb.settings.drain_s
        await draining.drain(self._app, seconds, lambda: self._signals > 1)
        startup.end_streams(self._app)
        await super().shutdown(sockets)


def create_app(kb: KnowledgeBase, folders: Sequence[Path] = (), *, has_console: bool = True) -> FastAPI:
    """The web application over an open knowledge base, which ingests what changed in `folders`.

    Without `has_console` another process has the console.
    """
    app = FastAPI(title="政策问答知识库", docs_url=None, redoc_url=None, lifespan=startup.lifespan)
    app.state.kb, app.state.folders, app.state.has_console = kb, folders, has_console
    errors.install(app, pages.no_page)
    app.state.sessions = Sessions(read_key(kb.settings.home / "session.key"))
    middleware.install(
        app,
        kb.settings,
        sign_in=kb.staff.sign_in,
        sessions=app.state.sessions,
        keys=kb.access.keys,
        metrics=kb.metrics,
        counts=kb.storage.sharing.counts if kb.storage.sharing else None,
        places=startup.places(kb),
    )
    for module in (
        pages,
        chat,
        ask,
        openai,
        search,
        documents,
        suggest,
        traditional,
        widget_script,
        health,
        faq_feed,
        listing,
        entries,
        feeds,
        assist,
        login,
        sign_on,
        second_step,
        users,
        settings,
        keys,
        mcp,
        figures,
        pairs,
        startup,
        kept,
        wechat,
        wecom,
    ):
        app.include_router(module.router)
    for module in (feedback, questions, faq, staff_documents, queue, handing, notices, contacts):
        app.include_router(module.router, dependencies=[Depends(needs_room)])
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    return app


def listen(settings: Settings) -> socket.socket:
    """Bind a socket to the configured address; called before anything slow.

    KB_HOST=:: accepts IPv4 as well, whatever the machine's default (net.ipv6.bindv6only).

    Raises:
        SettingsError: the address or the port cannot be used.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, settings.host != "::")
    except OSError as error:
        raise SettingsError(f"不能监听 {settings.host}：{error}；可用 KB_HOST 换一个地址") from error
    try:
        bound.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        bound.close()
        is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "端口已被占用，请停止占用它的程序" if is_taken else str(error)
        raise SettingsError(
            f"不能监听 {settings.host}:{settings.port}：{reason}；可用 KB_HOST、KB_PORT 换地址或端口"
        ) from error
    return bound


def address_of(host: str, port: int) -> str:
    """The URL to type into a browser on this machine.

    >>> address_of("::", 7860), address_of("::1", 7860)
    ('http://127.0.0.1:7860（本机所有网络地址均可访问）', 'http://[::1]:7860')
    """
    if host in _EVERYWHERE:
        return f"http://127.0.0.1:{port}（本机所有网络地址均可访问）"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def proxies(settings: Settings) -> list[str]:
    """The trusted proxies as uvicorn sees their addresses.

    A socket for both families reports 127.0.0.1 as ::ffff:127.0.0.1.
    """
    networks = [ip_network(proxy) for proxy in settings.trusted_proxies]
    mapped = [f"::ffff:{n.network_address}/{96 + n.prefixlen}" for n in networks if n.version == _IPV4]
    return [*map(str, networks), *mapped]


def configure(settings: Settings, app: ASGIApp, port: int) -> uvicorn.Config:
    """The uvicorn configuration for `app`; only the trusted proxies may set X-Forwarded-For."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=port,
        http=PatientProtocol,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=proxies(settings),
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=ceil(draining.grace(settings)),
    )


def say_first_password(kb: KnowledgeBase) -> None:
    """Create the first account when there is none; print a generated password once.

    Raises:
        SettingsError: KB_ADMIN_PASSWORD breaks the password rules.
    """
    chosen = kb.settings.admin_password
    try:
        with kb.storage.starting:  # of several processes one makes it
            made_up = kb.staff.users.ensure_admin(
                chosen.get_secret_value() if chosen else None, datetime.now(UTC)
            )
    except InputError as error:
        raise SettingsError(f"KB_ADMIN_PASSWORD 不能用：{error}") from error
    if made_up:
        startup.say(f"控制台首次使用：账号 {FIRST_ADMIN}，密码 {made_up}（只显示这一次，登录后须修改）")


def fill_empty(kb: KnowledgeBase, folders: Sequence[Path], patience: float = _PATIENCE) -> None:
    """Ingest `folders` into a knowledge base without documents: until then it could only refuse.

    After `patience` seconds the documents that are stored are enough to begin with; the others are brought in
    behind the page (web.startup).

    Raises:
        ModelError, StoreError: the model or the index cannot be used.
    """
    documents = kb.storage.documents
    if documents.chunk_count():
        return
    kb.retrieval.store.wait()
    end = monotonic() + patience
    console = Console(lambda: monotonic() >= end and documents.chunk_count() > 0)
    with console.shown():
        result = ingest(folders, kb, terminal=console)
    startup.say(str(result))
    if result.stopped:
        startup.say("页面先打开，其余的文件接着在后台导入")


def serve(settings: Settings, bound: socket.socket, way: socket.socket | None, worker: Worker) -> int:
    """Serve on `bound` until interrupted, with what is in corpus/ and the uploads; return the exit code.

    `way` leads to the console of the first of several workers; None: this process is the only one.
    """
    try:
        with (
            open_knowledge_base(settings, startup.say, wait=False) as kb,
            commands_served(kb, (*KB_COMMANDS, *TRIAL_COMMANDS, *AGENT_TOOLS.values(), *INGEST_COMMANDS))
            if kb.storage.lock.place == 0
            else nullcontext(),
        ):
            say_first_password(kb)
            with kb.storage.ingesting:
                finish_publishing(kb)
            folders = [folder for folder in (CORPUS, live_folder(settings.home)) if folder.is_dir()]
            fill_empty(kb, folders)
            port = bound.getsockname()[1]  # KB_PORT=0 lets the system choose
            ready = f"政策问答知识库已启动：{address_of(settings.host, port)}"
            app = create_app(kb, folders, has_console=worker.number == 0)
            config, sockets = configure(settings, app, port), [bound]
            if way is not None:
                config.backlog = _ACCEPTED_AT_ONCE
                if worker.number == 0:
                    config.app, sockets = ConsoleHere(app), [bound, way]
                else:
                    config.app = ConsoleElsewhere(app, way.getsockname())
                if worker.number or worker.is_replacement:  # visitors have those that are ready already
                    ready = f"第 {worker.number + 1} 个工作进程已就绪"
                    startup.load_models(kb)
                    kb.retrieval.store.wait()
            # uvicorn shuts down in order, then raises the signal again: the `with` closes everything else.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with suppress(KeyboardInterrupt):
                _Server(config, app, ready).run(sockets)
    except KbError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def serve_by_workers(settings: Settings, bound: socket.socket, count: int) -> int:
    """Serve by `count` processes that share `bound`; return the exit code.

    Raises:
        SettingsError: the database is not one that several processes can share.
    """
    if settings.database_url is None:
        raise SettingsError("--workers 要求用 KB_DATABASE_URL 指定 PostgreSQL：SQLite 只能由一个进程使用")
    cores = len(os.sched_getaffinity(0))
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // count)))  # of torch, in each worker
    way = open_way()
    try:
        return supervise(count, lambda worker: serve(settings, bound, way, worker), startup.say)
    finally:
        close_way(way)


def main(arguments: Sequence[str] = ()) -> int:
    """Serve until interrupted; return the exit code."""
    keep_private()
    parser = argparse.ArgumentParser(prog="app.py", description="政策问答知识库服务")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="工作进程的个数，大于 1 须用 PostgreSQL"
    )
    count: int = parser.parse_args(arguments).workers
    try:
        if not 1 <= count <= _MOST_WORKERS:
            raise SettingsError(f"--workers 应为 1 到 {_MOST_WORKERS} 的整数")
        settings = read_settings()
        log_as(settings)
        with listen(settings) as bound:
            if count > 1:
                return serve_by_workers(settings, bound, count)
            return serve(settings, bound, None, Worker(number=0))
    except KbError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
