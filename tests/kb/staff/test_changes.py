"""Earlier states of settings, read from the audit log, and the differences between two of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from staffing import PASSWORD, make_staff

from kb.errors import InputError, NotAllowedError
from kb.staff.audit import PURGED, Audit
from kb.staff.changes import LATEST, Changes, Difference, Kind, line_differences, word_differences
from kb.staff.passwords import Passwords
from kb.staff.permissions import OPERATOR, Role
from kb.staff.users import Users
from kb.storage.database import transaction

NOW = datetime(2024, 5, 10, 1, 30, tzinfo=UTC)
ADMIN = make_staff(Role.ADMIN)
GREETING, GREETING_TOO = "固定用语 GREETING", "固定用语 GREETING_TOO"


@pytest.fixture
def audit(engine: Engine) -> Audit:
    return Audit(engine)


@pytest.fixture
def changes(engine: Engine, audit: Audit) -> Changes:
    return Changes(engine, audit)


def write(
    engine: Engine, subject: str, before: object, after: object, *, first: bool = False, words: bool = False
) -> None:
    """An entry as Controls writes it; with `words` as of a field whose words are purged."""
    old: Mapping[str, object] | None = None if first else {"value": before}
    named = ("value",) if words else ()
    with transaction(engine) as connection:
        Audit(engine).write(
            connection, ADMIN.name, "修改设置", subject, old, {"value": after}, NOW, words=named
        )


def purge(engine: Engine, audit: Audit) -> None:
    with transaction(engine) as connection:
        until = audit.purge_words(connection, NOW + timedelta(days=1))
        audit.write(connection, "系统", PURGED, "群众的提问和留言", None, {"words_until": until}, NOW)


def test_changes_of_one_subject_come_newest_first_with_the_name_of_the_person(
    engine: Engine, audit: Audit, changes: Changes
):
    Users(engine, audit, Passwords()).add(OPERATOR, ADMIN, PASSWORD, NOW)
    write(engine, GREETING, None, "您好。", first=True)
    write(engine, GREETING_TOO, None, "别的。", first=True)
    write(engine, GREETING, "您好。", "您好，请讲。")
    newer, older = changes.of(ADMIN, GREETING)
    assert (newer.before, newer.after, newer.who, newer.at) == ("您好。", "您好，请讲。", ADMIN.title, NOW)
    assert (older.before, older.after, older.is_gone) == (None, "您好。", False)
    assert changes.one(ADMIN, older.entry, GREETING).after == "您好。"


def test_changes_of_all_that_begin_alike_are_read_together_and_the_latest_only(
    engine: Engine, changes: Changes
):
    for number in range(LATEST + 3):
        write(engine, f"日常说法 词{number}", {}, {f"词{number}": "低保"})
    write(engine, "关于 日常说法 的事", {}, {})
    found = changes.of(ADMIN, "日常说法 ", begins=True)
    assert [change.subject for change in found] == [f"日常说法 词{n}" for n in range(LATEST + 2, 2, -1)]
    assert changes.of(ADMIN, "日常说法 ") == []


def test_percent_sign_in_a_subject_stands_for_itself(engine: Engine, changes: Changes):
    write(engine, "日常说法 吃低保", {}, {})
    assert changes.of(ADMIN, "日常%", begins=True) == []


def test_change_whose_words_were_purged_is_told_and_not_given_back(
    engine: Engine, audit: Audit, changes: Changes
):
    write(engine, GREETING, "您好。", "您好，请讲。", words=True)
    write(engine, GREETING, "您好，请讲。", "您好！")
    assert not any(change.is_gone for change in changes.of(ADMIN, GREETING))
    purge(engine, audit)
    kept, gone = changes.of(ADMIN, GREETING)
    assert (kept.is_gone, gone.is_gone) == (False, True)
    with pytest.raises(InputError, match="已到期清除"):
        changes.one(ADMIN, gone.entry, GREETING)
    assert audit.verify() is None


def test_entry_of_another_subject_or_none_is_refused(engine: Engine, changes: Changes):
    write(engine, GREETING, "您好。", "您好，请讲。")
    write(engine, "栏目开关", {"mode": "on"}, {"mode": "off"})
    for number in (2, 0, -1, 99):
        with pytest.raises(InputError, match="没有这一次修改"):
            changes.one(ADMIN, number, GREETING)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_changes_are_read_by_those_who_may_make_them(engine: Engine, changes: Changes, role: Role):
    write(engine, GREETING, "您好。", "您好，请讲。")
    with pytest.raises(NotAllowedError):
        changes.of(make_staff(role), GREETING)
    with pytest.raises(NotAllowedError):
        changes.one(make_staff(role), 1, GREETING)


def added(line: str) -> Difference:
    return Difference(kind=Kind.ADDED, after=line)


def left_out(line: str) -> Difference:
    return Difference(kind=Kind.LEFT_OUT, before=line)


LINES = ["[就业]", "怎么登记失业？", "失业金领多久？"]


@pytest.mark.parametrize(
    ("after", "differences"),
    [
        pytest.param(LINES, [], id="same"),
        pytest.param([*LINES, "[社保]"], [added("[社保]")], id="added"),
        pytest.param(LINES[:2], [left_out(LINES[2])], id="left_out"),
        pytest.param(
            [*LINES[:2], "失业金能领多久？"],
            [Difference(kind=Kind.REWORDED, before=LINES[2], after="失业金能领多久？")],
            id="reworded",
        ),
        pytest.param(
            [*LINES[:2], "居住证怎么补办"], [left_out(LINES[2]), added("居住证怎么补办")], id="another"
        ),
        pytest.param([], [left_out(line) for line in LINES], id="all_gone"),
    ],
)
def test_line_differences_tell_only_the_lines_that_differ(after: list[str], differences: list[Difference]):
    assert line_differences(LINES, after) == differences


def test_line_differences_of_the_longest_texts_are_found():
    before = [f"第{number}个老问题怎么办？" for number in range(300)]
    after = [f"第{number}件新事情找哪里？" for number in range(300)]
    assert len(line_differences(before, after)) >= 300
    assert line_differences(before, before[:150] + before[151:]) == [left_out(before[150])]


def test_word_differences_tell_each_word_whose_meaning_differs():
    before = {"吃低保": "最低生活保障", "下岗": "失业", "红头文件": ""}
    after = {"吃低保": "低保", "红头文件": "", "娃上学": "入学"}
    assert word_differences(before, after) == [
        ("下岗", left_out("失业")),
        ("吃低保", Difference(kind=Kind.REWORDED, before="最低生活保障", after="低保")),
        ("娃上学", added("入学")),
    ]
