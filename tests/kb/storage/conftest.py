"""What tests of storage share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kb.storage.database import open_database


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of either kind, its tables made."""
    url = request.getfixturevalue("cluster").migrated_database() if request.param == "postgresql" else None
    opened = open_database(tmp_path / "kb.sqlite", url)
    yield opened
    opened.dispose()
