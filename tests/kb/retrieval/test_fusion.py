"""Worked examples of the blend and of reciprocal-rank fusion."""

import pytest

from kb.models import Signal
from kb.retrieval.fusion import Blend, order
from kb.retrieval.store import ScoredId


def points(**scores: float) -> tuple[ScoredId, ...]:
    return tuple(ScoredId(chunk_id=chunk_id, score=score) for chunk_id, score in scores.items())


LISTS = {
    Signal.DENSE: points(a=0.90, b=0.86, c=0.80),
    Signal.MAPPED: points(a=0.90, b=0.86, c=0.80),
    Signal.BIGRAM: points(b=20.0, a=10.0),
    Signal.WORD: points(b=8.0, d=4.0),
}


def test_weighted_blend_matches_worked_example():
    """a: 0.45 x 1 + 0.35 x 10/20 = 0.625; b: 0.45 x 0.6 + 0.35 + 0.2 = 0.82; d: 0.2 x 4/8 = 0.1; c: 0."""
    scores = {chunk_id: score for chunk_id, score, _ in order(LISTS, Blend.WEIGHTED)}
    assert scores == pytest.approx({"b": 0.82, "a": 0.625, "d": 0.1, "c": 0.0})


def test_dense_blend_leaves_out_chunks_of_other_signals():
    assert [chunk_id for chunk_id, _, _ in order(LISTS, Blend.DENSE)] == ["a", "b", "c"]


def test_reciprocal_rank_fusion_matches_worked_example():
    """a: 1/61; b: 1/62 + 1/61; c: 1/63; d: 1/62, times 61/2."""
    scores = {chunk_id: score for chunk_id, score, _ in order(LISTS, Blend.RRF)}
    expected = {"b": 1 / 62 + 1 / 61, "a": 1 / 61, "d": 1 / 62, "c": 1 / 63}
    assert scores == pytest.approx({chunk_id: value * 61 / 2 for chunk_id, value in expected.items()})


def test_ties_are_ordered_by_id():
    lists = {Signal.BIGRAM: points(z=3.0, m=3.0, a=3.0)}
    assert [chunk_id for chunk_id, _, _ in order(lists, Blend.WEIGHTED)] == ["a", "m", "z"]


def test_empty_list_gives_no_order():
    assert order({Signal.DENSE: ()}, Blend.WEIGHTED) == []
