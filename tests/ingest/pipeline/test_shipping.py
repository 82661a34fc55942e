"""The shipped documents: whole, described in SOURCES.md, and with vectors that are theirs."""

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from factories import CORPUS

from ingest.anatomy.validity import outcomes
from ingest.pipeline.shipping import questions_of, ship, shipped, texts_of
from kb.embedding.bundled_model import BUNDLED
from kb.embedding.embedder import Embedder
from kb.embedding.shipped_vectors import ShippedVectors, digest, shipped_question
from kb.language.numerals import number_value
from kb.models import PolicyDocument, Status, Stretch

Shipped = list[tuple[PolicyDocument, tuple[Stretch, ...]]]
# Articles that a shipped text has not, with the reason: none.
GAPS: dict[str, str] = {}
# Documents that are not in force, each with the one that took its place.
REPLACED = {
    "信访条例(2005-01-10).md": (Status.REPEALED, "信访工作条例(2022-02-25).md"),
    "保守国家秘密法(2010-04-29).md": (Status.AMENDED, "保守国家秘密法(2024-02-27).md"),
    "全国年节及纪念日放假办法(2013-12-11).md": (Status.AMENDED, "全国年节及纪念日放假办法(2024-11-10).md"),
    "军人抚恤优待条例(2019-03-02).md": (Status.AMENDED, "军人抚恤优待条例(2024-08-05).md"),
    "职业教育法(1996-05-15).md": (Status.AMENDED, "职业教育法(2022-04-20).md"),
    "行政复议法(2017-09-01).md": (Status.AMENDED, "行政复议法(2023-09-01).md"),
}
SHORT = {"全国人民代表大会": "全国人大", "常务委员会": "常委会", "中央军事委员会": "中央军委"}


@pytest.fixture(scope="module")
def documents(embedder: Embedder) -> Shipped:
    """All documents of corpus/, read and cut."""
    return shipped(CORPUS, embedder.count_tokens)


def articles_of(document: PolicyDocument) -> list[int]:
    """The numbers of its articles, in reading order."""
    numbers = (re.fullmatch("第([^第]+)条", section.number) for section in document.sections)
    return [number_value(number[1]) for number in numbers if number]


def test_articles_of_every_law_are_numbered_without_a_gap(documents: Shipped):
    found = {document.source: articles_of(document) for document, _ in documents}
    gaps = {name for name, numbers in found.items() if numbers != list(range(1, len(numbers) + 1))}
    assert gaps == set(GAPS)
    assert [name for name, numbers in found.items() if len(numbers) < 7] == [
        "2023年浔阳区政务公开工作要点.txt"
    ]
    assert [len(found[name]) for name in ("食品安全法(2021-04-29).md", "道路交通安全法(2021-04-29).md")] == [
        154,
        124,
    ]


def test_appendix_is_no_part_of_the_last_article(documents: Shipped):
    rules = next(one for one, _ in documents if one.source == "女职工劳动保护特别规定(2012-04-28).md")
    last = next(section for section in rules.sections if section.number == "第十六条")
    assert last.span.of(rules.text).endswith("《女职工劳动保护规定》同时废止。")


def test_older_editions_are_not_in_force_and_everything_else_is(documents: Shipped):
    outcome_of = outcomes([document for document, _ in documents], date(2025, 6, 1))
    statuses = {name: outcome.status for name, outcome in outcome_of.items()}
    others = {name: status for name, status in statuses.items() if status is not Status.IN_FORCE}
    assert others == {name: status for name, (status, _) in REPLACED.items()}
    for name, (status, newer) in REPLACED.items():
        standing = outcome_of[name].standing
        assert standing is not None
        assert status is Status.REPEALED or standing.document_id == newer


@pytest.mark.parametrize(
    ("name", "number", "issuer", "published", "effective"),
    [
        (
            "工伤保险条例(2010-12-20).md",
            "国务院令第375号",
            "国务院",
            date(2010, 12, 20),
            date(2004, 1, 1),
        ),
        (
            "个人所得税法实施条例(2018-12-18).md",
            "国务院令第707号",
            "国务院",
            date(2018, 12, 18),
            date(2019, 1, 1),
        ),
        (
            "妇女权益保障法(2022-10-30).md",
            None,
            "全国人民代表大会常务委员会",
            date(2022, 10, 30),
            date(2023, 1, 1),
        ),
        ("保障农民工工资支付条例(2019-12-30).md", None, "国务院", date(2019, 12, 30), date(2020, 5, 1)),
        (
            "军人抚恤优待条例(2024-08-05).md",
            "国务院、中央军事委员会令第788号",
            "国务院、中央军事委员会",
            date(2024, 8, 5),
            date(2024, 10, 1),
        ),
    ],
)
def test_particulars_are_those_that_the_document_states(
    documents: Shipped, name: str, number: str | None, issuer: str, published: date, effective: date
):
    document = next(document for document, _ in documents if document.source == name)
    assert (document.number, document.issuer, document.dated, document.effective_date) == (
        number,
        issuer,
        published,
        effective,
    )


def test_sources_lists_every_document_as_it_was_read(documents: Shipped):
    lines = (CORPUS / "SOURCES.md").read_text(encoding="utf-8").splitlines()
    rows = {cells[0]: cells for line in lines if len(cells := _cells(line)) == 4 and "." in cells[0]}
    assert set(rows) == {document.source for document, _ in documents}
    for document, _ in documents:
        name, issuer, dated, note = rows[document.source]
        long_name = document.issuer or ""
        for long, short in SHORT.items():
            long_name = long_name.replace(long, short)
        assert (issuer, dated) == (long_name, str(document.dated)), name
        assert not note.startswith("国务院令") or note.startswith(document.number or ""), name


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_shipped_vectors_are_those_of_the_shipped_passages(documents: Shipped):
    questions = map(shipped_question, questions_of(documents))
    wanted = {digest(text) for text in (*texts_of(documents), *questions)}
    assert ShippedVectors().digests == wanted, (
        "corpus/ 或读法、切法变了，请执行 .venv/bin/python -m ingest.pipeline.shipping corpus"
    )


def test_shipped_vectors_are_those_that_the_model_computes(documents: Shipped, models_dir: Path):
    texts = sorted({stretch.indexed_text for _, cut in documents for stretch in cut})[::300]
    known = ShippedVectors().find(texts)
    computed = Embedder(BUNDLED, models_dir).embed_passages(texts)
    cosines = [float(known[text] @ vector) for text, vector in zip(texts, computed, strict=True)]
    assert len(cosines) >= 10 and min(cosines) >= 0.99, cosines


def test_only_new_texts_are_embedded_when_vectors_are_shipped_again(embedder: Embedder, tmp_path: Path):
    folder, file = tmp_path / "documents", tmp_path / "vectors.npz"
    folder.mkdir()
    notice = folder / "放假办法.md"
    notice.write_text("# 放假办法\n\n第一条 元旦，放假1天。\n\n第二条 春节，放假4天。\n", encoding="utf-8")
    assert ship(folder, embedder, print, file) == 3  # the title and two articles
    notice.write_text("# 放假办法\n\n第一条 元旦，放假1天。\n\n第二条 春节，放假五天。\n", encoding="utf-8")
    assert ship(folder, embedder, print, file) == 1
    texts = [stretch.indexed_text for _, cut in shipped(folder, embedder.count_tokens) for stretch in cut]
    assert ShippedVectors(file).digests == {digest(text) for text in texts}
    assert np.isfinite(list(ShippedVectors(file).find(texts).values())).all()
