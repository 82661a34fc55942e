"""Texts -> vectors by the bundled model, from several threads at once.

sentence-transformers' own `encode` changes the state of its tokenizer (padding, truncation) while it works,
so calls must wait for each other: a question until a batch of passages is done. Here the state is set once,
and tokens are cut and padded by hand; many threads can run the network itself.

The network is recorded once as TorchScript: run layer by layer from Python, threads that embed wait for
Python's lock some 300 times a batch, each time for as long as a thread that reads or stores holds it.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.embedding.bundled_model import MAX_TOKENS

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

_PADDING = 1  # id of <pad> in XLM-R's vocabulary

# Batches are as wide as the next multiple of this many tokens. torch's CPU kernels are compiled and kept for
# each shape (oneDNN, up to 1,024). 2,449 chunks of 2,262 records took 44 s and 790 MiB with batches as wide
# as their longest row; with multiples of 8, 16 and 32: 37 s and 217 MiB, 36 s and 150 MiB, 38 s and 104 MiB.
# A single text is not padded: questions have few different lengths, and 18.2 ms would become 19.1.
_WIDTH = 32


class BundledEncoder:
    """The loaded bundled model; `encode` and `count_tokens` may be called by any thread."""

    def __init__(self, model: "SentenceTransformer") -> None:
        self._device = model.device
        self._network = _recorded(model)
        self._tokenizer: Any = model.tokenizer.backend_tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, special tokens included."""
        return len(self._tokenizer.encode(text).ids)

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors, shape [n, size]; texts are cut after MAX_TOKENS tokens."""
        import torch  # heavy; imported already when the model was loaded

        rows = [_cut(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]
        width = max(map(len, rows))
        if len(rows) > 1:
            width = -(-width // _WIDTH) * _WIDTH
        ids = np.full((len(rows), width), _PADDING, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        with torch.inference_mode():
            output = self._network(*(torch.from_numpy(array).to(self._device) for array in (ids, mask)))
            vectors: npt.NDArray[np.float32] = output.float().cpu().numpy()
        return vectors


def _recorded(model: "SentenceTransformer") -> Callable[..., "torch.Tensor"]:
    """(ids, mask), each of shape [n, width], -> vectors of shape [n, size], without Python between layers."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = torch.nn.ModuleList(model)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": ids, "attention_mask": mask}
            for step in self.steps:
                features = step(features)
            return features["sentence_embedding"]

    example = torch.full((2, _WIDTH), _PADDING + 1, device=model.device)
    with torch.inference_mode(), warnings.catch_warnings():
        # The warnings: tracing is deprecated; values that depend on shapes only are recorded as constants.
        warnings.simplefilter("ignore")
        recorded: Callable[..., torch.Tensor] = torch.jit.trace(  # type: ignore[no-untyped-call]
            Network().eval(), (example, torch.ones_like(example)), check_trace=False
        )
    return recorded


def _cut(tokens: list[int]) -> list[int]:
    """At most MAX_TOKENS of `tokens`, the mark at the end always included."""
    return tokens if len(tokens) <= MAX_TOKENS else [*tokens[: MAX_TOKENS - 1], tokens[-1]]
