"""Texts -> vectors, by any sentence-transformers model.

The default is the bundled model (kb.bundled_model), run in bfloat16 where the CPU has instructions for it
(40 passages a second on two cores against 14 in float32), else in float32. A GPU is used when torch sees one.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.bundled_encoder import BundledEncoder
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
_PATIENCE = 1.0  # seconds a batch of passages waits for questions
_DTYPES = ("auto", "float32", "bfloat16", "float16")
_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")


class Embedder:
    """Turns queries and passages into L2-normalised float32 vectors of `size` dimensions.

    `name` is "bundled" or a sentence-transformers name or path; `dtype` one of auto, float32, bfloat16,
    float16. The model is loaded on first use or by `load`, so that programs which embed nothing start fast.
    Passages of several threads are embedded one batch after the other, as torch uses every core for one. A
    question goes at once, beside the batch under way, and the next batch waits for it, so that a long ingest
    hardly delays answers. Models other than the bundled one do one thing at a time.
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
        self._bundled: BundledEncoder | None = None
        self._lock = threading.RLock()
        self._questions = _Waiting()

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
                model = self._open()
                if self.name == BUNDLED:
                    self._bundled = BundledEncoder(model)
                self._model = model
            return self._model

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as a passage, special tokens included."""
        model = self._model or self.load()
        text = (model.prompts.get("document") or "") + text
        if self._bundled is not None:
            return self._bundled.count_tokens(text)
        with self._lock:
            return len(model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def embed_query(self, text: str) -> Vectors:
        """Vector of a query, shape [size]."""
        with self._questions:
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
        model = self._model or self.load()
        words_before = model.prompts.get(prompt) or ""
        volume = _BATCH_CHARS if model.device.type == "cpu" else _GPU_BATCH_CHARS
        vectors: Vectors = np.empty((len(texts), self.size), dtype=np.float32)
        for batch in batches([len(text) for text in texts], volume):
            part = [texts[index] for index in batch]
            vectors[batch] = self._encode_batch(model, part, words_before, is_question=len(texts) == 1)
        # bfloat16 rounds lengths to within 0.3 % of 1.
        normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised

    def _encode_batch(
        self, model: "SentenceTransformer", texts: list[str], words_before: str, is_question: bool
    ) -> Vectors:
        """Vectors of one batch.

        A question is computed on one thread: two were 2 ms faster on two idle cores, but waited up to 900 ms
        for each other when another program kept the cores busy (95th percentile 207 ms against 25 ms).
        """
        whole = [words_before + text for text in texts]
        if self._bundled is not None and is_question:
            with threads(1):
                return self._bundled.encode(whole)
        if not is_question:
            self._questions.let_pass()
        with self._lock, threads(1 if is_question else all_threads()):
            if self._bundled is not None:
                return self._bundled.encode(whole)
            made: Vectors = model.encode(texts, prompt=words_before, batch_size=len(texts))
            return made

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

        all_threads()
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


@cache
def all_threads() -> int:
    """The threads torch computes on when nobody says otherwise; asked for before anybody does."""
    import torch

    return torch.get_num_threads()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute on `count` threads inside, in the calling thread.

    subtle: what torch tells is partly what another thread has just set, so it is not asked what was before.
    """
    import torch

    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(all_threads())


class _Waiting:
    """The questions that wait for the model or are at it; a context manager for each of them.

    Python's locks are not fair: a thread that gives one back and takes it again at once nearly always gets it
    before those that wait.
    """

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def let_pass(self) -> None:
        """Return when no question waits, or after a while, so that a flood of them stops no ingest."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, _PATIENCE)

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()


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
