"""Chooses the passages that a language model gets: the best that fit, each whole, numbered, marked as data.

A passage is one measure or article, which loses its meaning when it is cut; a passage that does not fit is
left out, and smaller ones after it may still fit.
"""

from collections.abc import Iterable, Sequence

from kb.hits import Hit
from kb.llm.prompts import as_data
from kb.models import Model

_MOST = 5  # passages; small models lose their way among more
_SCORE = 0.55  # share of the best score; passages below it are about something else
_CHARS_OF_OTHERS = 3  # letters, digits and marks in one token


class Passage(Model):
    """A passage under the number by which the model cites it."""

    number: int
    hit: Hit

    @property
    def text(self) -> str:
        """The document's own words."""
        return self.hit.chunk.text

    def as_data(self) -> str:
        """The passage as it stands in a prompt, with its headings but not the document's title: a number from
        a title (2023年…要点) that the model repeats could not be found in the passage."""
        place = " > ".join(self.hit.chunk.heading_path)
        return f'<资料 编号="[{self.number}]">\n{as_data(place)}\n{as_data(self.text.strip())}\n</资料>'


def tokens(text: str) -> int:
    """An upper estimate of the tokens in `text`, made without the model's own tokenizer.

    Qwen, DeepSeek, GLM and Gemma take 0.6 to 0.8 tokens for a Chinese character; one is on the safe side.
    """
    wide = sum(ord(character) > 0x2E7F for character in text)
    return wide + -(-(len(text) - wide) // _CHARS_OF_OTHERS)


def pack(hits: Sequence[Hit], first: Iterable[str], budget: int) -> tuple[Passage, ...]:
    """The passages of `hits` that fit into `budget` tokens, best first; chunks `first` (ids) before others.

    All have the status of the first passage: a text in force is not mixed with an outdated one.
    """
    first_ids = list(first)
    chosen = [hit for hit in hits if hit.chunk.id_ in first_ids]
    best = max((hit.score for hit in hits), default=0.0)
    others = [hit for hit in hits if hit.chunk.id_ not in first_ids and hit.score >= _SCORE * best]
    packed: list[Passage] = []
    for hit in [*chosen, *others]:
        if len(packed) == _MOST:
            break
        if packed and hit.document.status is not packed[0].hit.document.status:
            continue
        passage = Passage(number=len(packed) + 1, hit=hit)
        cost = tokens(passage.as_data())
        if cost <= budget:
            packed.append(passage)
            budget -= cost
    return tuple(packed)


def as_block(passages: Sequence[Passage]) -> str:
    """All passages as data, an empty line between them."""
    return "\n\n".join(passage.as_data() for passage in passages)
