"""kb.answering.in_force: outdated passages answer only when they are asked for."""

from datetime import date

import pytest
from factories import make_hit

from kb.answering.in_force import in_force
from kb.models import Filters, Hit, Hits, Status


def hit(document_id: str, title: str, status: Status, score: float) -> Hit:
    """A hit on a document of this status."""
    found = make_hit("机关、单位负责人为定密责任人。", score, document_id=document_id, document_title=title)
    return found.model_copy(update={"document": found.document.model_copy(update={"status": status})})


OLD = hit("old", "中华人民共和国保守国家秘密法", Status.AMENDED, 0.8)
NEW = hit("new", "中华人民共和国保守国家秘密法", Status.IN_FORCE, 0.75)
OTHER = hit("other", "物业管理条例", Status.IN_FORCE, 0.4)


def kept(question: str, *hits: Hit, filters: Filters | None = None) -> list[str]:
    found = in_force(question, filters or Filters(), Hits(kept=hits))
    return [each.document.id for each in found.kept]


def test_the_text_in_force_answers() -> None:
    assert kept("谁是定密责任人", OLD, NEW, OTHER) == ["new", "other"]


def test_what_fits_much_worse_is_no_answer_either() -> None:
    assert kept("谁是定密责任人", OLD, OTHER) == []


@pytest.mark.parametrize(
    "filters",
    [Filters(document_ids=("old",)), Filters(date_to=date(2015, 1, 1)), Filters(status=Status.AMENDED)],
    ids=["edition", "date", "status"],
)
def test_asked_for(filters: Filters) -> None:
    assert kept("谁是定密责任人", OLD, NEW, filters=filters) == ["old", "new"]


def test_named_by_its_title() -> None:
    assert kept("按保守国家秘密法，谁是定密责任人", OLD, OTHER) == ["old", "other"]


def test_nothing_found() -> None:
    assert kept("谁是定密责任人") == []
