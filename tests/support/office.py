"""A day at the office, one request at a time: what was acknowledged, and what an interrupted request may do.

A fact is a key with a value, as `facts_of` reads them from a knowledge base. Every step of `Office` sends one
request that changes something and returns the facts that its acknowledgement promises.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import httpx
from sqlalchemy import select
from staffing import PASSWORD, make_staff

from ingest.editing.staging import staged
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role
from kb.storage import tables

READY_SECONDS = 240
CUT_OFF = (httpx.NetworkError, httpx.RemoteProtocolError)  # the service died during the request
GONE = None  # the value of a fact that no longer holds
Facts = dict[str, object]
DOCUMENTS, FAQ, SETTINGS = "/api/staff/documents", "/api/staff/faq", "/api/staff/settings"
STREETS = ("甘棠", "湓浦", "人民路", "白水湖", "金鸡坡", "向阳")
UNITS = ("区城管局", "区财政局", "区交通局")


def notice(street: str, fee: int, repealed: str | None = None) -> str:
    """A document of three passages, the first of which names `fee`; it may repeal another street's notice."""
    length = "各有关单位要按照职责分工抓好落实，定期检查，发现问题及时整改，并将情况报区政府办公室备案。" * 6
    repeal = f"《关于{repealed}街道停车收费的通知》同时废止。" if repealed else ""
    return (
        f"关于{street}街道停车收费的通知\n\n一、收费标准\n（一）{street}街道小型汽车首小时收费{fee}元。{length}\n"
        f"二、管理职责\n（一）停车场由区城管局管理。{length}\n三、监督检查\n（一）区财政局负责监督。{length}\n"
        f"四、施行时间\n本通知自2022年3月1日起施行。{repeal}\n浔阳区城市管理局\n2022年2月15日\n"
    )


def facts_of(kb: KnowledgeBase) -> Facts:
    """All facts that the steps are about, as a knowledge base holds them."""
    facts: Facts = {}
    with kb.storage.engine.connect() as connection:
        for row in connection.execute(select(tables.asked.c.id, tables.asked.c.question)):
            facts[f"answer {row.id}"] = row.question
        for row in connection.execute(select(tables.feedback.c.answer_id, tables.feedback.c.helpful)):
            facts[f"feedback {row.answer_id}"] = row.helpful
        for row in connection.execute(select(tables.questions.c.code, tables.questions.c.text)):
            facts[f"question {row.code}"] = row.text
        entries = tables.faq_entries.c
        for row in connection.execute(select(entries.id, entries.status, entries.version)):
            facts[f"faq {row.id}"] = [row.status, row.version]
        settings = tables.column_settings.c
        for row in connection.execute(select(settings.key, settings.value, settings.version)):
            facts[f"setting {row.key}"] = [row.value, row.version]
        documents = tables.documents.c
        for row in connection.execute(select(documents.id, documents.sha256)):
            facts[f"document {row.id}"] = row.sha256
        edits = tables.document_edits.c
        for row in connection.execute(select(edits.document_id, edits.removed, edits.fields)):
            facts[f"edit {row.document_id}"] = [row.removed, row.fields]
    for preview in staged(kb, make_staff(Role.REVIEWER)):
        facts[f"staged {preview.id}"] = preview.name
    return facts


@dataclass
class Step:
    """A request: `send` sends it and gives the promised facts; `touches` are the keys that it may change."""

    name: str
    send: Callable[[], Facts]
    touches: tuple[str, ...]


@dataclass
class Office:
    """Chooses steps at random and keeps the facts that were acknowledged."""

    chance: random.Random
    facts: Facts = field(default_factory=dict)
    cookies: dict[Role, str] = field(default_factory=dict)
    port: int = 0

    def open(self, port: int) -> None:
        """Use the service on `port`; sign in if that was not done yet."""
        self.port = port
        for role in (Role.EDITOR, Role.REVIEWER, Role.ADMIN):
            if role not in self.cookies:
                form = {"name": make_staff(role).name, "password": PASSWORD}
                answer = httpx.post(f"http://127.0.0.1:{port}/login", data=form, timeout=READY_SECONDS)
                assert answer.status_code == 303, answer.text
                self.cookies[role] = answer.cookies["kb_staff"]

    def step(self) -> Step:
        """A step that is possible now."""
        steps = [self.ask, self.leave, self.write_entry, self.upload, self.switch, self.set_threshold]
        if self._keys("answer "):
            steps.append(self.judge)
        if self._keys("faq "):
            steps.append(self.move_entry)
        return self.chance.choice([*steps, self.document_step])()

    def document_step(self) -> Step:
        """A step that changes documents: these take many storage steps, so a kill in them is the hardest."""
        steps = [self.upload]
        if self._keys("staged "):
            steps += [self.publish, self.publish]
        if self._keys("document "):
            steps += [self.correct, self.correct, self.withdraw]
        if self._removed():
            steps += [self.restore, self.restore]
        return self.chance.choice(steps)()

    def do(self, step: Step) -> None:
        """Send a step and keep what its acknowledgement promises."""
        for key, value in step.send().items():
            if value is GONE:
                self.facts.pop(key, None)
            else:
                self.facts[key] = value

    def ready(self, name: str) -> Step:
        """A step of this kind; the steps that must come before it are done."""
        before: dict[str, Callable[[], Iterator[Step]]] = {
            "publish": lambda: iter([self.upload()]),
            "withdraw": lambda: iter([] if self._keys("document ") else [self.restore()]),
            "correct": lambda: iter([] if self._keys("document ") else [self.restore()]),
            "restore": lambda: iter([] if self._removed() else [self.withdraw()]),
            "move_entry": lambda: iter([] if self._keys("faq ") else [self.write_entry()]),
            "judge": lambda: iter([] if self._keys("answer ") else [self.ask()]),
        }
        for step in before.get(name, lambda: iter(()))():
            self.do(step)
        made: Step = getattr(self, name)()
        return made

    def ask(self) -> Step:
        question = f"{self.chance.choice(STREETS)}街道首小时收费多少？"

        def send() -> Facts:
            return {f"answer {self._send('POST', '/api/ask', json={'question': question})['id']}": question}

        return Step("ask", send, ("answer ",))

    def judge(self) -> Step:
        answer = self._one("answer ")
        helpful = self.chance.random() < 0.5

        def send() -> Facts:
            self._send("POST", "/api/feedback", json={"answer_id": answer, "helpful": helpful})
            return {f"feedback {answer}": helpful}

        return Step("feedback", send, (f"feedback {answer}",))

    def leave(self) -> Step:
        text = f"{self.chance.choice(STREETS)}街道哪里可以停车，第{self.chance.randrange(10_000)}次问？"

        def send() -> Facts:
            code = self._send("POST", "/api/questions", json={"text": text})["code"].replace("-", "")
            return {f"question {code}": text}

        return Step("leave", send, ("question ",))

    def write_entry(self) -> Step:
        number = self.chance.randrange(10_000)
        draft = {"question": f"第{number}号停车场怎么收费？", "answer": f"首小时{number}元。"}

        def send() -> Facts:
            return {f"faq {self._send('POST', FAQ, Role.EDITOR, json=draft)['id']}": ["draft", 1]}

        return Step("write an entry", send, ("faq ",))

    def move_entry(self) -> Step:
        entry = self._one("faq ")
        status, version = self.facts[f"faq {entry}"]  # type: ignore[misc]
        move, role, after = {
            "draft": ("submit", Role.EDITOR, "submitted"),
            "submitted": ("approve", Role.REVIEWER, "approved"),
            "approved": ("withdraw", Role.REVIEWER, "withdrawn"),
            "withdrawn": ("", Role.EDITOR, "draft"),
        }[status]
        body: Facts = {"version": version}
        if move == "approve":
            body["secrecy_checked"] = True

        def send() -> Facts:
            if move:
                self._send("POST", f"{FAQ}/{entry}/{move}", role, json=body)
            else:
                draft = {"question": f"第{version}次重写的问答怎么收费？", "answer": "首小时五元。"}
                self._send("PUT", f"{FAQ}/{entry}", role, json={**body, "entry": draft})
            return {f"faq {entry}": [after, version + 1]}

        return Step(f"{move or 'save'} an entry", send, (f"faq {entry}",))

    def switch(self) -> Step:
        mode = self.chance.choice(["on", "on", "search_only"])
        value = {"mode": mode, "notice": ""}
        return self._set("switch", {"mode": mode}, value)

    def set_threshold(self) -> Step:
        threshold = self.chance.choice([0.3, 0.4, 0.5])
        return self._set("threshold", {"threshold": threshold}, threshold)

    def upload(self) -> Step:
        street = self.chance.choice(STREETS)
        repealed = self.chance.choice([None, *(other for other in STREETS if other != street)])
        text = notice(street, self.chance.randrange(2, 90), repealed)
        name = f"停车通知{street}.txt"

        def send() -> Facts:
            made = self._send(
                "POST", f"{DOCUMENTS}/staged", Role.EDITOR, params={"name": name}, content=text.encode()
            )
            return {f"staged {made['id']}": made["name"]}

        return Step("upload", send, ("staged ",))

    def publish(self) -> Step:
        upload = self._one("staged ")

        def send() -> Facts:
            path, checked = f"{DOCUMENTS}/staged/{upload}", {"secrecy_checked": True}
            document = self._send("POST", path, Role.REVIEWER, params=checked)["id"]
            original = self._get(f"/doc/{document}/original")
            edit = self.facts.get(f"edit {document}")
            back = {} if edit is None else {f"edit {document}": [False, edit[1]]}  # type: ignore[index]
            return {f"staged {upload}": GONE, f"document {document}": sha256(original).hexdigest(), **back}

        return Step("publish", send, (f"staged {upload}", "document ", "edit "))

    def withdraw(self) -> Step:
        document = self._one("document ")

        def send() -> Facts:
            version = self._send("GET", f"{DOCUMENTS}/{document}", Role.REVIEWER)["version"]
            self._send("DELETE", f"{DOCUMENTS}/{document}", Role.REVIEWER, params={"version": version})
            return {f"document {document}": GONE, f"edit {document}": [True, self._fields(document)]}

        return Step("withdraw", send, (f"document {document}", f"edit {document}"))

    def restore(self) -> Step:
        document = self.chance.choice(self._removed())

        def send() -> Facts:
            detail = self._send("POST", f"{DOCUMENTS}/{document}/restore", Role.REVIEWER)
            assert detail["id"] == document
            original = self._get(f"/doc/{document}/original")
            key = f"document {document}"
            return {key: sha256(original).hexdigest(), f"edit {document}": [False, self._fields(document)]}

        return Step("restore", send, (f"document {document}", f"edit {document}"))

    def correct(self) -> Step:
        document = self._one("document ")
        change = self.chance.choice(
            [
                {"departments": [self.chance.choice(UNITS)]},
                {"status": self.chance.choice(["现行有效", "已废止"])},
                {"title": f"停车收费的通知（第{self.chance.randrange(100)}稿）"},
            ]
        )

        def send() -> Facts:
            version = self._send("GET", f"{DOCUMENTS}/{document}", Role.REVIEWER)["version"]
            body = {"version": version, "correction": change}
            self._send("PATCH", f"{DOCUMENTS}/{document}", Role.REVIEWER, json=body)
            return {f"edit {document}": [False, {**self._fields(document), **change}]}

        return Step("correct", send, (f"edit {document}",))

    def _set(self, key: str, body: Mapping[str, object], value: object) -> Step:
        _, version = self.facts.get(f"setting {key}", [None, 0])  # type: ignore[misc]

        def send() -> Facts:
            self._send("PUT", f"{SETTINGS}/{key}", Role.ADMIN, json={"version": version, **body})
            return {f"setting {key}": [value, version + 1]}

        return Step(f"set {key}", send, (f"setting {key}",))

    def _fields(self, document: str) -> dict[str, object]:
        return dict((self.facts.get(f"edit {document}") or [False, {}])[1])  # type: ignore[index]

    def _removed(self) -> list[str]:
        return [key for key in self._keys("edit ") if self.facts[f"edit {key}"][0]]  # type: ignore[index]

    def _keys(self, prefix: str) -> list[str]:
        return sorted(key.removeprefix(prefix) for key in self.facts if key.startswith(prefix))

    def _one(self, prefix: str) -> str:
        return self.chance.choice(self._keys(prefix))

    def _get(self, path: str) -> bytes:
        answer = httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=READY_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.content

    def _send(self, method: str, path: str, role: Role | None = None, **content: object) -> Facts:
        """The acknowledgement of a request; an answer other than 2xx fails the test.

        503 means that the service is not ready yet: nothing was changed, the request is sent again.
        """
        cookies = {"kb_staff": self.cookies[role]} if role else None
        deadline = time.monotonic() + READY_SECONDS
        with httpx.Client(cookies=cookies, timeout=READY_SECONDS) as client:
            address = f"http://127.0.0.1:{self.port}{path}"
            answer = client.request(method, address, **content)  # type: ignore[arg-type]
            while answer.status_code == 503 and time.monotonic() < deadline:
                time.sleep(0.2)
                answer = client.request(method, address, **content)  # type: ignore[arg-type]
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return json.loads(answer.text) if answer.text else {}
