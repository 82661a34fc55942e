"""The list that citizens browse, what a page says of a document, and what belongs to it."""

from datetime import date

import pytest
from factories import make_document
from viewing import FewDocuments

from ingest.structure.outline import read_outline
from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument, Standing, Status
from kb.shelf.listing import ListFilter
from kb.shelf.related import Relation, related_to
from kb.shelf.summary import outline_of


def titles(kb: KnowledgeBase, **wanted: object) -> list[str]:
    page = kb.shelf.listing.page(ListFilter(**wanted), 1, frozenset(), {})
    return [one.title for one in page.documents]


@pytest.mark.parametrize(
    "words", ["信息公开条例", "zfxxgk", "xinxigongkai", "政府 信息公开条例", "國務院令第711號"]
)
def test_document_is_found_by_title_number_and_pinyin(kb: KnowledgeBase, words: str):
    assert any("政府信息公开条例" in title for title in titles(kb, words=words)[:1])


def test_words_of_the_text_find_a_document_and_unknown_words_find_none(kb: KnowledgeBase):
    assert titles(kb, words="业主委员会") == ["物业管理条例"]
    assert titles(kb, words="业主委员会 量子力学") == []


def test_filters_narrow_and_count_what_the_others_leave(kb: KnowledgeBase):
    page = kb.shelf.listing.page(ListFilter(issuer="国务院"), 1, frozenset(), {})
    assert page.total == sum(one.issuer == "国务院" for one in page.documents) == 2
    assert "浔阳区人民政府办公室" in {choice.value for choice in page.issuers}
    assert not titles(kb, issuer="国务院", year="1911")


def test_topics_given_for_a_document_can_be_chosen(kb: KnowledgeBase):
    (law,) = [one for one in kb.storage.documents.summaries() if one.title == "物业管理条例"]
    topics = {law.id: ("住房",)}
    page = kb.shelf.listing.page(ListFilter(topic="住房"), 1, frozenset(), topics)
    assert [one.title for one in page.documents] == ["物业管理条例"]
    assert not kb.shelf.listing.page(ListFilter(topic="住房"), 1, frozenset({law.id}), topics).total


def test_summary_says_whom_a_document_is_for_in_its_own_words():
    text = (
        "# 高龄津贴办法\n\n## 第一章 总则\n\n第一条 为了关爱老人，制定本办法。\n\n"
        "第二条 本办法适用于户籍在本区、年满八十周岁的老年人。\n\n## 第二章 标准\n\n第三条 每月一百元。\n"
    )
    outline = outline_of(make_document(text, sections=read_outline(text)))
    assert outline.audience is not None
    assert outline.audience.text == "本办法适用于户籍在本区、年满八十周岁的老年人。"
    assert [part.text for part in outline.parts] == ["第一章 总则", "第二章 标准"]


@pytest.mark.parametrize("sentence", ["第二条 每月一百元。", "第二条 本办法不适用于企业。"])
def test_summary_is_silent_where_the_text_does_not_say(sentence: str):
    text = f"# 办法\n\n第一条 为了公平，制定本办法。\n\n{sentence}\n"
    assert outline_of(make_document(text, sections=read_outline(text))).audience is None


def relations(document: PolicyDocument, *others: PolicyDocument) -> dict[str, Relation]:
    groups = related_to(document, FewDocuments(document, *others), frozenset())
    return {one.id: group.relation for group in groups for one in group.documents}


def test_relations_are_read_from_titles_opening_and_validity():
    law = make_document(id="law", title="中华人民共和国养老保险条例")
    details = make_document(id="details", title="养老保险条例实施细则")
    spread = make_document(id="spread", title="关于贯彻《养老保险条例》的通知")
    older = make_document(
        id="older",
        title="养老保险条例",
        status=Status.REPEALED,
        written_date=date(1999, 1, 1),
        standing=Standing(sentence="被《养老保险条例》废止", document_id="law"),
    )
    other = make_document(id="other", title="殡葬管理条例")
    assert relations(law, details, spread, older, other) == {
        "details": Relation.CARRIED_OUT_BY,
        "spread": Relation.CARRIED_OUT_BY,
        "older": Relation.REPLACES,
    }
    assert relations(details, law) == {"law": Relation.BASIS}
    based = make_document(
        "# 补贴办法\n\n第一条 根据《养老保险条例》，制定本办法。\n", id="based", title="补贴办法"
    )
    assert relations(based, law) == {"law": Relation.BASIS}
    assert relations(older, law) == {"law": Relation.REPLACED_BY}
