"""python -m eval.learn: learn kb/embedding/question_map.npz from questions and the articles that answer them.

A matrix M (size x size, initially zero) corrects the query vector, q' = normalise(q + M q). It is trained so
that q' is nearest to the passages of the right documents among all passages (softmax cross-entropy over
cosines divided by TEMPERATURE, with every other passage as a negative; Adam; a few steps, which is the
regularisation). Only the RANK strongest directions of M are kept (singular values), at SHARE of their
strength. Use only data whose licence allows shipping what is learned from it. With `--folds` nothing is
written: cross-validation reports the quality on left-out questions.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import typer

from eval.dataset import Item, read_manifest, read_questions
from eval.run import name_resolver, tell
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Vectors
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import read_settings

Indices = npt.NDArray[np.integer]

STEPS, LEARNING_RATE, TEMPERATURE, BATCH, RANK, SEED = 100, 0.001, 0.02, 256, 64, 0
SHARE = 0.65  # of what was learned: the whole harms other questions (docs/decisions/0074-part-of-the-map.md)


class Examples(NamedTuple):
    """Vectors of questions [n, size] and passages [m, size]; `answers[i]`: the passages for question i."""

    questions: Vectors
    passages: Vectors
    answers: tuple[tuple[int, ...], ...]


def collect(kb: KnowledgeBase, items: list[Item], manifest: dict[str, str]) -> Examples:
    """The examples of `items`, from a knowledge base that holds their documents; others are left out."""
    summaries = kb.storage.documents.summaries()
    resolve = name_resolver(summaries, manifest)
    places: dict[str, list[int]] = {}
    texts: list[str] = []
    for summary in summaries:
        chunks = kb.storage.documents.chunks_of(summary.id)
        places[summary.id] = list(range(len(texts), len(texts) + len(chunks)))
        texts += [chunk.indexed_text for chunk in chunks]
    answers = [
        tuple(
            place for name in item.doc_ids for document_id in resolve(name) for place in places[document_id]
        )
        for item in items
    ]
    kept = [index for index, document_id in enumerate(answers) if document_id]
    return Examples(
        questions=np.stack([kb.embedder.embed_query(items[index].question) for index in kept]),
        passages=kb.embedder.embed_passages(texts),
        answers=tuple(answers[index] for index in kept),
    )


def learn(examples: Examples, chosen: Indices) -> tuple[Vectors, Vectors]:
    """The factors (left [size, RANK], right [RANK, size]) of M, learned from the questions at `chosen`."""
    torch.manual_seed(SEED)
    questions = torch.from_numpy(examples.questions[chosen])
    passages = torch.from_numpy(examples.passages)
    targets = torch.zeros(len(chosen), len(passages))
    for row, index in enumerate(chosen):
        targets[row, list(examples.answers[int(index)])] = 1
    targets /= targets.sum(dim=1, keepdim=True)
    size = questions.shape[1]
    matrix = torch.zeros(size, size, requires_grad=True)
    optimiser = torch.optim.Adam([matrix], lr=LEARNING_RATE)
    for _ in range(STEPS):
        batch = torch.randperm(len(chosen))[:BATCH]
        mapped = torch.nn.functional.normalize(questions[batch] + questions[batch] @ matrix.T, dim=1)
        likely = torch.log_softmax(mapped @ passages.T / TEMPERATURE, dim=1)
        loss = -(targets[batch] * likely).sum(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    left, strength, right = np.linalg.svd(matrix.detach().numpy())
    return SHARE * left[:, :RANK] * strength[:RANK], right[:RANK]


def first_found(examples: Examples, asked: Indices, left: Vectors, right: Vectors) -> list[int]:
    """For each question at `asked` (indices) the rank, from 0, of the first passage that answers it."""
    ranks = []
    for index in asked:
        vector = examples.questions[int(index)]
        scores = examples.passages @ (vector + left @ (right @ vector))
        best = max(scores[place] for place in examples.answers[int(index)])
        ranks.append(int((scores > best).sum()))
    return ranks


def cross_validate(examples: Examples, folds: int) -> dict[str, float]:
    """hit@1 and hit@10: the share of left-out questions with an answer ranked first, or in the first ten."""
    order = np.random.default_rng(SEED).permutation(len(examples.answers))
    parts = np.array_split(order, folds)
    ranks: list[int] = []
    for part in parts:
        left, right = learn(examples, np.setdiff1d(order, part))
        ranks += first_found(examples, part, left, right)
    return {f"hit@{k}": round(float(np.mean(np.array(ranks) < k)), 4) for k in (1, 10)}


def main(
    corpus: Annotated[Path, typer.Option(exists=True, help="docs.jsonl 或文件目录")],
    qa: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="qa.jsonl")],
    home: Annotated[Path, typer.Option(file_okay=False, help="知识库放在这里")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="写到这个文件")] = Path(
        "kb/embedding/question_map.npz"
    ),
    folds: Annotated[int, typer.Option(help="大于 0：只做交叉验证，不写文件")] = 0,
) -> None:
    """由问题和答案所在条文学出 kb/embedding/question_map.npz。"""
    items = [item for item in read_questions(qa) if item.answerable]
    with open_knowledge_base(read_settings().model_copy(update={"home": home}), tell) as kb:
        tell(str(ingest([corpus], kb, prune=True)).split("\n", 1)[0])
        examples = collect(kb, items, read_manifest([corpus], qa))
    if folds:
        print(cross_validate(examples, folds))
        return
    left, right = learn(examples, np.arange(len(examples.answers)))
    np.savez_compressed(out, left=left.astype(np.float16), right=right.astype(np.float16))
    print(f"已写出 {out}：{len(examples.answers)} 个问题，{len(examples.passages)} 段")


if __name__ == "__main__":
    typer.run(main)
