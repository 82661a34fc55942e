"""The counters that monitoring reads at GET /metrics (Prometheus), counted since the program started."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from kb.answers import Answer, AnswerKind, Reason
from kb.errors import LlmFailure

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 90, 120)


class Metrics:
    """Counters of one knowledge base, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "policy_answers", "Answers by kind and ending", ("kind", "ending"), registry=self.registry
        )
        self._clarifying = Counter(
            "policy_clarifying", "Questions asked back beside an answer", registry=self.registry
        )
        self._seconds = Histogram(
            "policy_answer_seconds",
            "From the question to the whole answer",
            ("kind",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._first = Histogram(
            "policy_first_sentence_seconds",
            "From the question to the first checked sentence of a generated answer",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._sentences = Counter(
            "policy_generated_sentences",
            "Sentences of the model, shown or dropped",
            ("kept",),
            registry=self.registry,
        )
        self._reasons = Counter(
            "policy_check_failures", "Why sentences were dropped", ("reason",), registry=self.registry
        )
        self._failures = Counter(
            "policy_llm_errors", "Failures of the language model", ("failure",), registry=self.registry
        )
        self._open = Gauge(
            "policy_llm_breaker_open", "1 while the model is left alone", registry=self.registry
        )
        self._waiting = Gauge(
            "policy_llm_waiting", "Questions that wait for the model", registry=self.registry
        )
        self._requests = Counter(
            "policy_requests", "Requests answered", ("route", "status"), registry=self.registry
        )
        self._request_seconds = Histogram(
            "policy_request_seconds",
            "From a request to the end of its answer",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._under_way = Gauge(
            "policy_requests_under_way", "Requests that are being answered", registry=self.registry
        )
        ProcessCollector(registry=self.registry)  # memory, processor time, open files
        PlatformCollector(registry=self.registry)
        for kind in AnswerKind:
            self._seconds.labels(kind.value)
        for reason in Reason:
            self._reasons.labels(reason.value)
        for failure in LlmFailure:
            self._failures.labels(failure.value)

    def answered(self, answer: Answer) -> None:
        """Count an answer, its time and its checks."""
        self._answers.labels(answer.kind.value, answer.ending.value).inc()
        self._clarifying.inc(answer.clarifying is not None)
        self._seconds.labels(answer.kind.value).observe(answer.timings_ms.get("total", 0.0) / 1000)
        if "first_sentence" in answer.timings_ms:
            self._first.observe(answer.timings_ms["first_sentence"] / 1000)
        for check in answer.checks:
            self._sentences.labels(str(check.kept).lower()).inc()
            for reason in () if check.kept else check.reasons:
                self._reasons.labels(reason.value).inc()

    def request_under_way(self) -> AbstractContextManager[object]:
        """Context manager: a request is being answered."""
        return self._under_way.track_inprogress()

    def request_answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request by the route that answered it, and its time."""
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.observe(seconds)

    def llm_failed(self, failure: LlmFailure) -> None:
        """Count a failure of the language model."""
        self._failures.labels(failure.value).inc()

    def watch(self, is_open: Callable[[], bool], waiting: Callable[[], int]) -> None:
        """Take the breaker's state and the queue's length from these functions at every reading."""
        self._open.set_function(lambda: float(is_open()))
        self._waiting.set_function(lambda: float(waiting()))

    def text(self) -> bytes:
        """All counters in Prometheus' text format."""
        return generate_latest(self.registry)
