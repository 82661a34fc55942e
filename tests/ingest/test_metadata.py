"""ingest.metadata: expected values were read from the documents."""

from datetime import date
from pathlib import Path

import pytest

from ingest.clean import clean
from ingest.metadata import Metadata, read_metadata
from ingest.read import read

CORPUS = Path(__file__).parent.parent.parent / "corpus"
NPC = "全国人民代表大会常务委员会"


@pytest.mark.parametrize(
    ("name", "title", "number", "issuer", "published", "effective"),
    [
        ("义务教育法(2018-12-29).md", "中华人民共和国义务教育法", None, NPC, "2018-12-29", "2006-09-01"),
        (
            "优化营商环境条例(2019-10-22).md",
            "优化营商环境条例",
            "国务院令第722号",
            "国务院",
            "2019-10-22",
            "2020-01-01",
        ),
        (
            "保守国家秘密法(2010-04-29).md",
            "中华人民共和国保守国家秘密法",
            None,
            NPC,
            "2010-04-29",
            "2010-10-01",
        ),
        (
            "保守国家秘密法(2024-02-27).md",
            "中华人民共和国保守国家秘密法",
            None,
            NPC,
            "2024-02-27",
            "2024-05-01",
        ),
        ("信访工作条例(2022-02-25).md", "信访工作条例", None, "中共中央、国务院", "2022-02-25", "2022-05-01"),
        ("信访条例(2005-01-10).md", "信访条例", "国务院令第431号", "国务院", "2005-01-10", "2005-05-01"),
        ("就业促进法(2015-04-24).md", "中华人民共和国就业促进法", None, NPC, "2015-04-24", "2008-01-01"),
        (
            "政府信息公开条例(2019-04-03).md",
            "中华人民共和国政府信息公开条例",
            "国务院令第711号",
            "国务院",
            "2019-04-03",
            "2019-05-15",
        ),
        (
            "无障碍环境建设条例(2012-06-28).md",
            "无障碍环境建设条例",
            "国务院令第622号",
            "国务院",
            "2012-06-28",
            "2012-08-01",
        ),
        (
            "无障碍环境建设法(2023-06-28).md",
            "中华人民共和国无障碍环境建设法",
            None,
            NPC,
            "2023-06-28",
            "2023-09-01",
        ),
        (
            "物业管理条例(2018-03-19).md",
            "物业管理条例",
            "国务院令第379号",
            "国务院",
            "2016-02-06",
            "2003-09-01",
        ),
        ("社会保险法(2018-12-29).md", "中华人民共和国社会保险法", None, NPC, "2018-12-29", "2011-07-01"),
        (
            "社会救助暂行办法(2019-03-02).md",
            "社会救助暂行办法",
            "国务院令第649号",
            "国务院",
            "2014-02-21",
            "2014-05-01",
        ),
        ("行政许可法(2019-04-23).md", "中华人民共和国行政许可法", None, NPC, "2019-04-23", "2004-07-01"),
        (
            "重大行政决策程序暂行条例(2019-04-20).md",
            "重大行政决策程序暂行条例",
            "国务院令第713号",
            "国务院",
            "2019-04-20",
            "2019-09-01",
        ),
    ],
)
def test_laws(name: str, title: str, number: str | None, issuer: str, published: str, effective: str) -> None:
    found = read_metadata(clean(read(CORPUS / name)).text, name)
    assert found == Metadata(
        title=title,
        number=number,
        issuer=issuer,
        published_date=date.fromisoformat(published),
        effective_date=date.fromisoformat(effective),
        departments=tuple(issuer.split("、")),
    )


def test_work_plan() -> None:
    name = "2023年浔阳区政务公开工作要点.txt"
    assert read_metadata(clean(read(CORPUS / name)).text, name) == Metadata(
        title="2023年浔阳区政务公开工作要点",
        issuer="浔阳区人民政府办公室",
        written_date=date(2023, 9, 4),
        departments=("浔阳区人民政府办公室",),
    )


NOTICE = """浔府办发{number}
浔阳区人民政府办公室关于印发
《浔阳区政策解读工作办法》的通知
各街道办事处，区政府各部门：
《浔阳区政策解读工作办法》已经区政府同意，现印发给你们，请遵照执行。
浔阳区人民政府办公室
二〇二三年九月四日
浔阳区政策解读工作办法
第一条 为了规范政策解读，根据《江西省办法》（赣府厅发〔2016〕80号），制定本办法。
第二条 {closing}
"""


@pytest.mark.parametrize(
    "number",
    ["〔2023〕12号", "[2023]12号", "【2023】 12 号", "（2023）12号", "(2023)第12号", "〔２０２３〕１２号"],
)
def test_document_number(number: str) -> None:
    found = read_metadata(NOTICE.format(number=number, closing="略。"), "a.txt")
    assert found.number == "浔府办发〔2023〕12号"


def test_title_of_the_printed_document() -> None:
    found = read_metadata(NOTICE.format(number="〔2023〕12号", closing="略。"), "a.txt")
    assert found.title == "浔阳区政策解读工作办法"
    assert found.issuer == "浔阳区人民政府办公室"
    assert found.written_date == date(2023, 9, 4)


@pytest.mark.parametrize(
    ("closing", "effective", "expiry"),
    [
        pytest.param(
            "本办法自2023年10月1日起施行，有效期五年。", date(2023, 10, 1), date(2028, 9, 30), id="years"
        ),
        pytest.param(
            "本办法自2024年2月29日起实施，有效期为1年。", date(2024, 2, 29), date(2025, 2, 27), id="leap_day"
        ),
        pytest.param(
            "本办法自印发之日起施行，有效期至2025年12月31日。",
            date(2023, 9, 4),
            date(2025, 12, 31),
            id="until",
        ),
        pytest.param("本办法自发布之日起执行。", date(2023, 9, 4), None, id="at_once"),
        pytest.param("许可证有效期五年。", None, None, id="a_licence_is_not_the_document"),
        pytest.param("本办法由区政府办负责解释。", None, None, id="silent"),
    ],
)
def test_validity(closing: str, effective: date | None, expiry: date | None) -> None:
    found = read_metadata(NOTICE.format(number="〔2023〕12号", closing=closing), "a.txt")
    assert (found.effective_date, found.expiry_date) == (effective, expiry)


def test_information_box() -> None:
    text = """关于开展试点工作的通知
发文机关：浔阳区教育体育局
文号：浔教体字〔2022〕7号
发布日期：2022-03-01
成文日期：2022年2月25日
一、目标
"""
    found = read_metadata(text, "a.txt")
    assert found == Metadata(
        title="关于开展试点工作的通知",
        number="浔教体字〔2022〕7号",
        issuer="浔阳区教育体育局",
        written_date=date(2022, 2, 25),
        published_date=date(2022, 3, 1),
        departments=("浔阳区教育体育局",),
    )


def test_file_name_helps_where_the_text_is_silent() -> None:
    found = read_metadata("本区居民均可申请，请携带身份证件到政务大厅办理。", "临时救助说明(2021-05-06).md")
    assert (found.title, found.published_date) == ("临时救助说明", date(2021, 5, 6))


def test_number_of_another_document_is_not_its_own() -> None:
    assert (
        read_metadata(
            "关于做好工作的通知\n根据国发〔2015〕58号文件精神，通知如下：\n一、甲。", "a.txt"
        ).number
        is None
    )
