"""Models other than the bundled one: a tiny sentence-transformers model made here."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from factories import WORK_PLAN

from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder, cpu_has_bfloat16
from kb.errors import ModelError
from kb.knowledge_base import open_knowledge_base
from kb.models import Filters
from kb.settings import Settings


@pytest.fixture(scope="module")
def tiny_model(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A one-layer BERT of 32 dimensions with random weights, the bundled tokenizer and prompts of its own."""
    from transformers import BertConfig, BertModel

    (bundled,) = models_dir.iterdir()
    folder = tmp_path_factory.mktemp("tiny-model")
    shutil.copytree(bundled, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors"))
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=250_037, **sizes)).save_pretrained(folder)
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True})
    )
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "问：", "document": ""}, "default_prompt_name": None})
    )
    return folder


def test_size_and_prompts_are_the_models_own(tiny_model: Path, tmp_path: Path):
    embedder = Embedder(str(tiny_model), tmp_path, dtype="float32")
    assert embedder.size == 32
    query, plain = embedder.embed_query("物业费"), embedder.embed_passages(["问：物业费"])[0]
    assert np.allclose(query, plain, atol=1e-5)
    assert np.linalg.norm(query) == pytest.approx(1)


def test_index_is_kept_for_each_model(tiny_model: Path, make_home: Callable[[], Path], embedder: Embedder):
    """Switching the model embeds everything again from SQL; switching back finds the old index."""
    home = make_home()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        ingest([WORK_PLAN], kb, progress=False)
        chunks = kb.storage.documents.chunk_count()
    reports: list[str] = []
    with open_knowledge_base(Settings(home=home, embed_model=str(tiny_model)), reports.append) as kb:
        assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()
        assert "政策解答员" in kb.retrieval.retriever.retrieve("政策解答员", Filters(), 1).kept[0].chunk.text
    assert any(f"缺 {chunks} 段" in sentence for sentence in reports)
    reports.clear()
    with open_knowledge_base(Settings(home=home), reports.append, embedder=embedder):
        assert reports == []


def test_missing_model_error_names_the_setting(tmp_path: Path):
    with pytest.raises(ModelError, match="KB_EMBED_MODEL"):
        Embedder(str(tmp_path / "nowhere"), tmp_path).load()


def test_unknown_dtype_is_named_in_error(tmp_path: Path):
    with pytest.raises(ModelError, match="KB_EMBED_DTYPE=int4"):
        Embedder("bundled", tmp_path, dtype="int4")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx2 avx512_bf16", True), ("fpu amx_bf16 amx_tile", True), ("fpu avx2", False)],
)
def test_bfloat16_is_read_from_the_cpus_flags(tmp_path: Path, flags: str, expected: bool):
    (tmp_path / "cpuinfo").write_text(f"flags : {flags}\n")
    assert cpu_has_bfloat16(tmp_path / "cpuinfo") is expected
    assert cpu_has_bfloat16(tmp_path / "none") is False


PASSAGES = (
    "第三条 区数字中心负责政务公开专区的建设。",
    "规范性文件清理工作由区司法局牵头，六月底前完成。" * 30,  # more than the model's window
    "🈚 IPv6 支持度 99%",
)


def test_bundled_vectors_equal_those_of_sentence_transformers(models_dir: Path):
    embedder = Embedder("bundled", models_dir, dtype="float32")
    vectors = embedder.embed_passages(PASSAGES)
    expected = embedder.load().encode(list(PASSAGES), prompt="passage: ", normalize_embeddings=True)
    assert np.allclose(vectors, expected, atol=1e-5)


def test_tokens_are_counted_beyond_the_models_window(models_dir: Path):
    from tokenizers import Tokenizer

    embedder = Embedder("bundled", models_dir)
    (folder,) = models_dir.iterdir()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    for text in PASSAGES:
        assert embedder.count_tokens(text) == len(tokenizer.encode("passage: " + text).ids)
    assert embedder.count_tokens(PASSAGES[1]) > 300


@pytest.mark.slow
def test_question_does_not_wait_for_passages_under_way(models_dir: Path):
    """Five questions are done before the passages are, which began first."""
    embedder = Embedder("bundled", models_dir)
    alone = embedder.embed_query("谁牵头规范性文件清理？")
    passages = threading.Thread(target=embedder.embed_passages, args=([PASSAGES[1]] * 40,))
    passages.start()
    meanwhile = [embedder.embed_query("谁牵头规范性文件清理？") for _ in range(5)]
    assert passages.is_alive()
    passages.join()
    assert all(np.allclose(vector, alone, atol=1e-3) for vector in meanwhile)
