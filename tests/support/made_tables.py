"""Twelve documents with tables of different shapes, made with the libraries that write such files."""

import csv
import io
from pathlib import Path

from docx import Document
from docx.oxml import OxmlElement
from openpyxl import Workbook

Rows = tuple[tuple[object, ...], ...]


def write_all(folder: Path) -> None:
    """Write the files into `folder`."""
    workbook(
        folder / "困难群众救助标准.xlsx",
        "救助标准",
        (
            ("项目", "对象", "标准（元/月）", "经办单位"),
            ("高龄津贴", "80—89周岁", 60, "镇民政所"),
            ("高龄津贴", "90—99周岁", 120, "镇民政所"),
            ("高龄津贴", "100周岁及以上", 500, "区民政局"),
            ("困难残疾人生活补贴", "持证残疾人", 95, "区残联"),
            ("重度残疾人护理补贴", "一、二级残疾人", 110, "区残联"),
            ("特困人员供养", "特困人员", 1040, "镇民政所"),
        ),
    )
    two_level_rent(folder / "公租房租金.xlsx")
    merged_talents(folder / "人才安居补助办法.docx")
    page(
        folder / "低保标准历年调整.html",
        "溪口区城乡低保标准历年调整情况",
        "<tr><th>类别</th><th>2021年</th><th>2022年</th><th>2023年</th></tr>"
        "<tr><td>城市低保</td><td>745</td><td>765</td><td>805</td></tr>"
        "<tr><td>农村低保</td><td>525</td><td>545</td><td>595</td></tr>",
        "各年标准如下（单位：元/人·月）。",
    )
    sheet(
        folder / "停车收费标准.csv",
        (
            ("车型", "首小时（元）", "超过首小时后每小时（元）", "24小时封顶（元）"),
            ("小型车", 4, 2, 30),
            ("大型车", 8, 4, 60),
            ("新能源汽车", 2, 1, 15),
            ("摩托车", 1, 0.5, 8),
        ),
    )
    workbook(
        folder / "衔接资金分配表.xlsx",
        "资金分配",
        (
            ("2024年财政衔接推进乡村振兴补助资金分配表",),
            ("序号", "乡镇", "产业项目（万元）", "基础设施（万元）"),
            (1, "柳溪镇", 120, 80),
            (2, "石门镇", 90, 150),
            (3, "白沙乡", 60, 40),
            ("", "合计", 270, 270),
        ),
    )
    word(
        folder / "工伤保险待遇.docx",
        "溪口区工伤保险一次性伤残补助金标准",
        "职工因工致残的，按下表支付一次性伤残补助金。",
        (
            ("伤残等级", "一次性伤残补助金（个月本人工资）", "伤残津贴（占本人工资比例）"),
            ("一级", "27", "90%"),
            ("二级", "25", "85%"),
            ("三级", "23", "80%"),
            ("四级", "21", "75%"),
            ("十级", "7", "无"),
        ),
    )
    page(
        folder / "居民医保报销.html",
        "溪口区城乡居民基本医疗保险住院待遇",
        "<tr><th rowspan=2>医疗机构</th><th colspan=2>起付标准（元）</th><th colspan=2>报销比例</th></tr>"
        "<tr><th>首次住院</th><th>再次住院</th><th>成年居民</th><th>学生儿童</th></tr>"
        "<tr><td>社区卫生服务中心</td><td>200</td><td>100</td><td>90%</td><td>92%</td></tr>"
        "<tr><td>二级医院</td><td>500</td><td>300</td><td>75%</td><td>80%</td></tr>"
        "<tr><td>三级医院</td><td>900</td><td>600</td><td>60%</td><td>65%</td></tr>",
        "参保居民在定点医疗机构住院，按下表报销。",
    )
    sheet(
        folder / "居民生活用水价格.csv",
        (
            ("阶梯", "年用水量（立方米）", "水价（元/立方米）", "污水处理费（元/立方米）"),
            ("第一阶梯", "180以下", 2.35, 0.95),
            ("第二阶梯", "181-260", 3.12, 0.95),
            ("第三阶梯", "261以上", 5.40, 0.95),
        ),
    )
    word(
        folder / "户政事项办理指南.docx",
        "溪口区户政事项办理指南",
        "到窗口办理户政事项的，按下表执行。",
        (
            ("事项", "申请条件", "所需材料", "办理时限（工作日）", "办理窗口", "咨询电话"),
            (
                "新生儿落户",
                "父母一方为本区户籍",
                "出生医学证明、结婚证、户口簿",
                "1",
                "3号窗口",
                "0792-8123001",
            ),
            ("购房落户", "在本区拥有产权住房", "不动产权证书、户口簿", "5", "4号窗口", "0792-8123002"),
            ("居住证签注", "在本区居住满一年", "居住证、租房合同", "3", "6号窗口", "0792-8123003"),
        ),
    )
    workbook(
        folder / "最低工资标准.xlsx",
        "最低工资",
        (
            ("溪口区历年最低工资标准",),
            ("执行年度", "月最低工资（元/月）", "小时最低工资（元/小时）"),
            ("2019年", 1580, 15.5),
            ("2021年", 1740, 17),
            ("2024年", 1950, 19),
        ),
    )
    workbook(
        folder / "职业技能培训补贴.xlsx",
        "培训补贴",
        (
            ("职业（工种）", "等级", "补贴标准（元/人）", "培训学时"),
            ("电工", "初级", 1000, 80),
            ("电工", "中级", 1500, 120),
            ("电工", "高级", 2000, 160),
            ("焊工", "初级", 1100, 90),
            ("焊工", "中级", 1600, 130),
            ("养老护理员", "初级", 1200, 100),
            ("保育师", "中级", 1300, 110),
        ),
    )


def workbook(file: Path, title: str, rows: Rows) -> None:
    """An Excel file with one sheet."""
    book = Workbook()
    active = book.active
    active.title = title
    for row in rows:
        active.append(row)
    book.save(file)


def two_level_rent(file: Path) -> None:
    """A head of two levels, one part of it merged over two columns."""
    book = Workbook()
    active = book.active
    active.title = "租金"
    for row in (
        ("溪口区公共租赁住房租金标准",),
        ("保障对象", "人均月收入", "租金（元/平方米·月）", None),
        (None, None, "城东小区", "城西小区"),
        ("特困家庭", "800元以下", 0.5, 0.4),
        ("低收入家庭", "801—1500元", 2.1, 1.8),
        ("中等收入家庭", "1501—3000元", 4.5, 3.9),
        ("新就业职工", "不限", 6, 5),
    ):
        active.append(row)
    for place in ("A2:A3", "B2:B3", "C2:D2"):
        active.merge_cells(place)
    book.save(file)


def merged_talents(file: Path) -> None:
    """Prose, then a table whose first column is merged downwards."""
    document = Document()
    document.add_heading("溪口区人才安居补助办法", 0)
    document.add_paragraph("第一条 为了吸引人才，制定本办法。")
    document.add_paragraph(
        "第二条 补助分购房补助和租房补助，由区人社局审核，申请人应当在签订合同后六个月内提出申请。"
    )
    document.add_paragraph("人才安居补助标准表")
    rows = (
        ("层次", "类别", "购房补助（万元）", "租房补助（元/月）"),
        ("高层次人才", "E类", "50", "4000"),
        ("", "F类", "30", "2500"),
        ("青年人才", "博士研究生", "20", "1800"),
        ("", "硕士研究生", "8", "1000"),
        ("", "高级技师", "5", "800"),
    )
    table = document.add_table(len(rows), 4)
    for line, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(5, 0))
    document.save(file)


def word(file: Path, title: str, sentence: str, rows: tuple[tuple[str, ...], ...]) -> None:
    """A Word file with a title, a sentence and a table whose first row is marked as its head."""
    document = Document()
    document.add_heading(title, 0)
    document.add_paragraph(sentence)
    table = document.add_table(len(rows), len(rows[0]))
    for line, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.text = text
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))
    document.save(file)


def page(file: Path, title: str, rows: str, sentence: str) -> None:
    """A web page with a title, a sentence and a table."""
    html = (
        f"<html><head><meta charset='utf-8'><title>{title}</title></head><body><h1>{title}</h1>"
        f"<p>{sentence}</p><table>{rows}</table><p>本标准由区有关部门负责解释，自发布之日起执行。</p></body></html>"
    )
    file.write_text(html, encoding="utf-8")


def sheet(file: Path, rows: Rows) -> None:
    """Comma-separated values."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    file.write_text(buffer.getvalue(), encoding="utf-8")
