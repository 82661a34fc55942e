"""Lets the model rewrite a follow-up that the rules (kb.question.rewrite) do not understand.

The model is asked only when the question would otherwise be refused. Its rewriting is used only if it is one
short question made of words that were asked before, so that it adds no matter of its own; whether the
documents answer it is decided as for any other question.
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

_TURNS = 4  # earlier questions that the model is shown
_MOST = 80  # characters
_TOKENS = 80
_PART_OF_TIME = 3  # a third of the time for an answer
_TOLD = ("n", "v", "m", "t", "j", "e", "i", "l", "a", "s")  # parts of speech that name a matter
_HEAD = re.compile(r"^(?:改写后的?问题|问题|答)[:：]\s*")


class Condensing:
    """Asks the model to rewrite follow-ups as questions that stand alone."""

    def __init__(self, model: Speaker) -> None:
        self._model = model

    def condense(self, question: Question, started: float) -> str | None:
        """`question` rewritten to stand alone; None without history or without a usable rewriting.

        The model gets a third of its time for an answer, counted from `started` (monotonic seconds).
        """
        if not question.history or addresses_software("\n".join((*question.history, question.text))):
            return None
        earlier = [mask(turn) for turn in question.history[-_TURNS:]]
        question_text = mask(question.text)
        messages = read_prompt("condense").fill(
            history="\n".join(map(as_data, earlier)), question=as_data(question_text)
        )
        until = started + self._model.options.total_s / _PART_OF_TIME
        try:
            model_text = "".join(self._model.stream(messages, _TOKENS, until))
        except LlmError as error:
            logger.info("follow-up not condensed: %s", error.operator)
            return None
        return self._checked(model_text, [*earlier, question_text])

    def _checked(self, said: str, asked: Sequence[str]) -> str | None:
        """The first line of the model's text `said`, without a label or quotation marks.

        None when it is empty, too long, one of the questions `asked`, or has a content word not in them.
        """
        line = next((line.strip() for line in said.splitlines() if line.strip()), "")
        line = _HEAD.sub("", line).strip("“”\"' ")
        asked_text = canonical("\n".join(asked))
        new_words = [
            word
            for word, tag in tagged_words(canonical(line))
            if tag.startswith(_TOLD) and word not in asked_text
        ]
        return line if line and len(line) <= _MOST and not new_words and line not in asked else None
