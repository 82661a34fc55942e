"""python -m eval train prepare | reader: train the models that are shipped with the program."""

import json
from pathlib import Path
from random import Random
from time import monotonic
from typing import Annotated

import typer

from eval.run import tell
from kb.settings import read_settings

cli = typer.Typer(no_args_is_help=True, help="训练随软件分发的模型")
Folder = Annotated[Path, typer.Option(file_okay=False, help="训练用的数据和结果放在这里")]
READER = Path("eval/reader")
DATA = Path("var/training")
_DEV = 500  # dev questions read after an epoch


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


@cli.command()
def reader(
    folder: Folder = DATA,
    layers: Annotated[int, typer.Option(min=1, max=12, help="用编码器的前几层")] = 6,
    epochs: Annotated[int, typer.Option(min=1, help="自己的题学几遍")] = 3,
    general_epochs: Annotated[int, typer.Option(min=0, help="先把通用的题学几遍")] = 1,
    rate: Annotated[float, typer.Option(help="最高学习率")] = 1.2e-4,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
) -> None:
    """训练阅读模型：先读通用的题，再读自己的题；每十分钟存一次，再执行就接着练。"""
    from eval.train.batches import Pairs
    from eval.train.examples import Example, Part, read_examples
    from eval.train.judging import figures
    from eval.train.loop import Recipe
    from eval.train.preparing import GENERAL, HITS, encoder_of
    from eval.train.reader import train_reader
    from kb.reading.network import ReadingNetwork

    base, start = encoder_of(folder), None
    began = monotonic()

    def said(line: str) -> None:
        tell(f"{monotonic() - began:.0f} s {line}")

    stages = [("general", GENERAL, general_epochs, 2), ("ours", HITS, epochs, 4)]
    for name, file, passes, most in stages:
        if not passes:
            continue
        examples = list(read_examples([folder / file], Part.TRAIN))
        dev = list(read_examples([folder / file], Part.DEV))
        Random(seed).shuffle(dev)
        checkpoint = folder / f"reader-{layers}-{name}.ckpt"
        said(f"{name}: {len(examples)} questions, {len(dev)} of dev")

        def judge(network: ReadingNetwork, questions: list[Example] = dev[:_DEV], stage: str = name) -> None:
            measured = figures(network, questions, Pairs(base))
            said(f"{stage}: {measured}")
            with (folder / "reader.log").open("a", encoding="utf-8") as log:
                log.write(json.dumps({"stage": stage, "layers": layers, **measured.model_dump()}) + "\n")

        train_reader(
            base,
            examples=examples,
            start=start,
            layers=layers,
            recipe=Recipe(epochs=passes, rate=rate, seed=seed),
            checkpoint=checkpoint,
            tell=said,
            after_epoch=judge,
            most=most,
        )
        start = checkpoint
