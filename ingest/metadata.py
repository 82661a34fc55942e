"""What the head and the signature of a document say about it: title, number, issuer, dates.

Anatomy after GB/T 9704-2012 (发文字号, 发文机关, 标题, 成文日期); laws print their history under the title,
one line an event: "2019年4月3日 中华人民共和国国务院令第711号修订". Of several events the latest counts.
`expiry_date` is the last day in force. Organs a document is addressed to are not its departments.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import zip_longest

from ingest.dates import DATE_PATTERN, FoundDate, find_dates, read_date
from ingest.numerals import CHINESE, number_value
from ingest.signature import Signature, find_signatures
from ingest.title import head_lines, read_title
from kb.models import Particulars

_N = f"[0-9０-９{CHINESE}]"
_DOCUMENT_NUMBER = re.compile(
    r"(?P<organ>[一-鿿]{1,16})[ ]?[〔\[【（(［﹝][ ]?(?P<year>(?:19|20)\d{2})[ ]?[〕\]】）)］﹞]"
    r"[ ]?第?[ ]?(?P<serial>\d{1,5})[ ]?号"
)
_NUMBER_LABEL = re.compile(r"(?:发文字号|文\s*号|文件编号|发文号)\s*[:：]?\s*")
_DECREE = re.compile(
    rf"(?:中华人民共和国)?(?P<organ>[一-鿿]{{2,20}}?)令[ ]?第?[ ]?(?P<serial>{_N}{{1,6}})[ ]?号"
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")

# Labels of information boxes -> field; the date must follow directly.
_LABELS: tuple[tuple[str, str], ...] = (
    ("(?:成文|发文|印发|签发)(?:日期|时间)", "written"),
    ("(?:发布|公布|公开|发表)(?:日期|时间)", "published"),
    ("(?:生效|施行|实施|执行)(?:日期|时间)", "effective"),
    ("(?:失效|废止|截止有效)(?:日期|时间)|有效期(?:至|截止)", "expiry"),
)
_IN_FORCE = re.compile("施行|生效|实施|执行")
_ENACTED = re.compile("通过|公布|发布|修订|修正|批准|颁布|印发|签署")
# The organ that enacted, as history lines name it; the first that fits wins.
_ENACTORS: tuple[tuple[str, str], ...] = (
    ("全国人民代表大会常务委员会", "全国人民代表大会常务委员会"),
    ("全国人民代表大会", "全国人民代表大会"),
    ("中共中央(?:办公厅)?、国务院(?:办公厅)?", ""),
    ("国务院", "国务院"),
    ("中共中央", "中共中央"),
    ("[一-鿿]{2,12}人民代表大会(?:常务委员会)?", ""),
    ("[一-鿿]{2,20}(?:部|委员会|总局|署|人民政府|法院|检察院)", ""),
)
_SELF = (
    "本(?:法|条例|办法|规定|规则|通知|意见|细则|方案|实施细则|实施意见|实施办法|暂行办法|暂行规定|政策|措施|公告|决定|"
    "标准|文件|解释)"
)
_STARTS = "(?:施行|实施|执行|生效|试行)"
_STARTS_ON = re.compile(rf"自[ ]?(?P<date>{DATE_PATTERN})[ ]?(?:起|开始)[^。；\n]{{0,6}}{_STARTS}")
_STARTS_AT_ONCE = re.compile(
    rf"自(?:公布|发布|印发|下发|颁布|发文|通过|签发)之日起[^。；\n]{{0,12}}?{_STARTS}"
)
_VALID_UNTIL = re.compile(rf"有效期?[^。；\n]{{0,16}}?(?:至|到|截止到?|截至)[ ]?(?P<date>{DATE_PATTERN})")
_VALID_YEARS = re.compile(rf"有效期(?:限)?[ ]?[为是]?[ ]?(?P<years>{_N}{{1,3}})[ ]?年")
_CLOSING_CHARS = 1500  # where the last articles stand


class Metadata(Particulars):
    """What a document says about itself; None or () where it says nothing."""

    title: str
    departments: tuple[str, ...] = ()


def read_metadata(text: str, file_name: str) -> Metadata:
    """Describe a cleaned document; the file name helps where the text is silent."""
    head = head_lines(text)
    labelled = _labelled_dates(head)
    events = list(_events(head))
    enacted = [event for event in events if event[1] == "enacted"]
    signature = _own_signature(text)
    written = labelled.get("written") or (signature.written if signature else None)
    published = labelled.get("published") or max((event[0].value for event in enacted), default=None)
    if published is None and written is None:
        published = _date_in_name(file_name)
    effective = labelled.get("effective") or _effective(text, events, published or written)
    issuers = _issuers(head, enacted, signature)
    return Metadata(
        title=read_title(text, file_name),
        number=_number(head, enacted),
        issuer="、".join(issuers) or None,
        written_date=written,
        published_date=published,
        effective_date=effective,
        expiry_date=labelled.get("expiry") or _expiry(text, effective),
        departments=issuers,
    )


def _number(head: tuple[str, ...], enacted: list[tuple[FoundDate, str, str]]) -> str | None:
    """发文字号 behind its label or alone on a line of the head; else the number of the latest decree."""
    for line in head:
        plain = line.translate(_FULL_WIDTH)
        label = _NUMBER_LABEL.search(plain)
        rest = plain[label.end() :] if label else plain.strip("（）() \u3000")
        found = _DOCUMENT_NUMBER.match(rest) if label else _DOCUMENT_NUMBER.fullmatch(rest)
        if found:
            return f"{found['organ']}〔{found['year']}〕{int(found['serial'])}号"
        decree = _DECREE.match(rest) if label else _DECREE.fullmatch(rest)
        if decree:
            return _decree_number(decree)
    decrees = [(event[0].value, found) for event in enacted if (found := _DECREE.search(event[2]))]
    return _decree_number(max(decrees, key=lambda pair: pair[0])[1]) if decrees else None


def _decree_number(decree: re.Match[str]) -> str:
    return f"{decree['organ']}令第{decree['serial'].translate(_FULL_WIDTH)}号"


def _labelled_dates(head: tuple[str, ...]) -> dict[str, date]:
    """Dates behind the labels of an information box."""
    found: dict[str, date] = {}
    for line in head:
        for label, field in _LABELS:
            place = re.search(rf"(?:{label})\s*[:：]?\s*({DATE_PATTERN})", line)
            value = read_date(place[1]) if place else None
            if value is not None:
                found.setdefault(field, value)
    return found


def _events(head: tuple[str, ...]) -> Iterator[tuple[FoundDate, str, str]]:
    """(date, "enacted" or "in force", words) of each event in the history under the title.

    The words of an event run from its date to the next date or the end of the line.
    """
    for line in head:
        dates = list(find_dates(line))
        for found, following in zip_longest(dates, dates[1:]):
            words = line[found.span.end : following.span.start if following else len(line)]
            words = re.split("[。；]", words)[0]
            if _IN_FORCE.search(words) and not _ENACTED.search(words):
                yield found, "in force", words
            elif _ENACTED.search(words):
                yield found, "enacted", words


def _own_signature(text: str) -> Signature | None:
    """The last signature that names an organ, else the last one."""
    found = find_signatures(text)
    return next((s for s in reversed(found) if s.organs), found[-1] if found else None)


def _issuers(
    head: tuple[str, ...], enacted: list[tuple[FoundDate, str, str]], signature: Signature | None
) -> tuple[str, ...]:
    """Who signed; for laws who enacted, by the latest line of the history that says so."""
    for line in head:
        label = re.match(r"(?:发文机关|发布机构|发文单位|制定机关|发布单位)\s*[:：]\s*([^\s]{2,40})", line)
        if label:
            return tuple(re.split("[、,，]", label[1]))
    if signature and signature.organs:
        return signature.organs
    for _, _, words in sorted(enacted, key=lambda event: event[0].value, reverse=True):
        for pattern, name in _ENACTORS:
            found = re.search(pattern, words)
            if found:
                return tuple((name or found[0]).split("、"))
    return ()


def _effective(text: str, events: list[tuple[FoundDate, str, str]], enacted: date | None) -> date | None:
    """施行 line of the history, else what the last articles say of this document itself."""
    stated = [found.value for found, kind, _ in events if kind == "in force"]
    if stated:
        return max(stated)
    for sentence in _closing_sentences(text):
        found = _STARTS_ON.search(sentence)
        if found:
            return read_date(found["date"])
        if _STARTS_AT_ONCE.search(sentence):
            return enacted
    return None


def _expiry(text: str, effective: date | None) -> date | None:
    """Last day in force. "有效期五年" counts only where the document speaks of itself, not of a licence."""
    for sentence in _closing_sentences(text):
        until = _VALID_UNTIL.search(sentence)
        if until:
            return read_date(until["date"])
        years = _VALID_YEARS.search(sentence)
        if years and effective is not None:
            return _years_later(effective, number_value(years["years"]))
    return None


def _closing_sentences(text: str) -> Iterator[str]:
    """Sentences near the end that speak of this document coming into force or being valid, last first."""
    closing = text[-_CLOSING_CHARS:]
    for sentence in reversed(re.split("[。\n]", closing)):
        if (
            re.search(_SELF, sentence)
            or _STARTS_ON.match(sentence.strip())
            or _STARTS_AT_ONCE.search(sentence)
        ):
            yield sentence


def _years_later(start: date, years: int) -> date | None:
    """The last day of a term of `years` that begins on `start`."""
    if not 0 < years < 100:
        return None
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    return date(start.year + years, start.month, day) - timedelta(days=1)


def _date_in_name(file_name: str) -> date | None:
    """The date in brackets at the end of a file name: 义务教育法(2018-12-29).md."""
    found = re.search(rf"[(（]({DATE_PATTERN})[)）]", file_name)
    return read_date(found[1]) if found else None
