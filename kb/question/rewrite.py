"""Rewrites a typed question by rules, so that it stands alone and uses the documents' words.

A follow-up names no matter of its own: 谁牵头? 那街道呢? 还有吗? It gets the matter of the question before
it, without what that question asked (何时, 谁, 多少). Any other question is left as typed, so that a new
topic is not mixed with the old one. Then lay words (红头文件) become official ones (规范性文件).
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import rjieba

from kb.language.normalise import canonical
from kb.language.word_lists import word_list
from kb.language.word_weights import read_question_words, tagged_words
from kb.models import Question
from kb.question.lay_words import to_official
from kb.question.slots import SUBJECTS, in_its_place
from kb.question.topic import named_matter, topic_of

_POINTS_BACK = re.compile(
    r"^(?:那|那么)?(?:它们?|其(?!他|它|余)|这(?!样的|里)|该(?!不该)|上述|此|前面)|(?:它们?|这个|这些|这项)"
)
_AND = re.compile(r"^(?:那么?|还有|另外|然后|如果|要是)")
_MORE = re.compile(
    r"(?:还有|其他|其它|别的|另外)(?:的|什么|哪些|内容|情形|规定|要求|单位|部门)*(?:呢|吗|么|没有|是什么)?"
)
_SWAP = re.compile(r"(?:那么?|那|如果是|要是)?(?P<subject>.{1,12}?)的?(?:呢|又怎么样|怎么样)")
_ASKED = re.compile(
    r"(?:具体)?(?:是|有|要|需要|应该?|应当|必须|大概|一般|通常)?(?:最[晚迟长短多少][能可领休]{0,2})?(?:由|归|到|在|从|找|向|去|多长|什么|哪个?|哪些|几){0,6}"
    r"(?:谁|何时|什么时候|啥时候|哪天|哪一天|几月|多久|多长时间|多少[个名天次元]?|几[个名天次项家种]|怎么办|怎么|怎样|如何|"
    r"哪[个些](?:部门|单位|局|机关)|什么(?:时间|部门|单位|条件|材料|形式|内容)?|哪些|是否|能不能|可不可以|有没有|要不要)"
    r"(?:(?:以|之)?内)?(?:来)?(?:牵头|负责|主管|组织|完成|[做办](?:完|好|结|下来)?|管)?"
)
_TAIL = "？?。！!，, "
_TOPIC_TAGS = ("n", "v", "j", "i", "l", "e")
_NAMING = (*_TOPIC_TAGS, "a", "b", "m", "s", "t", "z")
_NAMED_DAYS = "假节"  # ends of names that jieba takes for times: 年休假
_LONGEST_NAME = 10  # characters
_LEAD = re.compile(r"^(?:那么?|还有|另外|如果是|要是)")
_CONDITION = re.compile(
    r"了\Z|(?:不|没|未|无)[^的,，]{1,4}\Z|(?:丢失|遗失|过期|逾期|超期|到期|变更|注销|死亡|离职|搬家)\Z"
)
_FEW_TOPICS = 2
_SHORT = 16  # characters; a longer question says what it is about

_LACKING = re.compile(
    r".{2,5}(?:不够|不足|不到|没到|没了|超了|过了)(?:的话)?,?(?:怎么办|咋办|行吗|可以吗|呢)"
)
_ACTION_FIRST = re.compile(
    r"(?:要|得|能|需要|可以|应该|应当)?(?:提前(?=几|多)|多久|几天|多少天|最[多少长短](?=几|多))"
)
_CLAUSES = re.compile(r"[,，。;；]")
_COLLECTED = re.compile(
    r"(?:有没有|有哪些|有什么|有|找|查|看)?(?:关于|有关|涉及)(?P<topic>[^,，]{2,16}?)(?:方面|相关|有关)?的?"
    r"(?:文件|政策|规定|法律|法规|条例|办法|资料)(?:吗|么|有哪些|都有哪些|有什么)?"
)
_ANEW = re.compile(r"^(?:那么?|还有|另外|然后)(?=.*(?:谁|哪|什么|啥|多少|几|怎|咋|如何|[吗么不]\Z))(?!.*呢)")
_LEAST_ANEW = 4  # characters of a matter that a question beginning with 那 names itself
_YES_NO = re.compile(r"(?<!不)(?:收费|交钱|花钱|要钱|免费)(?:吗|么|不)\Z")
_FACET_WORDS = frozenset(word for line in word_list("follow_up_words.txt") for word in line.split())
_FACETS = tuple(word for word in _FACET_WORDS if len(word) > 1)
_NO_TOPIC = _FACET_WORDS | SUBJECTS


class Rewritten(NamedTuple):
    """A question that stands alone, and the matter that it and the questions before it are about."""

    text: str
    matter: str


def rewrite(
    question: Question,
    synonyms: Mapping[str, str],
    is_matter: Callable[[str], bool] = lambda name: False,
    *,
    boldly: bool = False,
) -> str:
    """`question` as a query that stands alone; `synonyms` maps lay words to official ones.

    `is_matter` tells whether the documents have a part about a name. `boldly`: what names no thing
    (办不完能拖几天) is a follow-up too.

    >>> rewrite(Question(text="谁牵头？", history=("红头文件何时清理完？",)), {"红头文件": "规范性文件"})
    '规范性文件清理完 谁牵头？'
    """
    return rewritten(question, synonyms, is_matter, boldly=boldly).text


def rewritten(
    question: Question,
    synonyms: Mapping[str, str],
    is_matter: Callable[[str], bool] = lambda name: False,
    *,
    boldly: bool = False,
) -> Rewritten:
    """`question` as `rewrite` leaves it, with its matter."""
    matter = standalone = ""  # what is talked about, and the last question
    for turn in (*question.history, question.text):
        typed = turn.strip()
        official = to_official(typed, synonyms)
        if standalone and leans_on_history(typed):
            standalone = join(standalone, official, is_matter, matter)
            matter = standalone if _tells_more(typed) else matter
        elif standalone and boldly and not names_a_thing(typed):
            standalone = f"{matter_of(matter, is_matter)} {official}"
        else:
            matter = standalone = official
    return Rewritten(standalone, matter)


def join(
    before: str,
    follow_up: str,
    is_matter: Callable[[str], bool] = lambda name: False,
    matter: str | None = None,
) -> str:
    """`follow_up` with the matter of the standalone question `before`, which was about `matter`."""
    bare = follow_up.strip(_TAIL)
    if wants_more(bare):
        return before
    if (subject := subject_of(bare)) and not _is_facet(subject):
        if _CONDITION.search(subject):
            return f"{matter_of(matter or before, is_matter)} {subject}"
        return _swapped(before, subject, is_matter)
    return f"{matter_of(matter or before, is_matter)} {follow_up}"


def _tells_more(follow_up: str) -> bool:
    """Whether later questions go on with what `follow_up` says, and not only with the matter before it."""
    subject = subject_of(follow_up)
    if subject is not None and (_CONDITION.search(subject) or not _is_facet(subject)):
        return True
    return _topics(canonical(follow_up)) > 0


def names_a_thing(text: str) -> bool:
    """Whether `text` names a thing, and does not only tell of a doing or ask for a side of it."""
    return bool(things_named(text))


def things_named(text: str) -> tuple[str, ...]:
    """The things that `text` names, without words for sides of a matter (材料, 期限).

    >>> things_named("护照多久能办好"), things_named("办不完能拖几天")
    (('护照',), ())
    """
    return tuple(
        word
        for word, tag in tagged_words(canonical(text))
        if tag[0] in "nj" and len(word) > 1 and word not in _NO_TOPIC
    )


def subject_of(text: str) -> str | None:
    """The subject that a follow-up puts in the place of another: 企业 in 那企业呢, 低保 in 那低保.

    A name without 那 or 呢 is a subject only if it is of a kind with what questions are about (农村).
    """
    bare = canonical(text).strip(_TAIL)
    if swap := _SWAP.fullmatch(bare):
        return swap["subject"]
    name = _LEAD.sub("", bare)
    return name if name in SUBJECTS or (name != bare and is_name(name)) else None


def is_name(text: str) -> bool:
    """Whether `text` is the name of a matter and asks nothing of it.

    >>> is_name("生育保险"), is_name("生育保险怎么领"), is_name("申请条件")
    (True, False, False)
    """
    bare = canonical(text).strip(_TAIL)
    words = rjieba.tag(bare, False)
    return (
        1 < len(bare) <= _LONGEST_NAME
        and all(tag.startswith(_NAMING) for _, tag in words)
        and not any(word in read_question_words() for word, _ in words)
        and not words[-1][0].endswith(_FACETS)
        and _topics(bare) > 0
    )


def matter_of(question: str, is_matter: Callable[[str], bool] = lambda name: False) -> str:
    """The matter of `question`: the question without what it asks.

    Of a question that tells a story first, it is the name in it that the documents have a part about.

    >>> matter_of("规范性文件清理什么时候完成？")
    '规范性文件清理'
    """
    asked = _YES_NO.sub("", question.strip(_TAIL))
    if collected := _COLLECTED.fullmatch(asked):
        return collected["topic"]
    if _CLAUSES.search(asked) and (named := named_matter(asked, is_matter)):
        return named
    bare = re.sub(r"\s+", " ", _unasked(asked)).strip(_TAIL + "吗呢的")
    return bare or question.strip(_TAIL)


def _unasked(asked: str) -> str:
    """`asked` without its words of asking; what is counted goes as well: 业主大会要多少业主提议."""
    found = _ASKED.search(asked)
    if found and found[0].endswith("多少") and _topics(asked[: found.start()]):
        counted = asked[found.end() :]
        if names_a_thing(counted):
            return asked[: found.start()]
    return _ASKED.sub("", asked)


def _swapped(before: str, subject: str, is_matter: Callable[[str], bool]) -> str:
    """`before` with another subject: in the place of its like, else put in front.

    A matter that the documents have a part about takes the place of the matter before.
    """
    put = in_its_place(before, subject, clauses=False)
    if put is None and is_matter(subject) and (topic := topic_of(before)) in before:
        put = before.replace(topic, subject, 1)
    return put or in_its_place(before, subject) or f"{subject} {before}"


def wants_more(text: str) -> bool:
    """Whether the question `text` asks for what an answer left out: 还有吗? 还有哪些?"""
    return bool(_MORE.fullmatch(canonical(text).strip(_TAIL)))


def leans_on_history(text: str) -> bool:
    """Whether the question `text` is a follow-up: not understood without the questions before it."""
    bare = canonical(text).strip(_TAIL)
    if wants_more(bare) or _POINTS_BACK.match(bare) or _is_swap(bare):
        return True
    if _LACKING.fullmatch(bare):
        return True
    if _begins_anew(bare):
        return False
    topics, short = _topics(bare), len(bare) <= _SHORT
    if short and _ACTION_FIRST.match(bare):
        return topics <= _FEW_TOPICS
    return topics <= 1 if _AND.match(bare) else topics == 0 and short


def _begins_anew(bare: str) -> bool:
    """Whether a question that begins with 那 names a matter of its own: 那特困供养找谁申请."""
    rest = _ANEW.sub("", bare)
    named = topic_of(rest)
    return rest != bare and len(named) >= _LEAST_ANEW and named != rest and _topics(named) > 0


def may_lean_on_history(text: str) -> bool:
    """Whether the question `text` may be a follow-up: short, with few words of its own: 谁主持听证?"""
    bare = canonical(text).strip(_TAIL)
    if len(bare) > _SHORT or _topics(bare) > _FEW_TOPICS or _begins_anew(bare):
        return False
    return not leans_on_history(text)


def _is_swap(bare: str) -> bool:
    """Whether a question only names another subject: 企业呢, 条件不具备的地方呢."""
    swap = _SWAP.fullmatch(bare)
    return bool(swap) and bare.endswith("呢") and not _ASKED.search(bare)


def _topics(text: str) -> int:
    """How many words of `text` name a matter."""
    return sum(
        (tag[0] in _TOPIC_TAGS or word[-1] in _NAMED_DAYS) and len(word) > 1 and word not in _NO_TOPIC
        for word, tag in tagged_words(text)
    )


def _is_facet(subject: str) -> bool:
    """Whether `subject` asks for another side of the same matter (责任单位呢), not for another matter."""
    if subject in SUBJECTS or _topics(subject):
        return False
    return any(word in _FACET_WORDS for word, _ in rjieba.tag(subject, False))
