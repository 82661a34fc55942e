"""python -m eval run | generated | bench | bench-ingest | bench-growth | train: measure and train."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eval.bench import bench as measure_speed
from eval.bench import table as bench_table
from eval.dataset import read_questions
from eval.generated import compare, in_words, write
from eval.growing.measuring import bench_growth as measure_growth
from eval.growing.measuring import table as growth_table
from eval.ingest_bench import bench_ingest as measure_ingest
from eval.ingest_bench import table as ingest_table
from eval.report.compare import MAX_DROP, Change, drops, read_previous
from eval.report.labels import METRICS, shown
from eval.report.view import View
from eval.report.writing import as_json as as_json_text
from eval.report.writing import table, write_report
from eval.run import Inputs, clear_home, evaluate, tell
from eval.train.commands import cli as train_cli
from kb.embedding.embedder import Embedder
from kb.errors import KbError
from kb.knowledge_base import open_knowledge_base
from kb.models import Question
from kb.settings import read_settings

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="政策问答知识库：评测、测速与训练")
cli.add_typer(train_cli, name="train")
AsJson = Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")]


@contextmanager
def told() -> Iterator[None]:
    """A KbError becomes one sentence on stderr and exit code 1."""
    try:
        yield
    except KbError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


@cli.command()
def run(
    corpus: Annotated[list[Path], typer.Option(exists=True, help="文件目录，或 docs.jsonl；可写多次")],
    qa: Annotated[Path, typer.Option(exists=True, help="问答集 qa.jsonl，或放着若干 *.jsonl 的目录")],
    out: Annotated[Path, typer.Option(file_okay=False, help="报告写到这个目录；知识库在其下的 home")],
    outside: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="语料里没有答案的问题")
    ] = None,
    split: Annotated[str | None, typer.Option(help="只评测这一部分，如 dev")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="清空 OUT/home，重新导入")] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="旧 report.json；有指标变差超过 2 个百分点时退出码为 1"
        ),
    ] = None,
    show_test: Annotated[bool, typer.Option("--show-test", help="错题清单也列出 test 的题")] = False,
    as_json: AsJson = False,
) -> None:
    """导入语料，逐题提问，写出 report.json、report.md、report.html 和 records.jsonl。"""
    with told():
        previous = read_previous(baseline, out)
        inputs = Inputs(corpora=tuple(corpus), qa=qa, outside=outside, split=split, out=out)
        outcome = evaluate(inputs, read_settings(), fresh=fresh)
        view = View(outcome=outcome, day=date.today(), previous=previous, show_test=show_test)
        write_report(view, out)
    if as_json:
        print(as_json_text(outcome.scores))
    else:
        Console().print(table(view))
        print(f"报告：{out / 'report.html'}")
    fallen = drops(outcome.scores, previous.scores)
    for problem in (*outcome.problems, *map(fall_sentence, fallen)):
        print(problem, file=sys.stderr)
    raise typer.Exit(1 if fallen or outcome.problems else 0)


def fall_sentence(change: Change) -> str:
    """The sentence on a metric that got worse: its name, its value before and now."""
    name, before, now = change.metric, shown(change.metric, change.before), shown(change.metric, change.now)
    moved = "降到" if change.now < change.before else "升到"
    return f"{METRICS[name][0]} {name} 由 {before} {moved} {now}，变差超过 {MAX_DROP * 100:.0f} 个百分点"


@cli.command()
def generated(
    corpus: Annotated[list[Path], typer.Option(exists=True, help="文件目录，或 docs.jsonl；可写多次")],
    qa: Annotated[Path, typer.Option(exists=True, help="问答集 qa.jsonl，或放着若干 *.jsonl 的目录")],
    out: Annotated[Path, typer.Option(file_okay=False, help="结果写到这个目录；知识库在其下的 home")],
    split: Annotated[str | None, typer.Option(help="只评测这一部分，如 dev")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="只问这么多题，均匀选取")] = None,
    judge: Annotated[bool, typer.Option("--judge", help="再请模型判断每个生成的回答（要用强模型）")] = False,
    as_json: AsJson = False,
) -> None:
    """每题都用语言模型生成一次、引用原文一次，作比较；需设置 KB_LLM_BASE_URL。"""
    with told():
        out.mkdir(parents=True, exist_ok=True)
        inputs = Inputs(corpora=tuple(corpus), qa=qa, split=split, out=out)
        pairs = compare(inputs, read_settings(), limit=limit, judge=judge)
        measured = write(pairs, out)
    print(json.dumps(measured, ensure_ascii=False) if as_json else "\n".join(in_words(measured, pairs)))
    raise typer.Exit(1 if measured["unsupported"] else 0)


@cli.command()
def bench(
    corpus: Annotated[Path, typer.Option(exists=True, help="文件目录")] = Path("corpus"),
    qa: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="问答集")] = Path(
        "eval/sets/workplan.jsonl"
    ),
    out: Annotated[Path, typer.Option(file_okay=False, help="知识库放在其下的 home")] = Path("reports/bench"),
    chunks: Annotated[int, typer.Option(min=1, help="编码多少段")] = 600,
    as_json: AsJson = False,
) -> None:
    """测编码速度、提问耗时和内存，都与同一次运行中的参照相比。"""
    with told():
        result = measure_speed(corpus, qa, out / "home", read_settings(), chunks)
    if as_json:
        print(result.model_dump_json(indent=2))
    else:
        Console().print(bench_table(result))


@cli.command("bench-ingest")
def bench_ingest(
    documents: Annotated[Path, typer.Option(exists=True, help="文件目录，或 docs.jsonl")] = Path("corpus"),
    qa: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="问答集")] = Path(
        "eval/sets/workplan.jsonl"
    ),
    out: Annotated[Path, typer.Option(file_okay=False, help="知识库放在其下的 home，每次清空")] = Path(
        "reports/bench-ingest"
    ),
    as_json: AsJson = False,
) -> None:
    """测导入速度与只编码相比、导入时提问变慢多少、内存；都与同一次运行中的参照相比。"""
    with told():
        settings = read_settings().model_copy(update={"home": out / "home"})
        clear_home(settings.home)
        questions = [Question(text=item.question, history=item.history) for item in read_questions(qa)]
        # without shipped vectors
        embedder = Embedder(settings.embed_model, settings.home / "models", settings.embed_dtype)
        with open_knowledge_base(settings, tell, embedder=embedder) as kb:
            result = measure_ingest(kb, documents, questions)
    if as_json:
        print(result.model_dump_json(indent=2))
    else:
        Console().print(ingest_table(result))


@cli.command("bench-growth")
def bench_growth(
    documents: Annotated[
        list[Path], typer.Option(exists=True, help="取文字的目录，或装着 .md 的 .tar.xz；可写多次")
    ],
    qa: Annotated[list[Path], typer.Option(exists=True, dir_okay=False, help="问答集；可写多次")],
    sizes: Annotated[str, typer.Option(help="各库的段数，以逗号分开")] = "2000,20000,100000",
    out: Annotated[Path, typer.Option(file_okay=False, help="各库放在这里；已有的库不再建")] = Path(
        "reports/bench-growth"
    ),
    as_json: AsJson = False,
) -> None:
    """测文件增多时打开、提问、联想、检索和内存的增长：向量由散列得来，与同一次运行中最小的一库相比。"""
    with told():
        result = measure_growth(documents, qa, [int(size) for size in sizes.split(",")], out)
    if as_json:
        print(json.dumps({**result.model_dump(), "ratios": result.ratios}, ensure_ascii=False, indent=2))
    else:
        Console().print(growth_table(result))


if __name__ == "__main__":
    cli()
