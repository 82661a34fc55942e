"""Texts -> vectors, by any sentence-transformers model.

The default is the bundled model (kb.embedding.bundled_model), run in bfloat16 where the CPU has instructions
for it (40 passages a second on two cores against 14 in float32), else in float32. A GPU is used when torch
sees one.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.embedding.batches import batches
from kb.embedding.bundled_encoder import BundledEncoder
from kb.embedding.bundled_model import BUNDLED, BUNDLED_SIZE, MAX_TOKENS, OnProgress, ensure_bundled_model
from kb.embedding.offline import stay_offline
from kb.embedding.sharing import Waiting, all_threads, step_back, threads
from kb.embedding.shipped_vectors import ShippedVectors, shipped_question
from kb.embedding.together import Together
from kb.errors import KbError, ModelError, NoSpaceError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

# Characters in one batch, padding included. Seconds for 2,449 chunks on two cores, by size: 1,000 54,
# 2,000 38, 3,000 34, 4,000 34, 6,000 34; the smallest of the fast ones, since questions go between batches.
_BATCH_CHARS = 3_000
_GPU_BATCH_CHARS = 64_000
# Batches computed side by side, each on its share of the cores: on two cores two batches of one thread each
# take 0.85 of the time of one after the other on two threads, which wait for each other after every layer.
_SIDE_BY_SIDE = 4
_REST = 10.0  # seconds between two attempts to load the model
_DTYPES = ("auto", "float32", "bfloat16", "float16")
_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")


class Embedder:
    """Turns queries and passages into L2-normalised float32 vectors of `size` dimensions.

    `name` is "bundled" or a sentence-transformers name or path; `dtype` one of auto, float32, bfloat16,
    float16. The model is loaded on first use or by `load`, so that programs which embed nothing start fast.
    Batches of passages of all callers share a few worker threads. Questions are embedded at once, those that
    come together in one go, beside the batches under way, and the next batch waits for them.
    Models other than the bundled one run one call at a time. Passages that are `shipped` with their vectors
    do not go through the model.
    """

    def __init__(
        self,
        name: str,
        models_dir: Path,
        dtype: str = "auto",
        progress: OnProgress | None = None,
        *,
        shipped: ShippedVectors | None = None,
    ) -> None:
        if dtype not in _DTYPES:
            raise ModelError(f"KB_EMBED_DTYPE={dtype} 不认识；可用的有 {'、'.join(_DTYPES)}")
        self.name = name
        self._models_dir = models_dir
        self._dtype = dtype
        self._progress = progress
        self._shipped = shipped
        self._model: SentenceTransformer | None = None
        self._bundled: BundledEncoder | None = None
        self._failure: ModelError | NoSpaceError | None = None
        self._failed_at = 0.0
        self._lock = threading.RLock()
        self._questions = Waiting()
        self._together: Together[Vectors] = Together(
            self._encode_now, lambda: all_threads() if self._bundled else 1
        )
        self._workers: ThreadPoolExecutor | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory, so that a question need not wait for it."""
        return self._model is not None

    @property
    def failure(self) -> str | None:
        """The operator's sentence on the last attempt to load the model, if it failed."""
        return None if self._failure is None else self._failure.operator

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
        """The loaded model; unpacks the bundled one on the very first start, and when it is damaged.

        After a failure the next _REST seconds fail alike, so that questions do not queue up for attempts.

        Raises:
            ModelError: the model cannot be unpacked or loaded.
            NoSpaceError: the disk has no room for the unpacked model.
        """
        with self._lock:
            if self._model is None:
                if self._failure is not None and monotonic() < self._failed_at + _REST:
                    raise type(self._failure)(self._failure.operator) from self._failure
                try:
                    self._load()
                except (ModelError, NoSpaceError) as error:
                    self._failure, self._failed_at = error, monotonic()
                    raise
                self._failure = None
            assert self._model is not None
            return self._model

    def _load(self) -> None:
        with running(self.name):
            model = self._open()
            if self.name == BUNDLED:
                self._bundled = BundledEncoder(model)
            self._model = model

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as a passage, special tokens included."""
        model = self._model or self.load()
        text = (model.prompts.get("document") or "") + text
        if self._bundled is not None:
            return self._bundled.count_tokens(text)
        with self._lock:
            return len(model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def embed_query(self, text: str) -> Vectors:
        """Vector of a query, shape [size].

        This and the methods below raise ModelError when the model cannot be loaded or fails.
        """
        with self._questions:
            return self._together.do(text)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of queries, shape [n, size], in the order given."""
        return self._known_or_encoded(texts, [shipped_question(text) for text in texts], "query")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape [n, size], in the order given.

        They are sorted by length and batched by volume, so pass many at a time.
        """
        return self._known_or_encoded(texts, texts, "document")

    def _known_or_encoded(self, texts: Sequence[str], keys: Sequence[str], prompt: str) -> Vectors:
        """Vectors of `texts`, shape [n, size]; those shipped under `keys` do not go through the model."""
        known = self._shipped.find(keys) if self._shipped else {}
        vectors: Vectors = np.empty((len(texts), self.size), dtype=np.float32)
        missing = [index for index, key in enumerate(keys) if key not in known]
        if missing:
            vectors[missing] = self._encode([texts[index] for index in missing], prompt)
        for index in set(range(len(texts))).difference(missing):
            vectors[index] = known[keys[index]]
        return vectors

    def _encode(self, texts: list[str], prompt: str) -> Vectors:
        model = self._model or self.load()
        words_before = model.prompts.get(prompt) or ""
        with running(self.name):
            return normalised(self._computed(model, texts, words_before))

    def _computed(self, model: "SentenceTransformer", texts: list[str], words_before: str) -> Vectors:
        if len(texts) == 1:
            return self._encode_question(model, texts, words_before)
        on_cpu = model.device.type == "cpu"
        groups = batches([len(text) for text in texts], _BATCH_CHARS if on_cpu else _GPU_BATCH_CHARS)
        parts = [[texts[index] for index in group] for group in groups]
        vectors: Vectors = np.empty((len(texts), self.size), dtype=np.float32)
        encoded = self._pool(on_cpu).map(lambda part: self._encode_batch(model, part, words_before), parts)
        for group, rows in zip(groups, encoded, strict=True):
            vectors[group] = rows
        return vectors

    def _encode_question(self, model: "SentenceTransformer", texts: list[str], words_before: str) -> Vectors:
        """Vector of a single text, shape [1, size], without waiting for batches.

        It is computed on one thread: two were 2 ms faster on two idle cores, but waited up to 900 ms for each
        other when another program kept the cores busy (95th percentile 207 ms against 25 ms).
        """
        if self._bundled is not None:
            with threads(1):
                return self._bundled.encode([words_before + texts[0]])
        with self._lock, threads(1):
            vectors: Vectors = model.encode(texts, prompt=words_before, batch_size=1)
            return vectors

    def _encode_now(self, texts: list[str]) -> Sequence[Vectors]:
        """Vectors of questions that came together, on one thread (see `_encode_question`)."""
        if len(texts) == 1 or self._bundled is None:
            return [self._encode([text], "query")[0] for text in texts]
        words_before = self.load().prompts.get("query") or ""
        with running(self.name), threads(1):
            return list(normalised(self._bundled.encode([words_before + text for text in texts])))

    def _encode_batch(self, model: "SentenceTransformer", texts: list[str], words_before: str) -> Vectors:
        """Vectors of one batch, computed once no question is waiting."""
        self._questions.let_pass()
        if self._bundled is not None:
            with threads(max(1, all_threads() // _SIDE_BY_SIDE)):
                return self._bundled.encode([words_before + text for text in texts])
        with self._lock, threads(all_threads()):
            vectors: Vectors = model.encode(texts, prompt=words_before, batch_size=len(texts))
            return vectors

    def _pool(self, on_cpu: bool) -> ThreadPoolExecutor:
        """The threads that compute batches, started when first needed."""
        with self._lock:
            if self._workers is None:
                count = min(_SIDE_BY_SIDE, all_threads()) if on_cpu and self._bundled is not None else 1
                self._workers = ThreadPoolExecutor(count, "embedding", step_back)
            return self._workers

    def _open(self) -> "SentenceTransformer":
        is_bundled = self.name == BUNDLED
        folder = str(ensure_bundled_model(self._models_dir, self._progress)) if is_bundled else self.name
        stay_offline()
        # Heavy libraries: seconds to import, not needed by programs that only read the registry.
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        all_threads()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        options: dict[str, Any] = {"dtype": self._torch_dtype()}
        if is_bundled:
            options["add_pooling_layer"] = False
        try:
            model = SentenceTransformer(folder, model_kwargs=options, local_files_only=True)
        except Exception as error:  # a damaged file brings out any error of three libraries
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
def running(name: str) -> Iterator[None]:
    """Turn every error of the model `name` in the block into a ModelError."""
    try:
        yield
    except KbError:
        raise
    except Exception as error:  # torch and tokenizers raise errors of many kinds
        raise ModelError(f"向量模型 {name} 计算失败：{error}") from error


def normalised(vectors: Vectors) -> Vectors:
    """`vectors`, shape [n, size], scaled to length 1; bfloat16 rounds lengths to within 0.3 % of 1.

    Raises:
        ModelError: a vector has no direction or is no number, as damaged weights give.

    >>> normalised(np.array([[3.0, 4.0]], dtype=np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise ModelError(
            "向量模型算出的不是有效的向量，模型文件可能已损坏；请重新启动，启动时会检查并重新解包"
        )
    scaled: Vectors = vectors / lengths
    return scaled


def cpu_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this CPU multiplies bfloat16 natively; emulated it is slower than float32."""
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return False
    return any(flag in text for flag in _BFLOAT16_FLAGS)
