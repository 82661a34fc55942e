"""kb.lookup.items: one item of a list in prose, and one that the list does not have."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.pipeline.run import ingest
from kb.answers import Answer, Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Question
from kb.settings import Settings

OPENING = """溪口区图书馆关于2024年节假日开放时间的通知
各位读者：
现将2024年元旦、春节、清明节、端午节和国庆节的开放时间安排通知如下。
一、元旦：1月1日闭馆，1月2日起正常开放。
二、春节：2月10日至12日闭馆，2月13日起上午开放。
三、清明节：4月4日全天开放。
四、端午节：6月10日上午开放，下午闭馆。
五、国庆节：10月1日闭馆，10月2日至7日正常开放。
溪口区图书馆
2023年12月20日
"""
MEALS = """溪口区老年助餐服务办法
第一章 总则
第一条 为了方便老年人用餐，制定本办法。
第二条 助餐补贴分为堂食补贴、送餐补贴和困难补贴三类助餐补贴。
第二章 堂食补贴
第三条 年满六十周岁的老年人在助餐点用餐，可以领取堂食补贴。
第四条 堂食补贴按照每餐3元的标准发放。
第三章 送餐补贴
第五条 行动不便的老年人由助餐点送餐。
第六条 送餐补贴按照每餐5元的标准发放。
第四章 困难补贴
第七条 低保老年人可以申请困难补贴，困难补贴每月200元。
"""
RAISED = """石桥区关于提高优抚补助标准的通知
一、伤残军人抚恤金标准由每人每月1200元提高到1300元。
二、烈士遗属抚恤金标准由每人每月2100元提高到2250元。
三、新标准自2024年8月1日起执行。
石桥区退役军人事务局
2024年7月15日
"""
HEATING = """石桥区困难群众取暖补助实施方案
各街道办事处：
为做好冬季取暖工作，制定本方案。
一、补助标准
取暖补助分类发放：一是低保家庭取暖补助每户800元；二是特困人员取暖补助每户1200元；三是残疾人家庭取暖补助每户600元。
二、资金来源
所需资金由区财政承担。
石桥区民政局
2024年10月8日
"""
REWARDS = """石桥区青年就业奖补办法
第一条 为促进青年就业，制定本办法。
第二条 对符合条件的单位和个人给予下列奖补：
（一）小微企业吸纳就业奖补，每招用一人2000元；
（二）见习基地吸纳就业奖补，每接收一人1000元；
（三）个体工商户吸纳就业奖补，每招用一人1500元。
第三条 申请人向区人社局提出申请。
"""


@pytest.fixture(scope="module")
def lists(
    make_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("lists")
    for name, text in (
        ("开放时间", OPENING),
        ("助餐", MEALS),
        ("优抚", RAISED),
        ("取暖", HEATING),
        ("奖补", REWARDS),
    ):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([folder], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str, *before: str) -> Answer:
    return kb.answerer.answer(Question(text=text, history=before))


@pytest.mark.parametrize(
    ("question", "before", "says", "lacks"),
    [
        pytest.param("2024年春节图书馆开放时间", "", "二、春节：2月10日至12日闭馆", "现将", id="holiday"),
        pytest.param("端午节图书馆开放吗", "", "6月10日上午开放", "现将", id="yes_or_no"),
        pytest.param("那国庆节呢", "2024年元旦图书馆开放吗", "10月1日闭馆", "元旦", id="follow_up"),
        pytest.param("送餐补贴的标准是多少", "", "每餐5元", "3元", id="amount_of_chapter"),
        pytest.param("送餐补贴呢", "堂食补贴标准多少", "每餐5元", "3元", id="follow_up_amount"),
        pytest.param("烈士遗属抚恤金标准是多少", "", "2250元", "1300元", id="names_that_end_alike"),
        pytest.param("烈士遗属呢", "伤残军人抚恤金标准是多少", "2250元", "1300元", id="follow_up_alike"),
    ],
)
def test_item_asked_for_is_quoted(
    lists: KnowledgeBase, question: str, before: str, says: str, lacks: str
) -> None:
    answer = ask(lists, question, *filter(None, [before]))
    assert answer.ending is Ending.QUOTED
    assert says in answer.text
    assert lacks not in answer.text


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        pytest.param("2024年重阳节开放时间", "重阳节", id="holiday"),
        pytest.param("早餐补贴每餐多少钱", "早餐", id="kind_of_allowance"),
        pytest.param("优抚对象取暖补助多少钱", "优抚对象", id="first_second_third"),
        pytest.param("民办学校吸纳就业奖补多少钱", "民办学校", id="numbered_entries"),
    ],
)
def test_item_that_is_not_listed_is_refused_by_name(lists: KnowledgeBase, question: str, absent: str) -> None:
    answer = ask(lists, question)
    assert answer.ending is Ending.NOT_LISTED, answer.text
    assert f"没有“{absent}”" in answer.text


def test_question_for_all_items_keeps_the_introduction(lists: KnowledgeBase) -> None:
    assert "堂食补贴、送餐补贴和困难补贴" in ask(lists, "助餐补贴分为哪几类").text
