"""A question and a passage as the tokens of one text, which the network reads.

    <s> question </s> </s> passage </s>

Pairs are padded to few widths: torch's CPU kernels are compiled for every shape, and with a handful of them
training is five times faster.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

WIDTHS = (64, 96, 128, 160, 192, 256, 320, 384)
QUESTION_TOKENS = 96
PADDING, _END = 1, 2  # ids of <pad> and </s> in XLM-R's vocabulary
Ids = npt.NDArray[np.int64]

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Pair(NamedTuple):
    """Token ids; 1 for those of the passage, else 0; and the passage's place of each of these."""

    ids: list[int]
    segments: list[int]
    offsets: list[tuple[int, int]]

    @property
    def start(self) -> int:
        """The number of tokens before the passage."""
        return len(self.ids) - len(self.offsets) - 1


def pair(tokenizer: "Tokenizer", question: str, passage: str) -> Pair:
    """The tokens of `question` and `passage` by a fast tokenizer; what goes beyond the last width is cut."""
    asked = tokenizer.encode(question).ids[:QUESTION_TOKENS]
    asked[-1] = _END
    encoded = tokenizer.encode(passage)
    room = WIDTHS[-1] - len(asked) - 2
    ids, offsets = encoded.ids[1:-1][:room], encoded.offsets[1:-1][:room]
    return Pair(
        ids=[*asked, _END, *ids, _END],
        segments=[0] * (len(asked) + 1) + [1] * len(ids) + [0],
        offsets=offsets,
    )


def width_for(length: int) -> int:
    """The next of WIDTHS.

    >>> width_for(97)
    128
    """
    return next(width for width in WIDTHS if width >= length)


def padded(rows: Sequence[Sequence[int] | npt.NDArray[Any]], filler: int) -> Ids:
    """`rows` as an array, as wide as the next of WIDTHS.

    >>> padded([[5, 6], [7]], 1).shape
    (2, 64)
    """
    array = np.full((len(rows), width_for(max(map(len, rows)))), filler, dtype=np.int64)
    for number, row in enumerate(rows):
        array[number, : len(row)] = row
    return array


def arrays(pairs: Sequence[Pair]) -> tuple[Ids, Ids, Ids]:
    """(token ids, 1 where there is a token, segments) of `pairs`, each of shape [n, width]."""
    return (
        padded([one.ids for one in pairs], PADDING),
        padded([[1] * len(one.ids) for one in pairs], 0),
        padded([one.segments for one in pairs], 0),
    )
