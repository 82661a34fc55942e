"""The pack holds the questions as tokens, from which question, passage and answer can be read again."""

from pathlib import Path
from random import Random

import numpy as np
from reading import ANSWER
from tokenizers import Tokenizer

from eval.train.batches import IGNORED, batch_of, training_batches
from eval.train.pack import Pack, read_pack, write_pack


def test_pack_read_again_is_the_same(pack: Pack, tmp_path: Path):
    write_pack(pack, tmp_path / "pack.npz")
    again = read_pack(tmp_path / "pack.npz")
    assert again.encoder == pack.encoder
    assert np.array_equal(again.ids, pack.ids)
    assert again.questions("ours", "train") == pack.questions("ours", "train")


def test_tokens_of_a_row_read_as_question_and_passage_and_marked_ones_as_the_answer(pack: Pack, model: Path):
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    ids = pack.pieces[pack.ids[pack.starts[1] : pack.starts[2]]]
    marks = pack.answer[pack.starts[1] : pack.starts[2]] == 1
    begin = int(pack.passage[1])
    assert tokenizer.decode(ids[:begin].tolist()) == "内部工作流程必须公开吗?"
    assert tokenizer.decode(ids[begin:].tolist()).replace(" ", "").startswith("第十六条行政机关内部事务")
    assert tokenizer.decode(ids[marks].tolist()) == ANSWER


def test_batch_holds_the_labels_and_ignores_what_nobody_knows(pack: Pack):
    batch = batch_of(pack, [(row, 0) for row in pack.rows(0)])
    assert batch.relevance.tolist() == [0, 1, -1]
    assert batch.verdict.tolist() == [IGNORED, 0, IGNORED]
    assert batch.start[0] == IGNORED
    assert batch.answer[1, batch.start[1] : batch.end[1] + 1].all()
    assert batch.answer[1].sum() == batch.end[1] - batch.start[1] + 1
    assert batch.ids.shape == batch.segments.shape == (3, 64)


def test_epoch_goes_over_each_question_of_the_part_once(pack: Pack):
    questions = pack.questions("ours", "train")
    batches = list(training_batches(pack, questions, Random(1), at_once=2, most=2))
    assert sum(int(batch.question.max()) + 1 for batch in batches) == len(questions)
    assert all(int((batch.relevance == 1).sum()) == int(batch.question.max()) + 1 for batch in batches)
