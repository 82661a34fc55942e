"""ingest.anatomy.carried: orders that promulgate a regulation, notices that forward another organ's text."""

from datetime import date

import pytest

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from kb.models import PolicyDocument

ORDER = """浔东区人民政府令
第9号
《浔东区户外广告管理办法》已经2023年3月6日区人民政府第12次常务会议审议通过，现予公布，自2023年5月1日起施行。
区长　陈立
2023年3月20日
浔东区户外广告管理办法
第一条 为了规范户外广告，制定本办法。
第二条 本办法适用于建成区。
浔东区城市管理局
2022年12月1日
"""
FORWARDED = """浔东区人民政府办公室关于转发区医保局《浔东区医疗救助实施意见》的通知
浔东府办发〔2023〕7号
各镇人民政府、街道办事处：
区医保局《浔东区医疗救助实施意见》已经区人民政府同意，现转发给你们，请认真执行。
浔东区人民政府办公室
2023年8月1日
（此件公开发布）
浔东区医疗救助
实施意见
一、救助对象
特困人员、低保对象。
二、救助标准
特困人员按百分之百救助。
浔东区医疗保障局
2023年7月12日
"""


def read(text: str) -> PolicyDocument:
    return build_document(RawText(text=text), source="a.txt", path="a.txt", sha256="", document_id="a")


@pytest.mark.parametrize(
    ("head", "number"),
    [
        pytest.param("浔东区人民政府令\n第9号", "浔东区人民政府令第9号", id="number_below"),
        pytest.param("浔东区人民政府令（第9号）", "浔东区人民政府令第9号", id="number_beside"),
        pytest.param("浔东区人民政府令\n2023年第2号", "浔东区人民政府令2023年第2号", id="with_year"),
        pytest.param("中华人民共和国财政部令\n第九号", "财政部令第九号", id="ministry"),
        pytest.param("浔东区人民政府　令\n第 9 号", "浔东区人民政府令第9号", id="spaced"),
        pytest.param("浔东区人民政府\n令\n第9号", "浔东区人民政府令第9号", id="a_line_each"),
        pytest.param("公安部、司法部令\n第9号", "公安部、司法部令第9号", id="two_organs"),
        pytest.param("财政部\n司法部\n令\n第9号", "财政部、司法部令第9号", id="a_line_for_each_organ"),
        pytest.param(
            "浔东市第九届人民代表大会常务委员会公告\n第9号",
            "浔东市第九届人民代表大会常务委员会公告第9号",
            id="congress",
        ),
    ],
)
def test_order_takes_the_title_of_its_regulation_and_its_own_number_and_date(head: str, number: str) -> None:
    document = read(ORDER.replace("浔东区人民政府令\n第9号", head))
    assert document.title == "浔东区户外广告管理办法"
    assert document.number == number
    assert document.written_date == date(2023, 3, 20)
    assert document.effective_date == date(2023, 5, 1)


def test_congress_that_promulgates_is_the_issuer_without_its_session() -> None:
    text = ORDER.replace("浔东区人民政府令", "浔东市第九届人民代表大会常务委员会公告")
    assert read(text).issuer == "浔东市人民代表大会常务委员会"


def test_order_that_promulgates_a_decision_on_a_regulation_takes_the_title_of_the_decision() -> None:
    text = """中华人民共和国国务院令
第796号
《国务院关于修改〈浔东户外广告管理办法〉的决定》已经2023年3月6日国务院第12次常务会议通过，现予公布，自2023年5月1日起施行。
总理　陈立
2023年3月20日
国务院关于修改《浔东户外广告管理办法》的决定
国务院决定对《浔东户外广告管理办法》作如下修改：
一、将第三条修改为：“户外广告应当登记。”
"""
    document = read(text)
    assert document.title == "国务院关于修改《浔东户外广告管理办法》的决定"
    assert (document.number, document.written_date) == ("国务院令第796号", date(2023, 3, 20))


def test_order_that_repeals_promulgates_nothing() -> None:
    text = ORDER.replace(
        "已经2023年3月6日区人民政府第12次常务会议审议通过，现予公布，", "予以废止，自公布之日起，"
    )
    assert read(text).title != "浔东区户外广告管理办法"


def test_order_names_the_regulation_behind_the_verb() -> None:
    text = ORDER.replace(
        "《浔东区户外广告管理办法》已经2023年3月6日区人民政府第12次常务会议审议通过，现予公布",
        "现公布修订后的《浔东区户外广告管理办法》",
    )
    assert read(text).title == "浔东区户外广告管理办法"


def test_order_that_carries_nothing_keeps_its_own_title() -> None:
    text = "浔东区人民政府令\n第9号\n现决定对养犬实行登记，请遵照执行。\n浔东区人民政府\n2023年3月20日\n"
    assert read(text).title != "浔东区户外广告管理办法"


def test_notice_that_forwards_keeps_its_issuer_and_date() -> None:
    document = read(FORWARDED)
    assert document.issuer == "浔东区人民政府办公室"
    assert document.written_date == date(2023, 8, 1)


def test_notice_that_forwards_a_text_with_its_title_on_a_line_keeps_its_own_title_and_issuer() -> None:
    document = read(FORWARDED.replace("医疗救助\n实施意见", "医疗救助实施意见"))
    assert document.title == "浔东区人民政府办公室关于转发区医保局《浔东区医疗救助实施意见》的通知"
    assert (document.issuer, document.written_date) == ("浔东区人民政府办公室", date(2023, 8, 1))
    assert document.sections[0].label == "浔东区医疗救助实施意见"


def test_notice_that_prints_a_signed_text_keeps_its_own_date() -> None:
    text = FORWARDED.replace("医疗救助\n实施意见", "医疗救助实施意见").replace("转发区医保局", "印发")
    document = read(text)
    assert document.title == "浔东区医疗救助实施意见"
    assert (document.issuer, document.written_date) == ("浔东区人民政府办公室", date(2023, 8, 1))


def test_forwarded_text_is_a_part_with_its_own_title() -> None:
    sections = read(FORWARDED).sections
    assert [(section.label, section.parent) for section in sections] == [
        ("浔东区医疗救助实施意见", None),
        ("一、救助对象", 0),
        ("二、救助标准", 0),
    ]


def test_annex_takes_its_title_from_the_lines_below_its_number() -> None:
    text = FORWARDED.replace("（此件公开发布）", "附件1")
    assert read(text).sections[0].label == "附件1浔东区医疗救助实施意见"


def test_notice_without_an_organ_in_its_title_keeps_the_first_signature() -> None:
    text = FORWARDED.replace("浔东区人民政府办公室关于转发", "关于转发", 1)
    assert read(text).issuer == "浔东区人民政府办公室"


def test_announcement_made_under_a_law_does_not_take_its_title() -> None:
    document = read(
        "浔东区住房和城乡建设局公告\n2024年第3号\n"
        "根据《城市房地产管理法》，现公布商品房买卖合同示范文本，自2024年5月1日起使用。\n"
        "2024年4月1日\n第一条 本合同供买卖双方使用。\n"
    )
    assert document.title != "城市房地产管理法"
