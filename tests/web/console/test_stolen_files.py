"""Nobody reads a file of the server through the console: every function, in every role, by every way in.

Gradio copies each file that an input names into its cache, and serves the cache. The canaries stand outside
KB_HOME, in it, and among the uploads of a colleague; neither what the thief gets nor the cache may hold them.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import pytest
from at_console import API, SESSION, Member, file_value
from fastapi import FastAPI
from loops import finished
from staffing import make_staff

from kb.errors import InputError
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role
from web.console import parts
from web.console.parts import handler, numbered, press_handler
from web.edge.console_gate import READ, READ_BELOW, WRITE
from web.edge.security import CONSOLE_UPLOAD
from web.staff.identity import CONSOLE_PATH

pytestmark = pytest.mark.hostile

CANARY = "金丝雀4711"
# Paths of Gradio's routes, cut at their first parameter.
KNOWN_PAGES = """
/ /assets/ /config /config/ /favicon.ico /gradio_api/deep_link /login /login/ /logout /manifest.json
/monitoring /monitoring/ /monitoring/summary /openapi.json /pwa_icon /pwa_icon/ /robots.txt /static/ /svelte/
/theme.css
"""
KNOWN_API = """
/api/ /app_id /app_id/ /call/ /call/v2/ /cancel /component_server /component_server/ /custom_component/
/dev/reload /file/ /file= /heartbeat/ /info /info/ /login_check /login_check/ /openapi.json /process_recording
/proxy= /queue/data /queue/join /queue/status /reset /reset/ /run/ /runs /runs/ /startup-events /stream/
/theme.css /token /token/ /undo-vibe-edit /undo-vibe-edit/ /upload /upload_progress /user /user/ /vibe-code
/vibe-code/ /vibe-edit /vibe-edit/ /vibe-starter-queries /vibe-starter-queries/
"""


@pytest.fixture(scope="module")
def canaries(
    house: KnowledgeBase, at_console: Callable[[Role], Member], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Files that nobody may read: outside KB_HOME, in it, of this process, uploaded by an administrator."""
    outside, inside = tmp_path_factory.mktemp("outside") / "canary.txt", house.settings.home / "canary.txt"
    for file in (outside, inside):
        file.write_text(CANARY, encoding="utf-8")
    uploaded: list[str] = at_console(Role.ADMIN).upload(("canary.txt", CANARY.encode())).json()
    return [str(outside), str(inside), str(house.settings.home / "session.key"), *uploaded]


def forms_of(path: str) -> Iterator[object]:
    """The ways to name a file in an input."""
    file = file_value(path)
    yield file
    yield [file]
    yield {"value": [file], "a": {"b": file}}
    yield {"path": path}
    yield {**file, "url": f"http://127.0.0.1/{quote(path)}", "orig_name": "a.md", "is_stream": True}
    yield file_value(f"{os.path.dirname(path)}/../{os.path.basename(os.path.dirname(path))}/canary.txt")


def foreign(canaries: Sequence[str], role: Role) -> Sequence[str]:
    """The canaries that `role` may not read."""
    return canaries[:-1] if role is Role.ADMIN else canaries


def assert_not_read(text: str, member: Member, canaries: Sequence[str]) -> None:
    """Nothing of the canaries is in `text`, behind a path that `text` names, or in Gradio's cache."""
    assert CANARY not in text
    for name in set(re.findall(r"/[^\s\"'\\]*(?:canary\.txt|session\.key)", text)):
        assert CANARY not in member.client.get(f"{API}/file={name.rpartition('file=')[2]}").text
    secrets = {Path(path).read_bytes() for path in canaries}
    for file in Path(os.environ["GRADIO_TEMP_DIR"]).rglob("*"):
        assert not file.is_file() or str(file) in canaries or file.read_bytes() not in secrets, file


@pytest.mark.parametrize("role", Role)
def test_no_function_reads_a_file_that_an_input_names(
    role: Role, at_console: Callable[[Role], Member], canaries: list[str]
):
    member = at_console(role)
    assert len(member.blocks.fns) > 40
    texts = []
    for number, fn in member.blocks.fns.items():
        paths = cycle(foreign(canaries, role))
        values = [file_value(next(paths)) for _ in range(number % 4 + len(fn.inputs))][number % 4 :]
        answer = member.call(number, values, {"number": 0, "value": file_value(next(paths))})
        assert answer.status == 403, answer
        texts.append(answer.text)
    assert_not_read("\n".join(texts), member, canaries)


@pytest.mark.parametrize("role", Role)
def test_no_form_of_a_file_is_let_through(
    role: Role, at_console: Callable[[Role], Member], canaries: list[str]
):
    member = at_console(role)
    for path in foreign(canaries, role):
        for form in forms_of(path):
            answers = [member.call(0, [form]), member.call(0, [], {"number": 0, "value": form})]
            assert [answer.status for answer in answers] == [403, 403], form
            assert_not_read(answers[0].text + answers[1].text, member, canaries)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("form", ["", "/", "//", "%2F", "./", "../", "/proc/self/root"])
def test_no_address_serves_a_file(
    form: str, role: Role, at_console: Callable[[Role], Member], canaries: list[str]
):
    member = at_console(role)
    for path in (*foreign(canaries, role), "/proc/self/environ", "/etc/passwd"):
        for route in ("file=", "file/", "proxy=", "proxy=http://127.0.0.1", "file=file://", "stream/"):
            answer = member.client.get(f"{API}/{route}{form}{path}")
            assert answer.status_code == 403, answer.url
            assert CANARY not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x",
        "https://example.invalid/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
    ],
)
def test_nothing_is_fetched_for_a_value(address: str, at_console: Callable[[Role], Member]):
    member = at_console(Role.EDITOR)
    (own,) = member.upload(("甲.md", b"# 1")).json()
    for value in (file_value(address), {"url": address}, {**file_value(own), "url": address}, {"meta": 1}):
        assert member.call(0, [[value]]).status == 403
        assert member.client.post(f"{API}/cancel", json={"session_hash": value}).status_code == 403
    assert member.client.get(f"{API}/file={address}").status_code == 403
    assert member.client.get("/console/", params={"theme": address}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'{"data": [{"path": "x", "path": "y"}]}', 400, id="a name twice"),
        pytest.param(b"[" * 100_000, 400, id="deep"),
        pytest.param(
            b'{"data":' + b"[" * 900 + b'{"path": "/etc/passwd"}' + b"]" * 900 + b"}", 403, id="nested"
        ),
        pytest.param('{"data": [{"path": "/etc/passwd"}]}'.encode("utf-16"), 403, id="UTF-16"),
        pytest.param(b"data=%7B%7D", 400, id="a form"),
        pytest.param(b"", 400, id="empty"),
    ],
)
def test_body_that_others_may_read_otherwise_is_refused(
    body: bytes, status: int, at_console: Callable[[Role], Member]
):
    assert at_console(Role.ADMIN).client.post(f"{API}/queue/join", content=body).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("POST", path)
            for path in ("run/search", "api/search", "call/search", "call/v2/search", "stream/a")
        ),
        *(
            ("POST", path)
            for path in ("component_server", "process_recording", "vibe-code", "undo-vibe-edit")
        ),
        *(("GET", path) for path in ("deep_link?session_hash=a", "info", "openapi.json", "token", "runs")),
        *(
            ("GET", path)
            for path in ("custom_component/a/server/b/c", "stream/a/b/1/playlist-file", "vibe-code")
        ),
        ("PUT", "queue/join"),
        ("DELETE", "upload"),
    ],
)
def test_route_that_the_page_does_not_use_is_closed(
    method: str, path: str, at_console: Callable[[Role], Member]
):
    body = {"data": [file_value("/etc/passwd")], "session_hash": SESSION, "component_id": 1, "fn_name": "ls"}
    answer = at_console(Role.ADMIN).client.request(method, f"{API}/{path}", json=body)
    assert answer.status_code == 403


def routes_of(app: FastAPI) -> set[str]:
    """The paths of Gradio's routes, cut at their first parameter."""
    included = [route.original_router for route in app.router.routes if hasattr(route, "original_router")]
    paths = [getattr(route, "path", "") for router in (app.router, *included) for route in router.routes]
    return {path.partition("{")[0] for path in paths if path}


def test_gradio_has_the_routes_known_here(served: tuple[FastAPI, int]):
    """Another Gradio is looked at before it is used: what do its new routes do, does the page need them?"""
    routes = routes_of(served[0].state.console)
    known = {*KNOWN_PAGES.split(), *(f"/gradio_api{path}" for path in KNOWN_API.split())}
    assert routes == known
    needed = {*READ, *READ_BELOW, *WRITE, CONSOLE_UPLOAD} - {CONSOLE_PATH}
    assert {path.removeprefix(CONSOLE_PATH) for path in needed} <= routes


# --- each depth by itself ---


def test_gradio_itself_refuses_files_that_were_not_uploaded(
    at_console: Callable[[Role], Member], canaries: list[str]
):
    """Its check has run only since `has_launched` is set; without that, or renamed, the file is copied."""
    from gradio import Blocks
    from gradio.exceptions import InvalidPathError

    async def attack(blocks: Blocks) -> None:
        assert "has_launched" in vars(Blocks(analytics_enabled=False))
        for fn, path in zip(blocks.fns.values(), cycle(canaries[:3]), strict=False):
            if any(not block.stateful for block in fn.inputs):
                values = [None if block.stateful else file_value(path) for block in fn.inputs]
                with pytest.raises(InvalidPathError):
                    await blocks.process_api(fn, values)

    finished(attack(at_console(Role.ADMIN).blocks))
    assert_not_read("", at_console(Role.ADMIN), canaries)


@pytest.mark.parametrize("path", ["session.key", "kb.sqlite", "models", "documents/a.md"])
def test_gradio_itself_gives_no_file_of_the_home_to_the_page(
    path: str, house: KnowledgeBase, at_console: Callable[[Role], Member]
):
    from gradio.utils import is_allowed_file

    blocks = at_console(Role.ADMIN).blocks
    home = house.settings.home.resolve()
    allowed, reason = is_allowed_file(home / path, blocks.blocked_paths, [home.parent], [])
    assert (allowed, reason) == (False, "in_blocklist")


@pytest.mark.parametrize("value", [{"path": "/etc/passwd"}, [{"a": 1}], ["甲", [{}]]])
def test_no_function_of_ours_gets_an_object(value: object):
    called = []
    with pytest.warns(UserWarning, match="不该有的内容"):
        handler(lambda *given: called.append(given))(None, "甲", value)
    assert not called


@pytest.mark.parametrize(
    "data", [{"action": {"path": "/etc/passwd"}, "number": 0}, {"number": "0"}, {}, None]
)
def test_press_with_strange_values_reaches_no_function(data: object, monkeypatch: pytest.MonkeyPatch):
    from gradio import EventData

    monkeypatch.setattr(parts, "staff_in_console", lambda _: make_staff(Role.ADMIN))
    called = []
    with pytest.warns(UserWarning, match="不该有的内容"):
        press_handler(lambda *given: called.append(given))(None, EventData(None, data))
    assert not called
    with pytest.raises(InputError):
        numbered(["甲"], -1)
