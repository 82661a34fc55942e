"""Questions that come at the same moment are embedded together, and each gets its own vector."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kb.embedding.together import Together
from kb.knowledge_base import KnowledgeBase

QUESTIONS = (
    "低保怎么申请？",
    "小学报名要什么材料？",
    "公租房的申请条件是什么，外地户口可以申请吗？",
    "老年证在哪里办？",
    "食品经营许可证多长时间办好？",
)


class Gate:
    """Work that stands still until it is let go, and notes its batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Semaphore(0)
        self.opened = threading.Event()

    def work(self, texts: list[str]) -> list[str]:
        self.batches.append(texts)
        self.begun.release()
        assert self.opened.wait(60)
        return [f"{text}！" for text in texts]


def _wait_until_waiting(together: Together[str], count: int) -> None:
    while len(together._waiting) < count:
        threading.Event().wait(0.005)


def test_texts_that_come_while_all_are_busy_go_in_one_batch():
    gate = Gate()
    together = Together(gate.work, lambda: 1)
    with ThreadPoolExecutor(20) as threads:
        first = threads.submit(together.do, "零")
        assert gate.begun.acquire(timeout=60)
        others = [threads.submit(together.do, str(number)) for number in range(18)]
        _wait_until_waiting(together, 18)
        gate.opened.set()
        assert first.result(60) == "零！"
        assert [other.result(60) for other in others] == [f"{number}！" for number in range(18)]
    assert [len(batch) for batch in gate.batches] == [1, 16, 2]


def test_error_of_a_batch_reaches_each_of_its_texts_and_the_next_batch_works():
    gate = Gate()

    def work(texts: list[str]) -> list[str]:
        results = gate.work(texts)
        if "坏" in texts:
            raise ValueError("坏")
        return results

    together = Together(work, lambda: 1)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(together.do, "零")
        assert gate.begun.acquire(timeout=60)
        others = [threads.submit(together.do, text) for text in ("坏", "好")]
        _wait_until_waiting(together, 2)
        gate.opened.set()
        assert first.result(60) == "零！"
        for other in others:
            with pytest.raises(ValueError, match="坏"):
                other.result(60)
    assert together.do("再来") == "再来！"


def test_batch_with_too_few_results_leaves_nobody_waiting():
    gate = Gate()
    together = Together(lambda texts: gate.work(texts)[:1], lambda: 1)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(together.do, "零")
        assert gate.begun.acquire(timeout=60)
        others = [threads.submit(together.do, text) for text in ("一", "二")]
        _wait_until_waiting(together, 2)
        gate.opened.set()
        assert first.result(60) == "零！"
        for other in others:
            with pytest.raises(ValueError, match="shorter"):
                other.result(60)


def test_questions_of_many_threads_get_the_vectors_of_one_thread(kb: KnowledgeBase):
    alone = [kb.embedder.embed_query(question) for question in QUESTIONS]
    with ThreadPoolExecutor(20) as threads:
        together = list(threads.map(kb.embedder.embed_query, QUESTIONS * 8))
    for number, vector in enumerate(together):
        own = alone[number % len(QUESTIONS)]
        assert float(np.dot(vector, own)) == pytest.approx(1, abs=0.01)
        assert int(np.argmax([np.dot(vector, other) for other in alone])) == number % len(QUESTIONS)
