"""The web program: settings -> knowledge base -> FastAPI -> uvicorn. Nothing else.

`create_app` is what tests and other servers use; `main` is `make run`.
"""

import errno
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from ingest.pipeline import ingest
from kb.errors import KbError, SettingsError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings, read_settings
from web import ask, documents, errors, health, pages, search, startup
from web.security import SecurityHeaders

CORPUS = Path(__file__).parent / "corpus"


class _Server(uvicorn.Server):
    """Says where to go once it really listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            print(f"政策问答知识库已启动：http://{host}:{self.config.port}", flush=True)


def create_app(kb: KnowledgeBase) -> FastAPI:
    """The web application over an open knowledge base."""
    app = FastAPI(title="政策问答知识库", docs_url=None, redoc_url=None, lifespan=startup.lifespan)
    app.state.kb = kb
    errors.install(app)
    app.add_middleware(SecurityHeaders)
    for module in (pages, ask, search, documents, health, startup):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    return app


def listen(settings: Settings) -> socket.socket:
    """A socket bound to the configured address, before anything slow is done."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        bound.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "端口已被占用，请停止占用它的程序" if taken else str(error)
        raise SettingsError(
            f"不能监听 {settings.host}:{settings.port}：{reason}；可用 KB_HOST、KB_PORT 换地址或端口"
        ) from error
    return bound


def main() -> int:
    """Ingest corpus/ (what has changed of it) and serve until interrupted; the exit code."""
    try:
        settings = read_settings()
        with (
            listen(settings) as bound,
            open_knowledge_base(settings, lambda line: print(line, flush=True)) as kb,
        ):
            print(ingest([CORPUS], kb))
            port = bound.getsockname()[1]  # KB_PORT=0 lets the system choose
            config = uvicorn.Config(create_app(kb), host=settings.host, port=port, log_level="warning")
            # uvicorn shuts down in order, then sends itself the signal again: let the `with` close the rest.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with suppress(KeyboardInterrupt):
                _Server(config).run([bound])
    except KbError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
