"""What tests of staff share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kb.storage.database import open_database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    engine = open_database(tmp_path / "kb.sqlite")
    yield engine
    engine.dispose()
