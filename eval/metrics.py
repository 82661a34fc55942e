"""The metrics of the report: pure functions, each with its formula and source.

Ranks count from 1; None stands for "not found". Texts are compared in `bare` form.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from kb.language.subsequence import lcs_length

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_SPACES = re.compile(r"\s+")
# subtle: a mark between two digits is part of the number: "1-2名" must not become "12名", "1.4万" not "14万".
_MARKS = re.compile(r"(?<!\d)[^\w%‰]|[^\w%‰](?!\d)|_")
_SENTENCE_ENDS = re.compile(r"[。！？!?；;\n]+")
_NUMBER = re.compile(
    r"\d+(?:[.\-~/:]\d+)*[%‰]?|[〇零一二两三四五六七八九十百千万亿]+(?=[年月日天个名元倍条款项次人周岁])"
)

WHOLE_UP_TO = 20  # characters: an answer up to this length must be held completely
ENOUGH = 100  # characters in one piece are enough for any answer; chunks hold a few hundred


@lru_cache(maxsize=20_000)  # the same chunks are compared repeatedly
def bare(text: str) -> str:
    """`text` for comparison: NFKC, lower case, without white space and punctuation; numbers stay numbers.

    >>> bare("不低于 １，０００ 元（含 1.4 万）；1—2名、99％")
    '不低于1000元含1.4万1-2名99%'
    """
    folded = _SPACES.sub("", unicodedata.normalize("NFKC", text).lower())
    return _MARKS.sub("", _THOUSANDS.sub("", _DASHES.sub("-", folded)))


def stands_in(answer: str, passage: str) -> bool:
    """Whether `passage` holds the expected answer completely, in one piece (in bare form)."""
    words = bare(answer)
    return bool(words) and words in bare(passage)


def mostly_stands_in(answer: str, passage: str) -> bool:
    """Whether `passage` holds enough of the expected answer in one piece.

    Terms: n = length of the answer in bare form, L = length of the longest common substring of answer and
    passage. The answer is held when

        L >= n                              for n <= 20     a figure, a name, a date: nothing may be missing
        L >= min(100, max(20, n / 2))       for longer answers: they may exceed a chunk, or be edited

    20 characters in a row do not agree by chance in Chinese prose, and a passage with half of a long answer
    (100 characters of a very long answer) would be accepted by a reader as its source.
    """
    words, text = bare(answer), bare(passage)
    if len(words) <= WHOLE_UP_TO:
        return bool(words) and words in text
    need = min(ENOUGH, max(WHOLE_UP_TO, math.ceil(len(words) / 2)))
    return any(words[at : at + need] in text for at in range(len(words) - need + 1))


def says(key_point: str, text: str) -> bool:
    """Whether `text` says a key point: it holds one of its alternatives ("a|b"), in bare form.

    subtle: a point that begins or ends with a digit must not match inside a longer number.
    """
    bare_text = bare(text)
    return any(_holds(bare(alternative), bare_text) for alternative in key_point.split("|"))


def _holds(words: str, bare_text: str) -> bool:
    if not words:
        return False
    before = r"(?<![\d.\-])" if words[0].isdigit() else ""
    after = r"(?![\d])" if words[-1].isdigit() else ""
    return re.search(f"{before}{re.escape(words)}{after}", bare_text) is not None


def key_point_recall(key_points: Sequence[str], text: str) -> float:
    """Share of the key points that `text` says."""
    return mean(float(says(point, text)) for point in key_points) or 0.0


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> float:
    """ROUGE-L with beta = 1: harmonic mean of P = LCS / |candidate| and R = LCS / |reference|.

    Lin (2004), "ROUGE: a package for automatic evaluation of summaries", section 3.1; there over words, here
    over characters when strings are given (Chinese has no spaces).

    >>> rouge_l("police kill the gunman".split(), "police killed the gunman".split())
    0.75
    """
    if not candidate or not reference:
        return 0.0
    return 2 * lcs_length(candidate, reference) / (len(candidate) + len(reference))


def first_rank(found: Iterable[bool]) -> int | None:
    """Rank of the first True in `found`."""
    return next((rank for rank, is_match in enumerate(found, start=1) if is_match), None)


def rank_of_first(ranked: Sequence[str], relevant: AbstractSet[str]) -> int | None:
    """Rank of the first relevant id."""
    return first_rank(name in relevant for name in ranked)


def success_at(rank: int | None, k: int) -> float:
    """Success@k (TREC; also "hit rate"): 1 when a relevant result is among the first k, else 0."""
    return float(rank is not None and rank <= k)


def reciprocal_rank(rank: int | None, k: int = 10) -> float:
    """RR@k: 1 / rank of the first relevant result within the first k, else 0; mean: MRR@k (TREC-8 QA)."""
    return 1 / rank if rank is not None and rank <= k else 0.0


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.

    Mann-Whitney U / (n+ * n-); Hanley & McNeil (1982). None when either side is empty.
    """
    if not positives or not negatives:
        return None
    wins = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


def numbers_in(text: str) -> tuple[str, ...]:
    """The numbers and dates a text states, in bare form, in order.

    >>> numbers_in("2023年10月底前，至少1-2名，二十个工作日内。")
    ('2023', '10', '1-2', '二十')
    """
    return tuple(_NUMBER.findall(bare(text)))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text without their end marks; otherwise each is unchanged."""
    return [part for part in (raw.strip() for raw in _SENTENCE_ENDS.split(text)) if part]


def quotes_support(text: str, quotes: Sequence[str], *, literally: bool) -> bool:
    """Whether an answer's `text` is supported by its quotes.

    Every number and date of the text must occur in a quote and, when the answer is made by quoting
    (`literally`), so must every sentence. False without quotes.
    """
    if not quotes:
        return False
    bare_quotes = [bare(quote) for quote in quotes]
    numbers = all(any(_holds(number, quote) for quote in bare_quotes) for number in numbers_in(text))
    if not literally:
        return numbers
    sentences = [bare(sentence) for sentence in sentences_of(text)]
    return numbers and all(any(sentence in quote for quote in bare_quotes) for sentence in sentences)


def mean(values: Iterable[float]) -> float | None:
    """Arithmetic mean; None when there are no values."""
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of the values lie, linearly interpolated (numpy's default method).

    >>> percentile([10.0, 20.0, 30.0, 40.0], 0.5)
    25.0
    """
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return below + (above - below) * (place - math.floor(place))
