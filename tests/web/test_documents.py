"""GET /doc/{id}: the whole text, the cited words marked, nothing of a document executed."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from factories import CORPUS, make_document
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ingest.outline import read_outline
from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument, Section, Span, Status, viewer_url
from web import documents

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</mark></p></main><svg/onload=alert(1)>",
    "<!-- INFO END -->",
    "{{ 7*7 }}{% for x in y %}",
    "javascript:alert(1)",
)


class Shown(HTMLParser):
    """What a browser makes of a page: tags with attributes, the text, the text inside <mark>."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marks: list[str] = []
        self._in_mark = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self._in_mark = True
            self.marks.append("")

    def handle_endtag(self, tag):
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data):
        self.text += data
        if self._in_mark:
            self.marks[-1] += data

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if attributes.get("id")]


class OneDocument:
    """Stands where the registry stands, holding one document that was never ingested."""

    def __init__(self, document: PolicyDocument) -> None:
        self._document = document

    def get(self, document_id: str) -> PolicyDocument | None:
        return self._document if document_id == self._document.id else None


def show(kb: KnowledgeBase, document: PolicyDocument, query: str = "") -> Shown:
    """The viewer's page of `document`."""
    app = FastAPI()
    app.state.kb = replace(kb, documents=OneDocument(document))
    app.include_router(documents.router)
    response = TestClient(app).get(f"/doc/{quote(document.id, safe='')}{query}")
    assert response.status_code == 200
    return Shown(response.text)


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_every_answerable_place_is_marked_exactly(client: TestClient, kb: KnowledgeBase):
    """Each chunk of the three documents: the marked characters are the chunk's, white space aside."""
    for summary in kb.documents.summaries():
        for chunk in kb.documents.chunks_of(summary.id)[::4]:
            page = Shown(client.get(viewer_url(summary.id, chunk.span)).text)
            expected = re.sub(r"^#+\s+", "", chunk.text, flags=re.MULTILINE)
            assert without_spaces("".join(page.marks)) == without_spaces(expected)
            assert page.ids().count("cited") == 1


def test_whole_text_is_shown(client: TestClient, kb: KnowledgeBase):
    for summary in kb.documents.summaries():
        document = kb.documents.get(summary.id)
        shown = without_spaces(Shown(client.get(f"/doc/{quote(document.id, safe='')}").text).text)
        for line in document.text.splitlines():
            assert without_spaces(line.lstrip("# ")) in shown


def test_head_and_outline(client: TestClient, kb: KnowledgeBase):
    (law,) = [item for item in kb.documents.summaries() if "信息公开条例" in item.title]
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
def test_nonsense_places_show_the_document_unmarked(client: TestClient, kb: KnowledgeBase, query: str):
    document_id = kb.documents.summaries()[0].id
    response = client.get(f"/doc/{quote(document_id, safe='')}{query}")
    assert response.status_code == 200
    assert not Shown(response.text).marks


@pytest.mark.parametrize("document_id", ["nothing", "a%2Fb", "%3Cscript%3E", "..%2F..%2Fetc", "%00", "🙂"])
def test_unknown_document_is_a_friendly_page(client: TestClient, document_id: str):
    response = client.get(f"/doc/{document_id}")
    assert response.status_code == 404
    assert "没有" in response.text
    assert "<script>" not in response.text


def test_nothing_of_a_document_is_executed(kb: KnowledgeBase):
    evil = "\n".join(EVIL)
    document = make_document(
        "## 第一章 " + evil, title=evil, number=evil, issuer=evil, url="javascript:alert(1)", id="<b>&"
    )
    heading = Section(number="第一章", heading=EVIL[0], level=1, span=Span(start=3, end=len(document.text)))
    for shown in (document, document.model_copy(update={"sections": (heading,)})):
        page = show(kb, shown, f"?start=3&end={len(shown.text)}")
        plain = show(kb, make_document())
        assert page.count("script") == plain.count("script")
        assert page.count("img") == page.count("svg") == 0
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
        assert not [a for _, a in page.tags if (a.get("href") or "").startswith("javascript:")]
        assert all(words in page.text for words in EVIL)


def test_mark_over_several_lines_and_headings(kb: KnowledgeBase):
    text = "# 物业管理条例\n\n## 第一章 总则\n\n第一条 甲。\n\n第二条 乙。\n"
    document = make_document(text, sections=read_outline(text))
    start, end = text.index("总则"), text.index("乙")
    page = show(kb, document, f"?start={start}&end={end}")
    assert page.marks == ["总则", "第一条 甲。", "第二条 "]
    assert page.ids().count("cited") == 1


def test_pages_of_a_pdf_are_numbered(kb: KnowledgeBase):
    text = "第一页的话。\n第一页还有。\n第二页的话。\n第三页的话。"
    starts = (0, text.index("第二页"), text.index("第三页"))
    page = show(kb, make_document(text, page_starts=starts))
    shown = without_spaces(page.text)
    assert shown.index("第1页") < shown.index("第一页的话")
    assert shown.index("第一页还有") < shown.index("第2页") < shown.index("第二页的话") < shown.index("第3页")


def test_text_no_longer_in_force_says_so(kb: KnowledgeBase):
    assert "仅供查阅" in show(kb, make_document(status=Status.REPEALED)).text
    assert "仅供查阅" not in show(kb, make_document()).text


def test_largest_document_is_a_page(kb: KnowledgeBase):
    """All shipped documents in one: half a megabyte, thousands of lines."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.md")))
    page = show(kb, make_document(text, sections=read_outline(text)), "?start=100000&end=100020")
    assert page.marks
