"""How well a reader reads: the figures of one set of questions."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

import torch

from eval.train.batches import batch_of
from eval.train.pack import UNKNOWN, VERDICTS, Pack
from kb.reading.network import Reading, ReadingNetwork, read_in_portions


@dataclass(frozen=True)
class Figures:
    """What a reader does with a set of questions; None where the set has nothing to measure it on."""

    questions: int
    first: float | None  # the passage put first answers, of those answered by one of the passages
    retrieval_first: float | None  # the same for the order of the retrieval
    refusal_auroc: float | None  # the best relevance tells answered questions from unanswered ones
    words_f1: float | None  # tokens marked in the passage that answers
    verdict_right: float | None

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}"
            for name, value in asdict(self).items()
        )


def figures(network: ReadingNetwork, pack: Pack, questions: Iterable[int]) -> Figures:
    """The figures of `network` over `questions` of `pack`."""
    network.eval()
    first, before, words, verdicts = list[bool](), list[bool](), list[float](), list[bool]()
    best: dict[bool, list[float]] = {True: [], False: []}
    for question in questions:
        rows = [row for row in pack.rows(question) if pack.label[row] != UNKNOWN]
        if not rows:
            continue
        reading = read(network, pack, rows, question)
        scores = reading.relevance.tolist()
        labels = [bool(pack.label[row] == 1) for row in rows]
        best[any(labels)].append(max(scores))
        if not any(labels):
            continue
        first.append(labels[scores.index(max(scores))])
        before.append(labels[0])
        right = labels.index(True)
        words.append(_f1(reading, right, pack, rows[right]))
        if pack.verdict[question] != UNKNOWN:
            said = int(reading.verdict[right][: len(VERDICTS)].argmax())
            verdicts.append(said == pack.verdict[question])
    return Figures(
        questions=len(best[True]) + len(best[False]),
        first=_mean(first),
        retrieval_first=_mean(before),
        refusal_auroc=auroc(best[True], best[False]),
        words_f1=_mean(words),
        verdict_right=_mean(verdicts),
    )


def read(network: ReadingNetwork, pack: Pack, rows: Sequence[int], question: int) -> Reading:
    """What `network` reads in the `rows` of a question."""
    batch = batch_of(pack, [(row, question) for row in rows])
    where = next(network.parameters()).device
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16):
        read_there = read_in_portions(network, *(part.to(where) for part in batch[:3]))
    return Reading(*(part.float().cpu() for part in read_there))


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """How often one of `positives` is above one of `negatives`; half where equal (Mann-Whitney).

    >>> auroc([2.0, 1.0], [1.0, 0.0])
    0.875
    """
    if not positives or not negatives:
        return None
    higher, lower = torch.tensor(positives).unsqueeze(1), torch.tensor(negatives)
    return float(((higher > lower).float() + 0.5 * (higher == lower).float()).mean())


def _f1(reading: Reading, place: int, pack: Pack, row: int) -> float:
    """Overlap of the tokens marked with those of the answer."""
    wanted = torch.from_numpy(pack.answer[int(pack.starts[row]) : int(pack.starts[row + 1])]) == 1
    marked = torch.sigmoid(reading.answer[place][: len(wanted)]) > 0.5
    return 2 * int((marked & wanted).sum()) / max(1, int(marked.sum()) + int(wanted.sum()))


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
