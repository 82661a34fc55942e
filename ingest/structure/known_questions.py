"""The questions that a person knows passages to answer (NAME.meta.yaml), put to the passages."""

from collections.abc import Sequence
from itertools import chain

from kb.errors import DocumentError
from kb.models import PolicyDocument, Stretch

_BEFORE_WORDS = " \t\u3000#*"  # of a line


def with_questions(document: PolicyDocument, stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """`stretches` with the questions of `document` that each answers; they cover its text in reading order.

    Raises:
        DocumentError: the text does not hold the words under which a question stands.
    """
    found: dict[int, list[tuple[str, int]]] = {}
    for words, questions in document.questions:
        place = _place_of(words, document.text)
        if place < 0:
            raise DocumentError(
                f"{document.source}.meta.yaml 的 questions 写着“{words}”，正文里没有这些字；"
                "请照正文中那一行开头的字填写"
            )
        number = _stretch_at(place, stretches)
        at = max(0, place - stretches[number].span.start)
        found.setdefault(number, []).extend((question, at) for question in questions)
    return tuple(
        _asked(stretch, found[number]) if number in found else stretch
        for number, stretch in enumerate(stretches)
    )


def _asked(stretch: Stretch, questions: Sequence[tuple[str, int]]) -> Stretch:
    words, places = zip(*questions, strict=True)
    return stretch.model_copy(update={"questions": words, "answers_at": places})


def count_of(document: PolicyDocument) -> int:
    """The number of the questions that passages of `document` are known to answer."""
    return len(list(chain.from_iterable(questions for _, questions in document.questions)))


def _place_of(words: str, text: str) -> int:
    """Where a line begins with `words` (第三条 does not begin 第三条之一), else where they stand, else -1."""
    if not words.strip():
        return -1
    start = 0
    for line in text.splitlines(keepends=True):
        said = line.lstrip(_BEFORE_WORDS)
        if said.startswith(words) and not said.startswith(f"{words}之"):
            return start + len(line) - len(said)
        start += len(line)
    return text.find(words)


def _stretch_at(place: int, stretches: Sequence[Stretch]) -> int:
    """The number of the stretch that holds `place`, or of the next one."""
    return next(
        (number for number, stretch in enumerate(stretches) if place < stretch.span.end), len(stretches) - 1
    )
