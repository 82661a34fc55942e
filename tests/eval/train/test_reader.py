"""The reader learns from a pack, and a training that was cut off ends as one that was not."""

from pathlib import Path

import pytest
import torch

from eval.train.judging import auroc, figures
from eval.train.pack import Pack
from eval.train.reader import Plan, train_reader
from kb.embedding.embedder import Embedder
from kb.reading.network import ReadingNetwork
from kb.reading.weights import network_of, write_weights

PLAN = Plan(general_epochs=0, epochs=40, rate=1e-3, at_once=2, most=2)


def trained(pack: Pack, folder: Path, plan: Plan = PLAN) -> tuple[ReadingNetwork, list[str]]:
    folder.mkdir(exist_ok=True)
    lines: list[str] = []
    return train_reader(pack, plan, folder=folder, tell=lines.append), lines


class _CutOffError(Exception):
    pass


def test_reader_learns_which_passage_answers_and_with_which_words(pack: Pack, tmp_path: Path):
    network, _ = trained(pack, tmp_path)
    network.eval()
    measured = figures(network, pack, pack.questions("ours", "train"))
    assert (measured.first, measured.retrieval_first) == (1.0, 0.0)
    assert measured.words_f1 is not None and measured.words_f1 > 0.9
    assert measured.verdict_right == 1.0


def test_training_that_was_cut_off_goes_on_to_the_same_weights(pack: Pack, tmp_path: Path):
    plan = Plan(general_epochs=0, epochs=3, at_once=2, most=2)
    whole, _ = trained(pack, tmp_path / "whole", plan)

    def cut_off(line: str) -> None:
        if "epoch 2" in line:
            raise _CutOffError

    (tmp_path / "cut").mkdir()
    with pytest.raises(_CutOffError):
        train_reader(pack, plan, folder=tmp_path / "cut", tell=cut_off)
    again, _ = trained(pack, tmp_path / "cut", plan)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_written_reader_reads_as_the_trained_one(pack: Pack, tmp_path: Path, embedder: Embedder):
    network, _ = trained(pack, tmp_path, Plan(general_epochs=0, epochs=1))
    write_weights(network.eval(), tmp_path / "reader.npz")
    pieces = embedder.load()[0].auto_model.get_input_embeddings().weight.detach().float()
    loaded = network_of((tmp_path / "reader.npz").read_bytes(), pieces)
    row = torch.from_numpy(pack.ids[: pack.starts[1]].astype("int64"))
    segments = (torch.arange(len(row)) >= int(pack.passage[0])).long().unsqueeze(0)
    numbers = torch.from_numpy(pack.pieces)[row].long().unsqueeze(0)
    with torch.inference_mode():
        before = network(row.unsqueeze(0), torch.ones_like(segments), segments)
        after = loaded(numbers, torch.ones_like(segments), segments)
    assert after.relevance.item() == pytest.approx(before.relevance.item(), abs=0.05)
    assert torch.allclose(torch.sigmoid(after.answer), torch.sigmoid(before.answer), atol=0.05)


def test_area_counts_pairs_in_the_right_order():
    assert auroc([3.0, 2.0], [1.0]) == 1.0
    assert auroc([1.0], [1.0, 2.0]) == 0.25
    assert auroc([], [1.0]) is None
