"""Substrings, units and totals of the passages, on both databases, while documents come and go."""

from collections.abc import Callable

import pytest
from factories import make_chunk, make_document
from sqlalchemy import Engine, text

from kb.language.tokens import words
from kb.models import Status
from kb.storage.catalogue import fill
from kb.storage.database import transaction
from kb.storage.documents import Documents


@pytest.fixture
def documents(engine: Engine) -> Documents:
    registry = Documents(engine, words)
    plan = make_document(id="plan", title="政务公开工作要点")
    law = make_document(id="law", title="税收征收管理法")
    led = {"lead_units": ("区数字中心",), "responsible_units": ("各街道", "区政府办")}
    measures = [
        make_chunk("加强政务公开专区建设。", document_id="plan", **led),
        make_chunk("政务，公开透明；2023年底前完成。", document_id="plan", start=20),
    ]
    article = make_chunk("纳税人依法缴纳税款。", document_id="law")
    registry.replace_all([(plan, measures, "f"), (law, [article], "f")])
    return registry


@pytest.mark.parametrize(
    ("substring", "found"),
    [
        pytest.param("政务公开", {"plan": 1}, id="not_across_a_comma"),
        pytest.param("公开", {"plan": 2}, id="a_single_pair"),
        pytest.param("開專區", {"plan": 1}, id="traditional_characters"),
        pytest.param("2023年底", {"plan": 1}, id="a_number_and_characters"),
        pytest.param("2023年", {"plan": 1}, id="a_number_and_a_lone_character"),
        pytest.param("依法缴__款", {}, id="nothing_typed_is_a_wildcard"),
        pytest.param("税", {"law": 1}, id="a_lone_character"),
        pytest.param("政物", {}, id="said_nowhere"),
        pytest.param("公开政务", {}, id="pairs_that_stand_apart"),
        pytest.param('公开" OR "政务', {}, id="nothing_typed_is_a_query"),
    ],
)
def test_substring_is_counted_by_document(documents: Documents, substring: str, found: dict[str, int]):
    assert documents.documents_with(substring) == found


def test_replaced_document_is_found_by_its_new_words_only(documents: Documents):
    new = make_chunk("推进基层服务。", document_id="plan")
    documents.replace(make_document(id="plan"), [new], "g")
    assert documents.documents_with("政务") == {}
    assert documents.documents_with("基层服务") == {"plan": 1}
    assert documents.units() == ()
    assert documents.assigned() == ()
    assert documents.chunk_count() == 2


def test_every_change_of_a_document_makes_another_state(documents: Documents):
    stored = documents.state()
    assert documents.state() == stored != ""
    documents.set_validity("law", Status.REPEALED, None, ())
    repealed = documents.state()
    documents.remove("law")
    assert len({stored, repealed, documents.state()}) == 3


def test_removed_document_leaves_no_units_and_is_not_counted(documents: Documents):
    assert documents.units() == ("区政府办", "区数字中心", "各街道")
    assert [chunk.document_id for chunk in documents.assigned()] == ["plan"]
    documents.remove("plan")
    assert documents.units() == ()
    assert documents.chunk_count() == 1
    assert documents.chunks_with("公开") == 0


def _of_an_older_program(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("UPDATE catalogue SET version = 0"))


def _restored_from_a_backup(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM passages"))
        connection.execute(text("DELETE FROM unit_counts"))
        connection.execute(text("UPDATE catalogue SET chunks = 0, state = ''"))


@pytest.mark.parametrize("happened", [_of_an_older_program, _restored_from_a_backup])
def test_tables_not_filled_are_filled_from_the_chunks(
    documents: Documents, engine: Engine, happened: Callable[[Engine], None]
):
    happened(engine)
    said: list[str] = []
    fill(engine, said.append)
    assert said == ["正在由原文整理字词目录……"]
    assert documents.documents_with("公开") == {"plan": 2}
    assert documents.units() == ("区政府办", "区数字中心", "各街道")
    assert documents.chunk_count() == 3
    fill(engine, said.append)
    assert len(said) == 1


def test_empty_knowledge_base_is_filled_without_a_word(engine: Engine):
    said: list[str] = []
    fill(engine, said.append)
    assert said == []
