"""Pages to browse documents and entries, feeds, and what search engines are given."""

import json
import re
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase
from kb.staff.permissions import Role
from web.widget_script import FOLDER, widget_script

EVIL = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def entry(kb: KnowledgeBase):
    """An approved entry with markup, on a document; withdrawn from the matcher again."""
    (law,) = [one for one in kb.storage.documents.summaries() if one.title == "物业管理条例"]
    made = FaqEntry(
        id="shelf-1",
        question=f"换物业要多少业主同意{EVIL}？",
        answer="**双过半**，见[办法](https://a.gov.cn)",
        document_id=law.id,
    )
    before = kb.faq.matcher.entries
    kb.faq.matcher.update([made], [made.id])
    yield made
    kb.faq.matcher.update([], [made.id])
    assert kb.faq.matcher.entries == before


def data_blocks(page: str) -> list[dict[str, object]]:
    return [
        json.loads(each) for each in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    ]


def test_documents_are_browsed_without_scripts(client: TestClient):
    page = client.get("/documents").text
    assert "共 3 份" in page
    assert 'method="get"' in page
    none = client.get("/documents", params={"q": "量子力学"})
    assert none.status_code == 200
    assert "没有找到" in none.text
    for query in ("?page=99999999", "?page=x", "?status=<script>", "?year=abc", "?q=%00"):
        assert client.get(f"/documents{query}").status_code == 200, query


def test_entry_has_a_page_with_source_and_safe_structured_data(client: TestClient, entry: FaqEntry):
    page = client.get(f"/faq/{entry.id}").text
    assert "<strong>双过半</strong>" in page
    assert "《物业管理条例》" in page
    assert "<img src=x" not in page
    (block,) = data_blocks(page)
    assert block["@type"] == "FAQPage"
    assert block["mainEntity"][0]["name"] == entry.question
    document_page = client.get(f"/doc/{quote(entry.document_id, safe='')}").text
    assert [one["@type"] for one in data_blocks(document_page)] == ["Legislation", "FAQPage"]
    assert "关于这份文件的常见问答" in document_page
    assert client.get("/faq/nothing").status_code == 404


def test_front_page_tells_what_service_this_is(client: TestClient):
    (block,) = data_blocks(client.get("/").text)
    assert block["@type"] == "GovernmentService"


def test_feeds_list_documents_and_sitemap_lists_pages(client: TestClient, kb: KnowledgeBase):
    named = {one.title for one in kb.storage.documents.summaries()}
    atom = ElementTree.fromstring(client.get("/feed.atom").content)
    assert named <= {each.text for each in atom.iter("{http://www.w3.org/2005/Atom}title")}
    feed = client.get("/feed.json").json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert named <= {item["title"] for item in feed["items"]}
    addresses = ElementTree.fromstring(client.get("/sitemap.xml").content).iter(
        "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    )
    assert "http://testserver/documents" in {each.text for each in addresses}
    robots = client.get("/robots.txt").text
    assert "Disallow: /console" in robots
    assert "Sitemap: http://testserver/sitemap.xml" in robots


def test_file_is_public_only_once_an_entry_shows_it(client: TestClient, kb: KnowledgeBase, login):
    picture = b"\x89PNG\r\n\x1a\n" + b"shelf" * 4
    sent = login(Role.EDITOR).post("/api/staff/faq/files", params={"name": "图.png"}, content=picture)
    assert sent.status_code == 201
    url = sent.json()["url"]
    assert client.get(url).status_code == 404
    assert login(Role.EDITOR).get(url).content == picture
    shown = FaqEntry(id="shelf-2", question="图在哪里？", answer=sent.json()["markdown"])
    kb.faq.matcher.update([shown], [shown.id])
    try:
        response = client.get(url)
    finally:
        kb.faq.matcher.update([], [shown.id])
    assert response.content == picture
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["x-content-type-options"] == "nosniff"
    refused = login(Role.ANSWERER).post("/api/staff/faq/files", params={"name": "图.png"}, content=picture)
    assert refused.status_code == 403


def test_diagram_of_an_entry_explains_its_document_wherever_that_is_shown(
    client: TestClient, kb: KnowledgeBase
):
    (law,) = [one for one in kb.storage.documents.summaries() if one.title == "物业管理条例"]
    answer = "两个双过半。\n\n![图解：业主怎样<b>表决](/files/abcdef.png)"
    made = FaqEntry(id="shelf-3", question="业主怎样表决？", answer=answer, document_id=law.id)
    asked = {"question": "物业服务企业选聘要多少业主同意？"}
    assert client.post("/api/ask", json=asked).json()["diagrams"] == []
    kb.faq.matcher.update([made], [made.id])
    try:
        told = client.post("/api/ask", json=asked).json()
        plain = client.post("/chat", data=asked).text
        page = client.get(f"/doc/{quote(law.id, safe='')}").text
        (item,) = [one for one in client.get("/feed.json").json()["items"] if one["title"] == law.title]
        own = client.post("/api/ask", json={"question": made.question}).json()
        excluded = kb.controls.rules().model_copy(update={"excluded": frozenset({law.id})})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kb.controls, "rules", lambda: excluded)
            hidden = client.post("/api/ask", json=asked).json()
    finally:
        kb.faq.matcher.update([], [made.id])
    diagram = {"caption": "图解：业主怎样<b>表决", "url": "/files/abcdef.png"}
    assert told["diagrams"] == [{**diagram, "entry_id": made.id, "document_id": law.id}]
    assert f'/doc/{quote(law.id, safe="")}#diagrams"' in plain
    assert 'id="diagrams"' in page and "图解：业主怎样&lt;b&gt;表决（点开看大图）" in page
    assert (
        'src="http://testserver/files/abcdef.png"' in item["content_html"]
        and "<b>" not in item["content_html"]
    )
    assert own["kind"] == "faq" and 'class="diagram"' in own["html"] and own["diagrams"] == []
    assert hidden["diagrams"] == []


def test_person_at_an_unknown_address_gets_a_page(client: TestClient):
    response = client.get("/nothing", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "没有这个页面" in response.text
    assert client.get("/api/nothing", headers={"Accept": "text/html"}).json()["error"]


def test_every_text_of_the_widget_exists_in_every_language():
    chinese, english = (
        json.loads((FOLDER / name).read_text("utf-8")) for name in ("texts.json", "texts.en.json")
    )
    assert chinese.keys() == english.keys()
    places = {name: set(re.findall(r"\{\w+\}", str(words))) for name, words in chinese.items()}
    assert places == {name: set(re.findall(r"\{\w+\}", str(words))) for name, words in english.items()}
    assert len(chinese["reasons"]) == len(english["reasons"])
    script = widget_script()
    used = set(re.findall(r'app\.say\("(\w+)"', script))
    assert used <= chinese.keys()
