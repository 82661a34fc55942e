"""The answers of look-ups in words of their own, and sentences with values filled in."""

from kb.answers import ENDING_KIND, Answer, Citation, Ending
from kb.models import Question

SURE = 0.95  # confidence of a look-up; the only doubt is whether the question asks for it


def said(
    question: Question,
    ending: Ending,
    text: str,
    citations: tuple[Citation, ...] = (),
    confidence: float = SURE,
) -> Answer:
    """The answer `text` to `question`, which nothing but `citations` goes with."""
    return Answer(
        question=question.text,
        rewritten=question.text.strip(),
        kind=ENDING_KIND[ending],
        ending=ending,
        text=text,
        confidence=confidence,
        citations=citations,
    )


def filled(sentence: str, **values: object) -> str:
    """`sentence` with the value of each name in braces; braces without a value stay.

    >>> filled("《{title}》共 {count} 条。", count=3)
    '《{title}》共 3 条。'
    """
    for name, value in values.items():
        sentence = sentence.replace(f"{{{name}}}", str(value))
    return sentence
