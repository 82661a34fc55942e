"""GET /doc/{id}: a table of a document is shown as a table, its cited cells marked."""

from html.parser import HTMLParser

from factories import make_document
from fastapi.testclient import TestClient
from viewing import Shown, viewer

from kb.knowledge_base import KnowledgeBase
from kb.models import PolicyDocument, Section, Span

ROWS = (
    "事项：高龄津贴；补贴标准（元/月）：50；受理单位：区民政局",
    "事项：临时救助；补贴标准（元/月）：800",
    "事项：<script>alert(1)</script>；补贴标准（元/月）：60；受理单位：区残联",
)
TEXT = "\n".join(("各类补贴标准如下。", "补贴标准表", *ROWS, "注：按月发放。"))


class Cells(HTMLParser):
    """The texts of the cells of the first table, row by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag):
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self._in_cell:
            self.rows[-1][-1] += data


def with_table() -> PolicyDocument:
    span = Span(start=TEXT.index("补贴标准表"), end=TEXT.index("\n注"))
    return make_document(
        TEXT,
        title="补贴标准",
        sections=(Section(number="", heading="补贴标准表", level=1, span=span, table=True),),
    )


def page_of(kb: KnowledgeBase, query: str = "") -> str:
    client: TestClient = viewer(kb, with_table())
    return client.get(f"/doc/doc{query}").text


def test_rows_are_shown_under_the_heads_of_their_columns(kb: KnowledgeBase) -> None:
    assert Cells(page_of(kb)).rows == [
        ["事项", "补贴标准（元/月）", "受理单位"],
        ["高龄津贴", "50", "区民政局"],
        ["临时救助", "800", ""],
        ["<script>alert(1)</script>", "60", "区残联"],
    ]


def test_cells_of_a_cited_row_are_marked(kb: KnowledgeBase) -> None:
    start = TEXT.index(ROWS[1])
    page = Shown(page_of(kb, f"?start={start}&end={start + len(ROWS[1])}"))
    assert page.marks == ["临时救助", "800"]
    assert page.ids().count("cited") == 1
    assert "共 1 处" in page.text


def test_cited_cell_alone_is_marked(kb: KnowledgeBase) -> None:
    start = TEXT.index("800")
    assert Shown(page_of(kb, f"?start={start}&end={start + 3}")).marks == ["800"]


def test_text_around_a_table_stays_as_it_is(kb: KnowledgeBase) -> None:
    text = Shown(page_of(kb)).text
    assert text.index("各类补贴标准如下。") < text.index("高龄津贴") < text.index("注：按月发放。")
    assert "事项：高龄津贴" not in text


def test_words_of_the_question_are_counted_where_they_are_shown(kb: KnowledgeBase) -> None:
    page = Shown(page_of(kb, "?q=受理单位是区残联吗"))
    assert page.marks == ["残联"]
    assert "共 1 处" in page.text
