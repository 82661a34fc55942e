"""Made collections: the texts stay those of real documents, and equal seeds give equal collections."""

from itertools import islice
from pathlib import Path

import numpy as np
from factories import CORPUS

from eval.growing.collection import HashingEmbedder, made, questions_of, real_texts
from eval.growing.measuring import Cost, Growth

SETS = Path(__file__).parents[3] / "eval" / "sets"


def test_real_texts_come_first_and_made_ones_keep_the_outline():
    real = real_texts([CORPUS])
    collection = list(islice(made(real, seed=19), 2 * len(real)))
    assert collection[: len(real)] == real
    law = next(text for text in real if text.name.startswith("物业管理条例"))
    again = collection[len(real) + real.index(law)]
    assert again.name != law.name
    assert [line[:4] for line in again.text.splitlines() if line.startswith("第三")] == [
        line[:4] for line in law.text.splitlines() if line.startswith("第三")
    ]
    assert again.text != law.text


def test_equal_seeds_make_equal_collections():
    real = real_texts([CORPUS])
    first, second, other = (list(islice(made(real, seed), 2 * len(real))) for seed in (1, 1, 2))
    assert first == second != other


def test_hashed_vectors_have_length_one_and_are_near_for_texts_that_share_words(tmp_path: Path):
    embedder = HashingEmbedder(tmp_path)
    asked = embedder.embed_query("业主大会由谁组成")
    near, far = embedder.embed_passages(["业主大会由全体业主组成。", "秘密级国家秘密不超过十年。"])
    assert np.allclose([np.linalg.norm(asked), np.linalg.norm(near)], 1, atol=1e-5)
    assert asked @ near > asked @ far + 0.05


def test_questions_are_taken_evenly_from_all_sets():
    sets = [SETS / "workplan.jsonl", SETS / "laws.jsonl"]
    some = questions_of(sets, 10)
    assert len(some) == len({question.text for question in some}) == 10
    assert some[0] == questions_of(sets, 1_000)[0]
    assert some[-1].text not in {question.text for question in questions_of(sets[:1], 1_000)}


def test_ratios_are_to_the_smallest_collection():
    figures = ("open", "settle", "first", "ask_p50", "ask_p95", "type_first", "type_p95", "desk_p95")
    small = Cost(passages=2, documents=1, memory_mib=100, **{f"{name}_ms": 10.0 for name in figures})
    large = small.model_copy(update={"passages": 20, "ask_p95_ms": 13.0, "memory_mib": 150})
    ratios = Growth(costs=(small, large)).ratios
    assert ratios["ask_p95_ms"] == [1, 1.3]
    assert ratios["memory_mib"] == [1, 1.5]
    assert ratios["open_ms"] == [1, 1]
