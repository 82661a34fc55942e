"""kb.language.masking: personal data is masked, numbers of documents are kept."""

import re

import pytest
from factories import CORPUS
from hypothesis import given
from hypothesis import strategies as st

from kb.language import masking
from kb.language.masking import impersonal, mask

FULL_WIDTH = str.maketrans("0123456789X-", "０１２３４５６７８９Ｘ－")
CHINESE = st.text(alphabet="我的手机号是身份证低保什么时候批，。？请回复", max_size=12)


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet="0123456789", min_size=least, max_size=most or least)


@st.composite
def typed(draw: st.DrawFn, number: st.SearchStrategy[str]) -> str:
    """A number as people type it: gaps between the digits, full-width, or plain."""
    plain = draw(number)
    gaps = draw(st.lists(st.sampled_from(["", "", "", " ", "-"]), min_size=len(plain), max_size=len(plain)))
    text = "".join(digit + gap for digit, gap in zip(plain, gaps, strict=True)).rstrip(" -")
    return text.translate(FULL_WIDTH) if draw(st.booleans()) else text


BIRTHDAYS = st.dates().map(lambda day: f"{day:%m%d}")
IDENTITY = st.builds(
    lambda place, year, day, order, last: place + year + day + order + last,
    st.integers(110_000, 659_999).map(str),
    st.integers(1900, 2099).map(str),
    BIRTHDAYS,
    digits(3),
    st.sampled_from([*"0123456789X"]),
)
OLD_IDENTITY = st.builds(
    lambda province, place, year, day, order: province + place + year + day + order,
    st.sampled_from(["11", "36", "54", "65"]),
    digits(4),
    digits(2),
    BIRTHDAYS,
    digits(3),
)
MOBILE = st.builds(lambda second, rest: f"1{second}{rest}", st.sampled_from("3456789"), digits(9))
# 18 digits from 511 on are the 统一社会信用代码 of an association, which stays.
CARD = st.builds(lambda first, rest: first + rest, st.sampled_from("3456"), digits(15, 18)).filter(
    lambda number: not re.fullmatch(r"5[1239][1-8]\d{15}", number)
)
LANDLINE = st.builds(
    lambda area, gap, first, rest: area + gap + first + rest,
    st.sampled_from(["010", "0792", "021"]),
    st.sampled_from(["", "-", " "]),
    st.sampled_from("23456789"),
    digits(6, 7),
)


@given(
    CHINESE,
    st.one_of(typed(IDENTITY), typed(OLD_IDENTITY), typed(MOBILE), CARD, LANDLINE),
    CHINESE,
)
def test_mask_leaves_no_digit_of_personal_number(before: str, number: str, after: str):
    masked = mask(before + number + after)
    assert not re.search(r"\d", masked), masked
    assert masked.startswith(before) and masked.endswith(after)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("身份证36040319900101123x", "身份证〔身份证号〕", id="lower_case_x"),
        pytest.param("360403900101123的低保", "〔身份证号〕的低保", id="15_digits"),
        pytest.param("卡号6222 0212 0200 1234 567", "卡号〔银行卡号〕", id="card_in_groups"),
        pytest.param("卡622202 1202001234567", "卡〔银行卡号〕", id="card_in_two_groups"),
        pytest.param("打+86 138-1234-5678", "打〔电话号码〕", id="country_code"),
        pytest.param("打008613812345678", "打〔电话号码〕", id="country_code_with_zeros"),
        pytest.param("打（0792）8551234找我", "打〔电话号码〕找我", id="area_code_in_brackets"),
        pytest.param("+86-792-8551234", "〔电话号码〕", id="landline_from_abroad"),
        pytest.param("身份证360403199001\n011234。", "身份证〔身份证号〕。", id="identity_broken_by_a_line"),
        pytest.param("身份证360403 19900101\r\n  123X", "身份证〔身份证号〕", id="identity_in_pieces"),
        pytest.param("360403.1990.01.01.123X", "〔身份证号〕", id="identity_with_dots"),
        pytest.param("三六〇四〇三一九九〇〇一〇一一二三四", "〔身份证号〕", id="identity_in_numerals"),
        pytest.param("卡6217 0000 1000\n1234 567", "卡〔银行卡号〕", id="card_in_groups_broken_by_a_line"),
        pytest.param("卡45320151\n12830366", "卡〔银行卡号〕", id="card_broken_by_a_line"),
        pytest.param("138.1234.5678", "〔电话号码〕", id="mobile_with_dots"),
        pytest.param("138·1234·5678", "〔电话号码〕", id="mobile_with_middle_dots"),
        pytest.param("138  1234  5678", "〔电话号码〕", id="mobile_with_wide_gaps"),
        pytest.param("１３８　１２３４　５６７８", "〔电话号码〕", id="mobile_full_width"),
        pytest.param("138\n12345678", "〔电话号码〕", id="mobile_broken_by_a_line"),
        pytest.param("13812345\n678", "〔电话号码〕", id="mobile_broken_within_a_group"),
        pytest.param("138\u200b1234\u200b5678", "〔电话号码〕", id="mobile_with_invisible_gaps"),
        pytest.param("打一三八一二三四五六七八", "打〔电话号码〕", id="mobile_in_numerals"),
        pytest.param("打幺三八幺二三四五六七八", "打〔电话号码〕", id="mobile_in_spoken_numerals"),
        pytest.param("壹叁捌壹贰叁肆伍陆柒捌", "〔电话号码〕", id="mobile_in_bank_numerals"),
        pytest.param("138一二三四5678", "〔电话号码〕", id="mobile_in_both"),
        pytest.param("其一13812345678", "其一〔电话号码〕", id="mobile_after_a_numeral"),
        pytest.param("①13812345678", "①〔电话号码〕", id="mobile_after_a_bullet"),
        pytest.param("打4008123456", "打〔电话号码〕", id="400_number"),
        pytest.param("打400-812-3456", "打〔电话号码〕", id="400_number_in_groups"),
        pytest.param("打800.820.8888", "打〔电话号码〕", id="800_number"),
        pytest.param("0792.8551234", "〔电话号码〕", id="landline_with_dot"),
        pytest.param("010 8551 2345", "〔电话号码〕", id="landline_in_groups"),
        pytest.param("〇七九二八五五一二三四", "〔电话号码〕", id="landline_in_numerals"),
        pytest.param("家里座机8551234", "家里座机〔电话号码〕", id="landline_without_area_code"),
        pytest.param("电话是8551 2345", "电话是〔电话号码〕", id="landline_of_eight_digits"),
        pytest.param("QQ：123456789", "QQ：〔QQ号〕", id="qq"),
        pytest.param("加我扣扣 88776655", "加我扣扣 〔QQ号〕", id="qq_in_chinese"),
        pytest.param("微信号：wxid_abc123", "微信号：〔微信号〕", id="wechat"),
        pytest.param("加V zhangsan88", "加V 〔微信号〕", id="wechat_short"),
        pytest.param("微信同号13812345678", "微信同号〔电话号码〕", id="wechat_that_is_a_mobile"),
        pytest.param("车牌赣G12345", "车牌〔车牌号〕", id="plate"),
        pytest.param("赣g·d12345被拖走", "〔车牌号〕被拖走", id="plate_new_energy"),
        pytest.param("粤B1234学", "〔车牌号〕", id="plate_of_a_driving_school"),
        pytest.param("护照E12345678", "护照〔护照号〕", id="passport"),
        pytest.param("护照号EA1234567", "护照号〔护照号〕", id="passport_new"),
        pytest.param("护照AB1234567", "护照〔证件号〕", id="passport_foreign"),
        pytest.param("驾驶证号360403123456", "驾驶证号〔证件号〕", id="driving_licence"),
        pytest.param("zhang (at) qq.com", "〔电子邮箱〕", id="email_without_at_sign"),
        pytest.param("13812345678或ＺＨＡＮＧ＠ｑｑ．ｃｏｍ", "〔电话号码〕或〔电子邮箱〕", id="two_kinds"),
        pytest.param("360403199001011234 13812345678", "〔身份证号〕 〔电话号码〕", id="one_after_the_other"),
    ],
)  # fmt: skip
def test_mask_replaces_personal_data_by_its_kind(text: str, masked: str):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "浔府办发〔2023〕12号文件第3条",
        "2023-09-04 2023-10-31之间",
        "20230904至20231031",
        "2021 2022 2023 2024四年",
        "补助5000-8000元，共123456789元",
        "支持度达99.5%以上",
        "拨打12345或者95598、12333、12366、110、119、12123",
        "国办发〔2017〕47号和GB/T 37668—2019、新GB50016-2014",
        "2023.09.04至2023.10.31，2023/09/04 14:30",
        "二〇二三年十二月三十一日前，第一百二十三条第（四）项",
        "一、二、三、四、五、六、七、八、九、十、十一",
        "1.2.3.4.5.6.7.8.9.10.11",
        "补助4000000000元，总投资13800000000元，共15000000000 元，138.12345678亿元",
        "1500、1600、1800元，13.8万元、15.6万元、17.9万元",
        "3000 4000 5000 6000元四档",
        "3000 4000 5000 6000四档",
        "增长15.3%、16.4%、17.5%、18.6%，人口1380000、1450000人",
        "100 200 300 101 500",
        "邮编332000，332000 332001",
        "工作日 8:30-12:00，13:30—17:30",
        "统一社会信用代码913604037055123456",
        "项目代码2023-360403-04-01-123456，办件编号20230904123456",
        "G105国道，G1234次列车，鲁C2000年以前的车",
        "微信公众号“九江发布”，微信Android版，微信小程序12345",
        "居住证20230901起办理，手机2024年补贴，电话12345，QQ邮箱",
        "IPv6地址2001:db8::1，端口7860",
        "统一社会信用代码91360403MA35ABCD1X和9136040370551234XK",
        "编号360403991301123",  # no month 13
    ],
)
def test_mask_keeps_numbers_that_are_not_personal(text: str):
    assert mask(text) == text


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("您好，我叫张三，手机13812345678，怎么办离婚登记？", "怎么办离婚登记？"),
        ("怎么办离婚登记？我的联系电话是13812345678。", "怎么办离婚登记？"),
        ("我叫张三想问问低保怎么申请，谢谢", "我叫张三想问问低保怎么申请，谢谢"),
        ("身份证360403199001011234丢了怎么补办，要带什么？", "身份证〔身份证号〕丢了怎么补办，要带什么？"),
        ("你好怎么办离婚登记", "你好怎么办离婚登记"),
        ("13812345678", "〔电话号码〕"),
        ("", ""),
    ],
)
def test_impersonal_drops_clauses_that_only_say_who_asks(typed: str, asked: str):
    assert impersonal(mask(typed)) == asked


@given(st.text(alphabet="138一二三四五〇 .-\n@aQq微信赣G电话号码是：〔〕元", max_size=60))
def test_masking_twice_is_masking_once(text: str):
    assert mask(mask(text)) == mask(text)


UNITS = (
    *("1", "13", "1 ", "1\n", "6222 ", "0792-", "138.", "一"),
    *("a.", "a@", "微信a", "QQ1", "电话1", "护照", "赣G"),
)


@pytest.mark.hostile
@pytest.mark.parametrize("kind", masking._KINDS, ids=lambda kind: kind.pattern.pattern[:24])
@pytest.mark.parametrize("unit", UNITS)
def test_pattern_on_a_hostile_text_takes_time_in_proportion_to_its_length(kind: masking._Kind, unit: str):
    """Backtracking that grows with the square of the length would take minutes."""
    plain = (unit * 200_000)[:200_000]
    assert sum(1 for _ in kind.pattern.finditer(plain)) <= len(plain)


def test_mask_leaves_shipped_documents_unchanged():
    for path in CORPUS.iterdir():
        text = path.read_text(encoding="utf-8")
        assert mask(text) == text, path
