"""What stands around the text of Word files: red heads in headers, revisions, comments, objects, pages."""

import io

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsdecls
from openpyxl import Workbook
from word_files import add_xml, of_paragraphs, saved

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from ingest.readers.word.document import read_word
from kb.models import PolicyDocument


def raw(document: WordDocument) -> RawText:
    return read_word(saved(document))


def read(document: WordDocument) -> PolicyDocument:
    return build_document(
        raw(document), source="a.docx", path="/a.docx", sha256="0" * 64, document_id="a", title=None
    )


def a_notice() -> WordDocument:
    return of_paragraphs(
        "关于开展住房租赁补贴发放工作的通知", "各街道办事处：", "一、补贴标准为每人每月300元。"
    )


def test_red_head_in_the_header_of_the_first_page_begins_the_text():
    document = a_notice()
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "溪 口 区 人 民 政 府 办 公 室 文 件"
    section.first_page_header.add_paragraph("溪府办发〔2024〕18号　　　签发人：周明")
    section.header.paragraphs[0].text = "住房租赁补贴工作资料"
    assert raw(document).text.splitlines()[:3] == [
        "溪口区人民政府办公室文件",
        "溪府办发〔2024〕18号　　　签发人：周明",
        "关于开展住房租赁补贴发放工作的通知",
    ]
    found = read(document)
    assert (found.title, found.number) == ("关于开展住房租赁补贴发放工作的通知", "溪府办发〔2024〕18号")
    assert found.issuer == "溪口区人民政府办公室"


def test_running_header_is_left_out_and_a_head_that_the_text_has_is_not_doubled():
    document = a_notice()
    document.sections[0].header.paragraphs[0].text = "溪口区住房租赁管理资料汇编"
    document.sections[0].header.add_paragraph("溪口区住房和城乡建设局文件")
    document.paragraphs[0].insert_paragraph_before("溪口区住房和城乡建设局文件")
    assert raw(document).text.splitlines()[:2] == [
        "溪口区住房和城乡建设局文件",
        "关于开展住房租赁补贴发放工作的通知",
    ]


def test_red_head_in_a_text_box_stands_before_the_title_that_it_is_anchored_in():
    document = Document()
    lines = "".join(
        f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in ("溪口区民政局文件", "溪民发〔2024〕7号")
    )
    add_xml(
        document,
        f"<w:r><w:pict><v:shape><v:textbox><w:txbxContent>{lines}</w:txbxContent></v:textbox></v:shape></w:pict>"
        "</w:r><w:r><w:t>溪口区民政局关于发放高龄津贴的</w:t></w:r>",
    )
    document.add_paragraph("通知")
    document.add_paragraph("一、津贴标准为每人每月50元。")
    found = read(document)
    assert (found.title, found.number) == ("溪口区民政局关于发放高龄津贴的通知", "溪民发〔2024〕7号")


def test_red_head_drawn_as_word_art_is_read():
    document = Document()
    add_xml(
        document, '<w:r><w:pict><v:shape><v:textpath string="溪口区民政局文件"/></v:shape></w:pict></w:r>'
    )
    document.add_paragraph("关于发放高龄津贴的通知")
    assert raw(document).text.splitlines()[0] == "溪口区民政局文件"


def test_revisions_that_are_not_accepted_are_remarked():
    document = Document()
    add_xml(
        document,
        "<w:r><w:t>每人每月</w:t></w:r>"
        '<w:del w:id="1" w:author="甲"><w:r><w:delText>300</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="甲"><w:r><w:t>500</w:t></w:r></w:ins><w:r><w:t>元。</w:t></w:r>',
    )
    found = raw(document)
    assert found.text == "每人每月500元。\n"
    assert found.remarks == (
        "文件里有没有定稿的修订：插入 1 处，按正文读入；删除 1 处，没有读入。"
        "请在 Word 或 WPS 中接受或拒绝修订后再上线。",
    )


def test_comments_are_no_text_and_remarked():
    document = of_paragraphs("补贴标准为每人每月300元。")
    document.add_comment(document.paragraphs[0].runs, text="这里要不要改成500？", author="甲")
    found = raw(document)
    assert found.text == "补贴标准为每人每月300元。\n"
    assert found.remarks == ("文件里有 1 条批注，没有读入。",)


def embed(document: WordDocument, content: bytes, name: str, program: str) -> None:
    """Embed a file as Word does, with the object in a paragraph of its own."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    part = Part(PackURI(f"/word/embeddings/{name}"), kind, content, document.part.package)
    link = document.part.relate_to(part, RELATIONSHIP_TYPE.PACKAGE)
    add_xml(
        document,
        f'<w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" {nsdecls("r")} '
        f'Type="Embed" ProgID="{program}" r:id="{link}"/></w:object>',
    )


def workbook_of(sheets: dict[str, list[list[str]]], shown: str) -> bytes:
    book = Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    book.active = book.sheetnames.index(shown)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_embedded_workbook_is_a_table_of_the_sheet_that_it_shows():
    sheets = {
        "测算": [["预算", "120万元"]],
        "标准": [["等级", "补贴（元）"], ["高级", "2000"], ["中级", "1500"]],
    }
    document = of_paragraphs("一、补贴标准", "按下表执行。")
    embed(document, workbook_of(sheets, "标准"), "sheet1.xlsx", "Excel.Sheet.12")
    document.add_paragraph("二、申请材料")
    found = raw(document)
    assert found.text.splitlines() == [
        "一、补贴标准",
        "按下表执行。",
        "等级：高级；补贴（元）：2000",
        "等级：中级；补贴（元）：1500",
        "二、申请材料",
    ]
    (table,) = found.tables
    assert table.span.of(found.text).splitlines() == found.text.splitlines()[2:4]
    assert found.remarks == ("文件里嵌入的 1 张表格已读入（各读显示的那张工作表），请对照原件核对。",)


def test_embedded_object_that_cannot_be_read_is_a_doubt():
    document = of_paragraphs("按下表执行。")
    embed(document, b"\xd0\xcf\x11\xe0", "oleObject1.bin", "Excel.Sheet.8")
    assert raw(document).remarks == ("文件里嵌入的 1 个对象（表格）没有读入，请把它们另存后单独导入。",)


BREAK = "<w:r><w:lastRenderedPageBreak/><w:t>%s</w:t></w:r>"


def test_pages_of_the_last_rendering_are_cited():
    document = of_paragraphs("第一条 为了规范住房租赁，制定本办法。")
    add_xml(document, "<w:r><w:t>第二条 租赁合同应当</w:t></w:r>" + BREAK % "备案。")
    table = document.add_table(rows=3, cols=2)
    for cell, text in zip(table._cells, ("区域", "租金", "东城", "30元", "西城", "20元"), strict=True):
        cell.text = text
    run = table.cell(2, 0).paragraphs[0].runs[0]._r
    run.insert(0, run.makeelement(run.tag.replace("}r", "}lastRenderedPageBreak"), {}))
    add_xml(document, BREAK % "第三条 本办法自印发之日起施行。")
    found = read(document)
    assert len(found.page_starts) == 4
    pages = {
        words: found.page_of(found.text.index(words))
        for words in ("第二条", "备案", "东城", "西城", "第三条")
    }
    assert pages == {"第二条": 1, "备案": 2, "东城": 2, "西城": 3, "第三条": 4}
    (article,) = (section for section in found.sections if section.number == "第三条")
    assert found.page_of(article.span.start) == 4


def test_page_of_a_numbered_paragraph_begins_before_its_number():
    document = of_paragraphs("总则")
    paragraph = document.add_paragraph("受理", style="List Number")
    run = paragraph.runs[0]._r
    run.insert(0, run.makeelement(run.tag.replace("}r", "}lastRenderedPageBreak"), {}))
    found = raw(document)
    assert (
        found.text[found.page_starts[1] :] == "1. 受理\n" or found.text[found.page_starts[1] :] == "1.受理\n"
    )


@pytest.mark.parametrize("counted, pages", [(1, 2), (2, 2), (3, 0)])
def test_pages_are_not_told_where_the_rendering_counted_more_than_it_marked(counted: int, pages: int):
    document = of_paragraphs("第一条 为了规范住房租赁，制定本办法。")
    add_xml(document, BREAK % "第二条 本办法自印发之日起施行。")
    (part,) = (part for part in document.part.package.iter_parts() if part.partname == "/docProps/app.xml")
    part._blob = f"<Properties><Pages>{counted}</Pages></Properties>".encode()
    assert len(raw(document).page_starts) == pages


def test_marks_of_pages_leave_nothing_in_the_text():
    document = Document()
    add_xml(document, BREAK % "总　则" + BREAK % "")
    assert "\ufdd0" not in raw(document).text
