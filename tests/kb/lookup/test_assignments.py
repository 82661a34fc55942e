"""kb.lookup.assignments: all tasks of a unit, read by hand from the district's work plan."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import WORK_PLAN

from ingest.pipeline.run import ingest
from kb.answers import Answer, AnswerKind, Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question, Status
from kb.settings import Settings

NEWER = """2024年浔阳区政务公开工作要点
各街道办事处、区政府各部门：
2024年全区政务公开工作要点如下。
一、重点工作
（一）清理文件。区政府各部门的规范性文件年底前清理完毕。（牵头单位：区司法局；责任单位：区政府各部门）
（二）公开政策。就业政策6月底前集中公开。（牵头单位：区人社局；责任单位：各街道）
浔阳区人民政府办公室
2024年3月1日
"""


@pytest.fixture(scope="module")
def plans(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    """The plan of 2023 and a short one of 2024."""
    folder = tmp_path_factory.mktemp("plans")
    shutil.copy(WORK_PLAN, folder)
    (folder / "2024年要点.txt").write_text(NEWER, encoding="utf-8")
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([folder], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str) -> Answer:
    return kb.answerer.answer(Question(text=text))


def quoted(answer: Answer) -> list[str]:
    """Year and first 14 characters of each cited measure."""
    return [f"{citation.date[:4]} {citation.quote[:14]}" for citation in answer.citations if citation.date]


def test_list_holds_all_measures_of_a_unit_in_any_role(kb: KnowledgeBase) -> None:
    answer = ask(kb, "区人社局负责哪些任务？")
    assert (answer.kind, answer.ending) == (AnswerKind.EXTRACT, Ending.LISTED)
    lines = answer.text.split("\n")
    assert lines[0] == "区人社局负责的任务共 2 项（牵头 1 项，责任 1 项）："
    assert lines[1] == "《2023年浔阳区政务公开工作要点》（2023-09-04）"
    assert lines[2].startswith("1. (二)做好优化营商环境信息公开：集中公开稳岗扩岗")
    assert lines[3].startswith("2. (四)做好重点民生领域信息公开：做好就业、教育、医疗")
    assert answer.departments == ("区人社局",)


def test_measures_with_collective_names_are_listed_apart(kb: KnowledgeBase) -> None:
    """Of the other 31 measures, 18 name departments collectively."""
    answer = ask(kb, "区人社局负责哪些任务？")
    (shared,) = [line for line in answer.text.split("\n") if line.startswith("另有")]
    assert shared == (
        "另有 18 项写的是“区政府各相关部门”“15个一级指标牵头单位”“区政府各部门”“各被审计单位”这类统称，"
        "区人社局是否在内以文件为准："
    )
    assert len(answer.citations) == 2 + 18


def test_every_listed_measure_is_cited_in_place(kb: KnowledgeBase) -> None:
    for citation in ask(kb, "区财政局有哪些工作").citations:
        document = kb.storage.documents.get(citation.document_id)
        assert document is not None
        assert document.text[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    ("question", "count"),
    [
        pytest.param("区司法局牵头的工作有哪些", "区司法局牵头的任务共 1 项：", id="lead"),
        pytest.param("司法局牵头哪些任务", "区司法局牵头的任务共 1 项：", id="everyday_name"),
        pytest.param(
            "请问区教体局要做哪些工作？", "区教体局负责的任务共 2 项（牵头 0 项，责任 2 项）：", id="any_role"
        ),
        pytest.param("区住建局牵头了几项工作", "区住建局牵头的任务共 1 项：", id="how_many"),
        pytest.param("區司法局牽頭的工作有哪些", "区司法局牵头的任务共 1 项：", id="traditional"),
        pytest.param("列出区数字中心牵头的全部举措", "区数字中心牵头的任务共 10 项：", id="list_them"),
        pytest.param(
            "2023年浔阳区政务公开工作要点里，区卫健委负责哪些任务",
            "区卫健委负责的任务共 1 项",
            id="plan_named",
        ),
    ],
)
def test_list_is_found_in_every_wording_of_the_question(kb: KnowledgeBase, question: str, count: str) -> None:
    assert ask(kb, question).text.startswith(count)


@pytest.mark.parametrize(
    "question",
    [
        "规范性文件清理工作由哪个单位牵头？",
        "区数字中心在政务新媒体方面负责哪些工作？",
        "政府开放日活动由谁牵头？",
        "政策解读的范围包括哪些文件？",
        "区人社局的联系电话是多少？",
    ],
)
def test_narrower_questions_are_left_to_the_search(kb: KnowledgeBase, question: str) -> None:
    assert ask(kb, question).ending is not Ending.LISTED


def test_measures_of_newest_plan_come_first(plans: KnowledgeBase) -> None:
    answer = ask(plans, "区司法局负责哪些任务")
    years = [line[1:5] for line in answer.text.split("\n") if line.startswith("《")]
    assert years[:2] == ["2024", "2023"]
    assert quoted(answer)[:2] == ["2024 （一）清理文件。区政府各部门", "2023 (八)切实加强政务信息管理。"]


def test_measures_due_earlier_are_listed_apart(plans: KnowledgeBase) -> None:
    answer = ask(plans, "哪些任务年底前完成？")
    assert answer.text.startswith("年底前完成的任务共 1 项：\n《2024年浔阳区政务公开工作要点》")
    assert "时限更早的有 3 项：" in answer.text
    assert len(answer.citations) == 4


def test_outdated_plan_is_left_out_unless_its_year_is_named(plans: KnowledgeBase) -> None:
    (old,) = [plan for plan in plans.storage.documents.summaries() if plan.source == WORK_PLAN.name]
    plans.storage.documents.set_validity(old.id, Status.REPEALED, None, ())
    try:
        assert {cited[:4] for cited in quoted(ask(plans, "区司法局负责哪些任务"))} == {"2024"}
        named = ask(plans, "2023年浔阳区政务公开工作要点里区司法局负责哪些任务")
        assert {cited[:4] for cited in quoted(named)} == {"2023"}
    finally:
        plans.storage.documents.set_validity(old.id, Status.IN_FORCE, None, ())
