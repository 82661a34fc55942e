"""All that training needs, in one file below 40 MB: tokens with their labels, and the encoder in 8 bits.

Programs that train read nothing else, and need numpy, torch and transformers only, so that they run on a
borrowed machine with a GPU too. Pieces of the vocabulary are numbered anew, by those that occur; `pieces`
holds the numbers they have in the bundled model.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.reading.pairs import pair
from kb.reading.weights import PIECES, pack_weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel

    from eval.train.examples import Example

SETS = ("general", "ours")
PARTS = ("train", "dev", "held_back")
VERDICTS = ("no", "yes")
UNKNOWN = -1
Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Pack:
    """Rows are pairs of a question and a passage; those of a question stand together, best hit first.

    The tokens of row i are ids[starts[i] : starts[i + 1]]; those of the passage begin at `passage[i]` in it
    and end before the last. `answer` is 1 for tokens of the answer. `label` is 1, 0 or UNKNOWN. The rows of
    question q are first[q] to first[q + 1]; `part`, `set` and `verdict` are numbers in the lists above.
    """

    ids: Numbers
    starts: Numbers
    passage: Numbers
    answer: Numbers
    label: Numbers
    first: Numbers
    part: Numbers
    set: Numbers
    verdict: Numbers
    pieces: Numbers
    encoder: bytes

    def questions(self, set_name: str, part: str) -> list[int]:
        """The numbers of the questions of a set and a part."""
        chosen = (self.set == SETS.index(set_name)) & (self.part == PARTS.index(part))
        return [int(number) for number in np.flatnonzero(chosen)]

    def rows(self, question: int) -> range:
        """The numbers of the rows of a question."""
        return range(int(self.first[question]), int(self.first[question + 1]))


def read_pack(file: Path) -> Pack:
    """The pack in `file`."""
    with np.load(file, allow_pickle=False) as stored:
        arrays = {field.name: stored[field.name] for field in fields(Pack)}
    return Pack(**{**arrays, "encoder": arrays["encoder"].tobytes()})


def write_pack(pack: Pack, file: Path) -> None:
    """Write `pack` to `file`."""
    arrays = {field.name: getattr(pack, field.name) for field in fields(Pack)}
    encoder = np.frombuffer(pack.encoder, dtype=np.uint8)
    np.savez_compressed(file, **{**arrays, "encoder": encoder})


class _Rows:
    """Collects the rows of questions."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._tokenizer = tokenizer
        self.ids: list[list[int]] = []
        self.answer: list[list[int]] = []
        self.passage: list[int] = []
        self.label: list[int] = []
        self.counts: list[int] = []
        self.questions: list[tuple[int, int, int]] = []

    def add(self, example: "Example", set_name: str) -> None:
        """Add a question of one of SETS with its passages."""
        verdict = VERDICTS.index(example.verdict) if example.verdict else UNKNOWN
        for passage in example.passages:
            tokens = pair(self._tokenizer, example.question, passage.text)
            marks = [
                int(any(span.start < end and start < span.end for span in passage.spans))
                for start, end in tokens.offsets
            ]
            label = UNKNOWN if passage.label is None else passage.label
            if label == 1 and passage.spans and not any(marks):
                label = UNKNOWN  # the answer was cut off
            self.ids.append(tokens.ids)
            self.answer.append([*[0] * tokens.start, *marks, 0])
            self.passage.append(tokens.start)
            self.label.append(label)
        self.counts.append(len(example.passages))
        self.questions.append((PARTS.index(example.part), SETS.index(set_name), verdict))


def make_pack(examples: Iterable[tuple[str, "Example"]], model: Path, *, layers: int) -> Pack:
    """The pack of `examples`, each with its set, and of the first `layers` layers of the encoder `model`."""
    from tokenizers import Tokenizer

    rows = _Rows(Tokenizer.from_file(str(model / "tokenizer.json")))
    for set_name, example in examples:
        rows.add(example, set_name)
    flat = np.array([number for row in rows.ids for number in row])
    pieces, ids = np.unique(flat, return_inverse=True)
    part, sets, verdicts = np.array(rows.questions, dtype=np.int8).T
    return Pack(
        ids=ids.astype(np.uint16),
        starts=_sums(map(len, rows.ids)),
        passage=np.array(rows.passage, dtype=np.int16),
        answer=np.array([mark for row in rows.answer for mark in row], dtype=np.uint8),
        label=np.array(rows.label, dtype=np.int8),
        first=_sums(rows.counts),
        part=part,
        set=sets,
        verdict=verdicts,
        pieces=pieces.astype(np.int32),
        encoder=_encoder(model, pieces, layers),
    )


def _sums(lengths: Iterable[int]) -> Numbers:
    return np.cumsum([0, *lengths], dtype=np.int64)


def _encoder(model: Path, pieces: Sequence[int] | Numbers, layers: int) -> bytes:
    """The first `layers` layers of the encoder in `model`, with the vectors of `pieces`."""
    from transformers import BertModel

    encoder = BertModel.from_pretrained(model, add_pooling_layer=False)
    encoder.encoder.layer = encoder.encoder.layer[:layers]
    config = {**encoder.config.to_dict(), "num_hidden_layers": layers, "vocab_size": len(pieces)}
    weights = dict(_weights(encoder, pieces))
    out = io.BytesIO()
    pack_weights(weights, config, out)
    return out.getvalue()


def _weights(
    encoder: "BertModel", pieces: Sequence[int] | Numbers
) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    for name, tensor in encoder.state_dict().items():
        values = tensor.detach().float().numpy()
        full = f"encoder.{name}"
        yield full, values[np.asarray(pieces)] if full == PIECES else values
