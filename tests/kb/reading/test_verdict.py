"""Which questions are answered by yes or no, what the quoted words say to them, and the word that says it."""

import pytest
from factories import make_hit

from kb.hits import Hit, Marked, PassageReading
from kb.models import Span
from kb.reading.asking import Wish, asked, asks_yes_or_no
from kb.reading.clues import clues
from kb.reading.focus import telling_words
from kb.reading.verdict import odds_of_yes, said, verdict_of

NO_DEPOSIT = "第九条 用人单位招用劳动者，不得扣押劳动者的居民身份证，不得以任何名义向劳动者收取押金。"
FREE = "第十二条 公共图书馆应当免费向社会公众开放，不得收取任何费用。"


def read_hit(text: str, marked: str | None = None) -> Hit:
    """A passage that the reader has read, with `marked` as the words that answer; all where None."""
    hit = make_hit(text)
    before = len(hit.chunk.indexed_text) - len(text)
    words = text if marked is None else marked
    start = before + text.index(words)
    marks = tuple(
        Marked(start=place, end=place + 1, likelihood=0.9 if start <= place < start + len(words) else 0.05)
        for place in range(before, before + len(text))
    )
    return hit.model_copy(update={"reading": PassageReading(relevance=3.0, marks=marks)})


def whole(hit: Hit) -> Span:
    return hit.chunk.span


@pytest.mark.parametrize(
    "question",
    [
        "外地人能办居住证吗？",
        "租房可不可以提取公积金",
        "孕妇上夜班，公司这样安排合不合法？",
        "残疾人坐公交要钱不",
        "是否需要本人到场",
        "老人证过期了还能用不？",
        "个体户雇人，用得着签合同不",
        "网上随便发别人照片犯法不",
        "口头答应的赔偿算数吗",
        "拿复印件去办，中不中",
        "材料下周再补，成不成？",
        "今年的补贴还发不啦",
        "我什么证都没有，能租公租房吗",
        "物业不能不让快递进门，对不对？",
        "最少要来几个人？检查要不要亮证件？",
    ],
)
def test_question_for_yes_or_no_is_recognised(question: str):
    assert asks_yes_or_no(question)


@pytest.mark.parametrize(
    "question",
    [
        "低保每月多少钱",
        "办居住证要带什么材料",
        "公积金能提取几次吗",
        "职工医保还是居民医保",
        "我家一个病人都没有，口罩怎么处理",
        "质保金能退不，退多少？",
        "创业担保贷款是干嘛用的",
    ],
)
def test_question_for_a_point_is_not_answered_by_yes_or_no(question: str):
    assert not asks_yes_or_no(question)


@pytest.mark.parametrize(
    ("question", "wish", "negated"),
    [
        ("外地人能办居住证吗", Wish.PERMIT, False),
        ("外地人是不是不能办居住证", Wish.PERMIT, True),
        ("图书馆进去要不要买票", Wish.COST, False),
        ("图书馆免费吗", Wish.FREE, False),
        ("这样扣工资违法吗", Wish.WRONG, False),
        ("有没有高温津贴", Wish.HAVE, False),
        ("未成年人能进网吧吗", Wish.PERMIT, False),
    ],
)
def test_what_is_asked_and_whether_by_a_negation(question: str, wish: Wish, negated: bool):
    asking = asked(question)
    assert asking is not None
    assert (asking.wish, asking.negated) == (wish, negated)


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("公司可以收押金吗？", "可以。", "不可以。"),
        ("补办身份证要交钱吗", "需要。", "不需要。"),
        ("外来务工人员有没有高温津贴", "有。", "没有。"),
        ("公厕免费吗", "是。", "否。"),
        ("合伙企业登记两个主要经营场所，行得通吗", "是。", "否。"),
        ("先予执行可以不提供担保吗", "可以。", "不可以。"),
        ("学校能不能把他撵回家不让念书", "可以。", "不可以。"),
    ],
)
def test_word_of_a_verdict_follows_the_verb_of_the_question(question: str, yes: str, no: str):
    assert (said(question, "yes"), said(question, "no")) == (yes, no)


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("在北京开食杂店光卖菜，是不是不用备案", "不需要。", "需要。"),
        ("物业是不是不能收快递员的钱", "不可以。", "可以。"),
        ("公务活动里电子烟也不许提供吗", "不可以。", "可以。"),
    ],
)
def test_word_says_what_is_where_the_verb_is_asked_with_a_negation(question: str, yes: str, no: str):
    assert (said(question, "yes"), said(question, "no")) == (yes, no)


@pytest.mark.parametrize(
    "question", ["逾期了公司会不会不赔", "抽测尾气是不是不收费", "公司破产算不算合同不能履行", "不是可以退吗"]
)
def test_no_word_is_said_where_it_could_be_misunderstood(question: str):
    assert (said(question, "yes"), said(question, "no")) == (None, None)


@pytest.mark.parametrize(
    ("question", "text", "verdict"),
    [
        ("公司可以收押金吗", NO_DEPOSIT, "no"),
        ("公司收押金允许不", NO_DEPOSIT, "no"),
        ("去图书馆要不要买票", FREE, "no"),
        ("图书馆免费吗", FREE, "yes"),
        ("供水公司能委托物业代抄水表吗", "供水企业可以委托物业服务人代为抄表。", "yes"),
        ("申请人可以撤回申请吗", "复议决定作出前，申请人可以撤回行政复议申请。", "yes"),
        ("快递柜能占消防通道吗", "禁止占用、堵塞、封闭疏散通道、安全出口、消防车通道。", "no"),
    ],
)
def test_quoted_words_answer_yes_or_no(question: str, text: str, verdict: str):
    hit = read_hit(text)
    assert verdict_of(question, hit, whole(hit)) == verdict


@pytest.mark.parametrize(
    ("question", "hit"),
    [
        ("押金什么时候退", read_hit(NO_DEPOSIT)),
        ("公司可以收押金吗", make_hit(NO_DEPOSIT)),
        ("公司可以收押金吗", read_hit("本条例自2024年1月1日起施行。")),
    ],
    ids=["no question for yes or no", "not read by the reader", "words that say neither"],
)
def test_nothing_is_said_where_it_is_not_sure(question: str, hit: Hit):
    assert verdict_of(question, hit, whole(hit)) is None


def test_sentence_that_answers_decides_and_not_its_neighbours():
    text = "禁止在公园内吸烟。游客可以在指定区域露营。"
    hit = read_hit(text, marked="游客可以在指定区域露营。")
    assert telling_words("公园里能露营吗", hit, whole(hit)) == "游客可以在指定区域露营。"


def test_item_of_a_list_is_read_with_the_sentence_that_opens_the_list():
    text = "在城市绿地内禁止下列行为：\n（一）攀折花木；\n（二）放养家禽。"
    hit = read_hit(text, marked="（二）放养家禽。")
    words = telling_words("绿地里能养鸡吗", hit, whole(hit))
    assert words == "在城市绿地内禁止下列行为：（二）放养家禽。"


def test_only_quoted_words_count():
    text = "不得收取押金。可以收取服务费。"
    hit = read_hit(text)
    quoted = Span(start=hit.chunk.span.start + 7, end=hit.chunk.span.end)
    assert telling_words("能收押金吗", hit, quoted) == "可以收取服务费。"


@pytest.mark.parametrize(
    ("question", "words", "clue"),
    [
        ("我二十岁，能申领吗", "满十八周岁的，可以申领。", "meets"),
        ("娃十五岁，能申领吗", "年满16周岁的，可以申领。", "misses"),
        ("拖了两个月，还能申请吗", "应当在1个月内提出申请。", "misses"),
        ("房子能转让给别人吗", "不得转让、出租。", "forbids"),
        ("没经批准开工，行吗", "未经批准，不得开工建设。", "without"),
        ("这算工作时间吗", "通勤时间不视为工作时间。", "denies"),
        ("商家说拆封不退，成立吗", "以已拆封为由主张不予退货的，不予支持。", "refuted"),
    ],
)
def test_clue_is_found_in_the_quoted_words(question: str, words: str, clue: str):
    asking = asked(question)
    assert asking is not None
    assert clue in clues(asking, question, words)


def test_bound_is_no_prohibition():
    asking = asked("答复期限能延长吗")
    assert asking is not None
    found = clues(asking, "答复期限能延长吗", "延长的期限最长不得超过20个工作日。")
    assert "a:不得" not in found
    assert "a:至多" in found


def test_numbers_of_other_units_are_not_compared():
    question = "我15岁，能申领吗"
    asking = asked(question)
    assert asking is not None
    assert not {"meets", "misses"} & clues(asking, question, "申领人满二年的，可以申领。").keys()


def test_odds_have_a_sign_even_where_nothing_is_said():
    hit = read_hit(NO_DEPOSIT)
    odds = odds_of_yes("公司可以收押金吗", hit, whole(hit))
    assert odds is not None
    assert odds < 0
