"""A pack of three questions, over one layer of the bundled model."""

from pathlib import Path

import pytest
from reading import example

from eval.train.pack import Pack, make_pack
from kb.embedding.bundled_model import ensure_bundled_model

GROUPS = ("工伤保险条例", "政府信息公开条例", "殡葬管理条例")


@pytest.fixture(scope="session")
def model(models_dir: Path) -> Path:
    """The folder of the bundled model."""
    return ensure_bundled_model(models_dir)


@pytest.fixture(scope="session")
def pack(model: Path) -> Pack:
    """Three questions of ours."""
    return make_pack([("ours", example(group)) for group in GROUPS], model, layers=1)
