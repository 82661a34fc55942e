"""Terms and BM25 weights; the weights against bm25s."""

import bm25s
import numpy as np
import pytest

from kb.language.tokens import bigrams
from kb.models import Signal
from kb.retrieval import bm25
from kb.retrieval.bm25 import passage_vector, query_vector, term_ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("政策解答员", ["政策", "策解", "解答", "答员"], id="overlapping_pairs"),
        pytest.param("达99%以上", ["达", "99%", "以上"], id="percentage_whole"),
        pytest.param("ＩＰｖ６改造", ["ipv", "6", "改造"], id="full_width"),
        pytest.param("達到", ["达到"], id="traditional"),
        pytest.param("。，！", [], id="punctuation_only"),
    ],
)
def test_text_is_split_into_bigrams(text: str, expected: list[str]):
    assert bigrams(text) == expected


PASSAGES = [
    "区直各部门至少确定1名政策解答员，各街道至少安排1-2名政策解答员。",
    "行政机关不能当场答复的，应当自收到申请之日起20个工作日内予以答复。",
    "全面完成政府网站IPv6改造工作，二、三级链接支持度达99%以上。",
]


def test_passage_weights_equal_those_of_bm25s(monkeypatch: pytest.MonkeyPatch):
    """With the corpus's own average length, weight x idf is bm25s's 'lucene' score x (k1 + 1)."""
    terms = [bigrams(passage) for passage in PASSAGES]
    average = sum(map(len, terms)) / len(terms)
    monkeypatch.setitem(bm25.AVERAGE_TERMS, Signal.BIGRAM, average)
    reference = bm25s.BM25(method="lucene", k1=bm25.K1, b=bm25.B)
    reference.index(terms, show_progress=False)
    query = "街道安排几名政策解答员"
    expected = reference.get_scores(bigrams(query)) * (bm25.K1 + 1)
    assert np.allclose([_bm25(query, passage, terms) for passage in PASSAGES], expected, rtol=1e-4)


def _bm25(query: str, passage: str, corpus: list[list[str]]) -> float:
    stored = passage_vector(Signal.BIGRAM, passage)
    weights = dict(zip(stored.indices, stored.values, strict=True))
    score = 0.0
    for term in bigrams(query):
        passages_with_term = sum(term in terms for terms in corpus)
        idf = np.log(1 + (len(corpus) - passages_with_term + 0.5) / (passages_with_term + 0.5))
        score += weights.get(term_ids([term])[0], 0.0) * idf
    return float(score)


def test_query_weights_are_term_counts():
    vector = query_vector(Signal.BIGRAM, "公开公开")
    assert dict(zip(vector.indices, vector.values, strict=True)) == {
        term_ids(["公开"])[0]: 2.0,
        term_ids(["开公"])[0]: 1.0,
    }


def test_vector_indices_ascend():
    vector = passage_vector(Signal.WORD, PASSAGES[0])
    assert list(vector.indices) == sorted(set(vector.indices))
