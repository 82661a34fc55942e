"""kb.lookup.articles.articles: the article that was asked for by its number, whole and alone.

The expected words are read from the shipped files by a pattern of this test, not by the code under test.
"""

import random
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from factories import CORPUS
from looking_up import OUTDATED, LookUp, document_from, documents_with, looking_up

from kb.answers import Answer, AnswerKind, Ending
from kb.controls import wording
from kb.controls.rules import Rules
from kb.knowledge_base import KnowledgeBase
from kb.models import Filters, Question, Status
from kb.storage.documents import Documents

ARTICLE = re.compile(
    r"^第([一二三四五六七八九十百零]+)条 .*?(?=^第[一二三四五六七八九十百零]+条 |^附录|^个人所得税税|^#|\Z)",
    re.M | re.S,
)
SHORT = {
    "社会保险法": "社保法",
    "保守国家秘密法": "保密法",
    "政府信息公开条例": "公开条例",
    "优化营商环境条例": "营商环境条例",
    "物业管理条例": "物业条例",
    "义务教育法": "义教法",
    "行政许可法": "许可法",
    "无障碍环境建设法": "无障碍法",
    "社会救助暂行办法": "救助办法",
    "重大行政决策程序暂行条例": "行政决策条例",
}
PHRASINGS = (
    "{law}第{chinese}条",
    "{law}第{number}条是什么",
    "请问《{law}》第{chinese}条是怎么规定的？",
    "{law}{number}条",
    "{law}的第{number}条讲了什么",
)


class Case(NamedTuple):
    question: str
    source: str
    words: str


def value(chinese: str) -> int:
    """The number, up to 199."""
    hundreds, _, rest = chinese.rpartition("百")
    tens, ten, ones = rest.strip("零").rpartition("十")
    digits = "零一二三四五六七八九"
    return (
        100 * bool(hundreds) + 10 * (digits.index(tens) if tens else bool(ten)) + digits.index(ones or "零")
    )


def articles_of(path: Path) -> dict[str, str]:
    """The articles in a shipped file by their Chinese number, as they stand there."""
    found = ARTICLE.finditer(path.read_text(encoding="utf-8"))
    return {article[1]: article[0].strip() for article in found}


def cases() -> list[Case]:
    """An article of every law, asked for in every phrasing, and by its short name."""
    chosen = random.Random(29)
    found = []
    for path in sorted(CORPUS.glob("*(*).md")):
        name, year = path.name.partition("(")[0], path.name.partition("(")[2][:4]
        old = f"{year}年的" if OUTDATED.get(path.name) is Status.AMENDED else ""
        articles = articles_of(path)
        for chinese in chosen.sample(sorted(articles), 1):
            names = [name, *([SHORT[name]] if name in SHORT else [])]
            for law in names:
                for phrasing in PHRASINGS:
                    law_named = old + law if "《" not in phrasing else law
                    if old and "《" in phrasing:
                        continue
                    question = phrasing.format(law=law_named, chinese=chinese, number=value(chinese))
                    found.append(Case(question, path.stem, articles[chinese]))
    return found


def cited(answer: Answer | None) -> list[tuple[str, str]]:
    """Document and words of each citation."""
    assert answer is not None
    return [(citation.document_id, citation.quote) for citation in answer.citations]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.question)
def test_article_is_cited_whole_and_alone_in_every_phrasing(look_up: LookUp, case: Case) -> None:
    answer = look_up(case.question)
    assert cited(answer) == [(case.source, case.words)]
    assert answer is not None
    assert (answer.kind, answer.ending) == (AnswerKind.EXTRACT, Ending.ARTICLE)
    assert answer.text.endswith(case.words)
    assert answer.confidence >= 0.95


def test_every_shipped_article_is_found_by_its_number(look_up: LookUp) -> None:
    missing = []
    for path in sorted(CORPUS.glob("*(*).md")):
        name, year = path.name.partition("(")[0], path.name.partition("(")[2][:4]
        for chinese, words in articles_of(path).items():
            old = f"{year}年的" if OUTDATED.get(path.name) is Status.AMENDED else ""
            if cited(look_up(f"{old}{name}第{value(chinese)}条")) != [(path.stem, words)]:
                missing.append(f"{path.name} {chinese}")
    assert not missing


def test_citation_stands_in_place_under_its_chapter(look_up: LookUp, shipped: Documents) -> None:
    answer = look_up("社会保险法第二十九条")
    assert answer is not None
    (citation,) = answer.citations
    document = shipped.get(citation.document_id)
    assert document is not None
    assert document.text[citation.start : citation.end] == citation.quote
    assert citation.section == "第三章 基本医疗保险 > 第二十九条"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param(
            "社保法第29条第二款",
            "社会保险行政部门和卫生行政部门应当建立异地就医医疗费用结算制度，方便参保人员享受基本医疗保险待遇。",
            id="paragraph",
        ),
        pytest.param("2010年的保密法第九条第（四）项", "（四）国民经济和社会发展中的秘密事项；", id="item"),
        pytest.param(
            "旧保密法第九条第一款第四项", "（四）国民经济和社会发展中的秘密事项；", id="old_edition"
        ),
        pytest.param(
            "2010年的保密法第九条第二款", "政党的秘密事项中符合前款规定的，属于国家秘密。", id="behind_items"
        ),
        pytest.param("2010年的保密法第3条第1款", "国家秘密受法律保护。", id="first_without_its_number"),
        pytest.param("舊保密法第三條第一款", "国家秘密受法律保护。", id="traditional"),
    ],
)
def test_paragraph_or_item_is_cited_alone(look_up: LookUp, question: str, words: str) -> None:
    assert [quote for _, quote in cited(look_up(question))] == [words]


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("公开条例第三条和第五条", ["三", "五"]),
        ("公开条例第三、五条", ["三", "五"]),
        ("公开条例第三条到第五条", ["三", "四", "五"]),
        ("公开条例第3-5条分别是什么", ["三", "四", "五"]),
        ("公开条例第三条、第三条", ["三"]),
        ("公开条例第三条讲什么？第五条呢？", ["三", "五"]),
    ],
)
def test_several_articles_are_cited_once_each_in_order(
    look_up: LookUp, question: str, numbers: list[str]
) -> None:
    articles = articles_of(CORPUS / "政府信息公开条例(2019-04-03).md")
    assert [quote for _, quote in cited(look_up(question))] == [articles[number] for number in numbers]


def test_articles_of_two_laws_stand_under_their_titles(look_up: LookUp) -> None:
    answer = look_up("社保法第四条和义务教育法第四条分别是什么")
    assert [document for document, _ in cited(answer)] == ["社会保险法(2018-12-29)", "义务教育法(2018-12-29)"]
    assert answer is not None
    assert answer.text.startswith("《社会保险法》\n\n第四条 ")
    assert "\n\n《义务教育法》\n\n第四条 " in answer.text


def test_range_that_is_too_long_says_how_many_are_listed(look_up: LookUp) -> None:
    answer = look_up("社会保险法第一条到第九十八条")
    assert len(cited(answer)) == 20
    assert answer is not None and answer.text.endswith("（一次最多列出 20 条，其余请看原文。）")


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("保密法第五条", "保守国家秘密法(2024-02-27)"),
        ("现行保密法第五条", "保守国家秘密法(2024-02-27)"),
        ("新保密法第五条", "保守国家秘密法(2024-02-27)"),
        ("2024年版保密法第五条", "保守国家秘密法(2024-02-27)"),
        ("二〇一〇年的保密法第五条", "保守国家秘密法(2010-04-29)"),
        ("保密法（2010年修订）第五条", "保守国家秘密法(2010-04-29)"),
        ("保密法2010年版第五条", "保守国家秘密法(2010-04-29)"),
        ("旧保密法第五条", "保守国家秘密法(2010-04-29)"),
        ("2005年的信访条例第五条", "信访条例(2005-01-10)"),
        ("信访条例第五条", "信访条例(2005-01-10)"),
        ("信访工作条例第五条", "信访工作条例(2022-02-25)"),
    ],
)
def test_edition_in_force_answers_unless_another_is_named(
    look_up: LookUp, question: str, document: str
) -> None:
    assert [cited_document for cited_document, _ in cited(look_up(question))] == [document]


def test_outdated_edition_is_said_to_be_outdated(look_up: LookUp) -> None:
    answer = look_up("2010年的保密法第五条")
    assert answer is not None
    assert answer.text.startswith(
        "注意：《中华人民共和国保守国家秘密法》已修改，以下内容仅供查阅。\n\n第五条 "
    )


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("社会救助暂行办法第九十条", "《社会救助暂行办法》共七十条，没有第九十条。"),
        ("社保法第一百条是什么", "《社会保险法》共九十八条，没有第一百条。"),
        ("2010年的保密法第六十条", "《保守国家秘密法》共五十三条，没有第六十条。"),
        ("社保法第二十九条第五款", "《社会保险法》第二十九条共两款，没有第五款。"),
        ("社保法第二十九条第一款第二项", "《社会保险法》第二十九条没有分项，没有第一款第（二）项。"),
        ("2010年的保密法第九条第十项", "《保守国家秘密法》第九条列有（一）至（七）项，没有第（十）项。"),
        ("社保法第二十九条之一", "《社会保险法》共九十八条，没有第二十九条之一。"),
        (
            "2023年浔阳区政务公开工作要点第三条",
            "《2023年浔阳区政务公开工作要点》不是按条编写的，没有第三条。",
        ),
    ],
)
def test_number_that_does_not_exist_is_said_so(look_up: LookUp, question: str, sentence: str) -> None:
    answer = look_up(question)
    assert answer is not None
    assert (answer.kind, answer.ending, answer.text) == (AnswerKind.REFUSED, Ending.NO_ARTICLE, sentence)
    assert answer.citations == () and len(answer.candidates) == 1


def test_articles_that_exist_are_cited_beside_one_that_does_not(look_up: LookUp) -> None:
    answer = look_up("社保法第九十八条和第九十九条")
    assert [quote for _, quote in cited(answer)] == ["第九十八条 本法自2011年7月1日起施行。"]
    assert answer is not None and answer.text.endswith("\n\n《社会保险法》共九十八条，没有第九十九条。")


@pytest.mark.parametrize(
    ("question", "ending", "sentence"),
    [
        pytest.param("民法典第1042条", Ending.NO_DOCUMENT, "现有文件中没有《民法典》。", id="law_not_there"),
        pytest.param(
            "教育法第五条",
            Ending.NO_DOCUMENT,
            "现有文件中没有《教育法》。名称相近的有：《中华人民共和国学前教育法》、",
            id="another_law_is_no_short_name",
        ),
        pytest.param(
            "江西省物业管理条例第五条",
            Ending.NO_DOCUMENT,
            "现有文件中没有《江西省物业管理条例》。名称相近的有：《物业管理条例》。",
            id="of_a_province",
        ),
        pytest.param(
            "2015年的保密法第五条",
            Ending.NO_DOCUMENT,
            "现有文件中没有2015年的《保密法》，只有：《中华人民共和国保守国家秘密法》（2024-02-27）、",
            id="edition_not_there",
        ),
        pytest.param("促进法第五条", Ending.ARTICLE, "第五条 ", id="end_of_one_title"),
        pytest.param("暂行条例第五条", Ending.WHICH_DOCUMENT, "名称相符", id="several_of_its_kind"),
        pytest.param("特别规定第五条", Ending.ARTICLE, "第五条 ", id="only_one_of_its_kind"),
        pytest.param(
            "第十六条", Ending.WHICH_DOCUMENT, "请写明是哪部法律、法规或哪份文件的第十六条。", id="none"
        ),
    ],
)
def test_name_that_means_no_document_is_said_so(
    look_up: LookUp, question: str, ending: Ending, sentence: str
) -> None:
    answer = look_up(question)
    assert answer is not None
    assert (answer.ending, answer.text[: len(sentence)]) == (ending, sentence)


def test_name_that_fits_several_documents_in_force_is_not_guessed(tmp_path: Path) -> None:
    texts = {
        "甲市": "甲市物业管理条例\n2020年5月1日公布\n第一条 制定本条例。\n第二条 押金不得收取。\n",
        "乙市": "乙市物业管理条例\n2021年6月1日公布\n第一条 制定本条例。\n第二条 押金按月退还。\n",
    }
    documents = [document_from(text, f"{city}条例.txt") for city, text in texts.items()]
    city_laws = looking_up(documents_with(tmp_path / "kb.sqlite", documents))
    answer = city_laws("物业管理条例第二条")
    assert answer is not None
    assert answer.ending is Ending.WHICH_DOCUMENT
    assert answer.text == (
        "名称相符的文件不止一份，请写明是哪一份：《乙市物业管理条例》（2021-06-01）、《甲市物业管理条例》（2020-05-01）。"
    )
    assert [quote for _, quote in cited(city_laws("乙市物业条例第二条"))] == ["第二条 押金按月退还。"]


@pytest.mark.parametrize(
    ("history", "question", "words"),
    [
        pytest.param(["公开条例第十五条是什么"], "那第十六条呢", "第十六条 行政机关的内部事务信息", id="law"),
        pytest.param(["社保法第十六条"], "那公开条例呢？", "第十六条 行政机关的内部事务信息", id="other_law"),
        pytest.param(["新旧公开条例第五条"], "第十六条呢", "第十六条 行政机关的内部事务信息", id="compared"),
        pytest.param(["公开条例第十五条"], "下一条呢？", "第十六条 行政机关的内部事务信息", id="next"),
        pytest.param(["公开条例第十七条"], "上一条", "第十六条 行政机关的内部事务信息", id="one_before"),
        pytest.param(["社保法第29条"], "第二款呢", "社会保险行政部门和卫生行政部门", id="article"),
        pytest.param(["社保法第29条", "第二款呢"], "第一款呢？", "参保人员医疗费用中", id="chain"),
        pytest.param(["2010年的保密法第三条"], "第五条呢", "第五条 国家保密行政管理部门主管", id="edition"),
        pytest.param(
            ["公开条例里哪些不予公开？"], "该条例第十六条", "第十六条 行政机关的内部", id="other_question"
        ),
        pytest.param(["社保法第29条", "那保密法第五条呢"], "第三款", "任何危害国家秘密", id="last_law"),
    ],
)
def test_follow_up_is_of_the_law_before(
    look_up: LookUp, history: list[str], question: str, words: str
) -> None:
    answer = look_up(question, *history)
    ((_, quote),) = cited(answer)
    assert quote.startswith(words)
    assert answer is not None and answer.rewritten.startswith("《")


@pytest.mark.parametrize(
    "question",
    [
        "根据第十六条，谁负责答复？",
        "社会保险法第十六条规定缴费满多少年可以领养老金",
        "保密法第五条还有效吗",
        "优化营商环境有10条措施吗",
        "第二款呢",
        "物业管理的第三项工作是什么",
        "违反社保法第六十二条怎么处罚",
    ],
)
def test_question_that_only_mentions_a_number_is_left_to_the_search(look_up: LookUp, question: str) -> None:
    assert look_up(question) is None


def test_law_in_right_spelling_is_tried_where_the_typed_one_is_unknown(look_up: LookUp) -> None:
    answer = look_up("社会保险发第四条", corrections=(("社会保险发", "社会保险法"),))
    assert [document for document, _ in cited(answer)] == ["社会保险法(2018-12-29)"]


@pytest.mark.parametrize(
    "question",
    [
        "你好，请帮我找一下公开条例第 16 条",
        "我想咨询一下政府信息公开条例第16条的具体内容是什么",
        "第十六条（政府信息公开条例）",
        "第十六条是什么？政府信息公开条例的。",
        "《政府信息公开条例》（国务院令第711号）第十六条",
        "国务院的政府信息公开条例第十六条指的是什么",
        "公開條例第１６條",
        "根据《政府信息公开条例》第十六条",
        "中华人民共和国政府信息公开条例第16条原文",
    ],
)
def test_article_is_found_in_other_words_of_asking(look_up: LookUp, question: str) -> None:
    ((document, quote),) = cited(look_up(question))
    assert document == "政府信息公开条例(2019-04-03)"
    assert quote.startswith("第十六条 行政机关的内部事务信息")


def test_excluded_document_and_filters_of_the_form_are_kept_to(look_up: LookUp) -> None:
    excluded = look_up("保密法第五条", rules=Rules(excluded=frozenset({"保守国家秘密法(2024-02-27)"})))
    assert [document for document, _ in cited(excluded)] == ["保守国家秘密法(2010-04-29)"]
    filtered = look_up("保密法第五条", filters=Filters(status=Status.AMENDED))
    assert [document for document, _ in cited(filtered)] == ["保守国家秘密法(2010-04-29)"]


def test_reworded_sentence_is_used(look_up: LookUp) -> None:
    rules = Rules(reworded={wording.NO_ARTICLE: "{title}{range}，查无{place}。"})
    answer = look_up("社保法第一百条", rules=rules)
    assert answer is not None and answer.text == "社会保险法共九十八条，查无第一百条。"


NOTICE = """溪口区人民政府关于印发《溪口区临时救助办法（试行）》和《溪口区救助资金管理细则》的通知
溪府发〔2024〕5号
各镇人民政府、街道办事处，区政府各部门：
现将《溪口区临时救助办法（试行）》和《溪口区救助资金管理细则》印发给你们，请认真贯彻执行。
溪口区人民政府
2024年3月1日

附件1
溪口区临时救助办法（试行）

第一条 为了规范临时救助，制定本办法。
第二条 临时救助每户每年不超过两次。
有下列情形的，可以增加一次：
（一）发生火灾的；
（二）家庭成员突发重病的。
第三条 申请由街道办事处受理。
第三条之一 情况紧急的，先行救助。
第四条 本办法自2024年4月1日起施行。

附件2
溪口区救助资金管理细则

第一条 救助资金专款专用。
第二条 资金由区财政局拨付。
"""
ORDER = """溪口区人民政府令
第12号
《溪口区燃气管理办法》已经区政府常务会议通过，现予公布，自2024年5月1日起施行。
区长 张平
2024年4月1日

溪口区燃气管理办法

第一条 为了加强燃气管理，制定本办法。
第二条 燃气设施由区住建局监督管理。
第三条 本办法自2024年5月1日起施行。

附表
燃气设施名录
"""


@pytest.fixture
def district(tmp_path: Path) -> LookUp:
    """A notice with two attachments, and an order with the rules below it."""
    documents = [document_from(NOTICE, "救助通知.txt"), document_from(ORDER, "燃气令.txt")]
    return looking_up(documents_with(tmp_path / "kb.sqlite", documents))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("溪口区临时救助办法第三条", "第三条 申请由街道办事处受理。"),
        ("临时救助办法第三条之一", "第三条之一 情况紧急的，先行救助。"),
        ("临时救助办法第2条第2款第（二）项", "（二）家庭成员突发重病的。"),
        ("救助资金管理细则第二条", "第二条 资金由区财政局拨付。"),
        (
            "关于印发溪口区临时救助办法和溪口区救助资金管理细则的通知附件2第二条",
            "第二条 资金由区财政局拨付。",
        ),
        ("溪口区燃气管理办法第二条", "第二条 燃气设施由区住建局监督管理。"),
        ("溪口区燃气管理办法第三条", "第三条 本办法自2024年5月1日起施行。"),
    ],
)
def test_articles_of_attachments_are_found_by_their_own_names(
    district: LookUp, question: str, words: str
) -> None:
    assert [quote for _, quote in cited(district(question))] == [words]


FORWARDING = """溪口区卫生健康局关于转发市卫生健康委基层医疗考核文件的通知
溪卫发〔2024〕21号
各镇卫生院、社区卫生服务中心：
现将市卫生健康委制定的基层医疗考核文件转发给你们，请认真贯彻执行。
溪口区卫生健康局
2024年4月2日

柳江市基层医疗卫生机构
绩效考核暂行办法

第一条 为了规范基层医疗卫生机构绩效考核，制定本办法。
第二条 考核每年进行一次。
第三条 考核结果为优秀的，奖励三万元。
柳江市卫生健康委员会
2024年2月20日
"""
OWN_RULES = """溪口区绩效考核
暂行办法
（2022年1月5日溪口区人力资源和社会保障局发布）
第一条 事业单位的绩效考核，适用本办法。
第二条 考核每半年进行一次。
"""


@pytest.fixture
def forwarding(tmp_path: Path) -> LookUp:
    """A notice that names its attachment by its own title only, and rules of their own."""
    documents = [document_from(FORWARDING, "转发.txt"), document_from(OWN_RULES, "办法.txt")]
    return looking_up(documents_with(tmp_path / "kb.sqlite", documents))


@pytest.mark.parametrize(
    "name",
    [
        "柳江市基层医疗卫生机构绩效考核暂行办法",
        "《基层医疗卫生机构绩效考核暂行办法》",
        "基层医疗机构绩效考核办法",
    ],
)
def test_attachment_is_known_by_its_own_title_and_short_forms_of_it(forwarding: LookUp, name: str) -> None:
    answer = forwarding(f"{name}第三条")
    assert [quote for _, quote in cited(answer)] == ["第三条 考核结果为优秀的，奖励三万元。"]
    assert answer is not None and answer.citations[0].section.startswith("柳江市基层医疗卫生机构")


def test_own_title_goes_before_that_of_an_attachment_that_fits_no_better(forwarding: LookUp) -> None:
    assert [quote for _, quote in cited(forwarding("绩效考核暂行办法第二条"))] == [
        "第二条 考核每半年进行一次。"
    ]


def test_following_article_of_an_attachment_is_found_from_the_question_before(forwarding: LookUp) -> None:
    before = "柳江市基层医疗卫生机构绩效考核暂行办法第一条"
    assert [quote for _, quote in cited(forwarding("那第二条呢", before))] == ["第二条 考核每年进行一次。"]


def test_title_on_several_lines_is_no_attachment_of_its_own_document() -> None:
    assert document_from(OWN_RULES, "办法.txt").attached == ()
    assert document_from(FORWARDING, "转发.txt").attached == ("柳江市基层医疗卫生机构绩效考核暂行办法",)


def test_notice_with_two_attachments_asks_which_one(district: LookUp) -> None:
    answer = district("关于印发溪口区临时救助办法和溪口区救助资金管理细则的通知第二条")
    assert answer is not None
    assert answer.ending is Ending.WHICH_DOCUMENT
    assert "《溪口区临时救助办法（试行）》、《溪口区救助资金管理细则》" in answer.text


def test_answerer_looks_the_article_up_before_it_searches(kb: KnowledgeBase) -> None:
    answer, hits = kb.answerer.answer_with_hits(Question(text="公开条例第十六条"))
    assert answer.ending is Ending.ARTICLE
    assert len(answer.citations) == 1 and not hits.kept
    assert answer.rewritten == "《政府信息公开条例》第十六条"
