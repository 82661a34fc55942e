"""What a language model says, cut into sentences while it still speaks.

A sentence is passed on once its end and the citations behind it have been seen: "…答复。[1][2]" as well as
"…答复[1]。". Reasoning between <think> marks, the marks of chat templates, Markdown and list numbers are not
part of what is said.
"""

import re
from collections.abc import Iterable, Iterator

from kb.models import Model

MAX_SENTENCE = 400  # characters; a longer one is not one
_MAX_TEXT = 4_000
_THINK = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_STOP = re.compile(r"<\|[a-z_]*\|?>?|<(?:end_of_turn|start_of_turn|/?s|eos)>|</?资料|</?问题")
_MAYBE_STOP = re.compile(r"<[^>]*\Z")
_CITATION = re.compile(r"\s*[\[［【]\s*\d{1,2}(?:\s*[,，、]\s*\d{1,2})*\s*[\]］】]")
_END = re.compile(rf"(?:[。！？!?]+[”’」』》)）]*(?:{_CITATION.pattern})*[。]?|\n)")
_MAYBE_CITATION = re.compile(r"\s*(?:[\[［【][^\]］】]{0,12})?\Z")
_NUMERALS = r"\d一二三四五六七八九十"
_LIST_MARK = re.compile(rf"^\s*(?:[-*•·#>]+\s*|[(（]?[{_NUMERALS}]{{1,2}}[)）、．.]\s*(?![{_NUMERALS}]))+")
_MARKDOWN = re.compile(r"[*_`]{1,3}")


class Sentence(Model):
    """What was said, and which passages it cites."""

    text: str
    cited: tuple[int, ...] = ()


def sentences_of(pieces: Iterable[str]) -> Iterator[Sentence]:
    """The sentences in `pieces`, each as soon as it is whole; what `pieces` raises ends them."""
    raw, done, ended = "", 0, False
    for piece in pieces:
        raw += piece
        text, ended = speech(raw)
        for end in _ends(text, done, ended):
            if (sentence := _sentence(text[done:end])) is not None:
                yield sentence
            done = end
        if ended or len(raw) > _MAX_TEXT:
            break
    text, _ = speech(raw)
    for end in (*_ends(text, done, True), len(text)):
        if (sentence := _sentence(text[done:end])) is not None:
            yield sentence
        done = end


def speech(raw: str) -> tuple[str, bool]:
    """What of `raw` is speech, and whether the model has come to its end with it."""
    text = _THINK.sub("", raw)
    stop = _STOP.search(text)
    return (text[: stop.start()], True) if stop else (_MAYBE_STOP.sub("", text), False)


def _ends(text: str, start: int, ended: bool) -> Iterator[int]:
    """Where sentences behind `start` end; one at the end of what came so far may still get its citations."""
    for found in _END.finditer(text, start):
        if not ended and found[0] != "\n" and _MAYBE_CITATION.match(text, found.end()):
            return
        yield found.end()


def _sentence(said: str) -> Sentence | None:
    marks = _CITATION.findall(said)
    cited = tuple(dict.fromkeys(int(number) for mark in marks for number in re.findall(r"\d+", mark)))
    text = _MARKDOWN.sub("", _LIST_MARK.sub("", _CITATION.sub("", said))).strip().replace("。。", "。")
    return Sentence(text=text, cited=cited) if any(map(str.isalnum, text)) else None
