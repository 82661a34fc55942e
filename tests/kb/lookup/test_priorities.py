"""kb.lookup.priorities: rules before plans, local before national, and places without documents."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.pipeline.run import ingest
from kb.answers import Answer, AnswerKind
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.lookup.priorities import is_plan
from kb.models import Question
from kb.settings import Settings

PLAN = """石桥区2024年养老服务工作要点
一、推进老年人助餐服务。老年人助餐服务补贴要及时发放，让老年人用餐更方便。（牵头单位：区民政局）
二、规范养老机构管理。（牵头单位：区民政局；责任单位：区市监局）
"""
LOCAL = """石桥区老年人助餐服务办法
第一条 石桥区的老年人助餐服务补贴为每餐4元。
第二条 年满六十周岁的老年人可以申请老年人助餐服务补贴。
石桥区人民政府
"""
NATIONAL = """老年人助餐服务管理规定
第一条 老年人助餐服务补贴为每餐2元以上。
第二条 年满六十五周岁的老年人可以申请老年人助餐服务补贴。
国务院办公厅
"""
ELSEWHERE = """柳溪区老年人理发服务办法
第一条 柳溪区的老年人理发服务补贴为每次9元。
柳溪区人民政府
"""
HAIR = """老年人理发服务管理规定
第一条 老年人理发服务补贴为每次3元以上。
国务院办公厅
"""


@pytest.fixture(scope="module")
def district(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("district")
    texts = {"要点": PLAN, "本区": LOCAL, "国家": NATIONAL, "外区": ELSEWHERE, "国家理发": HAIR}
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([folder], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str) -> Answer:
    return kb.answerer.answer(Question(text=text))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        pytest.param("老年人助餐服务补贴怎么领", "石桥区老年人助餐服务办法", id="rule_before_plan"),
        pytest.param("老年人助餐服务补贴是多少", "石桥区老年人助餐服务办法", id="local_before_national"),
        pytest.param("老年人助餐服务由谁牵头", "石桥区2024年养老服务工作要点", id="plan_asked_for"),
        pytest.param("老年人理发服务补贴是多少", "老年人理发服务管理规定", id="national_before_elsewhere"),
        pytest.param("柳溪区老年人理发服务补贴是多少", "柳溪区老年人理发服务办法", id="place_is_named"),
    ],
)
def test_first_source_is_the_document_that_comes_first(
    district: KnowledgeBase, question: str, title: str
) -> None:
    assert ask(district, question).citations[0].document == title


@pytest.mark.parametrize(
    ("question", "place"),
    [
        pytest.param("南昌市老年人助餐服务补贴是多少", "南昌市", id="city"),
        pytest.param("濂溪区老年人助餐补贴怎么申请", "濂溪区", id="district"),
    ],
)
def test_place_without_documents_is_refused_by_name(
    district: KnowledgeBase, question: str, place: str
) -> None:
    answer = ask(district, question)
    assert answer.kind is AnswerKind.REFUSED
    assert f"没有关于{place}的规定" in answer.text
    assert answer.candidates


@pytest.mark.parametrize(
    ("question", "says"),
    [
        pytest.param("我是南昌市户口，老年人理发服务补贴是多少", "每次3元以上", id="registered_elsewhere"),
        pytest.param("从南昌回来，老年人理发服务补贴是多少", "每次3元以上", id="came_from_there"),
        pytest.param("石桥区老年人助餐服务补贴是多少", "每餐4元", id="own_place"),
    ],
)
def test_place_that_somebody_comes_from_does_not_refuse(
    district: KnowledgeBase, question: str, says: str
) -> None:
    assert says in ask(district, question).text


@pytest.mark.parametrize(
    ("title", "plan"),
    [
        pytest.param("2023年浔阳区政务公开工作要点", True, id="work_plan"),
        pytest.param("浔阳区2022年法治政府建设工作总结", True, id="report"),
        pytest.param("浔阳区临时救助实施办法", False, id="rule"),
        pytest.param("关于做好高龄津贴发放的通知", False, id="notice"),
    ],
)
def test_plans_are_known_by_their_titles(title: str, plan: bool) -> None:
    assert is_plan(title) is plan
