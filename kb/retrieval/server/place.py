"""The Place of an index on a Qdrant server: its alias, the collection behind it, and the note in that.

What a running program holds of the server is a connection only: any number of programs may use one index.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from qdrant_client import QdrantClient
from qdrant_client.common.version_check import is_compatible

from kb.embedding.embedder import Embedder
from kb.errors import StoreError
from kb.retrieval.index import Repairing, index_folder, passage_vectors, refill
from kb.retrieval.server import collections
from kb.retrieval.server.asking import WRITE, Result, ask
from kb.retrieval.server.collections import Layout
from kb.retrieval.server.store import QdrantServerStore
from kb.retrieval.store import Store
from kb.settings import Settings
from kb.space import require_space
from kb.storage.documents import Documents

logger = logging.getLogger(__name__)

CLIENT_VERSION = "1.20.0"  # the version whose interface this room is written for
_PLAIN_HOSTS = ("localhost", "127.0.0.1", "::1")


class ServerPlace:
    """An index on the server behind `client`; `address` is for messages, `home` is KB_HOME."""

    def __init__(
        self, client: QdrantClient, alias: str, *, address: str, layout: Layout, timeout: int, home: Path
    ) -> None:
        self._client = client
        self._alias = alias
        self._address = address
        self._layout = layout
        self._timeout = timeout
        self._home = home
        self._note: str | None = None  # as it was last read or written here; "" when it was taken away

    def open(self, size: int, report: Callable[[str], None]) -> Store:
        """The index for vectors of `size`; an empty one when the server has none."""
        return self._asked(lambda: self._open(size, report))

    def _open(self, size: int, report: Callable[[str], None]) -> Store:
        version = self._client.info().version
        if not is_compatible(CLIENT_VERSION, version):
            report(f"向量库服务器 {self._address} 的版本是 {version}，与 {CLIENT_VERSION} 相差太多，可能出错")
        name = collections.in_use(self._client, self._alias)
        if name is None:
            name = collections.numbered(self._alias, 1)
            collections.make_collection(self._client, name, size, self._layout)
            collections.use(self._client, self._alias, name)
        found = collections.vector_size(self._client, name)
        if found != size:
            raise StoreError(
                f"向量库服务器 {self._address} 的集合 {name} 存的是 {found} 维向量，模型给出 {size} 维；"
                "请删除该集合，或换一个 KB_QDRANT_COLLECTION，重新启动即由原文重建"
            )
        return self._store(self._alias)

    def noted(self) -> str | None:
        """The state of the documents that the index says it holds."""
        self._note = self._asked(lambda: collections.noted(self._client, self._in_use()))
        return self._note

    def change(self) -> None:
        """Take the note away, unless that is done."""
        if self._note != "":
            self._write_note(None)
            self._note = ""

    def rest(self, holds: str | None) -> None:
        """Note what the index holds, if that is known and not noted yet."""
        if holds is not None and self._note != holds:
            self._write_note(holds)
            self._note = holds

    def release(self, store: Store | None, holds: str | None) -> None:
        """Note what the index holds and end the connection."""
        try:
            if store is not None:
                self.rest(holds)
        finally:
            self._client.close()

    def rebuild(
        self,
        documents: Documents,
        embedder: Embedder,
        step: Callable[[int, int], None],
        *,
        changing: AbstractContextManager[object] | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> str | None:
        """Build the index anew beside the one in use, and let searches meet it when it is whole.

        Documents may change meanwhile, under the lock `changing`. `step` is told the documents done and their
        total. Returns the name of the former collection, which stays until the next rebuild; None when there
        was none, or when stopped, which leaves the index in use as it is.

        Raises:
            ModelError, StoreError: the model or the server cannot be used; the index in use stays.
        """
        before = self._asked(lambda: collections.in_use(self._client, self._alias))
        number = (collections.number_of(self._alias, before) if before else None) or 0
        fresh = collections.numbered(self._alias, number + 1)
        try:
            self._asked(lambda: self._make_anew(fresh, embedder.size))
            store = self._store(fresh)
            summaries = documents.summaries()
            for done, summary in enumerate(summaries, start=1):
                if is_stopped():
                    self._asked(lambda: collections.delete_collection(self._client, fresh))
                    return None
                refill(documents, store, embedder, summary.id)
                step(done, len(summaries))
            with changing or nullcontext():
                # what has changed since it was read
                repairing = Repairing(documents, partial(passage_vectors, embedder), nullcontext())
                repairing.run(store, logger.info, lambda: False)
                self._asked(lambda: self._switch(fresh, documents.state()))
        except BaseException:
            with suppress(StoreError):
                self._drop(keep=(before,))
            raise
        self._drop(keep=(before, fresh))
        return before

    def _make_anew(self, name: str, size: int) -> None:
        collections.delete_collection(self._client, name)  # left by a killed rebuild
        collections.make_collection(self._client, name, size, self._layout)

    def _switch(self, name: str, holds: str) -> None:
        collections.note(self._client, name, holds)
        collections.use(self._client, self._alias, name)
        self._note = holds

    def _drop(self, keep: tuple[str | None, ...]) -> None:
        """Delete the collections of this index that are neither in `keep` nor in use."""

        def drop() -> None:
            kept = {*keep, collections.in_use(self._client, self._alias)}
            for name in collections.belonging(self._client, self._alias):
                if name not in kept:
                    collections.delete_collection(self._client, name)

        self._asked(drop)

    def _in_use(self) -> str:
        return collections.in_use(self._client, self._alias) or self._alias

    def _write_note(self, holds: str | None) -> None:
        self._asked(lambda: collections.note(self._client, self._in_use(), holds))

    def _store(self, name: str) -> QdrantServerStore:
        return QdrantServerStore(
            self._client,
            name,
            address=self._address,
            quantized=self._layout.quantized,
            timeout=self._timeout,
            require_room=lambda: require_space(self._home),
        )

    def _asked(self, request: Callable[[], Result]) -> Result:
        return ask(self._address, WRITE, request)


def server_place(settings: Settings, url: str) -> ServerPlace:
    """The index of `settings` on the server at `url`; nothing is asked of it yet.

    Raises:
        StoreError: the address cannot be used.
    """
    parts = urlsplit(url)
    key = settings.qdrant_api_key
    if key and parts.scheme == "http" and parts.hostname not in _PLAIN_HOSTS:
        logger.warning("KB_QDRANT_API_KEY goes unencrypted over the network: %s is not https", url)
    headers = {"api-key": key.get_secret_value()} if key else None
    client = ask(
        url,
        (),
        lambda: QdrantClient(
            url=url,
            headers=headers,
            timeout=settings.qdrant_timeout_s,
            check_compatibility=False,  # in a thread that warns; ServerPlace.open says it in Chinese
        ),
    )
    return ServerPlace(
        client,
        f"{settings.qdrant_collection}-{index_folder(settings).name}",
        address=url,
        layout=Layout(
            shards=settings.qdrant_shards,
            replicas=settings.qdrant_replicas,
            write_consistency=settings.qdrant_write_consistency,
            quantized=settings.qdrant_quantization == "scalar",
        ),
        timeout=settings.qdrant_timeout_s,
        home=settings.home,
    )
