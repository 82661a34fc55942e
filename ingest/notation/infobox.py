"""The information box of government pages: 索引号, 主题分类, 发文机关, 成文日期, 发文字号 … and their values.

Boxes come as lines ("发文字号：浔府办发〔2023〕12号"), as cells of one long line with spaces in the labels
("索 引 号： 000014349/2020-00017 主题分类：综合政务") and with the label in brackets ("[发文字号] …").
The value of a label runs to the next label, the line end or a wide gap.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

# Field -> its labels; there may be spaces between the characters of a label.
LABELS: Mapping[str, str] = {
    "title": "标题 文件标题 文件名称 信息名称",
    "number": "发文字号 发文文号 文号 文件编号 发文号 文件字号",
    "issuer": (
        "发文机关 发布机构 发文机构 发文单位 制定机关 发布单位 公开主体 发布机关 印发机关 "
        "印发单位 公开机构 发布部门 发文部门"
    ),
    "index_number": "索引号 信息索引号 信息索取号 索取号",
    "topic": "主题分类 信息分类 信息类别 所属主题 主题类别",
    "addressee": "主送机关 主送单位 主送",
    "written": ("成文日期 发文日期 印发日期 签发日期 生成日期 成文时间 发文时间 印发时间 签发时间 生成时间"),
    "published": (
        "发布日期 公布日期 公开日期 发表日期 发布时间 公布时间 公开时间 发表时间 更新时间 信息发布日期"
    ),
    "effective": "生效日期 施行日期 实施日期 执行日期 生效时间 施行时间 实施时间 执行时间",
    "expiry": "失效日期 废止日期 失效时间 废止时间 截止有效日期 有效期至 有效期截止",
    "_other": (
        "名称 公开类别 主题词 有效性 时效性 效力状态 公文时效 文件状态 公文种类 组配分类 体裁分类 "
        "服务对象分类 关键词 关键字 内容概述 内容概况 内容摘要 公开方式 公开范围 公开形式 "
        "公开程序 公开时限 公开属性 统一登记号 统一编号 登记号 载体类型 文件类型 文件类别 文种 "
        "体裁 有效期 效力 责任部门 信息来源 信息格式 语种 公文类型"
    ),
    "_source": (
        "来源 字号 字体 浏览次数 浏览量 阅读量 阅读次数 点击数 点击率 访问量 作者 编辑 责任编辑 打印 分享"
    ),
}
# A box is known by three fields, one of them among these: a list of contacts has none of them.
TELLING = frozenset(("number", "index_number", "written", "published"))
_LEAST_FIELDS = 3
_MOST_ABOVE = 3  # lines of a title above the box
_MOST_LINES = 20  # of a box
_LEAST_TEXT = 20  # characters besides the box: fewer are no text
_FIELD_OF = {label: field for field, labels in LABELS.items() for label in labels.split()}
_SPACED = "|".join(r"[ \u3000\xa0]*".join(label) for label in sorted(_FIELD_OF, key=len, reverse=True))
# A label that is not listed counts only between those that are: 各街道办事处： looks like one.
_UNLISTED = r"[一-鿿]{2,8}|[一-鿿](?:[ \u3000\xa0]{1,4}[一-鿿]){1,3}"
_LABEL = re.compile(
    rf"(?:(?<=[\s|｜\]】>;；])|^)(?:[\[【]\s*(?P<boxed>{_SPACED})\s*[\]】]\s*+[:：]?"
    rf"|(?P<plain>{_SPACED})[ \u3000\xa0]*[:：]|(?P<unlisted>{_UNLISTED})[:：])"
    r"[ \t\u3000\xa0]*",
    re.MULTILINE,
)
_ALONE = re.compile(rf"[\[【]?\s?(?:{_SPACED})\s?[\]】]?\s?[:：]?|(?:{_UNLISTED})\s?[:：]")
_VALUE_END = re.compile(r"\n|[\u3000\t]{2,}| {2,}|[|｜]")
_NOTHING = re.compile(r"[\s\-—－_/无]*")
_MOST = 200
_MOST_UNLISTED = 24


def read_infobox(head: str) -> dict[str, str]:
    """Field -> its value in the box; the first label of a field counts, empty fields are absent."""
    values: dict[str, str] = {}
    labels = list(_LABEL.finditer(head))
    for place, label in enumerate(labels):
        following = labels[place + 1].start() if place + 1 < len(labels) else len(head)
        stop = _VALUE_END.search(head, label.end(), following)
        value = head[label.end() : stop.start() if stop else following].strip(" \u3000\xa0[【")
        field = _field(label)
        if value and len(value) <= _MOST and not _NOTHING.fullmatch(value):
            values.setdefault(field, value)
    return {field: value for field, value in values.items() if not field.startswith("_")}


def _field(label: re.Match[str]) -> str:
    listed = label["boxed"] or label["plain"]
    return _FIELD_OF[re.sub(r"\s", "", listed)] if listed else "_unlisted"


def fields_in(lines: Sequence[str]) -> frozenset[str] | None:
    """The listed fields that `lines` label; None when anything else stands in them."""
    fields: set[str] = set()
    after_unlisted = False
    for line in filter(None, lines):
        label = _LABEL.match(line)
        unlisted = label is not None and label["unlisted"] is not None
        if label is None or (unlisted and (after_unlisted or len(line) > _MOST_UNLISTED)):
            return None
        after_unlisted = unlisted
        fields |= {_field(one) for one in _LABEL.finditer(line)}
    return frozenset(fields - {"_unlisted"})


def lists_several(lines: Sequence[str]) -> bool:
    """Whether a label of a box stands in `lines` with different values: those of several documents."""
    values: dict[str, str] = {}
    for line in lines:
        label = _LABEL.match(line)
        if label is not None and _field(label) in TELLING:
            stop = _VALUE_END.search(line, label.end())
            value = line[label.end() : stop.start() if stop else len(line)].strip()
            if value and values.setdefault(label[0], value) != value:
                return True
    return False


def is_box(fields: AbstractSet[str]) -> bool:
    """Whether these fields are those of an information box."""
    told = {field for field in fields if not field.startswith("_")}
    return len(told) >= _LEAST_FIELDS and bool(told & TELLING)


def is_page_line(fields: AbstractSet[str]) -> bool:
    """Whether these fields are those of the line below a page's title: 发布时间：… 来源：… 浏览次数：…"""
    return "published" in fields and "_source" in fields


class BoxedText(NamedTuple):
    """A text without its information box, and the values of the box, {} where it has none."""

    text: str
    box: Mapping[str, str]


def without_box(text: str) -> BoxedText:
    """`text` without the box that its first lines, or those below its title, make up."""
    lines = text.split("\n")
    filled = [place for place, line in enumerate(lines) if line.strip()][: _MOST_ABOVE + _MOST_LINES]
    for skipped in range(min(_MOST_ABOVE + 1, len(filled))):
        run: list[int] = []
        for place in filled[skipped:]:
            if fields_in([lines[each].strip() for each in (*run, place)]) is None:
                break
            run.append(place)
        while run and not fields_in([lines[run[-1]].strip()]):
            run.pop()
        found = fields_in([lines[place].strip() for place in run]) or frozenset()
        if not is_box(found):
            continue
        rest = "\n".join((*lines[: run[0]], *lines[run[-1] + 1 :]))
        if len(rest.strip()) < _LEAST_TEXT:
            break
        return BoxedText(rest, read_infobox("\n".join(lines[place].strip() for place in run)))
    return BoxedText(text, {})


def labels_alone(cell: str) -> bool:
    """Whether a cell holds a label and no value: its value stands in the next cell."""
    return _ALONE.fullmatch(cell) is not None
