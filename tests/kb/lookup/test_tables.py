"""kb.lookup.tables: questions about twelve tables of different shapes, answered as they stand there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_tables import write_all
from table_questions import SET_ASIDE, TRIED, Asked

from ingest.pipeline.run import ingest
from kb.answers import Answer, AnswerKind, Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.settings import Settings


@pytest.fixture(scope="module")
def tables(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("made")
    write_all(folder)
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([folder], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str, *before: str) -> Answer:
    return kb.answerer.answer(Question(text=text, history=before))


@pytest.mark.parametrize("asked", (*TRIED, *SET_ASIDE), ids=lambda asked: asked.text)
def test_question_gets_what_the_table_says(tables: KnowledgeBase, asked: Asked) -> None:
    answer = ask(tables, asked.text, *filter(None, [asked.before]))
    if asked.absent:
        assert answer.ending is Ending.NOT_LISTED, answer.text
        assert asked.absent in answer.text.rsplit("没有", 1)[1]
    elif asked.refused:
        assert answer.kind is AnswerKind.REFUSED
    elif asked.prose:
        assert answer.ending not in (Ending.LOOKED_UP, Ending.NOT_LISTED), answer.text
    else:
        assert answer.ending is Ending.LOOKED_UP, answer.text
        assert [words for words in asked.says if words not in answer.text] == []
        assert [words for words in asked.lacks if words in answer.text] == []


def test_cell_follows_what_its_row_is_about(tables: KnowledgeBase) -> None:
    answer = ask(tables, "困难残疾人生活补贴每月多少钱")
    assert answer.text == "项目：困难残疾人生活补贴；对象：持证残疾人；标准（元/月）：95"
    assert answer.kind is AnswerKind.EXTRACT


def test_whole_row_is_cited_in_place(tables: KnowledgeBase) -> None:
    (citation,) = ask(tables, "电工高级培训补贴多少钱").citations
    document = tables.storage.documents.get(citation.document_id)
    assert document is not None
    assert document.text[citation.start : citation.end] == citation.quote
    assert citation.quote == "职业（工种）：电工；等级：高级；补贴标准（元/人）：2000；培训学时：160"


def test_refusal_names_what_is_listed_and_what_is_not(tables: KnowledgeBase) -> None:
    answer = ask(tables, "公交车停车首小时多少钱")
    assert answer.kind is AnswerKind.REFUSED
    assert answer.text.startswith("《停车收费标准》列出了小型车、大型车、新能源汽车、摩托车，没有“公交车”。")
    assert answer.citations == ()
    assert answer.candidates[0].document == "停车收费标准"


def test_mean_says_from_how_many_rows(tables: KnowledgeBase) -> None:
    answer = ask(tables, "衔接资金产业项目平均每个乡镇多少万元")
    assert answer.text == "产业项目（万元）平均：90（按所列3项计算）"
    assert len(answer.citations) == 3


def test_highest_figure_comes_with_its_row(tables: KnowledgeBase) -> None:
    answer = ask(tables, "衔接资金基础设施最多的是哪个乡镇")
    assert answer.text == "基础设施（万元）最高的是：\n乡镇：石门镇；基础设施（万元）：150"
