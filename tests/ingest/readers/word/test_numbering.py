"""Numbers that Word generates: compared with LibreOffice, and in cases that only Word has rules for."""

import re
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as WordDocument
from word_files import add_list, level, libreoffice, needs_libreoffice, numbered, saved

from ingest.notation.number_formats import formatted
from ingest.readers.word.document import read_word


def lines(document: WordDocument) -> list[str]:
    return read_word(saved(document)).text.splitlines()


def without_space(text: str) -> list[str]:
    """Lines without white space, for comparing: LibreOffice puts its own spaces around a number."""
    return [re.sub(r"\s", "", line) for line in text.splitlines()]


def law() -> WordDocument:
    """Chapters and articles count on their own level, items restart with each article."""
    document = Document()
    levels = (
        level(0, "chineseCountingThousand", "第%1章　")
        + level(1, "chineseCountingThousand", "第%2条　", '<w:lvlRestart w:val="0"/>')
        + level(2, "chineseCountingThousand", "（%3）")
        + level(3, "decimal", "%4.")
    )
    (law_list,) = add_list(document, 90, levels)
    for text, index in (
        ("总则", 0),
        ("为了规范物业管理活动，制定本条例。", 1),
        ("业主享有下列权利：", 1),
        ("提议召开业主大会会议；", 2),
        ("提出制定和修改管理规约的建议。", 2),
        ("附则", 0),
        ("业主大会履行下列职责：", 1),
        ("制定管理规约；", 2),
        ("选聘物业服务企业：", 2),
        ("以招投标方式选聘；", 3),
        ("以协议方式选聘。", 3),
        ("本条例自发布之日起施行。", 1),
    ):
        numbered(document, text, law_list, index)
    return document


def test_law_numbered_as_word_shows_it():
    assert lines(law()) == [
        "第一章　总则",
        "第一条　为了规范物业管理活动，制定本条例。",
        "第二条　业主享有下列权利：",
        "（一）提议召开业主大会会议；",
        "（二）提出制定和修改管理规约的建议。",
        "第二章　附则",
        "第三条　业主大会履行下列职责：",
        "（一）制定管理规约；",
        "（二）选聘物业服务企业：",
        "1.以招投标方式选聘；",
        "2.以协议方式选聘。",
        "第四条　本条例自发布之日起施行。",
    ]


# subtle: LibreOffice 7.4 does not know every format of Word; it prints these as Word does.
AGREED = (
    "decimal",
    "upperRoman",
    "lowerLetter",
    "chineseCountingThousand",
    "ideographTraditional",
    "ideographZodiac",
    "decimalEnclosedCircle",
)


@needs_libreoffice
def test_formats_agree_with_libreoffice(tmp_path: Path):
    document = Document()
    for place, number_format in enumerate(AGREED):
        instances = add_list(
            document,
            60 + place,
            level(0, number_format, f"{number_format} %1、"),
            *(
                f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{start}"/></w:lvlOverride>'
                for start in (1, 9, 19)
            ),
        )
        for instance in instances:
            numbered(document, "甲", instance)
            numbered(document, "乙", instance)
    content = saved(document)
    printed = libreoffice(content, ".docx", tmp_path, "txt:Text (encoded):UTF8").decode("utf-8-sig")
    assert without_space(read_word(content).text) == without_space(printed)


@needs_libreoffice
def test_levels_restarts_and_starts_agree_with_libreoffice(tmp_path: Path):
    document = Document()
    levels = (
        level(0, "chineseCountingThousand", "%1、")
        + level(1, "decimal", "%2.　")
        + level(2, "lowerLetter", "%3)")
    )
    over = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    first, second = add_list(document, 90, levels, "", over)
    for number, indexes in ((first, (0, 1, 1, 2, 2, 0, 1, 2)), (second, (0, 1, 0, 1, 1)), (first, (0, 1))):
        for index in indexes:
            numbered(document, f"级别{index}", number, index)
    content = saved(document)
    printed = libreoffice(content, ".docx", tmp_path, "txt:Text (encoded):UTF8").decode("utf-8-sig")
    assert without_space(read_word(content).text) == without_space(printed)


@pytest.mark.parametrize(
    ("number", "number_format", "printed"),
    [
        (10, "chineseCountingThousand", "十"),
        (15, "chineseCountingThousand", "十五"),
        (101, "chineseCountingThousand", "一百零一"),
        (110, "chineseCountingThousand", "一百一十"),
        (1005, "chineseCountingThousand", "一千零五"),
        (99, "chineseCounting", "九十九"),
        (105, "chineseCounting", "一〇五"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (10, "ideographDigital", "一〇"),
        (10, "ideographTraditional", "癸"),
        (11, "ideographTraditional", "11"),
        (3, "decimalEnclosedParen", "⑶"),
        (21, "decimalEnclosedCircle", "㉑"),
        (51, "decimalEnclosedCircle", "51"),
        (12, "decimalFullWidth", "１２"),
        (7, "decimalZero", "07"),
        (27, "lowerLetter", "aa"),
        (1994, "upperRoman", "MCMXCIV"),
        (7, "hebrew1", "7"),
        (3, "bullet", ""),
    ],
)
def test_number_printed_in_word_format(number: int, number_format: str, printed: str):
    assert formatted(number, number_format) == printed


def test_list_in_heading_style_numbers_headings():
    document = Document()
    (heading_list,) = add_list(
        document, 91, level(0, "chineseCountingThousand", "%1、", '<w:pStyle w:val="Heading1"/>')
    )
    properties = document.styles["Heading 1"].element.get_or_add_pPr()
    properties.get_or_add_numPr().get_or_add_numId().val = heading_list
    document.add_heading("工作目标", 1)
    document.add_paragraph("全面推进政务公开。")
    document.add_heading("主要任务", 1)
    assert lines(document) == ["## 一、工作目标", "全面推进政务公开。", "## 二、主要任务"]


def test_legal_numbering_prints_outer_numbers_as_digits():
    """w:isLgl (17.9.4): "1.1" under a chapter, whatever the format of the chapter's own number."""
    document = Document()
    levels = level(0, "chineseCountingThousand", "%1、") + level(1, "decimal", "%1.%2 ", "<w:isLgl/>")
    (chapters,) = add_list(document, 94, levels)
    for text, index in (("总则", 0), ("目的", 1), ("分则", 0), ("标准", 1)):
        numbered(document, text, chapters, index)
    assert lines(document) == ["一、总则", "1.1 目的", "二、分则", "2.1 标准"]


def test_numbering_id_zero_removes_paragraph_from_list():
    document = Document()
    (items,) = add_list(document, 92, level(0, "decimal", "%1."))
    numbered(document, "身份证", items)
    numbered(document, "（原件）", 0)
    numbered(document, "户口簿", items)
    assert lines(document) == ["1.身份证", "（原件）", "2.户口簿"]


def test_bullets_are_no_numbers():
    document = Document()
    (items,) = add_list(document, 93, level(0, "bullet", "\uf0b7"))
    numbered(document, "身份证", items)
    assert lines(document) == ["身份证"]
