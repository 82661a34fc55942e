"""Who approves what others wrote, what of other departments is shown meanwhile, and how long words may be."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb.embedding.embedder import Embedder
from kb.errors import InputError, NotAllowedError
from kb.faq.models import FaqDraft, FaqStep
from kb.faq.reading import DiffKind, pieces
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role, Staff

NOW = datetime(2024, 5, 10, 1, 0, tzinfo=UTC)
EDITOR = Staff(name="wangfang", title="王芳", role=Role.EDITOR)


@pytest.fixture(scope="module")
def desk(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        yield kb


def make_draft(question: str, **fields: object) -> FaqDraft:
    return FaqDraft(**{"question": question, "answer": "请到街道便民服务中心办理。", **fields})


def reviewer(name: str) -> Staff:
    return Staff(name=name, title=name, role=Role.REVIEWER)


REVIEWER = reviewer("lijie")
WRITERS = tuple(map(reviewer, ("author", "second", "third", "last")))
CHANGES = ({"answer": "第二种答案。"}, {"variants": ("另一种问法？",)}, {"question": "换了说法怎么问？"})


@pytest.mark.hostile
def test_nobody_approves_words_that_they_changed_since_the_last_approval(desk: KnowledgeBase):
    life, question = desk.faq.life, "高龄津贴怎么认证？"
    record = life.create(WRITERS[0], make_draft(question), NOW)
    entry_id, fields = record.entry.id, {}
    for writer, change in zip(WRITERS[1:], CHANGES, strict=True):  # answer, variants, question
        fields |= change
        record = life.save(
            writer, entry_id, record.version, make_draft(**{"question": question, **fields}), NOW
        )
    record = life.submit(EDITOR, entry_id, record.version, NOW)
    for writer in WRITERS:
        with pytest.raises(NotAllowedError, match="不能自己审核"):
            life.approve(writer, entry_id, record.version, True, NOW)
    record = life.approve(REVIEWER, entry_id, record.version, True, NOW)
    changed = make_draft(**{"question": question, **fields, "answer": "第三种答案。"})
    record = life.save(REVIEWER, entry_id, record.version, changed, NOW)
    record = life.submit(EDITOR, entry_id, record.version, NOW)
    for writer in (REVIEWER, WRITERS[0]):  # who changed it now, and whose entry it is
        with pytest.raises(NotAllowedError, match="不能自己审核"):
            life.approve(writer, entry_id, record.version, True, NOW)
    life.approve(WRITERS[1], entry_id, record.version, True, NOW)  # changed nothing since


@pytest.mark.hostile
def test_importer_and_writer_of_withdrawn_words_may_not_approve(desk: KnowledgeBase):
    life, importer, reviver = desk.faq.life, reviewer("importer"), reviewer("reviver")
    (record,) = life.add(importer, [make_draft("公厕几点关门？")], True, FaqStep.IMPORTED, NOW)
    with pytest.raises(NotAllowedError, match="不能自己审核"):
        life.approve(importer, record.entry.id, record.version, True, NOW)
    record = life.withdraw(REVIEWER, record.entry.id, record.version, NOW)
    record = life.save(reviver, record.entry.id, record.version, make_draft("公厕夜里几点关？"), NOW)
    record = life.save(EDITOR, record.entry.id, record.version, make_draft("公厕晚上几点关门？"), NOW)
    record = life.submit(EDITOR, record.entry.id, record.version, NOW)
    for writer in (importer, reviver):
        with pytest.raises(NotAllowedError, match="不能自己审核"):
            life.approve(writer, record.entry.id, record.version, True, NOW)


@pytest.mark.hostile
def test_findings_name_no_draft_of_another_department(desk: KnowledgeBase):
    theirs = desk.faq.life.create(EDITOR, make_draft("入河排污口怎么审批？", department="区生态环境局"), NOW)
    same = make_draft("入河排污口怎么审批？", department="区民政局")
    bound = EDITOR.model_copy(update={"departments": ("区民政局",)})
    assert theirs.entry.id in {finding.entry_id for finding in desk.faq.life.findings(EDITOR, same, None)}
    assert theirs.entry.id not in {finding.entry_id for finding in desk.faq.life.findings(bound, same, None)}
    record = desk.faq.life.submit(EDITOR, theirs.entry.id, 1, NOW)
    desk.faq.life.approve(REVIEWER, record.entry.id, record.version, True, NOW)
    assert theirs.entry.id in {finding.entry_id for finding in desk.faq.life.findings(bound, same, None)}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"answer": "答" * 10_001}, "10,000 个字以内"),
        ({"variants": tuple(f"问法{n}" for n in range(101))}, "100 种以内"),
    ],
)
def test_draft_beyond_what_is_compared_in_good_time_is_refused(
    desk: KnowledgeBase, fields: dict[str, object], sentence: str
):
    with pytest.raises(InputError, match=sentence):
        desk.faq.life.create(EDITOR, make_draft("太长了？", **fields), NOW)


@pytest.mark.hostile
def test_difference_of_long_texts_is_found_in_steps_that_do_not_grow_with_their_pairs():
    before, after = "首" + "甲" * 200_000 + "尾", "首" + "乙" * 200_000 + "尾"
    found = list(pieces(before, after))
    assert [piece.kind.value for piece in found] == ["same", "removed", "added", "same"]
    assert "".join(piece.text for piece in found if piece.kind is not DiffKind.REMOVED) == after
    assert "".join(piece.text for piece in found if piece.kind is not DiffKind.ADDED) == before
