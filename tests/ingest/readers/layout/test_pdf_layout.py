"""How PDF pages become text: columns, tables, titles, running lines, hard cases of text layers."""

from collections.abc import Callable

import pytest
from printing import LEFT, PAGE_HEIGHT, PAGE_WIDTH, Printer

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from ingest.readers.paged.pdf import read_pdf

MEASURES = [
    "各街道办事处、区直各部门要把政务公开纳入年度工作要点，明确分管领导和承办人员，做到年初有计划、年中有检查、年终有总结。",
    "区政务服务中心负责汇总各单位公开情况，每季度通报一次，对落实不力的单位予以提醒，并将结果作为年度考核的重要依据。",
    "各单位应当在信息形成之日起二十个工作日内予以公开，法律、法规对公开期限另有规定的从其规定，不得以任何理由拖延。",
]


def printed(draw: Callable[[Printer], object]) -> RawText:
    printer = Printer()
    draw(printer)
    return read_pdf(printer.finished())


def test_two_columns_are_read_one_after_the_other() -> None:
    """As in a gazette: a title over both columns, then the left column to its end."""

    def draw(printer: Printer) -> None:
        printer.centred("浔阳区人民政府公报", 80, 20)
        for left, paragraphs in ((LEFT, MEASURES), (310.0, MEASURES[::-1])):
            top = 130.0
            for paragraph in paragraphs:
                top = printer.paragraph(paragraph, top, columns=17, left=left, size=12)

    assert printed(draw).text.splitlines() == ["浔阳区人民政府公报", *MEASURES, *MEASURES[::-1]]


def test_paragraph_continues_in_next_column() -> None:
    def draw(printer: Printer) -> None:
        whole = "\u3000\u3000" + MEASURES[0] + MEASURES[1] + MEASURES[2]
        lines = [whole[i : i + 17] for i in range(0, len(whole), 17)]
        for i, line in enumerate(lines):
            column, row = divmod(i, (len(lines) + 1) // 2)
            printer.line(line, 100 + 20 * row, LEFT + 230 * column, 12)

    assert printed(draw).text.splitlines() == ["".join(MEASURES)]


def test_list_of_names_and_numbers_not_read_as_columns() -> None:
    names = ["区教体局", "区民政局", "区人社局", "区卫健委", "区司法局", "区财政局"]

    def draw(printer: Printer) -> None:
        for i, name in enumerate(names):
            printer.line(name, 100 + 24 * i)
            printer.line(f"0792-821{i:04}", 100 + 24 * i, 320)

    assert printed(draw).text.splitlines() == [f"{name} 0792-821{i:04}" for i, name in enumerate(names)]


def test_ruled_table_becomes_rows_with_their_heads() -> None:
    rows = [
        ("序号", "补贴项目", "补贴标准"),
        ("1", "职业培训补贴", "每人 1500 元"),
        ("2", "社会保险补贴", "每人每月 300 元"),
    ]

    def draw(printer: Printer) -> None:
        top = printer.paragraph("现将补贴标准公布如下：", 100)
        top = printer.table(rows, top + 10, (60, 180, 180))
        printer.paragraph("以上标准自公布之日起执行。", top + 40)

    raw = printed(draw)
    assert raw.text.splitlines() == [
        "现将补贴标准公布如下：",
        "序号：1；补贴项目：职业培训补贴；补贴标准：每人1500元",
        "序号：2；补贴项目：社会保险补贴；补贴标准：每人每月300元",
        "以上标准自公布之日起执行。",
    ]
    (table,) = raw.tables
    assert raw.text[table.span.start : table.span.end].count("\n") == 1


def test_table_over_two_pages_keeps_its_head() -> None:
    head = ("序号", "事项名称", "责任单位")
    rows = [(str(n), f"第{n}项服务事项", "区行政审批局") for n in range(1, 41)]

    def draw(printer: Printer) -> None:
        printer.table([head, *rows[:27]], 80, (60, 200, 150))
        printer.new_page()
        printer.table(rows[27:], 80, (60, 200, 150))

    raw = printed(draw)
    assert raw.text.splitlines() == [
        f"序号：{n}；事项名称：第{n}项服务事项；责任单位：区行政审批局" for n in range(1, 41)
    ]
    assert raw.text[raw.page_starts[1] :].startswith("序号：28；")


def test_frame_around_a_page_is_no_table() -> None:
    def draw(printer: Printer) -> None:
        printer.canvas.rect(60, 60, PAGE_WIDTH - 120, PAGE_HEIGHT - 120)
        printer.canvas.rect(66, 66, PAGE_WIDTH - 132, PAGE_HEIGHT - 132)
        top = 120.0
        for paragraph in MEASURES:
            top = printer.paragraph(paragraph, top)

    assert printed(draw).text.splitlines() == MEASURES


def test_red_head_number_and_two_line_title_read() -> None:
    """GB/T 9704-2012, 7.2: 发文机关标志, 发文字号, 标题 over two lines, 主送机关."""

    def draw(printer: Printer) -> None:
        printer.canvas.setFillColorRGB(0.9, 0, 0)
        printer.centred("浔阳区人民政府办公室文件", 130, 34)
        printer.canvas.setFillColorRGB(0, 0, 0)
        printer.centred("浔府办发〔2023〕12号", 200, 14)
        printer.centred("浔阳区人民政府办公室关于印发2023年", 260, 20)
        printer.centred("政务公开工作要点的通知", 290, 20)
        printer.line("各街道办事处，区政府各部门：", 340)
        top = 365.0
        for paragraph in MEASURES:
            top = printer.paragraph(paragraph, top)

    assert printed(draw).text.splitlines() == [
        "浔阳区人民政府办公室文件",
        "浔府办发〔2023〕12号",
        "浔阳区人民政府办公室关于印发2023年政务公开工作要点的通知",
        "各街道办事处，区政府各部门：",
        *MEASURES,
    ]


def test_caption_of_volume_part_removed() -> None:
    """As in collections of regulations, where the first document of a part stands below its caption."""

    def draw(printer: Printer) -> None:
        printer.centred("第三部分 工资报酬", 90, 20)
        printer.centred("保障农民工工资支付条例", 130, 18)
        top = 170.0
        for number, paragraph in zip("一二三", MEASURES, strict=True):
            top = printer.paragraph(f"第{number}条 {paragraph}", top)
        printer.centred("171", 800, 9)

    raw = printed(draw)
    assert raw.text.splitlines()[0] == "保障农民工工资支付条例"
    document = build_document(raw, source="a.pdf", path="a.pdf", sha256="0", document_id="a")
    assert [section.number for section in document.sections] == ["第一条", "第二条", "第三条"]


def test_article_cited_at_line_start_stays_in_sentence() -> None:
    """Where paragraphs are indented, a number at the edge of the text continues the sentence before it."""
    sentence = (
        "按照国务院、中央军委关于退伍义务兵安置工作随用人单位改革实行劳动合同制度的意见与暂行办法有关规定"
        "第五条规定，军龄计算为连续工龄。"
    )

    def draw(printer: Printer) -> None:
        top = 100.0
        for paragraph in (MEASURES[0], sentence, MEASURES[1]):
            top = printer.paragraph(paragraph, top, columns=50, size=8.7)

    assert sentence.index("第五条") == 48  # characters of the first line after its indent of two
    assert printed(draw).text.splitlines() == [MEASURES[0], sentence, MEASURES[1]]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotated_page_read_upright(rotation: int) -> None:
    """A page that is stored on its side and turned by the viewer."""

    def draw(printer: Printer) -> None:
        printer.canvas.setPageRotation(rotation)
        if rotation:
            turned = {90: (0, PAGE_WIDTH), 180: (PAGE_WIDTH, PAGE_HEIGHT), 270: (PAGE_HEIGHT, 0)}[rotation]
            printer.canvas.translate(*turned if rotation == 180 else (0, 0))
            if rotation == 180:
                printer.canvas.rotate(180)
            elif rotation == 90:
                printer.canvas.translate(PAGE_WIDTH, 0)
                printer.canvas.rotate(90)
            else:
                printer.canvas.translate(0, PAGE_HEIGHT)
                printer.canvas.rotate(270)
        for i, paragraph in enumerate(MEASURES[:2]):
            printer.paragraph(paragraph, 330 + 120 * i, columns=25)

    assert printed(draw).text.splitlines() == MEASURES[:2]


def draw_turned(
    printer: Printer, words: str, left: float, bottom: float, degrees: float, size: float
) -> None:
    """Draw the measures, and `words` turned anticlockwise beside or across them."""
    top = 120.0
    for paragraph in MEASURES:
        top = printer.paragraph(paragraph, top)
    printer.canvas.saveState()
    printer.canvas.translate(left, bottom)
    printer.canvas.rotate(degrees)
    printer.canvas.setFont("STSong-Light", size)
    printer.canvas.drawString(0, 0, words)
    printer.canvas.restoreState()


def test_watermark_across_the_page_is_left_out() -> None:
    raw = printed(lambda printer: draw_turned(printer, "内部资料", 150, 450, 45, 60))
    assert raw.text.splitlines() == MEASURES


def test_words_slanted_for_emphasis_are_read() -> None:
    def draw(printer: Printer) -> None:
        printer.canvas.saveState()
        printer.canvas.transform(1, 0, 0.35, 1, 100, 500)  # as programs print italics without a font for them
        printer.canvas.setFont("STSong-Light", 14)
        printer.canvas.drawString(0, 0, "一等奖一名")
        printer.canvas.restoreState()

    assert "一等奖一名" in printed(draw).text.splitlines()


def test_sideways_writing_in_the_margin_is_one_line() -> None:
    raw = printed(lambda printer: draw_turned(printer, "装订线内不要写字", 50, 200, 90, 10))
    assert raw.text.splitlines() == [*MEASURES, "装订线内不要写字"]


def test_odd_and_even_headers_and_dashed_page_numbers_removed() -> None:
    def draw(printer: Printer) -> None:
        for page in range(1, 9):
            printer.line("九江市浔阳区人民政府公报" if page % 2 else "2023年第5期", 50, LEFT, 10)
            top = 100.0
            for paragraph in MEASURES:
                top = printer.paragraph(f"{page}.{paragraph}", top)
            printer.centred(f"— {page} —", 800, 12)
            printer.new_page()

    lines = printed(draw).text.splitlines()
    assert lines == [f"{page}.{paragraph}" for page in range(1, 9) for paragraph in MEASURES]


def test_number_within_text_is_kept() -> None:
    """A page that ends with a year in the text, far from the page's edge."""

    def draw(printer: Printer) -> None:
        printer.paragraph("完成时限：", 100)
        printer.line("2023", 300)
        printer.paragraph(MEASURES[0], 360)

    assert "2023" in printed(draw).text.splitlines()
