"""kb.retrieval.questions: a question in people's words finds the passage that is known to answer it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from ingest.pipeline.run import ingest
from kb.answers import AnswerKind, Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Question, Signal
from kb.queue.drafts import forget_vectors
from kb.retrieval.questions.known import KNOWN, NEAREST, UNLIKE, chances
from kb.settings import Settings
from kb.storage.tables import faq_vectors

RULES = """# 某区物业服务用房管理规定

第一条 为了规范物业服务用房的配置和使用，制定本规定。

第二条 物业服务用房的所有权依法属于业主。未经业主大会同意，物业服务企业不得改变物业服务用房的用途。

第三条 召开业主大会会议，应当于会议召开15日以前通知全体业主。

第四条 业主委员会应当自选举产生之日起30日内，向街道办事处备案。

第五条 物业服务企业应当按月公布公共收益的收支情况。
"""
QUESTIONS = """questions:
  第二条:
    - 保安和管家办公的那几间屋子产权归谁？
  第三条:
    - 小区开大会得早几天跟住户打招呼？
"""
IN_EVERYDAY_WORDS = "小区开会要早几天跟住户打招呼？"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "用房.md").write_text(RULES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def own_kb(make_home: Callable[[], Path], embedder: Embedder, folder: Path) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as opened:
        assert not ingest([folder], opened, progress=False).failed
        yield opened


def tell(questions: str, folder: Path, kb: KnowledgeBase) -> None:
    """Ingest the rules again, with these questions."""
    (folder / "用房.md.meta.yaml").write_text(questions, encoding="utf-8")
    assert len(ingest([folder], kb, progress=False).replaced) == 1


def likeness(kb: KnowledgeBase, query: str, filters: Filters | None = None) -> list[float]:
    hits = kb.retrieval.retriever.retrieve(query, filters or Filters(), 10).kept
    return [hit.signals[Signal.ASKED] for hit in hits if Signal.ASKED in hit.signals]


def test_question_that_was_refused_is_answered_once_its_passage_brings_it(
    folder: Path, own_kb: KnowledgeBase
):
    before = own_kb.answerer.answer(Question(text=IN_EVERYDAY_WORDS))
    assert before.kind is AnswerKind.REFUSED
    tell(QUESTIONS, folder, own_kb)
    answer = own_kb.answerer.answer(Question(text=IN_EVERYDAY_WORDS))
    assert answer.ending is Ending.QUOTED
    assert answer.citations[0].quote == "第三条 召开业主大会会议，应当于会议召开15日以前通知全体业主。"
    assert answer.confidence > before.confidence


def test_line_of_a_long_article_that_a_known_question_is_put_to_is_quoted(
    folder: Path, own_kb: KnowledgeBase
):
    long = "".join(
        f"\n\n{who}因故不能到会的，应当在会议召开前{days}日书面告知召集人，并可以书面委托他人代为参加和表决。"
        "受委托的人应当出示委托书；委托书应当写明委托的事项、权限和期限，由委托人签名或者盖章，并留存备查。"
        for who, days in (("业主代表", "三"), ("楼长", "五"), ("租住的人", "七"), ("承租商铺的经营者", "九"))
    )
    (folder / "用房.md").write_text(f"{RULES}\n第六条 会议按照下列规定请假。{long}\n", encoding="utf-8")
    question = "开店的去不了小区的会，得早几天吱一声？"
    tell(f"{QUESTIONS}  承租商铺的经营者:\n    - {question}\n", folder, own_kb)
    answer = own_kb.answerer.answer(Question(text=question))
    assert "承租商铺的经营者因故" in answer.citations[0].quote
    assert "楼长" not in answer.citations[0].quote


def test_question_on_another_matter_is_not_answered_by_it(folder: Path, own_kb: KnowledgeBase):
    tell(QUESTIONS, folder, own_kb)
    assert max(likeness(own_kb, IN_EVERYDAY_WORDS)) >= KNOWN
    assert max(likeness(own_kb, "公共收益几个月公布一回？"), default=0) < KNOWN


def test_other_side_of_a_known_question_has_the_same_passage(folder: Path, own_kb: KnowledgeBase):
    tell(QUESTIONS, folder, own_kb)
    hit = own_kb.retrieval.retriever.retrieve("小区开大会不提前跟住户打招呼，行吗？", Filters(), 1).kept[0]
    assert hit.chunk.text.startswith("第三条")
    assert hit.signals[Signal.ASKED] >= KNOWN


def test_several_questions_of_a_passage_make_it_likelier(folder: Path, own_kb: KnowledgeBase):
    tell(QUESTIONS, folder, own_kb)
    with_one = max(likeness(own_kb, IN_EVERYDAY_WORDS))
    tell(f"{QUESTIONS}    - 开小区大会几天前要告诉大家？\n", folder, own_kb)
    assert max(likeness(own_kb, IN_EVERYDAY_WORDS)) > with_one


def test_chance_of_few_questions_is_that_of_a_cosine_among_unlike_ones():
    alone, beside = chances(np.array([0.97])), chances(np.array([0.97, *[UNLIKE] * (NEAREST - 1)]))
    assert alone[0] == pytest.approx(beside[0])
    assert chances(np.array([0.97] * NEAREST))[0] < 0.5 < alone[0]


def test_known_question_is_no_way_around_a_filter(folder: Path, own_kb: KnowledgeBase):
    tell(QUESTIONS, folder, own_kb)
    assert likeness(own_kb, IN_EVERYDAY_WORDS, Filters(department="区教体局")) == []


def test_question_taken_out_of_the_side_file_is_forgotten(folder: Path, own_kb: KnowledgeBase):
    tell(QUESTIONS, folder, own_kb)
    tell(QUESTIONS.split("  第三条")[0], folder, own_kb)
    assert max(likeness(own_kb, IN_EVERYDAY_WORDS), default=0) < KNOWN
    assert [len(chunk.questions) for chunk in own_kb.storage.documents.asked()] == [1]


def test_known_question_is_shown_nowhere(folder: Path, own_kb: KnowledgeBase):
    tell(QUESTIONS, folder, own_kb)
    answer = own_kb.answerer.answer(Question(text=IN_EVERYDAY_WORDS))
    hit = own_kb.retrieval.retriever.retrieve(IN_EVERYDAY_WORDS, Filters(), 1).kept[0]
    assert "打招呼" not in answer.model_copy(update={"question": "", "rewritten": ""}).model_dump_json()
    assert "打招呼" not in str(hit.as_json())


def test_purge_keeps_the_vectors_of_known_questions(folder: Path, own_kb: KnowledgeBase):
    tell(QUESTIONS, folder, own_kb)

    def kept() -> int | None:
        with own_kb.storage.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(faq_vectors))

    before = kept()
    with own_kb.storage.engine.begin() as connection:
        forget_vectors(connection, own_kb.settings.embed_model)
    assert kept() == before == 2
