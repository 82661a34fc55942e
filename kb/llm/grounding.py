"""Grounding: is a sentence of the language model true to the passages it cites?

Every sentence is judged by itself, by rules that a person can follow; if it breaks any rule it is not shown.

    cited       the passages exist; a sentence without citations gets the first passage that holds it
    numbers     the passages hold every number with its unit, every date, limit and document number
                (kb.llm.claims), in a sentence about the same thing
    names       the passages hold its organs, places, people, titles, quoted words and Latin letters
    negation    it forbids nothing that the passages allow, and allows nothing that they forbid;
                it tells a denial under a condition (…的，不予…) with that condition
    overlap     the passages hold at least OVERLAP of its pairs of characters
    order       one or two sentences of the passages hold at least ORDER of its characters in the same order
    orders      it does not speak to software, nor about its own rules
"""

import re
from collections.abc import Sequence

from kb.answers import Reason
from kb.language.injection import addresses_software
from kb.language.sentences import clauses, sentences
from kb.language.subsequence import lcs_length
from kb.llm.claims import claims, grounds, plain, unknown_names, unproven
from kb.llm.passages import Passage
from kb.llm.speech import MAX_SENTENCE, Sentence
from kb.models import Model

OVERLAP, ORDER = 0.5, 0.55
_RUNS = re.compile(r"[一-鿿]+|[a-z0-9]+")
_NO_NEGATION = re.compile(
    r"不少于|不低于|不得少于|不得低于|不超过|不得超过|不多于|不高于|不同|不断|不仅|不论|不动产|未来|未成年|无论|免疫|避免"
)
_BAN = re.compile(r"不得|不予|不应|不准|不许|禁止|严禁")
_DENIAL = re.compile(rf"{_BAN.pattern}|不能|不可|不要求|不需|不必|不收|无需|无须|没有|免")
_OF_ITSELF = re.compile(
    r"提示词|系统提示|作为(?:一[个名位])?(?:ai|人工智能|大模型|助手)|语言模型|我的规则|上述规则|根据规则|资料编号"
)
_UNKNOWN = re.compile(
    r"资料(?:中|里)?(?:并?没有|未|无)|(?:没有|未)(?:找到|提供|提到|提及|说明)(?:相关|具体)?的?"
    r"(?:资料|信息|内容|答案|规定)|(?:无法|不能)(?:回答|确定|得知|判断)|不(?:知道|清楚|了解)"
)
_SANCTION = re.compile(r"不受理|撤销|注销|吊销|罚|终止|视为|取消|收回")
_CONDITION = re.compile(r"的[,，]?$")
_TOLD = 0.35  # share of a condition's pairs that a sentence must hold to tell it
_NEAR = 0.3  # share of a sentence's pairs that the source sentence around its number must hold
_SAME_BAN = 0.4  # share of a forbidding clause's pairs that another clause must hold to forbid the same
_SAME_CLAUSE = 0.6  # share of a clause's pairs that another clause must hold to say the same


class Verdict(Model):
    """The passages to cite with a sentence (their numbers), or the reasons why it is not shown."""

    cited: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()


def says_unknown(sentence: Sentence) -> bool:
    """Whether the model says that the passages hold no answer."""
    return bool(_UNKNOWN.search(plain(sentence.text)))


def check(sentence: Sentence, passages: Sequence[Passage]) -> Verdict:
    """Judge `sentence` against the passages it cites among `passages`."""
    reasons: set[Reason] = set()
    if len(sentence.text) > MAX_SENTENCE:
        reasons.add(Reason.TOO_LONG)
    if addresses_software(sentence.text) or _OF_ITSELF.search(plain(sentence.text)):
        reasons.add(Reason.INSTRUCTION)
    if sentence.text.endswith(("？", "?")):
        reasons.add(Reason.QUESTION)
    by_number = {passage.number: passage for passage in passages}
    if any(number not in by_number for number in sentence.cited):
        reasons.add(Reason.UNKNOWN_PASSAGE)
        return Verdict(cited=sentence.cited, reasons=tuple(sorted(reasons)))
    if sentence.cited:
        cited = sentence.cited
        reasons |= _faults(sentence.text, [by_number[number] for number in cited])
    else:
        holding = [passage for passage in passages if not _faults(sentence.text, [passage])]
        cited = tuple(passage.number for passage in holding[:1])
        reasons |= set() if holding else {Reason.NO_PASSAGE, *_faults(sentence.text, passages[:1])}
    return Verdict(cited=cited, reasons=tuple(sorted(reasons)))


def faults(text: str, source: str, names_in: str = "") -> frozenset[Reason]:
    """The faults of sentence `text` checked against `source`; names may also stand in `names_in`."""
    reasons = set(unproven(text, source))
    if not reasons and _out_of_place(text, source):
        reasons.add(Reason.NUMBER)
    if unknown_names(text, f"{source}\n{names_in}"):
        reasons.add(Reason.NAME)
    if _turns_round(text, source):
        reasons.add(Reason.NEGATION)
    if _leaves_out_condition(text, source):
        reasons.add(Reason.CONDITION)
    if overlap(text, source) < OVERLAP:
        reasons.add(Reason.OVERLAP)
    elif _share_in_order(text, source) < ORDER:
        reasons.add(Reason.ORDER)
    return frozenset(reasons)


def _out_of_place(text: str, source: str) -> bool:
    """Whether `source` holds a number of `text` only in sentences about something else."""
    trusted_sentences = [span.of(source) for span in sentences(source)]
    return any(
        max(
            (overlap(text, sentence) for sentence in trusted_sentences if claim in grounds(sentence)),
            default=1.0,
        )
        < _NEAR
        for claim in claims(text)
    )


def overlap(text: str, source: str) -> float:
    """Share (0 to 1) of the pairs of characters in `text` that `source` holds."""
    text_pairs, source_pairs = _pairs(text), _pairs(source)
    return len(text_pairs & source_pairs) / len(text_pairs) if text_pairs else 0.0


def _faults(text: str, cited: Sequence[Passage]) -> frozenset[Reason]:
    source = "\n".join(passage.text for passage in cited)
    headings = "\n".join(" ".join(passage.hit.chunk.heading_path) for passage in cited)
    return faults(text, source, headings)


def _pairs(text: str) -> frozenset[str]:
    runs = _RUNS.findall(plain(text))
    return frozenset(run[i : i + 2] for run in runs for i in range(max(1, len(run) - 1)))


def _turns_round(text: str, source: str) -> bool:
    """Whether a clause of `text` forbids what no similar clause of `source` forbids, or allows what all
    similar clauses of `source` deny. 不能…的 is a condition, 不得 a ban.
    """
    source_clauses = [span.of(source) for span in clauses(source)]
    for clause in (span.of(text) for span in clauses(text)):
        near = [(overlap(clause, other), other) for other in source_clauses]
        forbids = next((rule for rule in (_bans, _denies) if rule(clause)), None)
        if forbids is not None:
            if not any(share >= _SAME_BAN and forbids(other) for share, other in near):
                return True
        elif (close := [_denies(other) for share, other in near if share >= _SAME_CLAUSE]) and all(close):
            return True
    return False


def _leaves_out_condition(text: str, source: str) -> bool:
    """Whether `text` tells a denial or sanction without the condition under which `source` states it."""
    source_clauses = [span.of(source) for span in clauses(source)]
    for clause in (span.of(text) for span in clauses(text)):
        if not (_denies(clause) or _SANCTION.search(clause)):
            continue
        place = max(range(len(source_clauses)), key=lambda at: overlap(clause, source_clauses[at]), default=0)
        before = source_clauses[place - 1] if place else ""
        if _CONDITION.search(before) and overlap(before, text) < _TOLD:
            return True
    return False


def _share_in_order(text: str, source: str) -> float:
    """Largest share (0 to 1) of the characters of `text` that two successive sentences of `source` hold in
    the same order: the longest common subsequence.
    """
    chars = _letters(text)
    source_letters = [_letters(span.of(source)) for span in sentences(source)]
    windows = [
        f"{before}{after}" for before, after in zip(source_letters, [*source_letters[1:], ""], strict=True)
    ]
    return max((lcs_length(chars, window) / len(chars) for window in windows), default=0.0) if chars else 0.0


def _letters(text: str) -> str:
    return "".join(_RUNS.findall(plain(text)))


def _bans(text: str) -> bool:
    return bool(_BAN.search(_NO_NEGATION.sub("", plain(text))))


def _denies(text: str) -> bool:
    return bool(_DENIAL.search(_NO_NEGATION.sub("", plain(text))))
