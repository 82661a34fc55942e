"""The shipped documents without an index: look-ups read titles and texts only."""

import pytest
from factories import CORPUS
from looking_up import LookUp, document_of, documents_with, looking_up

from kb.storage.documents import Documents


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    """All documents that are shipped."""
    paths = [*sorted(CORPUS.glob("*(*).md")), *CORPUS.glob("*.txt")]
    return documents_with(tmp_path_factory.mktemp("laws") / "kb.sqlite", [document_of(one) for one in paths])


@pytest.fixture(scope="session")
def look_up(shipped: Documents) -> LookUp:
    """The look-up of articles in the documents that are shipped."""
    return looking_up(shipped)
