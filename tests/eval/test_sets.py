"""The question sets agree with their documents; every *.jsonl in eval/sets is checked."""

import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from eval import metrics
from eval.dataset import UNTYPED, question_files, read_questions
from eval.report.labels import TYPES

ROOT = Path(__file__).parents[2]
SETS = ROOT / "eval" / "sets"
FILES = {file.name: read_questions(file) for file in question_files(SETS)}
ITEMS = read_questions(SETS)  # a qid that two files use is an error there
ANSWERABLE = [item for item in ITEMS if item.answerable and not item.ending]
TURNS = [item for item in ITEMS if item.conversation]
IN_ONE_PLACE = [item for item in ANSWERABLE if len(item.doc_ids) == 1 and item.section]
FORBIDDING = [
    item for item in ITEMS if item.must_not and item.type != "attack"
]  # there the text itself attacks

every_file = pytest.mark.parametrize("name", FILES)


def of_each(items):
    return pytest.mark.parametrize("item", items, ids=lambda item: item.qid)


@cache
def text_of(name):
    """A document's text after NFKC: sets write full-width brackets, a web copy may have others."""
    folders = (ROOT / "corpus", SETS / "documents")
    file = next(folder / name for folder in folders if (folder / name).is_file())
    return unicodedata.normalize("NFKC", file.read_text(encoding="utf-8"))


def first_form(point):
    """The first alternative of a key point, which is the document's own wording."""
    return unicodedata.normalize("NFKC", point.split("|")[0])


@of_each(ANSWERABLE)
def test_key_points_are_literally_in_a_named_document(item):
    assert item.key_points and item.doc_ids
    texts = [text_of(name) for name in item.doc_ids]
    missing = [point for point in item.key_points if not any(first_form(point) in text for text in texts)]
    assert not missing


@of_each([item for item in ANSWERABLE if item.type in ("cross_document", "comparison")])
def test_cross_document_question_needs_each_of_its_documents(item):
    assert len(item.doc_ids) >= 2
    for name in item.doc_ids:
        assert any(first_form(point) in text_of(name) for point in item.key_points), name


def section_text(item):
    """The text of the item's section: from its label to the next label of its kind."""
    text, label = text_of(item.doc_ids[0]), unicodedata.normalize("NFKC", item.section)
    articles = re.findall(r"第[一二三四五六七八九十百零]+条", label)
    if articles:
        return "\n".join(article_text(text, article) for article in articles)
    assert label in text, f"{item.section} 不在文件里"
    start = text.index(label)
    if not label.startswith("("):
        return text[start:]  # the title stands for the whole document
    end = re.compile(r"^(\(\S+?\)|\S、)", re.MULTILINE).search(text, start + len(label))
    return text[start : end.start() if end else None]


def article_text(text, label):
    """The text of an article (条), from its line to that of the next article."""
    match = re.search(rf"^{label}\s.*?(?=^第\S+条\s|\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"{label} 不在文件里"
    return match[0]


@of_each(IN_ONE_PLACE)
def test_key_points_are_in_the_named_section(item):
    part = section_text(item)
    assert [point for point in item.key_points if first_form(point) not in part] == []


@of_each(FORBIDDING)
def test_must_not_phrases_are_no_part_of_the_answer(item):
    for phrase in item.must_not:
        assert metrics.bare(phrase)
        assert not any(metrics.says(phrase, first_form(point)) for point in item.key_points), phrase
        if item in IN_ONE_PLACE:
            assert not metrics.says(phrase, section_text(item)), f"引用{item.section}就会说出“{phrase}”"


def test_question_types_are_known_and_all_used():
    assert {item.type for item in ITEMS} == set(TYPES) - {UNTYPED}


def test_answerable_agrees_with_type():
    for item in ITEMS:
        if item.type not in ("attack", "conversation"):  # an attack may hide a question that is answered
            assert item.answerable != item.type.startswith("unanswerable"), item.qid


def test_unanswerable_questions_name_no_document_and_no_answer():
    for item in ITEMS:
        assert item.answerable or not (item.doc_ids or item.expected), item.qid


def test_workplan_set_has_enough_questions_of_each_type():
    items = FILES["workplan.jsonl"]
    counts = Counter(item.type for item in items)
    assert len(items) >= 40
    assert counts["responsible_unit"] >= 6 and counts["number"] + counts["deadline"] >= 6
    assert counts["enumeration"] >= 5 and counts["colloquial"] >= 5 and counts["followup"] >= 3
    assert counts["typo"] >= 2 and counts["traditional"] >= 2
    assert counts["unanswerable_far"] >= 2 and counts["unanswerable_near"] >= 3


@every_file
def test_splits_alternate_within_each_type_of_a_file(name):
    for kind in {item.type for item in FILES[name]}:
        splits = list(
            {item.conversation or item.qid: item.split for item in FILES[name] if item.type == kind}.values()
        )
        assert splits == ["dev" if place % 2 == 0 else "test" for place in range(len(splits))], kind


def test_followups_have_a_history_and_others_have_none():
    for item in ITEMS:
        if item.type not in ("attack", "conversation", "courtesy"):  # an attack may begin harmlessly
            assert bool(item.history) == (item.type == "followup"), item.qid


def test_history_of_a_turn_is_the_turns_before_it():
    before: dict[str, tuple[str, ...]] = {}
    for turn in TURNS:
        assert turn.history == before.get(turn.conversation, ()), turn.qid
        before[turn.conversation] = (*turn.history, turn.question)
    lengths = [len(turns) for turns in before.values()]
    assert len(lengths) >= 15 and min(lengths) >= 3 and max(lengths) <= 6


@of_each([item for item in ITEMS if item.ending])
def test_right_ending_is_a_plain_word(item):
    assert re.fullmatch("[a-z_]+", item.ending)


@of_each([item for item in ITEMS if item.type == "article"])
def test_question_by_number_names_document_and_article(item):
    assert item.alone and len(item.doc_ids) == 1
    assert re.fullmatch("第[一二三四五六七八九十]+条", item.section)


@every_file
def test_readme_counts_match_the_questions(name):
    items = FILES[name]
    answerable = sum(item.answerable for item in items)
    readme = (SETS / "README.md").read_text(encoding="utf-8")
    match = re.search(rf"^## {re.escape(name)}$(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    assert match, f"README.md 里没有 ## {name} 一节"
    rows = re.findall(r"^\| (\w+) \|.*\| (\d+) \|$", match[1], re.MULTILINE)
    assert {kind: int(count) for kind, count in rows} == Counter(item.type for item in items)
    assert f"{len(items)} 题，{answerable} 题有答案，{len(items) - answerable} 题无答案" in match[1]
