"""python -m kb: ask, search, import lists and reply to citizens from the command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from kb.citizens.left_questions import Questions, StaffQuestion
from kb.commands.agents import mcp
from kb.commands.keys import key_cli
from kb.commands.options import AsJson, Commands, one_sentence
from kb.commands.staff import audit_cli, user_cli
from kb.commands.tasks import Ask, AskBatch, Command, ExportFaq, ImportContacts, ImportFaq, Search, perform
from kb.commands.terminal import Console
from kb.commands.trials import trial_cli
from kb.commands.unlocked import open_questions
from kb.commands.upkeep import backup, repair, restore
from kb.models import Question, Status
from kb.settings import read_settings
from kb.storage.home import keep_private

cli = typer.Typer(cls=Commands, add_completion=False, no_args_is_help=True, help="政策问答知识库：提问与检索")
faq_cli = typer.Typer(no_args_is_help=True, help="常见问答的导入与导出（.jsonl、.csv、.xlsx）")
questions_cli = typer.Typer(no_args_is_help=True, help="群众留言的查看与答复，服务运行时也可使用")
cli.add_typer(faq_cli, name="faq")
cli.add_typer(questions_cli, name="questions")
cli.add_typer(user_cli, name="user")
cli.add_typer(audit_cli, name="audit")
cli.add_typer(key_cli, name="key")
cli.add_typer(trial_cli, name="trial")
for whole in (repair, backup, restore, mcp):
    cli.command()(whole)


def done(command: Command) -> NoReturn:
    """Run `command` in the running service, or here when none runs, and exit with its code."""
    with one_sentence():
        raise typer.Exit(perform(command, read_settings(), Console()))


@contextmanager
def opened_questions() -> Iterator[Questions]:
    """Open the questions that citizens left (in KB_HOME), whether the service runs or not."""
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
        done(AskBatch(batch=batch.absolute(), out=out.absolute(), hits=hits))
    with one_sentence():
        request = Question(text=question or "", history=tuple(history or ()))
    done(Ask(question=request, as_json=as_json))


@cli.command()
def search(
    query: Annotated[str, typer.Argument(help="检索词")],
    department: Annotated[str | None, typer.Option(help="牵头、责任或发文单位")] = None,
    status: Annotated[Status | None, typer.Option(help="时效性")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="段落数")] = 10,
    as_json: AsJson = False,
) -> None:
    """检索段落。"""
    done(Search(query=query, department=department, status=status, limit=limit, as_json=as_json))


@faq_cli.command("import")
def import_faq(
    file: Annotated[Path, typer.Argument(help="常见问答文件，.jsonl、.csv 或 .xlsx")], as_json: AsJson = False
) -> None:
    """导入常见问答：编号相同的更新，其余新增；有一行不对就一条也不导入。"""
    done(ImportFaq(file=file.absolute(), as_json=as_json))


@faq_cli.command("export")
def export_faq(
    file: Annotated[Path, typer.Argument(help="写到这个文件，.jsonl、.csv 或 .xlsx")], as_json: AsJson = False
) -> None:
    """导出全部常见问答，可修改后再导入。"""
    done(ExportFaq(file=file.absolute(), as_json=as_json))


@cli.command("contacts")
def import_contacts(
    file: Annotated[Path, typer.Argument(help="政策解答员名单 .csv，列：部门,姓名,电话")],
    as_json: AsJson = False,
) -> None:
    """导入政策解答员名单，整份替换原来的；拒答时列出相关部门的联系人。"""
    done(ImportContacts(file=file.absolute(), as_json=as_json))


@questions_cli.command("list")
def list_questions(
    everything: Annotated[bool, typer.Option("--all", help="连同已答复的")] = False, as_json: AsJson = False
) -> None:
    """列出等待答复的留言，附联系方式。"""
    with opened_questions() as questions:
        listed = questions.all() if everything else questions.waiting()
    if as_json:
        print(json.dumps([_staff_json(question) for question in listed], ensure_ascii=False))
    else:
        print("\n\n".join(map(_staff_words, listed)) or "没有等待答复的留言")


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
    details = {"state": question.state.value, "contact": found.contact, "answer_id": found.answer_id}
    return {**question.model_dump(mode="json"), **details}


def _staff_words(found: StaffQuestion) -> str:
    """A citizen's question, as text for a terminal."""
    question = found.question
    lines = [f"{question.code}　{question.asked} 留言" + (f"，{question.due} 前答复" if question.due else "")]
    lines.append(f"  {question.text}")
    if question.departments:
        lines.append(f"  相关单位：{'、'.join(question.departments)}")
    lines.append(f"  联系方式：{found.contact or '没有留'}")
    if question.reply:
        lines.append(f"  {question.reply.date} 答复：{question.reply.text}")
    return "\n".join(lines)


if __name__ == "__main__":
    keep_private()
    cli()
