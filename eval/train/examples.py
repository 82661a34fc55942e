"""What the reader learns from: a question with passages, each labelled with the words that answer it.

One Example a line. `group` is the document that the question was written from: examples of a group are never
split between training and testing. `label` is 1 when the passage answers, 0 when it does
not, null when nobody can say (another document that holds the same few words).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from kb.models import Model, Span


class Part(StrEnum):
    """The part of the examples: learned from, tuned on, or seen by neither."""

    TRAIN = "train"
    DEV = "dev"
    HELD_BACK = "held_back"


class Passage(Model):
    """A passage as the reader sees it, with the places of the answer in `text`."""

    text: str
    label: int | None
    spans: tuple[Span, ...] = ()
    score: float | None = None  # of the retrieval, where the passage is a hit
    signals: dict[str, float] = Field(default_factory=dict)


class Example(Model):
    """A question and its passages, best hit first."""

    qid: str
    group: str
    question: str
    kind: str = ""
    verdict: str | None = None
    passages: tuple[Passage, ...]

    @property
    def part(self) -> Part:
        """The part this example belongs to: 75 % of the groups train, 10 % dev, 15 % held back."""
        return part_of(self.group)

    @property
    def is_answered(self) -> bool:
        """Whether one of the passages answers."""
        return any(passage.label == 1 for passage in self.passages)


def part_of(group: str) -> Part:
    """The part of a group, fixed by its name.

    >>> [part_of(name) for name in ("工伤保险条例", "失业保险条例", "殡葬管理条例")]
    [<Part.TRAIN: 'train'>, <Part.TRAIN: 'train'>, <Part.TRAIN: 'train'>]
    """
    place = int(hashlib.sha256(group.encode()).hexdigest(), 16) % 100
    return Part.TRAIN if place < 75 else Part.DEV if place < 85 else Part.HELD_BACK


def read_examples(files: Iterable[Path], part: Part | None = None) -> Iterator[Example]:
    """The examples of `files`, in order; only those of `part` when one is given."""
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                example = Example.model_validate_json(line)
                if part is None or example.part is part:
                    yield example


def write_examples(examples: Iterable[Example], file: Path) -> int:
    """Write `examples` to `file`, one a line; how many they are."""
    count = 0
    with file.open("w", encoding="utf-8") as out:
        for example in examples:
            out.write(json.dumps(example.model_dump(mode="json"), ensure_ascii=False) + "\n")
            count += 1
    return count


def found_in(words: str, text: str) -> Span | None:
    """The first place of `words` in `text`, white space not counted: reading a document changes it.

    >>> found_in("十五 日内", "应当在十五日\\n内提出。")
    Span(start=3, end=8)
    """
    places = [place for place, character in enumerate(text) if not character.isspace()]
    wanted = "".join(words.split())
    at = "".join(text[place] for place in places).find(wanted)
    if at < 0 or not wanted:
        return None
    return Span(start=places[at], end=places[at + len(wanted) - 1] + 1)


def all_found(spans: Sequence[str], text: str) -> tuple[Span, ...] | None:
    """The places of all `spans` in `text`; None when one of them is not there."""
    found = [found_in(words, text) for words in spans]
    return tuple(place for place in found if place is not None) if all(found) else None
