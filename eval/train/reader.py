"""Stage two: the reader learns from questions with ten labelled hits each."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from eval.train.batches import Batch, Pairs, training_batches
from eval.train.examples import Example
from eval.train.loop import Recipe, device, moved, train
from kb.reading.network import Reading, ReadingNetwork, new_network

QUESTIONS, MOST = 4, 4  # questions in a batch, passages of each


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
            cross_entropy(reading.start, batch.start, ignore_index=-100)
            + cross_entropy(reading.end, batch.end, ignore_index=-100)
        )
        if (batch.verdict >= 0).any():
            loss = loss + 0.5 * cross_entropy(reading.verdict, batch.verdict, ignore_index=-100)
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


def train_reader(
    base: Path,
    *,
    examples: Sequence[Example],
    start: Path | None,
    layers: int,
    recipe: Recipe,
    checkpoint: Path,
    tell: Callable[[str], None],
    after_epoch: Callable[[ReadingNetwork], None] = lambda network: None,
    questions: int = QUESTIONS,
    most: int = MOST,
) -> ReadingNetwork:
    """The reader trained on `examples`; `start` holds weights of an earlier training to start from."""
    where = device()
    network = new_network(base, layers)
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True)["network"], strict=False)
    network.to(where)
    pairs = Pairs(base)

    def loss(batch: Batch) -> Tensor:
        batch = moved(batch, where)
        with torch.autocast(where.type, torch.bfloat16):
            reading = network(batch.ids, batch.mask, batch.segments)
        return reading_loss(reading, batch)

    train(
        network,
        recipe=recipe,
        epoch=lambda number: training_batches(
            examples, pairs, Random(recipe.seed * 1_000 + number), questions=questions, most=most
        ),
        steps=-(-len(examples) // questions),
        loss=loss,
        checkpoint=checkpoint,
        tell=tell,
        after_epoch=lambda number: after_epoch(network),
    )
    return network


def parameters_of(network: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
