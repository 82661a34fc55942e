"""Sentences of a model against the passage they cite: what may be shown, and why the rest may not."""

import pytest
from factories import make_hit

from kb.answers import Reason
from kb.llm.claims import claims, plain, unproven
from kb.llm.grounding import check, says_unknown
from kb.llm.passages import Passage
from kb.llm.speech import Sentence, sentences_of

PLAN = (
    "各街道至少安排1-2名政策解答员,相关名单和工作联系方式将于8月底前向社会公布。"
    "2023年10月底前,各部门完成行政规范性文件系统清理工作。"
    "〔牵头单位:区司法局;责任单位:区政府各部门、各街道〕二、三级链接支持度达99%以上。"
)
LAW = (
    "第三十三条 行政机关收到政府信息公开申请，能够当场答复的，应当当场予以答复。\n\n"
    "行政机关不能当场答复的，应当自收到申请之日起二十个工作日内"
    "予以答复；延长的期限最长不得超过20个工作日。行政机关依申请提供政府信息，不收取费用。"
    "但是，申请人申请的数量、频次明显超过合理范围的，行政机关可以收取信息处理费。"
)
PASSAGES = (
    Passage(number=1, hit=make_hit(PLAN, document_id="plan")),
    Passage(number=2, hit=make_hit(LAW, document_id="law")),
)


def reasons(text: str, *cited: int) -> set[Reason]:
    return set(check(Sentence(text=text, cited=cited), PASSAGES).reasons)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("各街道至少安排1-2名政策解答员。", 1),
        ("各街道至少要安排1至2名政策解答员，名单8月底前向社会公布。", 1),
        ("规范性文件清理在2023年10月底前完成，由区司法局牵头。", 1),
        ("行政机关应当自收到申请之日起20个工作日内予以答复。", 2),
        ("不能当场答复的，在收到申请之日起２０个工作日内答复。", 2),
        ("依申请提供政府信息，不收取费用。", 2),
        ("二、三级链接支持度要达到99%以上。", 1),
    ],
)
def test_true_sentences_pass(text: str, cited: int):
    assert reasons(text, cited) == set()


@pytest.mark.parametrize(
    ("text", "cited", "reason"),
    [
        pytest.param("各街道至少安排3名政策解答员。", 1, Reason.NUMBER, id="another_number"),
        pytest.param("应当自收到申请之日起20日内予以答复。", 2, Reason.NUMBER, id="another_measure"),
        pytest.param("应当自收到申请之日起15个工作日内予以答复。", 2, Reason.NUMBER, id="another_term"),
        pytest.param("二、三级链接支持度达99以上。", 1, Reason.NUMBER, id="unit_left_out"),
        pytest.param("规范性文件清理在2024年10月底前完成。", 1, Reason.DATE, id="another_year"),
        pytest.param("规范性文件清理在2023年10月初完成。", 1, Reason.DATE, id="another_part_of_the_month"),
        pytest.param("二、三级链接支持度达99%以下。", 1, Reason.LIMIT, id="limit_turned_round"),
        pytest.param("规范性文件清理由区财政局牵头完成。", 1, Reason.NAME, id="another_unit"),
        pytest.param("依申请提供政府信息，收取费用。", 2, Reason.NEGATION, id="negation_lost"),
        pytest.param("行政机关不得当场予以答复。", 2, Reason.NEGATION, id="negation_added"),
        pytest.param("办理时请携带身份证和户口簿到窗口排队。", 1, Reason.OVERLAP, id="from_elsewhere"),
        pytest.param("应当在20个工作日内予以答复。", 1, Reason.NUMBER, id="wrong_passage_cited"),
        pytest.param("各街道至少安排1-2名政策解答员。", 7, Reason.UNKNOWN_PASSAGE, id="no_such_passage"),
        pytest.param("根据浔府办发〔2023〕12号，各街道安排解答员。", 1, Reason.DOCUMENT_NUMBER, id="made_up"),
        pytest.param("申请人申请政府信息，不收取处理费。", 2, Reason.CONDITION, id="in_another_case"),
        pytest.param("街道要安排几名政策解答员？", 1, Reason.QUESTION, id="asks_back"),
        pytest.param("系统提示词：只根据资料回答各街道的政策。", 1, Reason.INSTRUCTION, id="tells_its_rules"),
        pytest.param("名单请见www.jiaji-banli.com向社会公布。", 1, Reason.NAME, id="web_address"),
        pytest.param("各街道安排政策解答员，请拨打13800138000。", 1, Reason.NUMBER, id="telephone"),
    ],
)  # fmt: skip
def test_sentence_untrue_to_its_passage_is_dropped(text: str, cited: int, reason: Reason):
    assert reason in reasons(text, cited)


def test_sentence_without_citation_gets_the_passage_that_holds_it():
    verdict = check(Sentence(text="行政机关应当自收到申请之日起20个工作日内予以答复。"), PASSAGES)
    assert (verdict.cited, verdict.reasons) == ((2,), ())
    assert Reason.NO_PASSAGE in reasons("请到市民中心二楼办理。")


def test_number_from_a_sentence_about_something_else_does_not_count():
    source = make_hit(
        "每户补贴3000元，由区民政局发放。申请人逾期不办理的，视为放弃；罚款为500元。", document_id="x"
    )
    passages = (Passage(number=1, hit=source),)
    moved = check(Sentence(text="每户补贴500元，由区民政局发放。", cited=(1,)), passages)
    assert Reason.NUMBER in moved.reasons


def test_words_of_the_passage_in_another_order_are_dropped():
    passages = (Passage(number=1, hit=make_hit("物业管理用房的所有权依法属于业主。", document_id="x")),)
    mixed = Sentence(text="房屋所有权属于物业管理用房。", cited=(1,))
    assert check(mixed, passages).reasons == (Reason.ORDER,)


def test_denial_without_its_condition_is_dropped():
    law = "申请事项依法不需要取得行政许可的，应当即时告知申请人不受理；申请材料齐全的，应当受理行政许可申请。"
    passages = (Passage(number=1, hit=make_hit(law, document_id="x")),)
    whole_sentence = "申请事项不需要取得行政许可的，应当告知申请人不受理。"
    assert check(Sentence(text=whole_sentence, cited=(1,)), passages).reasons == ()
    left_out = check(Sentence(text="应当即时告知申请人不受理。", cited=(1,)), passages)
    assert left_out.reasons == (Reason.CONDITION,)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("二十个工作日", "20 个工作日"),
        ("百分之五", "5％"),
        ("三分之二以上", "3分之2以上"),
        ("2024-3-1", "2024年3月1日"),
        ("9:30", "9时30分"),
        ("1，000元", "1000元"),
        ("1-2名", "1至2名"),
        ("三十日", "30日"),
    ],
)
def test_two_forms_of_one_number_or_date_are_equal_claims(left: str, right: str):
    assert claims(left) == claims(right), (plain(left), plain(right))


@pytest.mark.parametrize(
    ("left", "right"), [("3月", "3个月"), ("20日", "20个工作日"), ("5倍", "5成"), ("第3条", "3条")]
)
def test_equal_numbers_with_other_units_do_not_match(left: str, right: str):
    assert unproven(left, right) == unproven(right, left) == {Reason.NUMBER}


@pytest.mark.parametrize(
    "text",
    ["资料中没有答案。", "资料未提及该内容", "根据现有资料，无法确定。", "不知道。", "没有找到相关规定。"],
)
def test_sentence_that_says_unknown_is_recognised(text: str):
    assert says_unknown(Sentence(text=text))


@pytest.mark.parametrize("text", ["行政机关不能当场答复的，应当书面答复。", "不收取费用。"])
def test_negative_answer_is_not_taken_for_unknown(text: str):
    assert not says_unknown(Sentence(text=text))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (
            ["街道要安排1-2", "名政策解答员。", "[1]", "名单8月底前公布[1][2]。"],
            [("街道要安排1-2名政策解答员。", (1,)), ("名单8月底前公布。", (1, 2))],
        ),
        (["<think>先想", "想</thi", "nk>20个工作日内答复[1]"], [("20个工作日内答复", (1,))]),
        (["1. 第一句。[1]\n2. 第二", "句 [2,3]\n"], [("第一句。", (1,)), ("第二句", (2, 3))]),
        (["**不得**收费【1】。<|im", "_end|>后面的不算。"], [("不得收费。", (1,))]),
        (["（一）申请材料；", "（二）身份证。"], [("申请材料；（二）身份证。", ())]),
        (["二、三级链接支持度达99%。"], [("二、三级链接支持度达99%。", ())]),
        (["[1]\n\n。！"], []),
    ],
    ids=["citations_behind", "thinking", "list", "markdown_and_end", "one_sentence", "no_list", "nothing"],
)  # fmt: skip
def test_pieces_are_cut_into_sentences_with_citations(
    pieces: list[str], expected: list[tuple[str, tuple[int, ...]]]
):
    assert [(sentence.text, sentence.cited) for sentence in sentences_of(pieces)] == expected


def test_sentence_is_yielded_once_its_citations_are_read():
    pieces = iter(["甲。", "[1]乙。", "[2]", "\n"])
    taken: list[str] = []

    def watched():
        for piece in pieces:
            taken.append(piece)
            yield piece

    first = next(sentences_of(watched()))
    assert (first.text, first.cited, taken) == ("甲。", (1,), ["甲。", "[1]乙。"])
