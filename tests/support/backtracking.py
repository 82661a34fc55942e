"""Texts made to keep a regular expression busy, and the steps that it takes over them.

`re` counts no steps. So the processor time of a search is divided by that of one step of a simple pattern,
measured beside it: a ratio that hardly depends on the machine or on its load. A pattern that backtracks
without bound is stopped by a timer of processor time, which `re` looks at as it works.
"""

import gc
import random
import re
import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from time import thread_time
from types import FrameType
from typing import Any, NamedTuple

MOST_STEPS = 4_000  # for each character of the text: 500 KB then take two seconds
_KIND = 12  # characters and words that are combined in pairs
_COMMON = "一x1 \n，《（"  # what nearly every class holds or excludes
_SPOILERS = ("", "\x01", "\n")
_MANY = 40  # repetitions that stand for "any number" within one match


class Repeated(NamedTuple):
    """A text: `before`, then `piece` again and again, and `after` at the end."""

    before: str
    piece: str
    after: str

    def text(self, length: int) -> str:
        """The text with `length` characters."""
        room = max(0, length - len(self.before) - len(self.after))
        return self.before + (self.piece * (room // len(self.piece) + 1))[:room] + self.after


class Slow(NamedTuple):
    """A text over which a pattern takes too many steps for each character."""

    pattern: str
    text: Repeated
    steps: float


class _TooLongError(BaseException):  # no handler of the program may catch it
    pass


def slow_text(pattern: re.Pattern[Any], length: int) -> Slow | None:
    """The first text of `length` characters over which `pattern` takes more than MOST_STEPS a character.

    Shorter texts are tried first: a pattern whose steps a character do not grow with the text is spared the
    whole length.
    """
    step = _step()
    for repeated in repetitions(pattern):
        short, longer = length // 10, length // 3
        steps = _steps(pattern, repeated.text(short), step)
        if steps * length <= MOST_STEPS * short:
            continue
        growing = _steps(pattern, repeated.text(longer), step)
        if growing <= min(1.6 * steps, MOST_STEPS):
            continue
        # What disturbs one measurement (another process, a slower clock) seldom disturbs five.
        tries = (_steps(pattern, repeated.text(length), _step()) for _ in range(5))
        if all((steps := taken) > MOST_STEPS for taken in tries):
            return Slow(str(pattern.pattern), repeated, steps)
    return None


def repetitions(pattern: re.Pattern[Any]) -> list[Repeated]:
    """Texts built from what `pattern` names; the same ones each time."""
    is_bytes = isinstance(pattern.pattern, bytes)
    source = pattern.pattern.decode("latin-1") if is_bytes else pattern.pattern
    maker = _Maker(parser.parse(source, 0 if is_bytes else pattern.flags & ~re.DEBUG))
    pieces = [*(("", piece) for piece in maker.pieces()), *maker.loops()]
    return [Repeated(*piece, spoiler) for piece in dict.fromkeys(pieces) if piece[1] for spoiler in _SPOILERS]


class _Maker:
    """Makes pieces of text that the parts of a parsed pattern match."""

    def __init__(self, tree: Any) -> None:
        self._random = random.Random(1)
        self._tree = tree
        self._words: list[str] = []
        self._characters: list[str] = []
        self._loops: list[tuple[str, Any]] = []
        self._visit(tree, "")

    def pieces(self) -> Iterator[str]:
        """What is to be repeated from the first character on."""
        words = list(dict.fromkeys(self._words))
        characters = list(dict.fromkeys((*self._characters, *_COMMON)))
        yield from (*characters, *words)
        chosen = list(dict.fromkeys((*characters[:4], *words[:4], *_COMMON)))[:_KIND]
        for first, second in product(chosen, repeat=2):
            if first != second:
                yield first + second
        for most in (1, _MANY):
            for _ in range(4):
                whole = self._sample(self._tree, most)
                for cut in {len(whole), len(whole) - 1, len(whole) // 2, 2 * len(whole) // 3}:
                    yield whole[:cut]

    def loops(self) -> Iterator[tuple[str, str]]:
        """(what stands before a loop, what the loop matches)."""
        for before, body in self._loops:
            for most in (1, 2, 1, 3):
                piece = self._sample(body, most)
                if piece:
                    yield before, piece
                    yield before, piece + self._sample(body, most)

    def _visit(self, nodes: Any, before: str) -> None:
        """Collect the words, characters and loops of `nodes`, which stand behind the text `before`."""
        word = ""
        for node, argument in nodes:
            if node is op.LITERAL:
                word += chr(argument)
                before += chr(argument)
                continue
            self._word(word)
            word = ""
            if node is op.IN:
                self._members(argument)
            elif node in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
                if argument[1] > 3:
                    self._loops.append((before, argument[2]))
                self._visit(argument[2], before)
            for inner in _inner(node, argument):
                self._visit(inner, before)
            before += self._sample([(node, argument)], 1)
        self._word(word)

    def _word(self, word: str) -> None:
        if word:
            (self._words if len(word) > 1 else self._characters).append(word)

    def _members(self, items: Any) -> None:
        """Collect one or two members of a class."""
        for kind, value in items[:6]:
            if kind is op.LITERAL:
                self._characters.append(chr(value))
            elif kind is op.RANGE:
                self._characters.append(chr(value[0]))

    def _sample(self, nodes: Any, most: int) -> str:
        """A text that `nodes` match (looking around aside), loops repeated up to `most` times."""
        parts = []
        for node, argument in nodes:
            if node is op.LITERAL:
                parts.append(chr(argument))
            elif node is op.NOT_LITERAL:
                parts.append(next(char for char in _COMMON if ord(char) != argument))
            elif node is op.ANY:
                parts.append("一")
            elif node is op.IN:
                parts.append(self._member(argument))
            elif node in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
                low, high, body = argument
                times = max(low, min(int(high), most))
                parts += [self._sample(body, most) for _ in range(times)]
            elif node is op.BRANCH:
                parts.append(self._sample(self._random.choice(argument[1]), most))
            elif node in (op.SUBPATTERN, op.ATOMIC_GROUP):
                parts.append(self._sample(argument[-1] if node is op.SUBPATTERN else argument, most))
        return "".join(parts)

    def _member(self, items: Sequence[tuple[Any, Any]]) -> str:
        negated = items[0][0] is op.NEGATE
        if negated:
            return next((char for char in _COMMON + "乙y2" if not _holds(items[1:], char)), "\x02")
        kind, value = self._random.choice(list(items))
        if kind is op.LITERAL:
            return chr(value)
        if kind is op.RANGE:
            return chr(self._random.choice((value[0], value[1])))
        return next((char for char in _COMMON + "\t" if _holds(items, char)), "x")


def _inner(node: Any, argument: Any) -> Sequence[Any]:
    """The parts of a node, loops apart."""
    if node is op.BRANCH:
        return list(argument[1])
    if node is op.SUBPATTERN:
        return [argument[-1]]
    if node is op.ATOMIC_GROUP:
        return [argument]
    if node in (op.ASSERT, op.ASSERT_NOT):
        return [argument[1]]
    return []


def _holds(items: Sequence[tuple[Any, Any]], char: str) -> bool:
    """Whether a class without its negation holds `char`."""
    tests = {
        op.CATEGORY_SPACE: char.isspace(),
        op.CATEGORY_NOT_SPACE: not char.isspace(),
        op.CATEGORY_DIGIT: char.isdecimal(),
        op.CATEGORY_NOT_DIGIT: not char.isdecimal(),
        op.CATEGORY_WORD: char.isalnum() or char == "_",
        op.CATEGORY_NOT_WORD: not (char.isalnum() or char == "_"),
    }
    return any(
        (kind is op.LITERAL and chr(value) == char)
        or (kind is op.RANGE and value[0] <= ord(char) <= value[1])
        or (kind is op.CATEGORY and tests[value])
        for kind, value in items
    )


def _steps(pattern: re.Pattern[Any], text: str, step: float) -> float:
    """Steps a character of finding all matches, or of matching the whole text, whichever takes more."""
    subject: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
    most = 4 * MOST_STEPS * step * len(subject)
    finding = seconds_of(lambda: deque(pattern.finditer(subject), maxlen=0), most)
    matching = seconds_of(lambda: pattern.fullmatch(subject), most) if finding < most else 0.0
    return max(finding, matching) / step / len(subject)


def steps_of(work: Callable[[str], object], text: str, most: float) -> float:
    """Steps that `work` takes for each character of `text`; stopped at some 2 x `most`.

    The least of three runs, as with the step that it is measured by: a short text takes milliseconds.
    """
    least = float("inf")
    for _ in range(3):
        step = _step()
        seconds = seconds_of(lambda: work(text), 2 * most * step * len(text))
        least = min(least, seconds / step / len(text))
        if least < most:
            break
    return least


def seconds_of(work: Callable[[], object], most: float) -> float:
    """Processor seconds of `work`, which is stopped after `most`.

    Nothing is collected meanwhile: the garbage of other tests would be counted, and an exception raised in
    one of the collector's callbacks stops nothing.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    collecting = gc.isenabled()
    gc.disable()
    start = thread_time()
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, most)
        work()
    except _TooLongError:
        return max(most, thread_time() - start)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        if collecting:
            gc.enable()
    return thread_time() - start


def _step() -> float:
    """Processor seconds of one step: of a search that looks at each character 40 times."""
    text = "一" * 5_000
    pattern = re.compile("[^x]{0,39}y")
    best = 1.0
    for _ in range(5):
        start = thread_time()
        pattern.search(text)
        best = min(best, thread_time() - start)
    return best / (40 * len(text))
