"""The question set says only what stands in the documents."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from eval.dataset import UNTYPED, read_questions
from eval.labels import TYPES

ROOT = Path(__file__).parent.parent.parent
SETS = ROOT / "eval" / "sets"
ITEMS = read_questions(SETS / "workplan.jsonl")  # repeated qids are an error there
ANSWERABLE = [item for item in ITEMS if item.answerable]


def text_of(item):
    (name,) = item.doc_ids
    return (ROOT / "corpus" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("item", ANSWERABLE, ids=lambda item: item.qid)
def test_key_points_stand_literally_in_the_document(item):
    assert item.key_points
    missing = [point for point in item.key_points if point.split("|")[0] not in text_of(item)]
    assert not missing


def section_text(item):
    """The words of the item's section: from its label to the next one of its kind."""
    # The set writes full-width brackets, as officials do; the web copy has half-width ones.
    text, label = (unicodedata.normalize("NFKC", words) for words in (text_of(item), item.section))
    assert label in text, f"{item.section} 不在文件里"
    start = text.index(label)
    if not label.startswith(("(", "第")):
        return text[start:]  # the title stands for the whole document
    following = re.compile(r"^第\S+条" if label.startswith("第") else r"^(\(\S+?\)|\S、)", re.MULTILINE)
    end = following.search(text, start + len(label))
    return text[start : end.start() if end else None]


@pytest.mark.parametrize("item", ANSWERABLE, ids=lambda item: item.qid)
def test_key_points_stand_in_the_named_section(item):
    part = section_text(item)
    assert all(unicodedata.normalize("NFKC", point.split("|")[0]) in part for point in item.key_points)


def test_types_are_known_and_all_used():
    assert {item.type for item in ITEMS} == set(TYPES) - {UNTYPED}


def test_answerable_agrees_with_type():
    assert all(item.answerable != item.type.startswith("unanswerable") for item in ITEMS)


def test_size_and_balance():
    counts = Counter(item.type for item in ITEMS)
    assert len(ITEMS) >= 40
    assert counts["responsible_unit"] >= 6 and counts["number"] + counts["deadline"] >= 6
    assert counts["enumeration"] >= 5 and counts["colloquial"] >= 5 and counts["followup"] >= 3
    assert counts["typo"] >= 2 and counts["traditional"] >= 2
    assert counts["unanswerable_far"] >= 2 and counts["unanswerable_near"] >= 3


def test_splits_alternate_within_each_type():
    for kind in {item.type for item in ITEMS}:
        splits = [item.split for item in ITEMS if item.type == kind]
        assert splits == ["dev" if place % 2 == 0 else "test" for place in range(len(splits))]


def test_followups_have_a_history_and_others_have_none():
    assert all(bool(item.history) == (item.type == "followup") for item in ITEMS)


def test_readme_counts_the_questions():
    readme = (SETS / "README.md").read_text(encoding="utf-8")
    told = {
        kind: int(count) for kind, count in re.findall(r"^\| (\w+) \|.*\| (\d+) \|$", readme, re.MULTILINE)
    }
    assert told == Counter(item.type for item in ITEMS)
    assert f"{len(ITEMS)} 题，{len(ANSWERABLE)} 题有答案，{len(ITEMS) - len(ANSWERABLE)} 题无答案" in readme
