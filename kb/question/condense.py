"""A follow-up that the rules (kb.question.rewrite) do not understand, made a question of its own by the model.

Asked only when the question would otherwise be refused. What the model says is taken only if it is one short
question made of words that were asked before, so that it can add no matter of its own; whether the documents
answer it is decided as for any other question.
"""

import logging
import re
from collections.abc import Sequence

from kb.errors import LlmError
from kb.language.injection import addresses_software
from kb.language.masking import mask
from kb.language.normalise import canonical
from kb.language.word_weights import tagged_words
from kb.llm.options import Speaker
from kb.llm.prompts import as_data, read_prompt
from kb.models import Question

logger = logging.getLogger(__name__)

_TURNS = 4  # earlier questions that are shown
_MOST = 80  # characters
_TOKENS = 80
_PART_OF_TIME = 3
_TOLD = ("n", "v", "m", "t", "j", "e", "i", "l", "a", "s")  # parts of speech that name a matter
_HEAD = re.compile(r"^(?:改写后的?问题|问题|答)[:：]\s*")


class Condensing:
    """Asks the model for the question that a follow-up stands for."""

    def __init__(self, model: Speaker) -> None:
        self._model = model

    def condense(self, question: Question, started: float) -> str | None:
        """The question by itself; None when there is no history, or nothing usable was said.

        Of the time that the model may take from `started` (monotonic seconds) on, it gets a third.
        """
        if not question.history or addresses_software("\n".join((*question.history, question.text))):
            return None
        earlier = [mask(turn) for turn in question.history[-_TURNS:]]
        asked = mask(question.text)
        messages = read_prompt("condense").fill(
            history="\n".join(map(as_data, earlier)), question=as_data(asked)
        )
        until = started + self._model.options.total_s / _PART_OF_TIME
        try:
            said = "".join(self._model.stream(messages, _TOKENS, until))
        except LlmError as error:
            logger.info("follow-up not condensed: %s", error.operator)
            return None
        return self._checked(said, [*earlier, asked])

    def _checked(self, said: str, asked: Sequence[str]) -> str | None:
        """The first line of what was said, if every word of it that tells something was asked."""
        line = next((line.strip() for line in said.splitlines() if line.strip()), "")
        line = _HEAD.sub("", line).strip("“”\"' ")
        there = canonical("\n".join(asked))
        new = [
            word for word, tag in tagged_words(canonical(line)) if tag.startswith(_TOLD) and word not in there
        ]
        return line if line and len(line) <= _MOST and not new and line not in asked else None
