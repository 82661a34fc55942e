"""kb.question.time_words: time words that restrict the documents, and those that belong to the question."""

from datetime import date

import pytest

from kb.question.time_words import Version, edition, named_year, period

TODAY = date(2026, 5, 20)


def whole(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("近三年的政策文件有哪些", date(2023, 5, 20), TODAY),
        ("近三年来，区政府出台的政策文件有哪些？", date(2023, 5, 20), TODAY),
        ("最近两年的惠民政策有哪些", date(2024, 5, 20), TODAY),
        ("近几年的政策", date(2023, 5, 20), TODAY),
        ("近半年的文件", date(2025, 11, 20), TODAY),
        ("过去6个月发布了哪些通知", date(2025, 11, 20), TODAY),
        ("今年出台了哪些新政策", *whole(2026)),
        ("今年有哪些政策", *whole(2026)),
        ("今年有没有新的就业补贴政策", *whole(2026)),
        ("去年的工作要点", *whole(2025)),
        ("去年的工作要点里谁牵头政策解读", *whole(2025)),
        ("去年的办法是怎么规定的", *whole(2025)),
        ("去年发布了什么文件", *whole(2025)),
        ("哪些文件是去年发布的", *whole(2025)),
        ("前年的通知有哪些", *whole(2024)),
        ("2022年的政策文件有哪些", *whole(2022)),
        ("2022年以来的政策文件有哪些", date(2022, 1, 1), None),
        ("2022年以来出台了哪些就业政策", date(2022, 1, 1), None),
        ("列出2022年以后的文件", date(2022, 1, 1), None),
        ("二〇二〇年以前的规范性文件有哪些", None, date(2019, 12, 31)),
        ("2020年之前的文件", None, date(2019, 12, 31)),
        ("2019年到2021年的政策有哪些", date(2019, 1, 1), date(2021, 12, 31)),
        ("今年上半年发布了哪些文件", date(2026, 1, 1), date(2026, 6, 30)),
        ("去年下半年的通知", date(2025, 7, 1), date(2025, 12, 31)),
        ("本月的通知有哪些", date(2026, 5, 1), date(2026, 5, 31)),
        ("上个月印发了什么文件", date(2026, 4, 1), date(2026, 4, 30)),
        ("2024年2月的公告", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_period_of_documents_asked_for(question: str, first: date | None, last: date | None):
    scope = period(question, TODAY)
    assert scope is not None
    assert (scope.date_from, scope.date_to) == (first, last)
    assert scope.words[-1] in "年月来后前"


@pytest.mark.parametrize(
    "question",
    [
        "近三年的政策文件要梳理吗？",
        "近三年的政策文件谁来提炼常见问题？",
        "近三年来贯彻执行上级文件情况由谁解读",
        "2023年底前完成哪些",
        "2023年10月底前要清理哪些文件",
        "今年底前要出台哪些政策",
        "三年内不得再次申请吗",
        "2023年政务公开要点",
        "2023年政务公开工作要点由谁印发",
        "2010年的保密法怎么规定",
        "去年的物业费能退吗",
        "去年参加过培训还能再领补贴吗",
        "今年的政策有什么变化",
        "2020年前退休的人适用什么规定",
        "1999年以前参加工作的适用哪些政策",
        "各部门一把手一年最少要听几次汇报",
        "最近的医院在哪里",
        "年度报告什么时候公布",
        "政务公开由谁负责",
    ],
)
def test_no_period_when_time_is_part_of_the_question(question: str):
    assert period(question, TODAY) is None


@pytest.mark.parametrize(
    ("question", "title", "year"),
    [
        ("2010年的保密法怎么规定定密权限", "保密法", 2010),
        ("二〇一〇年的保密法", "保密法", 2010),
        ("2005年的信访条例里多久答复", "信访条例", 2005),
        ("按2019年的政府信息公开条例，答复期限多长", "政府信息公开条例", 2019),
        ("2018年修订的义务教育法", "义务教育法", 2018),
        ("2012年版的无障碍环境建设条例", "无障碍环境建设条例", 2012),
        ("保密法（2010年）第几条", "保密法", 2010),
        ("保密法2010年版", "保密法", 2010),
    ],
)
def test_edition_by_year(question: str, title: str, year: int):
    named_edition = edition(question)
    assert named_edition is not None
    assert (named_edition.title, named_edition.year, named_edition.version) == (title, year, None)
    assert named_year(question) == year


@pytest.mark.parametrize(
    ("question", "title", "version"),
    [
        ("按旧保密法，谁有定密权", "保密法", Version.OLD),
        ("旧版信访条例怎么规定", "信访条例", Version.OLD),
        ("信访条例旧版", "信访条例", Version.OLD),
        ("修订前的保密法", "保密法", Version.OLD),
        ("保密法修订前怎么规定", "保密法", Version.OLD),
        ("以前的信访条例", "信访条例", Version.OLD),
        ("已经废止的信访条例", "信访条例", Version.OLD),
        ("现行的信访工作条例多久答复", "信访工作条例", Version.CURRENT),
        ("最新版《物业管理条例》", "物业管理条例", Version.CURRENT),
    ],
)
def test_edition_by_age(question: str, title: str, version: Version):
    named_edition = edition(question)
    assert named_edition is not None
    assert (named_edition.title, named_edition.year, named_edition.version) == (title, None, version)


@pytest.mark.parametrize(
    "question",
    [
        "现行有效的规范性文件清理完之后怎么公开",
        "旧城改造的信息谁公开",
        "新旧政策差异要解读吗",
        "老旧小区加装电梯办法",
        "老年人权益保障法",
        "去年的办法是怎么规定的",
        "原来的房子拆迁有什么规定",
        "2023年区司法局做什么",
        "2024年修改了保密法吗",
        "义务教育法什么时候施行",
    ],
)
def test_no_edition_without_year_or_age_at_a_name(question: str):
    assert edition(question) is None


@pytest.mark.parametrize(
    ("question", "year"),
    [
        ("2023年政务公开工作要点由谁印发", 2023),
        ("2023年度政府信息公开工作年度报告", 2023),
        ("2023年底前完成哪些", None),
        ("2023年全区要清理哪些规定", None),
        ("2024年修改了保密法吗", None),
        ("2022年以来的政策文件有哪些", None),
    ],
)
def test_named_year_only_in_name_of_document(question: str, year: int | None):
    assert named_year(question) == year


def test_month_before_ends_on_last_day_of_shorter_month():
    scope = period("近一个月的通知", date(2026, 3, 31))
    assert scope is not None and scope.date_from == date(2026, 2, 28)


def test_last_month_in_january_is_december():
    scope = period("上个月的通知", date(2026, 1, 5))
    assert scope is not None and scope.date_from == date(2025, 12, 1)
