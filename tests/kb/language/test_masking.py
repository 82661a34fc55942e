"""kb.language.masking: personal data is masked, numbers of documents are kept."""

import re

import pytest
from factories import CORPUS
from hypothesis import given
from hypothesis import strategies as st

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
    lambda place, year, day, order: place + year + day + order,
    st.integers(110_000, 659_999).map(str),
    digits(2),
    BIRTHDAYS,
    digits(3),
)
MOBILE = st.builds(lambda second, rest: f"1{second}{rest}", st.sampled_from("3456789"), digits(9))
CARD = st.builds(lambda first, rest: first + rest, st.sampled_from("3456"), digits(15, 18))
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
        "拨打12345或者95598、4008123456",
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


def test_mask_leaves_shipped_documents_unchanged():
    for path in CORPUS.iterdir():
        text = path.read_text(encoding="utf-8")
        assert mask(text) == text, path
