"""Uploads beside their pages: where what was read may be wrong, and the page as people see it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from printing import Printer
from staffing import make_staff

from ingest.anatomy.document import build_document
from ingest.anatomy.doubts import place_doubts_of
from ingest.editing.showing import page_picture
from ingest.editing.staging import stage
from ingest.raw_text import RawText
from ingest.readers.paged.showing import page_picture as picture_of
from kb.embedding.embedder import Embedder
from kb.errors import DocumentError, NotFoundError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role
from web.console.documents.beside import beside_html

NOW = datetime(2024, 5, 6, tzinfo=UTC)
EDITOR, OTHER = make_staff(Role.EDITOR), make_staff(Role.EDITOR, ["区教体局"])
REVIEWER = make_staff(Role.REVIEWER)


@pytest.fixture
def own_kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as opened:
        yield opened


def printed() -> bytes:
    """Two pages; on the second a character has fallen out of its line."""
    printer = Printer()
    printer.centred("溪口区垃圾分类办法", 90, size=22)
    printer.paragraph("第一条 为了做好垃圾分类工作，改善人居环境，制定本办法。", 150)
    printer.new_page()
    printer.paragraph("第二条 区城市管理局应当在二十日内公示。", 120)
    printer.line("一", 300, left=300)
    printer.paragraph("第三条 本办法自印发之日起施行。", 480)
    return printer.finished()


def test_page_of_an_upload_is_shown_to_its_owner_and_a_reviewer_beside_the_doubts(own_kb: KnowledgeBase):
    preview = stage(own_kb, "垃圾分类.pdf", printed(), EDITOR, NOW)
    assert preview.pictured
    assert [(doubt.page, doubt.words) for doubt in preview.place_doubts] == [(2, "一")]
    picture = Image.open(BytesIO(page_picture(own_kb, preview.id, 2, EDITOR)))
    assert picture.height > picture.width > 500
    with pytest.raises(NotFoundError):
        page_picture(own_kb, preview.id, 3, EDITOR)
    assert page_picture(own_kb, preview.id, 1, REVIEWER)
    with pytest.raises(NotFoundError):
        page_picture(own_kb, preview.id, 1, OTHER)
    page = beside_html(preview)
    assert "逐页对照（存疑 1 处）" in page
    assert page.index("第 2 页，存疑 1 处") < page.index("第 1 页</summary>")
    assert f'src="/api/staff/documents/staged/{preview.id}/pages/2"' in page
    assert "可能是从别的行里掉出来的" in page


def test_text_file_has_its_doubts_without_pages(own_kb: KnowledgeBase):
    preview = stage(own_kb, "便民.txt", "联系电话：0792-8123456，每天都有人接。\n".encode(), EDITOR, NOW)
    assert not preview.pictured
    assert "<img" not in beside_html(preview)


def test_unsure_title_is_doubted_at_its_page():
    text = "某事\n溪口区环境卫生工作进展\n第一季度清运生活垃圾两千吨。\n"
    raw = RawText(text=text, page_starts=(0, 3))
    document = build_document(raw, source="3efa.pdf", path="/3efa.pdf", sha256="0" * 64, document_id="a")
    (doubt,) = place_doubts_of(document)
    assert doubt.page in (1, 2)
    assert doubt.sentence.startswith(f"题名“{document.title}”不一定对")


def test_scan_is_shown_upright_and_in_size():
    scan = BytesIO()
    Image.new("RGB", (3_000, 4_200), "white").save(scan, "JPEG")
    shown = Image.open(BytesIO(picture_of(scan.getvalue(), 1)))
    assert shown.size == (1_000, 1_400)


def test_damaged_file_has_no_picture():
    with pytest.raises(DocumentError, match="显示不出来"):
        picture_of(b"%PDF-1.7 nothing", 1)
