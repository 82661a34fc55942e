"""python -m eval train prepare | pack | reader | ask | decide | verdict: train what is shipped."""

from pathlib import Path
from typing import Annotated

import typer

from eval.run import tell
from eval.train.examples import Part
from kb.settings import read_settings

cli = typer.Typer(no_args_is_help=True, help="训练随软件分发的模型")
Folder = Annotated[Path, typer.Option(file_okay=False, help="训练用的数据和结果放在这里")]
READER = Path("eval/reader")
DATA = Path("var/training")
VERDICT = Path("kb/reading/verdict.json")


@cli.command("prepare")
def prepare_data(
    folder: Folder = DATA,
    documents: Annotated[list[Path] | None, typer.Option(exists=True, help="文件目录或 docs.jsonl")] = None,
    rows: Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help="阅读题")] = None,
    general: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="SQuAD 格式的通用阅读题")
    ] = None,
) -> None:
    """导入文件，检索每一题，标出十个命中里哪个有答案；可以中断，再执行就接着做。"""
    from eval.train.preparing import prepare
    from eval.train.rows import read_rows

    prepare(
        read_settings(),
        folder=folder,
        documents=documents or [READER / "documents.jsonl"],
        rows=[row for file in rows or [READER / "questions.jsonl"] for row in read_rows(file)],
        general=general or [],
        tell=tell,
    )


@cli.command("pack")
def pack_data(
    folder: Folder = DATA,
    layers: Annotated[int, typer.Option(min=1, max=12, help="用编码器的前几层")] = 6,
) -> None:
    """把题切成词片，连同编码器存成一个文件；`python -m eval.train.reader` 可在别的机器上用它训练。"""
    from eval.train.preparing import pack_up

    file = pack_up(folder, layers)
    tell(f"{file}：{file.stat().st_size / 1e6:.1f} MB")


@cli.command()
def reader(
    folder: Folder = DATA,
    epochs: Annotated[int, typer.Option(min=1, help="自己的题学几遍")] = 1,
    general_epochs: Annotated[int, typer.Option(min=0, help="先把通用的题学几遍")] = 1,
    general_share: Annotated[float, typer.Option(min=0.01, max=1, help="用几成通用的题")] = 0.25,
    rate: Annotated[float, typer.Option(help="最高学习率")] = 1.5e-4,
    frozen: Annotated[int, typer.Option(min=0, help="最下面几层不学")] = 3,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
) -> None:
    """训练阅读模型：先读通用的题，再读自己的题；每十分钟存一次，再执行就接着练。"""
    from eval.train.preparing import PACK
    from eval.train.reader import Plan, train_from

    plan = Plan(
        general_epochs=general_epochs,
        general_share=general_share,
        epochs=epochs,
        rate=rate,
        frozen=frozen,
        seed=seed,
    )
    train_from(folder / PACK, plan, folder=folder / "reader", tell=tell)


@cli.command()
def ask(
    folder: Folder = DATA,
    part: Annotated[Part, typer.Option(help="问哪一部分")] = Part.DEV,
    rows: Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help="阅读题")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="最多问几题，均匀选取")] = None,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="每题的结果，一行一题")] = None,
) -> None:
    """用成品回答阅读题（KB_READER=off 可比较不用阅读模型时），报告答对、拒答、引文和是非。"""
    from eval.train.asking import ask_part
    from eval.train.rows import read_rows

    chosen = [row for file in rows or [READER / "questions.jsonl"] for row in read_rows(file)]
    figures = ask_part(read_settings(), folder=folder, part=part, rows=chosen, limit=limit, out=out)
    typer.echo(figures.model_dump_json(indent=2))


@cli.command("decide")
def fit_decision(
    outcomes: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="ask --part dev --out 的结果")
    ],
    others: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="没有用来拟合的结果，用来检验")
    ] = None,
    rows: Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help="阅读题")] = None,
) -> None:
    """由检索和阅读的分数拟合置信度：写进 kb/answering/evidence.py 的三个数。"""
    from eval.train.deciding import decide, read_outcomes
    from eval.train.rows import read_rows

    chosen = [row for file in rows or [READER / "questions.jsonl"] for row in read_rows(file)]
    unseen = [one for file in others or [] for one in read_outcomes(file)]
    decision = decide(read_outcomes(outcomes), unseen, {row.qid: row.doc_id for row in chosen})
    typer.echo(decision.model_dump_json(indent=2))


@cli.command("verdict")
def fit_verdicts(
    outcomes: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="ask --out 的结果，用来看成品的是非对不对"),
    ] = None,
    rows: Annotated[list[Path] | None, typer.Option(exists=True, dir_okay=False, help="阅读题")] = None,
    out: Annotated[Path, typer.Option(dir_okay=False, help="权重写到这里")] = VERDICT,
    try_on: Annotated[Part, typer.Option(help="在哪一部分上检验")] = Part.DEV,
) -> None:
    """由是非题拟合是非的权重（一两分钟，不用知识库），报告把握多大时有几成对。"""
    from eval.train.deciding import read_outcomes
    from eval.train.rows import read_rows
    from eval.train.verdict import fit_verdict, write_model

    chosen = [row for file in rows or [READER / "questions.jsonl"] for row in read_rows(file)]
    said = [one for file in outcomes or [] for one in read_outcomes(file)]
    model, figures = fit_verdict(chosen, said, try_on)
    write_model(model, out)
    typer.echo(figures.model_dump_json(indent=2))
