"""Signatures: the issuer's name and the date that close a document.

发文机关署名 and 成文日期 of GB/T 9704-2012, 7.3.5. A notice that carries another document is signed in the
middle, so every signature is found. A date that stands alone, on a line or between gaps in a text saved on
one line, is a signature when an organ's name or the end of a sentence stands before it, or nothing but
annexes and notes after it.
"""

import re
from datetime import date

from ingest.notation.dates import DATE_PATTERN, read_date
from kb.models import Model, Span

# Endings of names of public organs; the longer first where one is the end of another.
ORGAN_ENDINGS = (
    "政府|办公室|办公厅|总局|管理局|分局|局|委员会|指挥部|组|专班|联防联控机制|国务院|法院|检察院|研究院|院|"
    "街道办事处|街道|办事处|中心|总站|站|支队|总队|大队|部|厅|委|署|办|会|社|公司|银行|集团|协会|学校|大学|医院|处"
)
_SPACE = "[ \t\u3000\xa0]"
_LONE_DATE = re.compile(
    rf"(?<![^\s。])(?P<date>{DATE_PATTERN}){_SPACE}{{0,40}}(?:印发)?(?:{_SPACE}{{1,40}}|(?=\n|$|[（(\[【]|责任编辑|编辑|来源))"
)
_AFTER_ALL = re.compile(
    r"附\s*件|[（(](?:此件|联系|主动公开|信息公开|抄送)|抄送|分享|扫一扫|相关(?:链接|解读|文件|附件)|【|打印|关闭|责任编辑"
)
_ORGAN = re.compile(
    rf"(?=.{{1,60}}$)[^\s。，；！？：,;:!?“”][^。，；！？：,;:!?\n“”]{{0,38}}(?:{ORGAN_ENDINGS})(?:[（(]?(?:代章|盖章|章|公章|印章)[)）]?)?$"
)
_EVENT = re.compile("(?:发布|座谈|运动|听证|招聘|交流|培训|推介|论证|评审|报告|见面)会$")  # ends like 协会
_PIECE_START = re.compile(rf"\n|{_SPACE}{{2,}}|[\u3000\xa0]|[。；！？：;]")
_MAX_ORGANS = 12  # of a joint notice
_MAX_NAME = 60  # characters searched backwards for one name


class Signature(Model):
    """A signature: `organs` in print order, `written` the date below them, `span` over both.

    `closes`: whether nothing but annexes and notes follows.
    """

    organs: tuple[str, ...]
    written: date
    span: Span
    closes: bool


def find_signatures(text: str) -> tuple[Signature, ...]:
    """All signatures in `text`, in order."""
    signatures = []
    for match in _LONE_DATE.finditer(text):
        written = read_date(match["date"])
        if written is None:
            continue
        start, organs = _organs_before(text, match.start("date"))
        rest = text[match.end() : match.end() + 200].strip()
        closes = not rest or bool(_AFTER_ALL.match(rest))
        before = _without_space(text, match.start("date"))
        after_sentence = before > 0 and text[before - 1] == "。"
        if organs or closes or after_sentence:
            span = Span(start=start, end=match.end("date"))
            signatures.append(Signature(organs=organs, written=written, span=span, closes=closes))
    return tuple(signatures)


def _without_space(text: str, end: int) -> int:
    """Where the white space before `end` begins."""
    while end > 0 and text[end - 1].isspace():
        end -= 1
    return end


def _organs_before(text: str, end: int) -> tuple[int, tuple[str, ...]]:
    """Where the names of organs directly before `end` begin, and these names; (`end`, ()) without any."""
    organs: list[str] = []
    start = end
    while len(organs) < _MAX_ORGANS:
        stop = _without_space(text, start)
        floor = max(0, stop - _MAX_NAME)
        begin = max((m.end() for m in _PIECE_START.finditer(text, floor, stop)), default=floor)
        last_space = text.rfind(" ", begin, stop)
        if last_space >= begin and _ORGAN.match(text[last_space + 1 : stop]):
            begin = last_space + 1
        if not _ORGAN.match(text[begin:stop]) or _EVENT.search(text, begin, stop):
            break
        organs.insert(0, text[begin:stop])
        start = begin
    return start, tuple(organs)
