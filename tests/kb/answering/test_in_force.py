"""kb.answering.in_force: outdated passages answer only when the question asks for them."""

from datetime import date

import pytest
from factories import make_hit

from kb.answering.in_force import in_force
from kb.hits import Hit, Hits
from kb.models import Filters, Status


def hit(document_id: str, title: str, status: Status, score: float) -> Hit:
    """A hit on a document of this status."""
    plain_hit = make_hit(
        "机关、单位负责人为定密责任人。", score, document_id=document_id, document_title=title
    )
    return plain_hit.model_copy(update={"document": plain_hit.document.model_copy(update={"status": status})})


OLD = hit("old", "中华人民共和国保守国家秘密法", Status.AMENDED, 0.8)
NEW = hit("new", "中华人民共和国保守国家秘密法", Status.IN_FORCE, 0.75)
OTHER = hit("other", "物业管理条例", Status.IN_FORCE, 0.4)


def kept(question: str, *hits: Hit, filters: Filters | None = None) -> list[str]:
    remaining = in_force(question, filters or Filters(), Hits(kept=hits))
    return [entry.document.id for entry in remaining.kept]


def test_outdated_passage_is_dropped_when_text_in_force_fits_as_well() -> None:
    assert kept("谁是定密责任人", OLD, NEW, OTHER) == ["new", "other"]


def test_nothing_is_kept_when_outdated_passage_fits_far_better() -> None:
    assert kept("谁是定密责任人", OLD, OTHER) == []


@pytest.mark.parametrize(
    "filters",
    [Filters(document_ids=("old",)), Filters(date_to=date(2015, 1, 1)), Filters(status=Status.AMENDED)],
    ids=["edition", "date", "status"],
)
def test_outdated_passage_is_kept_when_filters_ask_for_it(filters: Filters) -> None:
    assert kept("谁是定密责任人", OLD, NEW, filters=filters) == ["old", "new"]


def test_outdated_passage_is_kept_when_question_names_its_title() -> None:
    assert kept("按保守国家秘密法，谁是定密责任人", OLD, OTHER) == ["old", "other"]


def test_no_hits_stay_no_hits() -> None:
    assert kept("谁是定密责任人") == []
