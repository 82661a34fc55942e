"""kill -9 while people work: what was acknowledged is there, what was not is there whole or not at all."""

import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from killing import Victim, bring_in, serve
from office import CUT_OFF, STREETS, Facts, Office, Step, facts_of, notice
from staffing import PASSWORD, make_staff

from ingest.editing.staging import finish_publishing, live_folder, publish, stage
from ingest.pipeline.run import ingest
from ingest.pipeline.storing import settle_validity
from kb.clock import china_today
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.retrieval.store import make_fields
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role

pytestmark = [pytest.mark.hostile, pytest.mark.sqlite]

UPLOADER, APPROVER = make_staff(Role.EDITOR), make_staff(Role.REVIEWER)
KILLS = 12  # within a request, spread over its storage steps
MOST_STEPS = 8  # requests before the kill
MANY_STEPS = 100_000  # more than any request has
STORAGE_STEPS = 14  # of the last request or the start, at most, before the kill


class Place:
    """A KB_HOME, a folder of documents beside it, and the people who use them."""

    def __init__(self, home: Path, folder: Path, seed: int, embedder: Embedder) -> None:
        self.home, self.folder = home, folder
        self.embedder = embedder
        self.chance = random.Random(seed)
        self.office = Office(self.chance)
        self.folder.mkdir()
        self.log, self.ingest_log = folder.with_name("log"), folder.with_name("ingest.log")
        now = datetime.now(UTC)
        with self.opened() as kb:
            for role in (Role.EDITOR, Role.REVIEWER, Role.ADMIN):
                kb.staff.users.add(OPERATOR, make_staff(role), PASSWORD, now, must_change=False)
            for street in STREETS[:3]:
                upload = stage(
                    kb, f"停车通知{street}.txt", notice(street, 5).encode(), UPLOADER, datetime.now(UTC)
                )
                publish(kb, upload.id, APPROVER, datetime.now(UTC), secrecy_checked=True)
            self.office.facts = facts_of(kb)

    def opened(self) -> KnowledgeBase:
        settings = Settings(home=self.home, rate_address=0, rate_session=0)
        return open_knowledge_base(settings, embedder=self.embedder)

    def started(self, steps_left: int = 0) -> Victim:
        environment = {
            "KB_HOME": str(self.home),
            "KB_PORT": "0",
            "KB_RATE_ADDRESS": "0",
            "KB_RATE_SESSION": "0",
            "KB_ADMIN_PASSWORD": PASSWORD,
        }
        return Victim(serve, (self.folder,), environment, self.log, steps_left)

    @contextmanager
    def in_use(self, victim: Victim) -> Iterator[None]:
        """Context manager: the service listens and people are signed in; at the end it is killed."""
        try:
            port = victim.port()
            assert port is not None, victim.words()
            self.office.open(port)
            yield
        finally:
            victim.kill()

    def ingesting(self, steps_left: int = 0) -> Victim:
        return Victim(bring_in, (self.folder,), {"KB_HOME": str(self.home)}, self.ingest_log, steps_left)

    def change_files(self) -> None:
        """Write some files of the folder, new ones and others anew."""
        for _ in range(self.chance.randrange(1, 6)):
            number = self.chance.randrange(20)
            text = notice(self.chance.choice(STREETS), self.chance.randrange(2, 90))
            (self.folder / f"文件{number}.txt").write_text(text, encoding="utf-8")

    def check(self, interrupted: Step | None) -> None:
        """Start once more, in this process, and compare with what was acknowledged."""
        with self.opened() as kb:
            assert self._reported() <= {item.source for item in kb.storage.documents.summaries()}
            finish_publishing(kb)
            result = ingest([self.folder, *self._live()], kb, progress=False)
            assert not result.failed, result
            facts, in_folder = facts_of(kb), self._in_folder(kb)
            agrees(self.office.facts, facts, interrupted, in_folder)
            self.office.facts = {key: facts[key] for key in facts.keys() - in_folder}
            is_whole(kb)

    def _reported(self) -> set[str]:
        """The files that the last ingest from the command line reported as stored."""
        words = self.ingest_log.read_text(encoding="utf-8") if self.ingest_log.exists() else ""
        return set(re.findall(r"已入库：(\S+\.txt)", words))

    def _live(self) -> list[Path]:
        return [folder] if (folder := live_folder(self.home)).is_dir() else []

    def _in_folder(self, kb: KnowledgeBase) -> set[str]:
        """The facts on documents of the folder, which change without any request."""
        inside = (item for item in kb.storage.documents.summaries() if Path(item.path).parent == self.folder)
        return {f"document {item.id}" for item in inside}


def agrees(expected: Facts, found: Facts, interrupted: Step | None, ignored: set[str]) -> None:
    """Every acknowledged fact is there; other facts come from the interrupted request."""
    may_differ = interrupted.touches if interrupted else ()
    differences = {
        key: (expected.get(key), found.get(key))
        for key in {*expected, *found} - ignored
        if expected.get(key) != found.get(key) and not key.startswith(may_differ)
    }
    assert differences == {}, f"acknowledged and found; interrupted: {interrupted and interrupted.name}"


def is_whole(kb: KnowledgeBase) -> None:
    """SQL, index, files and audit log of a started knowledge base agree."""
    assert kb.staff.audit.verify() is None
    assert settle_validity(kb, china_today()) == ()
    assert kb.faq.life.review() == ()
    documents = [kb.storage.documents.get(item.id) for item in kb.storage.documents.summaries()]
    expected = {
        chunk.id_: make_fields(document, chunk)
        for document in documents
        if document
        for chunk in kb.storage.documents.chunks_of(document.id)
    }
    assert kb.retrieval.store.fields() == expected
    published = live_folder(kb.settings.home)
    removed = {edit.path for edit in kb.storage.edits.all().values() if edit.removed}
    paths = {document.path for document in documents if document}
    for file in published.glob("*"):
        assert str(file) in paths | removed, f"{file.name} is published without a document"
    for document in documents:
        if document and Path(document.path).parent == published:
            content = Path(document.path).read_bytes()
            assert sha256(content).hexdigest() == document.sha256, f"{document.path} is not what was read"


def kill_once(place: Place) -> Step | None:
    """Start the service, work, and kill it; the request that was not acknowledged, if there was one."""
    place.change_files()
    dies_early = place.chance.random() < 0.2
    victim = place.started(place.chance.randrange(1, 3 * STORAGE_STEPS) if dies_early else 0)
    if dies_early and victim.port() is None:
        victim.kill()
        assert "Traceback" not in victim.words(), victim.words()
        return None
    with place.in_use(victim):
        return work(place, victim)


def work(place: Place, victim: Victim) -> Step | None:
    chance, office = place.chance, place.office
    other: Victim | None = None
    if chance.random() < 0.3:
        place.change_files()
        other = place.ingesting()
    last = chance.randrange(MOST_STEPS)
    try:
        for number in range(MOST_STEPS + 20):
            hard = number >= last and chance.random() < 0.7
            step = office.document_step() if hard else office.step()
            if number == last:
                if chance.random() < 0.8:
                    victim.die_after(chance.randrange(1, STORAGE_STEPS))
                else:
                    threading.Timer(chance.random() * 0.2, victim.kill).start()
            if cut_off(office, step):
                return step
        return None
    finally:
        victim.kill()
        if other is not None:
            other.process.join()


def rounds(make_home: Callable[[], Path], folder: Path, embedder: Embedder, seed: int, kills: int) -> None:
    place = Place(make_home(), folder / "documents", seed, embedder)
    for number in range(kills):
        interrupted = kill_once(place)
        print(f"kill {number}: {interrupted and interrupted.name}")
        place.check(interrupted)


def test_killed_service_loses_nothing_acknowledged(
    make_home: Callable[[], Path], tmp_path: Path, embedder: Embedder
):
    rounds(make_home, tmp_path, embedder, seed=1, kills=8)


@pytest.mark.slow
def test_service_killed_again_and_again_loses_nothing_acknowledged(
    make_home: Callable[[], Path], tmp_path: Path, embedder: Embedder
):
    rounds(make_home, tmp_path, embedder, seed=2, kills=25)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["publish", "correct", "withdraw", "restore", "move_entry", "set_threshold"])
def test_service_killed_throughout_a_request_loses_nothing_acknowledged(
    make_home: Callable[[], Path], tmp_path: Path, embedder: Embedder, kind: str
):
    place = Place(make_home(), tmp_path / "documents", 3, embedder)
    taken = storage_steps(place, kind)
    deaths = 0
    for number in range(KILLS):
        victim = place.started()
        with place.in_use(victim):
            step = place.office.ready(kind)
            victim.die_after(1 + number * taken // KILLS)
            died = cut_off(place.office, step)
        deaths += died
        place.check(step if died else None)
    assert deaths > KILLS // 2


def storage_steps(place: Place, kind: str) -> int:
    """How many storage steps a request takes."""
    victim = place.started()
    with place.in_use(victim):
        step = place.office.ready(kind)
        victim.die_after(MANY_STEPS)
        assert not cut_off(place.office, step)
        return MANY_STEPS - victim.steps_left


def cut_off(office: Office, step: Step) -> bool:
    """Whether the service died during the request; if not, its acknowledgement is kept."""
    try:
        office.do(step)
    except CUT_OFF:
        return True
    return False
