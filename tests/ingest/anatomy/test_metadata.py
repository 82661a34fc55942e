"""ingest.anatomy.metadata: expected values were read by hand from the documents."""

from datetime import date
from pathlib import Path

import pytest

from ingest.anatomy.clean import clean
from ingest.anatomy.metadata import Metadata, read_metadata
from ingest.readers.read import read

CORPUS = Path(__file__).parents[3] / "corpus"
NPC = "全国人民代表大会常务委员会"


def particulars(found: Metadata) -> Metadata:
    """The metadata without its findings."""
    return found.model_copy(update={"findings": ()})


def reason_of(found: Metadata, field: str) -> str:
    """The reason of the finding on a field."""
    return next(finding.reason for finding in found.findings if finding.field == field)


def confidence_of(found: Metadata, field: str) -> float:
    """The confidence of the finding on a field."""
    return next(finding.confidence for finding in found.findings if finding.field == field)


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
            "2018-03-19",
            "2003-09-01",
        ),
        ("社会保险法(2018-12-29).md", "中华人民共和国社会保险法", None, NPC, "2018-12-29", "2011-07-01"),
        (
            "社会救助暂行办法(2019-03-02).md",
            "社会救助暂行办法",
            "国务院令第649号",
            "国务院",
            "2019-03-02",
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
def test_metadata_of_corpus_laws(
    name: str, title: str, number: str | None, issuer: str, published: str, effective: str
) -> None:
    metadata = read_metadata(clean(read(CORPUS / name)).text, name)
    assert particulars(metadata) == Metadata(
        title=title,
        number=number,
        issuer=issuer,
        published_date=date.fromisoformat(published),
        effective_date=date.fromisoformat(effective),
        departments=tuple(issuer.split("、")),
        validity=metadata.validity,
    )
    assert metadata.validity is not None
    assert all(finding.confidence >= 0.9 for finding in metadata.findings)


def test_metadata_of_work_plan() -> None:
    name = "2023年浔阳区政务公开工作要点.txt"
    assert particulars(read_metadata(clean(read(CORPUS / name)).text, name)) == Metadata(
        title="2023年浔阳区政务公开工作要点",
        issuer="浔阳区人民政府办公室",
        written_date=date(2023, 9, 4),
        addressee="各街道办事处、区政府各部门",
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
def test_document_number_normalised_from_any_brackets(number: str) -> None:
    metadata = read_metadata(NOTICE.format(number=number, closing="略。"), "a.txt")
    assert metadata.number == "浔府办发〔2023〕12号"


def test_notice_gets_title_of_the_document_it_prints() -> None:
    metadata = read_metadata(NOTICE.format(number="〔2023〕12号", closing="略。"), "a.txt")
    assert metadata.title == "浔阳区政策解读工作办法"
    assert metadata.issuer == "浔阳区人民政府办公室"
    assert metadata.written_date == date(2023, 9, 4)


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
def test_effective_and_expiry_date_from_closing_article(
    closing: str, effective: date | None, expiry: date | None
) -> None:
    metadata = read_metadata(NOTICE.format(number="〔2023〕12号", closing=closing), "a.txt")
    assert (metadata.effective_date, metadata.expiry_date) == (effective, expiry)


def test_information_box_lines_fill_fields() -> None:
    text = """关于开展试点工作的通知
发文机关：浔阳区教育体育局
文号：浔教体字〔2022〕7号
发布日期：2022-03-01
成文日期：2022年2月25日
一、目标
"""
    metadata = read_metadata(text, "a.txt")
    assert particulars(metadata) == Metadata(
        title="关于开展试点工作的通知",
        number="浔教体字〔2022〕7号",
        issuer="浔阳区教育体育局",
        written_date=date(2022, 2, 25),
        published_date=date(2022, 3, 1),
        departments=("浔阳区教育体育局",),
    )


def test_file_name_gives_title_and_date_missing_in_text() -> None:
    metadata = read_metadata(
        "本区居民均可申请，请携带身份证件到政务大厅办理。", "临时救助说明(2021-05-06).md"
    )
    assert (metadata.title, metadata.published_date) == ("临时救助说明", date(2021, 5, 6))


def test_number_of_cited_document_not_taken_as_own() -> None:
    assert (
        read_metadata(
            "关于做好工作的通知\n根据国发〔2015〕58号文件精神，通知如下：\n一、甲。", "a.txt"
        ).number
        is None
    )


ON_ONE_LINE = (
    "{title} {below} 各县（区）人民政府，市直各部门： 　　为做好秋季学期开学工作，保障师生安全，"
    "根据省教育厅要求，现就有关事项通知如下： 　　一、加强领导。各地要高度重视。 "
    "　　二、抓好落实。 浔北市教育局办公室 2021年8月20日 （此件主动公开）"
)


@pytest.mark.parametrize(
    ("title", "below", "number"),
    [
        pytest.param(
            "关于做好秋季开学工作的通知", "浔教办〔2021〕15号", "浔教办〔2021〕15号", id="number_below"
        ),
        pytest.param(
            "关于做好秋季开学工作的通知",
            "浔北市教育局文件 浔教办[2021] 15 号",
            "浔教办〔2021〕15号",
            id="red_head_below",
        ),
        pytest.param(
            "关于做好秋季开学工作的通知",
            "关于做好秋季开学工作的通知 浔教办〔2021〕15号",
            "浔教办〔2021〕15号",
            id="title_said_twice",
        ),
        pytest.param(
            "关于做好秋季开学工作的通知",
            "[主题分类] 教育 　　[发文字号] 浔教办〔2021〕15号 　　[有效性] 有效",
            "浔教办〔2021〕15号",
            id="box_in_brackets",
        ),
        pytest.param("浔北市教育局 印发《秋季开学 工作指南》的通知", "", None, id="title_with_gaps"),
    ],
)
def test_metadata_of_notice_saved_on_one_line(title: str, below: str, number: str | None) -> None:
    metadata = read_metadata(ON_ONE_LINE.format(title=title, below=below), "3f1c9a.txt")
    assert metadata.title.replace(" ", "") == title.replace(" ", "")
    assert metadata.number == number
    assert (metadata.issuer, metadata.written_date) == ("浔北市教育局办公室", date(2021, 8, 20))
    assert metadata.addressee == "各县（区）人民政府，市直各部门"


@pytest.mark.parametrize(
    ("opening", "title"),
    [
        pytest.param(
            "我市发布新政 企业招工最高补贴30万元 新华社浔北2月16日电（记者 张三）记者16日获悉，今起实行。",
            "我市发布新政 企业招工最高补贴30万元",
            id="headline_in_two_parts",
        ),
        pytest.param(
            "我市9家工厂全部投产 保生产 保运行 保质量 2月9日，记者从市工信局获悉，9家工厂全部投产。",
            "我市9家工厂全部投产",
            id="kickers_are_left_out",
        ),
        pytest.param(
            "速看！ 我区预约办税操作图解 疫情就是命令，防控就是责任！请广大纳税人线上办理。",
            "速看！ 我区预约办税操作图解",
            id="an_exclamation_is_no_title",
        ),
        pytest.param(
            "市税务局 通知公告 小微企业税收优惠政策指引 为落实税收优惠政策，市税务局编写了本指引。",
            "小微企业税收优惠政策指引",
            id="site_and_column_are_no_title",
        ),
    ],
)
def test_title_of_a_page_saved_on_one_line(opening: str, title: str) -> None:
    body = "具体办法如下，请广大企业和群众知悉，并按规定到窗口办理，有关材料可以在网上下载。" * 3
    assert read_metadata(opening + body, "3f1c9a.txt").title == title


def test_metadata_of_red_headed_paper() -> None:
    text = """浔北市人民政府办公室文件
浔府办字〔2022〕31号
浔北市人民政府办公室关于印发
浔北市公共租赁住房管理办法（试行）的通知
各县（区）人民政府，市政府各部门：
　　《浔北市公共租赁住房管理办法（试行）》已经市政府同意，现印发给你们，请认真贯彻执行。
浔北市人民政府办公室
2022年6月1日
浔北市公共租赁住房管理办法
（试行）
第一章 总则
第一条 为了规范公共租赁住房管理，制定本办法。
第二条 本办法自2022年7月1日起施行，试行两年。
"""
    metadata = read_metadata(text, "a.txt")
    assert metadata.title == "浔北市人民政府办公室关于印发浔北市公共租赁住房管理办法（试行）的通知"
    assert (metadata.number, metadata.issuer) == ("浔府办字〔2022〕31号", "浔北市人民政府办公室")
    assert (metadata.effective_date, metadata.expiry_date) == (date(2022, 7, 1), date(2024, 6, 30))
    assert metadata.validity == "第二条 本办法自2022年7月1日起施行，试行两年"


def test_portal_information_box_on_one_line_fills_fields() -> None:
    text = (
        "索 引 号： 014349/2020-00017 主题分类： 卫生、体育\\医药管理 发文机关： 浔北市人民政府办公室 "
        "成文日期： 2020年02月03日 标　　题： 浔北市人民政府办公室关于做好医疗物资保障的通知 "
        "发文字号： 浔府办发〔2020〕2号 发布日期： 2020年02月05日 "
        "浔北市人民政府办公室关于做好医疗物资保障的通知 各区人民政府： 为保障医疗物资供应，现通知如下。"
    )
    metadata = read_metadata(text, "a.txt")
    assert (metadata.index_number, metadata.topic) == ("014349/2020-00017", "卫生、体育\\医药管理")
    assert (metadata.number, metadata.issuer) == ("浔府办发〔2020〕2号", "浔北市人民政府办公室")
    assert (metadata.written_date, metadata.published_date) == (date(2020, 2, 3), date(2020, 2, 5))
    assert reason_of(metadata, "number") == "信息栏“发文字号”"


@pytest.mark.parametrize(
    ("closing", "expiry"),
    [
        ("本通知自2021年1月1日起施行，有效期至2025年底。", date(2025, 12, 31)),
        ("本通知自2021年1月1日起执行，试行一年。", date(2021, 12, 31)),
        ("本通知自2021年1月1日起执行，执行期暂定为6个月。", date(2021, 6, 30)),
        ("本通知有效期自2021年1月1日至2023年12月31日。", date(2023, 12, 31)),
        ("本通知自2021年1月1日起施行。申请有效期一年内有效的证件。", None),
        ("本通知自2021年1月1日起施行。\n2.通行证自签发之日起生效，有效期为六个月。", None),
        ("本通知自2021年1月1日起施行。本通知规定的许可证有效期为三年。", None),
    ],
)
def test_expiry_date_from_closing_sentence(closing: str, expiry: date | None) -> None:
    text = f"关于调整补贴标准的通知\n各单位：\n一、补贴标准。\n{closing}\n浔北市民政局\n2020年12月20日\n"
    assert read_metadata(text, "a.txt").expiry_date == expiry


@pytest.mark.parametrize(
    ("closing", "effective"),
    [
        ("本办法自公布之日起30日后施行。", date(2021, 1, 19)),
        ("本通知自印发之日起施行。", date(2020, 12, 20)),
    ],
)
def test_effective_date_counted_from_day_of_issue(closing: str, effective: date) -> None:
    text = f"关于调整补贴标准的通知\n各单位：\n一、补贴标准。\n{closing}\n浔北市民政局\n2020年12月20日\n"
    assert read_metadata(text, "a.txt").effective_date == effective


def test_page_tags_fill_missing_fields_and_confirm_title() -> None:
    hints = {
        "title": "关于调整补贴标准的通知_浔北市民政局",
        "issuer": "浔北市民政局",
        "published_date": "2020-12-25 09:30",
        "number": "浔民发〔2020〕40号",
        "index_number": "0145/2020-88",
    }
    text = "关于调整补贴标准的通知\n各区民政局：\n一、补贴标准为每人每月60元。\n"
    metadata = read_metadata(text, "a.txt", hints)
    assert (metadata.title, confidence_of(metadata, "title")) == ("关于调整补贴标准的通知", 0.99)
    assert (metadata.number, metadata.issuer) == ("浔民发〔2020〕40号", "浔北市民政局")
    assert (metadata.published_date, metadata.index_number) == (date(2020, 12, 25), "0145/2020-88")
    assert confidence_of(metadata, "number") < confidence_of(metadata, "title")


def test_text_wins_over_contradicting_page_tag() -> None:
    text = "关于调整补贴标准的通知\n浔民发〔2020〕40号\n各区民政局：\n一、补贴标准。\n"
    metadata = read_metadata(text, "a.txt", {"title": "通知公告", "number": "浔民发〔2019〕1号"})
    assert (metadata.title, metadata.number) == ("关于调整补贴标准的通知", "浔民发〔2020〕40号")
    assert confidence_of(metadata, "title") < 0.8  # text and tag disagree: a doubt for staff


def test_number_below_title_without_organ_code_is_doubtful() -> None:
    text = (
        "浔北市税务局关于延长纳税申报期限的通告 2020年第2号 根据税务总局通知，现将纳税申报期限通告如下： "
        "一、对按月申报的纳税人，申报期限延长至2月28日。 特此通告。 浔北市税务局 2020年2月18日"
    )
    metadata = read_metadata(text, "a.txt")
    assert (metadata.number, confidence_of(metadata, "number")) == ("2020年第2号", 0.8)


def test_values_from_file_name_are_doubtful() -> None:
    metadata = read_metadata(
        "本区居民均可申请，请携带身份证件到政务大厅办理。", "临时救助说明(2021-05-06).md"
    )
    assert confidence_of(metadata, "title") <= 0.5
    assert reason_of(metadata, "published_date") == "文件名"


def test_latest_revision_of_a_law_is_its_date_whatever_line_it_stands_on() -> None:
    text = (
        "浔东区物业管理条例\n（2003年6月8日浔东区人民代表大会通过\n"
        "根据2016年2月6日《关于修改部分条例的决定》第一次修订\n"
        "根据2018年3月19日《关于修改和废止部分条例的决定》第二次修订）\n"
        "第一条 为了规范物业管理，制定本条例。\n"
    )
    assert read_metadata(text, "a.txt").published_date == date(2018, 3, 19)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("## 浔东区加装电梯补助办法", id="marked_heading"),
        pytest.param("#### 折叠浔东区 浔东区加装电梯补助办法", id="folding_heading"),
        pytest.param("浔 东 区 加 装 电 梯 补 助 办 法", id="letter_spaced"),
        pytest.param("浔东区加装电梯补助办法浔东建发〔2023〕3号", id="number_on_the_same_line"),
    ],
)
def test_title_stands_without_marks_spaces_and_number(head: str) -> None:
    assert read_metadata(f"{head}\n第一条 每台电梯补助15万元。\n", "a.txt").title == "浔东区加装电梯补助办法"


def test_number_on_the_line_of_the_title_is_read() -> None:
    text = "浔东区加装电梯补助办法浔东建发〔2023〕3号\n第一条 每台电梯补助15万元。\n"
    assert read_metadata(text, "a.txt").number == "浔东建发〔2023〕3号"


def test_day_of_issue_is_the_written_date_where_the_page_was_published_later() -> None:
    text = "关于发放救助金的通知\n本通知自印发之日起施行。\n浔东区民政局\n2019年3月1日\n"
    found = read_metadata(text, "a.txt", box={"published": "2023-05-06"})
    assert found.effective_date == date(2019, 3, 1)
    assert found.published_date == date(2023, 5, 6)


def test_name_of_an_event_is_no_issuer() -> None:
    text = "天宫任务第二场新闻发布会\n2012年6月24日\n记者：请介绍情况。\n"
    assert read_metadata(text, "a.txt").issuer is None
