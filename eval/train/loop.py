"""The training loop of both stages: deterministic, kept every ten minutes, continued where it stopped."""

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

KEEP_EVERY = 600.0  # seconds
Item = TypeVar("Item", bound=tuple[Tensor, ...])


@dataclass(frozen=True)
class Recipe:
    """How to train: passes over the examples, steps of warming up, the highest learning rate, the seed."""

    epochs: int
    rate: float = 1.2e-4
    warm_up: int = 100
    seed: int = 1
    weight_decay: float = 0.01


@dataclass(frozen=True)
class Progress:
    """Where training stands."""

    epoch: int = 0
    step: int = 0  # within the epoch


def train(
    network: nn.Module,
    *,
    recipe: Recipe,
    epoch: Callable[[int], Iterator[Item]],
    steps: int,
    loss: Callable[[Item], Tensor],
    checkpoint: Path,
    tell: Callable[[str], None],
    after_epoch: Callable[[int], None] = lambda number: None,
) -> None:
    """Train `network` for the recipe's epochs; `epoch(n)` yields the batches of epoch n, always the same.

    `steps` is the number of batches of an epoch (an estimate is enough: it sets the learning rate). State
    is kept in `checkpoint` every ten minutes and after each epoch; a later call goes on from there.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.weight_decay)
    progress = _resumed(checkpoint, network, optimizer)
    total = steps * recipe.epochs
    kept, recent = monotonic(), deque[float](maxlen=100)
    network.train()
    for number in range(progress.epoch, recipe.epochs):
        for step, item in enumerate(epoch(number)):
            if number == progress.epoch and step < progress.step:
                continue
            taken = number * steps + step
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * rate_share(taken, recipe.warm_up, total)
            torch.manual_seed(recipe.seed * 1_000_003 + taken)  # dropout, the same after a restart
            value = loss(item)
            value.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            recent.append(value.item())
            if step % 50 == 49:
                tell(f"epoch {number + 1}/{recipe.epochs} step {step + 1}/{steps} loss {fmean(recent):.4f}")
            if monotonic() - kept > KEEP_EVERY:
                _keep(checkpoint, network, optimizer, Progress(epoch=number, step=step + 1))
                kept = monotonic()
        _keep(checkpoint, network, optimizer, Progress(epoch=number + 1))
        after_epoch(number)
        network.train()


def rate_share(step: int, warm_up: int, total: int) -> float:
    """The share of the highest learning rate at `step`: a line up, then half a cosine down to 2 %.

    >>> [round(rate_share(step, 10, 110), 2) for step in (0, 9, 60, 110)]
    [0.1, 1.0, 0.51, 0.02]
    """
    if step < warm_up:
        return (step + 1) / warm_up
    share = min(1.0, (step - warm_up) / max(1, total - warm_up))
    return 0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2


def _keep(file: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    state = {
        "network": {
            name: value for name, value in network.state_dict().items() if "word_embeddings" not in name
        },
        "optimizer": optimizer.state_dict(),
        "progress": asdict(progress),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    torch.save(state, beside)
    os.replace(beside, file)


def _resumed(file: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    if not file.exists():
        return Progress()
    state: dict[str, Any] = torch.load(file, weights_only=True)
    network.load_state_dict(state["network"], strict=False)
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


def device() -> torch.device:
    """A GPU where torch sees one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def moved(batch: Item, where: torch.device) -> Item:
    """A named tuple of tensors on another device."""
    moved_tensors: Iterable[Tensor] = (tensor.to(where, non_blocking=True) for tensor in batch)
    return type(batch)(*moved_tensors)
