"""GET /doc/{id}: the whole text, the cited words marked, no code of a document executed."""

import hashlib
import re
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from factories import CORPUS, make_document
from fastapi.testclient import TestClient
from viewing import Shown, viewer

from ingest.structure.outline import read_outline
from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument, Section, Span, Standing, Status, viewer_url

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</mark></p></main><svg/onload=alert(1)>",
    "<!-- INFO END -->",
    "{{ 7*7 }}{% for x in y %}",
    "javascript:alert(1)",
)


def show(kb: KnowledgeBase, document: PolicyDocument, query: str = "", *others: PolicyDocument) -> Shown:
    """The viewer's page of `document`."""
    response = viewer(kb, document, *others).get(f"/doc/{quote(document.id, safe='')}{query}")
    assert response.status_code == 200
    return Shown(response.text)


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_cited_chunk_is_marked_exactly(client: TestClient, kb: KnowledgeBase):
    """Every fourth chunk of the three documents is marked exactly, white space aside."""
    for summary in kb.storage.documents.summaries():
        for chunk in kb.storage.documents.chunks_of(summary.id)[::4]:
            page = Shown(client.get(viewer_url(summary.id, chunk.span)).text)
            expected = re.sub(r"^#+\s+", "", chunk.text, flags=re.MULTILINE)
            assert without_spaces("".join(page.marks)) == without_spaces(expected)
            assert page.ids().count("cited") == 1


def test_page_shows_whole_text(client: TestClient, kb: KnowledgeBase):
    for summary in kb.storage.documents.summaries():
        document = kb.storage.documents.get(summary.id)
        page_text = without_spaces(Shown(client.get(f"/doc/{quote(document.id, safe='')}").text).text)
        for line in document.text.splitlines():
            assert without_spaces(line.lstrip("# ")) in page_text


def test_page_shows_facts_and_outline_with_anchors(client: TestClient, kb: KnowledgeBase):
    (law,) = [item for item in kb.storage.documents.summaries() if "信息公开条例" in item.title]
    page = Shown(client.get(f"/doc/{quote(law.id, safe='')}").text)
    assert "现行有效" in page.text
    assert law.dated.isoformat() in page.text
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    anchors = [link[1:] for link in links if re.fullmatch(r"#s\d+", link or "")]
    assert len(anchors) >= 6
    assert set(anchors) <= set(page.ids())
    assert len(page.ids()) == len(set(page.ids()))
    assert page.count("h1") == 1
    assert "##" not in page.text


@pytest.mark.parametrize(
    "query",
    [
        *("?start=&end=", "?start=5", "?end=5", "?start=-5&end=3", "?start=9&end=2", "?start=3&end=3"),
        *("?start=0&end=99999999", "?start=a&end=b", "?start=1.5&end=2", "?start=%00&end=%00"),
        *("?start=１&end=２", "?start=" + "9" * 5000 + "&end=3", "?start=1&start=2&end=x"),
        "?start=<script>&end=</script>",
    ],
)
def test_invalid_span_shows_document_unmarked(client: TestClient, kb: KnowledgeBase, query: str):
    document_id = kb.storage.documents.summaries()[0].id
    response = client.get(f"/doc/{quote(document_id, safe='')}{query}")
    assert response.status_code == 200
    assert not Shown(response.text).marks


@pytest.mark.parametrize("document_id", ["nothing", "a%2Fb", "%3Cscript%3E", "..%2F..%2Fetc", "%00", "🙂"])
def test_unknown_document_gets_404_page(client: TestClient, document_id: str):
    response = client.get(f"/doc/{document_id}")
    assert response.status_code == 404
    assert "没有" in response.text
    assert "<script>" not in response.text


def test_document_html_is_escaped(kb: KnowledgeBase):
    evil = "\n".join(EVIL)
    document = make_document(
        "## 第一章 " + evil, title=evil, number=evil, issuer=evil, url="javascript:alert(1)", id="<b>&"
    )
    heading = Section(number="第一章", heading=EVIL[0], level=1, span=Span(start=3, end=len(document.text)))
    for variant in (document, document.model_copy(update={"sections": (heading,)})):
        page = show(kb, variant, f"?start=3&end={len(variant.text)}&q={quote(evil)}&also={quote(EVIL[1])}")
        plain = show(kb, make_document())
        assert page.count("script") == plain.count("script")
        assert page.count("img") == plain.count("img")
        assert page.count("svg") == 0
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
        assert not [a for _, a in page.tags if (a.get("href") or "").startswith("javascript:")]
        assert all(words in page.text for words in EVIL)


def test_mark_spans_lines_and_headings(kb: KnowledgeBase):
    text = "# 物业管理条例\n\n## 第一章 总则\n\n第一条 甲。\n\n第二条 乙。\n"
    document = make_document(text, sections=read_outline(text))
    start, end = text.index("总则"), text.index("乙")
    page = show(kb, document, f"?start={start}&end={end}")
    assert page.marks == ["总则", "第一条 甲。", "第二条 "]
    assert page.ids().count("cited") == 1


def test_pdf_page_numbers_are_shown(kb: KnowledgeBase):
    text = "第一页的话。\n第一页还有。\n第二页的话。\n第三页的话。"
    starts = (0, text.index("第二页"), text.index("第三页"))
    page = show(kb, make_document(text, page_starts=starts))
    page_text = without_spaces(page.text)
    assert [name for name in page.ids() if name.startswith("page-")] == ["page-1", "page-2", "page-3"]
    assert page_text.index("第1页") < page_text.index("第一页的话")
    assert (
        page_text.index("第一页还有")
        < page_text.index("第2页")
        < page_text.index("第二页的话")
        < page_text.index("第3页")
    )


def test_repealed_document_shows_notice(kb: KnowledgeBase):
    assert "仅供查阅" in show(kb, make_document(status=Status.REPEALED)).text
    assert "仅供查阅" not in show(kb, make_document()).text


def test_largest_document_is_shown(kb: KnowledgeBase):
    """All shipped documents in one: half a megabyte, thousands of lines."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.md")))
    page = show(kb, make_document(text, sections=read_outline(text)), "?start=100000&end=100020")
    assert page.marks


# --- marks ---

LAW = (
    "第一条 为了保障公民获取政府信息，制定本条例。\n"
    "第二条 申请公开政府信息的，应当提出申请。\n"
    "第三条 二十日内答复。"
)


def marked(page: Shown) -> list[tuple[str | None, str]]:
    """The class and text of each mark."""
    kinds = [attributes["class"] for tag, attributes in page.tags if tag == "mark"]
    return list(zip(kinds, page.marks, strict=True))


def span(words: str) -> str:
    return f"{LAW.index(words)}-{LAW.index(words) + len(words)}"


def test_cited_also_and_word_marks_are_distinguished(kb: KnowledgeBase):
    start, end = span("应当提出申请").split("-")
    query = f"?start={start}&end={end}&also={span('二十日内')}&q={quote('申请信息公开多少天答复？')}"
    page = show(kb, make_document(LAW), query)
    assert marked(page) == [
        ("word", "信息"),
        ("word", "申请公开"),  # adjacent words get one mark
        ("word", "信息"),
        ("cited", "应当提出申请"),
        ("also", "二十日内"),
        ("word", "答复"),
    ]
    anchors = [attributes.get("id") for tag, attributes in page.tags if tag == "mark"]
    assert anchors == ["hit-1", "hit-2", "hit-3", "cited", "hit-5", "hit-6"]
    assert "共 6 处" in page.text


def test_marks_do_not_overlap(kb: KnowledgeBase):
    start, end = span("申请公开政府信息").split("-")
    query = f"?start={start}&end={end}&also={span('公开政府信息的')},{span('二十日')}&q={quote('政府信息')}"
    page = show(kb, make_document(LAW), query)
    assert marked(page) == [("word", "政府信息"), ("cited", "申请公开政府信息"), ("also", "二十日")]


@pytest.mark.parametrize(
    "query",
    [
        *("also=", "also=1", "also=9-3", "also=-", "also=0-999999", "also=a-b,,", "also=１-２", "also=%00"),
        *("q=", "q=的", "q=%00", "q=(((", "q=" + "问" * 3000, "q=🙂", "also=" + "1-2-3," * 500),
    ],
)
def test_invalid_mark_parameters_mark_nothing(kb: KnowledgeBase, query: str):
    assert not show(kb, make_document(LAW), f"?{query}").marks


def test_frequent_word_is_not_marked(kb: KnowledgeBase):
    text = "\n".join(f"第{number}条 物业管理。" for number in range(60)) + "\n第九十条 夜间停车。"
    page = show(kb, make_document(text), f"?q={quote('物业管理 停车')}")
    assert page.marks == ["停车"]


def test_no_mark_buttons_without_marks(kb: KnowledgeBase):
    assert "hits" not in show(kb, make_document(LAW)).ids()


def test_heading_levels_start_at_h2(kb: KnowledgeBase):
    text = "第一章 总则\n\n第一条 甲。\n\n第二章 附则\n\n第二条 乙。\n"
    page = show(kb, make_document(text, sections=read_outline(text)))
    # The title, the summary, and both chapters.
    assert [tag for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)] == ["h1", "h2", "h2", "h2"]


# --- editions ---


@pytest.mark.parametrize("status", list(Status))
def test_newer_edition_is_linked(kb: KnowledgeBase, status: Status):
    old = make_document(id="old", status=status, written_date=date(2010, 4, 29))
    newer = make_document(id="新 版?", written_date=date(2024, 2, 27))
    page = show(kb, old, "", newer)
    assert "2024-02-27" in page.text
    assert "/doc/%E6%96%B0%20%E7%89%88%3F" in [
        attributes.get("href") for tag, attributes in page.tags if tag == "a"
    ]
    assert ("本文件已有新版本" in page.text) is (status is Status.IN_FORCE)
    assert "新版本" not in show(kb, newer, "", old).text


def test_repeal_reason_links_to_its_source(kb: KnowledgeBase):
    standing = Standing(
        sentence="被《住房保障办法》废止，自 2023-07-01 起",
        since=date(2023, 7, 1),
        document_id="new",
        span=Span(start=10, end=40),
    )
    repealed = make_document(id="old", status=Status.REPEALED, standing=standing)
    newer = make_document(id="new", title="住房保障办法", written_date=date(2023, 6, 1))
    page = show(kb, repealed, "", newer)
    assert "本文件已废止（被《住房保障办法》废止，自 2023-07-01 起，查看依据）" in page.text
    links = [attributes.get("href") for tag, attributes in page.tags if tag == "a"]
    assert "/doc/new?start=10&end=40" in links
    alone = show(kb, repealed)
    assert "自 2023-07-01 起）" in alone.text and "查看依据" not in alone.text


def test_other_titles_and_repealed_documents_are_not_newer(kb: KnowledgeBase):
    amended = make_document(status=Status.AMENDED)
    others = (
        make_document(id="a", title="物业服务条例", written_date=date(2024, 1, 1)),
        make_document(id="b", status=Status.REPEALED, written_date=date(2024, 1, 1)),
        make_document(id="c", written_date=None),
    )
    told = ("新版本", "现行有效的版本")  # other editions are named below the text
    assert not any(words in show(kb, amended, "", *others).text for words in told)
    undated = make_document(id="d", written_date=None)
    assert not any(words in show(kb, undated, "", *others).text for words in told)


# --- the original file ---


def stored(path: Path, content: bytes, **fields: object) -> PolicyDocument:
    """A document as read from a file with `content`."""
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return make_document(path=str(path), source=path.name, sha256=sha256, **fields)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        pytest.param("夜间停车办法.pdf", b"%PDF-1.7 ...", "application/pdf", id="pdf"),
        pytest.param("办法<b>.md", b"<script>alert(1)</script>", "application/octet-stream", id="text"),
    ],
)
def test_original_is_the_ingested_file(
    kb: KnowledgeBase, tmp_path: Path, name: str, content: bytes, kind: str
):
    document = stored(tmp_path / name, content)
    client = viewer(kb, document)
    assert "下载原件" in client.get("/doc/doc").text
    response = client.get("/doc/doc/original")
    assert response.content == content
    assert response.headers["content-type"] == kind
    assert response.headers["content-disposition"] == f"attachment; filename*=utf-8''{quote(name)}"


def test_changed_or_missing_original_gets_404(kb: KnowledgeBase, tmp_path: Path):
    changed = stored(tmp_path / "甲.md", "甲".encode(), id="changed")
    missing = stored(tmp_path / "乙.md", "乙".encode(), id="gone")
    (tmp_path / "甲.md").write_text("另一份", encoding="utf-8")
    (tmp_path / "乙.md").unlink()
    line = make_document(id="line", source="docs.jsonl", path=str(tmp_path / "甲.md"))
    client = viewer(kb, changed, missing, line)
    for document_id in ("changed", "gone", "line", "nothing"):
        response = client.get(f"/doc/{document_id}/original")
        assert response.status_code == 404
        assert "原件" in response.text
    for document_id in ("gone", "line"):
        assert "下载原件" not in client.get(f"/doc/{document_id}").text


def test_source_url_is_linked(kb: KnowledgeBase):
    page = show(kb, make_document(url="https://www.gov.cn/a?b=1&c=<2>"))
    assert "https://www.gov.cn/a?b=1&c=<2>" in [attributes.get("href") for _, attributes in page.tags]
