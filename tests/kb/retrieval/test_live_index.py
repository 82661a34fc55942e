"""The index of a running knowledge base: built in the background, sealed at rest, damage noticed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from copying import copy_of
from held import HeldEmbedder
from small_disk import fill, free, small_disk

from ingest.pipeline.run import ingest
from ingest.pipeline.storing import remove
from kb import space
from kb.embedding.embedder import Embedder
from kb.errors import NoSpaceError, NotReadyError, StoreError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters
from kb.retrieval import live_index, probe
from kb.retrieval.index import index_folder
from kb.retrieval.index_state import Phase
from kb.retrieval.qdrant_edge import QdrantEdgeStore
from kb.seal import damaged_files, is_sealed
from kb.settings import Settings
from kb.storage.home import HomeLock

pytestmark = pytest.mark.hostile

ALLOCATE = space.allocate
NOTICES = {
    "道路养护.txt": "关于下达道路养护经费的通知\n\n一、安排养护经费7万元。\n\n二、由区交通局负责实施。\n",
    "社保办理.txt": "关于社会保障卡办理的通知\n\n一、本人携带身份证到街道办理。\n\n二、当天领取。\n",
}


@pytest.fixture(scope="module")
def stored(
    make_home: Callable[[], Path], embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A KB_HOME with two notices, closed; only copies of it are changed."""
    home, folder = make_home(), tmp_path_factory.mktemp("notices")
    for name, words in NOTICES.items():
        (folder / name).write_text(words, encoding="utf-8")
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert not ingest([folder], kb, progress=False).failed
    return home


@pytest.fixture
def home(stored: Path, tmp_path: Path) -> Path:
    """A KB_HOME with two notices, closed."""
    return copy_of(stored, tmp_path / "home")


def index_of(home: Path) -> Path:
    return index_folder(Settings(home=home))


def best_text(kb: KnowledgeBase) -> str:
    return kb.retrieval.retriever.retrieve("养护经费是多少", Filters(), 1).kept[0].chunk.text


def assert_whole(kb: KnowledgeBase) -> None:
    assert kb.retrieval.store.chunk_ids() == kb.storage.documents.chunk_ids()
    assert "7万元" in best_text(kb)


# Damage


def spoil(file: Path, place: int = 0) -> None:
    """Change up to 64 bytes of a file."""
    with file.open("r+b") as opened:
        opened.seek(place)
        before = opened.read(64)
        opened.seek(place)
        opened.write(bytes(byte ^ 0x5A for byte in before))


FILES = (
    "edge_config.json",
    "wal/open-1",
    "wal/first-index",
    "segments/*/segment.json",
    "segments/*/mutable_id_tracker.mappings",
    "segments/*/payload_storage/page_0.dat",
    "segments/*/payload_index/*document-map/page_0.dat",
    "segments/*/vector_storage-dense/vectors/chunk_0.mmap",
    "segments/*/vector_storage-bigram/store/page_0.dat",
    "segments/*/vector_storage-bigram/store/tracker.dat",
    "segments/*/vector_storage-word/deleted/flags_a.dat",
)


@pytest.mark.parametrize("place", [0, 5_000])
@pytest.mark.parametrize("pattern", FILES)
def test_damaged_file_is_noticed_and_the_index_rebuilt(
    home: Path, embedder: Embedder, pattern: str, place: int
):
    """In use or not: zeros at the end of a page hold what comes next."""
    (file,) = index_of(home).glob(pattern)
    spoil(file, min(place, file.stat().st_size - 1))
    told: list[str] = []
    with open_knowledge_base(Settings(home=home), told.append, embedder=embedder) as kb:
        assert_whole(kb)
    assert "已损坏" in told[0]
    assert file.name in told[0]
    assert [path.name.partition(".")[2].partition("-")[0] for path in (home / "index").iterdir()] in (
        ["", "damaged"],
        ["damaged", ""],
    )


def test_lost_and_added_files_are_noticed(home: Path):
    folder = index_of(home)
    (page,) = folder.glob("segments/*/payload_storage/page_0.dat")
    page.unlink()
    (folder / "wal" / "open-9").write_bytes(b"")
    assert damaged_files(folder) == ["segments/" + str(page.relative_to(folder / "segments")), "wal/open-9"]


def test_closed_index_is_sealed_and_opened_without_a_word(home: Path, embedder: Embedder):
    for _ in range(2):
        assert is_sealed(index_of(home))
        told: list[str] = []
        with open_knowledge_base(Settings(home=home), told.append, embedder=embedder) as kb:
            assert_whole(kb)
        assert told == []
        assert damaged_files(index_of(home)) == []


def test_index_is_sealed_while_it_rests(home: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch):
    """So that kill -9 of a service at rest leaves a sealed index; a change breaks the seal first."""
    monkeypatch.setattr(live_index, "_REST", 0.02)
    folder = index_of(home)
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        until(lambda: is_sealed(folder))
        best_text(kb)
        assert damaged_files(folder) == []
        monkeypatch.setattr(live_index, "_REST", 60.0)
        (document, _) = kb.storage.documents.summaries()
        remove(document.id, kb)
        assert not is_sealed(folder)


def until(is_true: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if is_true():
            return
        time.sleep(0.01)
    raise AssertionError


# An index without a seal, as a killed process leaves it


@pytest.fixture
def killed(stored: Path, embedder: Embedder, tmp_path: Path) -> Path:
    """A KB_HOME copied while it was open and had just been written to."""
    home = copy_of(stored, tmp_path / "living")
    (tmp_path / "新.txt").write_text("关于绿化养护的通知\n\n一、每月浇水九次。\n", encoding="utf-8")
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert not ingest([tmp_path / "新.txt"], kb, progress=False).failed
        copy = copy_of(home, tmp_path / "killed")
    assert not is_sealed(index_of(copy))
    return copy


def test_killed_but_whole_index_is_used_as_it_is(killed: Path, embedder: Embedder):
    told: list[str] = []
    with open_knowledge_base(Settings(home=killed), told.append, embedder=embedder) as kb:
        assert_whole(kb)
    assert told == []


def cut(file: Path) -> None:
    """Leave a file without content: reading its mapping would end the process (SIGBUS)."""
    with file.open("r+b") as opened:
        opened.truncate(0)


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("segments/*/vector_storage-dense/vectors/chunk_0.mmap", spoil),
        ("segments/*/payload_storage/page_0.dat", spoil),
        ("segments/*/payload_storage/tracker.dat", spoil),
        ("segments/*/vector_storage-dense/vectors/chunk_0.mmap", cut),
        ("segments/*/vector_storage-bigram/store/page_0.dat", cut),
        ("wal/open-1", cut),
    ],
)
def test_killed_and_damaged_index_is_noticed_and_rebuilt(
    killed: Path, embedder: Embedder, pattern: str, damage: Callable[[Path], None]
):
    (file,) = index_of(killed).glob(pattern)
    damage(file)
    told: list[str] = []
    with open_knowledge_base(Settings(home=killed), told.append, embedder=embedder) as kb:
        assert_whole(kb)
    assert "正在重建" in told[0]


def probed(index: Path, parent: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kb.retrieval.probe", str(index), "384", str(parent)]
    return subprocess.run(command, capture_output=True, text=True)


def test_probe_reads_a_whole_index_for_its_parent_only(killed: Path):
    """A parent that has ended held the index: it may be another process's by now."""
    sound = probed(index_of(killed), os.getpid())
    assert (sound.returncode, sound.stdout) == (0, "")
    assert probed(index_of(killed), os.getpid() + 1).returncode == 1


def test_index_that_kills_its_reader_is_damaged(home: Path, monkeypatch: pytest.MonkeyPatch):
    """The interpreter is replaced by one that dies, as Edge may over a damaged file."""
    monkeypatch.setattr(probe.sys, "executable", "/bin/false")
    with pytest.raises(StoreError, match="异常退出"):
        probe.require_sound(index_of(home), 384)


# Building in the background


@pytest.fixture
def building(home: Path, embedder: Embedder) -> Iterator[tuple[KnowledgeBase, HeldEmbedder]]:
    """A knowledge base whose index is gone, open; its model waits before the first passages."""
    shutil.rmtree(home / "index")
    held = HeldEmbedder(embedder)
    with open_knowledge_base(Settings(home=home), embedder=held, wait=False) as kb:
        assert held.waiting.wait(60)
        yield kb, held
        held.released.set()


def test_search_is_refused_until_the_index_is_whole(building: tuple[KnowledgeBase, HeldEmbedder]):
    kb, held = building
    with pytest.raises(NotReadyError, match="留言照常可用") as raised:
        best_text(kb)
    assert raised.value.wait >= 5
    state = kb.retrieval.store.state
    assert (state.phase, state.done, state.total) == (Phase.BUILDING, 0, kb.storage.documents.chunk_count())
    held.released.set()
    kb.retrieval.store.wait()
    assert kb.retrieval.store.state.phase is Phase.READY
    assert_whole(kb)


def test_documents_changed_while_the_index_is_built_are_right(
    building: tuple[KnowledgeBase, HeldEmbedder], tmp_path: Path
):
    """One is removed, one comes: both after the list of missing passages was made."""
    kb, held = building
    road, card = sorted(kb.storage.documents.summaries(), key=lambda summary: "社会" in summary.title)
    remove(card.id, kb)
    other = tmp_path / "绿化.txt"
    other.write_text("关于绿化养护的通知\n\n一、每月浇水九次，安排经费3万元。\n", encoding="utf-8")
    held.released.set()
    assert not ingest([other], kb, progress=False).failed
    kb.retrieval.store.wait()
    assert_whole(kb)
    titles = {summary.title for summary in kb.storage.documents.summaries()}
    assert titles == {road.title, "关于绿化养护的通知"}


def test_program_that_ends_while_building_goes_on_at_the_next_start(home: Path, embedder: Embedder):
    shutil.rmtree(home / "index")
    held = HeldEmbedder(embedder)
    kb = open_knowledge_base(Settings(home=home), embedder=held, wait=False)
    assert held.waiting.wait(60)
    kb.retrieval.store._stop.set()
    held.released.set()
    kb.close()
    with HomeLock(home):  # released
        pass
    with open_knowledge_base(Settings(home=home), embedder=embedder) as again:
        assert_whole(again)


# Room


def test_index_waits_for_room_and_opens_by_itself(
    stored: Path, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_index, "_RETRY", 0.05)
    monkeypatch.setattr(space, "allocate", ALLOCATE)
    with small_disk(tmp_path / "disk", 400) as disk:
        home = copy_of(stored, disk / "home")
        shutil.rmtree(home / "index")
        fill(disk)
        with open(disk / "filler", "r+b") as filler:
            filler.truncate(filler.seek(0, 2) - (2 << 20))  # SQLite needs some for its shared memory
        with pytest.raises(NoSpaceError, match="至少要"):
            open_knowledge_base(Settings(home=home), embedder=embedder)
        with open_knowledge_base(Settings(home=home), embedder=embedder, wait=False) as kb:
            until(lambda: kb.retrieval.store.state.phase is Phase.FAILED)
            with pytest.raises(NotReadyError, match="磁盘空间不足"):
                best_text(kb)
            free(disk)
            until(lambda: kb.retrieval.store.state.phase is Phase.READY)
            assert_whole(kb)


def test_open_index_on_a_full_disk_searches_and_refuses_writes(
    stored: Path, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """On a file system in memory even reading a hole takes a block: all are reserved."""
    monkeypatch.setattr(space, "allocate", ALLOCATE)
    with small_disk(tmp_path / "disk", 400) as disk:
        home = copy_of(stored, disk / "home")
        notice = tmp_path / "绿化.txt"
        notice.write_text("关于绿化养护的通知\n\n一、每月浇水九次。\n", encoding="utf-8")
        with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
            fill(disk)
            assert_whole(kb)
            (first, *_) = kb.storage.documents.summaries()
            with pytest.raises(NoSpaceError):
                ingest([notice], kb, progress=False)
            with pytest.raises(NoSpaceError):
                remove(first.id, kb)
            assert_whole(kb)
            free(disk)
            assert not ingest([notice], kb, progress=False).failed
            assert_whole(kb)
            fill(disk)
        assert not list(disk.glob("**/*.damaged-*"))
        free(disk)
        with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
            assert_whole(kb)
            assert len(kb.storage.documents.summaries()) == 3


def test_new_index_needs_room_for_all_its_files(tmp_path: Path):
    with small_disk(tmp_path / "disk", 64) as disk, pytest.raises(NoSpaceError):
        QdrantEdgeStore(disk / "index" / "new", 8)


def test_damaged_index_gives_its_room_to_its_successor(
    stored: Path, embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(space, "allocate", ALLOCATE)
    with small_disk(tmp_path / "disk", 400) as disk:
        home = copy_of(stored, disk / "home")
        with open_knowledge_base(Settings(home=home), embedder=embedder):
            pass  # reserves the blocks: two of them have no room here
        (file,) = index_of(home).glob("wal/open-1")
        spoil(file)
        with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
            assert_whole(kb)
        assert [path.name for path in (home / "index").iterdir()] == [index_of(home).name]
