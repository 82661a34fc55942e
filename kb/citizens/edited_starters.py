"""Topics and starter questions as administrators edit them, in place of kb/lexicon/starters.txt."""

from collections.abc import Callable
from datetime import datetime

from kb.answers import Answer, AnswerKind
from kb.citizens.starters import parse_starters, shipped_text, topics_in
from kb.controls.store import STARTERS, Controls, Saved
from kb.errors import DatasetError, InputError
from kb.models import Model, Question
from kb.staff.permissions import Action, Staff, require

MOST = 300  # questions: each is asked when documents change
MAX_TOPIC = 12  # characters
TRIED = 40  # questions of one preview
SUBJECT = "首页的主题和常见提问"


class StartersNow(Model):
    """The text in force, whether it is that of the program as shipped, and who saved it last."""

    text: str
    is_shipped: bool
    saved: Saved


class TriedStarter(Model):
    """A question with what it gets: the document that its answer cites; None where there is no answer."""

    question: str
    is_answered: bool
    document: str | None


class TriedStarters(Model):
    """What the questions that are not in force yet get; `left` were not tried."""

    tried: tuple[TriedStarter, ...]
    left: int


class EditedStarters:
    """The edited text among the settings; `answer` answers a question without the language model.

    Methods that change it take the version that was read, and raise as those of kb.controls.store.Controls.
    """

    def __init__(self, controls: Controls, answer: Callable[[Question], Answer]) -> None:
        self._controls = controls
        self._answer = answer

    def now(self, staff: Staff) -> StartersNow:
        """The text in force.

        Raises:
            NotAllowedError: `staff` is no administrator.
        """
        require(staff, Action.SETTINGS)
        edited = self._controls.rules().starters
        text = shipped_text() if edited is None else edited
        return StartersNow(text=text, is_shipped=edited is None, saved=self._controls.saved(STARTERS))

    def tried(self, staff: Staff, text: str) -> TriedStarters:
        """Ask the questions of `text` that are not in force yet; nothing is saved.

        Raises:
            NotAllowedError: `staff` is no administrator.
            InputError: the text cannot be used.
            KbError: questions cannot be answered now.
        """
        require(staff, Action.SETTINGS)
        checked = _checked(text)
        known = {question for topic in topics_in(self._controls.rules()) for question in topic.questions}
        asked = [each for topic in parse_starters(checked.splitlines()) for each in topic.questions]
        new = [question for question in asked if question not in known]
        return TriedStarters(tried=tuple(map(self._try, new[:TRIED])), left=max(0, len(new) - TRIED))

    def save(self, staff: Staff, text: str, version: int, now: datetime) -> None:
        """Put `text` in force.

        Raises:
            InputError: the text cannot be used; the sentence quotes the line.
        """
        require(staff, Action.SETTINGS)
        self._controls.save(STARTERS, SUBJECT, _checked(text), version, staff, now)

    def restore(self, staff: Staff, version: int, now: datetime) -> None:
        """Put the text as shipped in force again."""
        self._controls.save(STARTERS, SUBJECT, None, version, staff, now)

    def _try(self, question: str) -> TriedStarter:
        answer = self._answer(Question(text=question))
        is_answered = answer.kind not in (AnswerKind.REFUSED, AnswerKind.COURTESY)
        cited = answer.citations[0].document if is_answered and answer.citations else None
        return TriedStarter(question=question, is_answered=is_answered, document=cited)


def _checked(text: str) -> str:
    """`text` without empty lines and comments.

    Raises:
        InputError: it has a fault, no question, or too many.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    try:
        topics = parse_starters(lines)
    except DatasetError as error:
        raise InputError(f"{error.operator.partition('：')[2]}。") from error
    count = sum(len(topic.questions) for topic in topics)
    if not count:
        raise InputError("请至少写一个主题和一个问题。")
    if count > MOST:
        raise InputError(f"有 {count} 个问题，请留下 {MOST} 个以内。")
    for topic in topics:
        if not topic.topic or len(topic.topic) > MAX_TOPIC:
            raise InputError(f"主题“{topic.topic}”应有 1 到 {MAX_TOPIC} 个字。")
    return "\n".join(lines)
