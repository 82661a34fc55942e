"""The peers find what they should in a few texts, and are judged like the evaluation judges answers."""

from pathlib import Path

import pytest

from eval.dataset import Item
from eval.growing.collection import HashingEmbedder
from eval.peers.measuring import Asked, Measured, holds, measured, table
from eval.peers.systems import PEERS, Passage, Remembered, Text, embedded, split

TEXTS = [
    Text(id="parking", text="停车管理办法\n第一条 路边停车首小时收费五元，由区城管局收取。"),
    Text(id="garden", text="绿化养护通知\n一、每月浇水三次，由区园林局检查。"),
    Text(id="market", text="集贸市场规定\n第一条 市场每天早上六点开门，晚上八点关门。"),
]
ITEM = Item(qid="1", question="路边停车首小时收费多少？", doc_ids=("parking",), key_points=("五元",))


@pytest.mark.parametrize("name", PEERS)
def test_peer_finds_the_passage_that_shares_the_words(name: str, tmp_path: Path):
    embedder = HashingEmbedder(tmp_path / "models")
    nodes = split(TEXTS)
    contents, vectors, seconds = embedded(nodes, embedder)
    search = PEERS[name](nodes, Remembered(embedder, dict(zip(contents, vectors, strict=True))), tmp_path)
    result = measured(name, search, [Asked(item=ITEM, relevant=("parking",))], TEXTS, seconds + 1, len(nodes))
    assert (result.document_first, result.answer_in_five, result.passages) == (1.0, 1.0, 3)
    assert result.ask_p95_ms > 0 and result.memory_mib > 0


def test_answer_stands_in_one_passage_or_for_a_question_across_documents_in_all_together():
    halves = [Passage(document="a", text="由区城管局收取。"), Passage(document="b", text="首小时五元。")]
    both = Item(qid="2", question="谁收，收多少？", doc_ids=("a",), key_points=("区城管局", "五元"))
    assert holds(ITEM, halves)
    assert not holds(both, halves)
    assert holds(both.model_copy(update={"type": "cross_document"}), halves)


def test_table_gives_multiples_of_ours():
    mine = Measured(
        name="ours",
        passages=10,
        questions=4,
        document_first=0.8,
        answer_in_five=0.5,
        ingest_chars_per_s=1000,
        ask_p95_ms=40,
        memory_mib=800,
    )
    other = mine.model_copy(update={"name": "bm25_rrf", "document_first": 0.6, "ask_p95_ms": 20})
    cells = [list(column.cells) for column in table([mine, other]).columns]
    assert cells[1][0] == "80.0%"
    assert cells[2][0] == "60.0%（0.75）"
    assert cells[2][3] == "20.0（0.50）"
