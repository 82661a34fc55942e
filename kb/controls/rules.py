"""The rules by which the column (栏目) answers now: what administrators may set, and within which limits.

`Rules` are read once for each question and never change: a question begun under old rules ends under them.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from string import Formatter

from pydantic import Field

from kb.controls import wording
from kb.controls.responsible import MapRow
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

HOTLINE = "12345"
# Every sentence of kb.controls.wording by its name -> where citizens see it.
SENTENCES: Mapping[str, str] = {
    "REFUSAL": "没有找到答案时的第一句",
    "NOT_SAID": "文件没有说到所问的那一点；{point} 是那一点，如“金额”",
    "NOT_LISTED": "表格或清单里没有所问的那一项；{title} 是文件标题，{listed} 是列出的，{item} 是问的",
    "PART_UNFOUND": "一句问两件事，其中一件没有查到；{place} 是第几件",
    "TABLE_MOST": "问表格里最高或最低的是哪一项时，放在那几行前面；{column} 是表头，{sum} 是“最高”或“最低”",
    "TABLE_SUM": "问表格里一列的合计或平均；{column} 是表头，{sum} 是合计或平均，{value} 得数，{count} 项数",
    "ONLY_OUTDATED": "只在已不再有效的文件里找到答案",
    "REFUSAL_NEXT": "没有答案时接着说的建议；{hotline} 是热线号码，下同",
    "REFUSAL_NEAREST": "没有答案、但列出相近文件时的最后一句",
    "ANOTHER": "另一份文件说法不同时，放在它前面；{title}、{date} 是那份文件的标题和日期",
    "NO_ARTICLE": "文件没有所问的那一条；{title}、{range}、{place} 是标题、共有多少条、所问的条",
    "NO_PART": "条里没有所问的款或项；{title}、{article}、{range}、{place} 是标题、条、现有的和所问的",
    "MORE_ARTICLES": "所问的条太多，没有全部列出；{count} 是列出的条数",
    "NO_DOCUMENT": "没有所问的那份文件；{title} 是问的名称",
    "NO_EDITION": "没有所问的那一版；{title}、{edition}、{titles} 是名称、所问的版本、现有的版本",
    "NEAR_TITLES": "没有所问的文件时，列出名称相近的；{titles} 是标题",
    "WHICH_DOCUMENT": "名称相符的不止一份；{titles} 是标题",
    "WHICH_SPOKEN_OF": "只问第几条，而前面列出的文件不止一份；{place}、{titles} 是所问的条、标题",
    "WHICH_UNNAMED": "只问第几条，没有写是哪份文件；{place} 是所问的条",
    "COMPARED_OLDER": "比较新旧两版时，旧版一段的开头；{title}、{date}、{place} 是标题、日期、第几条",
    "COMPARED_NEWER": "比较新旧两版时，新版一段的开头",
    "COMPARED_OTHER": "比较两份文件时，每一段的开头",
    "COMPARED_NOTHING": "比较时，一边没有对应的规定",
    "COMPARED_CHANGES": "比较时，列出不同之处的开头",
    "COMPARED_REPLACED": "比较新旧两版时，改写了的文字；{older}、{newer} 是旧版和新版的原文",
    "COMPARED_ADDED": "比较新旧两版时，新增的文字",
    "COMPARED_LEFT_OUT": "比较新旧两版时，删去的文字",
    "COMPARED_BOTH": "比较两份文件时，说法不同的文字；{older}、{newer} 是前者和后者的原文",
    "COMPARED_ONLY_NEWER": "比较两份文件时，只有后者有的文字",
    "COMPARED_ONLY_OLDER": "比较两份文件时，只有前者有的文字",
    "COMPARED_UNSAID": "比较时，对应的一条没有提到所问的方面；{topic} 是所问的方面",
    "COMPARED_SAME": "比较时，两边文字相同",
    "COMPARED_FAR": "比较时，两边文字差别大，不逐句列出",
    "COMPARED_WHAT": "要求比较，但没有写明哪一条或哪个方面",
    "COMPARED_NEITHER": "比较时，两边都没有所问方面的规定；{topic} 是所问的方面",
    "COMPARED_ONE": "比较时，只有一份文件；{title}、{date} 是有的那一份",
    "UNDATED": "文件没有日期时，代替日期",
    "OUTDATED": "引用的文件已不再有效时，放在答案最前面；{title}、{status} 是标题和时效性",
    "QUESTION_EMPTY": "没有输入问题就提交",
    "QUESTION_TOO_LONG": "问题太长；{length} 是字数，{limit} 是上限",
    "REQUEST_REUSED": "同一次提交的内容前后不同（网络重发）",
    "ANSWER_UNKNOWN": "反馈的那个回答已不存在",
    "LEFT_EMPTY": "没有写内容就留言",
    "LEFT_UNKNOWN": "查询码不对，或留言已过保存期限",
    "BRINGING_IN": "首次启动后文件还在导入；{done} 是已导入的份数",
    "LEFT_NOT_ANSWERED": "留言还没有答复，就评价或再问",
    "LEFT_ASKED_AGAIN": "同一条留言再问第二次",
    "GREETING": "群众打招呼",
    "THANKS": "群众道谢、告别",
    "IDENTITY": "群众问“你是谁”",
    "ABILITY": "群众问“你能做什么”",
    "PERSON": "群众要找人工",
    "REACH": "群众问怎么联系、几点上班",
    "COMPLAINT": "群众要投诉、举报、信访",
    "EMERGENCY": "群众说着火、有人晕倒、被打等急事",
    "UPSET": "群众骂人或者说回答没用",
    "NONSENSE": "输入的内容没有意思",
    "SIMPLER": "群众要求说简单点，放在截短的上一个回答前面",
    "SHORTEST": "群众要求说简单点，而上一个回答只有一句",
    "REPEAT": "群众要求再说一遍，放在上一个回答前面；{question} 是上一个问题",
    "NOTHING_BEFORE": "要求说简单点、再说一遍，但前面没有回答",
    "ENGLISH": "用英文提问",
    "ENGLISH_FOUND": "用英文提问，查到内容时放在前面",
    "HOTLINE": "热线电话按钮上的名称",
    "POLICE": "110 按钮上的名称",
    "FIRE": "119 按钮上的名称",
    "AMBULANCE": "120 按钮上的名称",
    "ALL_DOCUMENTS": "问收录了哪些文件；{count} 是份数，{in_force} 是现行有效的份数",
    "SOME_DOCUMENTS": "问某个主题、单位、年份的文件；{about} 是所问的，{count}、{in_force} 同上",
    "LATEST_DOCUMENTS": "问最新的文件；{shown} 是列出的份数，{count} 是总数",
    "TELLING_DOCUMENTS": "问某个主题的文件，只在正文里讲到的；{topic} 是主题，{count} 是份数",
    "MORE_DOCUMENTS": "文件没有列全；{count} 是没有列出的份数",
    "NONE_COLLECTED": "没有所问主题、单位、年份的文件；{about} 是所问的",
    "FACT_UNKNOWN": "问文号、日期、发文机关而没有登记；{title} 是文件名，{fact} 是所问的",
    "OUTLINE": "问一份文件讲什么；{document} 是文件名、文号、日期",
    "OUTLINE_MORE": "文件的提纲没有列全；{count} 是没有列出的部分数",
    "UNNAMED_DOCUMENT": "问“这个文件”但不知道是哪一份；{example} 是举例的文件名",
    "CLARIFY_SIDE": "只输入一个词时反问的一句；{topic} 是那个词，下同",
    "CLARIFY_KIND": "问的事有几种情况，文件里说法不同时反问的一句",
    "CLARIFY_DOCUMENT": "说的文件不止一份时，反问是哪一份",
    "CLARIFY_PLACE": "几个地方的规定不同、又没有说是哪里时反问的一句",
    "SIDE_CONDITIONS": "反问时的选项：条件",
    "SIDE_CONDITIONS_ASKED": "点了“条件”以后问的话",
    "SIDE_HOW": "反问时的选项：怎么申请",
    "SIDE_HOW_ASKED": "点了“怎么申请”以后问的话",
    "SIDE_MATERIALS": "反问时的选项：材料",
    "SIDE_MATERIALS_ASKED": "点了“材料”以后问的话",
    "SIDE_AMOUNT": "反问时的选项：多少钱",
    "SIDE_AMOUNT_ASKED": "点了“多少钱”以后问的话",
    "SIDE_WHERE": "反问时的选项：去哪里",
    "SIDE_WHERE_ASKED": "点了“去哪里”以后问的话",
    "SIDE_TIME": "反问时的选项：期限",
    "SIDE_TIME_ASKED": "点了“期限”以后问的话",
    "SIDE_UNITS": "反问时的选项：由谁负责",
    "SIDE_UNITS_ASKED": "点了“由谁负责”以后问的话",
    "NO_PLACE": "问的地方没有文件；{place} 是那个地方",
    "MODEL_AWAY": "语言模型没有回应，改为引用原文时的说明",
    "MODEL_UNCHECKED": "语言模型写的句子都没有通过核对，改为引用原文时的说明",
    "MODEL_INTERRUPTED": "语言模型说到一半中断，接着引用原文时的说明",
    "MODEL_INCOMPLETE": "语言模型没有说到所问的那一点，接着引用原文时的说明",
    "CLOSED": "关闭回答时的公告（没有另写公告时用）",
    "SEARCH_ONLY": "只查文件时的公告（没有另写公告时用）",
    "WECHAT_WELCOME": "微信：群众关注公众号时",
    "WECHAT_LOOKING": "微信：五秒内没有查到，稍后由公众号主动发出",
    "WECHAT_FETCH": "微信：五秒内没有查到，公众号不能主动发消息",
    "WECHAT_ALSO": "微信：送出上一个答案时，又收到一个问题",
    "WECHAT_BUSY": "微信：同时提问的人太多",
    "WECHAT_OFTEN": "微信：一个人问得太快",
    "WECHAT_WORDS_ONLY": "微信：收到图片、视频、位置等",
    "WECHAT_UNDERSTOOD": "微信：问题换了说法去查；{query} 是查的话",
    "WECHAT_GOES_ON": "微信：接着上一问；{topic} 是上一问说的事",
    "WECHAT_CONTACTS": "微信：名单的链接；{url} 是网址",
    "WECHAT_FULL": "微信：答案后面的链接；{url} 是网址",
    "WECHAT_CUT": "微信：答案太长，截断处的说明",
    "WECHAT_SOURCE": "微信：出处一行；{source} 是文件和条款",
    "WECHAT_NUMBERS": "微信：反问时的说明",
    "WECHAT_LEAVE": "微信：没有答案时，告诉怎么留言",
    "WECHAT_LEAVE_HOW": "微信：只发了“留言”两个字",
    "WECHAT_LEFT": "微信：收到留言；{code} 是查询码，下同",
    "WECHAT_LEFT_DUE": "微信：收到留言，{date} 是承诺答复的日期",
    "WECHAT_LEFT_FOLLOW": "微信：收到留言，告诉怎么查询",
    "WECHAT_REPLIED": "微信：留言有了答复，答复的前一行",
    "WECHAT_REPLIED_MORE": "微信：留言有了答复，最后一行；{url} 是网址",
}


class Rules(Model):
    """The rules in force; the defaults are those of the program as shipped.

    `excluded`: ids of the documents that are neither found nor cited. `reworded`: shipped sentence -> the
    sentence used in its place. `everyday`: changes of the everyday words (kb.controls.everyday_words).
    `starters`: topics and starter questions in place of the shipped ones (kb.citizens.starters).
    `hotline`: the number to call, {hotline} in sentences.
    """

    mode: Mode = Mode.ON
    notice: str = ""
    threshold: float = Field(default=THRESHOLD, ge=0, le=1)
    excluded: frozenset[str] = frozenset()
    reworded: Mapping[str, str] = Field(default_factory=dict)
    everyday: Mapping[str, str] = Field(default_factory=dict)
    starters: str | None = None
    department_map: tuple[MapRow, ...] = ()
    hotline: str = HOTLINE

    def say(self, sentence: str) -> str:
        """The present wording of `sentence` from kb.controls.wording, with the hotline; other texts as is."""
        return self.worded(sentence).replace("{hotline}", self.hotline)

    def worded(self, sentence: str) -> str:
        """What `say` says, as administrators edit it."""
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
