"""The life of an FAQ entry on real documents: who may take which step, and what citizens get then."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import WORK_PLAN

from ingest.pipeline.run import ingest
from kb.answers import AnswerKind
from kb.embedding.embedder import Embedder
from kb.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from kb.faq.entries import FaqEntries
from kb.faq.findings import FindingKind
from kb.faq.models import FaqDraft, FaqEntry, FaqFilter, FaqRecord, FaqState, FaqStatus, FaqStep
from kb.faq.reading import detail, look_up
from kb.faq.records import FaqRecords
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question, Span
from kb.settings import Settings
from kb.staff.permissions import Role, Staff
from kb.storage.database import open_database

NOW = datetime(2024, 5, 10, 1, 0, tzinfo=UTC)
EDITOR = Staff(name="wangfang", title="王芳", role=Role.EDITOR)
COLLEAGUE = Staff(name="zhaomin", title="赵敏", role=Role.EDITOR)
REVIEWER = Staff(name="lijie", title="李洁", role=Role.REVIEWER)
ANSWERER = Staff(name="chenna", title="陈娜", role=Role.ANSWERER)
QUOTE = "各街道至少安排1-2名政策解答员"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    shutil.copy(WORK_PLAN, folder / "工作要点.txt")
    return folder


@pytest.fixture(scope="module")
def desk(make_home: Callable[[], Path], corpus: Path, embedder: Embedder) -> Iterator[KnowledgeBase]:
    """A knowledge base with the district's work plan, to write entries in."""
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([corpus], kb, progress=False).failed
        yield kb


@pytest.fixture
def plan(desk: KnowledgeBase, corpus: Path) -> Iterator[str]:
    """The work plan's id; changes of a test to the file are undone afterwards."""
    (summary,) = desk.storage.documents.summaries()
    yield summary.id
    (corpus / "工作要点.txt.meta.yaml").unlink(missing_ok=True)
    shutil.copy(WORK_PLAN, corpus / "工作要点.txt")
    ingest([corpus], desk, progress=False)


def make_draft(question: str, **fields: object) -> FaqDraft:
    return FaqDraft(**{"question": question, "answer": "请到街道便民服务中心办理。", **fields})


def approved(desk: KnowledgeBase, draft: FaqDraft) -> FaqRecord:
    record = desk.faq.life.create(EDITOR, draft, NOW)
    record = desk.faq.life.submit(EDITOR, record.entry.id, record.version, NOW)
    return desk.faq.life.approve(REVIEWER, record.entry.id, record.version, True, NOW)


def faq_answer(desk: KnowledgeBase, question: str) -> str | None:
    """The id of the entry that answers a citizen, None when none does."""
    answer = desk.answerer.answer(Question(text=question))
    assert (answer.kind is AnswerKind.FAQ) == (answer.faq_id is not None)
    return answer.faq_id


def test_entry_answers_from_approval_to_withdrawal(desk: KnowledgeBase):
    life = desk.faq.life
    question, rephrased = "老年人优待证怎么办理？", "请问老年人优待证怎样办理"
    draft = life.create(EDITOR, make_draft(question), NOW)
    submitted = life.submit(EDITOR, draft.entry.id, 1, NOW)
    assert faq_answer(desk, rephrased) is None
    record = life.approve(REVIEWER, draft.entry.id, submitted.version, True, NOW)
    assert faq_answer(desk, rephrased) == draft.entry.id
    assert (record.checked_by, record.checked_title, record.checked_at) == ("lijie", "李洁", NOW)
    life.withdraw(REVIEWER, draft.entry.id, record.version, NOW)
    assert faq_answer(desk, rephrased) is None


def test_changed_entry_answers_again_only_after_new_approval(desk: KnowledgeBase):
    record = approved(desk, make_draft("残疾人证怎么申领？"))
    again = make_draft("残疾人证怎么申领？", answer="请到区政务服务大厅残联窗口办理。")
    saved = desk.faq.life.save(COLLEAGUE, record.entry.id, record.version, again, NOW)
    assert (saved.entry.status, saved.checked_by) == (FaqStatus.DRAFT, None)
    assert faq_answer(desk, "残疾人证怎么申领") is None
    submitted = desk.faq.life.submit(COLLEAGUE, record.entry.id, saved.version, NOW)
    desk.faq.life.approve(REVIEWER, record.entry.id, submitted.version, True, NOW)
    answer = desk.answerer.answer(Question(text="残疾人证怎么申领"))
    assert answer.text == "请到区政务服务大厅残联窗口办理。"


def test_saving_the_same_words_makes_no_new_version(desk: KnowledgeBase):
    record = approved(desk, make_draft("失业金怎么领取？"))
    assert (
        desk.faq.life.save(EDITOR, record.entry.id, record.version, make_draft("失业金怎么领取？"), NOW)
        == record
    )
    assert faq_answer(desk, "失业金怎么领取") == record.entry.id


def test_approval_by_author_or_last_editor_is_refused(desk: KnowledgeBase):
    life, writing_reviewer = desk.faq.life, REVIEWER.model_copy(update={"name": "sunli"})
    own = life.create(writing_reviewer, make_draft("医保卡丢了怎么补办？"), NOW)
    life.submit(writing_reviewer, own.entry.id, 1, NOW)
    with pytest.raises(NotAllowedError, match="不能自己审核"):
        life.approve(writing_reviewer, own.entry.id, 2, True, NOW)
    other = life.create(EDITOR, make_draft("医保怎么转移？"), NOW)
    edited = life.save(writing_reviewer, other.entry.id, 1, make_draft("医保关系怎么转移？"), NOW)
    life.submit(EDITOR, other.entry.id, edited.version, NOW)
    with pytest.raises(NotAllowedError, match="不能自己审核"):
        life.approve(writing_reviewer, other.entry.id, 3, True, NOW)
    assert life.approve(REVIEWER, other.entry.id, 3, True, NOW).answers


def test_approval_without_secrecy_check_is_refused(desk: KnowledgeBase):
    record = desk.faq.life.create(EDITOR, make_draft("居住证怎么办理？"), NOW)
    desk.faq.life.submit(EDITOR, record.entry.id, 1, NOW)
    with pytest.raises(InputError, match="保密审查"):
        desk.faq.life.approve(REVIEWER, record.entry.id, 2, False, NOW)
    assert faq_answer(desk, "居住证怎么办理") is None


def test_rejected_entry_becomes_a_draft_with_the_note(desk: KnowledgeBase):
    life = desk.faq.life
    record = life.create(EDITOR, make_draft("公租房怎么申请？"), NOW)
    life.submit(EDITOR, record.entry.id, 1, NOW)
    with pytest.raises(InputError, match="理由"):
        life.reject(REVIEWER, record.entry.id, 2, " ", NOW)
    back = life.reject(REVIEWER, record.entry.id, 2, "请写明收入标准", NOW)
    assert (back.entry.status, back.note) == (FaqStatus.DRAFT, "请写明收入标准")
    assert life.submit(EDITOR, record.entry.id, 3, NOW).note is None


@pytest.mark.parametrize(
    ("status", "step"),
    [
        pytest.param(FaqStatus.DRAFT, "approve", id="approve_a_draft"),
        pytest.param(FaqStatus.DRAFT, "reject", id="reject_a_draft"),
        pytest.param(FaqStatus.SUBMITTED, "submit", id="submit_twice"),
        pytest.param(FaqStatus.APPROVED, "submit", id="submit_an_approved_one"),
        pytest.param(FaqStatus.APPROVED, "approve", id="approve_twice"),
    ],
)
def test_step_that_the_status_does_not_allow_is_refused(desk: KnowledgeBase, status: FaqStatus, step: str):
    life = desk.faq.life
    record = life.create(EDITOR, make_draft(f"{status.label}时{step}怎么办？"), NOW)
    if status is not FaqStatus.DRAFT:
        record = life.submit(EDITOR, record.entry.id, 1, NOW)
    if status is FaqStatus.APPROVED:
        record = life.approve(REVIEWER, record.entry.id, 2, True, NOW)
    steps = {
        "submit": lambda: life.submit(EDITOR, record.entry.id, record.version, NOW),
        "approve": lambda: life.approve(REVIEWER, record.entry.id, record.version, True, NOW),
        "reject": lambda: life.reject(REVIEWER, record.entry.id, record.version, "改", NOW),
    }
    with pytest.raises(InputError, match=status.label):
        steps[step]()
    assert life.records.get(record.entry.id) == record


def test_second_save_of_the_same_version_names_the_first_editor(desk: KnowledgeBase):
    life = desk.faq.life
    record = life.create(EDITOR, make_draft("不动产证怎么办？"), NOW)
    life.save(EDITOR, record.entry.id, 1, make_draft("不动产证怎么办理？"), NOW + timedelta(minutes=1))
    with pytest.raises(ConflictError) as caught:
        life.save(COLLEAGUE, record.entry.id, 1, make_draft("房产证怎么办理？"), NOW + timedelta(minutes=2))
    assert "王芳在 05月10日 09:01 已经修改了这条问答（第 2 版）" in str(caught.value)
    assert life.records.get(record.entry.id).entry.question == "不动产证怎么办理？"
    taken = life.save(COLLEAGUE, record.entry.id, 2, make_draft("房产证怎么办理？"), NOW)
    assert taken.version == 3


def test_history_shows_who_took_each_step_and_what_changed(desk: KnowledgeBase):
    life = desk.faq.life
    record = life.create(EDITOR, make_draft("答复期限多长？", answer="20日内答复。"), NOW)
    life.save(COLLEAGUE, record.entry.id, 1, make_draft("答复期限多长？", answer="30日内答复。"), NOW)
    life.submit(EDITOR, record.entry.id, 2, NOW)
    lines = detail(life.records, EDITOR, record.entry.id).history
    assert [(line.version.step, line.version.saved_title) for line in lines] == [
        (FaqStep.SUBMITTED, "王芳"),
        (FaqStep.SAVED, "赵敏"),
        (FaqStep.CREATED, "王芳"),
    ]
    (change,) = lines[1].changes
    assert [(piece.kind, piece.text) for piece in change.pieces] == [
        ("removed", "2"),
        ("added", "3"),
        ("same", "0日内答复。"),
    ]


def test_audit_log_has_every_step_with_its_changes(desk: KnowledgeBase):
    record = approved(desk, make_draft("营业执照遗失怎么补领？"))
    entries = desk.staff.audit.entries(10, subject=record.entry.id)
    assert [(entry.actor, entry.action) for entry in entries] == [
        ("lijie", "通过问答"),
        ("wangfang", "提交问答"),
        ("wangfang", "新建问答"),
    ]
    assert entries[0].before == {
        "status": "submitted",
        "version": 2,
        "checked_by": None,
        "checked_at": None,
    }
    assert desk.staff.audit.verify() is None


@pytest.mark.parametrize(
    ("departments", "department", "sentence"),
    [
        pytest.param(("区民政局",), "区教体局", "属于区教体局", id="another_department"),
        pytest.param(("区民政局",), None, "没有填部门", id="no_department"),
    ],
)
def test_editor_may_not_write_for_other_departments(
    desk: KnowledgeBase, departments: tuple[str, ...], department: str | None, sentence: str
):
    bound = EDITOR.model_copy(update={"departments": departments})
    with pytest.raises(NotAllowedError, match=sentence):
        desk.faq.life.create(bound, make_draft("学区怎么划分？", department=department), NOW)
    theirs = desk.faq.life.create(EDITOR, make_draft("学区怎么划分的？", department=department), NOW)
    own = make_draft("学区怎么划分的？", department="区民政局")
    with pytest.raises(NotAllowedError, match=sentence):
        desk.faq.life.save(bound, theirs.entry.id, 1, own, NOW)


def test_answerer_may_propose_a_draft_but_not_submit_it(desk: KnowledgeBase):
    record = desk.faq.life.propose(ANSWERER, make_draft("旁听会议怎么报名？"), NOW)
    assert (record.entry.status, record.author) == (FaqStatus.DRAFT, "chenna")
    with pytest.raises(NotAllowedError):
        desk.faq.life.submit(ANSWERER, record.entry.id, 1, NOW)
    with pytest.raises(NotAllowedError):
        desk.faq.life.create(ANSWERER, make_draft("怎么预约？"), NOW)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({"quote": QUOTE}, "出处文件", id="quote_of_nothing"),
        pytest.param({"document_id": "没有"}, "已不在知识库里", id="unknown_document"),
        pytest.param({"valid_from": "2024-06-01", "valid_until": "2024-05-01"}, "有效期", id="dates"),
    ],
)
def test_draft_with_wrong_fields_is_refused_with_a_sentence(
    desk: KnowledgeBase, fields: dict[str, object], sentence: str
):
    with pytest.raises(InputError, match=sentence):
        desk.faq.life.create(EDITOR, make_draft("街道有几名政策解答员？", **fields), NOW)


def test_quote_that_is_not_in_the_document_is_refused(desk: KnowledgeBase, plan: str):
    with pytest.raises(InputError, match="找不到引文“各街道至少安排5名政策解答员”"):
        draft = make_draft("几名解答员？", document_id=plan, quote="各街道至少安排5名政策解答员")
        desk.faq.life.create(EDITOR, draft, NOW)


def test_pasted_quote_is_found_in_the_document_and_cited(desk: KnowledgeBase, plan: str):
    pasted = "各街道至少安排１－２名\n政策解答员".replace("－", "-")
    record = approved(desk, make_draft("街道配备几名政策解答员？", document_id=plan, quote=pasted))
    assert record.quote == QUOTE
    answer = desk.answerer.answer(Question(text="街道配备几名政策解答员"))
    assert answer.faq_id == record.entry.id
    assert [citation.quote for citation in answer.citations] == [QUOTE]


def test_findings_name_near_and_contradicting_entries(desk: KnowledgeBase):
    approved(desk, make_draft("低保申请多少天办结？", answer="受理后20个工作日内由区民政局办结。"))
    draft = make_draft("低保申请多少天能办结", answer="受理后30个工作日内由区民政局办结。")
    findings = desk.faq.life.findings(EDITOR, draft, None)
    assert [finding.kind for finding in findings][:2] == [FindingKind.CONTRADICTION, FindingKind.SAME]
    assert "工作日，本条为30，那条为20" in findings[0].sentence
    agreeing = make_draft("低保申请多少天能办结", answer="二十个工作日内办结。")
    kinds = {finding.kind for finding in desk.faq.life.findings(EDITOR, agreeing, None)}
    assert FindingKind.CONTRADICTION not in kinds
    assert FindingKind.SAME in kinds


def test_findings_include_drafts_but_not_the_entry_itself(desk: KnowledgeBase):
    record = desk.faq.life.create(EDITOR, make_draft("高龄津贴怎么申领？"), NOW)
    same = make_draft("高龄津贴如何申领？")
    assert record.entry.id in {finding.entry_id for finding in desk.faq.life.findings(EDITOR, same, None)}
    own_findings = desk.faq.life.findings(EDITOR, same, record.entry.id)
    assert record.entry.id not in {finding.entry_id for finding in own_findings}


def cite(desk: KnowledgeBase, question: str, plan: str) -> FaqRecord:
    record = approved(desk, make_draft(question, document_id=plan, quote=QUOTE))
    assert faq_answer(desk, question) == record.entry.id
    return record


def test_entries_of_repealed_document_stop_answering_until_reapproved(
    desk: KnowledgeBase, corpus: Path, plan: str
):
    question = "每个街道安排几位政策解答员？"
    record = cite(desk, question, plan)
    (corpus / "工作要点.txt.meta.yaml").write_text("status: 已废止\n", encoding="utf-8")
    ingest([corpus], desk, progress=False)
    assert faq_answer(desk, question) is None
    flagged = desk.faq.life.records.get(record.entry.id)
    assert flagged.review_reason == "《2023年浔阳区政务公开工作要点》已废止"
    assert flagged.version == record.version + 1
    assert desk.faq.entries.approved() == [e for e in desk.faq.entries.approved() if e.id != record.entry.id]
    again = desk.faq.life.approve(REVIEWER, record.entry.id, flagged.version, True, NOW)
    assert (again.review_reason, again.source_status) == (None, "已废止")
    assert faq_answer(desk, question) == record.entry.id
    assert desk.faq.life.review() == ()  # a validity that a reviewer has seen is no reason for another review


def test_entries_stop_answering_when_a_decision_repeals_their_document(
    desk: KnowledgeBase, corpus: Path, plan: str
):
    question = "每条街道要有几位政策解答员？"
    record = cite(desk, question, plan)
    decision = corpus / "废止决定.txt"
    decision.write_text(
        "浔阳区人民政府办公室关于废止部分文件的决定\n各街道办事处、区政府各部门：\n"
        "经研究，决定废止《2023年浔阳区政务公开工作要点》。\n浔阳区人民政府办公室\n2024年4月1日\n",
        encoding="utf-8",
    )
    try:
        ingest([corpus], desk, progress=False)
        flagged = desk.faq.life.records.get(record.entry.id)
        assert flagged.review_reason == "《2023年浔阳区政务公开工作要点》已废止"
        assert faq_answer(desk, question) is None
    finally:
        decision.unlink()
        ingest([corpus], desk, prune=True, progress=False)


def test_quote_that_moved_in_the_document_is_cited_at_its_new_place(
    desk: KnowledgeBase, corpus: Path, plan: str
):
    question = "街道最少安排几名政策解答员？"
    record = cite(desk, question, plan)
    file = corpus / "工作要点.txt"
    body = WORK_PLAN.read_text(encoding="utf-8")
    moved = body.replace("(六)丰富政策解读形式。", "(六)丰富政策解读形式。坚持公众视角,讲清楚、讲明白。")
    file.write_text(moved, encoding="utf-8")
    ingest([corpus], desk, progress=False)
    now = desk.faq.life.records.get(record.entry.id)
    assert (now.review_reason, now.version) == (None, record.version)
    assert now.entry.span is not None and record.entry.span is not None
    assert now.entry.span.start > record.entry.span.start
    answer = desk.answerer.answer(Question(text=question))
    assert [citation.quote for citation in answer.citations] == [QUOTE]


def test_entry_stops_answering_when_its_quote_is_changed(desk: KnowledgeBase, corpus: Path, plan: str):
    question = "街道应当安排几名政策解答员？"
    record = cite(desk, question, plan)
    body = WORK_PLAN.read_text(encoding="utf-8").replace(QUOTE, "各街道至少安排3名政策解答员")
    (corpus / "工作要点.txt").write_text(body, encoding="utf-8")
    ingest([corpus], desk, progress=False)
    assert faq_answer(desk, question) is None
    flagged = desk.faq.life.records.get(record.entry.id)
    assert flagged.review_reason is not None and "内容已变动" in flagged.review_reason
    with pytest.raises(InputError, match="重新选定出处"):
        desk.faq.life.approve(REVIEWER, record.entry.id, flagged.version, True, NOW)
    again = make_draft(question, document_id=plan, quote="各街道至少安排3名政策解答员")
    saved = desk.faq.life.save(EDITOR, record.entry.id, flagged.version, again, NOW)
    submitted = desk.faq.life.submit(EDITOR, record.entry.id, saved.version, NOW)
    desk.faq.life.approve(REVIEWER, record.entry.id, submitted.version, True, NOW)
    assert faq_answer(desk, question) == record.entry.id


def test_entry_stops_answering_when_its_document_is_removed(desk: KnowledgeBase, corpus: Path, plan: str):
    question = "各街道安排政策解答员几名？"
    record = cite(desk, question, plan)
    (corpus / "工作要点.txt").unlink()
    ingest([corpus], desk, prune=True, progress=False)
    assert faq_answer(desk, question) is None
    assert desk.faq.life.records.get(record.entry.id).review_reason == "出处文件已被移除"


def test_operator_entry_stops_answering_when_its_document_expires(
    desk: KnowledgeBase, corpus: Path, plan: str
):
    document = desk.storage.documents.get(plan)
    assert document is not None
    start = document.text.index(QUOTE)
    span = Span(start=start, end=start + len(QUOTE))
    question = "街道的政策解答员有几个？"
    entry = FaqEntry(id="op-1", question=question, answer="一至两名。", document_id=plan, span=span)
    desk.faq.entries.put([entry])
    desk.faq.life.review()
    desk.faq.life.tell(["op-1"])
    assert faq_answer(desk, question) == "op-1"
    (corpus / "工作要点.txt.meta.yaml").write_text("status: 已失效\n", encoding="utf-8")
    ingest([corpus], desk, progress=False)
    assert faq_answer(desk, question) is None


def test_restart_keeps_approved_entries_and_not_withdrawn_ones(
    make_home: Callable[[], Path], embedder: Embedder
):
    settings = Settings(home=make_home())
    with open_knowledge_base(settings, embedder=embedder) as kb:
        kept = approved(kb, make_draft("孤儿基本生活费怎么申请？"))
        withdrawn = approved(kb, make_draft("临时救助怎么申请？"))
        kb.faq.life.withdraw(REVIEWER, withdrawn.entry.id, withdrawn.version, NOW)
    with open_knowledge_base(settings, embedder=embedder) as kb:
        assert [entry.id for entry in kb.faq.matcher.entries] == [kept.entry.id]


def test_list_is_filtered_by_words_state_and_department(desk: KnowledgeBase):
    life = desk.faq.life
    funeral_draft = make_draft("殡葬补贴标准是多少？", variants=("丧葬费多少",), department="区殡葬管理所")
    first = life.create(EDITOR, funeral_draft, NOW)
    expiring = make_draft("殡葬惠民政策怎么申请？", department="区殡葬管理所", valid_until="2024-05-31")
    second = approved(desk, expiring)

    def ids(moment: datetime = NOW, **wanted: object) -> list[str]:
        page = look_up(life.records, EDITOR, FaqFilter(**wanted), 1, moment)
        assert page.total == len(page.records)
        return [record.entry.id for record in page.records]

    assert ids(text="丧葬費 補貼") == [first.entry.id]
    assert set(ids(department="区殡葬管理所")) == {first.entry.id, second.entry.id}
    assert ids(text="殡葬", state=FaqState.APPROVED) == [second.entry.id]
    june = NOW + timedelta(days=30)
    assert ids(june, text="殡葬", state=FaqState.APPROVED) == []
    assert ids(june, text="殡葬", state=FaqState.EXPIRED) == [second.entry.id]


def test_step_on_unknown_entry_raises_not_found(desk: KnowledgeBase):
    with pytest.raises(NotFoundError, match="没有编号为 faq-x 的问答"):
        desk.faq.life.submit(EDITOR, "faq-x", 1, NOW)


_BEFORE = """
create table faq_entries (id varchar primary key, status varchar not null, question text not null,
  body text not null, updated datetime not null);
create index ix_faq_entries_status on faq_entries (status);
insert into faq_entries values ('F1', 'approved', '旁听会议怎么报名？',
  '{"id":"F1","question":"旁听会议怎么报名？","answer":"请致电。","department":"区政府办"}',
  '2024-01-02 03:04:05.000000');
insert into faq_entries values ('F2', 'draft', '开放日在哪天？',
  '{"id":"F2","question":"开放日在哪天？","answer":"五月。","valid_until":"2024-05-31","status":"draft"}',
  '2024-01-02 03:04:05.000000');
"""


@pytest.mark.sqlite
def test_database_without_entry_versions_is_migrated(tmp_path: Path):
    """The table as it was before entries had versions."""
    file = tmp_path / "kb.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(_BEFORE)
    engine = open_database(file)
    records = FaqRecords(engine)
    assert [entry.id for entry in FaqEntries(engine).approved()] == ["F1"]
    first, second = records.all()
    assert (first.version, first.author, first.entry.department) == (1, "命令行", "区政府办")
    assert first.updated == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [version.entry for version in records.history("F2")] == [second.entry]
    assert records.page(FaqFilter(text="报名", department="区政府办"), NOW.date(), 1, 20).total == 1
    engine.dispose()
