"""Whether two questions ask the same: cheap signals give a score, and a decisive difference lowers it.

A sentence vector hardly notices one word: 区级 and 市级, 办理 and 注销, 2023 and 2024 lie closer together
than two true rewordings do. So the score (closeness of the vectors and of the words) only says how alike
two questions are, and rules look for decisive differences:

    grave    both name a thing of one kind, but not the same: a level of government, an action, a number,
             a negation, what is asked (time, price, place…)          -> score x GRAVE
    slight   only one of them names such a thing                      -> score x SLIGHT
    beside   each has a word the other lacks, or one asks 怎么 and the other 在哪  -> score x BESIDE

The words are data: kb/lexicon/decisive_words.txt. Weights and bounds are round numbers set by hand.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import rjieba

from kb.language.normalise import canonical
from kb.language.numerals import DECIMAL, NUMERAL, in_digits
from kb.language.quantities import NumberReader, unit_pattern
from kb.language.word_lists import word_list
from kb.language.word_weights import part_of_speech_factor, read_question_words
from kb.models import Model

GRAVE, SLIGHT, BESIDE = 0.4, 0.88, 0.95
# e5 maps all questions into a narrow cone: unrelated ones have cosine 0.8 to 0.88, equal ones 1.0.
_COSINE_NONE, _COSINE_FULL = 0.84, 0.99
_COSINE_SHARE = 0.9  # of the score; the rest is the share of words in common

FACET, _LEVEL, _SUBJECTS = "问法", "行政级别", "事物"
_NEGATION, _NOT_NEGATION, _SAME = "否定", "不算否定", "同义"
_SUBJECT = 0.5  # part-of-speech factor (kb.language.word_weights) from which a word is a thing or an action

_NAMES = ("ns", "nt")  # jieba's tags for places and organs; people (nr) it guesses too freely
_NOT_IN_NAMES = ("p", "uj", "r", "v", "d")  # 在, 的, 我, 办, 不: the name of a place begins after them
_LEVELS = "省市区县镇乡村"  # what the name of a place ends with

_UNITS = unit_pattern(NumberReader.PARAPHRASE)
_CHINESE_NUMBER = re.compile(  # not 哪一年; 一年 and 一个月 are ways to say how often or how long
    rf"(?<=第){NUMERAL}|(?<![哪每])(?!一(?:年(?!级)|天|周|个月)){NUMERAL}(?=个?(?:{_UNITS}))"
)
_NUMBER = re.compile(DECIMAL)
_A_NOT_A = re.compile(r"(?<!该)(.)[不没]\1")  # but 该立不立 is a negation
_ASKING_TAIL = re.compile(r"(没有|没|不|无)[了呢啊呀?？。!！\s]*$")


class Difference(Model):
    """A difference between two questions: its kind (行政级别, 数字…) and the words of each ("" = none)."""

    kind: str
    first: str
    second: str
    is_grave: bool


class Likeness(Model):
    """How alike two questions are, 0 to 1, and the gravest decisive difference, if there is any."""

    score: float
    difference: Difference | None = None


@dataclass(frozen=True)
class WordGroup:
    """One line of the file: each wording -> the alternatives it stands for, each with whether it is vague."""

    name: str
    counts_alone: bool
    wordings: Mapping[str, tuple[tuple[str, bool], ...]]


@dataclass(frozen=True)
class DecisiveWords:
    """The content of kb/lexicon/decisive_words.txt."""

    groups: tuple[WordGroup, ...]
    pattern: re.Pattern[str]  # the longest wording of two characters or more at each place
    negations: re.Pattern[str]
    not_negations: re.Pattern[str]
    same: Mapping[str, str]  # word -> the word that represents all its synonyms
    long_same: re.Pattern[str]  # synonyms that jieba may cut up


@dataclass(frozen=True)
class QuestionReading:
    """A question as the rules compare it."""

    words: Mapping[str, float]  # content word -> its part-of-speech factor
    names: frozenset[str]  # the words that are proper names
    said: Mapping[str, frozenset[str]]  # group -> alternatives named
    vague: frozenset[str]  # groups in which only vague wordings are named
    numbers: frozenset[str]
    negated: bool


def same_meaning(first: str, second: str, cosine: float) -> Likeness:
    """Likeness of two questions; `cosine` is the cosine of their vectors, both embedded as queries.

    >>> same_meaning("区级低保标准是多少", "市级低保标准是多少", 0.98).difference.kind
    '行政级别'
    """
    a, b = read(first), read(second)
    closeness = min(1.0, max(0.0, (cosine - _COSINE_NONE) / (_COSINE_FULL - _COSINE_NONE)))
    score = _COSINE_SHARE * closeness + (1 - _COSINE_SHARE) * shared_words(a, b)
    all_differences = differences(a, b)
    for difference in all_differences:
        score *= GRAVE if difference.is_grave else BESIDE if difference.kind in (_SUBJECTS, FACET) else SLIGHT
    return Likeness(score=score, difference=all_differences[0] if all_differences else None)


def differences(a: QuestionReading, b: QuestionReading) -> list[Difference]:
    """All differences between two questions, the grave ones first."""
    listed = [*_different_words(a, b), *_different_subjects(a, b)]
    if a.numbers != b.numbers:
        both = bool(a.numbers and b.numbers)
        listed.append(_differ("数字", a.numbers - b.numbers, b.numbers - a.numbers, both))
    if a.negated != b.negated:
        negations = [frozenset({_NEGATION} if reading.negated else ()) for reading in (a, b)]
        listed.append(_differ(_NEGATION, negations[0], negations[1], True))
    return sorted(listed, key=lambda difference: not difference.is_grave)


def shared_words(a: QuestionReading, b: QuestionReading) -> float:
    """Weighted Dice coefficient of the content words, 0 to 1; words that share characters count in part."""
    total = sum(a.words.values()) + sum(b.words.values())
    lacking = _lacking(a.words, b.words) + _lacking(b.words, a.words)
    return 1 - lacking / total if total else 0.0


def _lacking(words: Mapping[str, float], others: Mapping[str, float]) -> float:
    """Weight of the words that `others` lack; a word counts by the share of its characters that they lack."""
    characters = set("".join(others))
    return sum(
        weight * sum(char not in characters for char in word) / len(word)
        for word, weight in words.items()
        if word not in others
    )


@lru_cache(maxsize=65_536)  # a question of a few hundred bytes: 30 MB when full
def read(text: str) -> QuestionReading:
    """The question `text` as the rules compare it."""
    decisive = decisive_words()
    plain = canonical(text)
    alternatives: dict[str, dict[str, bool]] = {}
    reworded = decisive.long_same.sub(lambda found: decisive.same[found[0]], plain)
    tagged = _whole_names(rjieba.tag(reworded, False))
    for wording in (*_wordings_in(plain), *(word for word, _ in tagged if len(word) == 1)):
        for group in decisive.groups:
            if wording in group.wordings:
                alternatives.setdefault(group.name, {}).update(group.wordings[wording])
    vague = frozenset(name for name, options in alternatives.items() if all(options.values()))
    words: dict[str, float] = {}
    names = set()
    for word, tag in tagged:
        if tag in _NAMES and word[-1] in _LEVELS:
            alternatives.setdefault(_LEVEL, {})[word[-1]] = False
        weight = 0.0 if word in read_question_words() else part_of_speech_factor(word, tag)
        if weight and not tag.startswith("m"):  # numbers are compared as such
            common = decisive.same.get(word, word)
            words[common] = max(weight, words.get(common, 0.0))
            if tag in _NAMES:
                names.add(common)
    plainly = {
        name: frozenset(word for word, is_vague in options.items() if name in vague or not is_vague)
        for name, options in alternatives.items()
    }
    return QuestionReading(words, frozenset(names), plainly, vague, numbers_in(plain), is_negated(plain))


def _wordings_in(text: str) -> list[str]:
    """The wordings of the file in canonical `text`, without wordings inside a longer one."""
    wordings, end = [], 0
    for match in decisive_words().pattern.finditer(text):
        if match.end(1) > end:
            wordings.append(match[1])
            end = match.end(1)
    return wordings


def _whole_names(tagged: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """`tagged` with names of places that jieba cut into single characters (濂, 溪, 区) put together."""
    whole: list[tuple[str, str]] = []
    for word, tag in tagged:
        start = len(whole)
        while start and len(whole[start - 1][0]) == 1 and whole[start - 1][1] not in _NOT_IN_NAMES:
            start -= 1
        if word in _LEVELS and len(whole) - start >= 2:
            whole[start:] = [("".join(part for part, _ in whole[start:]) + word, "ns")]
        else:
            whole.append((word, tag))
    return whole


def numbers_in(text: str) -> frozenset[str]:
    """The numbers of canonical `text`; Chinese numerals count after 第 and before a unit.

    >>> sorted(numbers_in("第十二条 二孩 3000元 一下"))
    ['12', '2', '3000']
    """
    return frozenset(_NUMBER.findall(in_digits(_CHINESE_NUMBER, text)))


def is_negated(text: str) -> bool:
    """Whether canonical `text` has an odd number of negations; asking forms (能不能) do not count.

    >>> is_negated("能不能不交"), is_negated("办了没有?"), is_negated("不动产登记")
    (True, False, False)
    """
    decisive = decisive_words()
    bare = decisive.not_negations.sub(" ", _A_NOT_A.sub(" ", _ASKING_TAIL.sub("", text)))
    return len(decisive.negations.findall(bare)) % 2 == 1


def _different_words(a: QuestionReading, b: QuestionReading) -> list[Difference]:
    """The groups of decisive words in which the questions name different alternatives, or only one does."""
    listed = []
    for group in decisive_words().groups:
        first_words, second_words = a.said.get(group.name, frozenset()), b.said.get(group.name, frozenset())
        if first_words & second_words or not (first_words | second_words):
            continue
        both_name, is_vague = bool(first_words and second_words), group.name in a.vague | b.vague
        if both_name or (group.counts_alone and not is_vague):
            is_grave = both_name and not (is_vague and group.name == FACET)
            listed.append(_differ(group.name, first_words, second_words, is_grave))
    return listed


def _different_subjects(a: QuestionReading, b: QuestionReading) -> list[Difference]:
    """Each question names a thing that the other lacks; grave when both are proper names (浔阳区, 濂溪区)."""
    first_words, second_words = _subjects_beside(a.words, b.words), _subjects_beside(b.words, a.words)
    is_grave = bool(first_words & a.names and second_words & b.names)
    return [_differ(_SUBJECTS, first_words, second_words, is_grave)] if first_words and second_words else []


def _subjects_beside(words: Mapping[str, float], others: Mapping[str, float]) -> frozenset[str]:
    """The things and actions that `others` lack: 贷款利率 when they have 贷款, but not 学区房 when 学区."""

    def is_held(word: str) -> bool:
        return any(word in other or (other in word and len(word) - len(other) < 2) for other in others)

    return frozenset(word for word, weight in words.items() if weight >= _SUBJECT and not is_held(word))


def _differ(kind: str, first: frozenset[str], second: frozenset[str], is_grave: bool) -> Difference:
    sides = ["、".join(sorted(words)) for words in (first, second)]
    return Difference(kind=kind, first=sides[0], second=sides[1], is_grave=is_grave)


@lru_cache(maxsize=1)
def decisive_words() -> DecisiveWords:
    """Reads kb/lexicon/decisive_words.txt, whose head explains its format."""
    lines = [line.split("：", 1) for line in word_list("decisive_words.txt") if "：" in line]
    listed = {name: words.split() for name, words in lines if name in (_NEGATION, _NOT_NEGATION)}
    groups = tuple(_group(name, words) for name, words in lines if "|" in words)
    wordings = {wording for group in groups for wording in group.wordings if len(wording) > 1}
    same_lines = [words.split() for name, words in lines if name == _SAME]
    same = {word: words[0] for words in reversed(same_lines) for word in words}
    return DecisiveWords(
        groups=groups,
        pattern=re.compile(f"(?=({_any_of(wordings).pattern}))"),
        negations=_any_of(listed[_NEGATION]),
        not_negations=_any_of(listed[_NOT_NEGATION]),
        same=same,
        long_same=_any_of([word for word in same if len(word) > 2]),
    )


def _group(name: str, words: str) -> WordGroup:
    """Reads one line of the file: the `name` of the group and its alternatives, which | separates."""
    wordings: dict[str, tuple[tuple[str, bool], ...]] = {}
    for alternative in words.split("|"):
        names = alternative.split()
        for word in names:
            bare = word.lstrip("~")
            wordings[bare] = (*wordings.get(bare, ()), (names[0].lstrip("~"), word.startswith("~")))
    return WordGroup(name=name.rstrip("*"), counts_alone=name.endswith("*"), wordings=wordings)


def _any_of(words: set[str] | list[str]) -> re.Pattern[str]:
    """A pattern that matches the longest of `words`."""
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
