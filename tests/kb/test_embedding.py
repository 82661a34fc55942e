"""Models other than the bundled one: a tiny sentence-transformers model made here."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from factories import WORK_PLAN

from ingest.pipeline import ingest
from kb.embedding import Embedder, cpu_has_bfloat16
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


def test_another_model_gets_an_index_of_its_own(tiny_model: Path, make_home: Callable[[], Path]):
    """Switching the model embeds everything again from SQL; switching back finds the old index."""
    home = make_home()
    with open_knowledge_base(Settings(home=home)) as kb:
        ingest([WORK_PLAN], kb, progress=False)
        chunks = kb.documents.chunk_count()
    said: list[str] = []
    with open_knowledge_base(Settings(home=home, embed_model=str(tiny_model)), said.append) as kb:
        assert kb.store.chunk_ids() == kb.documents.chunk_ids()
        assert "政策解答员" in kb.retriever.retrieve("政策解答员", Filters(), 1).kept[0].chunk.text
    assert any(f"缺 {chunks} 段" in sentence for sentence in said)
    said.clear()
    with open_knowledge_base(Settings(home=home), said.append):
        assert said == []


def test_missing_model_is_one_sentence(tmp_path: Path):
    with pytest.raises(ModelError, match="KB_EMBED_MODEL"):
        Embedder(str(tmp_path / "nowhere"), tmp_path).load()


def test_unknown_dtype_is_named(tmp_path: Path):
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
