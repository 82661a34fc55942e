"""The reader's network: one encoder over question and passage, three small heads (stage two).

    <s> question </s> </s> passage </s>   ->   relevance [n]         does this passage answer?
                                               answer    [n, width]  does this token belong to the answer?
                                               start, end [n, width] the answer's first and last token
                                               verdict   [n, 3]      no, yes, neither

Relevance and verdict are read from the first token and from the mean of the tokens weighted by their answer
probability, so that they judge the words that would be quoted.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import BertConfig, BertModel

from kb.reading.pairs import width_for

VERDICTS = ("no", "yes", None)
_OUTSIDE = -1e4  # logit of a token that cannot belong to an answer


class Reading(NamedTuple):
    """Logits of a batch, shapes as above."""

    relevance: Tensor
    answer: Tensor
    start: Tensor
    end: Tensor
    verdict: Tensor


class ReadingNetwork(nn.Module):
    """An encoder (a BERT) and the heads over its last layer."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        size = encoder.config.hidden_size
        self.encoder = encoder
        self.tokens = nn.Linear(size, 3)  # answer, start, end
        self.judge = nn.Sequential(nn.Linear(2 * size, size), nn.GELU(), nn.Dropout(0.1))
        self.relevance = nn.Linear(size, 1)
        self.verdict = nn.Linear(size, len(VERDICTS))

    def forward(self, ids: Tensor, mask: Tensor, segments: Tensor) -> Reading:
        """Logits for token ids, mask (1: a token) and segments (1: of the passage), all [n, width]."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        answer, start, end = self.tokens(states).float().unbind(-1)
        outside = segments == 0
        answer = answer.masked_fill(outside, _OUTSIDE)
        weights = torch.sigmoid(answer).unsqueeze(-1)
        said = (states * weights).sum(1) / (weights.sum(1) + 1.0)
        judged = self.judge(torch.cat((states[:, 0], said.to(states.dtype)), -1))
        return Reading(
            relevance=self.relevance(judged).float().squeeze(-1),
            answer=answer,
            start=start.masked_fill(outside, _OUTSIDE),
            end=end.masked_fill(outside, _OUTSIDE),
            verdict=self.verdict(judged).float(),
        )


def new_network(
    config: Mapping[str, Any], weights: Mapping[str, npt.NDArray[Any]], *, frozen: int = 0
) -> ReadingNetwork:
    """A network with these `weights`, over an encoder of this `config` (BertConfig); new where none is given.

    The vectors of pieces stay fixed in training, and so do the lowest `frozen` layers. The encoder drops
    nothing out: torch has no fast attention with dropout on CPUs, where training takes twice as long.
    """
    settings = {**config, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    network = ReadingNetwork(BertModel(BertConfig(**settings), add_pooling_layer=False))
    network.load_state_dict(
        {name: torch.from_numpy(values) for name, values in weights.items()}, strict=False
    )
    network.encoder.embeddings.word_embeddings.weight.requires_grad = False
    if frozen:
        network.encoder.embeddings.requires_grad_(False)
        for layer in network.encoder.encoder.layer[:frozen]:
            layer.requires_grad_(False)
    return network


def read_in_portions(
    network: ReadingNetwork, ids: Tensor, mask: Tensor, segments: Tensor, *, portion: int = 8
) -> Reading:
    """As the network's own call, with `portion` texts of like length at once: less padding is computed."""
    order = mask.sum(1).argsort(stable=True)
    portions = []
    for rows in torch.split(order, portion):
        width = width_for(int(mask[rows].sum(1).max()))
        read = network(ids[rows, :width], mask[rows, :width], segments[rows, :width])
        room = (0, ids.shape[1] - width)
        portions.append(
            read._replace(
                answer=pad(read.answer, room, value=_OUTSIDE),
                start=pad(read.start, room, value=_OUTSIDE),
                end=pad(read.end, room, value=_OUTSIDE),
            )
        )
    back = order.argsort()
    return Reading(*(torch.cat(parts)[back] for parts in zip(*portions, strict=True)))
