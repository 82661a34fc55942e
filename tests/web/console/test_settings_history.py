"""设置, 以前的版本: who changed what under each editor, and 恢复 through the editor's own save."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from staffing import make_staff

from kb.citizens.edited_starters import SUBJECT
from kb.clock import CHINA_TIME
from kb.controls.rules import default_sentence
from kb.controls.store import EVERYDAY_SUBJECT, SENTENCE_SUBJECT
from kb.errors import ConflictError, InputError, NotAllowedError
from kb.knowledge_base import KnowledgeBase
from kb.staff.audit import PURGED
from kb.staff.changes import Changes
from kb.staff.permissions import Role
from kb.storage.database import transaction
from web.console.settings.everyday_part import _EverydayPart
from web.console.settings.sentences_part import SentencesPart
from web.console.settings.starters_part import StartersPart

ADMIN = make_staff(Role.ADMIN)
NAME = "GREETING"
BUTTON = re.compile(r'<span data-number="(\d+)"><button[^>]*data-action="put_back"')
FIRST, SECOND = (
    "[就业]\n怎么登记失业？\n失业金领多久？",
    "[就业]\n怎么登记失业？\n失业金能领多久？\n[养犬]\n养狗要办证吗？",
)


@pytest.fixture
def changes(house: KnowledgeBase) -> Changes:
    return Changes(house.storage.engine, house.staff.audit)


@pytest.fixture
def sentences(house: KnowledgeBase, changes: Changes) -> Iterator[SentencesPart]:
    yield SentencesPart(house.controls, changes)
    house.controls.set_sentence(NAME, None, sentence_version(house), ADMIN, datetime.now(UTC))


@pytest.fixture
def everyday(house: KnowledgeBase, changes: Changes) -> _EverydayPart:
    return _EverydayPart(house.controls, house.everyday, changes)


@pytest.fixture
def starters(house: KnowledgeBase, changes: Changes) -> Iterator[StartersPart]:
    yield StartersPart(house.starters, changes)
    house.starters.restore(ADMIN, house.starters.now(ADMIN).saved.version, datetime.now(UTC))


def sentence_version(house: KnowledgeBase) -> int:
    return next(one for one in house.controls.overview(ADMIN).sentences if one.name == NAME).saved.version


def sentence_history(house: KnowledgeBase, part: SentencesPart, name: str = NAME) -> str:
    names = [one.name for one in house.controls.overview(ADMIN).sentences]
    return str(part.pressed(ADMIN, "open", names.index(name))[-1])


def everyday_version(house: KnowledgeBase) -> int:
    return house.controls.overview(ADMIN).everyday_saved.version


def meaning(house: KnowledgeBase, said: str) -> str | None:
    return house.controls.overview(ADMIN).everyday.get(said)


def rows(history: str) -> list[str]:
    """The rows of a list, without its heading."""
    return history.split("<tr")[2:]


def button(row: str) -> int:
    """The number that the button 恢复 in a row sends."""
    found = BUTTON.search(row)
    assert found, row
    return int(found[1])


def purged(house: KnowledgeBase, subject: str) -> None:
    """An entry about `subject` whose words were written to be purged, and have been."""
    audit, now = house.staff.audit, datetime.now(UTC)
    sides = {"value": "旧的说法"}, {"value": "新的说法"}
    with transaction(house.storage.engine) as connection:
        audit.write(connection, ADMIN.name, "修改设置", subject, *sides, now, words=("value",))
        until = audit.purge_words(connection, now + timedelta(days=1))
        audit.write(connection, "系统", PURGED, "群众的提问和留言", None, {"words_until": until}, now)


def test_sentence_shows_its_changes_and_an_earlier_wording_is_put_back_as_a_change(
    house: KnowledgeBase, sentences: SentencesPart
):
    assert "还没有改过" in sentence_history(house, sentences, "NONSENSE")
    sentences.save(ADMIN, NAME, "您好，请讲。", sentence_version(house))
    sentences.save(ADMIN, NAME, "您好，<b>请问</b>。", sentence_version(house))
    newer, older = rows(sentence_history(house, sentences))[:2]
    assert "原来：您好，请讲。<br>改为：您好，&lt;b&gt;请问&lt;/b&gt;。" in newer
    assert f"原来：{default_sentence(NAME)}（默认的）<br>改为：您好，请讲。" in older
    assert ADMIN.title in older and f"{datetime.now(CHINA_TIME):%Y-%m-%d}" in older
    told = sentences.put_back(ADMIN, "put_back", button(newer), NAME, sentence_version(house))
    assert "<p>已恢复以前的说法，立即生效。</p>" in told
    assert house.controls.rules().worded(default_sentence(NAME)) == "您好，请讲。"
    again, same, first = rows(sentence_history(house, sentences))[:3]
    assert "改为：您好，请讲。" in again and "与现在相同" in same and not BUTTON.search(same)
    sentences.put_back(ADMIN, "put_back", button(first), NAME, sentence_version(house))
    assert house.controls.rules().worded(default_sentence(NAME)) == default_sentence(NAME)
    entry = house.staff.audit.entries(1)[0]
    assert (entry.actor, entry.action, entry.subject) == (ADMIN.name, "修改设置", f"{SENTENCE_SUBJECT}{NAME}")
    assert (entry.before, entry.after) == ({"value": "您好，请讲。"}, {"value": None})


def test_sentence_put_back_from_a_stale_page_is_refused_as_a_save_is(
    house: KnowledgeBase, sentences: SentencesPart
):
    stale = sentence_version(house)
    sentences.save(ADMIN, NAME, "您好，请讲。", stale)
    (row, *_) = rows(sentence_history(house, sentences))
    with pytest.raises(ConflictError, match=f"“{SENTENCE_SUBJECT}{NAME}”刚刚由 {ADMIN.name} 改过"):
        sentences.put_back(ADMIN, "put_back", button(row), NAME, stale)
    assert house.controls.rules().worded(default_sentence(NAME)) == "您好，请讲。"


def test_sentence_of_another_name_is_not_put_back(house: KnowledgeBase, sentences: SentencesPart):
    sentences.save(ADMIN, NAME, "您好，请讲。", sentence_version(house))
    (row, *_) = rows(sentence_history(house, sentences))
    with pytest.raises(InputError, match="没有这一次修改"):
        sentences.put_back(ADMIN, "put_back", button(row), "THANKS", 0)


@pytest.mark.parametrize("subject", [f"{SENTENCE_SUBJECT}{NAME}", f"{EVERYDAY_SUBJECT}吃皇粮", SUBJECT])
def test_purged_change_says_so_and_offers_no_button(
    house: KnowledgeBase,
    sentences: SentencesPart,
    everyday: _EverydayPart,
    starters: StartersPart,
    subject: str,
):
    purged(house, subject)
    number = next(entry.id for entry in house.staff.audit.entries(2) if entry.subject == subject)
    history, put_back = {
        SUBJECT: (starters.show(ADMIN)[-1], partial(starters.put_back, version=0)),
        f"{EVERYDAY_SUBJECT}吃皇粮": (everyday.show(ADMIN)[-1], partial(everyday.put_back, version=0)),
        f"{SENTENCE_SUBJECT}{NAME}": (
            sentence_history(house, sentences),
            partial(sentences.put_back, name=NAME, version=0),
        ),
    }[subject]
    row = rows(str(history))[0]
    assert "原文已到期清除" in row and "摘要" not in row and not BUTTON.search(row)
    with pytest.raises(InputError, match="不能恢复"):
        put_back(ADMIN, "put_back", number)


def test_everyday_word_shows_only_what_differs_and_gets_its_earlier_meaning_back(
    house: KnowledgeBase, everyday: _EverydayPart
):
    everyday.save(ADMIN, "领养老钱", "养老金", everyday_version(house))
    everyday.save(ADMIN, "红头文书", "规范性文件", everyday_version(house))
    everyday.save(ADMIN, "领养老钱", "", everyday_version(house))
    everyday.restore(ADMIN, "红头文书", everyday_version(house))
    left_out, reworded, added, first = rows(str(everyday.show(ADMIN)[-1]))[:4]
    assert "删去：红头文书 → 规范性文件" in left_out and "养老" not in left_out
    assert "改为：领养老钱 → （照原话，不换）；原来是 养老金" in reworded
    assert "增加：红头文书 → 规范性文件" in added and "与现在相同" in added
    assert "增加：领养老钱 → 养老金" in first
    *_, told = everyday.put_back(ADMIN, "put_back", button(reworded), everyday_version(house))
    assert told == "<p>已恢复“领养老钱”以前的说法，立即生效。</p>"
    assert meaning(house, "领养老钱") == "养老金" and meaning(house, "红头文书") is None
    everyday.put_back(ADMIN, "put_back", button(left_out), everyday_version(house))
    assert meaning(house, "红头文书") == "规范性文件"
    everyday.put_back(ADMIN, "put_back", button(first), everyday_version(house))
    assert meaning(house, "领养老钱") is None


def test_everyday_word_put_back_from_a_stale_page_is_refused(house: KnowledgeBase, everyday: _EverydayPart):
    everyday.save(ADMIN, "办房本", "不动产登记", everyday_version(house))
    stale = everyday_version(house)
    (row, *_) = rows(str(everyday.show(ADMIN)[-1]))
    everyday.save(ADMIN, "上户口本", "户口登记", stale)
    with pytest.raises(ConflictError, match="您的修改没有保存"):
        everyday.put_back(ADMIN, "put_back", button(row), stale)
    assert meaning(house, "办房本") == "不动产登记"


def test_starters_show_the_lines_that_differ_and_the_text_of_before_is_put_back(
    house: KnowledgeBase, starters: StartersPart
):
    starters.save(ADMIN, FIRST, house.starters.now(ADMIN).saved.version)
    _, version, _, _, history = starters.save(ADMIN, SECOND, house.starters.now(ADMIN).saved.version)
    newer, older = rows(str(history))[:2]
    assert "改为：失业金能领多久？；原来是 失业金领多久？" in newer
    assert "增加：[养犬]<br>增加：养狗要办证吗？" in newer and "怎么登记失业" not in newer
    assert "原来是随软件的" in older and "……另有" in older
    text, _, told, _, history = starters.put_back(ADMIN, "put_back", button(newer), int(str(version)))
    assert text == FIRST and "已恢复以前的。目前是本单位改过的" in str(told)
    assert "删去：[养犬]" in rows(str(history))[0] and "与现在相同" in rows(str(history))[1]
    with pytest.raises(ConflictError, match=f"“{SUBJECT}”刚刚由"):
        starters.put_back(ADMIN, "put_back", button(older), int(str(version)))
    assert house.starters.now(ADMIN).text == FIRST
    now = house.starters.now(ADMIN).saved.version
    *_, history = starters.put_back(ADMIN, "put_back", button(older), now)
    assert house.starters.now(ADMIN).is_shipped
    assert "恢复成随软件的" in rows(str(history))[0]


def test_only_who_may_edit_sees_and_puts_back(
    sentences: SentencesPart, everyday: _EverydayPart, starters: StartersPart
):
    reviewer = make_staff(Role.REVIEWER)
    for attempt in (
        lambda: sentences.put_back(reviewer, "put_back", 1, NAME, 0),
        lambda: everyday.put_back(reviewer, "put_back", 1, 0),
        lambda: starters.put_back(reviewer, "put_back", 1, 0),
    ):
        with pytest.raises(NotAllowedError):
            attempt()
