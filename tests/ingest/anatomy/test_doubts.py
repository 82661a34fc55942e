"""ingest.anatomy.doubts: sentences for staff on doubtful metadata, the least sure first."""

from datetime import date

from factories import make_document

from ingest.anatomy.doubts import by_confidence, doubts_of
from kb.models import Finding

TITLE = Finding(field="title", confidence=0.95, reason="正文的一级标题")
ISSUER = Finding(field="issuer", confidence=0.7, reason="网页标签")
DATE = Finding(field="published_date", confidence=0.5, reason="文件名")


def test_findings_sorted_least_confident_first() -> None:
    assert by_confidence(make_document(findings=(TITLE, ISSUER, DATE))) == (DATE, ISSUER, TITLE)


def test_doubtful_fields_listed_before_doubts_about_validity() -> None:
    document = make_document(
        issuer="区民政局",
        published_date=date(2020, 1, 1),
        findings=(TITLE, ISSUER, DATE),
        doubts=("可能已由《新办法》（2024-01-01）代替，请核对",),
    )
    assert doubts_of(document) == (
        "发布日期“2020-01-01”不一定对（取自文件名）",
        "发文机关“区民政局”不一定对（取自网页标签）",
        "可能已由《新办法》（2024-01-01）代替，请核对",
    )


def test_document_without_date_is_a_doubt() -> None:
    assert doubts_of(make_document(written_date=None)) == ("没有识别到日期，新旧版本无法判断",)
    assert doubts_of(make_document(findings=(TITLE,))) == ()
