"""部门对照: which local department answers for which documents and questions."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories import CORPUS, make_document
from staffing import make_staff

from ingest.pipeline.run import ingest
from kb.answers import AnswerKind, Contact
from kb.controls.responsible import MapRow, Matter, departments_for
from kb.embedding.embedder import Embedder
from kb.errors import ConflictError, InputError, NotAllowedError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.settings import Settings
from kb.staff.audit_sentences import sentence
from kb.staff.permissions import Role

NOW = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)
ADMIN = make_staff(Role.ADMIN)
CONTACTS = [
    Contact(department="区人社局", name="陈静", phone="0792-8551001"),
    Contact(department="区民政局", name="刘洋", phone="0792-8551002"),
]
INJURY = MapRow(matter=Matter.WORDS, value="工伤", department="区人社局")


@pytest.mark.parametrize(
    ("matter", "value", "document", "is_covered"),
    [
        pytest.param(Matter.DOCUMENT, "物业管理条例", {}, True, id="title"),
        pytest.param(
            Matter.DOCUMENT, "社会保险法", {"title": "中华人民共和国社会保险法"}, True, id="short_title"
        ),
        pytest.param(Matter.DOCUMENT, "物业管理", {}, False, id="half_a_title"),
        pytest.param(Matter.WORDS, "物业", {}, True, id="words_of_the_title"),
        pytest.param(Matter.TOPIC, "住房", {"topic": "城乡建设、住房"}, True, id="topic"),
        pytest.param(Matter.TOPIC, "住房", {}, False, id="no_topic_stated"),
        pytest.param(Matter.ISSUER, "民政局", {"issuer": "浔阳区民政局"}, True, id="issuer"),
        pytest.param(Matter.ISSUER, "民政局", {"issuer": "国务院"}, False, id="another_issuer"),
    ],
)
def test_row_covers_documents_by_what_it_is_about(
    matter: Matter, value: str, document: dict[str, str], is_covered: bool
):
    row = MapRow(matter=matter, value=value, department="区住建局")
    assert row.covers(make_document(**document)) is is_covered


def test_most_particular_rows_come_first():
    rows = [
        MapRow(matter=Matter.ISSUER, value="国务院", department="区政府办"),
        MapRow(matter=Matter.WORDS, value="物业", department="区住建局"),
        MapRow(matter=Matter.WORDS, value="物业收费", department="区发改委"),
        MapRow(matter=Matter.DOCUMENT, value="物业管理条例", department="区城管局"),
    ]
    document = make_document(issuer="国务院")
    assert departments_for(rows, "物业收费谁定", [document]) == (
        "区城管局",
        "区发改委",
        "区住建局",
        "区政府办",
    )
    assert departments_for(rows, "小区物业谁管", ()) == ("区住建局",)


@pytest.fixture(scope="module")
def district(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """A knowledge base with 工伤保险条例, two contacts, and the row INJURY."""
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([CORPUS / "工伤保险条例(2010-12-20).md"], kb, progress=False).failed
        kb.staff.contacts.replace(CONTACTS)
        kb.department_map.put(INJURY, None, 0, ADMIN, NOW)
        yield kb


def version(kb: KnowledgeBase) -> int:
    return kb.department_map.overview(ADMIN).saved.version


def test_answer_from_a_national_law_offers_the_local_department(district: KnowledgeBase):
    answer = district.answerer.answer(Question(text="职工发生事故后用人单位几天内申请认定"))
    assert answer.kind is AnswerKind.EXTRACT
    assert answer.departments == ("区人社局",)
    assert [contact.name for contact in answer.contacts] == ["陈静"]


def test_unanswered_question_comes_to_the_desk_of_its_department(district: KnowledgeBase):
    answer = district.answerer.answer(Question(text="工伤科室早上几点开门"))
    assert answer.kind is AnswerKind.REFUSED
    assert [contact.phone for contact in answer.contacts] == ["0792-8551001"]
    district.citizens.journal.record(answer, None, NOW)
    district.queue.grouping.gather_all(lambda: False)
    own, other = (make_staff(Role.ANSWERER, (name,)) for name in ("区人社局", "区民政局"))
    assert [group.departments for group in district.queue.groups(own, NOW)] == [("区人社局",)]
    assert district.queue.groups(other, NOW) == []


def test_greeting_names_nobody(district: KnowledgeBase):
    assert district.answerer.answer(Question(text="你好")).departments == ()


def test_row_is_changed_and_removed_and_told_in_the_audit_log(district: KnowledgeBase):
    kept = district.department_map
    law = MapRow(matter=Matter.DOCUMENT, value=" 《工伤保险条例》 ", department="区民政局")
    kept.put(law, None, version(district), ADMIN, NOW)
    saved = kept.overview(ADMIN).rows[0]
    assert saved.value == "工伤保险条例"
    assert kept.covered(ADMIN, saved) == ("工伤保险条例",)
    changed = saved.model_copy(update={"department": "区人社局"})
    kept.put(changed, saved, version(district), ADMIN, NOW)
    kept.remove(changed, version(district), ADMIN, NOW)
    assert kept.overview(ADMIN).rows == (INJURY,)
    told = [sentence(entry, {ADMIN.name: "周管理"}, {}) for entry in district.staff.audit.entries(3)]
    assert sorted(told) == [
        "周管理 修改设置：部门对照 文件“工伤保险条例” → 区人社局",
        "周管理 修改设置：部门对照 文件“工伤保险条例” → 区民政局",
        "周管理 修改设置：部门对照（删去）文件“工伤保险条例” → 区人社局",
    ]


def test_row_that_cannot_stand_or_was_read_before_another_change_is_refused(district: KnowledgeBase):
    kept = district.department_map
    for row, why in (
        (INJURY.model_copy(update={"value": " "}), "请填写"),
        (INJURY.model_copy(update={"value": "伤"}), "至少 2 个字"),
        (INJURY.model_copy(update={"department": "区水务局"}), "通讯录里没有"),
    ):
        with pytest.raises(InputError, match=why):
            kept.put(row, None, version(district), ADMIN, NOW)
    with pytest.raises(ConflictError):
        kept.put(INJURY, None, 0, ADMIN, NOW)
    with pytest.raises(NotAllowedError):
        kept.put(INJURY, None, version(district), make_staff(Role.REVIEWER), NOW)
    assert kept.overview(ADMIN).rows == (INJURY,)
