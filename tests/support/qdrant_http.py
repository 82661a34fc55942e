"""A Qdrant server for tests: the official client's requests over HTTP, answered by its own local mode.

No Qdrant server can be installed from a package registry. Every request body must be what the client's models
of Qdrant's interface (qdrant_client.http.models) describe, unknown fields forbidden; what local mode has no
use for (payload indexes, shards, replicas) is kept and shown by `GET /collections/{name}`, as a server does.
"""

import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import Body, FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from qdrant_client import QdrantClient, models
from qdrant_client.http.models import models as interface

from kb.retrieval.server.place import CLIENT_VERSION

Handler = Callable[[Request], Awaitable[Response]]


class QdrantHttp:
    """The server's state: `engine`, the requests so far, and what it answers instead when it is `broken`."""

    def __init__(self, api_key: str | None = None) -> None:
        self.engine = QdrantClient(":memory:")
        self.lock = threading.Lock()  # local mode is for one thread
        self.api_key = api_key
        self.requests: list[str] = []  # "POST /collections/…"
        self.created: dict[str, interface.CreateCollection] = {}
        self.fields: dict[str, dict[str, str]] = {}  # indexed fields by collection
        self.searches: list[interface.QueryRequestBatch] = []
        self.broken: JSONResponse | None = None
        self.version = CLIENT_VERSION
        self.url = ""

    def physical(self, name: str) -> str:
        """The collection that `name`, perhaps an alias, leads to."""
        aliases = {item.alias_name: item.collection_name for item in self.engine.get_aliases().aliases}
        return aliases.get(name, name)


def make_app(server: QdrantHttp) -> FastAPI:
    """The part of Qdrant's interface that this program uses."""
    app = FastAPI()
    _guard(app, server)
    _collections(app, server)
    _aliases(app, server)
    _points(app, server)
    return app


def _guard(app: FastAPI, server: QdrantHttp) -> None:
    """Note every request, let in who has the key, and answer what the engine refuses as a server does."""

    @app.middleware("http")
    async def guard(request: Request, handle: Handler) -> Response:
        server.requests.append(f"{request.method} {request.url.path}")
        if server.broken is not None:
            return server.broken
        if server.api_key is not None and request.headers.get("api-key") != server.api_key:
            return _error(401, "Must provide an API key or an Authorization bearer token")
        return await handle(request)

    @app.exception_handler(ValueError)
    async def refused(_request: Request, error: ValueError) -> Response:
        return _error(404 if "not found" in str(error) else 400, str(error))


def _collections(app: FastAPI, server: QdrantHttp) -> None:
    engine = server.engine

    @app.get("/")
    def root() -> Any:
        return jsonable_encoder(engine.info().model_copy(update={"version": server.version}))

    @app.get("/collections")
    def collections() -> Any:
        return _done(engine.get_collections())

    @app.get("/collections/{name}/exists")
    def exists(name: str) -> Any:
        return _done({"exists": engine.collection_exists(name)})

    @app.get("/collections/{name}")
    def collection(name: str) -> Any:
        return _done(_described(server, name))

    @app.put("/collections/{name}")
    def create(name: str, wanted: interface.CreateCollection) -> Any:
        with server.lock:
            engine.create_collection(name, wanted.vectors, sparse_vectors_config=wanted.sparse_vectors)
        server.created[name] = wanted
        server.fields[name] = {}
        return _done(True)

    @app.patch("/collections/{name}")
    def update(name: str, wanted: interface.UpdateCollection) -> Any:
        with server.lock:
            return _done(engine.update_collection(name, metadata=wanted.metadata))

    @app.delete("/collections/{name}")
    def delete(name: str) -> Any:
        with server.lock:
            return _done(engine.delete_collection(name))

    @app.put("/collections/{name}/index")
    def index(name: str, wanted: interface.CreateFieldIndex) -> Any:
        server.fields[server.physical(name)][wanted.field_name] = str(wanted.field_schema)
        return _done(_COMPLETED)


def _aliases(app: FastAPI, server: QdrantHttp) -> None:
    engine = server.engine

    @app.get("/aliases")
    def aliases() -> Any:
        return _done(engine.get_aliases())

    @app.post("/collections/aliases")
    def change_aliases(change: interface.ChangeAliasesOperation) -> Any:
        with server.lock:
            return _done(engine.update_collection_aliases(change.actions))


def _points(app: FastAPI, server: QdrantHttp) -> None:
    engine = server.engine

    @app.put("/collections/{name}/points")
    def upsert(name: str, points: interface.PointsList) -> Any:
        with server.lock:
            return _done(engine.upsert(name, points.points))

    @app.post("/collections/{name}/points/delete")
    def delete_points(name: str, points: interface.PointIdsList) -> Any:
        with server.lock:
            return _done(engine.delete(name, points))

    @app.post("/collections/{name}/points/batch")
    def batch(name: str, wanted: interface.UpdateOperations) -> Any:
        with server.lock:
            return _done(engine.batch_update_points(name, wanted.operations))

    @app.post("/collections/{name}/points/scroll")
    def scroll(name: str, wanted: interface.ScrollRequest) -> Any:
        with server.lock:
            points, following = engine.scroll(
                name,
                limit=wanted.limit or 10,
                offset=wanted.offset,
                with_payload=wanted.with_payload or False,
            )
        return _done({"points": points, "next_page_offset": following})

    @app.post("/collections/{name}/points/query/batch")
    def search(name: str, wanted: Annotated[interface.QueryRequestBatch, Body()]) -> Any:
        server.searches.append(wanted)
        exact = [request.model_copy(update={"params": None}) for request in wanted.searches]
        with server.lock:
            return _done(engine.query_batch_points(name, exact))


_COMPLETED = {"operation_id": 0, "status": "completed"}


def _done(result: object) -> Any:
    return {"result": jsonable_encoder(result), "status": "ok", "time": 0.0}


def _error(status: int, words: str) -> JSONResponse:
    return JSONResponse({"status": {"error": words}, "time": 0.0, "result": None}, status)


def _described(server: QdrantHttp, name: str) -> models.CollectionInfo:
    """What local mode says of a collection, with what only a server keeps."""
    info, physical = server.engine.get_collection(name), server.physical(name)
    wanted = server.created[physical]
    info.config.params.shard_number = wanted.shard_number
    info.config.params.replication_factor = wanted.replication_factor
    info.config.params.write_consistency_factor = wanted.write_consistency_factor
    info.config.quantization_config = wanted.quantization_config
    info.payload_schema = {
        field: models.PayloadIndexInfo(data_type=models.PayloadSchemaType(kind), points=0)
        for field, kind in server.fields[physical].items()
    }
    return info


def gone(status: int = 503, words: str = "Service Unavailable", **headers: str) -> JSONResponse:
    """An answer for QdrantHttp.broken."""
    answer = _error(status, words)
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


@contextmanager
def qdrant_http(api_key: str | None = None) -> Iterator[QdrantHttp]:
    """Context manager: a server on a free port of 127.0.0.1."""
    state = QdrantHttp(api_key)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        state.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        config = uvicorn.Config(make_app(state), log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            deadline = time.monotonic() + 60
            while not server.started:
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.01)
            yield state
        finally:
            server.should_exit = True
            thread.join(10)
            state.engine.close()
