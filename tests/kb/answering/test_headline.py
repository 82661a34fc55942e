"""kb.answering.values: the first line is the value that was asked for, verbatim, or there is none."""

import pytest

from kb.answering.values.asked_value import ValueKind, wanted_value
from kb.answering.values.headline import headline
from kb.answering.values.mentions import mentions

SECRECY = "国家秘密的保密期限，除另有规定外，绝密级不超过三十年，机密级不超过二十年，秘密级不超过十年。"
LEAVE = "职工累计工作已满1年不满10年的，年休假5天；已满10年不满20年的，年休假10天；已满20年的，年休假15天。"
UNEMPLOYMENT = "领取失业保险金的期限最长为二十四个月，重新就业后再次失业的，缴费时间重新计算。"
PETITION = "信访事项应当自受理之日起60日内办结；情况复杂的，可以适当延长，但延长期限不得超过30日。"
DOGS = "携带犬只外出未拴绳的，对单位处一千元以上二千元以下罚款，对个人处一百元以上二百元以下罚款。"


@pytest.mark.parametrize(
    ("question", "quoted", "value"),
    [
        ("失业保险金最长领取几个月？", UNEMPLOYMENT, "最长为二十四个月"),
        ("机密级国家秘密保密期限多少年", SECRECY, "不超过二十年"),
        ("工作十二年的职工年休假有几天", LEAVE, "10天"),
        ("信访事项多少天办结", PETITION, "自受理之日起60日内"),
        ("政策解答员名单什么时候公布", "2023年8月底前公布政策解答员名单。", "2023年8月底前"),
        ("街道要确定几名政策解答员", "各街道确定1-2名政策解答员。", "1-2名"),
        ("年休假没休，年休假工资报酬按百分之几支付", "年休假工资报酬按照日工资收入的300%支付。", "300%"),
        ("儿童几岁入学", "凡年满六周岁的儿童，其父母应当送其入学。", "年满六周岁"),
        ("城市低保标准是多少钱", "城市低保标准为每人每月850元。", "每人每月850元"),
    ],
)
def test_first_line_is_the_value_with_its_own_words(question: str, quoted: str, value: str):
    assert headline(question, quoted, "", {}) == value
    assert value in quoted


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        pytest.param("遛狗没拴绳罚多少钱", DOGS, id="单位和个人都有_没说是谁"),
        pytest.param("国家秘密保密期限多少年", SECRECY, id="没说哪一级"),
        pytest.param(
            "部门要安排几名政策解答员", "各街道至少安排1-2名政策解答员。", id="问部门_引文说的是街道"
        ),
        pytest.param("年休假有几天", LEAVE, id="没说工作几年"),
        pytest.param("信访事项能延长几天、谁批准", PETITION, id="问了两件事"),
        pytest.param("信访事项60日内要办结吗", PETITION, id="问是不是"),
        pytest.param("陪产假有几天", "女职工生育享受不少于九十天的产假。", id="引文说的是别的假"),
        pytest.param(
            "检验收费多少钱", "检验不得收取费用。复检费用200元由申请人承担。", id="又有免费又有金额"
        ),
        pytest.param(
            "激励措施一共多少项",
            "将2016年实施的24项激励措施调整增加为30项激励措施。",
            id="从一个数改到另一个数",
        ),
        pytest.param("安全评估每年几次", "第十七条 运营者应当进行安全评估。", id="条文号不是次数"),
        pytest.param(
            "申请人不在国内，几天内提交意见",
            "申请人应当在十五日内提交意见；申请人在国内没有住所的，应当在三十日内提交意见。",
            id="反过来的情形",
        ),
        pytest.param("征求意见几月几号截止", "征求意见自公告之日起30日内截止。", id="问日子_引文只有天数"),
    ],
)
def test_no_first_line_where_the_value_is_not_sure(question: str, quoted: str):
    assert headline(question, quoted, "", {}) is None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("罚多少钱", ValueKind.MONEY),
        ("要达到百分之几", ValueKind.SHARE),
        ("几岁可以退休", ValueKind.AGE),
        ("多久办结", ValueKind.DURATION),
        ("何时施行", ValueKind.DATE),
        ("要开几次会", ValueKind.COUNT),
    ],
)
def test_question_for_one_value_tells_its_kind(question: str, kind: ValueKind):
    wanted = wanted_value(question)
    assert wanted is not None and wanted.kind is kind


@pytest.mark.parametrize("question", ["谁批准，几天办完", "能不能领三个月", "多久签注一次", "有哪些材料"])
def test_question_for_anything_else_asks_for_no_value(question: str):
    assert wanted_value(question) is None


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("处一百元以上五百元以下罚款", ValueKind.MONEY, "一百元以上五百元以下"),
        ("不低于当地最低工资标准的80%", ValueKind.SHARE, "不低于当地最低工资标准的80%"),
        ("应当提前15日通知", ValueKind.DURATION, "提前15日"),
        ("自2024年5月1日起施行", ValueKind.DATE, "2024年5月1日起"),
    ],
)
def test_words_that_limit_a_value_belong_to_it(text: str, kind: ValueKind, said: str):
    assert [one.said for one in mentions(text, kind)] == [said]
