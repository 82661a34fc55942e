"""The history (题注) under the title of a law: when it was passed, published, amended, in force."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from ingest.anatomy.head import HeadPiece
from ingest.notation.dates import FoundDate, find_dates

_IN_FORCE = re.compile("施行|生效|实施|执行")
_ENACTED = re.compile("通过|公布|发布|修订|修正|批准|颁布|印发|签署")
_OPENS_EVENT = re.compile(".?(?:根据|依据|经)?[ \u3000]?")  # before the date of an event


def events_of(pieces: Sequence[HeadPiece]) -> Iterator[tuple[FoundDate, str, str]]:
    """(date, "enacted" or "in force", words) of each event in the history under the title.

    A history line begins with its date (根据2018年3月19日《…》第三次修订), or is a bracket around such lines.
    The words of an event run from its date to the next date or the end of the line.
    """
    for piece in pieces:
        line = piece.text
        dates = list(find_dates(line))
        if (
            not dates
            or not _OPENS_EVENT.fullmatch(line[: dates[0].span.start])
            or line[dates[0].span.end :].startswith(("，", ","))
        ):
            continue
        for found_date, following in zip_longest(dates, dates[1:]):
            words = line[found_date.span.end : following.span.start if following else len(line)]
            words = re.split("[。；]", words)[0]
            if _IN_FORCE.search(words) and not _ENACTED.search(words):
                yield found_date, "in force", words
            elif _ENACTED.search(words):
                yield found_date, "enacted", words
