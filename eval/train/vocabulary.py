"""A multilingual sentence-transformers model -> the same model with the pieces that Chinese texts use.

multilingual-e5-small has 250,002 pieces of a hundred languages; 18 of its 22 layers' worth of weights are
their vectors. A Unigram tokenizer takes the likeliest cutting of a text, so a text that was cut into kept
pieces before is cut the same way afterwards, and its vector stays the same.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from kb.embedding.bundled_model import PROMPTS

EMBEDDINGS = "embeddings.word_embeddings.weight"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_BATCH = 500  # texts cut at a time


def count_pieces(model: Path, texts: Iterable[str]) -> Counter[int]:
    """How often each piece (by id) occurs in `texts`, each cut as a query and as a passage."""
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(model / "tokenizer.json"))
    counts: Counter[int] = Counter()
    for batch in _batched(_with_prompts(texts)):
        for encoding in tokenizer.encode_batch(batch):
            counts.update(encoding.ids)
    return counts


def _batched(texts: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(texts)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _with_prompts(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield PROMPTS["document"] + text
        yield PROMPTS["query"] + text[:40]


def is_always_kept(piece: str) -> bool:
    """Whether `piece` is kept uncounted: Han characters alone, or one character of ASCII or punctuation.

    With every character at hand no Chinese text meets an unknown piece, whatever words were counted.

    >>> [is_always_kept(piece) for piece in ("政策", "a", "，", "▁", "ся", "é")]
    [True, True, True, True, False, False]
    """
    bare = piece.removeprefix("▁")
    if all("\u3400" <= character <= "\u9fff" for character in bare):
        return True
    return len(bare) == 1 and (bare < "\x7f" or "\u2000" <= bare <= "\u33ff" or "\uff00" <= bare <= "\uffef")


def cut_vocabulary(model: Path, out: Path, counts: Counter[int], *, least: int = 1) -> tuple[int, int]:
    """Write `model` to the new folder `out` with the pieces counted `least` times; pieces kept and before.

    Special tokens come first, then the kept pieces in the order they had.
    """
    from safetensors.torch import load_file, save_file

    shutil.copytree(model, out)
    tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    pieces: list[tuple[str, float]] = tokenizer["model"]["vocab"]
    kept = [
        number
        for number, (piece, _) in enumerate(pieces)
        if piece in SPECIAL or counts[number] >= least or is_always_kept(piece)
    ]
    tokenizer["model"]["vocab"] = [pieces[number] for number in kept]
    place = {pieces[number][0]: position for position, number in enumerate(kept)}
    tokenizer["model"]["unk_id"] = place["<unk>"]
    tokenizer["added_tokens"] = [
        token | {"id": place[token["content"]]}
        for token in tokenizer["added_tokens"]
        if token["content"] in place
    ]
    for name, token in tokenizer["post_processor"]["special_tokens"].items():
        token["ids"] = [place[name]]
    _write(out / "tokenizer.json", tokenizer)
    names = json.loads((out / "tokenizer_config.json").read_text(encoding="utf-8"))
    names.pop("mask_token", None)
    _write(out / "tokenizer_config.json", names)
    weights = load_file(model / "model.safetensors")
    weights[EMBEDDINGS] = weights[EMBEDDINGS][kept].contiguous()
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    _write(out / "config.json", config | {"vocab_size": len(kept)})
    return len(kept), len(pieces)


def coverage(model: Path, cut: Path, texts: Iterable[str]) -> float:
    """The share of `texts` that both models cut into the same pieces."""
    from tokenizers import Tokenizer

    before: Any = Tokenizer.from_file(str(model / "tokenizer.json"))
    after: Any = Tokenizer.from_file(str(cut / "tokenizer.json"))
    same: list[bool] = [
        one.tokens == other.tokens
        for batch in _batched(texts)
        for one, other in zip(before.encode_batch(batch), after.encode_batch(batch), strict=True)
    ]
    return sum(same) / len(same)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
