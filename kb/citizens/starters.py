"""Starter questions by topic, shown to a citizen before anything is typed.

As shipped they are those of kb/lexicon/starters.txt: a line [topic], then one question a line; lines that
begin with # are comments. Administrators may put a text of the same form in their place (Rules.starters).
"""

from collections.abc import Sequence
from functools import lru_cache

from kb.controls.rules import Rules
from kb.errors import DatasetError
from kb.language.word_lists import word_list
from kb.models import MAX_QUESTION_CHARS, Model

FILE = "starters.txt"


class Topic(Model):
    """A topic (主题) and the questions shown under it."""

    topic: str
    questions: tuple[str, ...]


def read_starters() -> tuple[Topic, ...]:
    """The topics of kb/lexicon/starters.txt.

    Raises:
        DatasetError: the file has a fault; the message quotes the line.
    """
    return parse_starters(word_list(FILE))


@lru_cache(maxsize=1)
def shipped_text() -> str:
    """The starters as shipped, as a text of the same form.

    Raises:
        DatasetError: the file has a fault; the message quotes the line.
    """
    return "\n\n".join("\n".join((f"[{topic.topic}]", *topic.questions)) for topic in read_starters())


def topics_in(rules: Rules, shipped: Sequence[Topic] | None = None) -> tuple[Topic, ...]:
    """The topics in force: those that administrators put there, else those as `shipped`."""
    if rules.starters is not None:
        return _edited(rules.starters)
    return read_starters() if shipped is None else tuple(shipped)


@lru_cache(maxsize=2)
def _edited(text: str) -> tuple[Topic, ...]:
    return parse_starters(text.splitlines())


def parse_starters(lines: Sequence[str]) -> tuple[Topic, ...]:
    """The topics listed in `lines`; a topic may be continued further down.

    Raises:
        DatasetError: a question stands before the first topic, is too long, or occurs twice.
    """
    topics: dict[str, list[str]] = {}
    seen: set[str] = set()
    current: list[str] | None = None
    for line in map(str.strip, lines):
        if line.startswith("[") and line.endswith("]"):
            current = topics.setdefault(line[1:-1].strip(), [])
        elif current is None:
            raise DatasetError(f"{FILE}：“{line}”之前没有主题，应先有一行如 [就学]")
        elif len(line) > MAX_QUESTION_CHARS:
            raise DatasetError(f"{FILE}：“{line[:20]}……”超过 {MAX_QUESTION_CHARS} 个字")
        elif line in seen:
            raise DatasetError(f"{FILE}：“{line}”写了两次")
        else:
            seen.add(line)
            current.append(line)
    return tuple(Topic(topic=topic, questions=tuple(questions)) for topic, questions in topics.items())
