"""ingest.document: the steps put together."""

from datetime import date

from ingest.document import build_document
from ingest.rawtext import RawText

TEXT = """首页
关于做好政务公开的通知
各街道：
一、做好公开。
二、做好解读。
浔阳区人民政府办公室
2023年9月4日
首页
"""


def test_build_document() -> None:
    built = build_document(
        RawText(text=TEXT), source="通知.txt", path="/a/通知.txt", sha256="0", document_id="d1"
    )
    assert (built.id, built.title, built.source, built.path) == (
        "d1",
        "关于做好政务公开的通知",
        "通知.txt",
        "/a/通知.txt",
    )
    assert built.issuer == "浔阳区人民政府办公室"
    assert built.dated == date(2023, 9, 4)
    assert [section.span.of(built.text) for section in built.sections] == ["一、做好公开。", "二、做好解读。"]
    assert "首页" not in built.text


def test_title_that_was_delivered_wins() -> None:
    built = build_document(
        RawText(text=TEXT), source="d", path="d", sha256="0", document_id="d1", title=" 公开通知 "
    )
    assert built.title == "公开通知"


def test_blank_title_does_not() -> None:
    built = build_document(RawText(text=TEXT), source="d", path="d", sha256="0", document_id="d1", title=" ")
    assert built.title == "关于做好政务公开的通知"
