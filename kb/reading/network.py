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
from transformers import BertConfig, BertModel

VERDICTS = ("no", "yes", None)


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
        answer = answer.masked_fill(outside, -1e4)
        weights = torch.sigmoid(answer).unsqueeze(-1)
        said = (states * weights).sum(1) / (weights.sum(1) + 1.0)
        judged = self.judge(torch.cat((states[:, 0], said.to(states.dtype)), -1))
        return Reading(
            relevance=self.relevance(judged).float().squeeze(-1),
            answer=answer,
            start=start.masked_fill(outside, -1e4),
            end=end.masked_fill(outside, -1e4),
            verdict=self.verdict(judged).float(),
        )


def new_network(config: Mapping[str, Any], weights: Mapping[str, npt.NDArray[Any]]) -> ReadingNetwork:
    """A network with these `weights`, over an encoder of this `config` (BertConfig); new where none is given.

    The vectors of pieces stay fixed in training.
    """
    network = ReadingNetwork(BertModel(BertConfig(**config), add_pooling_layer=False))
    network.load_state_dict(
        {name: torch.from_numpy(values) for name, values in weights.items()}, strict=False
    )
    network.encoder.embeddings.word_embeddings.weight.requires_grad = False
    return network
