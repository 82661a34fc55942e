"""Cuts the text of a language model into sentences while it is still being written.

A sentence is yielded once its end and the citations after it have arrived: "…答复。[1][2]" as well as
"…答复[1]。". Reasoning between <think> marks, the marks of chat templates, Markdown and list numbers are left
out.
"""

import re
from collections.abc import Iterable, Iterator

from kb.models import Model

MAX_SENTENCE = 400  # characters; a longer text is no sentence
_MAX_TEXT = 4_000
_THINK = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_STOP = re.compile(r"<\|[a-z_]*\|?>?|<(?:end_of_turn|start_of_turn|/?s|eos)>|</?资料|</?问题")
_MAYBE_STOP = re.compile(r"<[^>]{0,40}\Z")
_CITATION = re.compile(r"\s{0,8}[\[［【]\s{0,8}\d{1,2}(?:\s{0,8}[,，、]\s{0,8}\d{1,2}){0,20}\s{0,8}[\]］】]")
_END = re.compile(rf"(?:[。！？!?]+[”’」』》)）]*(?:{_CITATION.pattern})*[。]?|\n)")
_MAYBE_CITATION = re.compile(r"\s{0,8}(?:[\[［【][^\]］】]{0,12})?\Z")
_NUMERALS = r"\d一二三四五六七八九十"
_LIST_MARK = re.compile(
    rf"^\s*+(?>[-*•·#>]++\s*+|[(（]?[{_NUMERALS}]{{1,2}}[)）、．.]\s{{0,8}}(?![{_NUMERALS}]))++"
)
_MARKDOWN = re.compile(r"[*_`]{1,3}")


class Sentence(Model):
    """A sentence without its marks, and the numbers of the passages it cites."""

    text: str
    cited: tuple[int, ...] = ()


def sentences_of(pieces: Iterable[str]) -> Iterator[Sentence]:
    """Yield the sentences in `pieces`, each as soon as it is whole; errors that `pieces` raises end them."""
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
    """The spoken part of `raw`, and whether the model has finished."""
    text = _THINK.sub("", raw)
    stop = _STOP.search(text)
    return (text[: stop.start()], True) if stop else (_MAYBE_STOP.sub("", text), False)


def _ends(text: str, start: int, ended: bool) -> Iterator[int]:
    """Yield the ends of the sentences after `start`, except a last one whose citations may still arrive."""
    for match in _END.finditer(text, start):
        if not ended and match[0] != "\n" and _MAYBE_CITATION.match(text, match.end()):
            return
        yield match.end()


def _sentence(said: str) -> Sentence | None:
    marks = _CITATION.findall(said)
    cited = tuple(dict.fromkeys(int(number) for mark in marks for number in re.findall(r"\d+", mark)))
    text = _MARKDOWN.sub("", _LIST_MARK.sub("", _CITATION.sub("", said))).strip().replace("。。", "。")
    return Sentence(text=text, cited=cited) if any(map(str.isalnum, text)) else None
