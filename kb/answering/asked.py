"""What may be asked, and which of the earlier questions count."""

from kb.controls import wording
from kb.controls.rules import Rules
from kb.errors import QuestionError
from kb.models import MAX_QUESTION_CHARS, Question
from kb.question.courtesy import without_courtesies


def check(question: Question, rules: Rules) -> None:
    """Raise QuestionError for a question that cannot be asked."""
    length = len(question.text.strip())
    if not length:
        raise QuestionError("问题是空的", rules.say(wording.QUESTION_EMPTY))
    if length > MAX_QUESTION_CHARS:
        sentence = rules.say(wording.QUESTION_TOO_LONG).format(length=length, limit=MAX_QUESTION_CHARS)
        raise QuestionError(sentence, sentence)


def with_useful_history(question: Question) -> Question:
    """`question`, its history cut and without what was no question (您好, 谢谢).

    No earlier question was longer than this one may be.
    """
    history = without_courtesies(tuple(turn[:MAX_QUESTION_CHARS] for turn in question.history))
    return question.model_copy(update={"history": history})
