"""Every store does the same: Edge, qdrant-client's local mode, and the client over HTTP.

Search on every signal with the same scores, filters, removal, reopening.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from factories import make_chunk, make_document
from qdrant_client import QdrantClient
from qdrant_http import qdrant_http

from kb.errors import StoreError
from kb.models import Filters, Signal, Status
from kb.retrieval import store as vector_store
from kb.retrieval.bm25 import query_vector
from kb.retrieval.qdrant_edge import QdrantEdgeStore
from kb.retrieval.server.collections import Layout
from kb.retrieval.server.place import ServerPlace, server_place
from kb.retrieval.store import Fields, QueryVectors, Store, make_point
from kb.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect")  # in local mode

Open = Callable[[int], Store]

TEXTS = {
    "plan": "各街道至少安排1-2名政策解答员。(牵头单位:区数字中心;责任单位:各街道)",
    "law": "行政机关应当自收到申请之日起20个工作日内予以答复。",
    "old": "行政机关应当自收到申请之日起15个工作日内予以答复。",
}
UNIT_VECTORS = np.eye(3, 4, dtype=np.float32)


def opener(kind: str, folder: Path, undo: ExitStack) -> Open:
    """Opens one store of a kind, for vectors of a size, as often as it is called."""
    if kind == "edge":
        return partial(QdrantEdgeStore, folder / "index")
    if kind == "http":
        url = undo.enter_context(qdrant_http()).url
        place = server_place(Settings(home=folder), url)
    else:
        client = QdrantClient(":memory:")
        place = ServerPlace(client, "kb", address=kind, layout=Layout(), timeout=5, home=folder)
    undo.callback(place.release, None, None)
    return lambda size: place.open(size, print)


@pytest.fixture(params=["edge", "local", "http"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as undo:
        yield opener(request.param, tmp_path, undo)


@pytest.fixture
def store(opened: Open) -> Iterator[Store]:
    store = opened(4)
    fill(store)
    yield store
    store.close()


def fill(store: Store) -> None:
    """Three passages of three documents; the plan names units."""
    documents = {
        "plan": make_document(id="plan", written_date=date(2023, 9, 4), departments=("区政府办",)),
        "law": make_document(id="law", written_date=date(2019, 4, 3)),
        "old": make_document(id="old", written_date=date(2007, 4, 5), status=Status.AMENDED),
    }
    units = {"plan": {"lead_units": ("区数字中心",), "responsible_units": ("各街道",)}}
    points = []
    for (name, text), vector in zip(TEXTS.items(), UNIT_VECTORS, strict=True):
        chunk = make_chunk(text, document_id=name, document_title="文件", **units.get(name, {}))
        points.append(make_point(documents[name], chunk, vector))
    store.upsert(points)


def query(text: str, dense: int = 0, mapped: int = 0) -> QueryVectors:
    return QueryVectors(
        dense=tuple(UNIT_VECTORS[dense].tolist()),
        mapped=tuple(UNIT_VECTORS[mapped].tolist()),
        bigram=query_vector(Signal.BIGRAM, text),
        word=query_vector(Signal.WORD, text),
    )


def test_every_signal_finds_its_best_chunk(store: Store):
    results = store.search(query("多少个工作日内答复", dense=1), Filters(), limit=3)
    assert results[Signal.DENSE][0].chunk_id == "law:0"
    assert results[Signal.DENSE][0].score == pytest.approx(1, abs=1e-3)
    assert {point.chunk_id for point in results[Signal.BIGRAM]} == {"law:0", "old:0"}
    assert {point.chunk_id for point in results[Signal.WORD]} >= {"law:0", "old:0"}


def test_mapped_query_searches_the_dense_vectors(store: Store):
    results = store.search(query("答复", dense=1, mapped=2), Filters(), limit=3)
    assert results[Signal.DENSE][0].chunk_id == "law:0"
    assert results[Signal.MAPPED][0].chunk_id == "old:0"


def test_sparse_score_equals_bm25(store: Store):
    """One term in one of three passages: weight x ln(1 + (3 - 1 + 0.5) / (1 + 0.5))."""
    (hit,) = store.search(query("街道"), Filters(), limit=3)[Signal.BIGRAM]
    stored = vector_store.bm25.passage_vector(Signal.BIGRAM, f"文件\n{TEXTS['plan']}")
    weight = dict(zip(stored.indices, stored.values, strict=True))[vector_store.bm25.term_ids(["街道"])[0]]
    assert hit.score == pytest.approx(weight * np.log(1 + 2.5 / 1.5), rel=1e-3)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(Filters(department="各街道"), {"plan:0"}, id="responsible_unit"),
        pytest.param(Filters(department="区政府办"), {"plan:0"}, id="issuing_department"),
        pytest.param(Filters(status=Status.AMENDED), {"old:0"}, id="status"),
        pytest.param(Filters(date_from=date(2019, 1, 1)), {"plan:0", "law:0"}, id="from"),
        pytest.param(
            Filters(date_from=date(2019, 1, 1), date_to=date(2019, 12, 31)), {"law:0"}, id="within_2019"
        ),
        pytest.param(Filters(document_ids=("old", "plan")), {"old:0", "plan:0"}, id="documents"),
        pytest.param(Filters(department="区医保局"), set(), id="nothing_passes"),
    ],
)
def test_filter_keeps_only_matching_chunks(store: Store, filters: Filters, expected: set[str]):
    results = store.search(query("街道答复"), filters, limit=3)
    assert {point.chunk_id for point in results[Signal.DENSE]} == expected


def test_query_without_terms_gives_only_cosine_signals(store: Store):
    results = store.search(query("？？"), Filters(), limit=3)
    assert set(results) == {Signal.DENSE, Signal.MAPPED}


def test_removed_chunks_are_gone_and_new_fields_are_filtered(store: Store):
    store.remove(["old:0", "never:0"])
    assert store.chunk_ids() == {"plan:0", "law:0"}
    fields = Fields(document_id="law", departments=(), status=Status.REPEALED.value, dated=20190403)
    store.set_fields({"law:0": fields})
    results = store.search(query("答复"), Filters(status=Status.REPEALED), limit=3)
    assert [point.chunk_id for point in results[Signal.DENSE]] == ["law:0"]


def test_chunks_of_skipped_documents_are_not_found(store: Store):
    results = store.search(query("答复", dense=1), Filters(), limit=3, without={"law"})
    assert [point.chunk_id for point in results[Signal.BIGRAM]] == ["old:0"]
    assert {point.chunk_id for point in results[Signal.DENSE]} == {"plan:0", "old:0"}


def test_fields_are_read_as_they_were_written(store: Store):
    assert store.fields()["plan:0"] == Fields(
        document_id="plan",
        departments=("区政府办", "区数字中心", "各街道"),
        status=Status.IN_FORCE.value,
        dated=20230904,
    )


def test_point_written_again_replaces_the_one_before(store: Store):
    fill(store)
    assert len(store.chunk_ids()) == 3
    (hit,) = store.search(query("街道"), Filters(), limit=3)[Signal.BIGRAM]
    assert hit.chunk_id == "plan:0"


def test_reopened_store_holds_every_chunk(store: Store, opened: Open):
    store.close()
    again = opened(4)
    assert again.chunk_ids() == {"plan:0", "law:0", "old:0"}
    assert len(again.search(query("答复", dense=1), Filters(), limit=2)[Signal.BIGRAM]) == 2
    again.close()


def test_other_vector_size_is_refused(store: Store, opened: Open):
    store.close()
    with pytest.raises(StoreError, match="重建"):
        opened(8)


@pytest.mark.parametrize("kind", ["local", "http"])
def test_scores_are_those_of_edge(kind: str, tmp_path: Path):
    """Mixed vectors, terms that two of three passages have, and a question that says a word twice."""
    mixed = QueryVectors(
        dense=(0.6, 0.64, 0.48, 0.0),
        mapped=(0.0, 0.8, 0.6, 0.0),
        bigram=query_vector(Signal.BIGRAM, "工作日内答复，几个工作日"),
        word=query_vector(Signal.WORD, "工作日内答复，几个工作日"),
    )
    found = []
    with ExitStack() as undo:
        for each in ("edge", kind):
            store = opener(each, tmp_path, undo)(4)
            fill(store)
            found.append(store.search(mixed, Filters(), limit=3))
            store.close()
    edge, other = found
    assert set(edge) == set(other) == set(Signal) - {Signal.DOCUMENT, Signal.ASKED}
    for signal, points in edge.items():
        scores = {point.chunk_id: point.score for point in other[signal]}
        assert scores == pytest.approx({point.chunk_id: point.score for point in points}, rel=1e-5, abs=1e-6)
