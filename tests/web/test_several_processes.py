"""Three services over one PostgreSQL: what one does all know, and the end of one harms none."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest
from killing import Victim, bring_in, serve_without_console
from postgres import Cluster
from sqlalchemy import Engine, select, text
from staffing import PASSWORD, make_staff

from ingest.pipeline.run import ingest
from kb.commands.unlocked import open_accounts
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.retrieval.index import index_folder
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role
from kb.storage import tables
from kb.storage.database import make_engine
from kb.storage.sharing.keeper import Keeper

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

SECONDS = 240  # a busy machine
FILES = 12
LEAD = "house"  # the lock of who tells staff and purges
PATIENT = 8  # questions a minute in one conversation


def notice(road: str, fee: int) -> str:
    return f"关于{road}停车收费的通知\n\n一、{road}首小时收费{fee}元。\n\n二、停车场由区城管局管理。\n"


def wait_for(found: Callable[[], object]) -> float:
    """Return when `found` gives something true, with the seconds that it took."""
    begin = time.monotonic()
    while time.monotonic() < begin + SECONDS:
        with suppress(httpx.TransportError):
            if found():
                return time.monotonic() - begin
        time.sleep(0.05)
    raise AssertionError("it did not come about")


class Service:
    """One of the services, and requests to it."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        port = victim.port()
        assert port is not None, victim.words()
        self.address = f"http://127.0.0.1:{port}"

    def send(
        self, method: str, path: str, cookie: str | None = None, session: str | None = None, **content: object
    ) -> httpx.Response:
        headers = {"Cookie": f"kb_staff={cookie}"} if cookie else {}
        headers |= {"X-Policy-Session": session} if session else {}
        with httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False) as client:
            return client.request(method, path, **content)  # type: ignore[arg-type]

    def done(self, method: str, path: str, cookie: str | None = None, **content: object) -> dict[str, object]:
        """The JSON of an answer that must be a success."""
        answer = self.send(method, path, cookie, **content)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        result: dict[str, object] = answer.json()
        return result

    def sign_in(self, role: Role) -> str:
        """Sign in; the session's cookie."""
        form = {"name": make_staff(role).name, "password": PASSWORD}
        answer = self.send("POST", "/login", data=form)
        assert answer.status_code == 303, answer.text
        return answer.cookies["kb_staff"]

    def ask(self, question: str) -> dict[str, object]:
        return self.done("POST", "/api/ask", json={"question": question})

    @property
    def documents(self) -> object:
        answer = self.send("GET", "/readyz")
        return answer.status_code == 200 and answer.json()["documents"]


class Office:
    """The services over one database; `victim` starts a program over it."""

    def __init__(self, home: Path, folder: Path, url: str) -> None:
        self.home, self.url = home, url
        self.settings = Settings.model_validate({"home": home, "database_url": url})
        self.engine = make_engine(home / "unused", url)
        self.folder, self._count = folder, 0
        self.services: list[Service] = []
        self.brought_in: list[int] = []  # how many files each of them brought in at first

    def victim(self, *arguments: str, target: Callable[..., None] = serve_without_console) -> Victim:
        self._count += 1
        environment = {
            "KB_HOME": str(self.home),
            "KB_DATABASE_URL": self.url,
            "KB_PORT": "0",
            "KB_READER": "off",  # its time is not what this is about
            "KB_RATE_ADDRESS": "0",
            "KB_RATE_SESSION": str(PATIENT),
            "KB_ADMIN_PASSWORD": PASSWORD,
        }
        log = self.home.with_name(f"{self.home.name}-log{self._count}")
        return Victim(target, (self.folder, *arguments), environment, log)

    def locks(self) -> int:
        """How many locks among processes are held."""
        held = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE granted"
        here = f"{held} AND locktype = 'advisory' AND datname = current_database()"
        with self.engine.connect() as connection:
            return int(connection.scalar(text(here)) or 0)

    def ready(self, victim: Victim) -> Service:
        service = Service(victim)
        wait_for(lambda: service.documents == FILES)
        return service


@pytest.fixture(scope="module")
def office(
    cluster: Cluster, make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Three services that began at the same moment over an empty database, and brought in one folder."""
    folder = tmp_path_factory.mktemp("office") / "documents"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"停车{number}.txt").write_text(notice(f"浔阳{number}路", number + 2), encoding="utf-8")
    office = Office(make_home(), folder, cluster.new_database())
    with open_accounts(office.settings) as users:
        for role in (Role.EDITOR, Role.REVIEWER, Role.ADMIN):
            users.add(OPERATOR, make_staff(role), PASSWORD, datetime.now(UTC), must_change=False)
    victims = [office.victim() for _ in range(3)]
    try:
        office.services = [office.ready(victim) for victim in victims]
        office.brought_in = [service.victim.words().count("已入库：") for service in office.services]
        yield office
    finally:
        for victim in (*victims, *(service.victim for service in office.services)):
            victim.kill()
        office.engine.dispose()


def collection_in(engine: Engine) -> tuple[object, object]:
    """The documents with their validity, and the passages, as stored."""
    document, chunk = tables.documents.c, tables.chunks.c
    with engine.connect() as connection:
        return (
            {tuple(row) for row in connection.execute(select(document.id, document.status, document.sha256))},
            {tuple(row) for row in connection.execute(select(chunk.id, chunk.body, chunk.document_id))},
        )


@pytest.fixture(scope="module")
def collection_of_one(
    office: Office, make_home: Callable[[], Path], embedder: Embedder
) -> tuple[object, object]:
    """What the folder gives when one process brings it in."""
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as one:
        ingest([office.folder], one, progress=False)
        return collection_in(one.storage.engine)


def test_folder_brought_in_by_three_gives_the_collection_of_one(
    office: Office, collection_of_one: tuple[object, object]
):
    assert collection_in(office.engine) == collection_of_one
    print(f"brought in by each: {office.brought_in}")
    assert sum(office.brought_in) == FILES


def test_ingest_killed_midway_is_finished_by_another(
    cluster: Cluster, office: Office, make_home: Callable[[], Path], collection_of_one: tuple[object, object]
):
    """While the test holds the lock on documents, the first has taken files and stored none."""
    other = Office(make_home(), office.folder, cluster.migrated_database())
    keeper = Keeper(other.engine)
    assert keeper.take("ingesting")
    first = other.victim(target=bring_in)
    wait_for(lambda: other.locks() > 3)
    second = other.victim(target=bring_in)
    try:
        first.kill()
        keeper.close()
        second.process.join(SECONDS)
        assert second.process.exitcode == 0, second.words()
        assert collection_in(other.engine) == collection_of_one
        assert second.words().count("已入库：") == FILES
    finally:
        first.kill()
        second.kill()
        other.engine.dispose()


def test_entry_approved_at_one_answers_at_the_others(office: Office):
    first, second, third = office.services
    question = "甘棠湖公园晚上几点关门？"
    draft = {"question": question, "answer": "每晚十点关门。"}
    editor, reviewer = first.sign_in(Role.EDITOR), second.sign_in(Role.REVIEWER)
    made = first.done("POST", "/api/staff/faq", editor, json=draft)
    entry = f"/api/staff/faq/{made['id']}"
    third.done("POST", f"{entry}/submit", editor, json={"version": 1})
    second.done("POST", f"{entry}/approve", reviewer, json={"version": 2, "secrecy_checked": True})
    for service in office.services:
        seconds = wait_for(lambda service=service: service.ask(question)["faq_id"] == made["id"])
        print(f"an entry approved at the second answers at {service.address} after {seconds:.2f} s")
    third.done("POST", f"{entry}/withdraw", reviewer, json={"version": 3})
    for service in office.services:
        wait_for(lambda service=service: service.ask(question)["faq_id"] is None)


def test_column_switched_off_at_one_is_off_at_the_others(office: Office):
    first, second, _ = office.services
    admin = first.sign_in(Role.ADMIN)

    def switch(at: Service, mode: str) -> None:
        version = at.done("GET", "/api/staff/settings", admin)["switched"]["version"]  # type: ignore[index]
        at.done(
            "PUT", "/api/staff/settings/switch", admin, json={"mode": mode, "notice": "", "version": version}
        )

    switch(first, "off")
    for service in office.services:
        wait_for(lambda service=service: service.ask("停车怎么收费？")["ending"] == "closed")
    switch(second, "on")
    for service in office.services:
        wait_for(lambda service=service: service.ask("停车怎么收费？")["ending"] != "closed")


def test_rate_limit_counts_the_requests_to_all(office: Office):
    codes = [
        office.services[number % 3]
        .send("POST", "/api/feedback", session="conversation-0001", json={})
        .status_code
        for number in range(PATIENT + 2)
    ]
    assert codes == [422] * PATIENT + [429, 429]


def test_session_of_one_holds_at_all_until_signed_out_at_any(office: Office):
    first, second, third = office.services
    cookie = first.sign_in(Role.EDITOR)
    assert [one.send("GET", "/api/staff/faq", cookie).status_code for one in office.services] == [200] * 3
    third.send("POST", "/logout", cookie)
    assert [one.send("GET", "/api/staff/faq", cookie).status_code for one in (first, second)] == [401, 401]


def test_repeated_request_gets_the_same_result_from_another(office: Office):
    first, second, third = office.services
    left = {"text": "小区门口的路灯坏了找谁修？", "request_id": "left-0001"}
    assert (
        first.done("POST", "/api/questions", json=left)["code"]
        == (second.done("POST", "/api/questions", json=left)["code"])
    )
    asked = {"question": "停车怎么收费？", "request_id": "asked-0001"}
    assert first.done("POST", "/api/ask", json=asked) == third.done("POST", "/api/ask", json=asked)
    other = {"question": "谁负责监督？", "request_id": "asked-0001"}
    assert second.send("POST", "/api/ask", json=other).is_client_error


def test_document_published_at_one_is_found_by_the_others_and_gone_when_removed(office: Office):
    first, second, third = office.services
    editor, reviewer = first.sign_in(Role.EDITOR), second.sign_in(Role.REVIEWER)
    content = notice("白鹿洞路", 77).encode()
    name = {"name": "白鹿洞路停车.txt"}
    staged = first.done("POST", "/api/staff/documents/staged", editor, content=content, params=name)
    path, checked = f"/api/staff/documents/staged/{staged['id']}", {"secrecy_checked": True}
    published = second.done("POST", path, reviewer, params=checked)
    question = "白鹿洞路首小时收费多少元？"

    def cites(service: Service) -> bool:
        cited = service.ask(question)["citations"]
        return bool(cited) and cited[0]["document_id"] == published["id"]  # type: ignore[index]

    for service in office.services:
        wait_for(lambda service=service: cites(service))
    removed = third.send("DELETE", f"/api/staff/documents/{published['id']}", reviewer, params={"version": 0})
    assert removed.is_success, removed.text
    for service in office.services:
        wait_for(lambda service=service: not cites(service))


def test_killed_service_loses_nothing_and_another_keeps_house(office: Office):
    watcher = Keeper(office.engine)

    def is_led() -> bool:
        free = watcher.take(LEAD)
        watcher.give(LEAD)
        return not free

    wait_for(is_led)
    code = office.services[0].done("POST", "/api/questions", json={"text": "社区食堂几点开饭？"})["code"]
    office.services[0].victim.kill()
    office.services[1].victim.kill()
    survivor = office.services[2]
    assert survivor.done("GET", f"/api/questions/{code}")["text"] == "社区食堂几点开饭？"
    assert survivor.ask("停车怎么收费？")["citations"]
    wait_for(is_led)
    office.services[:2] = [office.ready(office.victim()), office.ready(office.victim())]
    watcher.close()
    survivor.victim.kill()
    assert office.services[0].ask("停车怎么收费？")["citations"]
    office.services[2] = office.ready(office.victim())
    places = [index_folder(office.settings, place) for place in range(3)]
    assert all(place.is_dir() for place in places)


def test_workers_share_a_socket_replace_a_killed_one_and_end_in_order(office: Office):
    parent = office.victim("--workers", "2")
    try:
        service = office.ready(parent)
        wait_for(lambda: "第 2 个工作进程已就绪" in parent.words())
        of_parent = psutil.Process(parent.process.pid or 0)
        before = {child.pid for child in of_parent.children()}
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        wait_for(lambda: "第 1 个工作进程已就绪" in parent.words())
        assert service.ask("停车怎么收费？")["citations"]
        assert len({child.pid for child in of_parent.children()} & before) == 1
        of_parent.terminate()
        parent.process.join(SECONDS)
        assert parent.process.exitcode == 0, parent.words()
    finally:
        parent.kill()
