"""kb.language.numerals, ingest.notation.dates, ingest.notation.signature."""

from datetime import date

import pytest

from ingest.notation.dates import find_dates
from ingest.notation.signature import find_signatures
from kb.language.numerals import number_value


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("一", 1),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("三十六", 36),
        ("一百零三", 103),
        ("一百一十", 110),
        ("一千二百六十", 1260),
        ("二〇二三", 2023),
        ("二○○八", 2008),
        ("１２", 12),
        ("⑫", 12),
        ("第 十 条", 10),
        ("总则", 0),
    ],
)
def test_numeral_in_every_style_has_its_value(printed: str, value: int) -> None:
    assert number_value(printed) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2023年9月4日", date(2023, 9, 4)),
        ("二〇二三年九月四日", date(2023, 9, 4)),
        ("二O二三年九月四日", date(2023, 9, 4)),  # Latin
        ("二О二三年九月四日", date(2023, 9, 4)),  # Cyrillic
        ("二ΟΟ八年十二月卅一日", date(2008, 12, 31)),  # Greek
        ("二〇二三年九月廿四日", date(2023, 9, 24)),
        ("2023．9．4", date(2023, 9, 4)),
        ("２０２３．９．４", date(2023, 9, 4)),
        ("2023. 9. 4", date(2023, 9, 4)),
        ("2023—09—04", date(2023, 9, 4)),
        ("2023·9·4", date(2023, 9, 4)),
        ("2023年9月4号", date(2023, 9, 4)),
        ("二 〇 二 三 年 九 月 四 日", date(2023, 9, 4)),
        ("贰零贰叁年玖月肆日", date(2023, 9, 4)),
        ("二⭕二三年九月四日", date(2023, 9, 4)),  # U+2B55
        ("二○○九年十二月二十五日", date(2009, 12, 25)),
        ("2008 年 05 月 01 日", date(2008, 5, 1)),
        ("１９９５年４月５日", date(1995, 4, 5)),
        ("发布日期：2023-09-04", date(2023, 9, 4)),
    ],
)
def test_date_in_every_style_found(text: str, value: date) -> None:
    assert [match.value for match in find_dates(text)] == [value]


@pytest.mark.parametrize("text", ["2023年13月4日", "2023年2月30日", "99年", "第2023-1号"])
def test_impossible_or_partial_date_not_found(text: str) -> None:
    assert list(find_dates(text)) == []


def test_signature_of_several_organs_found() -> None:
    text = "现印发给你们。\n九江市浔阳区教育体育局\n九江市浔阳区财政局\n二〇二三年九月四日\n"
    (signature,) = find_signatures(text)
    assert signature.organs == ("九江市浔阳区教育体育局", "九江市浔阳区财政局")
    assert signature.written == date(2023, 9, 4)
    assert signature.span.of(text) == "九江市浔阳区教育体育局\n九江市浔阳区财政局\n二〇二三年九月四日"


def test_signature_in_text_on_one_line_found() -> None:
    text = "切实做好工作。   晋城市疫情防控领导小组办公室             2020年2月22日"
    (signature,) = find_signatures(text)
    assert signature.organs == ("晋城市疫情防控领导小组办公室",)


def test_a_date_amid_the_text_is_no_signature() -> None:
    assert (
        find_signatures(
            "报名时间：\n2023年9月4日\n地点：区政务服务大厅三楼，请携带身份证。\n" + "说明。" * 100
        )
        == ()
    )
