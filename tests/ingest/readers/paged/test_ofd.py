"""ingest.readers.paged.ofd on files written here after GB/T 33190-2016, and on files that easyofd writes."""

import base64
import io
import re
import zipfile
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from PIL import Image
from printing import Printer, needs_cjk_font, scanned

from ingest.anatomy.document import build_document
from ingest.readers.paged.ofd import read_ofd
from ingest.readers.paged.showing import page_picture
from kb.errors import DocumentError

NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
ENTRY = (
    f"<ofd:OFD {NS} Version='1.1' DocType='OFD'><ofd:DocBody><ofd:DocInfo>"
    "<ofd:Title>政务公开工作要点</ofd:Title>"
    "<ofd:Author>浔阳区人民政府办公室</ofd:Author><ofd:CreationDate>2023-05-06</ofd:CreationDate></ofd:DocInfo>"
    "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
)
MEASURE = (
    "各街道办事处、区直各部门要把政务公开纳入年度工作要点，明确分管领导和承办人员，"
    "每季度通报一次，对落实不力的单位予以提醒。"
)


def document(pages: int, common: str = "") -> str:
    listed = "".join(f"<ofd:Page ID='{i + 10}' BaseLoc='Pages/Page_{i}/Content.xml'/>" for i in range(pages))
    return (
        f"<ofd:Document {NS}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
        f"</ofd:PageArea>{common}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
    )


def content(*objects: str, head: str = "") -> str:
    layer = f"<ofd:Layer ID='2'>{''.join(objects)}</ofd:Layer>"
    return f"<ofd:Page {NS}>{head}<ofd:Content>{layer}</ofd:Content></ofd:Page>"


def text(
    words: str, x: float, y: float, size: float = 5.0, deltas: str | None = None, attributes: str = ""
) -> str:
    """A text object whose upper left corner is at x, y (millimetres)."""
    if deltas is None:
        deltas = f'DeltaX="g {len(words) - 1} {size}"' if len(words) > 1 else ""
    return (
        f'<ofd:TextObject ID="5" Boundary="{x} {y} 180 {size}" Size="{size}" Font="3" {attributes}>'
        f'<ofd:TextCode X="0" Y="{0.88 * size}" {deltas}>{escape(words)}</ofd:TextCode></ofd:TextObject>'
    )


def paragraph(words: str, x: float, y: float, columns: int = 32, size: float = 5.0) -> tuple[str, ...]:
    whole = "\u3000\u3000" + words
    lines = [whole[i : i + columns] for i in range(0, len(whole), columns)]
    return tuple(text(line, x, y + 8 * i, size) for i, line in enumerate(lines))


def packed(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in files.items():
            archive.writestr(name, words)
    return out.getvalue()


def ofd(*pages: str) -> bytes:
    files = {"OFD.xml": ENTRY, "Doc_0/Document.xml": document(len(pages))}
    return packed(files | {f"Doc_0/Pages/Page_{i}/Content.xml": page for i, page in enumerate(pages)})


def test_paragraphs_page_starts_and_hints_read() -> None:
    raw = read_ofd(ofd(content(*paragraph(MEASURE, 25, 40)), content(*paragraph("二、" + MEASURE, 25, 40))))
    assert raw.text.splitlines() == [MEASURE, "二、" + MEASURE]
    assert raw.page_starts == (0, len(MEASURE) + 1)
    assert raw.hints == {"title": "政务公开工作要点", "issuer": "浔阳区人民政府办公室"}


def test_objects_read_by_position_not_file_order() -> None:
    page = content(text("第二行。", 25, 60), text("第一行。", 25, 50), text("标题", 95, 30, 8))
    assert read_ofd(ofd(page)).text.splitlines() == ["标题", "第一行。", "第二行。"]


@pytest.mark.parametrize(
    ("deltas", "attributes"),
    [
        pytest.param('DeltaX="5 5 5 5 5"', "", id="each_distance"),
        pytest.param('DeltaX="g 5 5"', "", id="repeated"),
        pytest.param('DeltaX="g 2 5 5 g 2 5.0"', "", id="mixed"),
        pytest.param("", "", id="no_distances"),
        pytest.param('DeltaX="g 5 10"', 'CTM="0.5 0 0 0.5 0 0"', id="halved_by_ctm"),
    ],
)
def test_line_read_whole_whatever_form_of_distances(deltas: str, attributes: str) -> None:
    size = 10.0 if attributes else 5.0
    page = content(
        text("政务公开工作", 25, 50, size, deltas, attributes), text("要点", 55, 50, 5), text("。", 65, 50, 5)
    )
    assert read_ofd(ofd(page)).text == "政务公开工作要点。\n"


def test_text_turned_by_ctm_is_read_upright() -> None:
    """A landscape page stored on its side: lines run up the paper, the first one furthest left."""
    turned = [
        text(line, 40 + 8 * i, 250, 5, attributes='CTM="0 -1 1 0 0 0"')
        for i, line in enumerate(["第一行讲公开。", "第二行讲监督。"])
    ]
    assert read_ofd(ofd(content(*turned))).text.splitlines() == ["第一行讲公开。", "第二行讲监督。"]


def test_slanting_watermark_is_left_out() -> None:
    mark = text("内部资料", 60, 150, 20, attributes='CTM="0.7 -0.7 0.7 0.7 0 0"')
    assert read_ofd(ofd(content(*paragraph(MEASURE, 25, 40), mark))).text.splitlines() == [MEASURE]


def test_nested_blocks_read_and_hidden_objects_dropped() -> None:
    inner = f"<ofd:PageBlock ID='8'>{text('看得见。', 25, 40)}</ofd:PageBlock>"
    block = f"<ofd:PageBlock ID='7'>{inner}</ofd:PageBlock>"
    hidden = text("看不见。", 25, 60, attributes='Visible="false"')
    assert read_ofd(ofd(content(block, hidden))).text == "看得见。\n"


def test_repeated_header_from_template_removed() -> None:
    header = content(text("浔阳区人民政府公报", 80, 10, 4))
    used = "<ofd:Template TemplateID='2' ZOrder='Background'/>"
    pages = [content(*paragraph(f"{n}、{MEASURE}", 25, 40), head=used) for n in "一二三四"]
    files = {
        "OFD.xml": ENTRY,
        "Doc_0/Document.xml": document(4, "<ofd:TemplatePage ID='2' BaseLoc='Tpls/Tpl_0/Content.xml'/>"),
        "Doc_0/Tpls/Tpl_0/Content.xml": header,
        **{f"Doc_0/Pages/Page_{i}/Content.xml": page for i, page in enumerate(pages)},
    }
    raw = read_ofd(packed(files))
    assert raw.text.splitlines() == [f"{n}、{MEASURE}" for n in "一二三四"]


def test_ruled_table_becomes_rows_with_heads() -> None:
    lines = "".join(f"M 0 {10 * i} L 120 {10 * i} " for i in range(3))
    lines += "".join(f"M {60 * i} 0 L {60 * i} 20 " for i in range(3))
    ruling = (
        f"<ofd:PathObject ID='9' Boundary='25 40 120 20' LineWidth='0.3'>"
        f"<ofd:AbbreviatedData>{lines}</ofd:AbbreviatedData></ofd:PathObject>"
    )
    cells = [
        text("事项名称", 27, 42),
        text("责任单位", 87, 42),
        text("政策解读", 27, 52),
        text("区司法局", 87, 52),
    ]
    assert read_ofd(ofd(content(ruling, *cells))).text == "事项名称：政策解读；责任单位：区司法局\n"


@pytest.mark.parametrize(
    ("root", "page"),
    [
        pytest.param("/Doc_0/Document.xml", "/Doc_0/Pages/Page_0/Content.xml", id="from_the_root"),
        pytest.param("Doc_0\\Document.xml", "Pages\\Page_0\\Content.xml", id="backslashes"),
        pytest.param("./Doc_0/Document.xml", "../Doc_0/Pages/Page_0/Content.xml", id="dots"),
        pytest.param(
            "doc_0/document.xml", "Doc_0/Pages/Page_0/Content.xml", id="other_case_and_root_without_slash"
        ),
    ],
)
def test_file_found_under_every_location_spelling(root: str, page: str) -> None:
    files = {
        "OFD.xml": ENTRY.replace("Doc_0/Document.xml", root),
        "Doc_0/Document.xml": document(1).replace("Pages/Page_0/Content.xml", page),
        "Doc_0/Pages/Page_0/Content.xml": content(text("政务公开。", 25, 40)),
    }
    assert read_ofd(packed(files)).text == "政务公开。\n"


def test_page_declared_as_gbk_decoded() -> None:
    page = '<?xml version="1.0" encoding="GBK"?>' + content(text("政务公开。", 25, 40))
    files = {
        "OFD.xml": ENTRY,
        "Doc_0/Document.xml": document(1),
        "Doc_0/Pages/Page_0/Content.xml": page.encode("gbk"),
    }
    assert read_ofd(packed(files)).text == "政务公开。\n"


def test_several_documents_in_one_file_read_in_order() -> None:
    second = "<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    files = {"OFD.xml": ENTRY.replace("</ofd:OFD>", second)}
    for i, words in enumerate(["第一份文件。", "第二份文件。"]):
        files[f"Doc_{i}/Document.xml"] = document(1)
        files[f"Doc_{i}/Pages/Page_0/Content.xml"] = content(text(words, 25, 40))
    assert read_ofd(packed(files)).text.splitlines() == ["第一份文件。", "第二份文件。"]


def test_missing_page_is_named_and_the_others_are_read() -> None:
    files = {
        "OFD.xml": ENTRY,
        "Doc_0/Document.xml": document(2),
        "Doc_0/Pages/Page_1/Content.xml": content(text("第二页。", 25, 40)),
    }
    raw = read_ofd(packed(files))
    assert raw.text == "第二页。\n"
    assert raw.remarks == (
        "第 1 页没有读出来（这份 OFD 不完整，缺少 Pages/Page_0/Content.xml；请重新下载或另存后再导入）",
    )
    document_read = build_document(raw, source="a.ofd", path="a.ofd", sha256="0", document_id="a")
    assert document_read.remarks == raw.remarks


GOOD = content(text("政务公开。", 25, 40))


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({"OFD.xml": ENTRY}, "缺少 Doc_0/Document.xml", id="no_document"),
        pytest.param({"Doc_0/Document.xml": document(1)}, "缺少 OFD.xml", id="no_entry"),
        pytest.param({"OFD.xml": f"<ofd:OFD {NS}/>"}, "没有指明文档", id="entry_names_nothing"),
        pytest.param({"OFD.xml": ENTRY, "Doc_0/Document.xml": document(0)}, "一页也没有", id="no_pages"),
        pytest.param(
            {"OFD.xml": ENTRY, "Doc_0/Document.xml": document(1)}, "没有一页读得出来", id="no_content"
        ),
        pytest.param({"OFD.xml": "<ofd:OFD"}, "OFD.xml", id="broken_xml"),
        pytest.param(
            {"OFD.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + ENTRY}, "实体", id="entity"
        ),
        pytest.param(
            {"OFD.xml": ENTRY.replace("Doc_0/Document.xml", "../../etc/passwd")},
            "缺少",
            id="way_out_of_the_file",
        ),
        pytest.param(
            {
                "OFD.xml": ENTRY,
                "Doc_0/Document.xml": document(1),
                "Doc_0/Pages/Page_0/Content.xml": content(),
            },
            "没有文字",
            id="nothing_on_it",
        ),
    ],
)
def test_incomplete_or_malicious_file_refused_with_reason(files: dict[str, str], reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_ofd(packed(files))


def test_cut_off_file_refused() -> None:
    whole = ofd(GOOD)
    with pytest.raises(DocumentError, match="损坏"):
        read_ofd(whole[: len(whole) // 2])


@pytest.fixture(scope="module")
def notice() -> bytes:
    printer = Printer()
    printer.centred("关于做好政务公开工作的通知", 110, 18)
    printer.paragraph(MEASURE, 160)
    return printer.finished()


def by_easyofd(monkeypatch: pytest.MonkeyPatch, folder: Path, pdf: bytes, *, as_text: bool) -> bytes:
    """The OFD that easyofd makes of a PDF; easyofd writes to the current folder."""
    easyofd = pytest.importorskip("easyofd.ofd")
    monkeypatch.chdir(folder)
    written: bytes = easyofd.OFD().pdf2ofd(pdf, optional_text=as_text)
    return written


@pytest.mark.filterwarnings("ignore")
def test_text_layer_written_by_easyofd_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, notice: bytes
) -> None:
    raw = read_ofd(by_easyofd(monkeypatch, tmp_path, notice, as_text=True))
    assert raw.text.splitlines() == ["关于做好政务公开工作的通知", MEASURE]


def of_picture(jpeg: bytes) -> bytes:
    """An OFD of one page that is a picture, as multifunction printers make them."""
    image = "<ofd:ImageObject ID='6' CTM='210 0 0 297 0 0' Boundary='0 0 210 297' ResourceID='4'/>"
    resources = (
        f"<ofd:Res {NS} BaseLoc='Res'><ofd:MultiMedias><ofd:MultiMedia ID='4' Type='Image'>"
        "<ofd:MediaFile>page.jpg</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"
    )
    files: dict[str, str | bytes] = {
        "OFD.xml": ENTRY,
        "Doc_0/Document.xml": document(1, "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"),
        "Doc_0/DocumentRes.xml": resources,
        "Doc_0/Res/page.jpg": jpeg,
        "Doc_0/Pages/Page_0/Content.xml": content(image),
    }
    return packed(files)


@pytest.mark.slow
@needs_cjk_font
def test_scanned_page_in_ofd_read_by_ocr(notice: bytes) -> None:
    (picture,) = scanned(notice, 150)
    jpeg = io.BytesIO()
    Image.fromarray(picture[:, :, ::-1]).save(jpeg, "JPEG")
    raw = read_ofd(of_picture(jpeg.getvalue()))
    title, measure = raw.text.splitlines()
    assert title == "关于做好政务公开工作的通知"
    assert SequenceMatcher(None, measure, MEASURE).ratio() >= 0.97
    assert raw.remarks[0].startswith("第 1 页是扫描件")


def test_page_is_drawn_with_each_character_at_its_place() -> None:
    drawn = page_picture(
        ofd(content(*paragraph("第一条 为了规范物业管理，制定本办法。", 30, 40))), 1
    ).decode()
    letters = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" font-size="[\d.]+">(.)</text>', drawn)
    assert "".join(letter for _, _, letter in letters).strip().startswith("第一条")
    places = [float(x) for x, _, _ in letters]
    assert places == sorted(places)
    with pytest.raises(DocumentError):
        page_picture(ofd(content(*paragraph("第一条", 30, 40))), 2)


def test_page_that_is_a_picture_is_drawn_with_it() -> None:
    jpeg = io.BytesIO()
    Image.new("L", (420, 594), 80).save(jpeg, "JPEG")
    drawn = page_picture(of_picture(jpeg.getvalue()), 1).decode()
    place, data = re.findall(
        r'<image ([^>]*?) preserveAspectRatio="none" href="data:image/png;base64,([^"]+)"/>', drawn
    )[0]
    assert place == 'x="0.0" y="0.0" width="595.3" height="841.9"'
    assert Image.open(io.BytesIO(base64.b64decode(data))).getpixel((9, 9)) == 80


def test_picture_that_cannot_be_opened_leaves_the_page_without_it() -> None:
    assert b"<image" not in page_picture(of_picture(b"no picture"), 1)


def test_picture_that_is_transparent_shows_the_paper() -> None:
    png = io.BytesIO()
    Image.new("RGBA", (420, 594), (0, 0, 0, 0)).save(png, "PNG")
    drawn = page_picture(of_picture(png.getvalue()), 1).decode()
    data = re.findall(r'base64,([^"]+)"', drawn)[0]
    assert Image.open(io.BytesIO(base64.b64decode(data))).getpixel((9, 9)) == 255
