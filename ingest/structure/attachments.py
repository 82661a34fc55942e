"""A text that a document carries behind its own signature, as a part of the outline with its own title."""

import re
from collections.abc import Sequence

from kb.models import Model, Span

_MOST_LINES = 5  # that a title may be broken into
_LONGEST = 60  # characters of one of them
_NO_TITLE = re.compile(r"[。；;：:，,]")
_ENDS_TITLE = re.compile(
    "(?:意见|报告|请示|办法|规定|方案|细则|规则|条例|规划|计划|纲要|要点|通知|函|总结|纪要|建议|措施|制度|标准|章程|清单|目录|名单"
    "|表|指南|流程|预案|说明|决定|公约)(?:[（(][^（）()]{1,20}[）)])?$"
)


class Attachment(Model):
    """A carried text: the `name` that its title lines, at `span`, make together."""

    name: str
    span: Span


def title_of(lines: Sequence[str]) -> tuple[str, int]:
    """The title that the first of `lines` make together, and how many they are; ("", 0) when they make none.

    >>> title_of(["关于我国地震重点监视防御区的确定", "和加强防震减灾工作意见的报告", "国务院："])
    ('关于我国地震重点监视防御区的确定和加强防震减灾工作意见的报告', 2)
    """
    words = ""
    for count, line in enumerate(lines[:_MOST_LINES], start=1):
        printed = "".join(line.split()).lstrip("#")
        if len(printed) > _LONGEST or _NO_TITLE.search(printed):
            break
        words += printed
        if _ENDS_TITLE.search(words):
            return words, count
    return "", 0
