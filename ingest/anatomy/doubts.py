"""Sentences for staff on metadata of a document that may be wrong, the least sure first."""

from collections.abc import Iterator, Mapping

from kb.models import Finding, PlaceDoubt, PolicyDocument

SURE = (
    0.8  # measured: in 160 labelled documents every wrong title had a lower confidence, docs/decisions/0020
)

# The Chinese name of every field that can be read or corrected.
FIELD_NAMES: Mapping[str, str] = {
    "title": "题名",
    "number": "发文字号",
    "issuer": "发文机关",
    "written_date": "成文日期",
    "published_date": "发布日期",
    "effective_date": "施行日期",
    "expiry_date": "失效日期",
    "validity": "有效期说明",
    "index_number": "索引号",
    "topic": "主题分类",
    "addressee": "主送机关",
    "status": "时效性",
    "departments": "单位",
    "url": "网址",
    "replaced_by": "替代文件",
}


def by_confidence(document: PolicyDocument) -> tuple[Finding, ...]:
    """The findings of a document, the least sure first."""
    return tuple(sorted(document.findings, key=lambda finding: (finding.confidence, finding.field)))


def doubts_of(document: PolicyDocument) -> tuple[str, ...]:
    """Sentences for staff: fields that may be wrong, a missing date, other documents that may repeal it."""
    fields = tuple(
        f"{FIELD_NAMES[finding.field]}“{getattr(document, finding.field)}”不一定对（取自{finding.reason}）"
        for finding in by_confidence(document)
        if finding.confidence < SURE
    )
    undated = ("没有识别到日期，新旧版本无法判断",) if document.dated is None else ()
    return (*fields, *undated, *document.doubts)


def place_doubts_of(document: PolicyDocument) -> tuple[PlaceDoubt, ...]:
    """What may be read wrongly, each at its place: pages, lines of one character, title and number."""
    found = (*_doubtful_fields(document), *document.place_doubts, *_single_characters(document))
    return tuple(sorted(found, key=lambda doubt: doubt.page or 0))


def _doubtful_fields(document: PolicyDocument) -> Iterator[PlaceDoubt]:
    for finding in by_confidence(document):
        if finding.field in ("title", "number") and finding.confidence < SURE:
            words = str(getattr(document, finding.field) or "")
            place = document.text.find(words) if words else -1
            yield PlaceDoubt(
                page=document.page_of(place) if place >= 0 else None,
                words=words if place >= 0 else "",
                sentence=f"{FIELD_NAMES[finding.field]}“{words}”不一定对（取自{finding.reason}）",
            )


def _single_characters(document: PolicyDocument) -> Iterator[PlaceDoubt]:
    """Lines of printed pages that are one Chinese character: it may have fallen out of another line."""
    place = 0
    before = ""
    for line in document.text.split("\n") if document.page_starts else ():
        words = line.strip()
        if len(words) == 1 and "\u3400" <= words <= "\u9fff":
            yield PlaceDoubt(
                page=document.page_of(place),
                words=words,
                sentence=f"“{words}”单独成一行，可能是从别的行里掉出来的（上一行：“{before[-12:]}”）",
            )
        before = words or before
        place += len(line) + 1
