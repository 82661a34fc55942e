"""Several kinds of a matter among passages that fit a question about equally, and it names none of them.

    医保由谁缴费        职工基本医疗保险 in one article, 城镇居民基本医疗保险 in another
    住院起付线是多少     a document of one district, and one of another

A kind is a word of the question with the words that qualify it in a passage (职工 | 基本医疗保险). A passage
is of one kind when it qualifies the word once or more, and nearly always in the same way.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import rjieba

from kb.hits import Hit
from kb.language.normalise import canonical
from kb.language.word_lists import word_list
from kb.language.word_weights import read_question_words
from kb.models import Model

NEAR = 0.9  # share of the best score from which a passage fits equally well
_LOOKED_AT = 6  # passages
_OF_ONE_KIND = 0.75  # share of the mentions in a passage that have its qualification
_QUALIFYING = ("n", "nz", "ng", "b", "j")  # things; places (ns) and people (nr) make no kinds
_NAMES = ("n", "nz", "j", "l")
_CARRY_ON = ("n", "nz", "vn", "j", "a", "ad", "an")
_THINGS = ("n", "vn", "j")  # before them a word is no head: 规范性文件, 医疗保险制度
_LONGEST = 6  # characters of a qualification
_SHORTEST_HEAD = 2
_LEAST_WEIGHT = 0.4  # share of the heaviest word's weight that the qualified word has at least
_FOLLOW_UPS = frozenset(word for line in word_list("follow_up_words.txt") for word in line.split())
_COMMON = (
    *("国家", "全国", "有关", "相关", "基本", "社会", "我国", "其他", "各类", "各项"),
    *("一般", "上述", "当地", "地方", "法定", "专门"),
)


class Kinds(Model):
    """The word of a question that is open, and its kinds in the order of the passages."""

    word: str
    labels: tuple[str, ...]


def kinds_in(text: str, weights: Mapping[str, float], hits: Sequence[Hit]) -> Kinds | None:
    """The kinds that near passages among `hits` are of; None when `text` names one or all are of one."""
    question = canonical(text)
    near = [hit for hit in hits[:_LOOKED_AT] if hit.score >= NEAR * hits[0].score]
    if len(near) < 2:
        return None
    for word in _heads(question, weights):
        found = [_kind(word, question, hit) for hit in near]
        distinct = list(dict.fromkeys(kind for kind in found if kind))
        if found[0] and len(distinct) > 1 and not _is_held(distinct, question):
            whole = next((f"{one}{word}" for one in _COMMON if f"{one}{word}" in question), word)
            return Kinds(word=whole, labels=tuple(f"{kind}{whole}" for kind in distinct))
    return None


def _heads(question: str, weights: Mapping[str, float]) -> Iterator[str]:
    """The names in a question that can have kinds, heaviest first; 政务公开 names more than 政务."""
    words = rjieba.tag(question, False)
    heads = {
        word
        for (word, tag), (_, following) in zip(words, [*words[1:], ("", "")], strict=True)
        if tag in _NAMES and following not in _CARRY_ON
    }
    least = _LEAST_WEIGHT * max(weights.values(), default=0.0)
    for word in sorted(heads & weights.keys(), key=lambda one: -weights[one]):
        is_light = word in _FOLLOW_UPS or word in _COMMON
        if len(word) >= _SHORTEST_HEAD and weights[word] >= least and not is_light:
            yield word


def _kind(word: str, question: str, hit: Hit) -> str:
    """The qualification of `word` in the passage; "" when it has none, or different ones."""
    text = f"{hit.document.title}\n{' '.join(hit.chunk.heading_path)}\n{hit.chunk.text}"
    counts = Counter(filter(None, _qualifications(word, question, text)))
    if not counts:
        return ""
    kind, times = counts.most_common(1)[0]
    return kind if times >= _OF_ONE_KIND * counts.total() else ""


def _qualifications(word: str, question: str, text: str) -> Iterator[str]:
    """What stands before each mention of `word` in `text` and qualifies it, without the question's words."""
    words = _tagged(canonical(text))
    for place, (one, _) in enumerate(words):
        following = words[place + 1][1] if place + 1 < len(words) else ""
        if not one.endswith(word) or following in _THINGS:
            continue
        before = [one[: one.index(word)]]
        for earlier, tag in reversed(words[max(0, place - 3) : place]):
            too_long = len("".join(before)) + len(earlier) > _LONGEST
            if tag not in _QUALIFYING or too_long or len(earlier) == 1:
                break
            before.insert(0, earlier)
        parts = (_without_common(part) for part in before)
        yield "".join(part for part in parts if part not in question)


def _without_common(part: str) -> str:
    """`part` without a common word at its end (职工基本), which jieba leaves there."""
    ending = next((word for word in _COMMON if part.endswith(word)), "")
    return part.removesuffix(ending)


def _is_held(kinds: Iterable[str], question: str) -> bool:
    """Whether the question has any of the words that qualify."""
    words = (word for kind in kinds for word, _ in rjieba.tag(kind, False))
    return any(word in question and word not in read_question_words() for word in words)


@lru_cache(maxsize=512)
def _tagged(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(rjieba.tag(text, False))
