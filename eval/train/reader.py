"""Stage two: the reader learns from questions with ten labelled hits each.

python -m eval.train.reader PACK FOLDER --general-epochs 1 --epochs 3
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic
from typing import get_type_hints

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from eval.train.batches import IGNORED, Batch, training_batches
from eval.train.judging import figures
from eval.train.loop import Recipe, device, moved, train
from eval.train.pack import Pack, read_pack
from kb.reading.network import Reading, ReadingNetwork, new_network, read_in_portions
from kb.reading.weights import read_weights, write_weights


def reading_loss(reading: Reading, batch: Batch) -> Tensor:
    """Relevance of each pair and among the pairs of a question, words of the answer, verdict."""
    known = batch.relevance >= 0
    labels = batch.relevance.float()
    loss = binary_cross_entropy_with_logits(reading.relevance[known], labels[known])
    loss = loss + 0.5 * _among(reading.relevance, batch)
    answered = batch.relevance == 1
    if answered.any():
        inside = (batch.segments == 1) & answered.unsqueeze(1)
        loss = loss + binary_cross_entropy_with_logits(
            reading.answer[inside],
            batch.answer[inside].float(),
            pos_weight=torch.tensor(2.0, device=labels.device),
        )
        loss = loss + 0.25 * (
            cross_entropy(reading.start, batch.start, ignore_index=IGNORED)
            + cross_entropy(reading.end, batch.end, ignore_index=IGNORED)
        )
        if (batch.verdict >= 0).any():
            loss = loss + 0.5 * cross_entropy(reading.verdict, batch.verdict, ignore_index=IGNORED)
    return loss


def _among(relevance: Tensor, batch: Batch) -> Tensor:
    """Which of a question's passages answers: softmax over them and over "none of them" (logit 0)."""
    losses = []
    for number in range(int(batch.question.max()) + 1):
        mine = (batch.question == number) & (batch.relevance >= 0)
        if mine.any():
            logits = torch.cat((relevance[mine], relevance.new_zeros(1)))
            right = torch.cat((batch.relevance[mine] == 1, batch.relevance.new_zeros(1, dtype=torch.bool)))
            if not right.any():
                right[-1] = True
            losses.append(torch.logsumexp(logits, 0) - torch.logsumexp(logits[right], 0))
    return torch.stack(losses).mean() if losses else relevance.new_zeros(())


@dataclass(frozen=True)
class Plan:
    """What is learned, in this order: passes over the general questions, then over ours."""

    general_epochs: int
    epochs: int
    general_share: float = 1.0  # of the general questions, evenly chosen
    rate: float = 1.5e-4
    seed: int = 1
    at_once: int = 8  # questions in a batch
    most: int = 4  # passages of each
    frozen: int = 0  # lowest layers that do not learn


def train_reader(
    pack: Pack, plan: Plan, *, folder: Path, tell: Callable[[str], None], dev: int = 500
) -> ReadingNetwork:
    """The reader trained on `pack`; it goes on from the checkpoints in `folder`; its figures go there too.

    After each epoch `dev` questions of the dev part are read.
    """
    where = device()
    torch.manual_seed(plan.seed)  # the heads begin by chance, the same each time
    network = new_network(*read_weights(pack.encoder), frozen=plan.frozen).to(where)
    for set_name, epochs, most in (("general", plan.general_epochs, 2), ("ours", plan.epochs, plan.most)):
        if epochs:
            _learn(network, pack, plan, set_name, epochs, most, folder, tell, dev)
    return network


def _learn(
    network: ReadingNetwork,
    pack: Pack,
    plan: Plan,
    set_name: str,
    epochs: int,
    most: int,
    folder: Path,
    tell: Callable[[str], None],
    dev: int,
) -> None:
    """Learn one set of questions."""
    questions = pack.questions(set_name, "train")
    if set_name == "general":
        questions = questions[:: round(1 / plan.general_share)]
    judged = pack.questions(set_name, "dev")
    Random(plan.seed).shuffle(judged)
    where = device()

    def loss(batch: Batch) -> Tensor:
        batch = moved(batch, where)
        with torch.autocast(where.type, torch.bfloat16):
            reading = read_in_portions(network, batch.ids, batch.mask, batch.segments)
        return reading_loss(reading, batch)

    def judge(epoch: int) -> None:
        measured = figures(network, pack, judged[:dev])
        tell(f"{set_name}, epoch {epoch + 1}: {measured}")
        with (folder / "figures.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({"set": set_name, "epoch": epoch + 1, **asdict(measured)}) + "\n")

    tell(f"{set_name}: {len(questions)} questions")
    train(
        network,
        recipe=Recipe(epochs=epochs, rate=plan.rate, seed=plan.seed),
        epoch=lambda number: training_batches(
            pack, questions, Random(plan.seed * 1_000 + number), at_once=plan.at_once, most=most
        ),
        steps=-(-len(questions) // plan.at_once),
        loss=loss,
        checkpoint=folder / f"{set_name}.ckpt",
        tell=tell,
        after_epoch=judge,
    )


def train_from(file: Path, plan: Plan, *, folder: Path, tell: Callable[[str], None]) -> None:
    """Train on the pack in `file`; the reader ends in reader.npz in `folder`, beside its checkpoints."""
    folder.mkdir(parents=True, exist_ok=True)
    network = train_reader(read_pack(file), plan, folder=folder, tell=tell)
    write_weights(network, folder / "reader.npz")


def main() -> None:
    """python -m eval.train.reader PACK FOLDER: train where only numpy, torch and transformers are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("folder", type=Path)
    for name, kind in get_type_hints(Plan).items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=getattr(Plan, name, None),
            required=not hasattr(Plan, name),
        )
    given = vars(parser.parse_args())
    file, folder = given.pop("pack"), given.pop("folder")
    began = monotonic()
    train_from(
        file,
        Plan(**given),
        folder=folder,
        tell=lambda line: print(f"{monotonic() - began:.0f} s {line}", flush=True),
    )


if __name__ == "__main__":
    main()
