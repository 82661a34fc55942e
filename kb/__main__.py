"""python -m kb: ask, search, import lists and reply to citizens from the command line."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from kb.answers import GENERATED_LABEL, Answer, AnswerKind
from kb.command_line import AsJson, one_sentence
from kb.contacts import read_contacts
from kb.errors import DatasetError, KbError
from kb.faq_files import read_entries, write_entries
from kb.knowledge_base import KnowledgeBase, open_knowledge_base, open_questions
from kb.models import Filters, Question, Status
from kb.questions import Questions, StaffQuestion
from kb.settings import read_settings
from kb.staff_commands import audit_cli, user_cli
from kb.upkeep_commands import backup, repair, restore

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="政策问答知识库：提问与检索")
faq_cli = typer.Typer(no_args_is_help=True, help="常见问答的导入与导出（.jsonl、.csv、.xlsx）")
questions_cli = typer.Typer(no_args_is_help=True, help="群众留言的查看与答复，服务运行时也可使用")
cli.add_typer(faq_cli, name="faq")
cli.add_typer(questions_cli, name="questions")
cli.add_typer(user_cli, name="user")
cli.add_typer(audit_cli, name="audit")
for upkeep in (repair, backup, restore):
    cli.command()(upkeep)


@contextmanager
def opened() -> Iterator[KnowledgeBase]:
    """The knowledge base of KB_HOME."""
    with (
        one_sentence(),
        open_knowledge_base(read_settings(), lambda line: print(line, file=sys.stderr)) as kb,
    ):
        yield kb


@contextmanager
def opened_questions() -> Iterator[Questions]:
    """The questions left in KB_HOME, whether the service runs or not."""
    with one_sentence(), open_questions(read_settings()) as questions:
        yield questions


@cli.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="问题")] = None,
    history: Annotated[list[str] | None, typer.Option(help="同一对话中先前的问题，可多次")] = None,
    batch: Annotated[Path | None, typer.Option(help='问题文件，每行 {"qid","question","history"?}')] = None,
    out: Annotated[Path | None, typer.Option(help="批量结果写到这里")] = None,
    hits: Annotated[int, typer.Option(help="批量结果附带前 N 个检索段落")] = 0,
    as_json: AsJson = False,
) -> None:
    """回答一个问题，或用 --batch 回答一批。"""
    if (question is None) == (batch is None) or (batch is None) != (out is None):
        raise typer.BadParameter("给一个问题，或同时给 --batch 与 --out")
    if batch is not None and out is not None:
        with opened() as kb:
            failed = _ask_batch(kb, batch, out, hits)
        raise typer.Exit(1 if failed else 0)
    asked = Question(text=question or "", history=tuple(history or ()))
    with opened() as kb:
        answer = kb.answerer.answer(asked)
    print(json.dumps(answer.as_json(), ensure_ascii=False) if as_json else _in_words(answer))


@cli.command()
def search(
    query: Annotated[str, typer.Argument(help="检索词")],
    department: Annotated[str | None, typer.Option(help="牵头、责任或发文单位")] = None,
    status: Annotated[Status | None, typer.Option(help="时效性")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="段落数")] = 10,
    as_json: AsJson = False,
) -> None:
    """检索段落。"""
    with opened() as kb:
        found = kb.retriever.retrieve(query, Filters(department=department, status=status), limit)
    if as_json:
        print(json.dumps([hit.as_json() for hit in found.kept], ensure_ascii=False))
        return
    for rank, hit in enumerate(found.kept, start=1):
        place = " > ".join((hit.document.title, *hit.chunk.heading_path))
        print(f"{rank}. [{hit.score:.3f}] {place}\n   {hit.chunk.text}\n")


@faq_cli.command("import")
def import_faq(
    file: Annotated[Path, typer.Argument(help="常见问答文件，.jsonl、.csv 或 .xlsx")], as_json: AsJson = False
) -> None:
    """导入常见问答：编号相同的更新，其余新增；有一行不对就一条也不导入。"""
    with opened() as kb:
        counts = kb.faq_entries.put(read_entries(file))
        for entry_id in kb.faq_life.review():
            print(f"{entry_id} 的出处有问题，需复核后才会回答", file=sys.stderr)
        print("已存入，正在计算新问法的向量……", file=sys.stderr)
        kb.faq.replace(kb.faq_entries.approved())
    print(counts.model_dump_json() if as_json else counts)


@faq_cli.command("export")
def export_faq(
    file: Annotated[Path, typer.Argument(help="写到这个文件，.jsonl、.csv 或 .xlsx")], as_json: AsJson = False
) -> None:
    """导出全部常见问答，可修改后再导入。"""
    with opened() as kb:
        entries = kb.faq_entries.all()
        write_entries(entries, file)
    print(json.dumps({"exported": len(entries)}) if as_json else f"导出 {len(entries)} 条")


@cli.command("contacts")
def import_contacts(
    file: Annotated[Path, typer.Argument(help="政策解答员名单 .csv，列：部门,姓名,电话")],
    as_json: AsJson = False,
) -> None:
    """导入政策解答员名单，整份替换原来的；拒答时列出相关部门的联系人。"""
    with opened() as kb:
        contacts = read_contacts(file)
        kb.contacts.replace(contacts)
    print(json.dumps({"imported": len(contacts)}) if as_json else f"导入 {len(contacts)} 人")


@questions_cli.command("list")
def list_questions(
    everything: Annotated[bool, typer.Option("--all", help="连同已答复的")] = False, as_json: AsJson = False
) -> None:
    """列出等待答复的留言，附联系方式。"""
    with opened_questions() as questions:
        found = questions.all() if everything else questions.waiting()
    if as_json:
        print(json.dumps([_staff_json(question) for question in found], ensure_ascii=False))
    else:
        print("\n\n".join(map(_staff_words, found)) or "没有等待答复的留言")


@questions_cli.command("reply")
def reply(
    code: Annotated[str, typer.Argument(help="留言的查询码，如 K7M3-9QXF")],
    text: Annotated[str, typer.Argument(help="答复")],
    department: Annotated[str | None, typer.Option(help="答复单位")] = None,
    name: Annotated[str | None, typer.Option(help="答复人")] = None,
    as_json: AsJson = False,
) -> None:
    """答复一条留言；再次答复则替换。留言人凭查询码看到答复。"""
    with opened_questions() as questions:
        question = questions.reply(code, text, department, name, datetime.now(UTC))
    print(question.model_dump_json() if as_json else f"已答复 {question.code}：{question.text}")


def _staff_json(found: StaffQuestion) -> dict[str, Any]:
    question = found.question
    known = {"state": question.state.value, "contact": found.contact, "answer_id": found.answer_id}
    return {**question.model_dump(mode="json"), **known}


def _staff_words(found: StaffQuestion) -> str:
    """A question left, as a person reads it in a terminal."""
    question = found.question
    lines = [f"{question.code}　{question.asked} 留言" + (f"，{question.due} 前答复" if question.due else "")]
    lines.append(f"  {question.text}")
    if question.departments:
        lines.append(f"  相关单位：{'、'.join(question.departments)}")
    lines.append(f"  联系方式：{found.contact or '没有留'}")
    if question.reply:
        lines.append(f"  {question.reply.date} 答复：{question.reply.text}")
    return "\n".join(lines)


def _ask_batch(kb: KnowledgeBase, batch: Path, out: Path, hits: int) -> int:
    """Answer every line of `batch` into `out`, in order; number of lines that could not be asked."""
    lines = [line for line in _read(batch).splitlines() if line.strip()]
    failed = 0
    with out.open("w", encoding="utf-8") as file:
        for number, line in enumerate(track(lines, "回答", console=Console(stderr=True)), start=1):
            try:
                record = _batch_line(kb, line, hits, f"{batch.name} 第 {number} 行")
            except KbError as error:
                failed += 1
                print(error, file=sys.stderr)
                record = {"qid": _qid(line), "error": str(error)}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return failed


def _batch_line(kb: KnowledgeBase, line: str, hits: int, place: str) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        question = Question(text=asked["question"], history=tuple(asked.get("history") or ()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f'{place}：应为 {{"qid","question","history"?}}：{error!r}') from error
    answer, found = kb.answerer.answer_with_hits(question, hits)
    record = {"qid": asked.get("qid"), **answer.as_json()}
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


def _in_words(answer: Answer) -> str:
    """An answer as a person reads it in a terminal."""
    generated = answer.kind is AnswerKind.GENERATED
    lines = [*([answer.notice] if answer.notice else []), answer.text, ""]
    lines += [f"（{GENERATED_LABEL}）"] if generated else []
    for place, citation in enumerate(answer.citations, start=1):
        number = f"（{citation.number}）" if citation.number else ""
        mark = f"[{place}] " if generated else ""
        lines.append(f"{mark}来源：《{citation.document}》{number} {citation.section}")
    lines += [f"相近：《{candidate.document}》 {candidate.section}" for candidate in answer.candidates]
    lines.append(f"把握：{answer.confidence:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    cli()
