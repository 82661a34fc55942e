"""Questions that ask the same come into one group, each once."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from kb.answers import Answer, AnswerKind, Ending
from kb.citizens.journal import FeedbackReason, Journal
from kb.citizens.left_questions import Questions, plain_code
from kb.embedding.embedder import Vectors
from kb.knowledge_base import KnowledgeBase
from kb.queue.grouping import AT_ONCE, Grouping
from kb.queue.items import ItemKind, ItemSource, NewItem
from kb.storage.database import open_database
from kb.storage.queue_tables import queue_departments, queue_groups, queue_items

NOW = datetime(2024, 5, 10, 1, 30, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "kb.sqlite")


@pytest.fixture
def grouping(engine: Engine, kb: KnowledgeBase) -> Grouping:
    return Grouping(engine, "bundled", kb.embedder.embed_queries)


@pytest.fixture
def refused(engine: Engine) -> Callable[..., str]:
    """Records a question that got no answer, and returns the answer's id."""
    journal = Journal(engine)

    def record(question: str, session: str | None = None, at: datetime = NOW, **fields: object) -> str:
        values: dict[str, object] = {
            "rewritten": question,
            "kind": AnswerKind.REFUSED,
            "ending": Ending.WEAK_EVIDENCE,
            "text": "目前收录的文件里没有查到。",
            "confidence": 0.1,
        }
        return journal.record(Answer(question=question, **{**values, **fields}), session, at)

    return record


def groups(engine: Engine) -> list[set[str]]:
    """The wordings of each group."""
    with engine.connect() as connection:
        rows = connection.execute(select(queue_items.c.group_id, queue_items.c.text)).all()
    return [
        {row.text for row in rows if row.group_id == number} for number in sorted({row[0] for row in rows})
    ]


@pytest.mark.parametrize(
    "wordings",
    [
        (
            "怎么办离婚登记？",
            "离婚登记到哪里办？",
            "办离婚登记要去哪",
            "我想离婚登记，怎么办理？",
            "離婚登記怎麼辦",
        ),
        ("公租房申请条件", "申请公租房要满足什么条件", "公租房申请条件？？"),
        ("怎么申请低保", "低保申请流程", "低保怎么办理"),
        ("物业费涨价合理吗", "物业费可以随便涨吗"),
        ("您好，我叫张三，手机〔电话号码〕，老年证怎么办理？", "老年证怎么办理"),
    ],
    ids=["离婚登记", "公租房", "低保", "物业费", "who asks"],
)
def test_paraphrases_are_one_group(
    engine: Engine, grouping: Grouping, refused: Callable[..., str], wordings: tuple[str, ...]
):
    for number, wording in enumerate(wordings):
        refused(wording, at=NOW + timedelta(minutes=number))
        assert grouping.gather() == 1
    assert groups(engine) == [set(wordings)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("怎么办离婚登记？", "怎么办结婚登记？"),
        ("离婚登记到哪里办？", "结婚登记到哪里办？"),
        ("怎么申请低保", "怎么注销低保"),
        ("怎么申请低保", "低保能领多少钱"),
        ("公租房申请条件", "廉租房申请条件"),
        ("2023年低保标准", "2024年低保标准"),
        ("区级低保标准是多少", "市级低保标准是多少"),
        ("电动车上牌要多少钱", "汽车上牌要多少钱"),
        ("小学怎么报名", "初中怎么报名"),
    ],
)
def test_different_questions_are_separate_groups(
    engine: Engine, grouping: Grouping, refused: Callable[..., str], first: str, second: str
):
    refused(first)
    refused(second)
    assert grouping.gather() == 2
    assert sorted(groups(engine), key=str) == sorted([{first}, {second}], key=str)


def test_each_question_is_grouped_once(engine: Engine, grouping: Grouping, refused: Callable[..., str]):
    for number in range(AT_ONCE + 3):
        refused(f"第{number}号线公交车几点发车？")
    grouping.gather_all(lambda: False)
    assert grouping.gather() == 0
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(queue_items)) == AT_ONCE + 3


def test_known_wording_is_grouped_without_the_model(
    engine: Engine, grouping: Grouping, refused: Callable[..., str]
):
    refused("怎么办离婚登记？")
    grouping.gather()

    def no_model(texts: object) -> None:
        raise AssertionError(f"embedded {texts}")

    refused("怎麼辦離婚登記")
    assert Grouping(engine, "bundled", no_model).gather() == 1
    assert len(groups(engine)) == 1


def test_left_questions_are_grouped_first(engine: Engine, grouping: Grouping, refused: Callable[..., str]):
    refused("公租房怎么申请？")
    Questions(engine, 7).leave("怎么办离婚登记？", None, None, ("区民政局",), NOW)
    assert grouping.gather(limit=1) == 1
    assert groups(engine) == [{"怎么办离婚登记？"}]
    with engine.connect() as connection:
        assert connection.scalars(select(queue_departments.c.department)).all() == ["区民政局"]


def test_question_of_a_clock_that_ran_ahead_hides_no_later_one(
    engine: Engine, grouping: Grouping, refused: Callable[..., str]
):
    refused("怎么办离婚登记？", at=datetime.now(UTC) + timedelta(days=400))
    grouping.gather()
    refused("公租房怎么申请？")
    grouping.gather()
    assert groups(engine) == [{"怎么办离婚登记？"}, {"公租房怎么申请？"}]


def test_only_refused_and_disliked_answers_are_grouped(
    engine: Engine, grouping: Grouping, refused: Callable[..., str]
):
    journal = Journal(engine)
    answered = {"kind": AnswerKind.EXTRACT, "ending": Ending.QUOTED}
    liked = refused("公租房怎么申请？", **answered)
    journal.feedback(liked, True, None, None, NOW)
    disliked = refused("低保标准是多少？", **answered)
    journal.feedback(disliked, False, FeedbackReason.OUTDATED, "这是去年的", NOW)
    refused("老年证怎么办理？", **answered)
    refused("小学怎么报名？", ending=Ending.CLOSED)
    grouping.gather()
    assert groups(engine) == [{"低保标准是多少？"}]


def test_answer_that_nobody_can_add_to_waits_for_nobody_unless_it_is_disliked(
    engine: Engine, grouping: Grouping, refused: Callable[..., str]
):
    refused("社会保险法第一百条", ending=Ending.NO_ARTICLE)
    refused("第十六条", ending=Ending.WHICH_DOCUMENT)
    disliked = refused("信访条例第九十条", ending=Ending.NO_ARTICLE)
    Journal(engine).feedback(disliked, False, FeedbackReason.OUTDATED, "有这一条", NOW)
    refused("民法典第一千零四十二条", ending=Ending.NO_DOCUMENT)
    grouping.gather()
    assert sorted(map(min, groups(engine))) == ["信访条例第九十条", "民法典第一千零四十二条"]


def test_follow_up_is_grouped_as_the_whole_question(
    engine: Engine, grouping: Grouping, refused: Callable[..., str]
):
    refused("那需要什么材料？", rewritten="离婚登记 需要什么材料")
    grouping.gather()
    assert groups(engine) == [{"离婚登记 需要什么材料"}]


def test_another_model_embeds_the_groups_again(
    engine: Engine, grouping: Grouping, kb: KnowledgeBase, refused: Callable[..., str]
):
    refused("怎么办离婚登记？")
    grouping.gather()
    refused("离婚登记到哪里办？")
    Grouping(engine, "another", kb.embedder.embed_queries).gather()
    assert len(groups(engine)) == 1
    with engine.connect() as connection:
        assert connection.scalars(select(queue_groups.c.model)).all() == ["another"]


def test_purge_removes_items_and_empty_groups(
    engine: Engine, grouping: Grouping, refused: Callable[..., str]
):
    questions = Questions(engine, 7)
    old, month = NOW - timedelta(days=200), timedelta(days=30)
    questions.leave("离婚登记到哪里办？", None, None, (), old)
    refused("怎么办离婚登记？", at=NOW)
    refused("公租房怎么申请？", at=old)
    note = {"kind": ItemKind.REPORT, "asker": "staff:wang", "asked_at": old, "note": "标准变了"}
    grouping.gather()
    grouping.add(
        NewItem(source=ItemSource.REPORT, ref="r1", text="低保标准是多少？", **note), lambda *_: None
    )
    before = NOW - 6 * month
    Journal(engine).purge(before)
    questions.purge(before)
    grouping.purge(before)
    assert groups(engine) == [{"怎么办离婚登记？"}]
    with engine.connect() as connection:
        assert connection.scalars(select(queue_groups.c.text)).all() == ["怎么办离婚登记？"]


def test_refused_then_left_question_counts_one_asker(
    engine: Engine, grouping: Grouping, refused: Callable[..., str]
):
    questions = Questions(engine, 7)
    first = refused("怎么办离婚登记？", session="conversation-1")
    refused("离婚登记怎么办", session="conversation-1")
    code = questions.leave("怎么办离婚登记？", None, first, (), NOW).code
    second = refused("怎么办离婚登记？")
    questions.leave("怎么办离婚登记？", None, second, (), NOW)
    grouping.gather()
    with engine.connect() as connection:
        askers = connection.scalars(select(queue_items.c.asker)).all()
        left = connection.scalars(select(queue_items.c.ref).where(queue_items.c.kind == "left")).all()
    assert (len(askers), len(set(askers))) == (5, 2)
    assert plain_code(code) in left


def test_try_gather_gives_up_while_another_thread_groups(
    engine: Engine, kb: KnowledgeBase, refused: Callable[..., str]
):
    started, go_on = threading.Event(), threading.Event()

    def embed_slowly(texts: Sequence[str]) -> Vectors:
        started.set()
        assert go_on.wait(30)
        return kb.embedder.embed_queries(texts)

    grouping = Grouping(engine, "bundled", embed_slowly)
    refused("怎么办离婚登记？")
    busy = threading.Thread(target=grouping.gather)
    busy.start()
    assert started.wait(30)
    grouping.try_gather()
    assert groups(engine) == []
    go_on.set()
    busy.join()
    assert groups(engine) == [{"怎么办离婚登记？"}]
