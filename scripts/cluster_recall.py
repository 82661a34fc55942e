"""What a Qdrant cluster's settings change of a ranking, measured with Qdrant Edge, which is the same engine.

    python scripts/cluster_recall.py [--passages 4000] [--questions 300] [--folder corpus]

Two things: how much of the exact nearest passages scalar quantisation (KB_QDRANT_QUANTIZATION) finds, with
and without the whole vectors for the last ranking; and how far BM25 moves when each of several shards
(KB_QDRANT_SHARDS) counts its own words. Passages are the paragraphs of a folder of texts, questions those of
eval/sets; the vectors are the shipped ones (kb.embedding.shipped_vectors), some of them asked for the others,
so that no model is needed. Shares are of the first 10 and of the first 100, which the retriever asks for.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import qdrant_edge as edge

from kb.embedding.shipped_vectors import FILE
from kb.models import Signal
from kb.retrieval.bm25 import SparseVector, passage_vector, query_vector

DEPTHS = (10, 100)
SETS = ("laws", "livelihood", "workplan", "articles")
_SHORTEST = 40  # characters of a paragraph that is a passage
Ranking = list[int]


def paragraphs(folder: Path, number: int) -> list[str]:
    """Different paragraphs of the texts in `folder`, evenly from all of them."""
    lines = (
        line.strip()
        for path in sorted((*folder.glob("*.md"), *folder.glob("*.txt")))
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    found = list(dict.fromkeys(line for line in lines if len(line) >= _SHORTEST))
    return found[:: max(1, len(found) // number)][:number]


def questions(number: int) -> list[str]:
    """Questions of the hand-written sets."""
    rows = (
        json.loads(line)["question"]
        for name in SETS
        for line in Path(f"eval/sets/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    )
    return list(dict.fromkeys(rows))[:number]


def filled(folder: Path, config: edge.EdgeConfig, points: Sequence[edge.Point]) -> edge.EdgeShard:
    """An optimised shard of `points`."""
    folder.mkdir()
    shard = edge.EdgeShard.create(str(folder), config)
    for start in range(0, len(points), 500):
        shard.update(edge.UpdateOperation.upsert_points(list(points[start : start + 500])))
    shard.optimize()
    return shard


def searched(
    shard: edge.EdgeShard, vector: "edge.NamedVector", using: str, params: edge.SearchParams | None = None
) -> list[tuple[float, int]]:
    """Scores and ids of the best points, best first."""
    request = edge.QueryRequest(
        limit=max(DEPTHS), query=edge.Query.Nearest(vector, using=using), params=params
    )
    return [(point.score, int(point.id)) for point in shard.query(request)]


def share(found: Sequence[Ranking], right: Sequence[Ranking]) -> Iterator[float]:
    """Of the first of `right`, for each depth, the share that is among the first of `found`."""
    pairs = [(a, b) for a, b in zip(found, right, strict=True) if b]
    for depth in DEPTHS:
        yield float(np.mean([len({*a[:depth]} & {*b[:depth]}) / len(b[:depth]) for a, b in pairs]))


def say(what: str, found: Sequence[Ranking], right: Sequence[Ranking]) -> None:
    """One line of the table; the last figure is the share of questions with the same first passage."""
    same = np.mean([a[:1] == b[:1] for a, b in zip(found, right, strict=True) if b])
    print(f"| {what} | " + " | ".join(f"{value:.4f}" for value in share(found, right)) + f" | {same:.4f} |")


def quantization(home: Path, passages: np.ndarray, asked: np.ndarray) -> None:
    """How much of the exact neighbours is found."""
    config = edge.EdgeConfig(
        vectors={"dense": edge.EdgeVectorParams(size=passages.shape[1], distance=edge.Distance.Cosine)},
        quantization_config=edge.ScalarQuantizationConfig(
            edge.ScalarType.Int8, quantile=0.99, always_ram=True
        ),
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=1),
    )
    points = [edge.Point(number, {"dense": vector.tolist()}, {}) for number, vector in enumerate(passages)]
    shard = filled(home / "quantized", config, points)

    def ranked(params: edge.SearchParams) -> list[Ranking]:
        return [[key for _, key in searched(shard, vector.tolist(), "dense", params)] for vector in asked]

    def quantized(rescore: bool, oversampling: float | None) -> edge.SearchParams:
        return edge.SearchParams(
            quantization=edge.QuantizationSearchParams(rescore=rescore, oversampling=oversampling)
        )

    whole = edge.QuantizationSearchParams(ignore=True)
    right = ranked(edge.SearchParams(exact=True, quantization=whole))
    say("whole vectors", ranked(edge.SearchParams(quantization=whole)), right)
    say("one byte a number, whole vectors for the last ranking (x2)", ranked(quantized(True, 2.0)), right)
    say("one byte a number only", ranked(quantized(False, None)), right)
    shard.close()


def shards(home: Path, texts: Sequence[str], asked: Sequence[str], numbers: Sequence[int]) -> None:
    """How far BM25 moves when every shard counts its own words."""
    config = edge.EdgeConfig(
        vectors={},
        sparse_vectors={"bigram": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
    )
    points = [
        edge.Point(key, {"bigram": sparse(passage_vector(Signal.BIGRAM, text))}, {})
        for key, text in enumerate(texts)
    ]
    order = np.random.default_rng(7).permutation(len(points))
    right: list[Ranking] = []
    for number in numbers:
        parts = [
            filled(home / f"{number}-{part}", config, [points[key] for key in order[part::number]])
            for part in range(number)
        ]
        found = [merged(parts, sparse(query_vector(Signal.BIGRAM, text))) for text in asked]
        right = right or found
        say(f"{number} shard(s)", found, right)
        for part in parts:
            part.close()


def merged(parts: Sequence[edge.EdgeShard], vector: edge.SparseVector) -> Ranking:
    """The best points of all shards by score, as a cluster merges them."""
    hits = sorted(
        (hit for part in parts for hit in searched(part, vector, "bigram")), key=lambda hit: -hit[0]
    )
    return [key for _, key in hits[: max(DEPTHS)]]


def sparse(vector: SparseVector) -> edge.SparseVector:
    """A sparse vector as Edge wants it."""
    return edge.SparseVector(indices=list(vector.indices), values=list(vector.values))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passages", type=int, default=4_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path("corpus"))
    given = parser.parse_args()
    texts, asked = paragraphs(given.folder, given.passages), questions(given.questions)
    print(f"{len(texts)} passages, {len(asked)} questions\n", flush=True)
    head = "|---|" + "---|" * (len(DEPTHS) + 1)
    title = "| | " + " | ".join(f"of the first {depth}" for depth in DEPTHS) + " | same first |"
    steps: tuple[Callable[[Path], None], ...] = (
        lambda home: shards(home, texts, asked, (1, 2, 3, 6)),
        lambda home: quantization(home, *shipped(given.questions)),
    )
    for step in steps:
        print(title, head, sep="\n")
        with tempfile.TemporaryDirectory() as home:
            step(Path(home))
        print(flush=True)


def shipped(number: int) -> tuple[np.ndarray, np.ndarray]:
    """The shipped vectors: those to be found, and `number` that are asked for them."""
    with np.load(FILE) as content:
        vectors = content["scales"].reshape(-1, 1) * content["steps"].astype(np.float32)
    asked = np.linspace(0, len(vectors) - 1, number, dtype=int)
    return np.delete(vectors, asked, axis=0), vectors[asked]


if __name__ == "__main__":
    main()
