"""Cells as Excel shows them, in the formats of its own menus and of government tables."""

from datetime import date, datetime, time, timedelta

import pytest

from ingest.readers.cell_formats import shown

MOMENT = datetime(2023, 5, 1, 14, 5, 9)


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (None, "General", ""),
        ("  区人社局 ", "@", "区人社局"),
        (True, "General", "TRUE"),
        (1234.0, "General", "1234"),
        (0.1 + 0.2, "General", "0.3"),
        (1e-7, "General", "0.0000001"),
        (12345678901234, "0", "12345678901234"),
        (0.125, "0.0%", "12.5%"),
        (0.125, "0%", "13%"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (-1234.5, "#,##0.00;[红色]-#,##0.00", "-1,234.50"),
        (-3.5, "0.0;(0.0)", "(3.5)"),
        (0, '0;-0;"无"', "无"),
        (2000, '"¥"#,##0"元"', "¥2,000元"),
        (8, "[$¥-804]#,##0.00", "¥8.00"),
        (9, "_ * #,##0_ ", "9"),
        (1500000, '0.0,,"百万"', "1.5百万"),
        (1.5, "0.##", "1.5"),
        (2, "0.##", "2"),
        (5, "000", "005"),
        (3, '"第"0"号"', "第3号"),
        (MOMENT, 'yyyy"年"m"月"d"日"', "2023年5月1日"),
        (MOMENT, "[$-804]yyyy年m月", "2023年5月"),
        (MOMENT, "yyyy-mm-dd", "2023-05-01"),
        (MOMENT, "yyyy/m/d h:mm:ss", "2023/5/1 14:05:09"),
        (MOMENT, "aaaa", "星期一"),
        (date(2023, 5, 1), "mm-dd-yy", "05-01-23"),
        (date(2023, 5, 1), "General", "2023-05-01"),
        (datetime(2023, 5, 1), "General", "2023-05-01"),
        (time(9, 30), "hh:mm", "09:30"),
        (timedelta(hours=26, minutes=5), "[h]:mm", "26:05:00"),
    ],
)
def test_value_shown_in_number_format(value: object, number_format: str, text: str):
    assert shown(value, number_format) == text
