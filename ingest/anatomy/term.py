"""The term of a document as its text states it: 施行日期, 失效日期 and the sentence that states them.

Read from the last articles, where documents state their own term: 本办法自2023年10月1日起施行，有效期五年;
自发布之日起施行; 试行两年; 有效期至2025年底; 有效期自…至…. The expiry date is the last day in force.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from ingest.notation.dates import DATE_PATTERN, read_date
from kb.language.numerals import CHINESE, number_value
from kb.models import Model

_N = f"[0-9０-９{CHINESE}]"
_SELF = (
    "本(?:法|条例|办法|规定|规则|通知|意见|细则|方案|实施细则|实施意见|实施办法|实施方案|暂行办法|暂行规定|政策|措施|公告|通告|决定|"
    "标准|文件|解释|指南|规划|要点|制度|预案|若干措施|若干政策)"
)
_STARTS = "(?:施行|实施|执行|生效|试行)"
_STARTS_ON = re.compile(rf"自[ ]?(?P<date>{DATE_PATTERN})[ ]?(?:起|开始)[^。；\n]{{0,6}}{_STARTS}")
_STARTS_AT_ONCE = re.compile(
    rf"自(?:公布|发布|印发|下发|颁布|发文|通过|签发|成文)之日起[^。；\n]{{0,12}}?{_STARTS}"
)
_STARTS_LATER = re.compile(
    rf"自(?:公布|发布|印发|颁布)之日起(?P<days>{_N}{{1,3}})日后[^。；\n]{{0,6}}{_STARTS}"
)
_VALID_UNTIL = re.compile(
    rf"(?:有效期?|试行期?|执行期?|期限|截止)[^。；\n]{{0,40}}?(?:至|到|截止到?|截至)[ ]?"
    rf"(?P<date>{DATE_PATTERN})"
)
_UNTIL_MONTH = re.compile(
    rf"有效期?[^。；\n]{{0,16}}?(?:至|到)[ ]?(?P<year>{_N}{{4}})年(?:(?P<month>{_N}{{1,3}})月)?底"
)
_VALID_YEARS = re.compile(
    rf"(?:有效期(?:限)?|试行期|执行期|施行期|暂行期|试行|暂行|有效)[ ]?(?:暂定)?[为是]?[ ]?"
    rf"(?P<number>{_N}{{1,3}})[ ]?(?P<unit>年|个月)(?![月内前])"
)
_OWN = re.compile(rf"{_SELF}|(?:以上|上述)(?:政策|措施|规定|意见)")
# Things with a term of their own, other than that of the document that mentions them.
_OTHER_TERM = re.compile("许可|证书|证件|执照|资格|凭证|合同|签证|签发|协议|证明|批准文件|标准书|票|卡")
_UNITS = re.compile(r"^[（(](?:牵头|责任)单位[^）)]*[）)]\s*")  # units of the preceding measure
_CLOSING_CHARS = 1500  # the end of the text, with the last articles


class Term(Model):
    """The stated term of a document; `statement` is the sentence from which the other fields are read."""

    effective: date | None = None
    expiry: date | None = None
    at_once: bool = False  # in force from the day of issue, which gives the effective date
    statement: str | None = None
    computed: bool = False  # the expiry was computed from a number of years or months


def read_term(text: str, effective: date | None, issued: date | None) -> Term:
    """The term of `text`; `effective` is the date its head gives (or None), `issued` the day of issue."""
    at_once = False
    statement: str | None = None
    for sentence in closing_sentences(text):
        starts = _STARTS_ON.search(sentence)
        later = _STARTS_LATER.search(sentence)
        now = _STARTS_AT_ONCE.search(sentence)
        if not (starts or later or now):
            continue
        statement = sentence
        if effective is None:
            if starts:
                effective = read_date(starts["date"])
            elif later and issued:
                effective = issued + timedelta(days=number_value(later["days"]))
            elif now:
                effective, at_once = issued, True
        break
    for sentence in closing_sentences(text):
        expiry, computed = _expiry(sentence, effective)
        if expiry is not None:
            whole_statement = statement if statement and sentence in statement else sentence
            return Term(
                effective=effective,
                expiry=expiry,
                at_once=at_once,
                statement=whole_statement,
                computed=computed,
            )
    return Term(effective=effective, at_once=at_once, statement=statement)


def _expiry(sentence: str, effective: date | None) -> tuple[date | None, bool]:
    """The last day in force that a sentence gives, and whether it was computed from a duration."""
    if _OTHER_TERM.search(sentence):
        return None, False
    if until := _VALID_UNTIL.search(sentence):
        return read_date(until["date"]), False
    if end := _UNTIL_MONTH.search(sentence):
        year, month = number_value(end["year"]), number_value(end["month"]) if end["month"] else 12
        return (date(year, month, monthrange(year, month)[1]), False) if 1 <= month <= 12 else (None, False)
    years = _VALID_YEARS.search(sentence)
    if years and effective is not None:
        number = number_value(years["number"])
        months = number * 12 if years["unit"] == "年" else number
        return _months_later(effective, months), True
    return None, False


def closing_sentences(text: str) -> Iterator[str]:
    """Sentences near the end about this document's own entry into force or validity, last first."""
    closing = text[-_CLOSING_CHARS:]
    for sentence in reversed(re.split("[。\n]", closing)):
        sentence = _UNITS.sub("", sentence.strip())
        begins = _STARTS_ON.match(sentence) or _STARTS_AT_ONCE.match(sentence)
        if _OWN.search(sentence) or begins or re.match("(?:文件)?有效期", sentence):
            yield sentence


def _months_later(start: date, months: int) -> date | None:
    """The last day of a term of `months` from `start` on; None outside 1 to 1199 months."""
    if not 0 < months < 1200:
        return None
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day) - timedelta(days=1)
