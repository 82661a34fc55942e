"""Word files read as people see them: headings, notes, boxes, tracked changes, fields, tables."""

import io
import zipfile

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from word_files import add_list, add_xml, level, numbered, of_paragraphs, saved

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from ingest.readers.word.document import read_word
from kb.errors import DocumentError


def raw(document: WordDocument) -> RawText:
    return read_word(saved(document))


def lines(document: WordDocument) -> list[str]:
    return raw(document).text.splitlines()


def outline(raw_text: RawText) -> list[tuple[int, str]]:
    document = build_document(
        raw_text, source="方案.docx", path="/方案.docx", sha256="0" * 64, document_id="plan"
    )
    return [(section.level, section.label) for section in document.sections]


def test_headings_and_title_by_style():
    document = Document()
    document.add_heading("关于印发《浔阳区政务公开实施方案》的", 0)
    document.add_heading("通知", 0)
    document.add_heading("一、总体要求", 1)
    document.add_heading("指导思想", 2)
    document.add_paragraph("坚持以人民为中心。")
    document.add_heading("基本原则", 2)
    document.add_paragraph("以公开为常态、不公开为例外。")
    document.add_heading("二、主要任务", 1)
    document.add_paragraph("做好政策解读。")
    raw_text = raw(document)
    assert raw_text.text.splitlines()[0] == "# 关于印发《浔阳区政务公开实施方案》的通知"
    assert outline(raw_text) == [(1, "一、总体要求"), (2, "指导思想"), (2, "基本原则"), (1, "二、主要任务")]


def test_heading_by_outline_level_of_the_paragraph():
    document = of_paragraphs("保障措施", "加强组织领导。")
    level_of = parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="1"/>')
    document.paragraphs[0]._p.get_or_add_pPr().append(level_of)
    assert lines(document) == ["### 保障措施", "加强组织领导。"]


def test_sentence_in_heading_style_is_no_heading():
    document = Document()
    document.add_heading("第一条 为了规范物业管理活动，维护业主合法权益，制定本条例。", 2)
    assert lines(document) == ["第一条 为了规范物业管理活动，维护业主合法权益，制定本条例。"]


def test_running_headers_footers_and_contents_are_left_out():
    document = of_paragraphs("第一章 总则", "为了规范物业管理活动，制定本条例。")
    document.sections[0].header.paragraphs[0].text = "浔阳区物业管理资料汇编"
    document.sections[0].footer.paragraphs[0].text = "— 1 —"
    document.styles.add_style("TOC 1", 1)
    contents = document.paragraphs[0].insert_paragraph_before("第一章 总则\t1")
    contents.style = document.styles["TOC 1"]
    assert lines(document) == ["第一章 总则", "为了规范物业管理活动，制定本条例。"]


def test_tracked_changes_read_as_accepted():
    document = of_paragraphs("补贴标准如下：")
    add_xml(
        document,
        "<w:r><w:t>每人每月</w:t></w:r>"
        '<w:del w:id="1" w:author="甲"><w:r><w:delText>300</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="甲"><w:r><w:t>500</w:t></w:r></w:ins><w:r><w:t>元。</w:t></w:r>',
    )
    assert lines(document)[-1] == "每人每月500元。"


def test_a_deleted_paragraph_mark_joins_two_paragraphs():
    document = of_paragraphs("业主大会")
    mark = f'<w:rPr {nsdecls("w")}><w:del w:id="3" w:author="甲"/></w:rPr>'
    document.paragraphs[0]._p.get_or_add_pPr().append(parse_xml(mark))
    document.add_paragraph("由全体业主组成。")
    assert lines(document) == ["业主大会由全体业主组成。"]


def test_field_results_read_and_hidden_text_dropped():
    document = Document()
    add_xml(
        document,
        '<w:r><w:t>见</w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        "<w:r><w:instrText>REF _Ref1 \\h</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>附件1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>内部</w:t></w:r>'
        "<w:r><w:t>。</w:t></w:r><w:hyperlink><w:r><w:t>点击下载</w:t></w:r></w:hyperlink>",
    )
    assert lines(document) == ["见附件1。点击下载"]


def test_symbols_and_breaks_read_and_ruby_dropped():
    document = Document()
    add_xml(
        document,
        '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>同意</w:t><w:br/><w:t>第二行</w:t>'
        '<w:br w:type="page"/><w:noBreakHyphen/></w:r>'
        "<w:r><w:ruby><w:rt><w:r><w:t>xún</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>浔</w:t></w:r></w:rubyBase></w:ruby></w:r>",
    )
    assert lines(document) == ["☑同意", "第二行-浔"]


def test_text_box_read_once_after_its_paragraph():
    box = "<w:txbxContent><w:p><w:r><w:t>咨询电话：0792-8122110</w:t></w:r></w:p></w:txbxContent>"
    document = Document()
    add_xml(
        document,
        "<w:r><w:t>办理流程如下。</w:t></w:r><w:r><mc:AlternateContent>"
        f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
    )
    assert lines(document) == ["办理流程如下。", "咨询电话：0792-8122110"]


def with_footnotes(content: bytes, notes: str) -> bytes:
    """The file `content` with a part for footnotes, which python-docx cannot make."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "word/_rels/document.xml.rels":
                kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
                link = f'<Relationship Id="rIdF" Type="{kind}" Target="footnotes.xml"/></Relationships>'
                part = part.replace(b"</Relationships>", link.encode())
            if name == "[Content_Types].xml":
                kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
                override = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
                part = part.replace(b"</Types>", override.encode())
            new.writestr(name, part)
        new.writestr("word/footnotes.xml", f"<w:footnotes {nsdecls('w')}>{notes}</w:footnotes>")
    return buffer.getvalue()


def test_footnotes_follow_their_paragraph():
    document = Document()
    add_xml(
        document,
        '<w:r><w:t>低保标准</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        "<w:r><w:t>按月发放。</w:t></w:r>",
    )
    document.add_paragraph("本办法自发布之日起施行。")
    notes = '<w:footnote w:id="2"><w:p><w:r><w:t>指最低生活保障标准。</w:t></w:r></w:p></w:footnote>'
    raw_text = read_word(with_footnotes(saved(document), notes))
    assert raw_text.text.splitlines() == [
        "低保标准按月发放。",
        "注1：指最低生活保障标准。",
        "本办法自发布之日起施行。",
    ]


def test_table_written_as_rows_under_its_caption():
    document = of_paragraphs("一、补贴标准", "按下表执行。", "表1 职业技能培训补贴标准", "单位：元/人")
    table = document.add_table(rows=4, cols=3)
    for row, words in enumerate(
        (("职业", "等级", "标准"), ("电工", "高级", "2000"), ("", "中级", "1500"), ("焊工", "初级", "800"))
    ):
        for column, text in enumerate(words):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    document.add_paragraph("本标准由区人社局解释。")
    raw_text = raw(document)
    assert raw_text.text.splitlines()[4:] == [
        "职业：电工；等级：高级；标准：2000",
        "职业：电工；等级：中级；标准：1500",
        "职业：焊工；等级：初级；标准：800",
        "本标准由区人社局解释。",
    ]
    (place,) = raw_text.tables
    assert place.caption == "表1 职业技能培训补贴标准 单位：元/人"
    assert place.span.of(raw_text.text).splitlines()[0] == "表1 职业技能培训补贴标准"
    assert place.span.of(raw_text.text).splitlines()[-1] == "职业：焊工；等级：初级；标准：800"
    assert outline(raw_text) == [(1, "一、补贴标准"), (2, "表1 职业技能培训补贴标准 单位：元/人")]


def test_continued_table_keeps_heads_and_caption():
    document = of_paragraphs("表1 任务分工表")
    for words in (("单位", "任务", "区人社局", "稳就业"), ("区教体局", "扩学位", "区住建局", "保交楼")):
        table = document.add_table(rows=2, cols=2)
        for place, text in zip(table._cells, words, strict=True):
            place.text = text
        document.add_paragraph()
    raw_text = raw(document)
    assert raw_text.text.splitlines()[1:] == [
        "单位：区人社局；任务：稳就业",
        "单位：区教体局；任务：扩学位",
        "单位：区住建局；任务：保交楼",
    ]
    assert [place.caption for place in raw_text.tables] == ["表1 任务分工表"] * 2


def test_header_rows_and_merged_columns_join_heads():
    document = Document()
    table = document.add_table(rows=3, cols=3)
    for row, words in enumerate((("项目", "标准", ""), ("", "住宅", "商铺"), ("物业费", "1.2", "3"))):
        for column, text in enumerate(words):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    for row in table.rows[:2]:
        row._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    assert lines(document) == ["项目：物业费；标准-住宅：1.2；标准-商铺：3"]


def test_generated_numbers_read_in_cells():
    document = Document()
    (serials,) = add_list(document, 95, level(0, "decimal", "%1"))
    table = document.add_table(rows=3, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "序号", "事项"
    for row, text in ((1, "落户"), (2, "迁出")):
        cell = table.cell(row, 0)
        properties = cell.paragraphs[0]._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().set(qn("w:val"), "0")
        properties.get_or_add_numId().set(qn("w:val"), str(serials))
        table.cell(row, 1).text = text
    assert lines(document) == ["序号：1；事项：落户", "序号：2；事项：迁出"]


def test_numbers_in_table_not_in_outline():
    document = of_paragraphs("一、任务分工", "分工如下。")
    table = document.add_table(rows=2, cols=2)
    for place, text in zip(table._cells, ("任务", "单位", "一、推进基层政务公开", "区政府办"), strict=True):
        place.text = text
    document.add_paragraph("二、工作要求")
    document.add_paragraph("按时完成。")
    assert outline(raw(document)) == [(1, "一、任务分工"), (2, "表格"), (1, "二、工作要求")]


def test_layout_table_read_as_text():
    document = Document()
    table = document.add_table(rows=2, cols=1)
    table.cell(0, 0).text = "第一条 为了规范物业管理活动，制定本条例。"
    table.cell(1, 0).text = "第二条 本条例所称物业管理，是指业主选聘物业服务企业。"
    raw_text = raw(document)
    assert raw_text.tables == ()
    assert outline(raw_text) == [(1, "第一条"), (1, "第二条")]


def test_title_of_the_properties_is_a_hint():
    document = of_paragraphs("正文。")
    document.core_properties.title = "浔阳区物业管理办法"
    assert raw(document).hints == {"title": "浔阳区物业管理办法"}
    document.core_properties.title = "Word Document"
    assert raw(document).hints == {}


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_damaged_word_file_refused(cut: float):
    content = saved(of_paragraphs("第一条 为了规范物业管理活动，制定本条例。"))
    with pytest.raises(DocumentError, match="这份 Word 文件已损坏"):
        read_word(content[: int(len(content) * cut)])


def test_numbered_law_keeps_text_and_outline():
    document = Document()
    (articles,) = add_list(document, 96, level(0, "chineseCountingThousand", "第%1条　"))
    for number in range(1, 103):
        numbered(document, f"本条规定第{number}项事务的办理程序。", articles)
    raw_text = raw(document)
    assert outline(raw_text)[9:12] == [(1, "第十条"), (1, "第十一条"), (1, "第十二条")]
    assert outline(raw_text)[-1] == (1, "第一百零二条")
