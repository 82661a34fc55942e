"""ingest.anatomy.validity: the status of each document, computed from all documents."""

from datetime import date
from itertools import permutations

import pytest
from factories import make_document

from ingest.anatomy.statements import find_statements
from ingest.anatomy.validity import ValidityOutcome, outcomes
from kb.models import PolicyDocument, Status

TODAY = date(2024, 6, 1)
OFFICE, GOVERNMENT = "浔阳区人民政府办公室", "浔阳区人民政府"


def document(document_id: str, title: str, issued: str, text: str = "", **fields: object) -> PolicyDocument:
    """A document of the district with its statements about others."""
    values = {"issuer": OFFICE, "effective_date": None, **fields}
    plain = make_document(
        text, id=document_id, title=title, written_date=date.fromisoformat(issued), **values
    )
    statements = find_statements(text, title, plain.effective_date, plain.dated)
    return plain.model_copy(update={"statements": statements})


def settled(*documents: PolicyDocument, today: date = TODAY) -> dict[str, ValidityOutcome]:
    return outcomes(documents, today)


OLD = document("old", "浔阳区公共租赁住房管理办法", "2018-03-01", number="浔府办发〔2018〕3号")
BY_NUMBER = document(
    "new",
    "浔阳区住房保障办法",
    "2023-06-01",
    "本办法自2023年7月1日起施行。《浔阳区公共租赁住房管理办法》（浔府办发〔2018〕3号）同时废止。",
    effective_date=date(2023, 7, 1),
)


def test_repeal_standing_names_source_date_and_passage() -> None:
    result = settled(OLD, BY_NUMBER)
    assert result["new"] == ValidityOutcome(status=Status.IN_FORCE)
    assert result["old"].status is Status.REPEALED
    standing = result["old"].standing
    assert standing is not None
    assert standing.sentence == "被《浔阳区住房保障办法》废止，自 2023-07-01 起"
    assert (standing.since, standing.document_id) == (date(2023, 7, 1), "new")
    assert standing.span is not None
    assert standing.span.of(BY_NUMBER.text).endswith("同时废止。")


def test_outcomes_independent_of_order_and_undone_by_removal() -> None:
    third = document("third", "浔阳区公共租赁住房管理办法", "2015-01-01")
    first = settled(OLD, BY_NUMBER, third)
    assert all(settled(*order) == first for order in permutations((OLD, BY_NUMBER, third)))
    assert settled(OLD)["old"].status is Status.IN_FORCE


@pytest.mark.parametrize(
    ("sentence", "fields"),
    [
        pytest.param(
            "《浔阳区公共租赁住房管理办法》（浔府办发〔2016〕9号）同时废止。", {}, id="another_number"
        ),
        pytest.param("2015年1月1日发布的《浔阳区公共租赁住房管理办法》同时废止。", {}, id="another_day"),
        pytest.param("《浔阳区公共租赁住房管理办法实施细则》同时废止。", {}, id="a_longer_title"),
        pytest.param("《2018年浔阳区公共租赁住房管理办法》同时废止。", {}, id="another_year_in_the_title"),
    ],
)
def test_similar_document_not_repealed(sentence: str, fields: dict[str, object]) -> None:
    source = document("new", "浔阳区住房保障办法", "2023-06-01", sentence)
    assert settled(OLD, source)["old"] == ValidityOutcome(status=Status.IN_FORCE)


def test_document_newer_than_the_repeal_stays_in_force() -> None:
    newer = document("newer", "浔阳区公共租赁住房管理办法", "2024-01-01")
    result = settled(OLD, BY_NUMBER, newer)
    assert result["newer"].status is Status.IN_FORCE
    assert result["old"].status is Status.REPEALED  # the stronger of repealed and replaced


@pytest.mark.parametrize(
    ("old", "sentence"),
    [
        pytest.param(
            document("old", "物业管理办法", "2018-03-01", issuer="青湖市住房和城乡建设局"),
            "《物业管理办法》同时废止。",
            id="of_another_place",
        ),
        pytest.param(
            document("old", "物业管理办法", "2018-03-01", issuer=None),
            "《物业管理办法》同时废止。",
            id="no_issuer",
        ),
        pytest.param(
            document("old", "浔阳区物业管理办法（试行）", "2018-03-01"),
            "《浔阳区物业管理办法》同时废止。",
            id="trial_or_not",
        ),
        pytest.param(
            document("old", "浔阳区物业管理办法", "2018-03-01"),
            "《浔阳区物业管理办法》（浔府发〔2011〕1号）同时废止。",
            id="number_of_another_year",
        ),
    ],
)
def test_uncertain_repeal_becomes_doubt_for_staff(old: PolicyDocument, sentence: str) -> None:
    outcome = settled(old, document("new", "浔阳区住房保障办法", "2023-06-01", sentence))["old"]
    assert outcome.status is Status.IN_FORCE
    (doubt,) = outcome.doubts
    assert "请核对" in doubt


@pytest.mark.parametrize(
    ("old_title", "named"),
    [
        ("浔阳区物业管理办法", "浔阳区物业管理办法"),
        ("浔阳区物业管理办法", "浔阳区人民政府关于印发〈浔阳区物业管理办法〉的通知"),
        ("浔阳区人民政府关于印发浔阳区物业管理办法的通知", "关于印发《浔阳区物业管理办法》的通知"),
        ("浔阳区人民政府关于加强物业管理的意见", "关于加强物业管理的意见"),
        ("中华人民共和国物业法", "物业法"),
    ],
)
def test_repeal_matches_equivalent_titles(old_title: str, named: str) -> None:
    old = document("old", old_title, "2018-03-01", issuer=GOVERNMENT)
    source = document("new", "浔阳区住房保障办法", "2023-06-01", f"《{named}》同时废止。")
    assert settled(old, source)["old"].status is Status.REPEALED


def test_future_repeal_is_only_a_doubt_until_its_day() -> None:
    future = document(
        "new",
        "浔阳区住房保障办法",
        "2024-05-01",
        "本办法自2025年1月1日起施行。《浔阳区公共租赁住房管理办法》（浔府办发〔2018〕3号）同时废止。",
        effective_date=date(2025, 1, 1),
    )
    outcome = settled(OLD, future)["old"]
    assert (outcome.status, outcome.doubts) == (
        Status.IN_FORCE,
        ("将自 2025-01-01 起被《浔阳区住房保障办法》废止",),
    )
    assert settled(OLD, future, today=date(2025, 1, 1))["old"].status is Status.REPEALED


def test_document_expires_the_day_after_its_expiry_date() -> None:
    expiring = document(
        "a", "浔阳区补贴办法", "2021-01-01", expiry_date=date(2024, 5, 31), validity="有效期至2024年5月31日"
    )
    outcome = settled(expiring)["a"]
    assert outcome.status is Status.EXPIRED
    assert outcome.standing is not None
    assert outcome.standing.sentence == "有效期至 2024-05-31 届满（“有效期至2024年5月31日”）"
    assert settled(expiring, today=date(2024, 5, 31))["a"].status is Status.IN_FORCE


def test_newer_edition_amends_older_once_effective() -> None:
    npc = "全国人民代表大会常务委员会"
    editions = [
        document(day, "中华人民共和国保守国家秘密法", day, issuer=npc) for day in ("1988-09-05", "2010-04-29")
    ]
    newest = document(
        "2024-02-27",
        "中华人民共和国保守国家秘密法",
        "2024-02-27",
        issuer=npc,
        effective_date=date(2024, 5, 1),
    )
    result = settled(*editions, newest)
    assert [result[day].status for day in ("1988-09-05", "2010-04-29", "2024-02-27")] == [
        Status.AMENDED,
        Status.AMENDED,
        Status.IN_FORCE,
    ]
    standing = result["2010-04-29"].standing
    assert standing is not None
    assert (standing.document_id, standing.since) == ("2024-02-27", date(2024, 5, 1))
    before = settled(*editions, newest, today=date(2024, 4, 30))
    assert before["2010-04-29"].status is Status.IN_FORCE
    assert before["2010-04-29"].doubts == (
        "将自 2024-05-01 起由新版《中华人民共和国保守国家秘密法》（2024-02-27）代替",
    )


@pytest.mark.parametrize(
    ("title", "issuers", "doubts"),
    [
        pytest.param(
            "2023年政务公开工作要点", ("浔阳区人民政府办公室", "青湖市人民政府办公室"), 0, id="two_places"
        ),
        pytest.param("关于开展便民服务日活动的通知", (OFFICE, OFFICE), 1, id="notices_of_the_same_name"),
    ],
)
def test_same_title_of_other_place_or_notice_is_no_edition(
    title: str, issuers: tuple[str, str], doubts: int
) -> None:
    result = settled(
        document("a", title, "2022-01-01", issuer=issuers[0]),
        document("b", title, "2023-01-01", issuer=issuers[1]),
    )
    assert (result["a"].status, len(result["a"].doubts)) == (Status.IN_FORCE, doubts)


def test_trial_text_with_newer_final_text_is_only_a_doubt() -> None:
    outcome = settled(
        document("a", "浔阳区补贴办法（试行）", "2021-01-01"), document("b", "浔阳区补贴办法", "2023-01-01")
    )["a"]
    assert outcome.status is Status.IN_FORCE
    assert outcome.doubts == ("可能已由《浔阳区补贴办法》（2023-01-01）代替，请核对",)


def test_amending_decision_leaves_consolidated_text_in_force() -> None:
    old = document("old", "物业管理条例", "2003-06-08", issuer="国务院")
    consolidated = document("now", "物业管理条例", "2018-03-19", issuer="国务院")
    decision = document(
        "decision",
        "国务院关于修改《物业管理条例》的决定",
        "2018-03-19",
        "国务院关于修改《物业管理条例》的决定\n国务院决定对《物业管理条例》作如下修改：",
        issuer="国务院",
    )
    amended = settled(old, decision)["old"]
    assert amended.status is Status.AMENDED
    assert amended.standing is not None
    assert amended.standing.document_id == "decision"
    assert settled(old, consolidated, decision)["now"].status is Status.IN_FORCE


def test_status_stated_by_staff_wins_and_contradiction_is_shown() -> None:
    stated = OLD.model_copy(update={"status": Status.IN_FORCE, "status_stated": True})
    outcome = settled(stated, BY_NUMBER)["old"]
    assert outcome.status is Status.IN_FORCE
    assert outcome.doubts == ("工作人员标明为现行有效，但被《浔阳区住房保障办法》废止，自 2023-07-01 起",)
    agreed = OLD.model_copy(update={"status": Status.REPEALED, "status_stated": True})
    standing = settled(agreed, BY_NUMBER)["old"].standing
    assert standing is not None
    assert standing.document_id == "new"
