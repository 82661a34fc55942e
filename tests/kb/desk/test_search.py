"""The answerer's search: entries and passages together, in callers' words, through the filters."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from factories import CORPUS, WORK_PLAN

from ingest.pipeline.run import ingest
from kb.desk.search import Found, ResultKind
from kb.embedding.embedder import Embedder
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Status
from kb.settings import Settings
from kb.staff.permissions import Role, Staff

TODAY = date(2024, 5, 10)
WANG = Staff(name="wang", title="王芳", role=Role.ANSWERER)
FILES = (
    WORK_PLAN,
    CORPUS / "政府信息公开条例(2019-04-03).md",
    CORPUS / "物业管理条例(2018-03-19).md",
    CORPUS / "信访条例(2005-01-10).md",
)
ENTRY = FaqEntry(
    id="faq-1",
    question="申请公开政府信息多少天答复？",
    answer="能当场答复的当场答复；不能的，二十个工作日内答复。",
    department="区数字中心",
)
OVER = FaqEntry(
    id="faq-2", question="申请公开政府信息收费吗？", answer="一次性收费。", valid_until=date(2020, 1, 1)
)


@pytest.fixture(scope="module")
def office(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """Four documents, one of them repealed, and two entries, one of them expired."""
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest(FILES, kb, progress=False).failed
        kb.faq.entries.put([ENTRY, OVER])
        kb.faq.matcher.update([ENTRY, OVER], [])
        yield kb


def search(
    kb: KnowledgeBase, typed: str, kinds: tuple[ResultKind, ...] = tuple(ResultKind), **filters
) -> tuple[Found, ...]:
    return kb.desk.search(WANG, typed, Filters(**filters), kinds, TODAY).found


def test_results_are_entries_then_passages_without_expired_entries(office: KnowledgeBase):
    results = search(office, "申请公开政府信息要多久答复")
    assert [result.entry_id for result in results][:2] == ["faq-1", None]
    assert results[0].to_copy == f"{ENTRY.answer}\n出处：常见问答（已审核）"
    assert any("20个工作日" in result.text for result in results[1:])
    assert "faq-2" not in [result.entry_id for result in results]


def test_entry_is_found_by_words_of_its_answer(office: KnowledgeBase):
    (entry,) = search(office, "二十个工作日 答复", (ResultKind.ENTRY,))
    assert entry.entry_id == "faq-1"


def test_lay_words_are_searched_as_official_words(office: KnowledgeBase):
    searched = office.desk.search(WANG, "红头文件清理谁牵头", Filters(), list(ResultKind), TODAY)
    assert "规范性文件" in searched.query
    assert searched.found[0].lead_units == ("区司法局",)
    assert {"规范性", "清理", "牵头"} <= searched.terms
    assert "谁" not in searched.terms


@pytest.mark.parametrize("typed", ["红烧肉怎么做", "比特币", "asdfgh"])
def test_text_that_nothing_is_about_finds_nothing(office: KnowledgeBase, typed: str):
    assert search(office, typed) == ()


def test_pinyin_is_searched_as_the_words_it_spells(office: KnowledgeBase):
    assert "政务公开" in search(office, "zhengwu gongkai", (ResultKind.PASSAGE,))[0].text


def test_copied_text_names_document_and_headings(office: KnowledgeBase):
    best = search(office, "规范性文件清理", (ResultKind.PASSAGE,))[0]
    text, _, source = best.to_copy.partition("\n出处：")
    assert text == best.text
    assert source.startswith("《2023年浔阳区政务公开工作要点》")
    assert source.endswith(best.place[-1])


def test_filters_apply_to_every_result(office: KnowledgeBase):
    for result in search(office, "清理", department="区司法局"):
        assert "区司法局" in result.departments
    for result in search(office, "信访", status=Status.REPEALED):
        assert result.status is Status.REPEALED
    for result in search(office, "条例", date_from=date(2018, 1, 1), date_to=date(2018, 12, 31)):
        assert result.dated and result.dated.year == 2018
    assert {result.kind for result in search(office, "政府信息公开", (ResultKind.PASSAGE,))} == {
        ResultKind.PASSAGE
    }


def test_year_in_the_text_narrows_the_search_unless_the_form_sets_dates(office: KnowledgeBase):
    assert {hit.dated and hit.dated.year for hit in search(office, "2005年信访条例怎么规定")} == {2005}
    results = search(office, "2005年信访条例怎么规定", date_from=date(2018, 1, 1))
    assert results and all(result.dated and result.dated.year >= 2018 for result in results)


def test_empty_text_gives_no_results(office: KnowledgeBase):
    assert search(office, " 　") == ()
