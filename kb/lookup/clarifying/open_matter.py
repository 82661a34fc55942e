"""Reads from a question that it names a matter and asks nothing of it, or one side of it and nothing else.

    低保, 我想了解一下低保政策      the bare matter 低保
    低保怎么申请                    the matter 低保 and the side HOW
    失业人员领取失业金的条件          neither: it says more than a matter

Titles of documents (信访工作条例) and words for no matter at all (你们, 在哪) are no bare matters.
"""

import re

import rjieba

from kb.language.normalise import canonical
from kb.language.word_lists import word_list
from kb.language.word_weights import read_question_words
from kb.lookup.clarifying.sides import Side, asked_side
from kb.models import Model

SHORTEST, LONGEST = 2, 10  # characters of a matter
_ENDS = " ?？。.!！,，、；;的呢吧啊吗"
_BEFORE = re.compile(
    r"^(?:你好|您好|请问|请|麻烦|帮我|给我|我|想要?|要|问一?下?|了解一?下?|知道|咨询一?下?|打听一?下?|查一?下|查询|说说|讲讲|"
    r"介绍一?下?|关于|有关|一下|,|，)++"
)
_AFTER = re.compile(
    r"(?:的|这块|这个|方面|相关|有关|政策|规定|事情?|事宜|问题|情况|业务|怎么回事|是怎么回事|是什么情况|有(?:哪些|什么)){1,6}+$"
)
_TITLE = re.compile(r"(?:法|条例|办法|规定|细则|通知|意见|方案|要点|公告|决定|规划|纲要)$|[《》]")
_SIDE_WORDS = re.compile(
    r"申请|享受|领取|申领|办理|办|可以|能够?|需要|应当|应该|要|得|符合|满足|具备|什么样的|什么|哪些|哪个|哪里|哪儿|哪|"
    r"啥|怎么样?|如何|怎样|咋|的|是|有|去|到|在|向|找|谁|部门|单位|机关|机构|提交|提供|携带|带|准备|材料|证件|证明|条件|"
    r"资格|标准|金额|多少|钱|元|期限|时限|多久|多长时间|几天|多少天|几个月|由|归|管|负责|人|流程|程序|步骤|手续|领|"
    r"批下来|[ ?？,，。]"
)
_NAMING = ("n", "v", "j", "l", "i", "b", "a", "z", "s", "g", "t", "m", "eng")
_FOLLOW_UPS = frozenset(word for line in word_list("follow_up_words.txt") for word in line.split())


class SideRequest(Model):
    """A question for one side of a matter and nothing else."""

    matter: str
    side: Side


def bare_matter(text: str) -> str | None:
    """The matter that `text` names without asking anything of it; None for any other text.

    >>> bare_matter("我想了解一下低保政策"), bare_matter("低保怎么申请"), bare_matter("信访工作条例")
    ('低保', None, None)
    """
    plain = _BEFORE.sub("", canonical(text).strip(_ENDS))
    matter = _AFTER.sub("", plain).strip(_ENDS) or plain
    return matter if _is_matter(matter) else None


def side_of_matter(text: str) -> SideRequest | None:
    """The matter and the side that `text` asks for, when it says nothing else.

    >>> side_of_matter("低保要符合什么条件？")
    SideRequest(matter='低保', side=<Side.CONDITIONS: 'conditions'>)
    """
    plain = _BEFORE.sub("", canonical(text).strip(_ENDS))
    side = asked_side(plain)
    rest = _SIDE_WORDS.sub("", plain)
    if side is None or rest not in plain or not _is_matter(rest):
        return None
    return SideRequest(matter=rest, side=side)


def _is_matter(text: str) -> bool:
    """Whether `text` is the name of a matter: a few words that name things or actions."""
    if not SHORTEST <= len(text) <= LONGEST or _TITLE.search(text) or asked_side(text):
        return False
    words = rjieba.tag(text, False)
    return (
        all(tag.startswith(_NAMING) for _, tag in words)
        and not any(word in read_question_words() for word, _ in words)
        and not all(word in _FOLLOW_UPS or len(word) == 1 for word, _ in words[:-1] or words)
        and words[-1][0] not in ("申请", "办理", "公布", "要求", "范围")
    )
