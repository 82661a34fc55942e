"""Reads the best hits of a question: does a passage answer, with which words, and with yes or no?

The network shares the bundled model's vectors of pieces, and is recorded as the bundled model is
(kb.embedding.bundled_encoder). Passages are read side by side, each thread on one core.
"""

import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.embedding.bundled_model import BUNDLED
from kb.embedding.embedder import Embedder, running
from kb.embedding.sharing import all_threads, threads
from kb.errors import SettingsError
from kb.hits import Marked, PassageReading
from kb.reading.network import Reading
from kb.reading.pairs import WIDTHS, Pair, arrays, pair
from kb.reading.weights import network_of

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from kb.reading.network import ReadingNetwork

OFF = "off"
FILE = "reader.npz"
NAME = "reader"  # in error messages
Recorded = Callable[["torch.Tensor", "torch.Tensor", "torch.Tensor"], tuple["torch.Tensor", ...]]


@lru_cache(maxsize=2)
def open_reader(setting: str, embedder: Embedder) -> "Reader | None":
    """The reader that KB_READER names; None where it is off, or another model than the bundled one embeds.

    Knowledge bases that share a loaded model share the reader.

    Raises:
        SettingsError: there is no such file.
    """
    if setting == OFF or embedder.name != BUNDLED:
        return None
    file = files("kb.reading") / FILE if setting == BUNDLED else Path(setting)
    if not file.is_file():
        raise SettingsError(f"KB_READER={setting}：没有 {file} 这个文件；可填 bundled、off 或阅读模型的文件")
    return Reader(embedder, file.read_bytes)


class Reader:
    """A trained reader, loaded on first use; may be called from several threads.

    `embedder` runs the bundled model, whose vectors of pieces the reader was trained over; `content` gives
    the file that holds the rest.
    """

    def __init__(self, embedder: Embedder, content: Callable[[], bytes]) -> None:
        self._embedder = embedder
        self._content = content
        self._lock = threading.Lock()
        self._loaded: tuple[Recorded, Tokenizer, ThreadPoolExecutor] | None = None

    def read(self, question: str, passages: Sequence[str]) -> list[PassageReading]:
        """What each of `passages` says to `question`.

        Raises:
            ModelError: the reader or the bundled model cannot be loaded, or fails.
        """
        with running(NAME):
            network, tokenizer, pool = self._load()
            pairs = [pair(tokenizer, question, passage) for passage in passages]
            groups = _groups([len(one.ids) for one in pairs], all_threads())
            readings: dict[int, PassageReading] = {}
            for group in pool.map(lambda group: _read(network, pairs, group), groups):
                readings.update(group)
        return [readings[place] for place in range(len(pairs))]

    def load(self) -> None:
        """Load the network now, so that no question waits for it."""
        with running(NAME):
            self._load()

    def _load(self) -> "tuple[Recorded, Tokenizer, ThreadPoolExecutor]":
        with self._lock:
            if self._loaded is None:
                model = self._embedder.load()
                encoder: Any = model[0].auto_model
                pieces = encoder.get_input_embeddings().weight.detach()
                network = _recorded(network_of(self._content(), pieces), pieces.device)
                tokenizer: Tokenizer = model.tokenizer.backend_tokenizer
                self._loaded = network, tokenizer, ThreadPoolExecutor(all_threads(), "reading")
            return self._loaded


def _groups(lengths: Sequence[int], count: int) -> list[list[int]]:
    """Places of `lengths` in at most `count` groups of about the same volume, like lengths together.

    >>> _groups([100, 300, 90, 120], 2)
    [[1], [3, 0, 2]]
    """
    groups: list[list[int]] = [[]]
    volume, share = 0, sum(lengths) / count
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if groups[-1] and volume + lengths[place] / 2 > share * len(groups):
            groups.append([])
        groups[-1].append(place)
        volume += lengths[place]
    return groups if lengths else []


def _read(network: Recorded, pairs: Sequence[Pair], group: Sequence[int]) -> dict[int, PassageReading]:
    """The readings of the pairs at the places of `group`, computed on the calling thread alone."""
    import torch  # heavy; imported when the network was loaded

    tensors = (torch.from_numpy(array) for array in arrays([pairs[place] for place in group]))
    with threads(1), torch.inference_mode():
        read = Reading(*network(*tensors))
    answers = torch.sigmoid(read.answer).tolist()
    return {
        place: PassageReading(
            relevance=relevance,
            marks=tuple(
                Marked(start=start, end=end, likelihood=answers[row][pairs[place].start + number])
                for number, (start, end) in enumerate(pairs[place].offsets)
            ),
        )
        for row, (place, relevance) in enumerate(zip(group, read.relevance.tolist(), strict=True))
    }


def _recorded(network: "ReadingNetwork", device: "torch.device") -> Recorded:
    """The network without Python between its layers."""
    import torch

    example = torch.ones((2, WIDTHS[0]), dtype=torch.long, device=device)
    with torch.inference_mode(), warnings.catch_warnings():
        # The warnings: tracing is deprecated; values that depend on shapes only are recorded as constants.
        warnings.simplefilter("ignore")
        recorded: Recorded = torch.jit.trace(  # type: ignore[no-untyped-call]
            network, (example, example, example), check_trace=False
        )
    return recorded
