"""The rules by which the column (栏目) answers now: what administrators may set, and within which limits.

`Rules` are read once for each question and never change: a question begun under old rules ends under them.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from string import Formatter

from pydantic import Field

from kb.controls import wording
from kb.errors import InputError
from kb.models import Model

THRESHOLD = 0.5  # unless administrators set another (kb.controls.store)


MAX_SENTENCE, MAX_NOTICE = 200, 500  # characters
LOWEST, HIGHEST = 0.05, 0.95  # thresholds: below, everything is answered; above, nothing
_PLAIN_FIELD = re.compile(r"[a-z_]+")


class Mode(StrEnum):
    """What citizens get: answers, only the nearest documents, or neither."""

    ON = "on"
    SEARCH_ONLY = "search_only"
    OFF = "off"

    @property
    def label(self) -> str:
        """The mode's Chinese name."""
        return _MODE_LABELS[self]


_MODE_LABELS = {Mode.ON: "正常回答", Mode.SEARCH_ONLY: "只查文件，不回答", Mode.OFF: "关闭回答"}

# Every sentence of kb.controls.wording by its name -> where citizens see it.
SENTENCES: Mapping[str, str] = {
    "REFUSAL": "没有找到答案时的第一句",
    "NOT_SAID": "文件没有说到所问的那一点；{point} 是那一点，如“金额”",
    "NOT_LISTED": "表格或清单里没有所问的那一项；{title} 是文件标题，{listed} 是列出的，{item} 是问的",
    "TABLE_MOST": "问表格里最高或最低的是哪一项时，放在那几行前面；{column} 是表头，{sum} 是“最高”或“最低”",
    "TABLE_SUM": "问表格里一列的合计或平均；{column} 是表头，{sum} 是合计或平均，{value} 得数，{count} 项数",
    "ONLY_OUTDATED": "只在已不再有效的文件里找到答案",
    "REFUSAL_NEXT": "没有答案时接着说的建议",
    "REFUSAL_NEAREST": "没有答案、但列出相近文件时的最后一句",
    "ANOTHER": "另一份文件说法不同时，放在它前面；{title}、{date} 是那份文件的标题和日期",
    "UNDATED": "文件没有日期时，代替日期",
    "OUTDATED": "引用的文件已不再有效时，放在答案最前面；{title}、{status} 是标题和时效性",
    "QUESTION_EMPTY": "没有输入问题就提交",
    "QUESTION_TOO_LONG": "问题太长；{length} 是字数，{limit} 是上限",
    "REQUEST_REUSED": "同一次提交的内容前后不同（网络重发）",
    "ANSWER_UNKNOWN": "反馈的那个回答已不存在",
    "LEFT_EMPTY": "没有写内容就留言",
    "LEFT_UNKNOWN": "查询码不对，或留言已过保存期限",
    "MODEL_AWAY": "语言模型没有回应，改为引用原文时的说明",
    "MODEL_UNCHECKED": "语言模型写的句子都没有通过核对，改为引用原文时的说明",
    "MODEL_INTERRUPTED": "语言模型说到一半中断，接着引用原文时的说明",
    "MODEL_INCOMPLETE": "语言模型没有说到所问的那一点，接着引用原文时的说明",
    "CLOSED": "关闭回答时的公告（没有另写公告时用）",
    "SEARCH_ONLY": "只查文件时的公告（没有另写公告时用）",
}


class Rules(Model):
    """The rules in force; the defaults are those of the program as shipped.

    `excluded`: ids of the documents that are neither found nor cited. `reworded`: shipped sentence -> the
    sentence used in its place.
    """

    mode: Mode = Mode.ON
    notice: str = ""
    threshold: float = Field(default=THRESHOLD, ge=0, le=1)
    excluded: frozenset[str] = frozenset()
    reworded: Mapping[str, str] = Field(default_factory=dict)

    def say(self, sentence: str) -> str:
        """The present wording of `sentence` from kb.controls.wording; any other text as it is."""
        return self.reworded.get(sentence, sentence)

    @property
    def announcement(self) -> str:
        """The notice shown in place of answers; empty while the column answers."""
        if self.mode is Mode.ON:
            return ""
        return self.notice or self.say(wording.CLOSED if self.mode is Mode.OFF else wording.SEARCH_ONLY)


CurrentRules = Callable[[], Rules]


def default_sentence(name: str) -> str:
    """The sentence `name` as shipped.

    Raises:
        InputError: no sentence has this name.
    """
    if name not in SENTENCES:
        raise InputError(f"没有名为 {name} 的固定用语。")
    sentence: str = getattr(wording, name)
    return sentence


def check_sentence(name: str, text: str) -> str:
    """`text` without white space at its ends, if it can replace the sentence `name`.

    Raises:
        InputError: the text is empty or too long, or does not have exactly the same {fields}.
    """
    needed = _fields(default_sentence(name))
    text = text.strip()
    if not text:
        raise InputError("用语不能为空；要用回原来的一句，请选“恢复默认”。")
    if len(text) > MAX_SENTENCE:
        raise InputError(f"用语有 {len(text)} 个字，最多 {MAX_SENTENCE} 个字。")
    try:
        used = _fields(text)
    except ValueError as error:
        raise InputError("大括号不成对：大括号只用来写占位符，如 {title}。") from error
    missing, unknown = sorted(needed - used), sorted(used - needed)
    if missing:
        raise InputError(f"缺少占位符 {_braced(missing)}，请原样保留。")
    if unknown:
        allowed = _braced(sorted(needed)) if needed else "不能有占位符"
        raise InputError(f"不认识占位符 {_braced(unknown)}；这一句{'可用 ' if needed else ''}{allowed}。")
    return text


def check_notice(text: str) -> str:
    """`text` without white space at its ends, if it can be the notice.

    Raises:
        InputError: the text is too long.
    """
    text = text.strip()
    if len(text) > MAX_NOTICE:
        raise InputError(f"公告有 {len(text)} 个字，最多 {MAX_NOTICE} 个字。")
    return text


def check_threshold(value: float) -> float:
    """`value` rounded to two places, if it can be the threshold.

    Raises:
        InputError: the value lies outside LOWEST to HIGHEST.
    """
    if not LOWEST <= value <= HIGHEST:
        raise InputError(f"门槛应在 {LOWEST} 到 {HIGHEST} 之间。")
    return round(value, 2)


def _fields(text: str) -> frozenset[str]:
    """The names in braces; any other field ({a.b}, {0}, {a:>9}) is given as it is written.

    Raises:
        ValueError: the braces do not match.
    """
    names = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            plain = _PLAIN_FIELD.fullmatch(name) and not form and not conversion
            names.add(name if plain else f"{name}!{conversion or ''}:{form or ''}")
    return frozenset(names)


def _braced(names: list[str]) -> str:
    return "、".join(f"{{{name}}}" for name in names)
