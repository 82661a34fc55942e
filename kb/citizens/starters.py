"""Starter questions by topic (kb/lexicon/starters.txt), shown to a citizen before anything is typed.

Editors keep the file: a line [topic], then one question a line; lines that begin with # are comments.
"""

from collections.abc import Sequence

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
