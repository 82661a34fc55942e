"""General Chinese reading sets (SQuAD form) as examples: where the reader first learns to read.

DRCD (CC BY-SA 3.0, traditional characters), CMRC 2018 and XQuAD (CC BY-SA 4.0). The other paragraphs of an
article are what does not answer.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from eval.train.examples import Example, Passage
from kb.models import Span

_OTHERS = 4  # paragraphs beside the one that answers


def read_squad(file: Path, random: Random) -> Iterator[Example]:
    """The questions of a SQuAD file, simplified, each with its paragraph and others of the article."""
    import opencc

    simplified = opencc.OpenCC("t2s").convert
    for number, article in enumerate(json.loads(file.read_text(encoding="utf-8"))["data"]):
        paragraphs = [(simplified(one["context"]), one["qas"]) for one in article["paragraphs"]]
        for place, (context, questions) in enumerate(paragraphs):
            rest = [text for other, (text, _) in enumerate(paragraphs) if other != place]
            for question in questions:
                words = simplified(question["answers"][0]["text"])
                at = _nearest(words, context, question["answers"][0]["answer_start"])
                if at is None:
                    continue
                span = Span(start=at, end=at + len(words))
                others = random.sample(rest, min(_OTHERS, len(rest)))
                yield Example(
                    qid=f"{file.stem}-{question['id']}",
                    group=f"{file.stem}-{number}",
                    question=simplified(question["question"]),
                    passages=(
                        Passage(text=context, label=1, spans=(span,)),
                        *(Passage(text=text, label=0) for text in others if words not in text),
                    ),
                )


def _nearest(words: str, text: str, place: int) -> int | None:
    """The occurrence of `words` in `text` nearest to `place`; conversion may have moved it."""
    places: Iterable[int] = (at for at in range(len(text)) if text.startswith(words, at))
    return min(places, key=lambda at: abs(at - place), default=None)
