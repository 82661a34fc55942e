"""eval.known: the chance of a passage by its questions, fitted with each question left out."""

import numpy as np

from eval.known import fit, neighbours_of
from kb.retrieval.questions.known import NEAREST


def made(passages: int, questions: int, noise: float) -> tuple[np.ndarray, list[str], list[str]]:
    """Unit vectors of questions that lie around their passage's point, at random."""
    random = np.random.default_rng(7)
    centres = np.repeat(random.normal(size=(passages, 32)), questions, axis=0)
    vectors = centres + noise * random.normal(size=centres.shape)
    names = [f"段{number}" for number in range(passages) for _ in range(questions)]
    documents = [f"文件{number % 10}" for number in range(passages) for _ in range(questions)]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), names, documents


def test_questions_close_to_their_passage_give_right_and_sure_chances():
    near = fit(neighbours_of(*made(100, 3, 0.3)))
    assert near.right > 0.95
    assert near.apart > 0
    assert near.bins[-1].right > 0.95


def test_questions_that_lie_anywhere_give_low_chances():
    far = fit(neighbours_of(*made(100, 3, 10)))
    assert far.right < 0.2
    assert far.bins[0].questions > 250


def test_no_question_is_its_own_neighbour():
    vectors, passages, documents = made(60, 1, 0.1)
    found = neighbours_of(vectors, passages, documents)
    assert found.passages.shape == (60, NEAREST)
    assert not (found.passages == found.own[:, None]).any()
