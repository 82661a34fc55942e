"""Repeated requests: done once within ten minutes, except failures."""

import pytest

from kb.errors import QuestionError, StoreError
from web.citizen.once import Once


class Clock:
    """A clock whose seconds are set by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Work:
    """Counts its calls; the first `failures` calls fail."""

    def __init__(self, failures: int = 0) -> None:
        self.times = 0
        self._failures = failures

    def __call__(self) -> int:
        self.times += 1
        if self.times <= self._failures:
            raise StoreError("磁盘满了")
        return self.times


def test_requests_without_id_are_separate():
    once, work = Once(), Work()
    assert [once.do(None, None, "问", work) for _ in range(2)] == [1, 2]


def test_result_is_kept_for_ten_minutes():
    clock = Clock()
    once, work = Once(clock), Work()
    for moment, expected in ((0, 1), (599, 1), (601, 2)):
        clock.now = moment
        assert once.do("conversation", "request-1", "问", work) == expected


def test_failure_is_not_remembered():
    once, work = Once(), Work(failures=1)
    with pytest.raises(StoreError):
        once.do(None, "request-1", "问", work)
    assert once.do(None, "request-1", "问", work) == 2


def test_same_id_with_other_content_is_refused():
    once, work = Once(), Work()
    once.do(None, "request-1", "问", work)
    with pytest.raises(QuestionError):
        once.do(None, "request-1", "另一个问题", work)
    assert once.do(None, "request-1", "问", work) == 1


def test_oldest_of_a_thousand_requests_is_forgotten():
    once, work = Once(), Work()
    for number in range(1001):
        once.do(None, f"request-{number}", "问", work)
    assert once.do(None, "request-1", "问", work) == 2
    assert once.do(None, "request-0", "问", work) == 1002
