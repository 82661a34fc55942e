"""kb.language.paraphrase, on pairs of citizens' questions: one word decides, or only the wording differs."""

from pathlib import Path

import pytest

from kb.embedding.embedder import Embedder
from kb.faq.matching import NEAR_SCORE, SAME_SCORE
from kb.language.paraphrase import (
    Likeness,
    decisive_words,
    differences,
    is_negated,
    numbers_in,
    read,
    same_meaning,
)

# Pairs alike but for one decisive word (or two): kind of difference, question, question.
DECISIVE = [
    ("行政级别", "区级低保标准是多少？", "市级低保标准是多少？"),
    ("行政级别", "省级高新技术企业有什么补贴", "国家级高新技术企业有什么补贴"),
    ("行政级别", "街道的政策解答员怎么联系", "社区的政策解答员怎么联系"),
    ("行政级别", "区政府的规范性文件在哪里查", "市政府的规范性文件在哪里查"),
    ("事物", "浔阳区小学学区怎么划分", "柴桑区小学学区怎么划分"),
    ("行政级别", "九江市人才补贴怎么申请", "浔阳区人才补贴怎么申请"),
    ("办事", "营业执照怎么办理", "营业执照怎么注销"),
    ("办事", "社保卡怎么申领", "社保卡怎么补办"),
    ("办事", "个体户营业执照怎么变更", "个体户营业执照怎么注销"),
    ("办事", "居住证怎么续期", "居住证怎么办理"),
    ("办事", "失业保险金怎么申请", "失业保险金怎么停止"),
    ("办事", "行政复议申请怎么撤回", "行政复议申请怎么提交办理"),
    ("开与关", "怎么开通医保电子支付", "怎么关闭医保电子支付"),
    ("入与出", "户口迁入需要什么材料", "户口迁出需要什么材料"),
    ("买与卖", "买二手房要交什么税", "卖二手房要交什么税"),
    ("租方", "房屋出租方要登记吗", "房屋承租方要登记吗"),
    ("领与缴", "灵活就业人员怎么缴纳养老保险", "灵活就业人员怎么领取养老保险"),
    ("增与减", "公积金缴存基数怎么上调", "公积金缴存基数怎么下调"),
    ("婚姻", "结婚登记要带什么证件", "离婚登记要带什么证件"),
    ("生与死", "出生证明在哪里开", "死亡证明在哪里开"),
    ("招与辞", "员工入职要签什么手续", "员工离职要签什么手续"),
    ("新与旧", "新小区的物业怎么选", "老旧小区的物业怎么选"),
    ("前与后", "房屋交付之前物业费谁交", "房屋交付之后物业费谁交"),
    ("起与止", "学区报名开始时间", "学区报名截止时间"),
    ("高与低", "社保最高缴费基数是多少", "社保最低缴费基数是多少"),
    ("可以与必须", "政府信息公开年报可以发布吗", "政府信息公开年报必须发布吗"),
    ("单位与个人", "社保单位缴费比例是多少", "社保个人缴费比例是多少"),
    ("城与乡", "城镇低保标准是多少", "农村低保标准是多少"),
    ("参保身份", "职工医保怎么报销", "居民医保怎么报销"),
    ("险种", "失业保险怎么办理", "工伤保险怎么办理"),
    ("男女", "男性退休年龄是多少岁", "女性退休年龄是多少岁"),
    ("内与外", "本地户籍孩子怎么报名小学", "外地户籍孩子怎么报名小学"),
    ("办学", "公办幼儿园怎么报名", "民办幼儿园怎么报名"),
    ("学段", "小学学区怎么划分", "初中学区怎么划分"),
    ("公开方式", "主动公开的信息有哪些", "依申请公开的信息有哪些"),
    ("救济途径", "对答复不服怎么申请行政复议", "对答复不服怎么提起行政诉讼"),
    ("证件", "身份证丢了怎么办", "户口本丢了怎么办"),
    ("补助名目", "低保怎么申请", "临时救助怎么申请"),
    ("人群", "残疾人有什么补贴", "退役军人有什么补贴"),
    ("物业方", "业主可以解聘人吗", "开发商可以解聘人吗"),
    ("周期", "失业金每月发多少", "失业金每年发多少"),
    ("相对年份", "今年低保标准是多少", "去年低保标准是多少"),
    ("数字", "2023年政务公开工作要点有哪些", "2024年政务公开工作要点有哪些"),
    ("数字", "物业管理条例第十二条是什么", "物业管理条例第二十条是什么"),
    ("数字", "二孩生育补贴怎么申请", "三孩生育补贴怎么申请"),
    ("数字", "80岁老人高龄津贴怎么领", "90岁老人高龄津贴怎么领"),
    ("否定", "交物业费会怎么样", "不交物业费会怎么样"),
    ("否定", "哪些政府信息予以公开", "哪些政府信息不予公开"),
    ("否定", "信访事项什么情况会受理", "信访事项什么情况不受理"),
    ("婚否", "已婚人员怎么申请公租房", "未婚人员怎么申请公租房"),
    ("问法", "低保什么时候发", "低保多少钱"),
    ("问法", "低保在哪里申请", "低保什么时候申请"),
    ("问法", "营业执照办理需要什么材料", "营业执照办理要多久"),
    ("问法", "物业费谁来收", "物业费什么时候收"),
    ("问法", "什么是规范性文件", "规范性文件归谁管"),
    ("问法", "为什么要公开预算", "什么时候公开预算"),
    ("事物", "小区绿化由谁管", "小区消防由谁管"),
    ("事物", "宅基地怎么审批", "砂石厂怎么审批"),
    ("事物", "医保卡里的钱能取出来吗", "医保卡里的钱能转给家人吗"),
    ("事物", "小区停车位归谁所有", "小区停车位归谁收费"),
    ("事物", "物业公司怎么选聘", "物业公司怎么解聘"),
    ("事物", "孩子户口随母怎么办", "孩子户口随父怎么办"),
    ("事物", "申请公租房的收入线是多少", "申请公租房的面积标准是多少"),
    ("事物", "老旧小区加装电梯有补贴吗", "老旧小区外墙翻新有补贴吗"),
    ("问法", "政策解读应当在几天内发布", "政策解读由谁审核"),
    ("事物", "重大行政决策要不要听证", "重大行政决策要不要公示"),
    ("事物", "区司法局的电话是多少", "区教育局的电话是多少"),
    ("数字", "残疾人两项补贴怎么申请", "残疾人机动轮椅车燃油补贴怎么申请"),
    ("险种", "失业登记在哪里办", "就业登记在哪里办"),
    ("事物", "稳岗返还怎么申请", "扩岗补助怎么申请"),
    ("补助名目", "低保户去世后低保金还发吗", "特困人员去世后供养金还发吗"),
    ("事物", "用人单位不缴社保怎么投诉", "用人单位不签合同怎么投诉"),
    ("问法", "养老金资格认证怎么做", "养老金待遇核定怎么做"),
    ("事物", "食品经营许可证怎么办", "卫生许可证怎么办"),
    ("事物", "房产继承要交税吗", "房产赠与要交税吗"),
    ("前与后", "婚前财产公证怎么办", "婚后财产公证怎么办"),
    ("问法", "劳动仲裁时效是多久", "劳动仲裁费用是多少"),
    ("事物", "规范性文件多久清理一次", "规范性文件多久评估一次"),
    ("事物", "依申请公开要收费吗", "依申请公开要实名吗"),
    ("买与卖", "租房可以落户吗", "买房可以落户吗"),
    ("学段", "幼儿园入园年龄是几岁", "小学入学年龄是几岁"),
    ("险种", "新生儿医保怎么交", "新生儿户口怎么上"),
    ("事物", "信访事项可以复查吗", "信访事项可以复核吗"),
    ("办事", "企业开办要几天", "企业注销要几天"),
    ("险种", "城乡居民养老保险缴费档次", "城乡居民医疗保险缴费档次"),
    ("事物", "上午几点上班", "下午几点下班"),
    ("可以与必须", "政务新媒体可以关停吗", "政务新媒体必须备案吗"),
    ("补助名目", "丧葬费怎么领", "抚恤金怎么领"),
    ("事物", "独生子女费发到几岁", "独生子女护理假有几天"),
    ("证件", "临时身份证当天能拿吗", "临时居住证当天能拿吗"),
    ("事物", "物业费涨价要业主同意吗", "物业费打折要业主同意吗"),
    ("数字", "一级残疾补贴多少", "二级残疾补贴多少"),
    ("数字", "六月份社保交了吗", "七月份社保交了吗"),
    ("否定", "没有房产证能上学吗", "有房产证能上学吗"),
    ("领与缴", "超过60岁还能交社保吗", "未满60岁还能领养老金吗"),
    ("加入与退出", "可以退出低保吗", "可以加入低保吗"),
    ("事物", "部门预算什么时候公开", "部门决算什么时候公开"),
    ("事物", "政府工作报告由谁起草", "政府工作报告由谁解读"),
]

# Pairs that ask the same in other words.
SAME = [
    ("低保怎么申请？", "请问申请低保要怎么办？"),
    ("低保怎么申请", "最低生活保障如何申请"),
    ("低保标准是多少", "低保一般标准多少"),
    ("申请低保需要什么材料", "办低保要带哪些手续"),
    ("社保卡丢了怎么办", "社保卡遗失怎么补办"),
    ("社保怎么查询", "怎么查自己的社保"),
    ("养老保险断缴了可以补缴吗", "养老保险中断了能不能补缴"),
    ("退休金什么时候发", "养老金几号发放"),
    ("灵活就业人员怎么交社保", "灵活就业人员如何缴纳社会保险"),
    ("医保报销比例是多少", "医疗保险能报销多少比例"),
    ("营业执照怎么办理", "如何申办营业执照"),
    ("营业执照怎么办理", "办营业执照的流程是什么"),
    ("个体户营业执照怎么注销", "个体工商户如何注销营业执照"),
    ("办营业执照要多久", "营业执照多长时间能办下来"),
    ("怎么申请政府信息公开", "政府信息公开如何申请"),
    ("政府信息公开申请多久答复", "申请政府信息公开几天能答复"),
    ("不予公开的政府信息有哪些", "哪些政府信息不公开"),
    ("政策解答员怎么联系", "如何联系政策解答员"),
    ("我家小区属于哪个学区", "我们小区是哪个学区的"),
    ("小学入学报名需要什么材料", "孩子上小学报名要带哪些材料"),
    ("小学什么时候报名", "小学几号开始报名"),
    ("外地户籍孩子怎么入学", "非本地户口的小孩如何上学"),
    ("物业费可以不交吗", "能不能不交物业费"),
    ("物业不作为怎么投诉", "物业公司不管事去哪投诉"),
    ("怎么更换物业公司", "业主如何换物业公司"),
    ("怎么成立业委会", "业主委员会如何成立"),
    ("维修基金怎么使用", "怎样使用维修基金"),
    ("信访多久有答复", "信访多长时间能答复"),
    ("怎么网上信访", "如何在网上信访"),
    ("对信访答复不满意怎么办", "不满意信访答复该怎么办"),
    ("残疾证怎么办理", "残疾人证如何办理"),
    ("高龄津贴多少钱", "高龄津贴一般发多少元"),
    ("80岁高龄津贴怎么领取", "八十岁老人怎么领高龄津贴"),
    ("公租房申请条件", "什么条件可以申请公租房"),
    ("居住证怎么办", "请问居住证如何办理呢"),
    ("公积金怎么提取", "如何提取住房公积金"),
    ("结婚登记要带什么证件", "登记结婚需要带哪些证件"),
    ("房产证丢了怎么补办", "不动产证遗失如何补办"),
    ("谁负责规范性文件清理", "规范性文件清理归谁管"),
    ("失业金怎么领", "失业保险金如何领取"),
    ("居民医保一年交多少钱", "城乡居民医保一年要缴多少"),
    ("农村合作医疗怎么报销", "新农合报销怎么弄"),
    ("孩子打疫苗要带什么", "小孩接种疫苗需要带哪些东西"),
    ("学区房怎么查", "怎么查房子对应的学区"),
    ("租房提取公积金需要什么条件", "租房子取公积金有啥要求"),
    ("去哪里办老年卡", "老年优待卡在什么地方办"),
    ("小区乱停车归谁管", "小区车辆乱停乱放该找哪个部门"),
    ("楼上漏水物业管不管", "楼上漏水物业有责任吗"),
    ("业主大会怎么召开", "如何召开业主大会会议"),
    ("政府信息公开申请被拒怎么办", "政府不给公开信息怎么办"),
    ("政务公开工作谁负责", "政务公开由哪个部门牵头"),
    ("什么是规范性文件", "规范性文件是什么意思"),
    ("IPv6支持度要达到多少", "IPv6支持率要求是多少"),
    ("怎么给政府网站提意见", "如何向政府网站反映问题"),
    ("营业执照地址变更怎么办", "营业执照如何变更地址"),
    ("开餐馆需要办什么证", "开饭店要办哪些证件"),
    ("失业了可以领多少钱", "失业金每个月能领多少"),
    ("工伤认定多久出结果", "工伤认定需要多长时间"),
    ("退役军人优待证怎么申领", "如何申请退役军人优待证"),
    ("生孩子能报销多少", "生育医疗费报销标准是多少"),
    ("二手房过户要什么材料", "过户二手房需要准备哪些资料"),
    ("城管执法不文明怎么投诉", "怎样举报城管执法不文明"),
    ("路灯坏了找谁", "路灯不亮了归哪个部门修"),
    ("垃圾分类怎么分", "垃圾要如何分类"),
    ("独生子女奖励怎么领", "独生子女父母奖励金如何领取"),
    ("宅基地怎么申请", "农村建房的宅基地如何申请"),
    ("高龄老人补贴多大年纪可以领", "高龄津贴多少岁能领"),
    ("怎样查询低保申请进度", "低保申请到哪一步了怎么查"),
    ("办理居住证收费吗", "办居住证要钱吗"),
    ("户口本丢了怎么补", "户口簿遗失怎么补办"),
]


def ids(pairs):
    return ["_".join(pair[-2:]) for pair in pairs]


@pytest.mark.parametrize(("kind", "first", "second"), DECISIVE, ids=ids(DECISIVE))
def test_decisive_word_is_a_difference_at_cosine_1(kind: str, first: str, second: str):
    for one, other in ((first, second), (second, first)):
        assert kind in {difference.kind for difference in differences(read(one), read(other))}
        assert same_meaning(one, other, cosine=1.0).difference is not None


@pytest.mark.parametrize(("first", "second"), SAME, ids=ids(SAME))
def test_rewordings_have_no_grave_difference(first: str, second: str):
    listed = differences(read(first), read(second))
    assert not [difference for difference in listed if difference.is_grave]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("区级低保标准", "市级低保标准", id="level"),
        pytest.param("营业执照怎么办理", "营业执照怎么注销", id="action"),
        pytest.param("2023年公开要点", "2024年公开要点", id="year"),
        pytest.param("不交物业费会怎样", "交物业费会怎样", id="negation"),
    ],
)
def test_grave_difference_scores_below_suggestions(first: str, second: str):
    likeness = same_meaning(first, second, cosine=1.0)
    assert likeness.difference is not None
    assert likeness.difference.is_grave
    assert likeness.score < NEAR_SCORE


def test_word_of_one_question_only_is_slight_and_stays_a_suggestion():
    likeness = same_meaning("区级低保标准是多少", "低保标准是多少", cosine=1.0)
    assert likeness.difference is not None
    assert (likeness.difference.kind, likeness.difference.first) == ("行政级别", "区")
    assert not likeness.difference.is_grave
    assert likeness.score >= NEAR_SCORE


def test_same_words_in_other_script_and_width_score_1():
    assert same_meaning("２０２３年低保標準", "2023年低保标准", cosine=1.0) == Likeness(score=1.0)


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        pytest.param("不交物业费会怎样", True, id="plain"),
        pytest.param("能不能交物业费", False, id="能不能_asks"),
        pytest.param("能不能不交物业费", True, id="asks_for_the_opposite"),
        pytest.param("低保有没有发", False, id="有没有_asks"),
        pytest.param("低保发了没有？", False, id="没有_at_the_end_asks"),
        pytest.param("不动产登记怎么办", False, id="不动产_is_a_word"),
        pytest.param("不是不能办", False, id="twice_is_not_at_all"),
        pytest.param("公安机关该立不立的案件", True, id="该立不立"),
        pytest.param("信息公开申请被拒绝", True, id="refused"),
    ],
)
def test_negations_are_counted_without_asking_forms(text: str, negated: bool):
    assert is_negated(text) is negated


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("物业管理条例第二十条", {"20"}, id="article"),
        pytest.param("二〇二三年八月底前", {"2023", "8"}, id="date_in_numerals"),
        pytest.param("3000元的3%", {"3000", "3"}, id="digits"),
        pytest.param("八十岁以上", {"80"}, id="age"),
        pytest.param("三孩", {"3"}, id="child"),
        pytest.param("统一办一下，一个月一次", set(), id="not_numbers"),
        pytest.param("检察院是哪一年恢复的", set(), id="哪一年"),
    ],
)
def test_numbers_in_text_include_numerals_before_units(text: str, numbers: set[str]):
    assert numbers_in(text) == numbers


def test_place_name_unknown_to_jieba_is_put_together():
    assert "濂溪区" in read("濂溪区学区怎么划分").names


def test_each_group_of_decisive_words_has_two_alternatives():
    """A word listed twice in a group would contradict itself; the last would win unseen."""
    for group in decisive_words().groups:
        assert len({alternative for options in group.wordings.values() for alternative, _ in options}) >= 2, (
            group.name
        )


@pytest.mark.slow
def test_bundled_model_separates_decisive_pairs_from_rewordings(models_dir: Path):
    embedder = Embedder("bundled", models_dir)

    def likeness(first: str, second: str) -> Likeness:
        cosine = embedder.embed_query(first) @ embedder.embed_query(second)
        return same_meaning(first, second, float(cosine))

    wrong = [pair for _, *pair in DECISIVE if is_same(likeness(*pair))]
    assert not wrong
    same_pairs = {pair: likeness(*pair) for pair in SAME}
    assert not [pair for pair, likeness in same_pairs.items() if likeness.score < NEAR_SCORE]
    assert sum(map(is_same, same_pairs.values())) >= 0.6 * len(SAME)


def is_same(likeness: Likeness) -> bool:
    return likeness.difference is None and likeness.score >= SAME_SCORE
