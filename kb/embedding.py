"""Texts -> vectors, by any sentence-transformers model.

The default is the bundled model (kb.bundled_model), run in bfloat16 where the CPU has instructions for it
(40 passages a second on two cores against 14 in float32), else in float32. A GPU is used when torch sees one.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.bundled_model import BUNDLED, BUNDLED_SIZE, MAX_TOKENS, Progress, ensure_bundled_model
from kb.errors import ModelError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

# Characters in one batch, padding included. Passages of the shipped corpus a second on two cores, by size:
# 1,000 96, 2,000 99, 4,000 92, 8,000 76; sentence-transformers' own batches of 16 and 32: 74 and 70.
_BATCH_CHARS = 2_000
_GPU_BATCH_CHARS = 64_000
_DTYPES = ("auto", "float32", "bfloat16", "float16")
_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")


class Embedder:
    """Turns queries and passages into L2-normalised float32 vectors of `size` dimensions.

    `name` is "bundled" or a sentence-transformers name or path; `dtype` one of auto, float32, bfloat16,
    float16. The model is loaded on first use or by `load`, so that programs which embed nothing start fast.
    Calls from several threads are served one after the other: torch already uses every core for one.
    """

    def __init__(
        self, name: str, models_dir: Path, dtype: str = "auto", progress: Progress | None = None
    ) -> None:
        if dtype not in _DTYPES:
            raise ModelError(f"KB_EMBED_DTYPE={dtype} 不认识；可用的有 {'、'.join(_DTYPES)}")
        self.name = name
        self._models_dir = models_dir
        self._dtype = dtype
        self._progress = progress
        self._model: SentenceTransformer | None = None
        self._lock = threading.RLock()

    @property
    def size(self) -> int:
        """Number of dimensions of a vector; for the bundled model known without loading it."""
        if self.name == BUNDLED:
            return BUNDLED_SIZE
        dimensions = self.load().get_embedding_dimension()
        if dimensions is None:
            raise ModelError(f"向量模型 {self.name} 没有说明向量维数，不能用作句向量模型")
        return dimensions

    def load(self) -> "SentenceTransformer":
        """The loaded model; unpacks the bundled one on the very first start.

        Raises:
            ModelError: the model cannot be unpacked or loaded.
        """
        with self._lock:
            if self._model is None:
                self._model = self._open()
            return self._model

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as a passage, special tokens included."""
        with self._lock:
            model = self.load()
            text = (model.prompts.get("document") or "") + text
            encoded = model.tokenizer(text, truncation=False, verbose=False)
        return len(encoded["input_ids"])

    def embed_query(self, text: str) -> Vectors:
        """Vector of a query, shape [size]."""
        vector: Vectors = self._encode([text], "query")[0]
        return vector

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of queries, shape [n, size], in the order given."""
        if not texts:
            return np.empty((0, self.size), dtype=np.float32)
        return self._encode(list(texts), "query")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape [n, size], in the order given.

        They are sorted by length and batched by volume, so hand over many at a time.
        """
        if not texts:
            return np.empty((0, self.size), dtype=np.float32)
        return self._encode(list(texts), "document")

    def _encode(self, texts: list[str], prompt: str) -> Vectors:
        model = self.load()
        words_before = model.prompts.get(prompt) or ""
        volume = _BATCH_CHARS if model.device.type == "cpu" else _GPU_BATCH_CHARS
        vectors: Vectors = np.empty((len(texts), self.size), dtype=np.float32)
        for batch in batches([len(text) for text in texts], volume):
            # The fast tokenizer changes its padding state while encoding ("Already borrowed" across threads).
            with self._lock, one_thread() if len(texts) == 1 else nullcontext():
                vectors[batch] = model.encode(
                    [texts[index] for index in batch], prompt=words_before, batch_size=len(batch)
                )
        # bfloat16 rounds lengths to within 0.3 % of 1.
        normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised

    def _folder(self) -> str:
        if self.name != BUNDLED:
            return self.name
        return str(ensure_bundled_model(self._models_dir, self._progress))

    def _open(self) -> "SentenceTransformer":
        folder = self._folder()
        _stay_offline()
        # Heavy libraries: seconds to import, not needed by programs that only read the registry.
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        options: dict[str, Any] = {"dtype": self._torch_dtype()}
        if self.name == BUNDLED:
            options["add_pooling_layer"] = False
        try:
            model = SentenceTransformer(folder, model_kwargs=options, local_files_only=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"向量模型 {folder} 无法载入：{error}；KB_EMBED_MODEL 请填本机上的模型目录"
            ) from error
        model.max_seq_length = min(model.max_seq_length or MAX_TOKENS, MAX_TOKENS)
        return model

    def _torch_dtype(self) -> "torch.dtype":
        import torch

        if self._dtype != "auto":
            dtype = getattr(torch, self._dtype)
            assert isinstance(dtype, torch.dtype)
            return dtype
        fast = torch.cuda.is_available() or cpu_has_bfloat16()
        return torch.bfloat16 if fast else torch.float32


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread inside, as is best for a single query.

    Two were 2 ms faster on two idle cores, but waited up to 900 ms for each other when another program kept
    the cores busy (95th percentile 207 ms against 25 ms).
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def batches(lengths: Sequence[int], volume: int) -> list[list[int]]:
    """Indices grouped so that each group, padded to its longest, holds at most `volume` characters.

    Longest first, so that what runs out of memory does so at once; a single longer text is a group.

    >>> batches([10, 90, 40, 50], 100)
    [[1], [3, 2], [0]]
    """
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= volume:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def cpu_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this CPU multiplies bfloat16 natively; emulated it is slower than float32."""
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return False
    return any(flag in text for flag in _BFLOAT16_FLAGS)


def _stay_offline() -> None:
    """Forbid model-hub look-ups: they would hang for minutes on an intranet."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
