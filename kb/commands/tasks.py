"""The commands of `python -m kb` that need an open knowledge base, whichever process has it open.

`perform` hands a command to the service that holds KB_HOME; when none does, it opens KB_HOME itself. Either
way the same `run` prints the same words and gives the same exit code. Paths in a command are absolute,
because the service runs in another folder.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from kb.answers import GENERATED_LABEL, Answer, AnswerKind
from kb.commands.channel import Call, call_service
from kb.commands.rebuild import rebuild_open
from kb.commands.terminal import STOPPED, Console, ProgressStep, Terminal
from kb.errors import DatasetError, HomeInUseError, KbError, SettingsError
from kb.faq.files import read_entries, write_entries
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Model, Question, Status
from kb.settings import Settings
from kb.staff.contacts import read_contacts


class Command(Model, ABC):
    """A command and its arguments; `name` is its name on the channel."""

    name: ClassVar[str]

    @abstractmethod
    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Run the command; return the exit code.

        Raises:
            KbError: the command fails; the message is for the operator.
        """


def perform(command: Command, settings: Settings, console: Console) -> int:
    """Run `command`, in the running service or here; return the exit code.

    Raises:
        KbError: the knowledge base cannot be opened, or the command fails here.
    """
    code = in_service(command, settings, console)
    if code is not None:
        return code
    try:
        opened = open_knowledge_base(settings, console.tell)
    except HomeInUseError:
        code = in_service(command, settings, console)  # it started just now
        if code is None:
            raise
        return code
    with opened as kb, console.stops_cleanly():
        return command.run(kb, console)


def in_service(command: Command, settings: Settings, console: Console) -> int | None:
    """Let the running service run `command`; return the exit code, or None when no service runs.

    Raises:
        StoreError: the service ended in the middle.
    """
    call = Call(command=command.name, arguments=command.model_dump_json())
    return call_service(settings.home, call, console)


def command_of(call: Call, known: Sequence[type[Command]]) -> Command:
    """The command that a caller names.

    Raises:
        SettingsError: no command has this name and these arguments: the caller is of another version.
    """
    for kind in known:
        if kind.name == call.command:
            try:
                return kind.model_validate_json(call.arguments)
            except ValidationError as error:
                raise SettingsError(_OTHER_VERSION) from error
    raise SettingsError(_OTHER_VERSION)


_OTHER_VERSION = "正在运行的服务与这个命令不是同一版本，没有执行；请重新启动服务后再试"


class Ask(Command):
    """Answers one question."""

    name: ClassVar[str] = "ask"
    question: Question
    as_json: bool

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Answer the question."""
        answer = kb.answerer.answer(self.question)
        terminal.result(_json(answer.as_json()) if self.as_json else _in_words(answer))
        return 0


class AskBatch(Command):
    """Answers the questions of a file, one a line; writes to `out`, each with the best `hits` passages."""

    name: ClassVar[str] = "ask-batch"
    batch: Path
    out: Path
    hits: int

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Answer every line, in order; report the lines that fail."""
        lines = [line for line in _read(self.batch).splitlines() if line.strip()]
        failed = 0
        try:
            with self.out.open("w", encoding="utf-8") as file:
                for number, line in enumerate(lines, start=1):
                    if terminal.stopped:
                        return STOPPED
                    try:
                        record = _batch_line(kb, line, self.hits, f"{self.batch.name} 第 {number} 行")
                    except KbError as error:
                        failed += 1
                        terminal.tell(str(error))
                        record = {"qid": _qid(line), "error": str(error)}
                    file.write(_json(record) + "\n")
                    note = f"{number}/{len(lines)} 题"
                    terminal.step(ProgressStep(what="回答", share=number / len(lines), note=note))
        except OSError as error:
            raise DatasetError(f"{self.out} 写不进去：{error.strerror or error}") from error
        return 1 if failed else 0


class Search(Command):
    """Finds passages for a query."""

    name: ClassVar[str] = "search"
    query: str
    department: str | None
    status: Status | None
    limit: int
    as_json: bool

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Find and print the passages."""
        filters = Filters(department=self.department, status=self.status)
        found = kb.retrieval.retriever.retrieve(self.query, filters, self.limit).kept
        if self.as_json:
            terminal.result(_json([hit.as_json() for hit in found]))
            return 0
        for rank, hit in enumerate(found, start=1):
            place = " > ".join((hit.document.title, *hit.chunk.heading_path))
            terminal.result(f"{rank}. [{hit.score:.3f}] {place}\n   {hit.chunk.text}\n")
        return 0


class ImportFaq(Command):
    """Imports the FAQ entries of a file."""

    name: ClassVar[str] = "faq-import"
    file: Path
    as_json: bool

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Put them in, all or none."""
        counts = kb.faq.entries.put(read_entries(self.file))
        for entry_id in kb.faq.life.review():
            terminal.tell(f"{entry_id} 的出处有问题，需复核后才会回答")
        terminal.tell("已存入，正在计算新问法的向量……")
        kb.faq.matcher.replace(kb.faq.entries.approved())
        terminal.result(counts.model_dump_json() if self.as_json else str(counts))
        return 0


class ExportFaq(Command):
    """Exports all FAQ entries to a file."""

    name: ClassVar[str] = "faq-export"
    file: Path
    as_json: bool

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Write them."""
        entries = kb.faq.entries.all()
        write_entries(entries, self.file)
        count = len(entries)
        terminal.result(_json({"exported": count}) if self.as_json else f"导出 {count} 条")
        return 0


class ImportContacts(Command):
    """Imports the list of 政策解答员."""

    name: ClassVar[str] = "contacts"
    file: Path
    as_json: bool

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Replace the list by that in the file."""
        contacts = read_contacts(self.file)
        kb.staff.contacts.replace(contacts)
        count = len(contacts)
        terminal.result(_json({"imported": count}) if self.as_json else f"导入 {count} 人")
        return 0


class Repair(Command):
    """Rebuilds the index and the FAQ vectors from SQL."""

    name: ClassVar[str] = "repair"
    as_json: bool

    def run(self, kb: KnowledgeBase, terminal: Terminal) -> int:
        """Write every point again while questions are answered."""
        rebuilt = rebuild_open(kb, terminal)
        terminal.result(rebuilt.model_dump_json() if self.as_json else str(rebuilt))
        return STOPPED if terminal.stopped else 0


COMMANDS: tuple[type[Command], ...] = (Ask, AskBatch, Search, ImportFaq, ExportFaq, ImportContacts, Repair)


def _batch_line(kb: KnowledgeBase, line: str, hits: int, place: str) -> Mapping[str, Any]:
    try:
        asked = json.loads(line)
        question = Question(text=asked["question"], history=tuple(asked.get("history") or ()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f'{place}：应为 {{"qid","question","history"?}}：{error!r}') from error
    answer, found = kb.answerer.answer_with_hits(question, hits)
    record = {"qid": asked.get("qid"), **answer.as_json()}
    if hits and not found.kept:  # an approved entry or a look-up answered: nothing was retrieved
        found = kb.retrieval.retriever.retrieve(answer.rewritten, question.filters, hits)
    if hits:
        record["hits"] = [hit.as_json() for hit in found.kept[:hits]]
    return record


def _qid(line: str) -> object:
    try:
        return json.loads(line).get("qid")
    except (ValueError, AttributeError):
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} 读不出来：{error}") from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _in_words(answer: Answer) -> str:
    """An answer as a person reads it in a terminal."""
    generated = answer.kind is AnswerKind.GENERATED
    lines = [*filter(None, (answer.notice, answer.headline)), answer.text, ""]
    lines += [f"（{GENERATED_LABEL}）"] if generated else []
    for place, citation in enumerate(answer.citations, start=1):
        number = f"（{citation.number}）" if citation.number else ""
        mark = f"[{place}] " if generated else ""
        lines.append(f"{mark}来源：《{citation.document}》{number} {citation.section}")
    lines += [f"相近：《{candidate.document}》 {candidate.section}" for candidate in answer.candidates]
    lines.append(f"把握：{answer.confidence:.2f}")
    return "\n".join(lines)
