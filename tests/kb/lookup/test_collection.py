"""kb.lookup.collection and kb.lookup.one_document: questions about the documents, read from the registry."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import CORPUS

from ingest.pipeline.run import ingest
from kb.answers import Answer, AnswerKind, Ending
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.lookup.asked_collection import asked_of_collection
from kb.lookup.collection import SHOWN
from kb.models import Question
from kb.settings import Settings


@pytest.fixture(scope="module")
def corpus(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """The sixty documents shipped with the program."""
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as kb:
        assert not ingest([CORPUS], kb, progress=False).failed
        yield kb


def ask(kb: KnowledgeBase, text: str, *history: str) -> Answer:
    return kb.answerer.answer(Question(text=text, history=history))


def cited(answer: Answer) -> list[str]:
    return [citation.document for citation in answer.citations]


@pytest.mark.parametrize("question", ["有哪些文件？", "这里一共收录了多少份文件", "你们都有什么政策文件"])
def test_whole_collection_is_counted_and_the_newest_are_named(corpus: KnowledgeBase, question: str) -> None:
    answer = ask(corpus, question)
    assert (answer.kind, answer.ending) == (AnswerKind.EXTRACT, Ending.DOCUMENTS)
    lines = answer.text.split("\n")
    assert lines[0] == "这里共收录 60 份文件，现行有效 54 份，由新到旧："
    assert lines[1].startswith("1. 《全国年节及纪念日放假办法》（2024-11-10")
    assert lines[-1].startswith("还有 52 份没有列出")
    assert len(answer.citations) == SHOWN
    assert all(citation.quote in citation.document for citation in answer.citations)


def test_newest_documents_come_first(corpus: KnowledgeBase) -> None:
    dates = [citation.date for citation in ask(corpus, "最近有什么新政策").citations]
    assert dates == sorted(dates, reverse=True) and len(dates) == SHOWN


def test_topic_is_sought_in_lay_and_official_words(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "关于社保的文件有哪些")
    assert answer.text.split("\n")[0] == "题目写明“社保”“社会保险”的文件共 1 份，现行有效 1 份，由新到旧："
    assert cited(answer)[0] == "中华人民共和国社会保险法"
    assert "题目里没有、正文讲到“社保”“社会保险”的有 19 份：" in answer.text


def test_document_no_longer_in_force_says_so_in_the_list(corpus: KnowledgeBase) -> None:
    assert "《信访条例》（国务院令第431号，2005-01-10，已废止）" in ask(corpus, "信访方面的文件有哪些").text


def test_topic_without_document_is_said_by_name(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "有没有关于火星移民的文件")
    assert (answer.kind, answer.ending, answer.citations) == (AnswerKind.EXTRACT, Ending.NONE_COLLECTED, ())
    assert answer.text.startswith("这里没有收录题目写明“火星移民”的文件。") and "12345" in answer.text


def test_documents_of_a_year_or_a_unit_are_listed(corpus: KnowledgeBase) -> None:
    assert cited(ask(corpus, "2023年发了哪些文件")) == [
        "2023年浔阳区政务公开工作要点",
        "中华人民共和国行政复议法",
        "中华人民共和国无障碍环境建设法",
    ]
    assert cited(ask(corpus, "区政府办印发了哪些文件")) == ["2023年浔阳区政务公开工作要点"]
    assert ask(corpus, "区司法局发了哪些文件").text.startswith("这里没有收录区司法局印发的文件。")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("关于社保的文件有哪些要求", id="a rule"),
        pytest.param("申请公租房要提交哪些文件", id="papers to hand in"),
        pytest.param("残疾人就业有哪些政策", id="content on a topic"),
        pytest.param("哪些文件应当主动公开", id="a rule about documents"),
        pytest.param("有没有不准养犬的规定", id="a rule of some sense"),
    ],
)
def test_question_about_what_documents_say_is_left_to_the_search(text: str) -> None:
    assert asked_of_collection(text) is None


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("你这里能查到哪些法规", ""),
        ("最近新出了啥政策", ""),
        ("关于养老的政策都有哪些", "养老"),
        ("物业这块有几个文件", "物业"),
        ("把社保相关的文件列一下", "社保"),
        ("有没有养狗的规定", "养狗"),
        ("有公积金的政策吗", "公积金"),
    ],
)
def test_documents_are_asked_for_in_everyday_words(text: str, topic: str) -> None:
    request = asked_of_collection(text)
    assert request is not None and request.topic == topic


def test_rules_on_what_no_document_speaks_of_are_not_sought(corpus: KnowledgeBase) -> None:
    assert ask(corpus, "有没有关于养犬的规定").ending is Ending.NONE_COLLECTED
    assert ask(corpus, "有没有失业保险的规定").ending is Ending.QUOTED


def test_document_of_the_answer_before_is_outlined(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "这个文件讲什么", "养老金由哪几部分组成", "谢谢")
    assert (answer.kind, answer.ending) == (AnswerKind.EXTRACT, Ending.DOCUMENT)
    lines = answer.text.split("\n")
    assert lines[0] == "《中华人民共和国社会保险法》（2018-12-29），主要内容："
    assert lines[5].startswith("第五章 失业保险：第四十四条 职工应当参加失业保险")
    assert lines[-1] == "（还有 2 部分没有列出，请看原文）"
    assert answer.citations[4].quote.startswith("第五章 失业保险")


@pytest.mark.parametrize(
    ("question", "said", "quoted"),
    [
        ("《信访条例》还有效吗", "《信访条例》已废止", "2005年5月1日起施行"),
        ("保密法什么时候施行", "自2024年5月1日起施行", "本法自2024年5月1日起施行"),
        ("政府信息公开条例的文号是多少", "文号是 国务院令第711号", "国务院令第711号"),
        ("2023年浔阳区政务公开工作要点是谁印发的", "由浔阳区人民政府办公室发布", "浔阳区人民政府办公室"),
        ("无障碍环境建设法哪天公布的", "2023年6月28日发布", "2023年6月28日"),
    ],
)
def test_fact_about_a_document_is_said_with_the_place_that_says_it(
    corpus: KnowledgeBase, question: str, said: str, quoted: str
) -> None:
    answer = ask(corpus, question)
    assert answer.ending is Ending.DOCUMENT
    assert said in answer.text
    assert quoted in answer.citations[0].quote


def test_bare_question_for_a_fact_means_the_document_before(corpus: KnowledgeBase) -> None:
    assert "国务院令第379号" in ask(corpus, "文号是多少？", "物业服务企业有哪些义务").text


def test_unregistered_fact_is_not_guessed(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "这个文件的文号是多少", "街道要安排几名政策解答员")
    assert answer.text == "这里没有登记《2023年浔阳区政务公开工作要点》的文号，请看原文。"


def test_document_that_nobody_named_is_asked_for(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "这个文件还有效吗")
    assert (answer.kind, answer.ending) == (AnswerKind.COURTESY, Ending.UNNAMED_DOCUMENT)


def test_named_document_that_is_not_here_is_said_so(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "《火星移民条例》讲了什么")
    assert answer.ending is Ending.NONE_COLLECTED
    assert answer.text.startswith("这里没有收录名为《火星移民条例》的文件。")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("跟无障碍有关的文件有几份", "无障碍", id="with"),
        pytest.param("能查到行政许可方面的文件吗", "行政许可", id="can be found"),
        pytest.param("可以看到关于和谐社区的文件吗", "和谐社区", id="a word that begins like a preposition"),
        pytest.param("收录了关于网约车的文件吗", "网约车", id="collected"),
        pytest.param("你们有义务教育的文件没", "义务教育", id="not at the end"),
        pytest.param("给我看看全部文件目录", "", id="no topic"),
    ],
)
def test_topic_is_read_without_the_words_of_asking(text: str, topic: str) -> None:
    request = asked_of_collection(text)
    assert request is not None and request.topic == topic


@pytest.mark.parametrize(
    ("before", "document"),
    [
        pytest.param("有没有关于公积金的文件", "住房公积金管理条例", id="the only document of the list"),
        pytest.param("有没有关于信访的文件", "信访工作条例", id="the only one in force"),
        pytest.param("养老金由哪几部分组成", "中华人民共和国社会保险法", id="the document quoted before"),
    ],
)
def test_article_by_its_number_alone_is_of_the_document_spoken_of(
    corpus: KnowledgeBase, before: str, document: str
) -> None:
    answer = ask(corpus, "第二十四条说的什么", before)
    assert (answer.ending, cited(answer)) == (Ending.ARTICLE, [document])
    assert answer.text.startswith("第二十四条 ")


def test_article_after_a_list_of_several_is_asked_back_with_the_documents_to_choose(
    corpus: KnowledgeBase,
) -> None:
    answer = ask(corpus, "第五条说的什么", "有没有关于无障碍的文件")
    assert (answer.kind, answer.ending) == (AnswerKind.REFUSED, Ending.WHICH_DOCUMENT)
    assert answer.clarifying is not None
    labels = {option.label for option in answer.clarifying.options}
    assert labels == {"《无障碍环境建设法》", "《无障碍环境建设条例》"}
    for option in answer.clarifying.options:
        chosen = ask(corpus, option.question, "有没有关于无障碍的文件", "第五条说的什么")
        assert chosen.ending is Ending.ARTICLE and chosen.text.startswith("第五条 ")


def test_it_after_a_list_or_a_fact_means_the_document(corpus: KnowledgeBase) -> None:
    outline = ask(corpus, "它讲了些什么", "有没有关于信访的文件")
    assert outline.ending is Ending.DOCUMENT and outline.text.startswith("《信访工作条例》")
    issuer = ask(corpus, "这个文件谁发的", "那个居住证条例还有效吗", "它哪天开始施行的", "第五条讲什么")
    assert issuer.text == "《居住证暂行条例》由国务院发布，2015年11月26日。"


def test_it_after_a_list_of_several_is_asked_back(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "它还有效吗", "有没有关于无障碍的文件")
    assert answer.ending is Ending.UNNAMED_DOCUMENT and answer.clarifying is not None
    chosen = ask(corpus, answer.clarifying.options[0].question)
    assert chosen.ending is Ending.DOCUMENT and "有效" in chosen.text


def test_refused_turn_in_between_is_passed_over(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "这个条例谁发的", "有没有关于公积金的文件", "公交车末班几点")
    assert answer.text.startswith("《住房公积金管理条例》由国务院发布")


def test_greeting_before_a_question_stays_in_the_record_and_out_of_the_search(corpus: KnowledgeBase) -> None:
    answer = ask(corpus, "你好，请问产假多少天")
    assert (answer.question, answer.rewritten) == ("你好，请问产假多少天", "产假多少天")
    assert cited(answer) == ["女职工劳动保护特别规定"]


@pytest.mark.parametrize(
    ("before", "text"),
    [("护照怎么办", "多久能办好"), ("居住证多久能办好", "那护照呢"), ("护照怎么办", "怎么罚")],
)
def test_follow_up_is_not_answered_from_a_document_that_knows_nothing_of_the_matter(
    corpus: KnowledgeBase, before: str, text: str
) -> None:
    assert ask(corpus, text, before).kind is AnswerKind.REFUSED
