"""The index on a Qdrant server: what is asked of it, what happens when it is away, how it is rebuilt."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from factories import make_chunk, make_document
from httpx import ConnectError, Headers, ReadTimeout
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from qdrant_http import QdrantHttp, gone, qdrant_http
from remembering import RememberingEmbedder
from typer.testing import CliRunner

from ingest.pipeline.run import ingest
from ingest.pipeline.storing import remove
from kb.__main__ import cli
from kb.commands.rebuild import rebuild_open
from kb.commands.terminal import Silence
from kb.embedding.embedder import Embedder, Vectors
from kb.errors import ModelError, NoSpaceError, NotReadyError, StoreAwayError, StoreError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Question, Signal
from kb.retrieval import live_index
from kb.retrieval.bm25 import query_vector
from kb.retrieval.live_index import Phase
from kb.retrieval.server import asking
from kb.retrieval.server.asking import ask
from kb.retrieval.server.place import server_place
from kb.retrieval.store import QueryVectors, make_point
from kb.settings import Settings

NOTICES = {
    "道路养护.txt": "关于下达道路养护经费的通知\n\n一、安排养护经费7万元。\n\n二、由区交通局负责实施。\n",
    "社保办理.txt": "关于社会保障卡办理的通知\n\n一、本人携带身份证到街道办理。\n\n二、当天领取。\n",
}
QUERY = QueryVectors(
    dense=(1.0, 0.0, 0.0, 0.0),
    mapped=(0.0, 1.0, 0.0, 0.0),
    bigram=query_vector(Signal.BIGRAM, "养护经费是多少"),
    word=query_vector(Signal.WORD, "养护经费是多少"),
)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "sleep", lambda seconds: None)
    monkeypatch.setattr(live_index, "_RETRY", 0.02)


@pytest.fixture
def server() -> Iterator[QdrantHttp]:
    with qdrant_http() as running:
        yield running


# One request


class Failing:
    """Raises the errors it was given, one a call, then says 好."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "好"


def answered(status: int, words: str = "") -> UnexpectedResponse:
    return UnexpectedResponse(status, "", words.encode(), Headers())


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ResponseHandlingException(ReadTimeout("timed out")), id="time_out"),
        pytest.param(ResponseHandlingException(ConnectError("refused")), id="no_connection"),
        pytest.param(answered(503, "shard is not active"), id="unavailable"),
        pytest.param(ResourceExhaustedResponse("busy", 3), id="rate_limit"),
    ],
)
def test_request_is_made_again_after_what_passes(error: Exception, monkeypatch: pytest.MonkeyPatch):
    waited: list[float] = []
    monkeypatch.setattr(asking, "sleep", waited.append)
    request = Failing(error, error)
    assert ask("http://q:6333", (0.5, 1.0), request) == "好"
    assert request.calls == 3
    assert waited == ([3, 3] if isinstance(error, ResourceExhaustedResponse) else [0.5, 1.0])


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        pytest.param(
            ResponseHandlingException(ConnectError("refused")), StoreAwayError, "没有回应", id="away"
        ),
        pytest.param(answered(500, "panic"), StoreAwayError, "没有回应", id="broken"),
        pytest.param(answered(403), StoreAwayError, "KB_QDRANT_API_KEY", id="key"),
        pytest.param(answered(404, "Collection kb doesn't exist!"), StoreAwayError, "不在了", id="lost"),
        pytest.param(answered(500, "No space left on device"), NoSpaceError, "磁盘空间不足", id="full"),
        pytest.param(answered(400, "Wrong input"), StoreError, "拒绝了请求", id="refused"),
        pytest.param(ValueError("Expecting value"), StoreError, "不是 Qdrant", id="another_program"),
    ],
)
def test_failure_is_one_sentence_that_names_the_server(
    error: Exception, kind: type[StoreError], sentence: str
):
    with pytest.raises(kind, match=sentence) as raised:
        ask("http://q:6333", (0.5,), Failing(error, error))
    assert type(raised.value) is kind
    assert "http://q:6333" in raised.value.operator
    assert "\n" not in raised.value.operator


def test_refused_request_is_not_made_again():
    request = Failing(answered(400), answered(400))
    with pytest.raises(StoreError):
        ask("http://q:6333", (0.5, 1.0), request)
    assert request.calls == 1


# What the server is asked


def test_collection_is_made_as_the_settings_say(server: QdrantHttp, tmp_path: Path):
    settings = Settings(
        home=tmp_path,
        qdrant_collection="xunyang",
        qdrant_shards=3,
        qdrant_replicas=2,
        qdrant_write_consistency=2,
        qdrant_quantization="scalar",
    )
    place = server_place(settings, server.url)
    place.open(4, print)
    ((name, made),) = server.created.items()
    assert name.startswith("xunyang-bundled-")
    assert (made.shard_number, made.replication_factor, made.write_consistency_factor) == (3, 2, 2)
    shown = made.model_dump(mode="json", exclude_none=True)
    assert shown["vectors"] == {"dense": {"size": 4, "distance": "Cosine"}}
    assert shown["sparse_vectors"] == {"bigram": {"modifier": "idf"}, "word": {"modifier": "idf"}}
    assert shown["quantization_config"]["scalar"]["type"] == "int8"
    assert server.fields[name] == {
        "document_id": "keyword",
        "departments": "keyword",
        "status": "keyword",
        "dated": "integer",
    }
    place.release(None, None)


@pytest.mark.parametrize("quantization", ["off", "scalar"])
def test_question_is_one_request_that_scores_quantised_candidates_again(
    server: QdrantHttp, tmp_path: Path, quantization: str
):
    place = server_place(Settings(home=tmp_path, qdrant_quantization=quantization), server.url)
    store = place.open(4, print)
    before = len(server.requests)
    store.search(QUERY, Filters(), limit=5)
    assert len(server.requests) == before + 1
    dense, mapped, *lexical = server.searches[0].searches
    assert [request.using for request in (dense, mapped, *lexical)] == ["dense", "dense", "bigram", "word"]
    assert all(request.params is None for request in lexical)
    if quantization == "off":
        assert dense.params is mapped.params is None
    else:
        assert dense.params and dense.params.quantization and dense.params.quantization.rescore
    place.release(None, None)


def test_many_points_go_in_several_requests(server: QdrantHttp, tmp_path: Path):
    place = server_place(Settings(home=tmp_path), server.url)
    store = place.open(4, print)
    document = make_document()
    chunks = [make_chunk(f"第{number}条 本条例自公布之日起施行。", start=number) for number in range(300)]
    vector = np.eye(4, dtype=np.float32)[0]
    store.upsert([make_point(document, chunk, vector) for chunk in chunks])
    puts = [request for request in server.requests if request.startswith("PUT") and "/points" in request]
    assert len(puts) == 2
    assert store.chunk_ids() == {chunk.id_ for chunk in chunks}
    place.release(None, None)


def test_server_lets_in_who_has_the_key(tmp_path: Path):
    with qdrant_http(api_key="k1") as server:
        right = server_place(Settings(home=tmp_path, qdrant_url=server.url, qdrant_api_key="k1"), server.url)
        right.open(4, print)
        wrong = server_place(Settings(home=tmp_path, qdrant_url=server.url, qdrant_api_key="k2"), server.url)
        with pytest.raises(StoreAwayError, match="KB_QDRANT_API_KEY"):
            wrong.open(4, print)
        for place in (right, wrong):
            place.release(None, None)


@pytest.mark.parametrize(("version", "is_told"), [("1.19.2", False), ("1.21.0", False), ("1.12.0", True)])
def test_server_of_a_distant_version_is_reported(
    server: QdrantHttp, tmp_path: Path, version: str, is_told: bool
):
    server.version = version
    told: list[str] = []
    place = server_place(Settings(home=tmp_path), server.url)
    place.open(4, told.append)
    assert bool(told) is is_told
    place.release(None, None)


def test_collection_that_a_killed_process_began_is_finished(server: QdrantHttp, tmp_path: Path):
    """It was made, but has neither indexed fields nor an alias."""
    place = server_place(Settings(home=tmp_path), server.url)
    place.open(4, print)
    ((name, made),) = server.created.items()
    alias = name.removesuffix("-1")
    server.engine.delete_collection(name)
    server.engine.create_collection(name, made.vectors, sparse_vectors_config=made.sparse_vectors)
    server.fields[name].clear()
    place.open(4, print)
    assert server.physical(alias) == name
    assert len(server.fields[name]) == 4
    place.release(None, None)


# The whole product


@pytest.fixture
def settings(make_home: Callable[[], Path], server: QdrantHttp) -> Settings:
    return Settings(home=make_home(), qdrant_url=server.url, reader="off")


@pytest.fixture
def notices(tmp_path: Path) -> Path:
    folder = tmp_path / "notices"
    folder.mkdir()
    for name, words in NOTICES.items():
        (folder / name).write_text(words, encoding="utf-8")
    return folder


@pytest.fixture
def kb(settings: Settings, embedder: Embedder, notices: Path) -> Iterator[KnowledgeBase]:
    """A knowledge base with two notices, its index on the server."""
    with open_knowledge_base(settings, embedder=embedder) as opened:
        assert not ingest([notices], opened, progress=False).failed
        yield opened


def best_text(kb: KnowledgeBase) -> str:
    return kb.retrieval.retriever.retrieve("养护经费是多少", Filters(), 1).kept[0].chunk.text


def assert_whole(kb: KnowledgeBase) -> None:
    assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()
    assert "7万元" in best_text(kb)


def until(is_true: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if is_true():
            return
        time.sleep(0.01)
    raise AssertionError


def names(server: QdrantHttp) -> list[str]:
    """The ends of the names of the collections, the one in use marked."""
    aliases = server.engine.get_aliases().aliases
    used = {item.collection_name for item in aliases}
    found = sorted(item.name for item in server.engine.get_collections().collections)
    return [name.rpartition("-")[2] + ("*" if name in used else "") for name in found]


def test_questions_are_answered_from_the_server(kb: KnowledgeBase, server: QdrantHttp):
    """Asked, one document removed, rebuilt, asked again; nothing of the index lies in KB_HOME."""
    answer = kb.answerer.answer(Question(text="养护经费安排了多少？"))
    assert "7万元" in answer.text
    assert not (kb.settings.home / "index").exists()

    (card,) = [item for item in kb.storage.documents.summaries() if "社会保障卡" in item.title]
    assert (
        kb.retrieval.retriever.retrieve("社会保障卡在哪里办理", Filters(), 1).kept[0].document.id == card.id
    )
    remove(card.id, kb)
    assert_whole(kb)
    assert card.id not in {values.document_id for values in kb.retrieval.store.fields().values()}

    assert names(server) == ["1*"]
    rebuilt = rebuild_open(kb, Silence())
    assert names(server) == ["1", "2*"]
    assert rebuilt.documents == 1
    assert str(rebuilt.moved_to).endswith("-1")
    assert "7万元" in kb.answerer.answer(Question(text="养护经费安排了多少？")).text
    rebuild_open(kb, Silence())
    assert names(server) == ["2", "3*"]
    assert_whole(kb)


def test_index_that_holds_what_sql_holds_is_opened_without_reading_it(
    kb: KnowledgeBase, settings: Settings, server: QdrantHttp, embedder: Embedder
):
    kb.close()
    server.requests.clear()
    told: list[str] = []
    with open_knowledge_base(settings, told.append, embedder=embedder) as again:
        assert "7万元" in best_text(again)
    assert told == []
    assert not [request for request in server.requests if request.endswith("/scroll")]


def test_index_is_compared_after_a_change_that_was_not_finished(
    kb: KnowledgeBase, settings: Settings, embedder: Embedder
):
    """A point was lost and the note taken away, as when a process is killed in the middle of a change."""
    kb.retrieval.store.remove([min(kb.retrieval.store.chunk_ids())])
    kb.close()
    told: list[str] = []
    with open_knowledge_base(settings, told.append, embedder=embedder) as again:
        assert_whole(again)
    assert "缺 1 段" in told[0]


def test_repair_of_a_closed_knowledge_base_switches_the_server(
    kb: KnowledgeBase, server: QdrantHttp, monkeypatch: pytest.MonkeyPatch, loaded_model: None
):
    kb.close()
    monkeypatch.setenv("KB_HOME", str(kb.settings.home))
    monkeypatch.setenv("KB_QDRANT_URL", server.url)
    result = CliRunner().invoke(cli, ["repair", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["moved_to"].endswith("-1")
    assert names(server) == ["1", "2*"]


# Away


def test_search_is_refused_while_the_server_is_away_and_comes_back_by_itself(
    kb: KnowledgeBase, server: QdrantHttp
):
    server.broken = gone()
    with pytest.raises(NotReadyError, match="没有回应") as raised:
        best_text(kb)
    assert "留言照常可用" in raised.value.citizen
    assert server.url not in raised.value.citizen
    assert raised.value.wait >= 5
    until(lambda: kb.retrieval.store.state.phase is Phase.FAILED)
    server.broken = None
    until(lambda: kb.retrieval.store.state.phase is Phase.READY)
    assert_whole(kb)


def test_document_is_not_replaced_while_the_server_is_away(
    kb: KnowledgeBase, server: QdrantHttp, tmp_path: Path
):
    notice = tmp_path / "绿化.txt"
    notice.write_text("关于绿化养护的通知\n\n一、每月浇水九次。\n", encoding="utf-8")
    before = kb.storage.documents.chunk_ids()
    server.broken = gone()
    with pytest.raises(StoreAwayError, match="没有回应"):
        ingest([notice], kb, progress=False)
    assert kb.storage.documents.chunk_ids() == before
    server.broken = None
    until(lambda: kb.retrieval.store.state.phase is Phase.READY)
    assert not ingest([notice], kb, progress=False).failed
    assert_whole(kb)


def test_service_opens_while_the_server_is_away(settings: Settings, server: QdrantHttp, embedder: Embedder):
    server.broken = gone()
    with open_knowledge_base(settings, embedder=embedder, wait=False) as kb:
        until(lambda: kb.retrieval.store.state.phase is Phase.FAILED)
        server.broken = None
        until(lambda: kb.retrieval.store.state.phase is Phase.READY)


def test_lost_collection_is_made_and_filled_again(kb: KnowledgeBase, server: QdrantHttp):
    (name,) = server.created
    with server.lock:
        server.engine.delete_collection(name)
    with pytest.raises(NotReadyError):
        best_text(kb)
    until(lambda: kb.retrieval.store.state.phase is Phase.READY)
    assert_whole(kb)


# Rebuilt beside the one in use


def test_questions_are_answered_while_the_index_is_rebuilt(
    kb: KnowledgeBase, server: QdrantHttp, embedder: Embedder, tmp_path: Path
):
    """A document comes and one goes after the rebuilding began; the new index follows both."""
    notice = tmp_path / "绿化.txt"
    notice.write_text("关于绿化养护的通知\n\n一、每月浇水九次，安排经费3万元。\n", encoding="utf-8")
    card = next(item for item in kb.storage.documents.summaries() if "社会" in item.title)

    def change(done: int, total: int) -> None:
        if done == total:
            assert names(server) == ["1*", "2"]
            assert not ingest([notice], kb, progress=False).failed
            remove(card.id, kb)
            assert_whole(kb)

    assert kb.retrieval.server is not None
    kb.retrieval.server.rebuild(kb.storage.documents, kb.embedder, change, changing=kb.storage.ingesting)
    assert names(server) == ["1", "2*"]
    assert_whole(kb)


class OneOnly(RememberingEmbedder):
    """Embeds the passages of one document, then fails."""

    def __init__(self, embedder: Embedder) -> None:
        vars(self).update(vars(embedder))
        self.calls = 0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls > 1:
            raise ModelError("内存不够")
        return super().embed_passages(texts)


def test_failed_rebuild_leaves_the_index_in_use(kb: KnowledgeBase, server: QdrantHttp, embedder: Embedder):
    assert kb.retrieval.server is not None
    with pytest.raises(ModelError):
        kb.retrieval.server.rebuild(kb.storage.documents, OneOnly(embedder), lambda done, total: None)
    assert names(server) == ["1*"]
    assert_whole(kb)


def test_stopped_rebuild_leaves_the_index_in_use(kb: KnowledgeBase, server: QdrantHttp):
    assert rebuild_open(kb, Silence(lambda: True)).moved_to is None
    assert names(server) == ["1*"]
    assert_whole(kb)
