"""Topics and starter questions that administrators edit in place of the shipped ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from staffing import make_staff

from kb.citizens.edited_starters import MOST, EditedStarters
from kb.citizens.starters import parse_starters, read_starters, shipped_text
from kb.citizens.suggestions import Suggestions
from kb.controls.store import Controls
from kb.errors import ConflictError, InputError, NotAllowedError
from kb.knowledge_base import KnowledgeBase
from kb.staff.audit import Audit
from kb.staff.audit_sentences import sentence
from kb.staff.permissions import Role
from kb.storage.database import open_database

NOW = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)
ADMIN = make_staff(Role.ADMIN)
ANSWERERS = "街道要安排几名政策解答员？"
NO_ANSWER = "怎么办离婚登记？"
TEXT = f"# 说明\n[公开]\n{ANSWERERS}\n\n[婚姻]\n{NO_ANSWER}\n"


@pytest.fixture
def house(kb: KnowledgeBase, tmp_path: Path) -> Iterator[KnowledgeBase]:
    """The session's documents with settings and suggestions of their own."""
    engine = open_database(tmp_path / "kb.sqlite")
    controls = Controls(engine, Audit(engine), kb.storage.documents)
    suggestions = Suggestions(
        kb.storage.documents,
        kb.faq.matcher,
        read_starters(),
        kb.citizens.journal,
        kb.answerer.answer,
        controls.rules,
    )
    yield replace(
        kb,
        controls=controls,
        citizens=replace(kb.citizens, suggestions=suggestions),
        starters=EditedStarters(controls, kb.answerer.quote),
        staff=replace(kb.staff, audit=Audit(engine)),
    )
    engine.dispose()


def topics(house: KnowledgeBase) -> list[str]:
    return [topic.topic for topic in house.citizens.suggestions.welcome(NOW).topics]


def test_shipped_text_says_what_the_file_says(house: KnowledgeBase):
    assert parse_starters(list(filter(None, shipped_text().splitlines()))) == read_starters()
    now = house.starters.now(ADMIN)
    assert now.is_shipped and now.text == shipped_text() and now.saved.version == 0


def test_edited_topics_take_the_place_of_the_shipped_ones_until_these_are_restored(house: KnowledgeBase):
    house.starters.save(ADMIN, TEXT, 0, NOW)
    assert topics(house) == ["公开", "婚姻"]
    house.citizens.suggestions.refresh(lambda: False)
    assert topics(house) == ["公开"]  # no document answers the other question
    assert ANSWERERS in [found.text for found in house.citizens.suggestions.typed("街道")]
    assert ("公开",) in house.citizens.suggestions.topics_of_documents().values()
    now = house.starters.now(ADMIN)
    assert not now.is_shipped and "#" not in now.text and now.saved.who == ADMIN.name
    house.starters.restore(ADMIN, now.saved.version, NOW)
    assert house.citizens.suggestions.topics() == read_starters()


def test_preview_tells_which_new_questions_have_an_answer_and_saves_nothing(house: KnowledgeBase):
    tried = house.starters.tried(ADMIN, f"[公开]\n{ANSWERERS}\n街道的政策解答员有几名？\n{NO_ANSWER}")
    assert [one.question for one in tried.tried] == ["街道的政策解答员有几名？", NO_ANSWER]
    assert [one.is_answered for one in tried.tried] == [True, False]
    assert tried.tried[0].document and tried.left == 0
    assert house.starters.now(ADMIN).is_shipped


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("怎么登记失业？", "之前没有主题"),
        ("[就业]\n怎么登记失业？\n怎么登记失业？", "写了两次"),
        (" \n# 无", "至少写一个"),
        ("[就业]", "至少写一个"),
        (f"[{'业' * 13}]\n怎么登记失业？", "1 到 12 个字"),
        ("[就业]\n" + "\n".join(f"第{n}个问题？" for n in range(MOST + 1)), f"{MOST} 个以内"),
    ],
    ids=["no_topic", "twice", "empty", "no_question", "long_topic", "too_many"],
)
def test_text_with_a_fault_is_not_saved_and_told(house: KnowledgeBase, text: str, told: str):
    with pytest.raises(InputError) as refused:
        house.starters.save(ADMIN, text, 0, NOW)
    assert told in refused.value.citizen or told in str(refused.value)
    assert house.starters.now(ADMIN).is_shipped


def test_only_administrators_change_them_one_after_the_other_and_the_log_says_so(house: KnowledgeBase):
    with pytest.raises(NotAllowedError):
        house.starters.save(make_staff(Role.REVIEWER), TEXT, 0, NOW)
    house.starters.save(ADMIN, TEXT, 0, NOW)
    with pytest.raises(ConflictError):
        house.starters.save(ADMIN, "[公开]\n别的问题？", 0, NOW)
    (entry,) = house.staff.audit.entries(9)
    assert "首页的主题和常见提问" in sentence(entry, {}, {})
