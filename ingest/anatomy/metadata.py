"""A document's metadata, from its text: title, number, issuer, dates, addressee, index number, topic, term.

The parts follow GB/T 9704-2012 (发文字号, 发文机关, 标题, 主送机关, 成文日期). Laws print their history under
the title, one line an event: "2019年4月3日 中华人民共和国国务院令第711号修订"; the latest event counts.
The text comes first; the tags of a web page (hints) fill missing fields and confirm the others. The organs
that a document is addressed to are not its departments. Each field comes with its confidence and its place.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from ingest.anatomy.carried import Order, own_signature, read_order
from ingest.anatomy.head import HeadPiece, head_pieces, is_organ
from ingest.anatomy.history import events_of
from ingest.anatomy.term import Term, read_term
from ingest.anatomy.title import FoundTitle, read_title
from ingest.notation.dates import DATE_PATTERN, FoundDate, read_date
from ingest.notation.document_number import (
    find_decree,
    find_numbers,
    first_number,
    read_bare_number,
    read_number,
)
from ingest.notation.infobox import read_infobox
from ingest.notation.signature import Signature, find_signatures
from ingest.raw_text import Hint
from kb.models import Finding, Particulars

# The enacting organ as history lines name it; the first pattern that matches wins.
_ENACTORS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("全国人民代表大会常务委员会"), "全国人民代表大会常务委员会"),
    (re.compile("全国人民代表大会"), "全国人民代表大会"),
    (re.compile("中共中央(?:办公厅)?、国务院(?:办公厅)?"), ""),
    (re.compile("国务院、(?:中华人民共和国)?中央军事委员会"), "国务院、中央军事委员会"),
    (re.compile("国务院"), "国务院"),
    (re.compile("中共中央"), "中共中央"),
    (re.compile("[一-鿿]{2,12}人民代表大会(?:常务委员会)?"), ""),
    (re.compile("[一-鿿]{2,20}(?:部|委员会|总局|署|人民政府|法院|检察院)"), ""),
)
_WEB_DATE = re.compile(
    rf"(?:(?:发布|更新)?(?:时\s{{0,3}}间|日\s{{0,3}}期)\s*[:：]\s*(?P<labelled>{DATE_PATTERN})(?!\d?\d[:：]\d)"
    rf"|(?P<stamped>{DATE_PATTERN})\s*+(?:\d{{1,2}}:\d\d(?::\d\d)?\s*+)?来源)"
)
_AMENDED = re.compile("修正|关于修改")
_LATER = "题注外、文件名中的修改日期"
_BELOW_TITLE = re.compile(rf"[（(]({DATE_PATTERN})[)）]")
_ADDRESSEE = re.compile(r"(?P<organs>[^。；！？:：\n]{2,300}+)[:：]")
_ORGAN_WORD = re.compile(
    r"政府|委员会|办事处|街道|部门|单位|机构|公司|企业|学校|高校|局|厅|委|部|办|院|署|署|中心|支队"
)
_NOT_ADDRESSED = re.compile(
    "如下|通知|公告|说明|附件|以下|人员|时间|地点|尊敬|同志们|朋友们|要求|规定|内容|发文|发布|文号|日期"
)
# A row of a table, with a label before each value, and the line above it that names the unit.
_OF_TABLE = re.compile("[；;][^：:；;。]{1,20}[:：]|^[（(]?(?:计量|货币|金额)?单位[:：]")
_PROPERTIES = "文件属性（由制作文件的软件填写）"
_REDHEAD = re.compile(r"(?P<organ>.{2,38}?)(?:文件|公告|令|通告)")


class Metadata(Particulars):
    """A document's metadata; None or () where the text says nothing. `findings`: how sure each field is."""

    title: str
    departments: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class _Found(dict[str, tuple[object, float, str]]):
    """Field -> value, confidence, reason; the first value given for a field counts."""

    def say(self, field: str, value: object, confidence: float, reason: str) -> None:
        if value and field not in self:
            self[field] = (value, confidence, reason)

    def date_of(self, field: str) -> date | None:
        value = self.get(field, (None,))[0]
        return value if isinstance(value, date) else None


def read_metadata(
    text: str,
    file_name: str,
    hints: Mapping[Hint, str] | None = None,
    box: Mapping[str, str] | None = None,
) -> Metadata:
    """Read the metadata of a cleaned text; page tags (`hints`) and the file name fill missing fields.

    `box` is the information box of a page where the reader of the page has taken it off the text.
    """
    hints = hints or {}
    pieces = head_pieces(text)
    head = text[: pieces[-1].span.end] if pieces else ""
    signed = (one.span.start for one in find_signatures(head) if one.organs)
    head = head[: next(signed, len(head))]  # what stands below is of other documents
    box = {**read_infobox(head), **(box or {})}
    events = list(events_of(pieces))
    enacted = [event for event in events if event[1] == "enacted"]
    title = read_title(text, pieces, box, hints.get("title"), file_name)
    found = _Found()
    order = read_order(text, pieces)
    if order:
        title = FoundTitle(order.title, 0.97, "令公布的文件")
        _find_order(found, order)
    found.say("title", title.value, title.confidence, title.reason)
    _find_number(found, pieces, box, enacted, hints)
    signature = own_signature(text, title.notice or title.value, box.get("issuer") or hints.get("issuer"))
    _find_issuer(found, pieces, box, enacted, signature, hints)
    _find_dates(found, pieces, head, box, enacted, signature, hints, file_name)
    _find_term(found, text, box, events)
    _find_rest(found, pieces, box, title, hints)
    findings = tuple(
        Finding(field=field, confidence=confidence, reason=reason)
        for field, (_, confidence, reason) in found.items()
    )
    values = {field: value for field, (value, _, _) in found.items()}
    issuers = tuple(re.split("[、,，\\s]+", str(values["issuer"]))) if "issuer" in values else ()
    return Metadata.model_validate({**values, "departments": issuers, "findings": findings})


def _find_order(found: _Found, order: Order) -> None:
    """What an order says of the regulation that it promulgates."""
    found.say("number", order.number, 0.96, "令号")
    found.say("issuer", order.organ, 0.95, "令的机关")
    found.say("written_date", order.written, 0.96, "令下的日期")
    found.say("effective_date", order.effective, 0.95, "令中的施行日期")


def _find_number(
    found: _Found,
    pieces: Sequence[HeadPiece],
    box: Mapping[str, str],
    enacted: Sequence[tuple[FoundDate, str, str]],
    hints: Mapping[Hint, str],
) -> None:
    """发文字号 in the box, or alone on a piece of the head; else the number of the latest decree."""
    if "number" in box:
        found.say("number", first_number(box["number"]), 0.98, "信息栏“发文字号”")
    for before, piece in zip((None, *pieces), pieces, strict=False):
        number = read_number(piece.text)
        if number and before is not None and not piece.opens and is_organ(before.text) and "〔" not in number:
            number = f"{before.text} {number}"  # 财政部 税务总局公告2020年第8号
        found.say("number", number, 0.95, "正文开头单独一行")
        if before is not None and before.text.endswith(("公告", "通告", "令")):
            found.say("number", read_bare_number(piece.text), 0.8, "标题下的编号，没有机关代字")
    decrees = [(event[0].value, number) for event in enacted if (number := find_decree(event[2]))]
    if decrees:
        found.say("number", max(decrees, key=lambda pair: pair[0])[1], 0.95, "题注中最近一次的令号")
    if "number" in hints:
        tagged = read_number(hints["number"]) or first_number(hints["number"])
        found.say("number", tagged, 0.85, "网页标签")
    if "subject" in hints:
        found.say(
            "number", next((one.value for one in find_numbers(hints["subject"])), None), 0.5, _PROPERTIES
        )


def _find_issuer(
    found: _Found,
    pieces: Sequence[HeadPiece],
    box: Mapping[str, str],
    enacted: Sequence[tuple[FoundDate, str, str]],
    signature: Signature | None,
    hints: Mapping[Hint, str],
) -> None:
    """发文机关: the signing organ; for laws the enacting organ of the latest history line that names one."""
    if "issuer" in box:
        found.say("issuer", "、".join(re.split("[、,，]", box["issuer"])), 0.97, "信息栏“发文机关”")
    if signature and signature.organs:
        found.say("issuer", "、".join(signature.organs), 0.9, "文末落款")
    for _, _, words in sorted(enacted, key=lambda event: event[0].value, reverse=True):
        for pattern, name in _ENACTORS:
            if organ := pattern.search(words):
                found.say("issuer", name or organ[0], 0.95, "题注")
    for piece in pieces[:6]:
        if redhead := _REDHEAD.fullmatch(piece.text):
            found.say("issuer", redhead["organ"], 0.8, "红头")
    found.say("issuer", hints.get("issuer"), 0.7, "网页标签")
    if is_organ(hints.get("author", "")):
        found.say("issuer", hints["author"], 0.5, _PROPERTIES)


def _find_dates(
    found: _Found,
    pieces: Sequence[HeadPiece],
    head: str,
    box: Mapping[str, str],
    enacted: Sequence[tuple[FoundDate, str, str]],
    signature: Signature | None,
    hints: Mapping[Hint, str],
    file_name: str,
) -> None:
    """成文日期 and 发布日期."""
    found.say("written_date", _date_at(box.get("written")), 0.98, "信息栏“成文日期”")
    if signature and signature.organs:
        found.say("written_date", signature.written, 0.95, "文末落款")
    for piece in pieces:
        if below := _BELOW_TITLE.fullmatch(piece.text):
            found.say("written_date", read_date(below[1]), 0.9, "标题下括号中的日期")
    if signature:
        found.say("written_date", signature.written, 0.8 if signature.closes else 0.6, "单独的日期，没有署名")
    found.say("published_date", _date_at(box.get("published")), 0.98, "信息栏“发布日期”")
    if enacted:
        latest = max(event[0].value for event in enacted)
        named = _date_in_name(file_name)
        if named and named > latest:
            found.say("published_date", named, 0.9, _LATER)
        found.say("published_date", latest, 0.95, "题注中最近一次公布或修改")
    if stamp := _WEB_DATE.search(head):
        found.say("published_date", read_date(stamp["labelled"] or stamp["stamped"]), 0.85, "网页的发布时间")
    found.say("published_date", _date_at(hints.get("published_date")), 0.85, "网页标签")
    if "written_date" not in found:
        found.say("published_date", _date_in_name(file_name), 0.7, "文件名")


def _find_term(
    found: _Found, text: str, box: Mapping[str, str], events: Sequence[tuple[FoundDate, str, str]]
) -> None:
    """施行日期, 失效日期 and the sentence that states them."""
    found.say("effective_date", _date_at(box.get("effective")), 0.98, "信息栏“施行日期”")
    stated_days = [found_date.value for found_date, kind, _ in events if kind == "in force"]
    if stated_days:
        found.say("effective_date", max(stated_days), 0.95, "题注")
    enacted = [(found_date.value, words) for found_date, kind, words in events if kind == "enacted"]
    issued = None if _is_amended(enacted, found) else _issued(found)
    term: Term = read_term(text, found.date_of("effective_date"), issued)
    sure = 0.85 if term.at_once else 0.95
    found.say("effective_date", term.effective, sure, f"附则：{term.statement}")
    found.say("expiry_date", _date_at(box.get("expiry")), 0.98, "信息栏“失效日期”")
    found.say("expiry_date", term.expiry, 0.85 if term.computed else 0.95, f"附则：{term.statement}")
    found.say("validity", term.statement, 0.9, "附则")


def _issued(found: _Found) -> date | None:
    """The day of issue: that in the history of a law, else the written date; pages are published later."""
    published = found.date_of("published_date")
    if published and found["published_date"][2].startswith("题注"):
        return published
    return found.date_of("written_date") or published


def _is_amended(enacted: Sequence[tuple[date, str]], found: _Found) -> bool:
    """Whether a text includes later amendments: 自公布之日起 is then of a day that it does not name."""
    if not enacted:
        return False
    _, words = max(enacted, key=lambda event: event[0])
    return bool(_AMENDED.search(words)) or found.get("published_date", ("",))[-1] == _LATER


def _find_rest(
    found: _Found,
    pieces: Sequence[HeadPiece],
    box: Mapping[str, str],
    title: FoundTitle,
    hints: Mapping[Hint, str],
) -> None:
    """索引号, 主题分类 and 主送机关."""
    for field, name in (("index_number", "索引号"), ("topic", "主题分类"), ("addressee", "主送机关")):
        found.say(field, box.get(field), 0.97, f"信息栏“{name}”")
    found.say("index_number", hints.get("index_number"), 0.85, "网页标签")
    found.say("topic", hints.get("topic"), 0.85, "网页标签")
    if "issuer" not in found and (organ := re.match(r"(.{2,30}?)关于", title.value)):
        found.say("issuer", organ[1] if _ORGAN_WORD.search(organ[1]) else None, 0.7, "标题中的机关名称")
    for piece in pieces[1:]:
        addressed = _ADDRESSEE.match(piece.text)
        if (
            addressed
            and _ORGAN_WORD.search(addressed[0])
            and not _NOT_ADDRESSED.search(addressed[0])
            and not _OF_TABLE.search(piece.text)
        ):
            sure = 0.95 if addressed.end() == len(piece.text) else 0.8
            found.say("addressee", addressed["organs"], sure, "标题下顶格的一行")
            return


def _date_at(printed: str | None) -> date | None:
    """The date at the beginning of a value."""
    at = re.match(rf"\s{{0,20}}({DATE_PATTERN})", printed or "")
    return read_date(at[1]) if at else None


def _date_in_name(file_name: str) -> date | None:
    """The date in brackets at the end of a file name: 义务教育法(2018-12-29).md."""
    match = re.search(rf"[(（]({DATE_PATTERN})[)）]", file_name)
    return read_date(match[1]) if match else None
