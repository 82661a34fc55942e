"""Reading a text takes time in proportion to it, also where single patterns do: half a megabyte at a time."""

import pytest
from backtracking import steps_of

from ingest.anatomy.document import build_document
from ingest.anatomy.statements import find_statements
from ingest.raw_text import RawText
from ingest.structure.chunks import chunk_document
from kb.answering.document_facts import document_fact
from kb.language.normalise import canonical
from kb.language.sentences import clauses, sentences
from kb.language.tokens import bigrams
from kb.models import PolicyDocument

LENGTH = 500_000  # characters
MOST_STEPS = (
    60_000  # for each character: the limit of the reading process, in steps of tests.support.backtracking
)
SERVED = 10_000  # for each character, by the process that serves

TEXTS = (
    "《甲办法》同时废止，",
    "《甲办法》作如下修改、",
    "根据《甲办法》，废止《乙规定》",
    "《甲办法》一一印发的",
    "。责任单位：甲乙",
    "。”",
    "  第一章 总则",
    "区政府  2024年1月1日  ",
    "：\n1.a；\n2.b；",
    "\n一、",
    "（牵头单位：",
    "\n",
    " ",
    "，",
)


def document(text: str) -> PolicyDocument:
    return build_document(RawText(text=text), source="a.txt", path="a.txt", sha256="0", document_id="a")


def read(text: str) -> None:
    """Do what the reading process does with a text."""
    built = document(text)
    chunk_document(built, lambda piece: min(len(piece), 4_000))
    find_statements(built.text, "关于废止部分文件的决定", None, None)


def fact(text: str) -> None:
    """Look for the organ that issued a document, as an answer does."""
    made = document("关于停车的通知").model_copy(update={"text": text, "issuer": text[:2], "title": "停车"})
    document_fact("停车的通知是谁发布的", {"停车": 1.0}, made)


@pytest.mark.hostile
@pytest.mark.slow
@pytest.mark.parametrize("piece", TEXTS, ids=repr)
def test_half_a_megabyte_is_read_within_the_limit(piece: str):
    text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    assert steps_of(read, text, MOST_STEPS) < MOST_STEPS


@pytest.mark.hostile
@pytest.mark.slow
@pytest.mark.parametrize("piece", TEXTS, ids=repr)
def test_half_a_megabyte_holds_no_question_up(piece: str):
    text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    for work in (canonical, bigrams, fact):
        assert steps_of(work, text, SERVED) < SERVED
    for work in (sentences, clauses):  # of a passage
        assert steps_of(work, text[:4_000], SERVED) < SERVED
