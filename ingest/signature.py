"""Signatures: the issuer's name and the date that close a document.

发文机关署名 and 成文日期 of GB/T 9704-2012, 7.3.5. A notice that carries another document has its signature
in the middle, so all of them are found. A date alone on a line is a signature when an organ's name stands
before it, or nothing after it.
"""

import re
from datetime import date

from ingest.dates import DATE_PATTERN, read_date
from kb.models import Model, Span

# What the name of a public organ ends with; longest first where one ends another.
ORGAN_ENDINGS = (
    "政府|办公室|办公厅|总局|管理局|分局|局|委员会|指挥部|领导小组|工作组|小组|专班|国务院|法院|检察院|研究院|院|"
    "街道办事处|街道|办事处|中心|总站|站|支队|总队|大队|部|厅|委|署|办|会|社|公司|银行|集团|协会|学校|大学|医院|处"
)
_LONE_DATE = re.compile(
    rf"(?<![^\s。])(?P<date>{DATE_PATTERN})[ \t\u3000]{{0,40}}(?:印发)?[ \t\u3000]{{0,40}}(?=\n|$)"
)
_ORGAN = re.compile(
    rf"[^\s。，；！？：,;:!?“”][^。，；！？：,;:!?\n“”]{{0,38}}(?:{ORGAN_ENDINGS})(?:[（(]?(?:代章|盖章|章|公章|印章)[)）]?)?$"
)
_PIECE_START = re.compile(r"\n|[ \t\u3000]{2,}|\u3000|[。；！？：;]")
_MAX_ORGANS = 12  # of a joint notice
_MAX_NAME = 60  # characters looked back for a name


class Signature(Model):
    """`organs` in print order, `written` the date below them, `span` over both."""

    organs: tuple[str, ...]
    written: date
    span: Span


def find_signatures(text: str) -> tuple[Signature, ...]:
    """Every signature of `text`, in order."""
    found = []
    for line in _LONE_DATE.finditer(text):
        written = read_date(line["date"])
        if written is None:
            continue
        start, organs = _organs_before(text, line.start("date"))
        at_end = not text[line.end() :].strip() if len(text) - line.end() < 200 else False
        if organs or at_end:
            span = Span(start=start, end=line.end("date"))
            found.append(Signature(organs=organs, written=written, span=span))
    return tuple(found)


def _organs_before(text: str, end: int) -> tuple[int, tuple[str, ...]]:
    """Names of organs directly before `end`, and where the first begins (`end` when there is none)."""
    organs: list[str] = []
    start = end
    while len(organs) < _MAX_ORGANS:
        stop = start
        while stop > 0 and text[stop - 1].isspace():
            stop -= 1
        floor = max(0, stop - _MAX_NAME)
        begin = max((m.end() for m in _PIECE_START.finditer(text, floor, stop)), default=floor)
        if not _ORGAN.match(text[begin:stop]):
            break
        organs.insert(0, text[begin:stop])
        start = begin
    return start, tuple(organs)
