"""Answerability: an answer must say the asked point, not only treat the same subject."""

import pytest

from kb.answering.answerability import unsaid

MEASURE = "各部门至少确定1名政策解答员,各街道至少安排1-2名政策解答员。"
PLAN = "2023年浔阳区政务公开工作要点"


@pytest.mark.parametrize(
    ("question", "point"),
    [
        pytest.param("政策解答员工资多少？", "金额", id="salary"),
        pytest.param("培训政策解答员花了多少钱？", "金额", id="cost"),
        pytest.param("政策解答员的电话是多少？", "联系方式", id="phone"),
        pytest.param("2024年要确定几名政策解答员？", "年份", id="another_year"),
        pytest.param("政策解答员在哪条路几号办公？", "地址", id="address"),
        pytest.param("政策解答员一年培训几期？", "数量", id="another_measure_word"),
        pytest.param("日本要确定几名政策解答员？", "地区", id="another_country"),
        pytest.param("濂溪区要确定几名政策解答员？", "地区", id="another_district"),
    ],
)
def test_missing_point_is_named(question: str, point: str):
    assert unsaid(question, MEASURE, PLAN, MEASURE) == point


@pytest.mark.parametrize(
    "question",
    [
        "街道要安排几名政策解答员？",
        "2023年要确定几名政策解答员？",
        "浔阳区的政策解答员怎么安排？",
        "电话里问政策找谁？",
        "加强互动用哪几个渠道？",
        "小区里怎么确定政策解答员？",
        "能不能给政策解答员开工资？",
    ],
)
def test_answerable_questions_pass(question: str):
    assert unsaid(question, MEASURE, PLAN, MEASURE) is None


def test_free_of_charge_counts_as_an_amount():
    assert unsaid("义务教育要交多少钱学费？", "实施义务教育，不收学费、杂费。", "义务教育法", "") is None


def test_national_law_answers_for_every_district():
    assert unsaid("濂溪区的孩子几岁入学？", "凡年满六周岁的儿童，应当入学。", "义务教育法", "") is None


def test_charge_without_its_sum_is_no_amount():
    law = "不收取费用。但是，超过合理范围的，可以收取信息处理费。"
    assert unsaid("信息处理费一件收几块钱？", law, "政府信息公开条例", "") == "金额"


@pytest.mark.parametrize(
    ("question", "quote", "point"),
    [
        ("经营权一次给几年", "第二十七条 经营权实行期限制，具体期限由市人民政府确定。", "期限"),
        ("募捐几号结束", "地址：宏达北路16号中航国际工业园2号楼三层", "时间"),
        ("医疗队轮休一次歇几天", "2月24日，第三批医务人员开始轮休。", "期限"),
        ("医保缴费降了几个百分点", "对六十周岁以上老年人的个人缴费部分给予资助。", "比例"),
        ("水费拖着不交，按日收千分之几的违约金", "居民生活用水实行阶梯水价制度。", "比例"),
        ("天气预报每天几点播", "每天播发公众气象预报或者灾害性天气警报。", "钟点"),
        ("一个小区能给多少", "对成效明显的，可以给予奖补。", "数量"),
        ("架空线几年内必须埋地下", "已建的架空管线应当逐步改造入地。", "期限"),
        ("闯红灯要扣几分", "行人违反道路通行规定的，处警告或者五元以上五十元以下罚款。", "数量"),
    ],
)
def test_quote_without_a_value_of_the_kind_asked_for_leaves_it_unsaid(question: str, quote: str, point: str):
    assert unsaid(question, quote, "", "") == point


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("投入增长要比收入高几个点", "增长幅度应当高于财政经常性收入增长幅度三个百分点以上。"),
        ("多少层以上的住宅要装监控装置", "十六层以上的民用住宅应当安装燃气集中监控装置。"),
        ("承诺多少个工作日批完", "承诺办结时限：40(工作日)"),
        ("学校门口多少米内不准划车位", "学校出入口两侧三十米以内的区域不得施划停车泊位。"),
        ("年度报告里要写哪几块内容", "（一）主动公开的情况；（二）处理申请的情况。"),
        ("考核评先放在什么时候", "纳入年底考核评先。"),
        ("几个邻居想一块儿去区里反映，要派几个人", "推选代表，代表人数不得超过5人。"),
        ("积分落户要攒够几分", "累计积分达到六十分的，可以申请落户。"),
        ("几点开门", "周一至周五上午9:00—12:00办理。"),
        ("失业金能领多久", "领取失业保险金至重新就业时止。"),
        ("自己种的几棵树砍了不办证可以吧", "农村居民采伐房前屋后的零星林木除外。"),
        ("什么时候办登记", "取得资格后及时办理登记。"),
        ("丧葬补助能发几倍工资", "丧葬补助金为六个月的统筹地区上年度职工月平均工资。"),
    ],
)
def test_quote_with_the_value_or_a_word_for_it_says_the_point(question: str, quote: str):
    assert unsaid(question, quote, "", "") is None
