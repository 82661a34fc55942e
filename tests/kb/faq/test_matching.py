"""Matching of approved entries: the same question, a near one as a suggestion, and days of validity."""

import threading
from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from kb.embedding.embedder import Vectors
from kb.errors import NotReadyError
from kb.faq import matching
from kb.faq.matching import SUGGESTIONS, Faq, FaqGrade
from kb.faq.models import FaqEntry, FaqStatus
from kb.language.tokens import bigrams
from kb.models import Span
from kb.retrieval.bm25 import term_ids

TODAY = date(2023, 9, 1)


def embed(texts: Sequence[str]) -> Vectors:
    """Vectors without a model, as close together as those of e5 and as little changed by one word."""
    vectors = np.full((len(texts), 256), 0.5, dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        row[[number % 256 for number in term_ids([*bigrams(text), *text])]] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_entry(question: str, **fields: object) -> FaqEntry:
    return FaqEntry(
        **{"id": question, "question": question, "answer": "请到街道便民服务中心办理。", **fields}
    )


def match(faq: Faq, query: str, day: date = TODAY):
    return faq.match(query, embed([query])[0], day)


LOW_INCOME = make_entry("低保怎么申请？", variants=("办低保要怎么弄",), department="区民政局")
LICENCE = make_entry("营业执照怎么办理？")
PROPERTY_FEE = make_entry("不交物业费会怎么样？")
WORK_PLAN = make_entry("2023年政务公开工作要点什么时候发布？")


@pytest.fixture
def faq() -> Faq:
    return Faq([LOW_INCOME, LICENCE, PROPERTY_FEE, WORK_PLAN], embed)


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        pytest.param("低保怎么申请", LOW_INCOME, id="same_words"),
        pytest.param("請問低保怎麼申請？", LOW_INCOME, id="traditional_and_polite"),
        pytest.param("办低保要怎么弄", LOW_INCOME, id="another_wording"),
        pytest.param("营业执照怎样办理", LICENCE, id="synonym"),
    ],
)
def test_question_of_the_same_meaning_matches_the_entry(faq: Faq, query: str, entry: FaqEntry):
    best = match(faq, query)[0]
    assert (best.entry, best.grade, best.difference) == (entry, FaqGrade.SAME, None)
    assert best.wording in entry.wordings


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("营业执照怎么注销？", id="办理_注销"),
        pytest.param("交物业费会怎么样？", id="negation"),
        pytest.param("2024年政务公开工作要点什么时候发布？", id="2023_2024"),
        pytest.param("2023年政务公开工作要点由谁发布？", id="when_who"),
        pytest.param("今天天气怎么样", id="unrelated"),
    ],
)
def test_question_that_only_looks_alike_matches_nothing(faq: Faq, query: str):
    assert match(faq, query) == ()


def test_near_question_gets_a_suggestion_with_the_difference(faq: Faq):
    (near,) = match(faq, "农村低保怎么申请")
    assert (near.entry, near.grade) == (LOW_INCOME, FaqGrade.NEAR)
    assert near.difference is not None
    assert near.difference.first == "农村"


@pytest.mark.parametrize(
    ("day", "found"),
    [
        pytest.param(date(2023, 8, 31), False, id="before"),
        pytest.param(date(2023, 9, 1), True, id="first_day"),
        pytest.param(date(2023, 12, 31), True, id="last_day"),
        pytest.param(date(2024, 1, 1), False, id="after"),
    ],
)
def test_entry_matches_only_on_days_of_its_validity(day: date, found: bool):
    entry = make_entry("低保标准是多少", valid_from=date(2023, 9, 1), valid_until=date(2023, 12, 31))
    assert entry.holds_on(day) is found
    assert bool(match(Faq([entry], embed), "低保标准是多少", day)) is found


@pytest.mark.parametrize("status", [FaqStatus.DRAFT, FaqStatus.WITHDRAWN])
def test_unapproved_entry_is_not_matched(status: FaqStatus):
    faq = Faq([make_entry("低保标准是多少", status=status)], embed)
    assert match(faq, "低保标准是多少") == ()


def test_index_embeds_nothing_before_the_first_match():
    faq = Faq([LOW_INCOME], lambda _texts: pytest.fail("embedded too early"))
    faq.replace([])  # nor for no entries
    assert match(faq, "低保怎么申请") == ()


def test_matches_are_limited_and_sorted_by_score():
    faq = Faq([make_entry(f"低保{word}怎么申请") for word in ("金", "户", "证", "费", "款", "", "卡")], embed)
    matches = match(faq, "低保怎么申请")
    assert len(matches) == SUGGESTIONS
    assert matches[0].entry.question == "低保怎么申请"
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)


def test_replacing_entries_while_threads_match_gives_no_mixture():
    """Every answer comes from the old entries or from the new, never from a mixture."""
    old, new = (make_entry("低保怎么申请", id=name, answer=name) for name in ("old", "new"))
    faq = Faq([old], embed)
    seen: list[str] = []

    def ask() -> None:
        for _ in range(50):
            seen.extend(match.entry.answer for match in match(faq, "低保怎么申请"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for entries in ([new], [old], [new]):
        faq.replace(entries)
    for thread in threads:
        thread.join()
    assert len(seen) == 200
    assert set(seen) <= {"old", "new"}
    assert match(faq, "低保怎么申请")[0].entry == new


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"valid_from": date(2024, 1, 1), "valid_until": date(2023, 1, 1)}, id="ends_first"),
        pytest.param({"span": Span(start=0, end=3)}, id="span_of_no_document"),
        pytest.param({"answer": "  "}, id="no_answer"),
        pytest.param({"variants": ("",)}, id="empty_wording"),
    ],
)
def test_entry_with_contradictory_fields_is_refused(fields: dict[str, object]):
    with pytest.raises(ValidationError):
        make_entry("低保怎么申请", **fields)


def test_question_does_not_wait_while_the_index_is_made(monkeypatch: pytest.MonkeyPatch):
    """After a change of the model all wordings are embedded anew, which takes minutes."""
    begun, released = threading.Event(), threading.Event()

    def embed(texts: Sequence[str]) -> Vectors:
        begun.set()
        assert released.wait(60)
        return np.ones((len(texts), 2), dtype=np.float32)

    monkeypatch.setattr(matching, "_PATIENCE", 0.01)
    faq = Faq([FaqEntry(id="gate", question="公园几点关门？", answer="每晚十点。")], embed)
    preparing = threading.Thread(target=faq.prepare)
    preparing.start()
    assert begun.wait(60)
    with pytest.raises(NotReadyError, match="稍后即可提问"):
        faq.match("公园几点关门？", np.ones(2, dtype=np.float32), None)
    released.set()
    preparing.join()
    assert faq.match("公园几点关门？", np.ones(2, dtype=np.float32) / np.sqrt(2), None)
