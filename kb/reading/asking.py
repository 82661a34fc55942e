"""Which questions are answered by yes or no, and what they ask for.

外地人能办居住证吗    permit        电子烟算吸烟么    be
补办身份证要钱不      cost          养老院的床位费免不免    free
有没有高温津贴        have          这样扣工资违法吗    wrong
"""

import re
from enum import StrEnum

from kb.language.normalise import canonical
from kb.models import Model

_STOP = re.compile(r"[,，。;；?!:：]")
_ASKS = re.compile(
    r"吗|(?<!干)嘛|(?:[么不否吧]|[^都也还]没|(?<![都也还])没有)[呀啊呢]?$|(?:不啦|[能行中成用要]不了)$|是否|能否|可否|"
    r"有没有|有没个|([\u4e00-\u9fff]{1,2})[不没]\1|可不可以|需不需要|应不应该|允不允许"
)
# 谁都, 一个也没有 and 这几个 ask for nothing.
_OPEN = re.compile(
    r"(?:什么|(?<!干)啥|哪|谁)(?!.{0,8}[都也没])|多少|多久|多长|多远|多大|怎么|怎样|咋|干嘛|干啥|如何|为何|还是|"
    r"(?<![这那好])几[个天年月次岁倍元块条名家日级](?!.{0,8}[都也没])"
)
_REFERS = re.compile(
    r"^[这样么他她说讲做得的是也话法]{0,6}[对错][吗吧不没]|^(?:是不是|是)(?:这样|真的?)?[吗啊]?$"
)


class Wish(StrEnum):
    """What a question for yes or no wants to know."""

    WRONG = "wrong"
    FREE = "free"
    COST = "cost"
    NEED = "need"
    PERMIT = "permit"
    HAVE = "have"
    BE = "be"
    WILL = "will"
    OTHER = "other"


# The first that fits names the wish.
_WISHES: tuple[tuple[Wish, re.Pattern[str]], ...] = (
    (Wish.WRONG, re.compile(r"违法|犯法|违规|犯罪|违反|侵权|犯不犯|违不违")),
    (Wish.FREE, re.compile(r"免费|免票|免[收交缴征除税]|免不免|能免|减免|全免|白[看坐用领]")),
    (
        Wish.COST,
        re.compile(
            r"收费|收不收|要钱|收钱|花钱|掏钱|交钱|交费|缴费|付费|付钱|买票|门票|[交缴收征].{0,8}[费税钱]"
        ),
    ),
    (
        Wish.NEED,
        re.compile(
            r"需不需要|需要|要不要|用不用|必须|非得|用得着|得不得|须不须|该不该|得[^到了]{1,12}[吗不]|"
            r"(?<![主重首只想需])要(?![求件点素是])"
        ),
    ),
    (
        Wish.PERMIT,
        re.compile(
            r"能|可以|可否|可不|允许|准许|让不让|[行成中]不[行成中]|许不许|准不准|[行成中][吗不么]$|行得通|"
            r"合规|合法|合不合"
        ),
    ),
    (Wish.HAVE, re.compile(r"有没|(?<!没)有(?![关的效])[^有没]{1,12}[吗不没么]|有(?![关效]).{0,10}没有$")),
    (Wish.BE, re.compile(r"算|属于|是|归|包括|适用")),
    (Wish.WILL, re.compile(r"会")),
)
_REPEATED = re.compile(
    r"([\u4e00-\u9fff]{1,2})[不没]\1|有没有?|是否|能否|可否|(?:不|没有?|否)[啦了呀啊呢的]?$"
)
NEGATION = re.compile(r"不(?!动产|良|仅|但)|没(?!收)|无(?!障碍)|未(?!成年)|(?<![级类个性区])别(?![人的墅家])")
_STOPS = re.compile(r"免|拒|停|取消")  # the same without saying 不


class Asked(Model):
    """A question for yes or no: the words that ask, what they ask for, and whether by way of a negation.

    `said` are the words without 是不是, 有没有 and their like, which negate nothing.
    """

    words: str
    said: str
    wish: Wish
    negated: bool

    @property
    def turned(self) -> bool:
        """Whether what is asked is turned round by a negation, or by 免, 拒 and their like."""
        return self.negated or bool(_STOPS.search(self.said))


def asked(query: str) -> Asked | None:
    """What `query` asks for, or None when it is not answered by yes or no; its last question counts.

    >>> asked("孕妇上夜班，公司这样安排合不合法？").wish
    <Wish.PERMIT: 'permit'>
    """
    clauses = [part.strip() for part in _STOP.split(canonical(query)) if part.strip()]
    asking = [place for place, part in enumerate(clauses) if _OPEN.search(part) or _ASKS.search(part)]
    if not asking or _OPEN.search(clauses[asking[-1]]):
        return None
    last = asking[-1]
    words = clauses[last]
    if last and _REFERS.search(words):  # 物业不能收快递员的钱，对不对
        words = f"{clauses[last - 1]},{words}"
    said = _REPEATED.sub("", words)
    wish = next((wish for wish, pattern in _WISHES if pattern.search(words)), Wish.OTHER)
    return Asked(words=words, said=said, wish=wish, negated=bool(NEGATION.search(said)))


def asks_yes_or_no(query: str) -> bool:
    """Whether `query` is answered by yes or no.

    >>> asks_yes_or_no("外地人能办居住证吗？"), asks_yes_or_no("低保多少钱")
    (True, False)
    """
    return asked(query) is not None
