"""The file that holds a trained reader: 8-bit weights, one scale for each row, and what it is made of.

The vectors of the vocabulary's pieces are not in a shipped file: they are those of the bundled model, which
training leaves as they are.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kb.errors import ModelError

if TYPE_CHECKING:
    import torch

    from kb.reading.network import ReadingNetwork

VERSION = 1
PIECES = "encoder.embeddings.word_embeddings.weight"
_LEAST = 4_096  # numbers from which a matrix is kept in 8 bits; smaller ones stay float16
_CONFIG = "config"
Weights = dict[str, npt.NDArray[np.float32]]


def pack_weights(
    weights: Mapping[str, npt.NDArray[Any]], config: Mapping[str, Any], out: IO[bytes] | Path
) -> None:
    """Write `weights` to `out`; `config` is that of the encoder (BertConfig.to_dict)."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, values in weights.items():
        if values.ndim == 2 and values.size >= _LEAST:
            scale = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-8) / 127
            arrays[f"{name}.scale"] = scale.astype(np.float32)
            arrays[f"{name}.int8"] = np.round(values / scale).astype(np.int8)
        else:
            arrays[name] = values.astype(np.float16)
    words = json.dumps({"version": VERSION, "config": dict(sorted(config.items()))})
    arrays[_CONFIG] = np.frombuffer(words.encode(), dtype=np.uint8)
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]


def write_weights(network: "ReadingNetwork", file: Path) -> None:
    """Write a trained reader to `file`, without the vectors of pieces."""
    weights = {
        name: tensor.detach().float().cpu().numpy()
        for name, tensor in network.state_dict().items()
        if name != PIECES
    }
    pack_weights(weights, network.encoder.config.to_dict(), file)


def read_weights(content: bytes) -> tuple[dict[str, Any], Weights]:
    """(config of the encoder, weights by name) of the file with this `content`.

    Raises:
        ModelError: it is not such a file.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            head = json.loads(bytes(stored[_CONFIG]))
            if head["version"] != VERSION:
                raise ModelError(f"阅读模型的文件是第 {head['version']} 版，程序要第 {VERSION} 版")
            kept = {name: stored[name] for name in stored.files if name != _CONFIG}
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"阅读模型的文件已损坏：{error}；请重新安装本程序") from error
    weights: Weights = {}
    for name, values in kept.items():
        if name.endswith(".int8"):
            bare = name.removesuffix(".int8")
            weights[bare] = values.astype(np.float32) * kept[f"{bare}.scale"]
        elif not name.endswith(".scale"):
            weights[name] = values.astype(np.float32)
    return head["config"], weights


def network_of(content: bytes, pieces: "torch.Tensor") -> "ReadingNetwork":
    """The reader in the file with this `content`, over the vectors `pieces` of the bundled model."""
    import torch

    from kb.reading.network import new_network

    config, weights = read_weights(content)
    # Without pieces of its own: to fill their vectors by chance takes as long as to read the file.
    network = new_network({**config, "vocab_size": 2}, weights)
    network.to(device=pieces.device, dtype=pieces.dtype)
    network.encoder.embeddings.word_embeddings.weight = torch.nn.Parameter(pieces, requires_grad=False)
    return network.eval()
