"""The sides of a matter that citizens ask for, and which passages tell them.

    低保         最低生活保障 as a bare matter: every side that the passages tell can be asked for
    低保怎么申请   the matter and its side HOW

A passage tells a side when a sentence of it speaks of the matter and has the form of an answer: that
somebody may have it who 符合…, that it is asked for 向…提出. Words of penalties (停止) make no conditions.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from kb.controls import wording
from kb.hits import Hit
from kb.language.normalise import canonical
from kb.models import Model

_NUMBER = r"(?:\d{1,6}(?:\.\d{1,4})?|[一二三四五六七八九十百千万]{1,8})"
_SENTENCE = re.compile(r"[^。\n]+")
_UNDONE = re.compile(r"不予|停止|处分|罚|骗取|不得|不再|取消|暂停|责令")


class Side(StrEnum):
    """A side of a matter."""

    CONDITIONS = "conditions"
    HOW = "how"
    MATERIALS = "materials"
    AMOUNT = "amount"
    WHERE = "where"
    TIME = "time"
    UNITS = "units"


class _Form(NamedTuple):
    """How a side is called and asked for (wordings), read in a question, and told in a sentence."""

    label: str
    question: str
    asked: re.Pattern[str]
    told: re.Pattern[str]


_FORMS: dict[Side, _Form] = {  # in the order in which they are offered
    Side.CONDITIONS: _Form(
        wording.SIDE_CONDITIONS,
        wording.SIDE_CONDITIONS_ASKED,
        re.compile(r"条件|资格|什么(?:样的)?人|哪些人|谁(?:可以|能)"),
        re.compile(
            rf"(?:符合|具备|下列(?:条件|人员|对象)|条件的|的(?:家庭|人员|个人|老年人|残疾人|公民)|满{_NUMBER}[年岁周]|以上的|认定的)[^。\n]{{0,80}}"
            r"(?:给予|可以[^。\n，,]{0,14}(?:申请|申领|享受|领取)|享受|领取|申领|享有|有权)"
            r"|下列(?:人员|对象)可以|(?:认定|享受|申请|申领|领取|发放)[^。\n]{0,12}(?:条件|对象)(?:为|是|[:：])"
        ),
    ),
    Side.HOW: _Form(
        wording.SIDE_HOW,
        wording.SIDE_HOW_ASKED,
        re.compile(r"怎么|如何|怎样|咋|流程|程序|步骤|手续"),
        re.compile(
            r"(?:申请|申领|申报|办理)[^。\n]{0,30}(?:下列程序|程序办理|应当[^。\n]{0,8}向)"
            r"|向[^。\n]{2,40}(?:提出[^。\n]{0,10}申请|提出|申领)|提出(?:书面)?申请"
        ),
    ),
    Side.MATERIALS: _Form(
        wording.SIDE_MATERIALS,
        wording.SIDE_MATERIALS_ASKED,
        re.compile(r"材料|证件|证明|带(?:什么|哪些|啥)|提交|提供"),
        re.compile(
            r"(?:提交|提供|出具|携带|出示|持)[^。\n]{0,60}(?:材料|证明|身份证|户口簿|申请表|申请书|照片|相片|证书)"
        ),
    ),
    Side.AMOUNT: _Form(
        wording.SIDE_AMOUNT,
        wording.SIDE_AMOUNT_ASKED,
        re.compile(r"多少|标准|金额|几[元块]"),
        re.compile(
            rf"{_NUMBER}元|{_NUMBER}%|百分之|标准[^。\n]{{0,4}}由[^。\n]{{2,40}}(?:确定|规定|制定|公布)"
            r"|按[^。\n]{2,60}(?:差额|比例)|根据[^。\n]{2,60}(?:确定|计算|计发)"
        ),
    ),
    Side.WHERE: _Form(
        wording.SIDE_WHERE,
        wording.SIDE_WHERE_ASKED,
        re.compile(r"哪里|哪儿|哪办|向谁|找谁|去哪|到哪"),
        re.compile(
            r"向[^。\n，,]{2,40}(?:提出|申请|提交|申报|登记|申领)|到[^。\n，,]{2,30}(?:办理|领取|申领|登记)"
        ),
    ),
    Side.TIME: _Form(
        wording.SIDE_TIME,
        wording.SIDE_TIME_ASKED,
        re.compile(r"期限|时限|多久|多长时间|几天|多少天|几个月"),
        re.compile(
            rf"{_NUMBER}个?(?:工作日|日|天|个月)(?:内|以内)|期限[^。\n]{{0,8}}{_NUMBER}|有效期"
            rf"|{_NUMBER}个?(?:工作日|日|天|月)内"
        ),
    ),
    Side.UNITS: _Form(
        wording.SIDE_UNITS,
        wording.SIDE_UNITS_ASKED,
        re.compile(r"负责|归谁管|谁管|(?:哪个|什么)(?:部门|单位|机关|机构)"),
        re.compile(
            r"(?:部门|机关|机构|政府|局|委员会)[^。\n，,]{0,12}(?:负责|主管|签发)|由[^。\n，,]{2,30}(?:负责|审批|签发|主管)"
        ),
    ),
}


class SideOption(Model):
    """A side of a matter with the wordings by which it is offered."""

    side: Side
    label: str
    question: str


def forms() -> Sequence[SideOption]:
    """All sides in the order in which they are offered, with the wordings as shipped."""
    return [SideOption(side=side, label=form.label, question=form.question) for side, form in _FORMS.items()]


def asked_side(text: str) -> Side | None:
    """The side that canonical `text` asks for: the most special of those whose words it has."""
    special_first = (
        *(Side.MATERIALS, Side.AMOUNT, Side.TIME, Side.WHERE),
        *(Side.UNITS, Side.CONDITIONS, Side.HOW),
    )
    return next((side for side in special_first if _FORMS[side].asked.search(text)), None)


def tells(side: Side, matter: str, hit: Hit) -> bool:
    """Whether a sentence of the passage `hit` tells `side` of the canonical `matter`.

    Where the whole document is about the matter (居住证暂行条例), its sentences need not name it.
    """
    told = _FORMS[side].told
    about = matter in canonical(hit.document.title)
    return any(
        told.search(sentence)
        for sentence in _SENTENCE.findall(canonical(hit.chunk.text))
        if (about or matter in sentence) and not (side is Side.CONDITIONS and _UNDONE.search(sentence))
    )


def told_sides(matter: str, hits: Iterable[Hit]) -> list[Side]:
    """The sides of `matter` that any of `hits` tells, in the order in which they are offered."""
    passages = list(hits)
    return [side for side in _FORMS if any(tells(side, matter, hit) for hit in passages)]
