"""The learned correction of a query vector."""

import numpy as np
import pytest

from kb.embedding.question_map import QuestionMap, read_question_map
from kb.knowledge_base import KnowledgeBase


def test_correction_matches_worked_example():
    """q = (1, 0); left (right q) = (0, 1), so the corrected vector is (1, 1) / sqrt(2)."""
    left, right = np.array([[0.0], [1.0]], dtype=np.float32), np.array([[1.0, 0.0]], dtype=np.float32)
    mapped = QuestionMap(left, right).apply(np.array([1.0, 0.0], dtype=np.float32))
    assert mapped == pytest.approx([2**-0.5, 2**-0.5])


def test_query_vector_of_another_model_is_unchanged():
    vector = np.ones(5, dtype=np.float32)
    assert read_question_map("/models/other").apply(vector) is vector


ASKED_IN_EVERYDAY_WORDS = {
    "开发商卖房的时候能不能自己定物业": "第二十一条",
    "装修要不要先跟物业打招呼": "第五十二条",
    "小区里停车位能不能先卖给外面的人": "第二十七条",
    "物业乱收钱我能不交吗": "第四十一条",
    "打听政府的事被拒绝了去哪告": "第五十一条",
    "小区电梯坏了修的钱从哪出": "第五十三条",
    "物业合同到期不走怎么办": "第三十八条",
    "没交物业费会被告吗": "第六十四条",
    "小区进贼了物业管不管": "第四十六条",
}


def test_everyday_questions_rank_their_article_higher_when_mapped(kb: KnowledgeBase):
    laws = [s for s in kb.storage.documents.summaries() if s.title.endswith("条例")]
    chunks = [chunk for law in laws for chunk in kb.storage.documents.chunks_of(law.id)]
    passages = kb.embedder.embed_passages([chunk.indexed_text for chunk in chunks])
    question_map = read_question_map("bundled")
    before, after = [], []
    for question, article in ASKED_IN_EVERYDAY_WORDS.items():
        article_rows = [
            i for i, c in enumerate(chunks) if c.heading_path and c.heading_path[-1].startswith(article)
        ]
        query = kb.embedder.embed_query(question)
        mapped = question_map.apply(query)
        assert np.linalg.norm(mapped) == pytest.approx(1, abs=1e-4)
        for ranks, vector in ((before, query), (after, mapped)):
            cosines = passages @ vector
            ranks.append(1 + int(sum(cosines > cosines[article_rows].max())))
    assert np.mean(1 / np.array(after)) > np.mean(1 / np.array(before))
