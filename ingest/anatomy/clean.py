"""Remove what a saved web page adds to a policy: navigation, buttons, footers, invisible characters.

Boilerplate is removed in whole lines, by the ordered rules below. A line that could also stand in a policy
("政务公开") is removed only in an unbroken run of such lines at the very beginning or end; a button or a
counter is removed near the ends; a line that no policy contains ("扫一扫在手机打开当前页") is removed
everywhere. Text is only ever deleted, so that `page_starts` can be adjusted.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from enum import Enum, auto
from itertools import accumulate
from typing import NamedTuple

from ingest.notation.radicals import with_characters
from ingest.raw_text import RawText, TablePlace
from kb.models import Span


class _Where(Enum):
    """Where in the text a rule applies."""

    RUN = auto()  # in an unbroken run of boilerplate at the beginning or end
    ENDS = auto()  # among the first or last lines
    ANYWHERE = auto()


class _Rule(NamedTuple):
    """A pattern for whole lines of boilerplate, and what kind of boilerplate they are."""

    pattern: str
    where: _Where
    reason: str


_NAV = (
    "网站首页|首页|政务资讯|政务动态|政务公开|政务服务|政府数据|政民互动|互动交流|新闻中心|信息公开|政府信息公开|公共服务|"
    "办事服务|数据开放|数据发布|专题专栏|专题|解读回应|政策解读|要闻动态|领导之窗|机构职能|通知公告|网站地图|联系我们|关于我们|"
    "网站声明|无障碍|无障碍浏览|无障碍阅读|长者模式|长者助手|适老化|关怀版|繁体|繁體|简体|English|RSS|登录|注册|搜索|收藏|移动版|客户端|微博|微信"
)
_RULES: tuple[_Rule, ...] = (
    _Rule(
        r"(?:微信|手机)?扫一?扫.{0,24}(?:当前页|二维码|关注|访问|阅读|分享.{0,6})|扫描二维码.{0,16}",
        _Where.ANYWHERE,
        "二维码提示",
    ),
    _Rule(
        r"[【\[〖]?(?:打印|打印本页|打印此页|打印页面|关闭|关闭窗口|关闭本页|返回顶部|回到顶部|收藏本页|我要纠错|纠错)[】\]〗]?"
        r"(?:[\s|丨/]*+[【\[〖]?(?:打印|打印本页|打印此页|关闭|关闭窗口|关闭本页|返回顶部|收藏|收藏本页|我要纠错|纠错|下载|分享)[】\]〗]?)*",
        _Where.ENDS,
        "页面按钮",
    ),
    _Rule(
        r"(?:[【\[]?字[号体](?:大小)?\s*+[:：]?\s*+)?[【\[]?(?:(?:超?大|中|小|默认|特大)[\s|丨/\]】\[【]*+){2,4}",
        _Where.ENDS,
        "字号按钮",
    ),
    _Rule(r"字[号体](?:大小)?\s*+[:：]?[\sA-Za-z+\-大中小\[\]【】]*+(?<!\s)", _Where.ENDS, "字号按钮"),
    _Rule(
        r"分享(?:到|至)?\s*+[:：]?(?:[\s、|]*+(?:微信|微博|新浪微博|QQ|QQ空间|朋友圈|人人网))*",
        _Where.ENDS,
        "分享按钮",
    ),
    _Rule(
        r"(?:您?当前(?:所在)?位置|您(?:现在)?(?:所在)?的?位置(?:是)?)\s*[:：].{0,120}",
        _Where.ENDS,
        "面包屑导航",
    ),
    _Rule(r"首页\s*+(?>[>＞»/→].{1,40}(?=[>＞»/→]|$)){1,6}+", _Where.ENDS, "面包屑导航"),
    _Rule(
        r"(?:信息)?来源\s*[:：](?!.{0,200}(?:时间|日期)).{0,40}(?:字[号体]|浏览|点击|打印|分享).{0,60}",
        _Where.ENDS,
        "来源与页面按钮",
    ),
    _Rule(r"(?:浏览|访问|阅读|点击)(?:次数|量|数)?\s*+[:：]\s*+\[?\d*+\]?\s*+次?", _Where.ENDS, "访问计数"),
    _Rule(r".{0,30}(?:ICP备|公网安备|网站标识码|版权所有|Copyright|©).{0,120}", _Where.ENDS, "备案与版权"),
    _Rule(
        r"(?:主办|承办|技术支持|建议使用|地址|邮编|网站管理|网站维护)(?:单位)?\s*[:：].{0,80}",
        _Where.RUN,
        "网站落款",
    ),
    _Rule(
        r"(?:上一[篇条页]|下一[篇条页])\s*[:：].{0,80}|相关(?:链接|文章|阅读|稿件|解读|附件)\s*[:：]?|友情链接.{0,20}",
        _Where.RUN,
        "相邻页面",
    ),
    _Rule(r"(?:走进|魅力|美丽)[一-鿿]{2,4}", _Where.RUN, "栏目名"),
    _Rule(rf"(?:{_NAV})(?:[\s|丨·>＞/]+(?:{_NAV}))*", _Where.RUN, "栏目名"),
    _Rule(r"(?:Produced By|Powered by|责任编辑|编辑|来源)\s*[:：]?.{0,40}", _Where.RUN, "网站署名"),
)
_COMPILED = tuple((re.compile(rule.pattern), rule.where) for rule in _RULES)
_END_LINES = 40  # non-empty lines at either end to which ENDS rules apply
_MAX_LINE = 200  # characters; boilerplate lines are short

# Zero-width characters, byte order mark, soft hyphen, direction marks: invisible, and they break matching.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]+")
_BLANK_LINES = re.compile(r"(?<=\n\n)\n+")
_ODD_SPACES = {ord(char): " " for char in "\u00a0\u2002\u2003\u2009\u202f"}


def clean(raw: RawText) -> RawText:
    """`raw` without web-page additions; no word of the policy is removed."""
    raw = _with_characters(raw.model_copy(update={"text": raw.text.translate(_ODD_SPACES)}))
    raw = _without(raw, _comments(raw.text))
    raw = _without(raw, _matches(_INVISIBLE, raw.text))
    raw = _without(raw, _boilerplate(raw.text))
    raw = _without(raw, _trailing_spaces(raw.text))
    raw = _without(raw, _matches(_BLANK_LINES, raw.text))
    return _without(raw, _outer_space(raw.text))


def _with_characters(raw: RawText) -> RawText:
    """`raw` without radicals, in the text and in what the file says about itself."""
    tables = [table.model_copy(update={"caption": with_characters(table.caption)}) for table in raw.tables]
    return raw.model_copy(
        update={
            "text": with_characters(raw.text),
            "tables": tuple(tables),
            "hints": {hint: with_characters(value) for hint, value in raw.hints.items()},
            "box": {field: with_characters(value) for field, value in raw.box.items()},
        }
    )


def _without(raw: RawText, spans: Iterable[tuple[int, int]]) -> RawText:
    """`raw` with `spans` (in order, not overlapping) deleted; pages and tables are adjusted."""
    deleted = [(start, end) for start, end in spans if end > start]
    if not deleted:
        return raw
    kept_parts: list[str] = []
    place = 0
    for start, end in deleted:
        kept_parts.append(raw.text[place:start])
        place = end
    kept_parts.append(raw.text[place:])
    starts = [start for start, _ in deleted]
    lost = [0, *accumulate(end - start for start, end in deleted)]

    def moved(offset: int) -> int:
        index = bisect_right(starts, offset)
        overhang = max(0, deleted[index - 1][1] - offset) if index else 0
        return offset - lost[index] + overhang

    return raw.model_copy(
        update={
            "text": "".join(kept_parts),
            "page_starts": tuple(moved(offset) for offset in raw.page_starts),
            "own_end": None if raw.own_end is None else moved(raw.own_end),
            "tables": tuple(_moved(table, moved) for table in raw.tables),
        }
    )


def _moved(table: TablePlace, moved: Callable[[int], int]) -> TablePlace:
    span = Span(start=moved(table.span.start), end=moved(table.span.end))
    return table.model_copy(update={"span": span})


def _matches(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(text)]


def _outer_space(text: str) -> list[tuple[int, int]]:
    """Spans of the empty lines before the first filled line (not its indentation) and of trailing space."""
    if not text.strip():
        return [(0, len(text))]
    indented = len(text) - len(text.lstrip())
    return [(0, text.rfind("\n", 0, indented) + 1), (len(text.rstrip()), len(text))]


def _comments(text: str) -> list[tuple[int, int]]:
    """Spans of HTML comments; an unclosed one is left out, because it may be text."""
    spans: list[tuple[int, int]] = []
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start)
        if end < 0:
            break
        spans.append((start, end + 3))
        start = text.find("<!--", end + 3)
    return spans


def _trailing_spaces(text: str) -> list[tuple[int, int]]:
    """Spans of white space before line ends. Line by line: a pattern would try every start of a long run."""
    spans: list[tuple[int, int]] = []
    place = 0
    for line in text.split("\n"):
        spans.append((place + len(line.rstrip()), place + len(line)))
        place += len(line) + 1
    return spans


def _boilerplate(text: str) -> list[tuple[int, int]]:
    """Spans of the lines that the rules remove, with their line ends."""
    lines = text.split("\n")
    ends = list(accumulate(len(line) + 1 for line in lines))
    rules = {index: _rule_for(line.strip()) for index, line in enumerate(lines) if line.strip()}
    filled = list(rules)
    near_ends = {*filled[:_END_LINES], *filled[-_END_LINES:]}
    runs = {*_run(filled, rules), *_run(filled[::-1], rules)}
    dropped = sorted(
        index
        for index, where in rules.items()
        if where is _Where.ANYWHERE or (where is _Where.ENDS and index in near_ends) or index in runs
    )
    return [(ends[index] - len(lines[index]) - 1, min(ends[index], len(text))) for index in dropped]


def _run(indexes: list[int], rules: dict[int, _Where | None]) -> Iterable[int]:
    """The boilerplate lines from one end up to the first other line."""
    for index in indexes:
        if rules[index] is None:
            return
        yield index


def _rule_for(line: str) -> _Where | None:
    """Where the first rule that matches the line applies; None when the line is no boilerplate."""
    if len(line) > _MAX_LINE:
        return None
    return next((where for pattern, where in _COMPILED if pattern.fullmatch(line)), None)
