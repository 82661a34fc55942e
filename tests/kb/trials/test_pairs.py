"""Evaluation pairs: kept by staff, exported for `python -m eval run`, asked again in the background."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete
from staffing import make_staff

from eval.dataset import read_questions
from ingest.pipeline.run import ingest
from kb.answers import Answer
from kb.commands.terminal import Kept
from kb.commands.trials import ExportPairs, RunTrial
from kb.embedding.embedder import Embedder
from kb.errors import ConflictError, InputError, NotAllowedError, NotFoundError, StoreError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Question
from kb.settings import Settings
from kb.staff.audit_sentences import changes, read_things, sentence
from kb.staff.permissions import OPERATOR, Role
from kb.storage.database import transaction
from kb.storage.queue_tables import trial_pairs, trial_runs
from kb.trials.judging import Fault
from kb.trials.running import Running

NOW = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)
EDITOR = make_staff(Role.EDITOR)
NIGHT = Question(text="夜里停车一小时多少钱")
BARE_LAND = Question(text="今天食堂有什么菜")
RULES = (
    "# 停车管理办法\n\n"
    "第一条 夜间停车收费标准为每小时两元，封顶十元。\n\n"
    "第二条 残疾人专用车辆停放免费，凭残疾人证办理。\n"
)


@pytest.fixture(scope="module")
def house(
    make_home: Callable[[], Path], embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KnowledgeBase]:
    """A knowledge base with one document of two articles."""
    file = tmp_path_factory.mktemp("documents") / "停车管理办法.md"
    file.write_text(RULES, encoding="utf-8")
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([file], kb, progress=False).failed
        yield kb


@pytest.fixture
def district(house: KnowledgeBase) -> KnowledgeBase:
    """The knowledge base without pairs and evaluations."""
    with transaction(house.storage.engine) as connection:
        for table in (trial_pairs, trial_runs):
            connection.execute(delete(table))
    return house


def passage(kb: KnowledgeBase, words: str) -> str:
    """The id of the passage with `words`."""
    hits = kb.retrieval.retriever.retrieve(words, Filters(), 10).kept
    return next(hit.chunk.id_ for hit in hits if words in hit.chunk.text)


def test_pair_is_kept_with_the_words_that_answer_and_told_in_the_audit_log(district: KnowledgeBase):
    pairs = district.trials.pairs
    pair = pairs.save(EDITOR, NIGHT, passage(district, "每小时两元"), NOW)
    assert pair.expected == "《停车管理办法》第一条"
    assert "封顶十元" in pair.passage
    assert pairs.all(make_staff(Role.ANSWERER)) == (pair,)
    entry = district.staff.audit.entries(1)[0]
    with transaction(district.storage.engine) as connection:
        things = read_things(connection, [entry.subject])
    assert sentence(entry, {"editor": "王编辑"}, things) == "王编辑 存入了评测题“夜里停车一小时多少钱”"
    assert "对的答案：《停车管理办法》第一条" in changes(entry)
    assert district.citizens.journal.recent() == ()


def test_question_saved_again_gets_the_new_answer(district: KnowledgeBase):
    pairs = district.trials.pairs
    first = pairs.save(EDITOR, NIGHT, passage(district, "每小时两元"), NOW)
    again = pairs.save(EDITOR, Question(text="夜里停车一小时多少钱？"), None, NOW)
    assert (again.id, again.expected) == (first.id, "文件里没有答案")
    assert pairs.all(EDITOR) == (again,)
    followed = pairs.save(EDITOR, NIGHT.model_copy(update={"history": ("停车收费吗",)}), None, NOW)
    assert followed.id != first.id


def test_what_citizens_say_of_themselves_is_masked(district: KnowledgeBase):
    pair = district.trials.pairs.save(EDITOR, Question(text="我电话13812345678，停车多少钱"), None, NOW)
    assert pair.question == "我电话〔电话号码〕，停车多少钱"


def test_removed_pair_is_gone(district: KnowledgeBase):
    pairs = district.trials.pairs
    pair = pairs.save(EDITOR, NIGHT, None, NOW)
    pairs.remove(EDITOR, pair.id, NOW)
    assert pairs.all(EDITOR) == ()
    with pytest.raises(NotFoundError):
        pairs.remove(EDITOR, pair.id, NOW)


def test_answerers_do_not_keep_pairs_and_empty_ones_are_refused(district: KnowledgeBase):
    answerer, trials = make_staff(Role.ANSWERER), district.trials
    for refused in (
        lambda: trials.pairs.save(answerer, NIGHT, None, NOW),
        lambda: trials.pairs.remove(answerer, 1, NOW),
        lambda: trials.running.start(answerer, NOW),
    ):
        with pytest.raises(NotAllowedError):
            refused()
    with pytest.raises(InputError, match="不能为空"):
        trials.pairs.save(EDITOR, Question(text=" "), None, NOW)
    with pytest.raises(InputError, match="已经不在"):
        trials.pairs.save(EDITOR, NIGHT, "gone", NOW)
    with pytest.raises(InputError, match="还没有评测题"):
        trials.running.start(EDITOR, NOW)


def test_exported_pairs_are_a_question_file(district: KnowledgeBase, tmp_path: Path):
    pairs, file = district.trials.pairs, tmp_path / "pairs.jsonl"
    pairs.save(
        EDITOR,
        NIGHT.model_copy(update={"history": ("停车收费吗",)}),
        passage(district, "每小时两元"),
        NOW,
    )
    pairs.save(EDITOR, BARE_LAND, None, NOW)
    kept = Kept()
    assert ExportPairs(file=file).run(district, kept) == 0
    assert kept.text == "导出 2 道题"
    night, bare = read_questions(file)
    assert night.doc_ids == ("停车管理办法.md",)
    assert night.history == ("停车收费吗",)
    assert "每小时两元" in night.evidence[0]
    assert (bare.question, bare.answerable) == (BARE_LAND.text, False)


def test_evaluation_names_what_went_wrong_and_what_turned_wrong_since(district: KnowledgeBase):
    trials, kept = district.trials, Kept()
    trials.pairs.save(EDITOR, NIGHT, passage(district, "每小时两元"), NOW)
    trials.pairs.save(EDITOR, BARE_LAND, None, NOW)
    assert RunTrial(as_json=False).run(district, kept) == 0
    assert "有答案的答对 1/1（100%）" in kept.text
    assert "没有答案的不答 1/1（100%）" in kept.text
    document = district.storage.documents.summaries()[0].id
    version = district.controls.overview(OPERATOR).excluded_saved.version
    district.controls.exclude(document, True, version, OPERATOR, NOW)
    assert RunTrial(as_json=False).run(district, kept) == 1
    district.controls.exclude(document, False, version + 1, OPERATOR, NOW)
    assert "检索未中：夜里停车一小时多少钱" in kept.text
    assert "由对变错：夜里停车一小时多少钱" in kept.text
    assert "有答案的答对 0/1（0%）（上次 1/1（100%））" in kept.text
    report = trials.running.report(make_staff(Role.ANSWERER))
    assert report is not None
    assert [one.fault for one in report.run.failed] == [Fault.MISSED]
    assert district.citizens.journal.recent() == ()


class Slow:
    """Answers questions once it is let; `asked` is set while it is at one."""

    def __init__(self, answer: Callable[[Question], Answer]) -> None:
        self.asked, self.let = threading.Event(), threading.Event()
        self._answer = answer

    def __call__(self, question: Question) -> Answer:
        self.asked.set()
        assert self.let.wait(30)
        return self._answer(question)


def no_documents(query: str) -> Sequence[str]:
    return ()


def test_one_evaluation_at_a_time_runs_in_the_background(district: KnowledgeBase):
    pairs, ask = district.trials.pairs, Slow(district.answerer.quote)
    running = Running(district.storage.engine, pairs, ask, no_documents)
    pairs.save(EDITOR, BARE_LAND, None, NOW)
    running.start(EDITOR, NOW)
    assert ask.asked.wait(30)
    assert running.progress is not None
    assert (running.progress.done, running.progress.total) == (0, 1)
    with pytest.raises(ConflictError, match="正在进行"):
        running.start(EDITOR, NOW)
    ask.let.set()
    running.close()
    assert running.progress is None
    report = running.report(EDITOR)
    assert report is not None
    assert report.run.failed == ()


def test_evaluation_ends_after_the_question_being_asked_when_the_service_stops(district: KnowledgeBase):
    pairs = district.trials.pairs
    for text in ("今天食堂有什么菜", "明天食堂有什么菜"):
        pairs.save(EDITOR, Question(text=text), None, NOW)
    asked: list[str] = []

    def ask(question: Question) -> Answer:
        asked.append(question.text)
        return district.answerer.quote(question)

    running = Running(district.storage.engine, pairs, ask, no_documents)
    assert running.run(EDITOR, NOW, lambda progress: None, lambda: len(asked) > 0) is None
    assert len(asked) == 1
    assert running.report(EDITOR) is None


def test_evaluation_that_fails_says_why_and_the_next_may_begin(district: KnowledgeBase):
    def fail(question: Question) -> Answer:
        raise StoreError("数据库读不出来")

    pairs = district.trials.pairs
    running = Running(district.storage.engine, pairs, fail, no_documents)
    pairs.save(EDITOR, BARE_LAND, None, NOW)
    running.start(EDITOR, NOW)
    running.close()
    assert running.failure == "数据库读不出来"
    with pytest.raises(StoreError):
        running.run(EDITOR, NOW, lambda progress: None)
