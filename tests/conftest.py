"""What every test can use: the bundled model (unpacked once a session), fresh homes, a small real corpus."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import CORPUS, WORK_PLAN

from ingest.pipeline import ingest
from kb.bundled_model import ensure_bundled_model
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings

SMALL_CORPUS = (
    WORK_PLAN,
    CORPUS / "政府信息公开条例(2019-04-03).md",
    CORPUS / "物业管理条例(2018-03-19).md",
)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the unpacked bundled model."""
    folder = tmp_path_factory.mktemp("models")
    ensure_bundled_model(folder)
    return folder


@pytest.fixture(scope="session")
def make_home(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes a fresh KB_HOME that shares the session's unpacked model."""

    def make() -> Path:
        home = tmp_path_factory.mktemp("home")
        (home / "models").symlink_to(models_dir, target_is_directory=True)
        return home

    return make


@pytest.fixture(scope="session")
def kb(make_home: Callable[[], Path]) -> Iterator[KnowledgeBase]:
    """A knowledge base of three real documents; tests must not change it."""
    with open_knowledge_base(Settings(home=make_home(), rate_address=0, rate_session=0)) as opened:
        result = ingest(SMALL_CORPUS, opened, progress=False)
        assert not result.failed, result
        yield opened


@pytest.fixture(autouse=True)
def _no_kb_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the machine's user must not reach a test."""
    for name in os.environ:
        if name.startswith("KB_"):
            monkeypatch.delenv(name)
