"""Reads from a question that it asks for one value, and of which kind.

    最长领几个月     a duration in 个月          谁批准，几天办完    nothing: it asks for two things
    罚多少钱         a sum                      能不能领三个月      nothing: yes or no is asked

A question that asks for anything beside the value is read as asking for none.
"""

import re
from enum import StrEnum

from kb.language.normalise import canonical
from kb.models import Model


class ValueKind(StrEnum):
    """What kind of value is asked for."""

    MONEY = "money"
    SHARE = "share"
    AGE = "age"
    DURATION = "duration"
    DATE = "date"
    COUNT = "count"


class WantedValue(Model):
    """The value asked for; `units` are the measure words that answer, none when the question names none."""

    kind: ValueKind
    units: tuple[str, ...] = ()


_MANY = r"(?:多少|几)"
COUNTED = "名|人|位|次|家|条|项|份|处|期|场|门|户|所|辆|类|种|章|届|个|件|倍|平方米|公里|米"
_KINDS: tuple[tuple[ValueKind, re.Pattern[str]], ...] = (
    (
        ValueKind.SHARE,
        re.compile(
            r"[百千万]分之(?:几|多少)|几分之几|几成|几个(?:百分)?点(?!钟)|(?:多少|多大|多高)(?:的)?(?:比例|比率)|"
            r"(?:比例|占比|比率|支持度|利率|税率|费率|覆盖率|达标率)(?:应当?|需要?|一般|最[高低多少])?(?:是|为|要|达到?|到|有){0,3}(?:多少|几|多[高大])"
        ),
    ),
    (
        ValueKind.MONEY,
        re.compile(
            rf"{_MANY}(?:钱|[百千万亿]{{0,2}}(?:元|块))|"
            r"(?:费用?|工资|补[贴助偿]金?|津贴|罚款|奖励|价格|金额|额度|保证金|押金|赔偿金?)(?:标准)?(?:最[高低多少])?(?:是|为|有|要)?多少(?:[?。]|\Z)|"
            r"(?:罚|补|赔|奖|扣)(?:贴|助|偿|励|款)?多少(?:[?。]|\Z)"
        ),
    ),
    (ValueKind.AGE, re.compile(rf"{_MANY}周?岁|多大(?:年[龄纪]|岁数)|年龄(?:要|是|为)?(?:多少|多大)")),
    (
        ValueKind.DURATION,
        re.compile(
            rf"{_MANY}个?(?P<unit>工作日|自然日|小时|分钟|学期|学年|星期|天|日|周|(?<=个)月|年(?!级|内?来|代))|多久|多长时间|"
            r"(?:期限|时限|有效期|任期|时间)(?:最[长短多少])?(?:是|为|有)?多长"
        ),
    ),
    (
        ValueKind.DATE,
        re.compile(
            r"什么时候|何时|哪一?天|几月(?:几[日号]|份)?|几[号日](?=[前起开结截到为]|\W{0,3}\Z)|哪一?年|什么时间"
        ),
    ),
    (ValueKind.COUNT, re.compile(rf"(?:多少|(?<![哪好])几)个?(?P<unit>{COUNTED})")),
)
_UNITS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("名", "人", "位"), ("名", "人", "位")),
    **dict.fromkeys(("天", "日"), ("日", "天")),
    **dict.fromkeys(("周", "星期"), ("周", "星期")),
    **dict.fromkeys(("类", "种"), ("类", "种")),
    "个": ("个", "名", "人", "位", "家"),
    "项": ("项", "个", "件"),
    "家": ("家", "个"),
}
_ASKS_MORE = re.compile(
    r"谁|哪(?!一?[天年])|什么(?!时[候间])|怎|如何|咋|啥|为何|是否|能否|可否|有无|[吗么嘛]\W{0,3}\Z|还是|"
    r"([\u4e00-\u9fff])不\1|有没有|能不|会不|要不要|(?:不|没)\W{0,3}\Z|和.{1,12}比|区别|不同|分别|各(?![类种级项地])"
)
_ASKING = re.compile(r"多少|(?<![哪好])几|多久|多长|多大|多高|什么时[候间]|何时|哪一?[天年]")
_ONE = re.compile(r"几月几[日号]|几点几分|几分之几|[几多少]{1,2}(?:到|至|-)几|百分之多少")
_HOW_OFTEN = re.compile(r"(?:多久|多长时间|几个?[年月天周日]|多少[天年日])(?:要|才|应)?.{0,4}?一[次期回届]")


def wanted_value(question: str) -> WantedValue | None:
    """The value that `question` asks for; None when it asks for none, or for more than one thing.

    >>> wanted_value("失业金最长领几个月？")
    WantedValue(kind=<ValueKind.DURATION: 'duration'>, units=('月',))
    """
    text = canonical(question)
    if _ASKS_MORE.search(text) or _HOW_OFTEN.search(text) or len(_ASKING.findall(_ONE.sub("几", text))) != 1:
        return None
    for kind, pattern in _KINDS:
        if found := pattern.search(text):
            unit = found.groupdict().get("unit")
            return WantedValue(kind=kind, units=_UNITS.get(unit, (unit,)) if unit else ())
    return None
