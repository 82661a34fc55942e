"""Suggestions while typing."""

from datetime import date
from itertools import product
from time import perf_counter

import pytest
from factories import make_document

from ingest.structure.outline import read_outline
from kb.citizens.typeahead import Suggestion, SuggestionKind, Typeahead, headings_of, make_typeahead
from kb.faq.models import FaqEntry, FaqStatus
from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument, Status

TODAY = date(2023, 9, 1)
LOW_INCOME = FaqEntry(
    id="F1", question="低保怎么申请？", variants=("办低保要怎么弄",), answer="请到街道便民服务中心办理。"
)


def heading(text: str) -> tuple[str, Suggestion]:
    return text, Suggestion(
        text=text, kind=SuggestionKind.HEADING, document="文件", url="/doc/d?start=0&end=1"
    )


def question(text: str) -> tuple[str, Suggestion]:
    return text, Suggestion(text=text, kind=SuggestionKind.FAQ)


def texts(typeahead: Typeahead, typed: str, limit: int = 8) -> list[str]:
    return [suggestion.text for suggestion in typeahead.find(typed, limit)]


SMALL = Typeahead(
    [
        heading("办好政务公开专区"),
        heading("持续推进基层政务公开标准化规范化建设"),
        heading("提高政策解读实效"),
        question("政务公开专区在哪里？"),
        question("怎么申请政府信息公开？"),
    ]
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("政务公开", "政务公开专区在哪里？", id="question_before_heading"),
        pytest.param("政务公开专区", "政务公开专区在哪里？", id="begins_with"),
        pytest.param("政務公開專區", "政务公开专区在哪里？", id="traditional"),
        pytest.param("政务 公开、专区", "政务公开专区在哪里？", id="gaps"),
        pytest.param("zcjd", "提高政策解读实效", id="initials"),
        pytest.param("zhengcejiedu", "提高政策解读实效", id="pinyin"),
        pytest.param("ZHENGCE JIE", "提高政策解读实效", id="pinyin_with_gaps"),
        pytest.param("政策怎么解读才有实效", "提高政策解读实效", id="same_pairs_of_characters"),
    ],
)
def test_best_suggestion_for_characters_pinyin_and_bigrams(typed: str, expected: str):
    assert texts(SMALL, typed)[0] == expected


@pytest.mark.parametrize("typed", ["", " ？", "结婚登记", "qq", "ian", "%_'\";--", "\x00", "🙂", "a" * 500])
def test_text_that_nothing_matches_gives_no_suggestion(typed: str):
    assert SMALL.find(typed, 8) == ()


def test_starter_is_offered_while_typing_unless_an_approved_question_says_the_same(kb: KnowledgeBase):
    starters = ("低保怎么申请", "工伤怎么认定？")
    typeahead = make_typeahead([LOW_INCOME], kb.storage.documents, TODAY, starters=starters)
    found = {suggestion.text: suggestion.kind for suggestion in typeahead.find("怎么", 8)}
    assert found["工伤怎么认定？"] is SuggestionKind.STARTER
    assert found["低保怎么申请？"] is SuggestionKind.FAQ
    assert "低保怎么申请" not in found


def test_suggestions_are_limited_and_distinct():
    assert len(texts(SMALL, "公开", limit=2)) == 2
    suggested = texts(SMALL, "公开")
    assert len(suggested) == len(set(suggested)) == 4


def test_valid_approved_entry_is_found_by_a_variant_and_shown_as_its_question(kb: KnowledgeBase):
    entries = [
        LOW_INCOME,
        LOW_INCOME.model_copy(update={"id": "F2", "question": "低保草稿？", "status": FaqStatus.DRAFT}),
        LOW_INCOME.model_copy(
            update={"id": "F3", "question": "低保旧规定？", "valid_until": date(2022, 1, 1)}
        ),
    ]
    typeahead = make_typeahead(entries, kb.storage.documents, TODAY)
    (suggestion,) = typeahead.find("办低保", 8)
    assert (suggestion.text, suggestion.kind, suggestion.url) == ("低保怎么申请？", SuggestionKind.FAQ, None)
    assert texts(typeahead, "低保") == ["低保怎么申请？"]


def test_heading_has_the_address_of_its_place(kb: KnowledgeBase):
    suggestion = make_typeahead([], kb.storage.documents, TODAY).find("政策解读实效", 8)[0]
    assert (suggestion.text, suggestion.document) == ("提高政策解读实效", "2023年浔阳区政务公开工作要点")
    document_id, place = suggestion.url.removeprefix("/doc/").split("?")
    start, end = (int(part.split("=")[1]) for part in place.split("&"))
    shown = kb.storage.documents.get(document_id).text[start:end]
    assert shown.endswith("提高政策解读实效") and len(shown) < 20


def test_headings_lose_numbering_and_short_ones_are_left_out():
    text = "# 物业管理条例\n\n## 第一章 总则\n\n第一条 甲。\n\n## 第二章 业主及业主大会\n\n第二条 乙。\n"
    headings = [line.text for line in headings_of(make_document(text, sections=read_outline(text)))]
    assert headings == ["物业管理条例", "业主及业主大会"]


class Shelf:
    """Documents by id; `opened` are the ids of those whose text was read."""

    def __init__(self, *documents: PolicyDocument):
        self.documents = {document.id: document for document in documents}
        self.opened: list[str] = []

    def summaries(self) -> list[PolicyDocument]:
        return list(self.documents.values())

    def get(self, document_id: str) -> PolicyDocument:
        self.opened.append(document_id)
        return self.documents[document_id]


def test_repealed_document_is_not_suggested():
    old = make_document(id="old", title="旧物业管理办法", status=Status.REPEALED)
    typeahead = make_typeahead([], Shelf(make_document(), old), TODAY)
    assert texts(typeahead, "物业管理") == ["物业管理条例"]


def test_only_changed_documents_are_read_again():
    shelf, read = Shelf(make_document(), make_document(id="fire", title="消防条例")), {}
    make_typeahead([], shelf, TODAY, read=read)
    shelf.documents["fire"] = make_document(id="fire", title="城市消防条例")
    shelf.documents["water"] = make_document(id="water", title="供水条例")
    shelf.opened.clear()
    typeahead = make_typeahead([], shelf, TODAY, read=read)
    assert shelf.opened == ["fire", "water"]
    assert texts(typeahead, "消防") == ["城市消防条例"]
    assert texts(typeahead, "物业管理") == ["物业管理条例"]


def test_ten_thousand_headings_are_searched_within_50_ms():
    beginnings, matters = ("推进", "规范", "加强", "完善", "落实"), "政务信息公开社会保险登记义务教育经费"
    names = [first + second * 2 + third for first, second, third in product(beginnings, matters, matters)]
    typeahead = Typeahead([heading(f"{text}{number}号工作") for text in names[:1000] for number in range(10)])
    for typed in ("政", "推进", "gongzuo", "zwxx", "社会保险登记要多久" * 50):
        start = perf_counter()
        for _ in range(5):
            typeahead.find(typed, 8)
        assert (perf_counter() - start) / 5 < 0.05  # a tenth of that is usual
