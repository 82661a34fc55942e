"""How well a reader reads: the figures of one set of examples."""

from collections.abc import Iterable, Sequence

import torch

from eval.metrics import auroc, mean
from eval.train.batches import Pairs, batch_of
from eval.train.examples import Example, Passage
from kb.models import Model
from kb.reading.network import VERDICTS, Reading, ReadingNetwork

_NO_VERDICT = -100


class Figures(Model):
    """What a reader does with a set of examples; None where the set has nothing to measure it on."""

    questions: int
    first: float | None  # the passage put first answers, of those answered by one of the passages
    retrieval_first: float | None  # the same for the order of the retrieval
    refusal_auroc: float | None  # the best relevance tells answered questions from unanswered ones
    words_f1: float | None  # tokens marked in the passage that answers
    verdict_right: float | None

    def __str__(self) -> str:
        named = self.model_dump().items()
        return ", ".join(
            f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}" for name, value in named
        )


def figures(network: ReadingNetwork, examples: Iterable[Example], pairs: Pairs) -> Figures:
    """The figures of `network` over `examples`."""
    network.eval()
    first, before, best, answered, words, verdicts = [], [], [], [], list[float](), list[bool]()
    for example in examples:
        known = [passage for passage in example.passages if passage.label is not None]
        if not known:
            continue
        reading = read(network, example.question, known, pairs)
        scores = reading.relevance.tolist()
        best.append(max(scores))
        answered.append(example.is_answered)
        if not example.is_answered:
            continue
        first.append(known[scores.index(max(scores))].label == 1)
        before.append(known[0].label == 1)
        right = next(place for place, passage in enumerate(known) if passage.label == 1)
        words.append(_f1(reading, right, example.question, known[right], pairs))
        if example.verdict:
            said = VERDICTS[int(reading.verdict[right][:2].argmax())]
            verdicts.append(said == example.verdict)
    scored = list(zip(best, answered, strict=True))
    return Figures(
        questions=len(answered),
        first=mean(first),
        retrieval_first=mean(before),
        refusal_auroc=auroc(
            [score for score, is_answered in scored if is_answered],
            [score for score, is_answered in scored if not is_answered],
        ),
        words_f1=mean(words),
        verdict_right=mean(verdicts),
    )


def read(network: ReadingNetwork, question: str, passages: Sequence[Passage], pairs: Pairs) -> Reading:
    """What `network` reads in `passages`."""
    batch = batch_of([pairs.row(question, passage, 0, _NO_VERDICT) for passage in passages])
    where = next(network.parameters()).device
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16):
        read_there = network(batch.ids.to(where), batch.mask.to(where), batch.segments.to(where))
    return Reading(*(part.float().cpu() for part in read_there))


def _f1(reading: Reading, place: int, question: str, passage: Passage, pairs: Pairs) -> float:
    """Overlap of the tokens marked with those of the answer."""
    wanted = torch.tensor(pairs.row(question, passage, 0, _NO_VERDICT).answer)
    marked = torch.sigmoid(reading.answer[place][: len(wanted)]) > 0.5
    common = int((marked & (wanted == 1)).sum())
    return 2 * common / max(1, int(marked.sum()) + int(wanted.sum()))
