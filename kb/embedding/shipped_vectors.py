"""The vectors of the shipped documents' passages, so that a first start need not compute them.

Made with the bundled model by `python -m ingest.pipeline.shipping corpus` and kept here as
shipped_vectors.npz: for each passage the digest of its indexed text, 384 whole numbers from -127 to 127, and
the scale that makes a unit vector of them. With another model, or another edition of it, nothing is found
and every passage is computed. Figures: docs/decisions/0063-shipped-vectors.md.
"""

import importlib.metadata
import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from kb.embedding.bundled_model import BUNDLED, BUNDLED_SIZE, bundled_edition

logger = logging.getLogger(__name__)

FILE = Path(__file__).with_name("shipped_vectors.npz")
_STEPS = 127  # of the largest number of a vector; the others are rounded to whole steps

Vector = npt.NDArray[np.float32]


class ShippedVectors:
    """Vectors by text, from a file that is read when the first text is looked for."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file

    def find(self, texts: Sequence[str]) -> dict[str, Vector]:
        """The vectors, of length 1, of those of `texts` that are in the file."""
        keys, scales, steps = self._content
        if not len(keys):
            return {}
        wanted = np.array([digest(text) for text in texts], dtype=np.uint64)
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return {
            text: scales[place] * steps[place].astype(np.float32)
            for text, key, place in zip(texts, wanted, places, strict=True)
            if keys[place] == key
        }

    @property
    def digests(self) -> frozenset[int]:
        """The digests of all texts in the file."""
        return frozenset(map(int, self._content[0]))

    @cached_property
    def _content(self) -> tuple[npt.NDArray[np.uint64], Vector, npt.NDArray[np.int8]]:
        """Digests in ascending order, scales and steps; empty where the file does not fit or is damaged."""
        try:
            with self._file.open("rb") as file, np.load(file) as content:
                if str(content["made_with"]) == bundled_edition():
                    keys, scales, steps = content["keys"], content["scales"], content["steps"]
                    if scales.shape == keys.shape and steps.shape == (len(keys), BUNDLED_SIZE):
                        return keys, scales, steps
        except (OSError, ValueError, KeyError, BadZipFile, importlib.metadata.PackageNotFoundError) as error:
            logger.warning("随附的向量 %s 读不出来，改为现算：%s", self._file, error)
        none = np.empty(0, dtype=np.float32)
        return none.astype(np.uint64), none, np.empty((0, BUNDLED_SIZE), dtype=np.int8)


def shipped_vectors_for(model_name: str) -> ShippedVectors | None:
    """The shipped vectors where `model_name` is the bundled model, which made them."""
    return ShippedVectors() if model_name == BUNDLED else None


def digest(text: str) -> int:
    """The number by which the vector of `text` is found: the first 64 bits of its SHA-256."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "little")


def shipped_question(text: str) -> str:
    """The text under which the vector of the question `text` is kept, apart from passages."""
    return f"question: {text}"


def write_shipped_vectors(vectors: Mapping[str, Vector], file: Path = FILE) -> None:
    """Write the file that holds `vectors`, by text."""
    rows = {digest(text): vector for text, vector in vectors.items()}
    keys = np.array(sorted(rows), dtype=np.uint64)
    table = np.stack([rows[int(key)] for key in keys]).astype(np.float32)
    steps = np.rint(table * (_STEPS / np.abs(table).max(axis=1, keepdims=True))).astype(np.int8)
    scales = 1 / np.linalg.norm(steps.astype(np.float32), axis=1)
    partial = file.with_suffix(".partial.npz")
    np.savez(partial, made_with=np.array(bundled_edition()), keys=keys, scales=scales, steps=steps)
    partial.replace(file)
